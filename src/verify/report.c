/* The report of a solve once more, as far as the file by itself tells. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/report.h"
#include "verify/conditions.h"

static bool equal(double a, double b)
{
    return a <= b && a >= b;
}

/* A number of the report that is stated, or due. */
static void check(verification *v, critpt_report_quantity quantity, double found, double error)
{
    double stated = verify_report_value(v, quantity);
    if (isnan(stated) && !v->planted)
        return;
    if (isnan(found)) /* conditions of which a file that was kept knows nothing */
        verify_leave(v, "%s", critpt_file_report_quantity_name(quantity));
    else
        verify_judge(v, "report", critpt_file_report_quantity_name(quantity), stated, found,
                     equal(stated, found) || fabs(stated - found) <= error);
}

static bool is_mean_free(const verification *v)
{
    const oracle_network *p = &v->problem.network;
    if (v->model.model)
        return v->model.table.constants != NULL;
    return p->activations[p->n_layers - 1] == CRITPT_IDENTITY && p->bias[p->n_layers - 1];
}

/* P for each critical point, and those of the conditions; blocks of gradients besides. */
static double count_equations(const verification *v, double *gradients, bool *gauss_newton)
{
    double count = 0, equations;
    *gradients = 0;
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        *gradients += verify_is_critical(v, k);
    count = *gradients * (double)v->problem.n_weights;
    for (size_t c = 0; c < critpt_file_n_conditions(v->file); c++) {
        critpt_condition_kind kind = CRITPT_CONDITION_LOSS;
        critpt_file_condition(v->file, c, &kind, NULL, NULL);
        *gradients += kind == CRITPT_CONDITION_GRADIENT;
        *gauss_newton = *gauss_newton || kind == CRITPT_CONDITION_GAUSS_NEWTON;
        equations = NAN;
        critpt_file_condition_value(v->file, c, CRITPT_CONDITION_EQUATIONS, &equations);
        count += equations;
    }
    return count;
}

/* equations = rank + redundant + null + conflicting, of which a planted file has none. */
static void check_accounts(verification *v)
{
    double equations = verify_report_value(v, CRITPT_REPORT_EQUATIONS);
    double conflicting = verify_report_value(v, CRITPT_REPORT_CONFLICTING);
    double sum = verify_report_value(v, CRITPT_REPORT_RANK) +
                 verify_report_value(v, CRITPT_REPORT_REDUNDANT) +
                 verify_report_value(v, CRITPT_REPORT_NULL) + conflicting;
    if (!v->planted && isnan(sum))
        return;
    verify_judge(v, "report", "rank + redundant + null_equations + conflicting", equations, sum,
                 equal(sum, equations));
    if (v->planted)
        verify_judge(v, "report", "conflicting", conflicting, 0, equal(conflicting, 0));
}

/* What a solve without a triangle does not know. */
static const critpt_report_quantity of_triangle[] = {
    CRITPT_REPORT_RANK,      CRITPT_REPORT_RANK_TOLERANCE, CRITPT_REPORT_RANK_GAP,
    CRITPT_REPORT_REDUNDANT, CRITPT_REPORT_NULL,           CRITPT_REPORT_CONFLICTING,
    CRITPT_REPORT_CONDITION};

static bool is_of_triangle(critpt_report_quantity quantity)
{
    for (size_t i = 0; i < sizeof of_triangle / sizeof *of_triangle; i++)
        if (of_triangle[i] == quantity)
            return true;
    return false;
}

/* Such a solve states none of it, and serves gradients alone. */
static bool has_triangle(const verification *v)
{
    for (size_t i = 0; i < sizeof of_triangle / sizeof *of_triangle; i++)
        if (!isnan(verify_report_value(v, of_triangle[i])))
            return true;
    for (size_t c = 0; c < critpt_file_n_conditions(v->file); c++) {
        critpt_condition_kind kind = CRITPT_CONDITION_LOSS;
        critpt_file_condition(v->file, c, &kind, NULL, NULL);
        if (kind != CRITPT_CONDITION_GRADIENT)
            return true;
    }
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        if (verify_has_nature(v, k))
            return true;
    return !v->planted;
}

static void check_counts(verification *v, double frozen)
{
    double gradients, unknowns, equations, null = verify_report_value(v, CRITPT_REPORT_NULL);
    bool gauss_newton = false;
    equations = count_equations(v, &gradients, &gauss_newton);
    unknowns = (double)v->problem.oracle.n_samples * (double)v->problem.n_outputs - frozen;
    check(v, CRITPT_REPORT_EQUATIONS, equations, 0);
    if (isnan(equations)) /* a file that was kept does not know how many its conditions have */
        equations = verify_report_value(v, CRITPT_REPORT_EQUATIONS);
    check(v, CRITPT_REPORT_UNKNOWNS, unknowns, 0);
    if (!has_triangle(v))
        return;
    check_accounts(v);
    double rank = equations;
    if (is_mean_free(v) && gradients > 0)
        rank -= (gradients - 1) * (double)v->problem.n_outputs;
    if (null > 0 && null < rank)
        rank -= null;
    /* null equations that conflict, in a file that was kept, are counted as conflicting */
    bool known = !gauss_newton && !(verify_report_value(v, CRITPT_REPORT_CONFLICTING) > 0);
    check(v, CRITPT_REPORT_EXPECTED_RANK, known ? rank : NAN, 0);
    /* the tolerance of the specification, by default, or the finest where equations conflicted */
    double tolerance = 10 * fmax(equations, unknowns) * DBL_EPSILON;
    double finest = sqrt(equations) * DBL_EPSILON;
    double stated = verify_report_value(v, CRITPT_REPORT_RANK_TOLERANCE);
    if (v->has_spec && v->spec.rank_tolerance > 0)
        tolerance = finest = v->spec.rank_tolerance;
    check(v, CRITPT_REPORT_RANK_TOLERANCE,
          fabs(stated - finest) < fabs(stated - tolerance) ? finest : tolerance,
          8 * DBL_EPSILON * tolerance);
}

/* ---- Base targets, distance and amplification ---- */

static outcome load_weights(const verification *v, double *weights)
{
    size_t P = v->problem.n_weights;
    outcome result = DONE;
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        TRY(cli_from_library(critpt_file_point_weights(v->file, k, weights + k * P, P), "%s",
                             v->path));
done:
    return result;
}

/* How much noise the specification asks for, or the points do by having the same outputs; where
 * these are constant to rounding, 1 or next to none, as the base targets are seen to have it. */
static double noise_of(const verification *v, const oracle_spread *spread, double base, double mean)
{
    bool constant = spread->spread <= 1e-12 * spread->size;
    if (v->spec.base.kind == BASE_NOISE)
        return v->spec.base.noise;
    if (!spread->alike)
        return 0;
    if (constant)
        return fabs(base - mean) > 1e-9 * spread->size ? 1 : 0;
    return spread->spread / sqrt((double)v->problem.n_outputs);
}

/* Base targets that the specification describes, in `expected`. */
static outcome check_base(verification *v, const double *base, double *expected,
                          const oracle_spread *spread)
{
    size_t n = v->problem.oracle.n_samples * v->problem.n_outputs, worst = 0;
    double *noise = NULL, scale = 0, deviation;
    double moved = 100 * spread->rounding * sqrt((double)v->problem.oracle.n_samples);
    outcome result = DONE;
    if (!v->has_spec || v->spec.base.kind == BASE_CSV) {
        verify_leave(v, "base_targets%s%s%s", v->has_spec ? " (from " : "",
                     v->has_spec ? v->spec.base.source.path : "", v->has_spec ? ")" : "");
        return DONE;
    }
    TRY(cli_allocate(&noise, n, sizeof *noise));
    deviation = v->spec.base.kind == BASE_ZERO ? 0 : noise_of(v, spread, base[0], expected[0]);
    if (deviation > 0)
        TRY(cli_from_library(critpt_random_normal(v->spec.seed, CRITPT_STREAM_NOISE, 0, noise, n),
                             "%s", v->path));
    for (size_t i = 0; i < n; i++) {
        double mean = v->spec.base.kind == BASE_ZERO ? 0 : expected[i];
        expected[i] = mean + (deviation > 0 ? deviation * noise[i] : 0);
        scale = fmax(scale, fabs(expected[i]));
        if (fabs(base[i] - expected[i]) > fabs(base[worst] - expected[worst]))
            worst = i;
    }
    verify_judge(v, "file", "base_targets", base[worst], expected[worst],
                 fabs(base[worst] - expected[worst]) <= 1e-9 * scale + moved);
done:
    free(noise);
    return result;
}

/* The distance in units of the outputs' spread, of their size where they have next to none, or of
 * the base targets where outputs are 0. */
static void check_amplification(verification *v, double distance, const oracle_spread *spread,
                                double base)
{
    double stated = verify_report_value(v, CRITPT_REPORT_AMPLIFICATION);
    double size = spread->size >= DBL_MIN ? spread->size : base > 0 ? base : 1;
    double by_spread = distance > 0 ? distance / spread->spread : 0;
    double by_size = distance > 0 ? distance / size : 0;
    bool flat = spread->spread <= 1e-6 * size;
    double limit = v->has_spec ? v->spec.amplification_limit : INFINITY;
    bool use_size =
        flat && !equal(stated, by_spread) && !(fabs(stated - by_spread) <= fabs(stated - by_size));
    double found = use_size ? by_size : by_spread;
    /* a spread far below the outputs' size has that size's rounding */
    double cancelled = use_size ? 1 : spread->size / spread->spread;
    double moved = 100 * spread->rounding / (use_size ? size : spread->spread);
    check(v, CRITPT_REPORT_AMPLIFICATION, found,
          found * (1e-9 + 100 * DBL_EPSILON * cancelled + moved));
    if (v->planted && isfinite(limit))
        verify_judge(v, "report", "amplification_limit", limit, found, found <= limit * (1 + 1e-9));
}

/* The size of the base targets in the norm of the loss. */
static outcome measure_base(const verification *v, const double *base, double *size)
{
    oracle_problem from_zero = v->problem.oracle;
    double *zero = NULL;
    outcome result = DONE;
    TRY(cli_allocate(&zero, from_zero.n_samples * v->problem.n_outputs, sizeof *zero));
    from_zero.targets = zero;
    TRY(claims_from_oracle(oracle_distance(&from_zero, base, size)));
done:
    free(zero);
    return result;
}

static outcome check_targets(verification *v)
{
    size_t K = critpt_file_n_points(v->file), D = v->problem.n_outputs;
    size_t n = v->problem.oracle.n_samples * D;
    double *base = NULL, *mean = NULL, *weights = NULL, distance, size;
    oracle_spread spread;
    outcome result = DONE;
    if (!critpt_file_has_base_targets(v->file)) {
        if (v->planted)
            verify_judge_text(v, "file", "base_targets", "nothing",
                              "what the targets are nearest to", false);
        return DONE;
    }
    TRY(cli_allocate(&base, n, sizeof *base));
    TRY(cli_allocate(&mean, n, sizeof *mean));
    TRY(cli_allocate(&weights, K * v->problem.n_weights, sizeof *weights));
    TRY(load_weights(v, weights));
    TRY(cli_from_library(critpt_file_base_targets(v->file, base, D), "%s", v->path));
    TRY(claims_from_oracle(oracle_mean_outputs(&v->problem.oracle, K, weights, mean, &spread)));
    TRY(check_base(v, base, mean, &spread));
    TRY(claims_from_oracle(oracle_distance(&v->problem.oracle, base, &distance)));
    TRY(measure_base(v, base, &size));
    if (v->planted || !isnan(verify_report_value(v, CRITPT_REPORT_DISTANCE)))
        check(v, CRITPT_REPORT_DISTANCE, distance, 1e-10 * distance);
    if (v->planted || !isnan(verify_report_value(v, CRITPT_REPORT_AMPLIFICATION)))
        check_amplification(v, distance, &spread, size);
done:
    free(base);
    free(mean);
    free(weights);
    return result;
}

static void list_unchecked(verification *v)
{
    static const critpt_report_quantity others[] = {
        CRITPT_REPORT_RANK,        CRITPT_REPORT_RANK_GAP,       CRITPT_REPORT_REDUNDANT,
        CRITPT_REPORT_NULL,        CRITPT_REPORT_CONDITION,      CRITPT_REPORT_REFINEMENTS,
        CRITPT_REPORT_DUALITY_GAP, CRITPT_REPORT_NATURE_PRODUCTS};
    bool natures = false, triangle = has_triangle(v);
    if (!triangle)
        verify_leave(v, "rank, rank_tolerance, rank_gap, redundant, null_equations, conflicting, "
                        "condition (none is stated: solved without a triangle), expected_rank");
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        natures = natures || verify_has_nature(v, k);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char *name = critpt_file_report_quantity_name(others[i]);
        double stated = verify_report_value(v, others[i]);
        bool due = v->planted && others[i] != CRITPT_REPORT_DUALITY_GAP &&
                   (others[i] < CRITPT_REPORT_DUALITY_GAP || natures) &&
                   (triangle || !is_of_triangle(others[i]));
        bool counted = others[i] == CRITPT_REPORT_RANK || others[i] == CRITPT_REPORT_REDUNDANT ||
                       others[i] == CRITPT_REPORT_NULL;
        if (isnan(stated) && due)
            verify_judge(v, "report", name, stated, 0, false);
        else if (!isnan(stated) && !natures && others[i] == CRITPT_REPORT_DUALITY_GAP)
            verify_judge(v, "report", "duality_gap, where no nature was asked for", stated, NAN,
                         false);
        else if (!isnan(stated))
            verify_leave(v, counted ? "%s (but for the sum)" : "%s", name);
        bool of_rows =
            others[i] == CRITPT_REPORT_CONDITION && verify_report_value(v, CRITPT_REPORT_RANK) > 0;
        if (stated < (of_rows ? 1 : 0) || (isinf(stated) && others[i] != CRITPT_REPORT_RANK_GAP))
            verify_judge(v, "report", name, stated, 0, false);
    }
}

outcome verify_check_report(verification *v)
{
    double frozen;
    outcome result;
    TRY(verify_count_frozen(v, &frozen));
    check_counts(v, frozen);
    TRY(check_targets(v));
    list_unchecked(v);
done:
    return result;
}
