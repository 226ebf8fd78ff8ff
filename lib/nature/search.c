/* The search for the nearest targets with the natures asked for: origin, caps, solves in subspaces
 * that turn, and at smaller margins where those asked for cannot be had. */
#include "nature/nature.h"

#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/verdict.h"

typedef struct search {
    const cpt_nature_problem *problem;
    cpt_nature_result *result;
    cpt_nature_maps maps;
    cpt_nature_cone cone;
    cpt_nature_subspaces subspaces;
    cpt_nature_newton newton;
    double *origin;           /* y_c moved as near to the base as the equations allow */
    double *change, *targets; /* n each: scratch; the last solution's */
    double *inner;            /* n: targets inside the inequalities of those stored */
    bool has_inner;
    double constant;  /* the part of the objective that no change moves */
    double far;       /* |e| beyond which a solution counts as none */
    double scale_cap; /* by the stored certificate, of the margins then solved for */
    bool any_saddle;
    cpt_nature_solution solution;
} search;

/* targets = those of the changes e. */
static void to_targets(const search *s, const double *e, double *targets)
{
    cpt_metric_inverse_root(s->maps.metric, e, targets);
    cpt_linalg_axpy(s->maps.n, 1, s->origin, targets);
}

/* The origin, the part of the objective that is fixed, and what counts as out of reach. */
static critpt_status find_origin(search *s)
{
    critpt_status status;
    /* |e| of no solution, beside the distance from the base and the residuals; chosen. */
    static const double beyond_reach = 1e6;
    const cpt_nature_problem *problem = s->problem;
    size_t n = s->maps.n, P = s->maps.P;
    double distance, size = 0;
    for (size_t i = 0; i < n; i++)
        s->change[i] = problem->base[i] - problem->current[i];
    CPT_TRY(problem->project(problem->project_user, s->change));
    for (size_t i = 0; i < n; i++)
        s->origin[i] = problem->current[i] + s->change[i];
    distance = cpt_metric_norm(s->maps.metric, s->origin, problem->base);
    s->constant = distance * distance / 2;
    for (size_t k = 0; k < problem->n_points; k++) {
        CPT_TRY(critpt_landscape_outputs(problem->workspace->landscape, problem->workspace,
                                         problem->points[k].weights, P, s->change, s->maps.D));
        size = fmax(size, cpt_metric_norm(s->maps.metric, s->change, s->origin));
    }
    s->far = beyond_reach * fmax(distance, size);
done:
    return status;
}

/* Null directions and caps of every point that wants a nature, and its Hessian at the origin. */
static critpt_status examine_points(search *s)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < s->problem->n_points; k++) {
        cpt_nature_whitening *whitening = &s->subspaces.whitenings[k];
        cpt_nature_outcome *outcome = &s->result->outcomes[k];
        outcome->margin = NAN;
        outcome->margin_cap = INFINITY;
        outcome->index_cap = s->maps.P;
        if (!cpt_nature_is_wanted(s->problem, k))
            continue;
        size_t index = s->problem->points[k].index;
        CPT_TRY(cpt_nature_subspaces_examine(&s->subspaces, k, s->origin));
        outcome->margin_cap = cpt_nature_margin_cap(whitening, index);
        outcome->index_cap = whitening->index_cap;
        outcome->n_null = whitening->n_null;
        outcome->null_directions = whitening->null_directions;
        whitening->null_directions = NULL; /* the outcome's now */
        s->any_saddle = s->any_saddle || (index > 0 && index < whitening->order);
        CPT_TRY(cpt_nature_tick(&s->maps, 0));
    }
done:
    return status;
}

/* Whether the caps allow the indices, and the scale of the margins that they allow. */
static bool caps_allow(search *s)
{
    for (size_t k = 0; k < s->problem->n_points; k++) {
        const cpt_nature_point *point = &s->problem->points[k];
        const cpt_nature_outcome *outcome = &s->result->outcomes[k];
        if (!cpt_nature_is_wanted(s->problem, k))
            continue;
        if (point->index > outcome->index_cap) {
            s->result->proof = CPT_NATURE_CAP;
            s->result->verdict = CPT_NATURE_INFEASIBLE;
            return false;
        }
        if (point->margin >= outcome->margin_cap) {
            s->result->proof = CPT_NATURE_CAP;
            s->result->scale_cap = fmin(s->result->scale_cap, outcome->margin_cap / point->margin);
        }
    }
    if (s->result->proof == CPT_NATURE_CAP)
        s->result->scale = s->result->scale_cap / 2;
    return true;
}

static void free_inequalities(cpt_nature_result *result)
{
    for (size_t j = 0; j < result->n_inequalities; j++) {
        cpt_free(result->inequalities[j].basis);
        cpt_free(result->inequalities[j].multiplier);
    }
    cpt_free(result->inequalities);
    result->inequalities = NULL;
    result->n_inequalities = 0;
}

/* Takes the blocks' vectors and best multipliers over into the result. */
static critpt_status store_inequalities(search *s)
{
    critpt_status status;
    cpt_nature_result *result = s->result;
    free_inequalities(result);
    CPT_TRY(cpt_allocate(&result->inequalities, s->cone.n_blocks, sizeof *result->inequalities));
    result->n_inequalities = s->cone.n_blocks;
    for (size_t j = 0; j < s->cone.n_blocks; j++) {
        cpt_nature_block *block = &s->cone.blocks[j];
        result->inequalities[j] = (cpt_nature_inequality){.point = block->point,
                                                          .order = block->order,
                                                          .sign = block->sign,
                                                          .margin = block->margin,
                                                          .basis = block->basis,
                                                          .multiplier = block->best};
        block->basis = block->best = NULL;
    }
done:
    return status;
}

/* <W' diag(least) W, Z> over the blocks, Z their best multipliers. */
static double price_of_least(search *s)
{
    size_t P = s->maps.P;
    double sum = 0, *rows = s->maps.scratch;
    for (size_t j = 0; j < s->cone.n_blocks; j++) {
        const cpt_nature_block *block = &s->cone.blocks[j];
        const double *least = s->problem->points[block->point].least;
        size_t m = block->order;
        if (!least)
            continue;
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, m, P, m, 1, block->best, m, block->basis, P, 0, rows,
                        P);
        for (size_t i = 0; i < m * P; i++)
            sum += least[i % P] * rows[i] * block->basis[i];
    }
    return sum;
}

/* The best multipliers Z have <-C, Z> = |B* Z|^2 = 2 dual. For the margins alone <-C, Z> is smaller
 * by the price of `least`, and the bound of the best multiple of Z is <-C, Z>^2 / 2 |B* Z|^2. */
static double dual_of_margins(search *s)
{
    double dual = s->solution.dual, linear = fmax(2 * dual - price_of_least(s), 0);
    return dual > 0 ? linear * linear / (4 * dual) : 0;
}

/* Keeps the solution of the blocks as they are: targets, bounds, multipliers. */
static critpt_status store_solution(search *s)
{
    critpt_status status;
    cpt_nature_result *result = s->result;
    to_targets(s, s->solution.e, result->targets);
    result->objective = s->constant + s->solution.primal;
    result->dual = s->constant + s->solution.dual;
    result->dual_of_margins = s->constant + dual_of_margins(s);
    result->gap = s->solution.feasible ? cpt_nature_gap(result) : INFINITY;
    result->radius = s->solution.radius;
    s->scale_cap = s->solution.scale_cap;
    s->has_inner = s->solution.has_inner;
    if (s->has_inner)
        to_targets(s, s->solution.inner, s->inner);
    CPT_TRY(store_inequalities(s));
done:
    return status;
}

/* The solution for the subspaces at the present targets, from the last one if that is inside. */
static critpt_status solve_once(search *s, bool inside, double gap)
{
    critpt_status status;
    const cpt_nature_goal goal = {.constant = s->constant, .far = s->far, .gap = gap};
    CPT_TRY(
        cpt_nature_subspaces_choose(&s->subspaces, s->targets, s->result->scale, inside, &s->cone));
    CPT_TRY(cpt_nature_interior(&s->maps, &s->cone, &s->newton, &goal,
                                inside ? s->solution.e : NULL, &s->solution));
    s->result->n_rounds++;
    to_targets(s, s->solution.e, s->targets);
done:
    return status;
}

/* Solves with the eigenvectors at the targets that there are as subspaces, at first the
 * gradient-only ones, then with those of what was found: coarsely while they still turn (what is
 * nearly optimal is too near to the boundary to go on from in other subspaces), at last to the gap
 * asked for. Known targets have theirs. */
static critpt_status solve_rounds(search *s, cpt_nature_end *end)
{
    /* Sets of subspaces tried. Chosen: of 800 small random requests three attained nine more than
     * two. */
    enum { MOST_ROUNDS = 3 };
    /* Relative duality gaps of the rounds, at least the one asked for; chosen. */
    static const double coarse[MOST_ROUNDS] = {1, 0.3, 0};
    /* That which is reached by default. Chosen: coming so far below the accepted one costs an
     * iteration at most. */
    static const double finest_gap = CPT_NATURE_ACCEPTED_GAP / 2;
    critpt_status status;
    double finest = s->problem->gap > 0 ? s->problem->gap : finest_gap;
    bool inside = false;
    *end = CPT_NATURE_STALLED;
    bool turning = s->any_saddle && !s->problem->known;
    for (size_t round = turning ? 0 : MOST_ROUNDS - 1; round < MOST_ROUNDS; round++) {
        CPT_TRY(solve_once(s, inside, fmax(coarse[round], finest)));
        bool separated = s->solution.end == CPT_NATURE_SEPARATED;
        if (s->solution.feasible || (!inside && (*end != CPT_NATURE_SEPARATED || separated))) {
            *end = s->solution.end;
            CPT_TRY(store_solution(s));
        }
        if (s->solution.end == CPT_NATURE_EXHAUSTED ||
            (round > 0 && !s->solution.feasible && !separated))
            break;
        inside = inside || s->solution.feasible;
    }
done:
    return status;
}

/* Solves at ever smaller margins until one is attained or nothing can be had. */
static critpt_status solve_scales(search *s, cpt_nature_end *end)
{
    enum { MOST_SCALES = 6 }; /* each half of the cap that the last certificate proves; chosen */
    critpt_status status;
    cpt_nature_result *result = s->result;
    const double *known = s->problem->known;
    memcpy(s->targets, known ? known : s->origin, s->maps.n * sizeof(double));
    for (size_t i = 0; i < MOST_SCALES; i++) {
        CPT_TRY(solve_rounds(s, end));
        if (*end != CPT_NATURE_SEPARATED)
            break;
        result->proof = CPT_NATURE_CERTIFICATE;
        double cap = s->scale_cap * result->scale;
        result->scale_cap = fmin(result->scale_cap, cap);
        if (!(cap > 0) || i + 1 == MOST_SCALES)
            break;
        result->scale = cap / 2;
    }
done:
    return status;
}

static critpt_status require_points(const cpt_nature_problem *problem)
{
    size_t P = problem->workspace->landscape->model->n_weights;
    for (size_t k = 0; k < problem->n_points; k++) {
        const cpt_nature_point *point = &problem->points[k];
        if (point->index == CPT_NATURE_FREE)
            continue;
        if (point->index > P)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "index %zu at point %zu: there are %zu weights; ask for 0 to %zu",
                             point->index, k, P, P);
        if (!(point->margin > 0 && isfinite(point->margin)))
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "margin %g at point %zu: it is a positive number, of eigenvalues "
                             "in the metric in which the Gauss-Newton matrix is the identity",
                             point->margin, k);
    }
    return CRITPT_OK;
}

static critpt_status allocate(search *s)
{
    critpt_status status;
    size_t n, K = s->problem->n_points;
    CPT_TRY(cpt_nature_maps_create(&s->maps, s->problem));
    CPT_TRY(cpt_nature_cone_create(&s->cone, s->maps.P, 2 * K));
    CPT_TRY(cpt_nature_subspaces_create(&s->subspaces, &s->maps));
    CPT_TRY(cpt_nature_newton_create(&s->newton, &s->maps));
    n = s->maps.n;
    CPT_TRY(cpt_allocate(&s->origin, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->change, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->targets, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->inner, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->solution.e, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->solution.inner, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->result->targets, n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->result->outcomes, K, sizeof *s->result->outcomes));
done:
    return status;
}

static void release(search *s)
{
    cpt_free(s->origin);
    cpt_free(s->change);
    cpt_free(s->targets);
    cpt_free(s->inner);
    cpt_free(s->solution.e);
    cpt_free(s->solution.inner);
    cpt_nature_subspaces_destroy(&s->subspaces);
    cpt_nature_newton_destroy(&s->newton);
    cpt_nature_cone_destroy(&s->cone);
    cpt_nature_maps_destroy(&s->maps);
}

critpt_status cpt_nature_solve(const cpt_nature_problem *problem, cpt_nature_result *result)
{
    critpt_status status;
    search s = {.problem = problem, .result = result, .subspaces.maps = &s.maps};
    cpt_nature_end end = CPT_NATURE_STALLED;
    memset(result, 0, sizeof *result);
    result->scale = 1;
    result->scale_cap = INFINITY;
    CPT_TRY(require_points(problem));
    CPT_TRY(allocate(&s));
    CPT_TRY(find_origin(&s));
    memcpy(result->targets, s.origin, s.maps.n * sizeof(double));
    result->objective = result->dual = result->dual_of_margins = s.constant;
    CPT_TRY(examine_points(&s));
    if (!caps_allow(&s))
        goto done;
    CPT_TRY(solve_scales(&s, &end));
    CPT_TRY(cpt_nature_conclude(&s.subspaces, end, s.has_inner ? s.inner : NULL, result));
    result->exhausted = s.solution.end == CPT_NATURE_EXHAUSTED; /* the last solve's */
    result->n_iterations = s.solution.n_iterations;
    result->n_products = s.maps.n_products;
    CPT_TRY(cpt_nature_tick(&s.maps, 1));
done:
    release(&s);
    if (status != CRITPT_OK)
        cpt_nature_result_destroy(result, problem->n_points);
    return status;
}

void cpt_nature_result_destroy(cpt_nature_result *result, size_t n_points)
{
    for (size_t k = 0; result->outcomes && k < n_points; k++)
        cpt_free(result->outcomes[k].null_directions);
    cpt_free(result->outcomes);
    cpt_free(result->targets);
    free_inequalities(result);
    memset(result, 0, sizeof *result);
}
