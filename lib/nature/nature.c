/* Nearest targets with wanted signatures: caps, subspaces, solves, verdict. */
#include "nature/nature.h"

#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/system.h"

enum { MOST_ROUNDS = 3, MOST_SCALES = 6 };
static const double beyond_reach = 1e6;      /* times the scale of the targets */
static const double finest_gap = 5e-4;       /* relative duality gap, by default */
static const double margin_tolerance = 1e-3; /* relative, for the margin recomputed */

typedef struct search {
    const cpt_nature_problem *problem;
    cpt_nature_result *result;
    cpt_nature_system system;
    cpt_nature_metric *metrics;       /* of the points that want a nature */
    double *hessians;                 /* at the origin, n_points x P x P */
    double *vectors, *vectors_before; /* n_points x P x P: V of each saddle, order x order,
                                         with which the rows V W' span its subspaces; and the V
                                         before the last turn */
    double *origin;                   /* y_c moved as near to the base as the equations allow */
    double *change, *targets;         /* n */
    double *inner;                    /* n: targets inside the inequalities of those stored */
    bool has_inner;
    double constant, far;
    double scale_cap; /* by the stored certificate, of the margins then solved for */
    bool any_saddle;
    cpt_nature_solution solution;
} search;

static bool is_wanted(const search *s, size_t k)
{
    return s->problem->points[k].index != CPT_NATURE_FREE;
}

static double *hessian_of(const search *s, size_t k)
{
    return s->hessians + k * s->system.P * s->system.P;
}

static double *vectors_of(const search *s, size_t k)
{
    return s->vectors + k * s->system.P * s->system.P;
}

static double scaled_norm(search *s, const double *d)
{
    cpt_metric_root(s->system.metric, d, s->system.field2);
    return cpt_linalg_norm(s->system.n, s->system.field2);
}

/* The origin, the part of the objective that is fixed, and what counts as out of reach. */
static critpt_status find_origin(search *s)
{
    critpt_status status;
    const cpt_nature_problem *problem = s->problem;
    size_t n = s->system.n, P = s->system.P;
    double distance, size = 0;
    for (size_t i = 0; i < n; i++)
        s->change[i] = problem->base[i] - problem->current[i];
    CPT_TRY(problem->project(problem->project_user, s->change));
    for (size_t i = 0; i < n; i++) {
        s->origin[i] = problem->current[i] + s->change[i];
        s->change[i] = s->origin[i] - problem->base[i];
    }
    distance = scaled_norm(s, s->change);
    s->constant = distance * distance / 2;
    for (size_t k = 0; k < problem->n_points; k++) {
        CPT_TRY(critpt_landscape_outputs(problem->workspace->landscape, problem->workspace,
                                         problem->points[k].weights, P, s->change, s->system.D));
        cpt_linalg_axpy(n, -1, s->origin, s->change);
        size = fmax(size, scaled_norm(s, s->change));
    }
    s->far = beyond_reach * fmax(distance, size);
done:
    return status;
}

/* Null directions and caps of every point that wants a nature, and its Hessian at the origin. */
static critpt_status examine_points(search *s)
{
    critpt_status status = CRITPT_OK;
    size_t P = s->system.P;
    for (size_t k = 0; k < s->problem->n_points; k++) {
        cpt_nature_metric *metric = &s->metrics[k];
        cpt_nature_outcome *outcome = &s->result->outcomes[k];
        outcome->margin = NAN;
        outcome->margin_cap = INFINITY;
        outcome->index_cap = P;
        if (!is_wanted(s, k))
            continue;
        const double *weights = s->problem->points[k].weights;
        CPT_TRY(cpt_nature_metric_create(metric, &s->system, weights));
        if (metric->order == 0)
            return cpt_error(CRITPT_INFEASIBLE,
                             "point %zu has no nature: its outputs do not change to second order "
                             "with any weight, so no targets curve the loss there; use other "
                             "weights",
                             k);
        CPT_TRY(cpt_nature_hessian(&s->system, metric, weights, s->origin, hessian_of(s, k)));
        outcome->margin_cap = cpt_nature_margin_cap(metric, s->problem->points[k].index);
        outcome->index_cap = metric->index_cap;
        outcome->n_null = metric->n_null;
        outcome->null_directions = metric->null_directions;
        metric->null_directions = NULL; /* the outcome's now */
        size_t index = s->problem->points[k].index;
        s->any_saddle = s->any_saddle || (index > 0 && index < metric->order);
        CPT_TRY(cpt_nature_tick(&s->system, 0));
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
        if (!is_wanted(s, k))
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

/* C -= W' diag(least) W */
static void subtract_least(cpt_nature_block *block, size_t P, const double *least, double *scratch)
{
    size_t m = block->order;
    for (size_t i = 0; i < m * P; i++)
        scratch[i] = block->basis[i] * least[i % P];
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, P, -1, scratch, P, block->basis, P, 1,
                    block->constant, m);
}

/* C = sign W' H W - margin I - W' diag(least) W of the last block, H at the origin. */
static void set_constant(search *s)
{
    cpt_nature_block *block = &s->system.blocks[s->system.n_blocks - 1];
    const double *least = s->problem->points[block->point].least;
    size_t m = block->order;
    cpt_nature_congruence(m, s->system.P, block->basis, hessian_of(s, block->point),
                          s->system.scratch, block->constant);
    for (size_t i = 0; i < m * m; i++)
        block->constant[i] *= block->sign;
    for (size_t i = 0; i < m; i++)
        block->constant[i * m + i] -= block->margin;
    if (least)
        subtract_least(block, s->system.P, least, s->system.scratch);
    cpt_nature_symmetrize(m, block->constant);
}

/* vectors (order x order) = the whitened Hessian's eigenvectors, one a row, ascending. */
static critpt_status eigenvectors(search *s, size_t k, const double *hessian, double *values,
                                  double *vectors)
{
    critpt_status status;
    const cpt_nature_metric *metric = &s->metrics[k];
    size_t m = metric->order;
    cpt_nature_congruence(m, s->system.P, metric->whitening, hessian, s->system.scratch, vectors);
    CPT_TRY(cpt_linalg_eigen(m, vectors, values));
done:
    return status;
}

/* A block on `order` of the rows of V W', from `first` on; on W' itself where it is on all. */
static critpt_status add_block(search *s, size_t k, double sign, size_t first, size_t order)
{
    critpt_status status;
    const cpt_nature_metric *metric = &s->metrics[k];
    size_t m = metric->order, P = s->system.P;
    double *rows = NULL;
    if (order < m) {
        CPT_TRY(cpt_allocate(&rows, order * P, sizeof(double)));
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, order, P, m, 1, vectors_of(s, k) + first * m, m,
                        metric->whitening, P, 0, rows, P);
    }
    CPT_TRY(cpt_nature_add_block(&s->system, k, sign,
                                 s->result->scale * s->problem->points[k].margin, order,
                                 rows ? rows : metric->whitening));
    set_constant(s);
done:
    cpt_free(rows);
    return status;
}

/* V of every point that wants a saddle: eigenvectors at the targets y, of which the first q span
 * the subspace where it curves down. */
static critpt_status turn_subspaces(search *s, const double *y)
{
    critpt_status status;
    size_t P = s->system.P;
    double *hessian = NULL, *values = NULL;
    CPT_TRY(cpt_allocate(&hessian, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&values, P, sizeof(double)));
    for (size_t k = 0; k < s->problem->n_points; k++) {
        const cpt_nature_point *point = &s->problem->points[k];
        if (!is_wanted(s, k) || point->index == 0 || point->index == s->metrics[k].order)
            continue;
        CPT_TRY(cpt_nature_hessian(&s->system, &s->metrics[k], point->weights, y, hessian));
        CPT_TRY(eigenvectors(s, k, hessian, values, vectors_of(s, k)));
    }
done:
    cpt_free(hessian);
    cpt_free(values);
    return status;
}

/* The inequalities of every point for the subspaces of its V. */
static critpt_status add_blocks(search *s)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < s->problem->n_points; k++) {
        size_t q = s->problem->points[k].index, m = s->metrics[k].order;
        if (!is_wanted(s, k))
            continue;
        if (q < m)
            CPT_TRY(add_block(s, k, 1, q, m - q));
        if (q > 0)
            CPT_TRY(add_block(s, k, -1, 0, q));
    }
done:
    return status;
}

/* The multipliers of the blocks that were, seen from those in their place: O Z O', with O = V V'
 * before. */
static void carry_multipliers(search *s, double *const *multipliers)
{
    for (size_t j = 0; j < s->system.n_blocks; j++) {
        cpt_nature_block *block = &s->system.blocks[j];
        size_t m = s->metrics[block->point].order, q = block->order;
        size_t first = block->sign > 0 ? (m - q) * m : 0;
        if (q == m) {
            memcpy(block->multiplier, multipliers[j], m * m * sizeof(double));
            continue;
        }
        cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, q, q, m, 1, vectors_of(s, block->point) + first,
                        m, s->vectors_before + block->point * s->system.P * s->system.P + first, m,
                        0, block->work, q);
        cpt_nature_congruence(q, q, block->work, multipliers[j], block->work2, block->multiplier);
    }
}

/* The inequalities for the subspaces at the targets y; their multipliers follow those of the blocks
 * before if there are any. */
static critpt_status choose_subspaces(search *s, const double *y, bool follow)
{
    critpt_status status;
    cpt_nature_system *system = &s->system;
    size_t n = follow ? system->n_blocks : 0;
    double **multipliers = NULL, *before = s->vectors_before;
    CPT_TRY(cpt_allocate(&multipliers, n, sizeof *multipliers));
    for (size_t j = 0; j < n; j++) {
        multipliers[j] = system->blocks[j].multiplier;
        system->blocks[j].multiplier = NULL;
    }
    cpt_nature_remove_blocks(system);
    s->vectors_before = s->vectors;
    s->vectors = before;
    CPT_TRY(turn_subspaces(s, y));
    CPT_TRY(add_blocks(s));
    if (follow)
        carry_multipliers(s, multipliers);
done:
    for (size_t j = 0; multipliers && j < n; j++)
        cpt_free(multipliers[j]);
    cpt_free(multipliers);
    return status;
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
    CPT_TRY(cpt_allocate(&result->inequalities, s->system.n_blocks, sizeof *result->inequalities));
    result->n_inequalities = s->system.n_blocks;
    for (size_t j = 0; j < s->system.n_blocks; j++) {
        cpt_nature_block *block = &s->system.blocks[j];
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
    size_t P = s->system.P;
    double sum = 0, *rows = s->system.scratch;
    for (size_t j = 0; j < s->system.n_blocks; j++) {
        const cpt_nature_block *block = &s->system.blocks[j];
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

static double gap_of_margins(const cpt_nature_result *result)
{
    double gap = fabs(result->objective - result->dual_of_margins);
    return result->objective > 0 ? gap / result->objective : 0;
}

/* Keeps the solution of the blocks as they are: targets, bounds, multipliers. */
static critpt_status store_solution(search *s)
{
    critpt_status status;
    cpt_nature_result *result = s->result;
    size_t n = s->system.n;
    cpt_metric_inverse_root(s->system.metric, s->solution.e, s->change);
    for (size_t i = 0; i < n; i++)
        result->targets[i] = s->origin[i] + s->change[i];
    result->objective = s->constant + s->solution.primal;
    result->dual = s->constant + s->solution.dual;
    result->dual_of_margins = s->constant + dual_of_margins(s);
    result->gap = s->solution.feasible ? gap_of_margins(result) : INFINITY;
    result->radius = s->solution.radius;
    s->scale_cap = s->solution.scale_cap;
    s->has_inner = s->solution.has_inner;
    if (s->has_inner) {
        cpt_metric_inverse_root(s->system.metric, s->solution.inner, s->change);
        for (size_t i = 0; i < n; i++)
            s->inner[i] = s->origin[i] + s->change[i];
    }
    CPT_TRY(store_inequalities(s));
done:
    return status;
}

/* The solution for the subspaces at the present targets, from the last one if that is inside. */
static critpt_status solve_once(search *s, bool inside, double gap)
{
    critpt_status status;
    const cpt_nature_goal goal = {.constant = s->constant, .far = s->far, .gap = gap};
    CPT_TRY(choose_subspaces(s, s->targets, inside));
    CPT_TRY(cpt_nature_interior(&s->system, &goal, inside ? s->solution.e : NULL, &s->solution));
    s->result->n_rounds++;
    cpt_metric_inverse_root(s->system.metric, s->solution.e, s->change);
    for (size_t i = 0; i < s->system.n; i++)
        s->targets[i] = s->origin[i] + s->change[i];
done:
    return status;
}

/* Solves with the eigenvectors of the gradient-only targets as subspaces, then with those of what
 * was found: coarsely while they still turn (what is nearly optimal is too near to the boundary to
 * go on from in other subspaces), at last to the gap asked for. Known targets have theirs. */
static critpt_status solve_rounds(search *s, cpt_nature_end *end)
{
    static const double coarse[MOST_ROUNDS] = {1, 0.3, 0};
    critpt_status status;
    double finest = s->problem->gap > 0 ? s->problem->gap : finest_gap;
    bool inside = false;
    *end = CPT_NATURE_STALLED;
    const double *known = s->problem->known;
    bool turning = s->any_saddle && !known;
    memcpy(s->targets, known ? known : s->origin, s->system.n * sizeof(double));
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
    critpt_status status;
    cpt_nature_result *result = s->result;
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

/* Index and margin of every point at the targets found, from the landscape afresh. */
static critpt_status examine_targets(search *s, bool *as_wanted)
{
    critpt_status status = CRITPT_OK;
    *as_wanted = true;
    for (size_t k = 0; k < s->problem->n_points; k++) {
        const cpt_nature_point *point = &s->problem->points[k];
        cpt_nature_outcome *outcome = &s->result->outcomes[k];
        if (!is_wanted(s, k))
            continue;
        CPT_TRY(cpt_nature_measure_point(&s->system, &s->metrics[k], point, s->result->targets,
                                         &outcome->index, &outcome->margin));
        *as_wanted = *as_wanted &&
                     outcome->margin >= (1 - margin_tolerance) * s->result->scale * point->margin;
    }
done:
    return status;
}

/* s->targets = the targets found and a part t of the way to those inside, and their objective. */
static double go_inside(search *s, double t)
{
    const cpt_nature_result *result = s->result;
    for (size_t i = 0; i < s->system.n; i++) {
        s->targets[i] = result->targets[i] + t * (s->inner[i] - result->targets[i]);
        s->change[i] = s->targets[i] - s->problem->base[i];
    }
    double distance = scaled_norm(s, s->change);
    return distance * distance / 2;
}

/* s->targets as far inside the inequalities, which are convex, as the gap may grow: to what just
 * counts as nearest, or where it is larger, twofold. Their objective, or 0 if there are none. */
static double find_inside(search *s)
{
    enum { HALVINGS = 10 };
    const cpt_nature_result *result = s->result;
    bool nearest = result->gap <= CPT_NATURE_ACCEPTED_GAP;
    double allowed = nearest ? CPT_NATURE_ACCEPTED_GAP : 2 * result->gap, low = 0, high = 1;
    for (size_t i = 0; i < HALVINGS; i++) {
        double t = (low + high) / 2, objective = go_inside(s, t);
        if (objective - result->dual_of_margins <= allowed * objective)
            low = t;
        else
            high = t;
    }
    return low > 0 ? go_inside(s, low) : 0;
}

/* Where rounding hides signs at the targets found, those further inside are taken if it does not
 * hide them there. */
static critpt_status make_visible(search *s)
{
    critpt_status status = CRITPT_OK;
    const cpt_nature_problem *problem = s->problem;
    cpt_nature_result *result = s->result;
    bool visible, as_wanted; /* which convexity leaves as it is */
    double objective = 0;
    if (!problem->sees)
        return CRITPT_OK;
    CPT_TRY(problem->sees(problem->sees_user, result->outcomes, result->targets, &visible));
    if (!visible && s->has_inner && isfinite(result->gap))
        objective = find_inside(s);
    if (objective == 0)
        goto done;
    CPT_TRY(problem->sees(problem->sees_user, result->outcomes, s->targets, &visible));
    if (visible) {
        memcpy(result->targets, s->targets, s->system.n * sizeof(double));
        result->objective = objective;
        result->gap = gap_of_margins(result);
        CPT_TRY(examine_targets(s, &as_wanted));
    }
done:
    return status;
}

/* Targets may have the margins though not what `least` asks for beyond them: the bound for the
 * margins tells their gap. */
static critpt_status conclude(search *s, cpt_nature_end end)
{
    critpt_status status;
    cpt_nature_result *result = s->result;
    bool as_wanted;
    CPT_TRY(examine_targets(s, &as_wanted));
    if (as_wanted && isinf(result->gap))
        result->gap = gap_of_margins(result);
    if (as_wanted)
        result->verdict = result->scale < 1 ? CPT_NATURE_SMALLER_MARGIN : CPT_NATURE_ATTAINED;
    else if (end == CPT_NATURE_SEPARATED)
        result->verdict = CPT_NATURE_INFEASIBLE;
    else
        result->verdict = CPT_NATURE_UNDECIDED;
    if (result->verdict == CPT_NATURE_ATTAINED)
        CPT_TRY(make_visible(s));
    result->exhausted = s->solution.end == CPT_NATURE_EXHAUSTED; /* the last solve's */
    result->n_iterations = s->solution.n_iterations;
    result->n_products = s->system.n_products;
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
    size_t n, P, K = s->problem->n_points, entries;
    CPT_TRY(cpt_nature_system_create(&s->system, s->problem));
    n = s->system.n;
    P = s->system.P;
    CPT_TRY(cpt_multiply(P * P, K, "Hessians of the points", &entries));
    CPT_TRY(cpt_allocate(&s->metrics, K, sizeof *s->metrics));
    CPT_TRY(cpt_allocate(&s->hessians, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->vectors, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->vectors_before, entries, sizeof(double)));
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
    for (size_t k = 0; s->metrics && k < s->problem->n_points; k++)
        cpt_nature_metric_destroy(&s->metrics[k]);
    cpt_free(s->metrics);
    cpt_free(s->hessians);
    cpt_free(s->vectors);
    cpt_free(s->vectors_before);
    cpt_free(s->origin);
    cpt_free(s->change);
    cpt_free(s->targets);
    cpt_free(s->inner);
    cpt_free(s->solution.e);
    cpt_free(s->solution.inner);
    cpt_nature_system_destroy(&s->system);
}

critpt_status cpt_nature_solve(const cpt_nature_problem *problem, cpt_nature_result *result)
{
    critpt_status status;
    search s = {.problem = problem, .result = result};
    cpt_nature_end end = CPT_NATURE_STALLED;
    memset(result, 0, sizeof *result);
    result->scale = 1;
    result->scale_cap = INFINITY;
    CPT_TRY(require_points(problem));
    CPT_TRY(allocate(&s));
    CPT_TRY(find_origin(&s));
    memcpy(result->targets, s.origin, s.system.n * sizeof(double));
    result->objective = result->dual = result->dual_of_margins = s.constant;
    CPT_TRY(examine_points(&s));
    if (!caps_allow(&s))
        goto done;
    CPT_TRY(solve_scales(&s, &end));
    CPT_TRY(conclude(&s, end));
    CPT_TRY(cpt_nature_tick(&s.system, 1));
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
