/* Losses that equations alone do not reach: differences between critical points of a network with
 * linear output layer, which depend on the size of its outputs only (MATH 5, fact 2), and the
 * common level of all losses, which is quadratic in the targets (MATH 2). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

/* ---- Differences by scaling output layers ----
 *
 * At a critical point L_k = (y'Mn y - |f_k|^2) / 2. Scaling the output layer about the mean output,
 * f_k - m -> c_k (f_k - m), keeps range(J_k) and multiplies q_k = |f_k - m|^2 by c_k^2. */

/* A request L(above) - L(below) = difference between two such points. */
typedef struct gap {
    size_t above, below;
    double difference;
} gap;

/* The gap that condition c asks for, if it is one. Soft ones are weighed against the targets, which
 * have no say here. */
static bool find_gap(const critpt_plan *plan, size_t c, gap *found)
{
    const cpt_condition *condition = &plan->conditions[c];
    *found = (gap){condition->points[0], condition->points[1], condition->value};
    if (condition->kind == CRITPT_CONDITION_LOSS) {
        const cpt_condition *level = cpt_solve_level_condition(plan);
        found->below = level->points[0];
        found->difference = condition->value - level->value;
    } else if (condition->kind != CRITPT_CONDITION_LOSS_DIFFERENCE)
        return false;
    return condition->softness == 0 && found->above != found->below &&
           plan->points[found->above].critical && plan->points[found->below].critical &&
           cpt_mlp_has_linear_output(plan->landscape->model);
}

/* Points tied by gaps, and what is known of them. K each. */
typedef struct scaling {
    bool *member;   /* of the group that is being scaled */
    bool *done;     /* of some group */
    double *offset; /* of its loss above the group's first point */
    double *square; /* |f - m|^2 */
    double *means;  /* K x D; zeros without output bias */
} scaling;

/* Adds to the group all points that gaps tie to it. */
static void spread_group(const critpt_plan *plan, scaling *s)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t c = 0; c < plan->n_conditions; c++) {
            gap g;
            if (!find_gap(plan, c, &g) || s->member[g.above] == s->member[g.below])
                continue;
            if (s->member[g.below])
                s->offset[g.above] = s->offset[g.below] + g.difference;
            else
                s->offset[g.below] = s->offset[g.above] - g.difference;
            s->member[g.above] = s->member[g.below] = true;
            grown = true;
        }
    }
}

/* Two gaps between the same two points that differ contradict each other; longer circles name all
 * gaps of their group. */
static bool takes_part(const critpt_plan *plan, const scaling *s, size_t c, const gap *wrong)
{
    gap g;
    if (!find_gap(plan, c, &g) || !s->member[g.above])
        return false;
    for (size_t other = 0; other < plan->n_conditions; other++) {
        gap same;
        if (!find_gap(plan, other, &same) || same.above != wrong->above ||
            same.below != wrong->below || same.difference == wrong->difference)
            continue;
        return g.above == wrong->above && g.below == wrong->below;
    }
    return true;
}

/* Gaps along a circle of points must add up to 0. */
static critpt_status require_consistent_gaps(cpt_solve *solve, const scaling *s)
{
    critpt_status status = CRITPT_OK;
    const critpt_plan *plan = solve->plan;
    for (size_t c = 0; c < plan->n_conditions; c++) {
        gap g;
        if (!find_gap(plan, c, &g) || !s->member[g.above])
            continue;
        double above = s->offset[g.above], below = s->offset[g.below], others = above - below;
        /* beside the offsets' own rounding: gaps of a circle may cancel to 0 */
        if (fabs(others - g.difference) <= 1e-12 * (fabs(above) + fabs(below) + fabs(g.difference)))
            continue;
        for (size_t other = 0; other < plan->n_conditions; other++) {
            const cpt_request request = {plan->conditions[other].points[0], other};
            if (takes_part(plan, s, other, &g))
                CPT_TRY(cpt_append(&solve->report.contradicting, &solve->report.n_contradicting,
                                   &request, sizeof request));
        }
        return cpt_error(CRITPT_INFEASIBLE,
                         "condition %zu asks for a loss %.17g above that of point %zu, and other "
                         "conditions for %.17g; drop one of them",
                         c, g.difference, g.below, others);
    }
done:
    return status;
}

/* |f - m|^2 of a point, with its mean m where the output layer has a bias. */
static critpt_status measure_outputs(cpt_solve *solve, size_t point, scaling *s)
{
    critpt_status status;
    double largest, *mean = s->means + point * solve->D, *field = solve->field;
    if (cpt_mlp_has_free_output_mean(solve->workspace.jet.model))
        CPT_TRY(cpt_solve_mean_output(solve, point, mean, &largest));
    memset(field, 0, solve->N * solve->D * sizeof *field);
    CPT_TRY(cpt_solve_add_outputs(solve, point, 1, field));
    for (size_t i = 0; i < solve->N * solve->D; i++)
        field[i] -= mean[i % solve->D];
    s->square[point] = pow(cpt_solve_distance(solve, field, NULL), 2);
done:
    return status;
}

/* q of the group's reference (offset 0): so that a point that may not move keeps its outputs; else
 * the largest factor is 1, or the smallest 1/10 if that is too small. */
static double choose_reference(const cpt_solve *solve, const scaling *s, size_t *fixed)
{
    static const double smallest = 0.01; /* a factor's square */
    double reference = INFINITY, least = -INFINITY;
    *fixed = solve->K;
    for (size_t k = 0; k < solve->K; k++) {
        if (!s->member[k])
            continue;
        if (!solve->plan->points[k].may_move && *fixed == solve->K)
            *fixed = k;
        reference = fmin(reference, s->square[k] + 2 * s->offset[k]);
        least = fmax(least, smallest * s->square[k] + 2 * s->offset[k]);
    }
    if (*fixed < solve->K)
        return s->square[*fixed] + 2 * s->offset[*fixed];
    return fmax(reference, least);
}

/* V <- c V and b <- c b + (1 - c) m in a point's output layer. */
static void scale_layer(cpt_solve *solve, size_t point, double factor, const double *mean)
{
    size_t n_layers;
    const cpt_layer *layers = cpt_mlp_layers(solve->workspace.jet.model, &n_layers);
    const cpt_layer *last = &layers[n_layers - 1];
    double *weights = solve->weights + point * solve->P;
    for (size_t j = 0; j < last->n_units * last->n_inputs; j++)
        weights[last->weights + j] *= factor;
    for (size_t o = 0; last->bias && o < last->n_units; o++)
        weights[last->biases + o] = factor * weights[last->biases + o] + (1 - factor) * mean[o];
}

static critpt_status scale_point(cpt_solve *solve, const scaling *s, size_t point, double reference,
                                 size_t fixed)
{
    double square = reference - 2 * s->offset[point], before = s->square[point];
    if (!solve->plan->points[point].may_move)
        return CRITPT_OK;
    if (before > 0 && square > 0) {
        scale_layer(solve, point, sqrt(square / before), s->means + point * solve->D);
        return CRITPT_OK;
    }
    if (before == 0)
        return cpt_error(CRITPT_INFEASIBLE,
                         "point %zu has constant outputs: no scaling of its output layer gives the "
                         "loss asked for",
                         point);
    return cpt_error(CRITPT_INFEASIBLE,
                     "point %zu cannot lie %.17g above point %zu, which may not move: %.17g is out "
                     "of reach; let point %zu move, or ask for less",
                     point, s->offset[point] - s->offset[fixed], fixed, s->square[fixed] / 2,
                     fixed);
}

static critpt_status scale_group(cpt_solve *solve, scaling *s)
{
    critpt_status status = CRITPT_OK;
    size_t fixed;
    for (size_t k = 0; k < solve->K; k++)
        if (s->member[k])
            CPT_TRY(measure_outputs(solve, k, s));
    double reference = choose_reference(solve, s, &fixed);
    for (size_t k = 0; k < solve->K; k++)
        if (s->member[k])
            CPT_TRY(scale_point(solve, s, k, reference, fixed));
done:
    return status;
}

critpt_status cpt_solve_scale_outputs(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    const critpt_plan *plan = solve->plan;
    scaling s = {0};
    bool scaled = false;
    CPT_TRY(cpt_allocate(&s.member, solve->K, sizeof(bool)));
    CPT_TRY(cpt_allocate(&s.done, solve->K, sizeof(bool)));
    CPT_TRY(cpt_allocate(&s.offset, solve->K, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.square, solve->K, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.means, solve->K * solve->D, sizeof(double)));
    for (size_t c = 0; c < plan->n_conditions; c++) {
        gap g;
        if (!find_gap(plan, c, &g) || s.done[g.below])
            continue;
        memset(s.member, 0, solve->K * sizeof(bool));
        s.member[g.below] = true;
        s.offset[g.below] = 0;
        spread_group(plan, &s);
        for (size_t k = 0; k < solve->K; k++)
            s.done[k] = s.done[k] || s.member[k];
        CPT_TRY(require_consistent_gaps(solve, &s));
        CPT_TRY(scale_group(solve, &s));
        scaled = true;
    }
    if (scaled) /* large factors leave means apart by their rounding */
        CPT_TRY(cpt_solve_balance(solve));
done:
    cpt_free(s.member);
    cpt_free(s.done);
    cpt_free(s.offset);
    cpt_free(s.square);
    cpt_free(s.means);
    return status;
}

/* ---- The common level ---- */

/* The part of point's residual r that no equation sees: the smallest move that changes the loss
 * most. Where there is none of it the loss is as low as it gets, and noise raises it. *none if
 * equations see every move that would help. */
static critpt_status find_move(cpt_solve *solve, size_t point, bool raise, cpt_change *move,
                               bool *none)
{
    critpt_status status;
    static const double rounding = 1e-8;
    size_t n = solve->N * solve->D;
    memset(move->field, 0, n * sizeof(double));
    memset(move->slack, 0, solve->equations * sizeof(double));
    CPT_TRY(cpt_solve_add_outputs(solve, point, 1, move->field));
    cpt_linalg_axpy(n, -1, solve->targets, move->field);
    double size = cpt_solve_distance(solve, move->field, NULL);
    CPT_TRY(cpt_solve_project(solve, move));
    *none = !(cpt_solve_distance(solve, move->field, NULL) > rounding * size);
    if (!raise || !*none)
        goto done;
    memset(move->slack, 0, solve->equations * sizeof(double));
    CPT_TRY(critpt_random_normal(solve->options->seed, CRITPT_STREAM_NOISE, 0, move->field, n));
    size = cpt_solve_distance(solve, move->field, NULL);
    CPT_TRY(cpt_solve_project(solve, move));
    *none = !(cpt_solve_distance(solve, move->field, NULL) > rounding * size);
done:
    return status;
}

/* <f - y, move> and |move|^2 in the norm of the loss. */
static critpt_status expand_loss(cpt_solve *solve, size_t point, const cpt_change *move,
                                 double *slope, double *square)
{
    critpt_status status;
    double shifted, loss, *targets = solve->field;
    size_t n = solve->N * solve->D;
    const double *weights = cpt_solve_weights(solve, point);
    /* L(y + move) = L - slope + square / 2 */
    CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, solve->targets, weights, NULL, &loss));
    memcpy(targets, solve->targets, n * sizeof *targets);
    cpt_linalg_axpy(n, 1, move->field, targets);
    CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, targets, weights, NULL, &shifted));
    *square = pow(cpt_solve_distance(solve, move->field, NULL), 2);
    *slope = loss - shifted + *square / 2;
done:
    return status;
}

static critpt_status refuse_level(const cpt_condition *level, double least)
{
    if (level->value > least)
        return cpt_error(CRITPT_INFEASIBLE,
                         "the loss of point %zu cannot be %.17g: the other conditions leave the "
                         "targets no freedom, and with them it is %.17g; use more samples or fewer "
                         "conditions",
                         level->points[0], level->value, least);
    return cpt_error(
        CRITPT_INFEASIBLE,
        "the loss of point %zu cannot be %.17g: with the other conditions met it is at "
        "least %.17g; ask for that or more",
        level->points[0], level->value, least);
}

/* One move towards the level; *there if it is reached to rounding, or as near to it as the least
 * one is. *small if the move is, and refinement's rounding what it makes up for. */
static critpt_status approach(cpt_solve *solve, const cpt_condition *level, cpt_change *move,
                              bool *there, bool *small)
{
    critpt_status status;
    bool none;
    double loss, slope, square, size = cpt_solve_distance(solve, solve->targets, NULL);
    CPT_TRY(cpt_landscape_gradient_pass(&solve->workspace, solve->targets,
                                        cpt_solve_weights(solve, level->points[0]), NULL, &loss));
    double miss = loss - level->value, unit = DBL_EPSILON * fmax(loss, size * size);
    *there = fabs(miss) <= 4 * unit;
    if (*there)
        return CRITPT_OK;
    CPT_TRY(find_move(solve, level->points[0], miss < 0, move, &none));
    CPT_TRY(expand_loss(solve, level->points[0], move, &slope, &square));
    double lower = none || !(square > 0) ? 0 : slope * slope / (2 * square);
    double beyond = miss > 0 ? miss - lower : none ? -miss : 0;
    *there =
        beyond > 0 && beyond <= 100 * unit * solve->triangle.condition && fabs(miss) <= 1e-6 * loss;
    if (*there) /* as far as rounding lets it be known: judged by what it misses */
        return CRITPT_OK;
    if (beyond > 4 * unit)
        return refuse_level(level, miss > 0 ? loss - lower : loss);
    double root = sqrt(fmax(slope * slope - 2 * square * miss, 0));
    root = slope >= 0 ? root : -root;
    double t = slope + root != 0 ? 2 * miss / (slope + root) : 0;
    *small = fabs(t) * sqrt(square) <= 1e-8 * size;
    cpt_solve_add_change(solve, t, move);
done:
    return status;
}

critpt_status cpt_solve_set_level(cpt_solve *solve)
{
    enum { MOVES = 4 };
    critpt_status status = CRITPT_OK;
    const cpt_condition *level = cpt_solve_level_condition(solve->plan);
    cpt_change move = {NULL, NULL};
    bool there = false, small = false;
    if (!level)
        return CRITPT_OK;
    CPT_TRY(cpt_change_create(&move, solve->N * solve->D, solve->equations));
    if (solve->rigid)
        CPT_TRY(cpt_solve_approach_soft_level(solve, level));
    for (size_t i = 0; i < MOVES && !there; i++) {
        CPT_TRY(approach(solve, level, &move, &there, &small));
        if (!there)
            CPT_TRY(small ? cpt_solve_residuals(solve) : cpt_solve_refine(solve));
    }
    CPT_TRY(cpt_solve_units(solve));
    CPT_TRY(cpt_report_warn(&solve->report,
                            "the loss of point %zu was set by a last move of the targets: they are "
                            "not the nearest ones",
                            level->points[0]));
done:
    cpt_change_destroy(&move);
    return status;
}
