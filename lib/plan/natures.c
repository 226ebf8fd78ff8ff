/* Natures: the targets moved on, within the equations, to where points have the wanted indices
 * (MATH 7), and confirmed by the spectrum before anything is promised. */
#include <math.h>
#include <string.h>

#include "nature/nature.h"
#include "plan/solve.h"
#include "spectrum/spectrum.h"

static const cpt_condition *nature_of(const critpt_plan *plan, size_t point)
{
    for (size_t c = 0; c < plan->n_conditions; c++)
        if (plan->conditions[c].kind == CRITPT_CONDITION_NATURE &&
            plan->conditions[c].points[0] == point)
            return &plan->conditions[c];
    return NULL;
}

static bool any_natures(const critpt_plan *plan)
{
    for (size_t k = 0; k < plan->n_points; k++)
        if (nature_of(plan, k))
            return true;
    return false;
}

critpt_status cpt_solve_require_natures(const critpt_plan *plan)
{
    if (!any_natures(plan))
        return CRITPT_OK;
    for (size_t c = 0; c < plan->n_conditions; c++) {
        const cpt_condition *condition = &plan->conditions[c];
        if (condition->softness > 0)
            return cpt_error(CRITPT_UNSUPPORTED,
                             "condition %zu is soft; natures hold together with hard conditions "
                             "only",
                             c);
        if (condition->kind == CRITPT_CONDITION_NATURE &&
            !plan->points[condition->points[0]].critical)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "condition %zu asks for the nature of point %zu, whose gradient is "
                             "prescribed by another condition",
                             c, condition->points[0]);
    }
    return CRITPT_OK;
}

/* The projection's user: a solve, and slack that stays zero without soft conditions. */
typedef struct projection {
    cpt_solve *solve;
    double *slack;
} projection;

static critpt_status project(void *user, double *change)
{
    projection *p = user;
    cpt_change seen = {change, p->slack};
    memset(p->slack, 0, p->solve->equations * sizeof *p->slack);
    return cpt_solve_project(p->solve, &seen);
}

static critpt_status project_rows(void *user, size_t count, double *rows)
{
    projection *p = user;
    return cpt_solve_project_scaled(p->solve, count, rows);
}

static void list_points(const cpt_solve *solve, cpt_nature_point *points)
{
    for (size_t k = 0; k < solve->K; k++) {
        const cpt_condition *nature = nature_of(solve->plan, k);
        points[k] = (cpt_nature_point){.weights = cpt_solve_weights(solve, k),
                                       .index = nature ? nature->index : CPT_NATURE_FREE,
                                       .margin = nature ? nature->margin : 0};
    }
}

/* ---- How it ended ---- */

/* Indices alone: margins beyond their caps are made smaller. */
static critpt_status refuse_capped(const cpt_solve *solve, const cpt_nature_result *result)
{
    size_t k = 0;
    while (!nature_of(solve->plan, k) ||
           nature_of(solve->plan, k)->index <= result->outcomes[k].index_cap)
        k++;
    const cpt_nature_outcome *outcome = &result->outcomes[k];
    if (outcome->index_cap == solve->P - outcome->n_null)
        return cpt_error(CRITPT_INFEASIBLE,
                         "point %zu cannot have index %zu: in %zu of %zu directions its outputs do "
                         "not change to second order, whatever the targets; ask for %zu or less",
                         k, nature_of(solve->plan, k)->index, outcome->n_null, solve->P,
                         outcome->index_cap);
    return cpt_error(CRITPT_INFEASIBLE,
                     "point %zu cannot have index %zu: with its output layer linear no targets "
                     "give more than %zu; ask for that or less",
                     k, nature_of(solve->plan, k)->index, outcome->index_cap);
}

static critpt_status warn_of_gap(cpt_solve *solve)
{
    double gap = solve->report.values[CRITPT_REPORT_DUALITY_GAP];
    if (gap <= CPT_NATURE_ACCEPTED_GAP)
        return CRITPT_OK;
    return cpt_report_warn(&solve->report,
                           "the natures are attained, but the targets may not be the nearest: the "
                           "relative duality gap is %.2g",
                           gap);
}

/* Whether an index is asked for that is neither a minimum's nor a maximum's. */
static bool is_saddle(const cpt_solve *solve, const cpt_nature_outcome *outcome, size_t k)
{
    const cpt_condition *wish = nature_of(solve->plan, k);
    return wish && wish->index > 0 && wish->index < solve->P - outcome->n_null;
}

static critpt_status judge(const cpt_solve *solve, const cpt_nature_result *result)
{
    bool saddles = false;
    for (size_t k = 0; k < solve->K; k++)
        saddles = saddles || is_saddle(solve, &result->outcomes[k], k);
    switch (result->verdict) {
    case CPT_NATURE_ATTAINED:
    case CPT_NATURE_SMALLER_MARGIN: /* as cpt_solve_measure_natures will say */
        return CRITPT_OK;
    case CPT_NATURE_INFEASIBLE:
        if (result->proof == CPT_NATURE_CAP)
            return refuse_capped(solve, result);
        return cpt_error(CRITPT_INFEASIBLE,
                         "the natures cannot be had together%s: multipliers prove that no targets "
                         "within %.2g of the critical ones have them; ask for smaller margins, "
                         "other indices, fewer points or more samples",
                         saddles ? " in the subspaces tried" : "", result->radius);
    case CPT_NATURE_UNDECIDED:
        break;
    }
    return cpt_error(CRITPT_NOT_ATTAINED,
                     "the natures were neither attained nor proven impossible within %zu "
                     "conjugate-gradient steps; multipliers prove that no targets within %.2g of "
                     "the critical ones have them%s; %s, or ask for smaller margins",
                     result->n_products, result->radius, saddles ? " in the subspaces tried" : "",
                     result->exhausted ? "allow more"
                                       : "more would not help, the equations being too "
                                         "ill-conditioned: use other weights");
}

/* ---- Confirmation ---- */

/* No other sign may be undecided than those of the n_null directions in which nothing curves. */
static bool confirms(const critpt_spectrum *spectrum, size_t index, size_t n_null)
{
    critpt_kind kind = critpt_spectrum_kind(spectrum);
    if (critpt_spectrum_index(spectrum) != index || critpt_spectrum_nullity(spectrum) > n_null)
        return false;
    if (index == 0)
        return kind == CRITPT_MINIMUM || kind == CRITPT_MINIMUM_ON_COMPLEMENT;
    return kind == CRITPT_SADDLE || kind == CRITPT_MAXIMUM;
}

/* Whether no more is to be known of the signs: those left undecided are of named null directions,
 * in which no precision sees more, or extended precision was asked. */
static bool is_settled(const critpt_spectrum *spectrum)
{
    size_t n_named = 0;
    for (size_t i = 0; i < spectrum->n_null_directions; i++)
        n_named += spectrum->null_directions[i].n_directions;
    return spectrum->extended || critpt_spectrum_nullity(spectrum) <= n_named;
}

/* Replaces the spectrum by that of a point at the targets. */
static critpt_status examine(const cpt_solve *solve, size_t point, bool extended,
                             critpt_spectrum **spectrum)
{
    critpt_status status;
    critpt_landscape view;
    critpt_spectrum_options *options = NULL;
    critpt_spectrum_destroy(*spectrum);
    *spectrum = NULL;
    CPT_TRY(critpt_spectrum_options_create(&options));
    CPT_TRY(critpt_spectrum_options_set_extended_precision(options, extended));
    cpt_landscape_view(solve->plan->landscape, solve->targets, &view);
    CPT_TRY(critpt_spectrum_create(spectrum, &view, cpt_solve_weights(solve, point), solve->P,
                                   options));
done:
    critpt_spectrum_options_destroy(options);
    return status;
}

/* The spectrum of a point at the targets, which the caller destroys, if it does not confirm the
 * nature; or NULL. Extended precision is asked where double precision hides signs. */
static critpt_status find_doubt(const cpt_solve *solve, size_t point, critpt_spectrum **doubt)
{
    critpt_status status = CRITPT_OK;
    *doubt = NULL;
    if (!nature_of(solve->plan, point))
        return CRITPT_OK;
    CPT_TRY(examine(solve, point, false, doubt));
    if (!is_settled(*doubt))
        CPT_TRY(examine(solve, point, true, doubt));
    if (!confirms(*doubt, nature_of(solve->plan, point)->index, solve->nature_null[point]))
        goto done;
    critpt_spectrum_destroy(*doubt);
    *doubt = NULL;
done:
    return status;
}

critpt_status cpt_solve_confirm_natures(cpt_solve *solve)
{
    critpt_status status;
    critpt_spectrum *spectrum = NULL;
    size_t k = 0;
    if (!any_natures(solve->plan) || solve->natures_seen)
        return CRITPT_OK;
    while (k < solve->K && !spectrum)
        CPT_TRY(find_doubt(solve, k++, &spectrum));
    if (spectrum)
        CPT_TRY(cpt_error(
            CRITPT_NOT_ATTAINED,
            "point %zu was to have index %zu, and its spectrum confirms a %s of index "
            "%zu with %zu undecided signs; ask for a larger margin, or scale and centre the "
            "inputs%s",
            k - 1, nature_of(solve->plan, k - 1)->index,
            critpt_kind_name(critpt_spectrum_kind(spectrum)), critpt_spectrum_index(spectrum),
            critpt_spectrum_nullity(spectrum),
            cpt_solve_level_condition(solve->plan) ? ", or leave the loss free" : ""));
done:
    critpt_spectrum_destroy(spectrum);
    return status;
}

static void count_products(cpt_solve *solve, const cpt_nature_result *result)
{
    double *products = &solve->report.values[CRITPT_REPORT_NATURE_PRODUCTS];
    *products = (isnan(*products) ? 0 : *products) + (double)result->n_products;
}

static critpt_status take_over(cpt_solve *solve, const cpt_nature_outcome *outcomes,
                               const double *targets)
{
    for (size_t k = 0; k < solve->K; k++)
        solve->nature_null[k] = outcomes[k].n_null;
    memcpy(solve->targets, targets, solve->N * solve->D * sizeof(double));
    cpt_solve_restore_frozen(solve);
    return cpt_solve_refine(solve);
}

/* By which arithmetic a spectrum does not confirm a point's nature. */
typedef enum doubt { NO_DOUBT, IN_DOUBLE, IN_EXTENDED } doubt;

/* What is seen of the natures at the targets that a solve asks about. */
typedef struct sight {
    cpt_solve *solve;
    size_t looks;    /* of this solve */
    bool clear;      /* at the last of them there was no doubt */
    doubt *doubts;   /* K, and */
    double *visible; /* K x P: the curvatures that are visible, both at the first look */
} sight;

static critpt_status look(void *user, const cpt_nature_outcome *outcomes, const double *targets,
                          bool *visible)
{
    critpt_status status;
    sight *s = user;
    size_t P = s->solve->P;
    critpt_spectrum *spectrum = NULL;
    CPT_TRY(take_over(s->solve, outcomes, targets));
    s->clear = true;
    for (size_t k = 0; k < s->solve->K; k++) {
        CPT_TRY(find_doubt(s->solve, k, &spectrum));
        s->clear = s->clear && !spectrum;
        if (s->looks == 0)
            s->doubts[k] = !spectrum ? NO_DOUBT : spectrum->extended ? IN_EXTENDED : IN_DOUBLE;
        if (s->looks == 0 && spectrum)
            memcpy(s->visible + k * P, spectrum->visible, P * sizeof(double));
        critpt_spectrum_destroy(spectrum);
        spectrum = NULL;
    }
    s->looks++;
    *visible = s->clear;
done:
    critpt_spectrum_destroy(spectrum);
    return status;
}

enum { MOST_ATTEMPTS = 4 };

/* Where rounding hides signs of a point, or made the solver see wrong ones, asks there for a part
 * or a multiple of the curvatures that are visible in double precision: what rounding does is less
 * than a thousandth of its bound (measured: a 4000th), and extended precision sees so little as
 * well. */
static void require_visible(const sight *s, size_t attempt, cpt_nature_point *points, double *least)
{
    static const double in_double[MOST_ATTEMPTS] = {1.05, 1.5, 3, 6};
    static const double in_extended[MOST_ATTEMPTS] = {0.002, 0.01, 0.1, 1.05};
    size_t P = s->solve->P;
    for (size_t k = 0; k < s->solve->K; k++) {
        double factor = (s->doubts[k] == IN_EXTENDED ? in_extended : in_double)[attempt];
        if (s->doubts[k] == NO_DOUBT)
            continue;
        for (size_t a = 0; a < P; a++)
            least[k * P + a] = factor * s->visible[k * P + a];
        points[k].least = least + k * P;
    }
}

/* Solves, and where rounding hides signs that the margins ask for, solves anew for curvatures that
 * it does not hide; what rounding hides depends on the targets. */
static critpt_status attain(sight *s, cpt_nature_problem *problem, cpt_nature_point *points,
                            double *least)
{
    static const double finer_gap = 1e-4;
    critpt_status status = CRITPT_OK;
    cpt_solve *solve = s->solve;
    cpt_nature_result result = {0};
    s->clear = false;
    for (size_t attempt = 0; !s->clear && attempt <= MOST_ATTEMPTS; attempt++) {
        cpt_nature_result_destroy(&result, solve->K);
        s->looks = 0;
        CPT_TRY(cpt_nature_solve(problem, &result));
        count_products(solve, &result);
        if (attempt > 0 && result.verdict != CPT_NATURE_ATTAINED)
            break;
        solve->nature_bound = result.dual_of_margins;
        if (attempt == 0)
            CPT_TRY(judge(solve, &result));
        if (!s->clear) /* else they are in place */
            CPT_TRY(take_over(solve, result.outcomes, result.targets));
        CPT_TRY(cpt_solve_units(solve));
        if (result.verdict != CPT_NATURE_ATTAINED || attempt == MOST_ATTEMPTS)
            break;
        require_visible(s, attempt, points, least);
        problem->known = solve->targets;
        problem->gap = finer_gap;
    }
    solve->natures_seen = s->clear && !cpt_solve_level_condition(solve->plan);
done:
    cpt_nature_result_destroy(&result, solve->K);
    return status;
}

critpt_status cpt_solve_find_natures(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_point *points = NULL;
    double *least = NULL;
    size_t entries;
    projection user = {solve, NULL};
    sight seen = {.solve = solve};
    for (size_t k = 0; k < solve->K; k++)
        solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_MARGIN] = NAN;
    if (!any_natures(solve->plan))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&points, solve->K, sizeof *points));
    CPT_TRY(cpt_multiply(solve->K, solve->P, "weights of the points", &entries));
    CPT_TRY(cpt_allocate(&least, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&user.slack, solve->equations, sizeof(double)));
    CPT_TRY(cpt_allocate(&seen.doubts, solve->K, sizeof *seen.doubts));
    CPT_TRY(cpt_allocate(&seen.visible, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&solve->nature_null, solve->K, sizeof *solve->nature_null));
    cpt_nature_problem problem = {
        .workspace = &solve->workspace,
        .n_points = solve->K,
        .points = points,
        .current = solve->targets,
        .base = solve->base,
        .project = project,
        .project_rows = project_rows,
        .project_user = &user,
        .resolves = look,
        .resolves_user = &seen,
        .max_products = solve->options->nature_products,
        .memory = solve->memory_left,
        .progress = solve->options->progress,
        .progress_user = solve->options->progress_user,
    };
    list_points(solve, points);
    CPT_TRY(attain(&seen, &problem, points, least));
done:
    cpt_free(seen.doubts);
    cpt_free(seen.visible);
    cpt_free(points);
    cpt_free(least);
    cpt_free(user.slack);
    return status;
}

critpt_status cpt_solve_measure_natures(cpt_solve *solve)
{
    static const double tolerance = 1e-3; /* to which margins are solved for */
    critpt_status status;
    cpt_nature_point *points = NULL;
    double *margins = NULL, least = INFINITY;
    if (!any_natures(solve->plan))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&points, solve->K, sizeof *points));
    CPT_TRY(cpt_allocate(&margins, solve->K, sizeof(double)));
    list_points(solve, points);
    const cpt_nature_problem problem = {
        .workspace = &solve->workspace, .n_points = solve->K, .points = points};
    CPT_TRY(cpt_nature_measure(&problem, solve->targets, margins));
    for (size_t k = 0; k < solve->K; k++) {
        solve->report.points[k * CPT_POINT_QUANTITIES + CRITPT_POINT_MARGIN] = margins[k];
        if (nature_of(solve->plan, k))
            least = fmin(least, margins[k] / points[k].margin);
    }
    if (least > 0 && least < 1 - tolerance)
        CPT_TRY(cpt_report_warn(&solve->report,
                                "the margins asked for are met at %.3g of their size", least));
    double objective = pow(cpt_solve_distance(solve, solve->targets, solve->base), 2) / 2;
    solve->report.values[CRITPT_REPORT_DUALITY_GAP] =
        objective > 0 ? fabs(objective - solve->nature_bound) / objective : 0;
    CPT_TRY(warn_of_gap(solve));
done:
    cpt_free(points);
    cpt_free(margins);
    return status;
}
