/* Losses that equations alone do not reach: differences between critical points of a network with
 * linear output layer, which depend on the size of its outputs only (MATH 5, fact 2), and the
 * common level of all losses, which is quadratic in the targets (MATH 2). */
#include <float.h>
#include <math.h>
#include <string.h>

#include "solve/solve.h"

/* ---- Differences by scaling output layers ----
 *
 * At a critical point L_k = (y'Mn y - |f_k|^2) / 2. Scaling the output layer about the mean output,
 * f_k - m -> c_k (f_k - m), keeps range(J_k) and multiplies q_k = |f_k - m|^2 by c_k^2. A penalty
 * adds a' Lambda a to q_k for the weights a that are scaled, as sqrt(Lambda) a are outputs like
 * others, and to L_k what it is on all other weights (MATH 13). */

/* The gap that condition c asks for between two such points, if it is one. Soft ones are weighed
 * against the targets, which have no say here. */
static bool find_gap(const critpt_plan *plan, size_t c, cpt_gap *found)
{
    const cpt_condition *condition = &plan->conditions[c];
    const cpt_condition_kind *kind = cpt_condition_kind_of(condition);
    cpt_linear_block output;
    if (!kind->gap)
        return false;
    *found = kind->gap(plan, condition);
    return condition->softness == 0 && found->above != found->below &&
           plan->points[found->above].critical && plan->points[found->below].critical &&
           cpt_structure_linear_block(plan->landscape->model, &output);
}

/* Points tied by gaps, and what is known of them. K each. */
typedef struct scaling {
    bool *member;   /* of the group that is being scaled */
    bool *done;     /* of some group */
    double *offset; /* of its loss above the group's first point */
    double *square; /* |f - m|^2, with a' Lambda a */
    double *fixed;  /* the penalty on weights that are not scaled, twice */
    double *means;  /* K x D; zeros without output bias */
} scaling;

/* Adds to the group all points that gaps tie to it. */
static void spread_group(const critpt_plan *plan, scaling *s)
{
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t c = 0; c < plan->n_conditions; c++) {
            cpt_gap g;
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
static bool takes_part(const critpt_plan *plan, const scaling *s, size_t c, const cpt_gap *wrong)
{
    cpt_gap g;
    if (!find_gap(plan, c, &g) || !s->member[g.above])
        return false;
    for (size_t other = 0; other < plan->n_conditions; other++) {
        cpt_gap same;
        if (!find_gap(plan, other, &same) || same.above != wrong->above ||
            same.below != wrong->below || same.difference == wrong->difference)
            continue;
        return g.above == wrong->above && g.below == wrong->below;
    }
    return true;
}

/* Gaps along a circle of points must add up to 0. */
static critpt_status require_consistent_gaps(const critpt_plan *plan, const scaling *s,
                                             cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    for (size_t c = 0; c < plan->n_conditions; c++) {
        cpt_gap g;
        if (!find_gap(plan, c, &g) || !s->member[g.above])
            continue;
        double above = s->offset[g.above], below = s->offset[g.below], others = above - below;
        /* beside the offsets' own rounding: gaps of a circle may cancel to 0 */
        if (fabs(others - g.difference) <= 1e-12 * (fabs(above) + fabs(below) + fabs(g.difference)))
            continue;
        for (size_t other = 0; other < plan->n_conditions; other++) {
            const cpt_request request = {plan->conditions[other].points[0], other};
            if (takes_part(plan, s, other, &g))
                CPT_TRY(cpt_append(&report->contradicting, &report->n_contradicting, &request,
                                   sizeof request));
        }
        return cpt_error(CRITPT_INFEASIBLE,
                         "condition %zu asks for a loss %.17g above that of point %zu, and other "
                         "conditions for %.17g; drop one of them",
                         c, g.difference, g.below, others);
    }
done:
    return status;
}

/* Adds a' Lambda a of the weights that are scaled, and finds the penalty on all others, twice. */
static void measure_penalty(const cpt_points *points, size_t point, scaling *s)
{
    const critpt_model *model = points->landscape->model;
    const cpt_penalty *penalty = &points->landscape->penalty;
    const double *weights = cpt_points_weights(points, point);
    s->fixed[point] = 0;
    for (size_t j = 0; j < points->P; j++) {
        if (!cpt_penalty_has(penalty, j))
            continue;
        double from = penalty->centre ? penalty->centre[j] : 0;
        if (cpt_structure_is_linear(model, j))
            s->square[point] += penalty->weights[j] * weights[j] * weights[j];
        else
            s->fixed[point] += penalty->weights[j] * (weights[j] - from) * (weights[j] - from);
    }
}

/* By how much half of q is to lie below that of the group's first point. */
static double lowered_by(const scaling *s, size_t point)
{
    return s->offset[point] - s->fixed[point] / 2;
}

/* |f - m|^2 of a point, with its mean m where the output layer has a bias. */
static critpt_status measure_outputs(cpt_evaluation *evaluation, size_t point, scaling *s)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    const critpt_model *model = points->landscape->model;
    size_t n = points->N * points->D;
    double largest, *mean = s->means + point * points->D, *field = NULL;
    if (cpt_structure_n_constants(model) > 0)
        CPT_TRY(cpt_points_mean_output(evaluation, point, mean, &largest));
    for (size_t o = 0; o < points->D; o++)
        if (cpt_structure_constant(model, o) == SIZE_MAX)
            mean[o] = 0;
    CPT_TRY(cpt_allocate(&field, n, sizeof *field));
    CPT_TRY(cpt_points_add_outputs(evaluation, point, 1, field));
    for (size_t i = 0; i < n; i++)
        field[i] -= mean[i % points->D];
    s->square[point] = pow(cpt_metric_norm(points->metric, field, NULL), 2);
    measure_penalty(points, point, s);
done:
    cpt_free(field);
    return status;
}

/* q of the group's reference (offset 0): so that a point that may not move keeps its outputs; else
 * the largest factor is 1, or the smallest 1/10 if that is too small. */
static double choose_reference(const critpt_plan *plan, const scaling *s, size_t *fixed)
{
    static const double smallest = 0.01; /* a factor's square */
    double reference = INFINITY, least = -INFINITY;
    *fixed = plan->n_points;
    for (size_t k = 0; k < plan->n_points; k++) {
        if (!s->member[k])
            continue;
        if (!plan->points[k].may_move && *fixed == plan->n_points)
            *fixed = k;
        reference = fmin(reference, s->square[k] + 2 * lowered_by(s, k));
        least = fmax(least, smallest * s->square[k] + 2 * lowered_by(s, k));
    }
    if (*fixed < plan->n_points)
        return s->square[*fixed] + 2 * lowered_by(s, *fixed);
    return fmax(reference, least);
}

/* c times the weights that the outputs are linear in, and + (1 - c) m for the constants. */
static void scale_layer(cpt_points *points, size_t point, double factor, const double *mean)
{
    cpt_linear_block output;
    const critpt_model *model = points->landscape->model;
    double *weights = cpt_points_move(points, point);
    if (!cpt_structure_linear_block(model, &output))
        return;
    for (size_t i = 0; i < output.n; i++)
        weights[cpt_structure_linear_weight(&output, i)] *= factor;
    for (size_t o = 0; o < points->D; o++) {
        size_t constant = cpt_structure_constant(model, o);
        if (constant != SIZE_MAX)
            weights[constant] += (1 - factor) * mean[o];
    }
}

static critpt_status scale_point(cpt_points *points, const scaling *s, size_t point,
                                 double reference, size_t fixed)
{
    double square = reference - 2 * lowered_by(s, point), before = s->square[point];
    if (before > 0 && square > 0) {
        scale_layer(points, point, sqrt(square / before), s->means + point * points->D);
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
                     point, s->offset[point] - s->offset[fixed], fixed,
                     (s->square[fixed] + s->fixed[point] - s->fixed[fixed]) / 2, fixed);
}

static critpt_status scale_group(const critpt_plan *plan, cpt_evaluation *evaluation,
                                 cpt_points *points, scaling *s)
{
    critpt_status status = CRITPT_OK;
    size_t fixed;
    for (size_t k = 0; k < points->K; k++)
        if (s->member[k])
            CPT_TRY(measure_outputs(evaluation, k, s));
    double reference = choose_reference(plan, s, &fixed);
    for (size_t k = 0; k < points->K; k++)
        if (s->member[k] && plan->points[k].may_move)
            CPT_TRY(scale_point(points, s, k, reference, fixed));
done:
    return status;
}

static critpt_status scaling_create(const cpt_points *points, scaling *s)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&s->member, points->K, sizeof(bool)));
    CPT_TRY(cpt_allocate(&s->done, points->K, sizeof(bool)));
    CPT_TRY(cpt_allocate(&s->offset, points->K, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->square, points->K, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->fixed, points->K, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->means, points->K * points->D, sizeof(double)));
done:
    return status;
}

static void scaling_destroy(scaling *s)
{
    cpt_free(s->member);
    cpt_free(s->done);
    cpt_free(s->offset);
    cpt_free(s->square);
    cpt_free(s->fixed);
    cpt_free(s->means);
}

/* Constants take 1 - c of the mean output, which no penalty on them may see. */
static critpt_status require_free_constants(const critpt_plan *plan, size_t condition)
{
    const critpt_landscape *landscape = plan->landscape;
    for (size_t o = 0; o < landscape->model->n_outputs; o++) {
        size_t constant = cpt_structure_constant(landscape->model, o);
        if (cpt_penalty_has(&landscape->penalty, constant)) {
            char name[96];
            cpt_structure_describe_weight(landscape->model, constant, name, sizeof name);
            return cpt_error(CRITPT_UNSUPPORTED,
                             "condition %zu asks for a difference of losses between critical "
                             "points, which is had by scaling outputs about their mean: that "
                             "needs constants without penalty, and %s has %g; take it off",
                             condition, name, landscape->penalty.weights[constant]);
        }
    }
    return CRITPT_OK;
}

critpt_status cpt_solve_scale_outputs(const critpt_plan *plan, const critpt_plan_options *options,
                                      cpt_evaluation *evaluation, cpt_points *points,
                                      cpt_report *report)
{
    critpt_status status;
    scaling s = {0};
    bool scaled = false;
    CPT_TRY(scaling_create(points, &s));
    for (size_t c = 0; c < plan->n_conditions; c++) {
        cpt_gap g;
        if (!find_gap(plan, c, &g) || s.done[g.below])
            continue;
        CPT_TRY(require_free_constants(plan, c));
        memset(s.member, 0, points->K * sizeof(bool));
        s.member[g.below] = true;
        s.offset[g.below] = 0;
        spread_group(plan, &s);
        for (size_t k = 0; k < points->K; k++)
            s.done[k] = s.done[k] || s.member[k];
        CPT_TRY(require_consistent_gaps(plan, &s, report));
        CPT_TRY(scale_group(plan, evaluation, points, &s));
        scaled = true;
    }
    if (scaled) /* large factors leave means apart by their rounding */
        CPT_TRY(cpt_solve_balance(plan, options, evaluation, points));
done:
    scaling_destroy(&s);
    return status;
}

/* ---- The common level ---- */

/* Whether nothing but rounding is left of a field of this norm in its projection `move`. */
static bool vanishes(const cpt_equations *equations, const cpt_change *move, double size)
{
    static const double rounding = 1e-8;
    return !(cpt_metric_norm(cpt_equations_points(equations)->metric, move->field, NULL) >
             rounding * size);
}

/* The part of the point's residual r in the null space of the equations: the smallest move that
 * changes the loss most. Where there is none of it the loss is as low as it gets, and noise raises
 * it. *none if equations see every move that would help. */
static critpt_status find_move(cpt_equations *equations, const cpt_targets *targets, size_t point,
                               bool raise, cpt_change *move, bool *none)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t n = points->N * points->D;
    cpt_equations_change_clear(equations, move);
    CPT_TRY(cpt_points_add_outputs(&equations->work->evaluation, point, 1, move->field));
    cpt_linalg_axpy(n, -1, targets->values, move->field);
    double size = cpt_metric_norm(points->metric, move->field, NULL);
    CPT_TRY(cpt_equations_project(equations, move));
    *none = vanishes(equations, move, size);
    if (!raise || !*none)
        goto done;
    cpt_equations_change_clear(equations, move);
    CPT_TRY(critpt_random_normal(equations->options->seed, CRITPT_STREAM_NOISE,
                                 cpt_reduction_first_sample(points->metric->reduction) * points->D,
                                 move->field, n));
    size = cpt_metric_norm(points->metric, move->field, NULL);
    CPT_TRY(cpt_equations_project(equations, move));
    *none = vanishes(equations, move, size);
done:
    return status;
}

static critpt_status find_loss(cpt_evaluation *evaluation, size_t point, const double *targets,
                               double *loss)
{
    return cpt_landscape_gradient_pass(&evaluation->workspace, targets,
                                       cpt_points_weights(evaluation->points, point), NULL, loss);
}

/* <f - y, move> and |move|^2 in the norm of the loss. The former is the square of what equations
 * leave of f - y, or 0 along noise, so a negative one is rounding: were it believed, rounding would
 * choose between two equally near targets with the loss asked for. */
static critpt_status expand_loss(cpt_evaluation *evaluation, const double *targets, size_t point,
                                 const double *move, double *slope, double *square)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    size_t n = points->N * points->D;
    double shifted, loss, *moved = NULL;
    CPT_TRY(cpt_allocate(&moved, n, sizeof *moved));
    /* L(y + move) = L - slope + square / 2 */
    CPT_TRY(find_loss(evaluation, point, targets, &loss));
    memcpy(moved, targets, n * sizeof *moved);
    cpt_linalg_axpy(n, 1, move, moved);
    CPT_TRY(find_loss(evaluation, point, moved, &shifted));
    *square = pow(cpt_metric_norm(points->metric, move, NULL), 2);
    *slope = fmax(loss - shifted + *square / 2, 0);
done:
    cpt_free(moved);
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
static critpt_status approach(cpt_equations *equations, const cpt_condition *level,
                              cpt_targets *targets, cpt_change *move, bool *there, bool *small)
{
    critpt_status status;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    cpt_change present = cpt_equations_present(targets);
    bool none;
    double loss, slope, square,
        size = cpt_metric_norm(evaluation->points->metric, present.field, NULL);
    CPT_TRY(find_loss(evaluation, level->points[0], targets->values, &loss));
    double miss = loss - level->value, unit = DBL_EPSILON * fmax(loss, size * size);
    *there = fabs(miss) <= 4 * unit;
    if (*there)
        return CRITPT_OK;
    CPT_TRY(find_move(equations, targets, level->points[0], miss < 0, move, &none));
    CPT_TRY(
        expand_loss(evaluation, targets->values, level->points[0], move->field, &slope, &square));
    double lower = none || !(square > 0) ? 0 : slope * slope / (2 * square);
    double beyond = miss > 0 ? miss - lower : none ? -miss : 0;
    *there = beyond > 0 && beyond <= 100 * unit * equations->triangle.condition &&
             fabs(miss) <= 1e-6 * loss;
    if (*there) /* as far as rounding lets it be known: judged by what it misses */
        return CRITPT_OK;
    if (beyond > 4 * unit)
        return refuse_level(level, miss > 0 ? loss - lower : loss);
    double root = sqrt(fmax(slope * slope - 2 * square * miss, 0));
    double t = slope + root != 0 ? 2 * miss / (slope + root) : 0;
    *small = fabs(t) * sqrt(square) <= 1e-8 * size;
    cpt_equations_change_add(equations, t, move, &present);
done:
    return status;
}

critpt_status cpt_solve_set_level(cpt_equations *equations, cpt_targets *targets,
                                  cpt_report *report)
{
    enum { MOVES = 4 };
    critpt_status status = CRITPT_OK;
    const cpt_condition *level = cpt_condition_level(equations->plan);
    cpt_change move = {NULL, NULL};
    bool there = false, small = false;
    if (!level)
        return CRITPT_OK;
    CPT_TRY(cpt_equations_change_create(equations, &move));
    if (equations->rigid)
        CPT_TRY(cpt_solve_approach_soft_level(equations, level, targets));
    for (size_t i = 0; i < MOVES && !there; i++) {
        CPT_TRY(approach(equations, level, targets, &move, &there, &small));
        if (!there)
            CPT_TRY(small ? cpt_equations_find_residuals(equations, targets->values)
                          : cpt_equations_refine(equations, targets));
    }
    CPT_TRY(cpt_equations_find_units(equations, targets->values));
    CPT_TRY(cpt_plan_warn(report,
                          "the loss of point %zu was set by a last move of the targets: they are "
                          "not the nearest ones",
                          level->points[0]));
done:
    cpt_equations_change_destroy(&move);
    return status;
}
