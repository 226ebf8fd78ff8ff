/* critpt verify: every claim of a file once more, by code that shares nothing with what made it. */
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/trial.h"
#include "cli/json_memory.h"
#include "cli/json_number.h"
#include "claims/shortfall.h"
#include "verify/conditions.h"
#include "verify/estimate.h"
#include "verify/model.h"
#include "verify/report.h"
#include "verify/requests.h"
#include "verify/spec.h"
#include "verify/spectrum.h"
#include "verify/verification.h"

extern const command verify_command; /* a row of main.c */

static void print_estimate(verification *v)
{
    size_t K = critpt_file_n_points(v->file), n = critpt_file_n_conditions(v->file);
    if (v->json)
        return;
    cli_progress_clear(&v->bar);
    cli_print_name(stdout, v->path);
    printf(": %zu points, ", K);
    if (n)
        printf("%zu condition%s, ", n, n == 1 ? "" : "s");
    printf("%zu samples, %zu weights; rechecking in %s takes about %.2g s\n",
           v->problem.oracle.n_samples, v->problem.n_weights, oracle_type(), v->total);
    if (v->spectra)
        printf("spectra are rechecked %s\n",
               v->whole ? "from the whole Hessians" : "along random directions (time limit)");
    fflush(stdout);
}

/* ---- Claims ---- */

/* What the library stated, and the checker beside it, each against the checker now. */
static void check_numbers(verification *v, size_t k, const char *where, const oracle_values *values,
                          double unit, double rough, bool sharp)
{
    for (int i = 0; i < N_CLAIMS; i++) {
        critpt_file_point_quantity quantity = (critpt_file_point_quantity)i;
        critpt_file_point_quantity beside = claims_checked_quantity(quantity);
        double stated = verify_point_value(v, k, quantity),
               checked = verify_point_value(v, k, beside);
        double found = claims_recomputed(values, quantity);
        if (quantity == CRITPT_FILE_POINT_KINK_MARGIN ? isnan(found)
                                                      : quantity > CRITPT_FILE_POINT_LOSS && !sharp)
            continue; /* verify_leave_rough lists it */
        if (!isnan(stated) || v->planted)
            verify_judge(
                v, where, critpt_file_point_quantity_name(quantity), stated, found,
                claims_hold(values,
                            quantity == CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32 ? rough : unit,
                            quantity, stated));
        if (!isnan(checked) || v->has_spec)
            verify_judge(v, where, critpt_file_point_quantity_name(beside), checked, found,
                         claims_checked_hold(values, quantity, checked));
    }
}

/* What a basin can be: |w| / 2^j and 29 of 32 starts or more, or no radius and fewer of them. */
static void check_basin(verification *v, size_t k, const char *where, const double *weights)
{
    double radius = verify_point_value(v, k, CRITPT_FILE_POINT_BASIN);
    double share = verify_point_value(v, k, CRITPT_FILE_POINT_BASIN_SHARE);
    double size = 0, halvings, starts = 32 * share;
    if (isnan(radius) && isnan(share))
        return;
    for (size_t j = 0; j < v->problem.n_weights; j++)
        size = hypot(size, weights[j]);
    halvings = radius > 0 ? log2(size / radius) : 0;
    verify_judge(v, where, "basin, of those that are looked at", radius,
                 size / exp2(round(halvings)),
                 radius >= 0 && fabs(halvings - round(halvings)) <= 1e-9 && halvings > -0.5 &&
                     halvings < 12.5);
    verify_judge(v, where, "basin_share, in starts of 32", starts, round(starts),
                 fabs(starts - round(starts)) <= 1e-9 && starts <= 32 &&
                     (radius > 0 ? starts >= 29 : starts >= 0 && starts < 29));
}

static outcome check_point(verification *v, size_t k, const double *weights)
{
    oracle_values values;
    char where[32];
    double unit = 0, rough, units;
    outcome result = claims_from_oracle(oracle_evaluate(&v->problem.oracle, weights, &values));
    if (result != DONE)
        return result;
    snprintf(where, sizeof where, "point %zu", k);
    TRY(claims_require_calls(&v->problem));
    TRY(claims_find_units(v->landscape, v->rounded, weights, &unit, &rough));
    bool sharp =
        claims_are_sharp(&values, unit) && claims_are_sharp(&values, DBL_EPSILON * values.unit);
    if (v->model.model)
        verify_leave_rough(v, k, sharp);
    check_numbers(v, k, where, &values, unit, rough, sharp);
    check_basin(v, k, where, weights);
    units = unit > 0 && sharp ? values.gradient_norm / unit : 0;
    if (v->planted && verify_is_critical(v, k) && sharp) {
        double limit = claims_accepted_units(verify_report_value(v, CRITPT_REPORT_CONDITION));
        verify_judge(v, where, "gradient of a critical point in units", limit, units,
                     units <= limit + 1);
    }
    TRY(verify_check_spectrum(v, k, weights, units,
                              isnan(values.kink_margin) ? INFINITY : values.kink_margin));
done:
    return result;
}

static outcome check_points(verification *v)
{
    size_t K = critpt_file_n_points(v->file), n = v->problem.n_weights;
    double *weights = NULL;
    outcome result = DONE;
    v->start = verify_seconds_now();
    verify_begin(v, "estimating", 0, 0, 0);
    TRY(cli_allocate(&weights, n, sizeof *weights));
    for (size_t k = 0; k < K; k++) {
        TRY(cli_from_library(critpt_file_point_weights(v->file, k, weights, n), "%s", v->path));
        if (!k) {
            TRY(verify_estimate(v, weights));
            print_estimate(v);
            v->start = verify_seconds_now();
        }
        if (verify_seconds_now() - v->start + v->estimate > v->limit)
            break;
        verify_begin(v, "rechecking points", (double)k * v->estimate / v->total,
                     (double)(k + 1) * v->estimate / v->total, v->estimate);
        TRY(check_point(v, k, weights));
        v->checked++;
    }
    if (K && !v->checked)
        TRY(cli_fail(REFUSED,
                     "%s: one point takes about %.2g s, more than the limit of %g s; raise --limit",
                     v->path, v->estimate, v->limit));
    TRY(verify_check_conditions(v));
done:
    free(weights);
    return result;
}

/* Symmetries belong to the network and its weights, whatever the data are. */
static outcome check_copies(verification *v)
{
    double *weights = NULL, copies;
    char where[32];
    outcome result;
    TRY(cli_allocate(&weights, v->problem.n_weights, sizeof *weights));
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++) {
        double stated = verify_point_value(v, k, CRITPT_FILE_POINT_SYMMETRIC_COPIES);
        TRY(cli_from_library(critpt_file_point_weights(v->file, k, weights, v->problem.n_weights),
                             "%s", v->path));
        TRY(cli_from_library(critpt_mlp_symmetric_copies_at(critpt_landscape_model(v->landscape),
                                                            weights, v->problem.n_weights, &copies),
                             "%s", v->path));
        snprintf(where, sizeof where, "point %zu", k);
        if (!isnan(stated) || v->planted)
            verify_judge(v, where,
                         critpt_file_point_quantity_name(CRITPT_FILE_POINT_SYMMETRIC_COPIES),
                         stated, copies,
                         (isinf(stated) && isinf(copies) && stated > 0) ||
                             (isfinite(copies) && fabs(stated - copies) <= 1e-12 * copies));
    }
done:
    free(weights);
    return result;
}

static void list_unchecked(verification *v)
{
    for (size_t k = v->checked; k < critpt_file_n_points(v->file); k++)
        verify_leave(v, "point %zu (time limit)", k);
    if (v->spectra && !v->whole)
        verify_leave(v, "eigenvalues between the extremes, index, nullity, kind, margin_achieved, "
                        "eigenvalue_achieved (time limit)");
    if (critpt_file_n_points(v->file)) {
        verify_leave(v, "how near the bounds gradient_norm, gradient_max, gradient_scaled, "
                        "gradient_norm_float32, eigenvalue_error and residual are");
        verify_leave(
            v, "the rounding of gradient_norm_checked, gradient_max_checked, "
               "gradient_scaled_checked and gradient_norm_float32_checked in extended precision");
    }
    for (size_t k = 0; k < critpt_file_n_points(v->file); k++)
        if (!isnan(verify_point_value(v, k, CRITPT_FILE_POINT_BASIN)) ||
            !isnan(verify_point_value(v, k, CRITPT_FILE_POINT_BASIN_SHARE)))
            verify_leave(v, "point %zu: basin, basin_share (measured by descents)", k);
    if (critpt_file_text_value(v->file, CRITPT_FILE_TEXT_REFUSED))
        verify_leave(v, "refused");
    if (v->has_spec && (v->spec.memory_limit || v->spec.time_limit > 0 || v->spec.nature_products))
        verify_leave(v, "spec: memory_limit, time_limit, nature_products");
    verify_leave(v, "warnings (their words, and whether any is missing)");
    verify_leave(v, "created_by");
    verify_leave(v, "linalg");
}

/* ---- Results ---- */

static outcome print_results(const verification *v)
{
    size_t n = json_array_size(v->unchecked);
    if (v->json) {
        json_t *root =
            json_pack("{s:o, s:s, s:o, s:O, s:O, s:I}", "file", cli_json_text(v->path), "precision",
                      oracle_type(), "estimate_seconds", cli_json_number(v->total), "claims",
                      v->claims, "not_rechecked", v->unchecked, "n_false", (json_int_t)v->n_false);
        outcome result = cli_print_json(root);
        json_decref(root);
        return result;
    }
    outcome result = cli_json_require_memory(); /* `unchecked` is whole */
    if (result != DONE)
        return result;
    printf("%zu claims rechecked, %zu false\nnot rechecked:", v->n_claims, v->n_false);
    for (size_t i = 0; i < n; i++) {
        printf("%s ", i ? "," : "");
        cli_print_safely(stdout, json_string_value(json_array_get(v->unchecked, i)));
    }
    printf("\n");
    return DONE;
}

/* The specification, and whether the file claims that its requests are met. */
static outcome load_spec(verification *v)
{
    const char *text = critpt_file_text_value(v->file, CRITPT_FILE_TEXT_SPEC);
    outcome result = text ? spec_parse(&v->spec, v->path, text) : DONE;
    v->has_spec = text && result == DONE;
    if (result == ENVIRONMENT)
        return result;
    if (text && !v->has_spec)
        verify_judge_text(v, "file", "spec", "a specification", cli_failure(), false);
    if (critpt_file_text_value(v->file, CRITPT_FILE_TEXT_REFUSED))
        return DONE;
    v->planted = text != NULL;
    for (int q = 0; critpt_file_report_quantity_name((critpt_report_quantity)q); q++)
        v->planted = v->planted || !isnan(verify_report_value(v, (critpt_report_quantity)q));
    return DONE;
}

/* Nothing can be said by a model that is not the one of the file. */
static outcome refuse_model(verification *v)
{
    char why[1024];
    snprintf(why, sizeof why, "%s", cli_failure());
    verify_judge_text(v, "model", "outputs at the points", "those recorded", "others", false);
    verify_leave(v, "everything else (by another model)");
    outcome result = print_results(v);
    return result == DONE ? cli_fail(FALSE_CLAIM, "%s", why) : result;
}

static outcome verify(verification *v)
{
    const char *refused;
    outcome result;
    TRY(cli_read_landscape(&v->file, v->path, v->read_limit));
    result = plugin_landscape(&v->model, v->library, v->file, v->path, FALSE_CLAIM, &v->landscape);
    if (result == FALSE_CLAIM)
        return refuse_model(v);
    TRY(result);
    TRY(claims_load_problem(&v->problem, v->landscape, &v->model));
    v->problem.oracle.stop = (oracle_stop){verify_beat, v};
    TRY(claims_round_landscape(&v->problem, v->landscape, &v->rounded));
    refused = critpt_file_text_value(v->file, CRITPT_FILE_TEXT_REFUSED);
    if (refused && !v->json) {
        cli_print_name(stdout, v->path);
        printf(" is marked as not planted: ");
        cli_print_safely(stdout, refused);
        printf("\n");
    }
    TRY(load_spec(v));
    cli_progress_begin(&v->bar, v->json);
    TRY(check_points(v));
    TRY(v->model.model ? verify_check_model(v) : check_copies(v));
    TRY(verify_check_report(v));
    TRY(verify_check_spec(v));
    TRY(verify_check_requests(v));
    TRY(claims_require_calls(&v->problem));
    list_unchecked(v);
    cli_progress_end(&v->bar);
    TRY(print_results(v));
    if (v->n_false)
        TRY(cli_fail(FALSE_CLAIM, "%s: %zu false claim%s; %s", v->path, v->n_false,
                     v->n_false == 1 ? "" : "s, the first", v->first_false));
done:
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    verification v = {.limit = INFINITY, .claims = json_array(), .unchecked = json_array()};
    const option_spec options[] = {{.name = "--limit", .seconds = &v.limit},
                                   {.name = "--json", .flag = &v.json},
                                   LIBRARY_OPTION(&v.library),
                                   READ_LIMIT_OPTION(&v.read_limit)};
    outcome result;
    TRY(cli_parse_arguments(&verify_command, n_arguments, arguments, options, 4,
                            "the landscape file", &v.path));
    if (!oracle_available())
        TRY(cli_fail(REFUSED, "this build has no floating-point type wider than double, so that "
                              "nothing can be verified; configure with libquadmath"));
    TRY(verify(&v));
done:
    cli_progress_end(&v.bar);
    claims_free_problem(&v.problem);
    if (v.has_spec)
        spec_free(&v.spec);
    critpt_landscape_destroy(v.landscape);
    critpt_landscape_destroy(v.rounded);
    plugin_close(&v.model);
    critpt_file_destroy(v.file);
    json_decref(v.claims);
    json_decref(v.unchecked);
    return result;
}

const command verify_command = {
    "verify",
    "critpt verify FILE.h5 [--limit SECONDS]" LIBRARY_USAGE READ_LIMIT_USAGE " [--json]",
    "Rechecks every number of a landscape file by plain loops in extended precision, which share\n"
    "no code with the library, draws what was drawn again, and judges the requests of the\n"
    "specification; what it cannot recheck it lists by name.\n\n"
    "    --limit SECONDS   leave out what would take longer, and say so\n" LIBRARY_HELP
        READ_LIMIT_HELP "    --json            results as JSON\n",
    run,
};
