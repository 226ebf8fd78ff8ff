/* critpt plant: a specification in, a landscape file and its table out. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "plant/basins.h"
#include "plant/build.h"
#include "plant/instance.h"
#include "cli/interrupt.h"
#include "cli/output_set.h"
#include "claims/problem.h"
#include "cli/progress.h"
#include "plant/refusal.h"
#include "cli/report.h"
#include "cli/report_json.h"
#include "claims/shortfall.h"

extern const command plant_command; /* a row of main.c */

typedef struct plant_options {
    const char *spec, *output, *library;
    uint64_t seed;
    double time_limit; /* seconds; 0: the specification's */
    bool has_seed, basins, keep, quiet, json;
} plant_options;

static outcome read_options(plant_options *o, int n_arguments, char **arguments)
{
    const option_spec options[] = {
        {.name = "-o", .text = &o->output},
        {.name = "--seed", .integer = &o->seed, .given = &o->has_seed},
        {.name = "--time-limit", .seconds = &o->time_limit},
        {.name = "--library", .text = &o->library},
        {.name = "--basins", .flag = &o->basins},
        {.name = "--keep", .flag = &o->keep},
        {.name = "--quiet", .flag = &o->quiet},
        {.name = "--json", .flag = &o->json},
    };
    outcome result =
        cli_parse_arguments(&plant_command, n_arguments, arguments, options,
                            sizeof options / sizeof *options, "the specification", &o->spec);
    if (result == DONE && !o->output)
        return cli_fail(BAD_INPUT, "-o FILE.h5 is missing; usage: %s", plant_command.usage);
    if (result == DONE)
        result = cli_output_require_other("-o", o->output, o->spec, "the specification");
    if (result == DONE)
        result = cli_output_require("-o", o->output);
    return result;
}

/* The library's numbers of a point: as of a solve, bounds by one unit. */
static outcome find_stated(const instance *made, const critpt_landscape *rounded,
                           const double *weights, double *gradient, double stated[N_CLAIMS])
{
    const critpt_landscape *landscape = made->landscape;
    size_t P = critpt_model_n_weights(made->model);
    double unit, rough, norm = 0, largest = 0, narrow = 0;
    outcome result;
    TRY(claims_find_units(landscape, rounded, weights, &unit, &rough));
    critpt_status status =
        critpt_landscape_gradient_float32(landscape, NULL, weights, P, gradient, P);
    TRY(cli_from_library(status, "%s", ""));
    for (size_t i = 0; i < P; i++)
        narrow = hypot(narrow, gradient[i]);
    TRY(cli_from_library(critpt_landscape_gradient(landscape, NULL, weights, P, gradient, P,
                                                   &stated[CRITPT_FILE_POINT_LOSS]),
                         "%s", ""));
    TRY(cli_from_library(critpt_landscape_kink_margin(landscape, NULL, weights, P,
                                                      &stated[CRITPT_FILE_POINT_KINK_MARGIN]),
                         "%s", ""));
    for (size_t i = 0; i < P; i++) {
        norm = hypot(norm, gradient[i]);
        largest = fmax(largest, fabs(gradient[i]));
    }
    stated[CRITPT_FILE_POINT_GRADIENT_NORM] = norm + unit;
    stated[CRITPT_FILE_POINT_GRADIENT_MAX] = largest + unit;
    stated[CRITPT_FILE_POINT_GRADIENT_SCALED] = (unit > 0 ? norm / unit : 0) + 1;
    stated[CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32] = narrow + rough;
done:
    return result;
}

static outcome set_numbers(critpt_file *file, critpt_file_point_quantity first,
                           const double *columns)
{
    size_t K = critpt_file_n_points(file);
    outcome result = DONE;
    for (size_t q = 0; q < N_CLAIMS; q++)
        TRY(cli_from_library(
            critpt_file_set_point_values(file, (critpt_file_point_quantity)((size_t)first + q),
                                         columns + q * K, K),
            "%s", ""));
done:
    return result;
}

/* After a solve that failed the plan knows nothing of its points; the landscape does. */
static outcome state_numbers(critpt_file *file, const instance *made, const problem *p)
{
    size_t K = critpt_file_n_points(file), n = critpt_file_n_weights(file);
    double *weights = NULL, *columns = NULL, stated[N_CLAIMS];
    critpt_landscape *rounded = NULL;
    outcome result;
    TRY(cli_allocate(&weights, 2 * n, sizeof *weights));
    TRY(cli_allocate(&columns, N_CLAIMS * K, sizeof *columns));
    TRY(claims_round_landscape(p, made->landscape, &rounded));
    for (size_t k = 0; k < K; k++) {
        TRY(cli_from_library(critpt_file_point_weights(file, k, weights, n), "%s", ""));
        TRY(find_stated(made, rounded, weights, weights + n, stated));
        for (size_t q = 0; q < N_CLAIMS; q++)
            columns[q * K + k] = stated[q];
    }
    TRY(set_numbers(file, CRITPT_FILE_POINT_LOSS, columns));
done:
    critpt_landscape_destroy(rounded);
    free(weights);
    free(columns);
    return result;
}

/* Where the solve and the spectra end in the bar. */
#define SOLVE_END 0.7
#define SPECTRA_END 0.85

/* Asked by the checker now and then. */
static bool beat_of_checks(void *bar)
{
    return cli_progress_update(0, "checking", bar);
}

/* Sets the checker's own numbers about points beside the library's, where it can make them. */
static outcome state_checked(critpt_file *file, problem *p, progress *bar)
{
    size_t K = critpt_file_n_points(file), n = critpt_file_n_weights(file);
    double *weights = NULL, *columns = NULL;
    outcome result;
    TRY(cli_allocate(&weights, n, sizeof *weights));
    TRY(cli_allocate(&columns, N_CLAIMS * K, sizeof *columns));
    p->oracle.stop = (oracle_stop){beat_of_checks, bar};
    for (size_t k = 0; k < K; k++) {
        oracle_values values;
        double part = (1 - SPECTRA_END) / (double)K, from = SPECTRA_END + (double)k * part;
        cli_progress_range(bar, from, from + part);
        TRY(cli_from_library(critpt_file_point_weights(file, k, weights, n), "%s", ""));
        TRY(claims_from_oracle(oracle_evaluate(&p->oracle, weights, &values)));
        TRY(claims_require_calls(p));
        bool sharp = claims_are_sharp(&values, DBL_EPSILON * values.unit);
        for (size_t q = 0; q < N_CLAIMS; q++)
            columns[q * K + k] = sharp || q == CRITPT_FILE_POINT_LOSS
                                     ? claims_recomputed(&values, (critpt_file_point_quantity)q)
                                     : NAN;
    }
    TRY(set_numbers(file, CRITPT_FILE_POINT_LOSS_CHECKED, columns));
done:
    free(weights);
    free(columns);
    return result;
}

static outcome describe_inputs(critpt_file *file, const instance *made)
{
    static const char *const random[] = {[SOURCE_NORMAL] = "normal", [SOURCE_UNIFORM] = "uniform"};
    const data_source *source = &made->spec.inputs.source;
    const dataset *d = &made->data;
    char why[96];
    outcome result;
    const char *slash = source->path ? strrchr(source->path, '/') : NULL;
    const char *name = slash ? slash + 1 : source->path ? source->path : random[source->kind];
    TRY(cli_from_library(critpt_file_set_text(file, CRITPT_FILE_TEXT_SOURCE, name), "%s", ""));
    TRY(cli_from_library(
        critpt_file_set_input_columns(file, d->columns, d->mean, d->scale, d->n_columns), "%s",
        ""));
    TRY(cli_from_library(critpt_file_set_input_mean_low(file, d->mean_low, d->n_columns), "%s",
                         ""));
    for (size_t i = 0; i < d->n_dropped; i++) {
        if (d->dropped[i].off_mode)
            snprintf(why, sizeof why, "rare: %zu sample%s off its commonest value",
                     d->dropped[i].off_mode, d->dropped[i].off_mode == 1 ? "" : "s");
        else
            snprintf(why, sizeof why, "constant");
        TRY(cli_from_library(critpt_file_add_dropped_column(file, d->dropped[i].column, why), "%s",
                             ""));
    }
done:
    return result;
}

static outcome describe(critpt_file *file, const instance *made, const char *refused)
{
    char created_by[64], *text = NULL;
    outcome result;
    snprintf(created_by, sizeof created_by, "critpt %s", critpt_version());
    TRY(spec_text(&made->spec, &text));
    TRY(cli_from_library(critpt_file_set_text(file, CRITPT_FILE_TEXT_CREATED_BY, created_by), "%s",
                         ""));
    TRY(cli_from_library(critpt_file_set_text(file, CRITPT_FILE_TEXT_SPEC, text), "%s", ""));
    TRY(cli_from_library(critpt_file_set_text(file, CRITPT_FILE_TEXT_REFUSED, refused), "%s", ""));
    TRY(cli_from_library(critpt_file_set_seed(file, made->spec.seed), "%s", ""));
    TRY(describe_inputs(file, made));
done:
    free(text);
    return result;
}

/* What choosing the points brought, beside the report's amplification. */
static outcome note_separation(critpt_file *file, const instance *made)
{
    char text[192], what[128];
    double gain = made->gain;
    if (!made->apart)
        return DONE;
    if (isnan(gain))
        snprintf(what, sizeof what, "the first ones cannot be critical together");
    else if (!(gain > 0))
        snprintf(what, sizeof what, "those cannot be critical together; the first ones were kept");
    else if (gain < 1)
        snprintf(what, sizeof what,
                 "the amplification would be %.3g times as large as that of the first ones, which "
                 "were kept",
                 1 / gain);
    else if (gain < 1.005)
        snprintf(what, sizeof what, "the amplification is that of the first ones");
    else
        snprintf(what, sizeof what,
                 "the amplification is %.3g times smaller than that of the first ones, conditions "
                 "aside",
                 gain);
    snprintf(text, sizeof text, "points were drawn apart among %zu candidates: %s",
             made->spec.candidates, what);
    return cli_from_library(critpt_file_add_warning(file, text), "%s", "");
}

/* A file kept after a failed solve has the best targets that the solve reached, or the base targets
 * where it ended before that. A solve that succeeded, but for a basin, leaves its own. */
static outcome settle_for_less(instance *made)
{
    size_t D = critpt_model_n_outputs(made->model);
    double *targets = NULL, loss;
    outcome result = DONE;
    if (critpt_plan_point_value(made->plan, 0, CRITPT_POINT_LOSS, &loss) == CRITPT_OK ||
        critpt_plan_keep_best(made->plan) == CRITPT_OK)
        return DONE;
    TRY(cli_allocate(&targets, made->data.n_samples * D, sizeof *targets));
    TRY(cli_from_library(critpt_plan_base_targets(made->plan, targets, D), "no file can be kept"));
    TRY(cli_from_library(critpt_landscape_set_targets(made->landscape, targets, D), "%s", ""));
done:
    free(targets);
    return result;
}

/* The file of a solve, `refused` telling why it failed. One that succeeded is held against its
 * requests; what is not met comes back as REFUSED, with its sentence in the file too. */
static outcome make_file(critpt_file **file, instance *made, const char *refused, progress *bar)
{
    problem p = {0};
    outcome shortfall = DONE, result;
    *file = NULL;
    if (refused)
        TRY(settle_for_less(made));
    cli_progress_range(bar, SOLVE_END, SPECTRA_END);
    TRY(cli_from_library(critpt_file_create_from_plan_with_progress(
                             file, made->landscape, made->plan, cli_progress_update, bar),
                         "%s", ""));
    if (made->spec.library)
        TRY(plugin_describe(&made->library, *file));
    TRY(describe(*file, made, refused));
    TRY(note_separation(*file, made));
    TRY(plant_state_basins(*file, made));
    TRY(claims_load_problem(&p, made->landscape, &made->library));
    if (refused)
        TRY(state_numbers(*file, made, &p));
    if (!claims_can_check(&p))
        goto done;
    TRY(state_checked(*file, &p, bar));
    shortfall = refused ? DONE : claims_find_shortfall(*file, &made->spec, &p);
    if (shortfall == REFUSED)
        TRY(cli_from_library(critpt_file_set_text(*file, CRITPT_FILE_TEXT_REFUSED, cli_failure()),
                             "%s", ""));
    result = shortfall;
done:
    claims_free_problem(&p);
    return result;
}

static outcome write_file(const critpt_file *file, const plant_options *o)
{
    if (cli_interrupted())
        return cli_fail(INTERRUPTED, "interrupted; nothing was written");
    return cli_from_library(critpt_file_write(file, o->output), "%s", "");
}

static bool asks_for_natures(const spec *s)
{
    for (size_t k = 0; k < s->n_points; k++)
        if (s->points[k].has_nature)
            return true;
    return false;
}

/* What is to be expected of natures is said before they are sought, as that may take long. Where
 * the plan cannot be diagnosed the solve says why. */
static void announce(const instance *made, progress *bar)
{
    if (!asks_for_natures(&made->spec) ||
        critpt_plan_diagnose(made->plan, made->options) != CRITPT_OK)
        return;
    cli_progress_clear(bar);
    for (size_t i = 0; i < critpt_plan_n_warnings(made->plan); i++)
        fprintf(stderr, "critpt: %s\n", critpt_plan_warning(made->plan, i));
}

/* Solves; a refusal goes on to its file only with --keep, one that the numbers show is printed. */
static outcome plant(instance *made, const plant_options *o, progress *bar)
{
    critpt_file *file = NULL;
    char *refused = NULL;
    outcome kept = DONE, result;
    cli_progress_range(bar, bar->done, SOLVE_END);
    TRY(cli_from_library(critpt_plan_options_set_progress(made->options, cli_progress_update, bar),
                         "%s", ""));
    if (o->time_limit > 0)
        TRY(cli_from_library(critpt_plan_options_set_time_limit(made->options, o->time_limit), "%s",
                             ""));
    if (!o->quiet)
        announce(made, bar);
    result = plant_solve(made, o->basins, bar);
    if (result == REFUSED) {
        plant_explain_refusal(made);
        TRY(cli_copy_text(&refused, cli_failure(), strlen(cli_failure())));
        kept = REFUSED;
        result = o->keep ? DONE : REFUSED;
    }
    TRY(result);
    result = make_file(&file, made, refused, bar);
    if (result == REFUSED) {
        TRY(cli_copy_text(&refused, cli_failure(), strlen(cli_failure())));
        kept = REFUSED;
        result = DONE;
    }
    TRY(result);
    if (kept == DONE || o->keep)
        TRY(write_file(file, o));
    cli_progress_end(bar); /* for the table */
    if (!o->quiet)
        TRY(o->json ? cli_print_report_json(file, o->output, made->landscape)
                    : cli_print_report(file, o->output, made->landscape));
    if (kept != DONE && o->keep)
        result = cli_fail(kept, "%s\n(%s was written all the same, marked as not planted)", refused,
                          o->output);
    else if (kept != DONE)
        result = cli_fail(kept, "%s", refused);
done:
    critpt_file_destroy(file);
    free(refused);
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    plant_options o = {0};
    instance made;
    progress bar;
    outcome result = read_options(&o, n_arguments, arguments);
    if (result != DONE)
        return result;
    cli_progress_begin(&bar, o.quiet || o.json);
    cli_progress_range(&bar, 0, 0.3);
    result = plant_instance_build(&made, o.spec, o.has_seed ? &o.seed : NULL, o.library, &bar);
    if (result == DONE) {
        result = plant(&made, &o, &bar);
        plant_instance_free(&made);
    }
    cli_progress_end(&bar);
    return result;
}

const command plant_command = {
    "plant",
    "critpt plant SPEC.json -o FILE.h5 [--seed N] [--time-limit SECONDS] [--library MODEL.so] "
    "[--basins] [--keep] [--quiet] [--json]",
    "Computes targets for which the weights that SPEC.json gives or draws are critical points,\n"
    "writes the landscape to FILE.h5 and prints its table.\n\n"
    "    -o FILE.h5   the landscape file\n"
    "    --seed N     instead of the specification's seed\n"
    "    --time-limit SECONDS\n"
    "                 end the solve then\n"
    "    --library MODEL.so\n"
    "                 where the model is, instead of the specification's path\n"
    "    --basins     measure the basins of all minima asked for\n"
    "    --keep       write a file, marked, although the request cannot be met\n"
    "    --quiet      print nothing but failures\n"
    "    --json       the table as JSON\n",
    run,
};
