/* Natures: the targets moved on, within the equations, to where points have the wanted indices
 * (MATH 7), and confirmed by the spectrum before anything is promised. */
#include <math.h>
#include <string.h>

#include "explain/explain.h"
#include "nature/nature.h"
#include "solve/solve.h"
#include "spectrum/spectrum.h"

static const cpt_condition *nature_of(const critpt_plan *plan, size_t point)
{
    return cpt_plan_find_condition(plan, CRITPT_CONDITION_NATURE, point);
}

static bool any_natures(const critpt_plan *plan)
{
    return nature_of(plan, CPT_ANY_POINT) != NULL;
}

critpt_status cpt_solve_warn_of_odds(const cpt_equations *equations, cpt_report *report)
{
    char odds[CPT_EXPLAIN_ODDS_SIZE];
    if (!any_natures(equations->plan) || !cpt_explain_odds(equations, odds, sizeof odds))
        return CRITPT_OK;
    return cpt_plan_warn(report, "the natures may well not be attained: %s", odds);
}

critpt_status cpt_solve_require_natures(const critpt_plan *plan)
{
    critpt_status status = CRITPT_OK;
    if (!any_natures(plan))
        return CRITPT_OK;
    CPT_TRY(cpt_landscape_require_unsplit(plan->landscape, "natures"));
    for (size_t c = 0; c < plan->n_conditions; c++)
        if (plan->conditions[c].softness > 0)
            return cpt_error(CRITPT_UNSUPPORTED,
                             "condition %zu is soft; natures hold together with hard conditions "
                             "only",
                             c);
    for (size_t k = 0; k < plan->n_points; k++)
        if (nature_of(plan, k) && !plan->points[k].critical)
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "condition %zu asks for the nature of point %zu, whose gradient is "
                             "prescribed by another condition",
                             (size_t)(nature_of(plan, k) - plan->conditions), k);
done:
    return status;
}

/* The projection's user: equations, and slack that stays zero without soft conditions. */
typedef struct projection {
    cpt_equations *equations;
    double *slack;
} projection;

static critpt_status project(void *user, double *change)
{
    projection *p = user;
    cpt_change whole = {change, p->slack};
    memset(p->slack, 0, p->equations->n * sizeof *p->slack);
    return cpt_equations_project(p->equations, &whole);
}

static critpt_status project_rows(void *user, size_t count, double *rows)
{
    projection *p = user;
    return cpt_equations_project_scaled(p->equations, count, rows);
}

static void list_points(const critpt_plan *plan, const cpt_points *points,
                        const cpt_natures *natures, cpt_nature_point *list)
{
    for (size_t k = 0; k < points->K; k++) {
        const cpt_condition *nature = nature_of(plan, k);
        list[k] = (cpt_nature_point){.weights = cpt_points_weights(points, k),
                                     .index = nature ? nature->index : CPT_NATURE_FREE,
                                     .margin = nature ? nature->margin : 0,
                                     .absolute = nature && nature->absolute,
                                     .n_symmetric = natures->symmetric[k].n,
                                     .symmetric = natures->symmetric[k].directions};
    }
}

/* ---- How it ended ---- */

/* Indices alone: margins beyond their caps are made smaller. */
static critpt_status refuse_capped(const critpt_plan *plan, const cpt_nature_result *result)
{
    size_t k = 0, P = plan->landscape->model->n_weights;
    while (!nature_of(plan, k) || nature_of(plan, k)->index <= result->outcomes[k].index_cap)
        k++;
    const cpt_nature_outcome *outcome = &result->outcomes[k];
    if (outcome->index_cap == P - outcome->n_null)
        return cpt_error(CRITPT_INFEASIBLE,
                         "point %zu cannot have index %zu: in %zu of %zu directions its outputs do "
                         "not change to second order, whatever the targets; ask for %zu or less",
                         k, nature_of(plan, k)->index, outcome->n_null, P, outcome->index_cap);
    return cpt_error(CRITPT_INFEASIBLE,
                     "point %zu cannot have index %zu: with its output layer linear no targets "
                     "give more than %zu; ask for that or less",
                     k, nature_of(plan, k)->index, outcome->index_cap);
}

static critpt_status warn_of_gap(cpt_report *report)
{
    double gap = report->values[CRITPT_REPORT_DUALITY_GAP];
    if (gap <= CPT_NATURE_ACCEPTED_GAP)
        return CRITPT_OK;
    return cpt_plan_warn(report,
                         "the natures are attained, but the targets may not be the nearest: the "
                         "relative duality gap is %.2g",
                         gap);
}

/* Whether an index is asked for that is neither a minimum's nor a maximum's. */
static bool is_saddle(const critpt_plan *plan, const cpt_nature_outcome *outcome, size_t k)
{
    const cpt_condition *wish = nature_of(plan, k);
    size_t P = plan->landscape->model->n_weights;
    return wish && wish->index > 0 && wish->index < P - outcome->n_null;
}

static critpt_status judge(const cpt_equations *equations, const cpt_nature_result *result)
{
    const critpt_plan *plan = equations->plan;
    char odds[CPT_EXPLAIN_ODDS_SIZE];
    const char *link = cpt_explain_odds(equations, odds, sizeof odds) ? "; " : "";
    bool saddles = false;
    for (size_t k = 0; k < plan->n_points; k++)
        saddles = saddles || is_saddle(plan, &result->outcomes[k], k);
    switch (result->verdict) {
    case CPT_NATURE_ATTAINED:
    case CPT_NATURE_SMALLER_MARGIN: /* as cpt_solve_measure_natures will say */
        return CRITPT_OK;
    case CPT_NATURE_INFEASIBLE:
        if (result->proof == CPT_NATURE_CAP)
            return refuse_capped(plan, result);
        return cpt_error(CRITPT_INFEASIBLE,
                         "the natures cannot be had together%s: multipliers prove that no targets "
                         "within %.2g of the critical ones have them; ask for smaller margins, "
                         "other indices, fewer points or more samples%s%s",
                         saddles ? " in the subspaces tried" : "", result->radius, link, odds);
    case CPT_NATURE_UNDECIDED:
        break;
    }
    return cpt_error(CRITPT_NOT_ATTAINED,
                     "the natures were neither attained nor proven impossible within %zu "
                     "conjugate-gradient steps; multipliers prove that no targets within %.2g of "
                     "the critical ones have them%s; %s, or ask for smaller margins%s%s",
                     result->n_products, result->radius, saddles ? " in the subspaces tried" : "",
                     result->exhausted ? "allow more"
                                       : "more would not help, the equations being too "
                                         "ill-conditioned: use other weights",
                     link, odds);
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
 * in which no precision resolves more, or extended precision was asked. */
static bool is_settled(const critpt_spectrum *spectrum)
{
    size_t n_named = 0;
    for (size_t i = 0; i < spectrum->n_null_directions; i++)
        n_named += spectrum->null_directions[i].n_directions;
    return spectrum->extended || critpt_spectrum_nullity(spectrum) <= n_named;
}

/* Replaces the spectrum by that of a point at the targets. */
static critpt_status examine(const cpt_points *points, double *targets, size_t point, bool extended,
                             critpt_spectrum **spectrum)
{
    critpt_status status;
    critpt_landscape view;
    critpt_spectrum_options *options = NULL;
    critpt_spectrum_destroy(*spectrum);
    *spectrum = NULL;
    CPT_TRY(critpt_spectrum_options_create(&options));
    CPT_TRY(critpt_spectrum_options_set_extended_precision(options, extended));
    cpt_landscape_view(points->landscape, targets, &view);
    CPT_TRY(critpt_spectrum_create(spectrum, &view, cpt_points_weights(points, point), points->P,
                                   options));
done:
    critpt_spectrum_options_destroy(options);
    return status;
}

/* The spectrum of a point at the targets, which the caller destroys, if it does not confirm the
 * nature; or NULL. Extended precision is asked where double precision does not resolve signs. */
static critpt_status find_unconfirmed(const cpt_points *points, const cpt_targets *targets,
                                      const cpt_condition *nature, size_t n_null,
                                      critpt_spectrum **unconfirmed)
{
    critpt_status status = CRITPT_OK;
    size_t point;
    *unconfirmed = NULL;
    if (!nature)
        return CRITPT_OK;
    point = nature->points[0];
    CPT_TRY(examine(points, targets->values, point, false, unconfirmed));
    if (!is_settled(*unconfirmed))
        CPT_TRY(examine(points, targets->values, point, true, unconfirmed));
    if (!confirms(*unconfirmed, nature->index, n_null))
        goto done;
    critpt_spectrum_destroy(*unconfirmed);
    *unconfirmed = NULL;
done:
    return status;
}

critpt_status cpt_solve_confirm_natures(const cpt_points *points, const critpt_plan *plan,
                                        const cpt_targets *targets, const cpt_natures *natures)
{
    critpt_status status;
    critpt_spectrum *spectrum = NULL;
    const cpt_condition *nature = NULL;
    if (!any_natures(plan) || natures->confirmed)
        return CRITPT_OK;
    for (size_t k = 0; k < points->K && !spectrum; k++) {
        nature = nature_of(plan, k);
        CPT_TRY(find_unconfirmed(points, targets, nature, natures->null[k], &spectrum));
    }
    if (spectrum)
        CPT_TRY(cpt_error(
            CRITPT_NOT_ATTAINED,
            "point %zu was to have index %zu, and its spectrum confirms a %s of index "
            "%zu with %zu undecided signs; ask for a larger margin, or scale and centre the "
            "inputs%s",
            nature->points[0], nature->index, critpt_kind_name(critpt_spectrum_kind(spectrum)),
            critpt_spectrum_index(spectrum), critpt_spectrum_nullity(spectrum),
            cpt_condition_level(plan) ? ", or leave the loss free" : ""));
done:
    critpt_spectrum_destroy(spectrum);
    return status;
}

/* ---- The targets moved ---- */

static double *margin_of(cpt_report *report, size_t point, bool absolute)
{
    return &report->points[point * CPT_POINT_QUANTITIES +
                           (absolute ? CRITPT_POINT_EIGENVALUE : CRITPT_POINT_MARGIN)];
}

/* Eigenvalues that the output layer forbids are named with what it allows. */
static critpt_status warn_of_caps(const critpt_plan *plan, const cpt_nature_result *result,
                                  cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < plan->n_points; k++) {
        const cpt_condition *nature = nature_of(plan, k);
        double cap = result->outcomes[k].margin_cap;
        if (!nature || !nature->absolute || nature->margin < cap)
            continue;
        CPT_TRY(cpt_plan_warn(report,
                              "point %zu cannot have eigenvalues of index %zu that are all %.3g "
                              "from 0: those of its linear output layer, which no targets change, "
                              "allow %.3g at most",
                              k, nature->index, nature->margin, cap));
    }
done:
    return status;
}

static void count_products(cpt_report *report, const cpt_nature_result *result)
{
    double *products = &report->values[CRITPT_REPORT_NATURE_PRODUCTS];
    *products = (isnan(*products) ? 0 : *products) + (double)result->n_products;
}

/* By which arithmetic a spectrum does not confirm a point's nature. */
typedef enum resolution { CONFIRMED, UNRESOLVED_IN_DOUBLE, UNRESOLVED_IN_EXTENDED } resolution;

/* A search for natures: what it moves, and what spectra resolve at the targets found. */
typedef struct search {
    cpt_equations *equations;
    cpt_targets *targets;
    cpt_natures *natures;
    size_t n_examined;       /* targets that this attempt examined */
    bool confirmed;          /* at the last of them all natures were */
    resolution *resolutions; /* K, and */
    double *visible;         /* K x P: the curvatures that are visible, both at the first of them */
} search;

static critpt_status take_over(search *s, const cpt_nature_outcome *outcomes, const double *targets)
{
    const cpt_points *points = cpt_equations_points(s->equations);
    for (size_t k = 0; k < points->K; k++)
        s->natures->null[k] = outcomes[k].n_null;
    memcpy(s->targets->values, targets, points->N * points->D * sizeof(double));
    cpt_equations_restore_frozen(s->equations->plan, s->targets);
    return cpt_equations_refine(s->equations, s->targets);
}

/* Keeps what the spectrum of a point that is not confirmed shows, or that there is none. */
static void keep_resolution(search *s, size_t point, const critpt_spectrum *spectrum)
{
    size_t P = cpt_equations_points(s->equations)->P;
    s->resolutions[point] = !spectrum            ? CONFIRMED
                            : spectrum->extended ? UNRESOLVED_IN_EXTENDED
                                                 : UNRESOLVED_IN_DOUBLE;
    if (spectrum)
        memcpy(s->visible + point * P, spectrum->visible, P * sizeof(double));
}

static critpt_status resolve(void *user, const cpt_nature_outcome *outcomes, const double *targets,
                             bool *confirmed)
{
    critpt_status status;
    search *s = user;
    const cpt_points *points = cpt_equations_points(s->equations);
    critpt_spectrum *spectrum = NULL;
    CPT_TRY(take_over(s, outcomes, targets));
    s->confirmed = true;
    for (size_t k = 0; k < points->K; k++) {
        CPT_TRY(find_unconfirmed(points, s->targets, nature_of(s->equations->plan, k),
                                 s->natures->null[k], &spectrum));
        s->confirmed = s->confirmed && !spectrum;
        if (s->n_examined == 0)
            keep_resolution(s, k, spectrum);
        critpt_spectrum_destroy(spectrum);
        spectrum = NULL;
    }
    s->n_examined++;
    *confirmed = s->confirmed;
done:
    critpt_spectrum_destroy(spectrum);
    return status;
}

enum { MOST_ATTEMPTS = 4 };

/* Where rounding hides signs of a point, or made the solver see wrong ones, asks there for a part
 * or a multiple of the curvatures that are visible in double precision: what rounding does is less
 * than a thousandth of its bound (measured: a 4000th), and extended precision resolves that as
 * well. */
static void require_visible(const search *s, size_t attempt, cpt_nature_point *points,
                            double *least)
{
    static const double in_double[MOST_ATTEMPTS] = {1.05, 1.5, 3, 6};
    static const double in_extended[MOST_ATTEMPTS] = {0.002, 0.01, 0.1, 1.05};
    size_t P = cpt_equations_points(s->equations)->P, K = cpt_equations_points(s->equations)->K;
    for (size_t k = 0; k < K; k++) {
        bool extended = s->resolutions[k] == UNRESOLVED_IN_EXTENDED;
        double factor = (extended ? in_extended : in_double)[attempt];
        if (s->resolutions[k] == CONFIRMED)
            continue;
        for (size_t a = 0; a < P; a++)
            least[k * P + a] = factor * s->visible[k * P + a];
        points[k].least = least + k * P;
    }
}

/* Solves, and where rounding hides signs that the margins ask for, solves anew for curvatures that
 * it does not hide; what rounding hides depends on the targets. */
static critpt_status attain(search *s, cpt_nature_problem *problem, cpt_nature_point *points,
                            double *least, cpt_report *report)
{
    static const double finer_gap = 1e-4;
    critpt_status status = CRITPT_OK;
    const critpt_plan *plan = s->equations->plan;
    cpt_nature_result result = {0};
    s->confirmed = false;
    for (size_t attempt = 0; !s->confirmed && attempt <= MOST_ATTEMPTS; attempt++) {
        cpt_nature_result_destroy(&result, plan->n_points);
        s->n_examined = 0;
        CPT_TRY(cpt_nature_solve(problem, &result));
        count_products(report, &result);
        if (attempt > 0 && result.verdict != CPT_NATURE_ATTAINED)
            break;
        s->natures->bound = result.dual_of_margins;
        if (attempt == 0) {
            CPT_TRY(warn_of_caps(plan, &result, report));
            CPT_TRY(judge(s->equations, &result));
        }
        if (!s->confirmed) /* else they are in place */
            CPT_TRY(take_over(s, result.outcomes, result.targets));
        CPT_TRY(cpt_equations_find_units(s->equations, s->targets->values));
        if (result.verdict != CPT_NATURE_ATTAINED || attempt == MOST_ATTEMPTS)
            break;
        require_visible(s, attempt, points, least);
        problem->known = s->targets->values;
        problem->gap = finer_gap;
    }
    s->natures->confirmed = s->confirmed && !cpt_condition_level(plan);
done:
    cpt_nature_result_destroy(&result, plan->n_points);
    return status;
}

/* The search counts from 0 to 1 by itself. */
static critpt_status pass_on(void *user, double done)
{
    (void)user;
    return cpt_pulse_advance(0.9 + 0.09 * done, "nature");
}

static critpt_status search_natures(search *s, projection *user, size_t memory, cpt_report *report)
{
    critpt_status status;
    const critpt_plan_options *options = s->equations->options;
    critpt_workspace *workspace = &s->equations->work->evaluation.workspace;
    const cpt_points *points = cpt_equations_points(s->equations);
    cpt_nature_point *list = NULL;
    double *least = NULL;
    CPT_TRY(cpt_allocate(&list, points->K, sizeof *list));
    CPT_TRY(cpt_allocate(&least, points->K * points->P, sizeof(double)));
    workspace->targets = s->targets->values;
    cpt_nature_problem problem = {
        .workspace = workspace,
        .n_points = points->K,
        .points = list,
        .current = s->targets->values,
        .base = s->targets->base,
        .project = project,
        .project_rows = project_rows,
        .project_user = user,
        .resolves = resolve,
        .resolves_user = s,
        .max_products = options->nature_products,
        .memory = memory,
        .advance = pass_on,
    };
    list_points(s->equations->plan, points, s->natures, list);
    CPT_TRY(attain(s, &problem, list, least, report));
done:
    cpt_free(list);
    cpt_free(least);
    return status;
}

critpt_status cpt_solve_find_natures(cpt_equations *equations, size_t memory, cpt_targets *targets,
                                     cpt_natures *natures, cpt_report *report)
{
    critpt_status status = CRITPT_OK;
    const cpt_points *points = cpt_equations_points(equations);
    projection user = {equations, NULL};
    search s = {.equations = equations, .targets = targets, .natures = natures};
    for (size_t k = 0; k < points->K; k++)
        *margin_of(report, k, false) = *margin_of(report, k, true) = NAN;
    if (!any_natures(equations->plan))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&user.slack, equations->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.resolutions, points->K, sizeof *s.resolutions));
    CPT_TRY(cpt_allocate(&s.visible, points->K * points->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&natures->null, points->K, sizeof *natures->null));
    CPT_TRY(cpt_allocate(&natures->symmetric, points->K, sizeof *natures->symmetric));
    for (size_t k = 0; k < points->K; k++)
        if (nature_of(equations->plan, k))
            CPT_TRY(cpt_solve_find_symmetric(points, targets->values, k, &natures->symmetric[k]));
    CPT_TRY(search_natures(&s, &user, memory, report));
done:
    cpt_free(s.resolutions);
    cpt_free(s.visible);
    cpt_free(user.slack);
    return status;
}

void cpt_solve_destroy_natures(cpt_natures *natures, size_t n_points)
{
    for (size_t k = 0; natures->symmetric && k < n_points; k++)
        cpt_free(natures->symmetric[k].directions);
    cpt_free(natures->symmetric);
    cpt_free(natures->null);
}

static const char *what_is_asked(const critpt_plan *plan)
{
    size_t n = 0, n_absolute = 0;
    for (size_t k = 0; k < plan->n_points; k++) {
        const cpt_condition *nature = nature_of(plan, k);
        n += nature != NULL;
        n_absolute += nature && nature->absolute;
    }
    return n_absolute == 0   ? "margins"
           : n_absolute == n ? "eigenvalues"
                             : "margins and eigenvalues";
}

critpt_status cpt_solve_measure_natures(cpt_equations *equations, const cpt_targets *targets,
                                        const cpt_natures *natures, cpt_report *report)
{
    critpt_status status;
    const critpt_plan *plan = equations->plan;
    const cpt_points *points = cpt_equations_points(equations);
    cpt_nature_point *list = NULL;
    double *margins = NULL, least = INFINITY;
    if (!any_natures(plan))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&list, points->K, sizeof *list));
    CPT_TRY(cpt_allocate(&margins, points->K, sizeof(double)));
    list_points(plan, points, natures, list);
    const cpt_nature_problem problem = {
        .workspace = &equations->work->evaluation.workspace, .n_points = points->K, .points = list};
    CPT_TRY(cpt_nature_measure(&problem, targets->values, margins));
    for (size_t k = 0; k < points->K; k++) {
        *margin_of(report, k, list[k].absolute) = margins[k];
        if (nature_of(plan, k))
            least = fmin(least, margins[k] / list[k].margin);
    }
    if (least > 0 && least < 1 - CPT_NATURE_MARGIN_TOLERANCE)
        CPT_TRY(cpt_plan_warn(report, "the %s asked for are met at %.3g of their size",
                              what_is_asked(plan), least));
    double objective = pow(cpt_metric_norm(points->metric, targets->values, targets->base), 2) / 2;
    report->values[CRITPT_REPORT_DUALITY_GAP] =
        objective > 0 ? fabs(objective - natures->bound) / objective : 0;
    CPT_TRY(warn_of_gap(report));
done:
    cpt_free(list);
    cpt_free(margins);
    return status;
}
