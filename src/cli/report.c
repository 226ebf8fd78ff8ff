/* Tables for people. */
#include "cli/report.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t width_of(const critpt_model *model, size_t layer)
{
    size_t width = 0;
    critpt_mlp_layer(model, layer, &width, NULL, NULL);
    return width;
}

/* "54-4-10" */
static void describe_widths(const critpt_model *model, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%zu", critpt_model_n_inputs(model));
    for (size_t l = 0; l < critpt_mlp_n_layers(model) && used < size; l++)
        used += (size_t)snprintf(text + used, size - used, "-%zu", width_of(model, l));
}

/* "tanh", or "tanh, identity" */
static void describe_activations(const critpt_model *model, char *text, size_t size)
{
    size_t used = 0;
    *text = '\0';
    for (size_t l = 0; l < critpt_mlp_n_layers(model) && used < size; l++) {
        critpt_activation activation = CRITPT_IDENTITY;
        critpt_mlp_layer(model, l, NULL, &activation, NULL);
        used += (size_t)snprintf(text + used, size - used, "%s%s", l ? ", " : "",
                                 critpt_activation_name(activation));
    }
}

void cli_describe_model(const critpt_file *file, const critpt_landscape *landscape, char *text,
                        size_t size)
{
    const char *name = critpt_file_text_value(file, CRITPT_FILE_TEXT_MODEL_NAME);
    const char *version = critpt_file_text_value(file, CRITPT_FILE_TEXT_MODEL_VERSION);
    char widths[256], activations[256];
    if (critpt_file_model(file) != CRITPT_FILE_MODEL_NETWORK) {
        snprintf(text, size, "model %.80s%s%.80s of %s", name ? name : "without a name",
                 version ? " " : "", version ? version : "",
                 critpt_file_model(file) == CRITPT_FILE_MODEL_LIBRARY ? "a shared object"
                                                                      : "its maker's own");
        return;
    }
    describe_widths(critpt_landscape_model(landscape), widths, sizeof widths);
    describe_activations(critpt_landscape_model(landscape), activations, sizeof activations);
    snprintf(text, size, "%s network (%s)", widths, activations);
}

outcome cli_moved_weight(const critpt_file *file, size_t point, double *scratch, double *moved)
{
    size_t n = critpt_file_n_weights(file);
    double *requested = scratch + n;
    outcome result;
    TRY(cli_from_library(critpt_file_point_weights(file, point, scratch, n), "%s", ""));
    TRY(cli_from_library(critpt_file_point_weights_requested(file, point, requested, n), "%s", ""));
    *moved = 0;
    for (size_t i = 0; i < n; i++)
        *moved = fmax(*moved, fabs(scratch[i] - requested[i]));
done:
    return result;
}

static void print_line(const char *what, const char *text)
{
    printf("%s", what);
    cli_print_safely(stdout, text);
    printf("\n");
}

static double value_of(const critpt_file *file, size_t point, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(file, point, quantity, &value);
    return value;
}

static bool any_kinks(const critpt_file *file)
{
    for (size_t k = 0; k < critpt_file_n_points(file); k++)
        if (isfinite(value_of(file, k, CRITPT_FILE_POINT_KINK_MARGIN)))
            return true;
    return false;
}

double cli_least_loss(const critpt_file *file)
{
    double least = NAN;
    for (size_t k = 0; k < critpt_file_n_points(file); k++)
        if (strcmp(critpt_file_point_nature(file, k), "free") != 0)
            least = fmin(least, value_of(file, k, CRITPT_FILE_POINT_LOSS));
    return least;
}

static outcome print_points(const critpt_file *file)
{
    bool kinks = any_kinks(file);
    double *scratch = NULL, moved;
    outcome result;
    TRY(cli_allocate(&scratch, 2 * critpt_file_n_weights(file), sizeof *scratch));
    double best = cli_least_loss(file);
    printf("\npoint          loss  above best      |g|   scaled  |g| float32    moved%s\n",
           kinks ? "  kink margin" : "");
    for (size_t k = 0; k < critpt_file_n_points(file); k++) {
        TRY(cli_moved_weight(file, k, scratch, &moved));
        printf("%5zu  %12.6g  %10.4g  %7.1e  %7.3g  %11.1e  %7.2g", k,
               value_of(file, k, CRITPT_FILE_POINT_LOSS),
               value_of(file, k, CRITPT_FILE_POINT_LOSS) - best,
               value_of(file, k, CRITPT_FILE_POINT_GRADIENT_NORM),
               value_of(file, k, CRITPT_FILE_POINT_GRADIENT_SCALED),
               value_of(file, k, CRITPT_FILE_POINT_GRADIENT_NORM_FLOAT32), moved);
        if (kinks)
            printf("  %11.3g", value_of(file, k, CRITPT_FILE_POINT_KINK_MARGIN));
        printf("\n");
    }
done:
    free(scratch);
    return result;
}

static bool any_basins(const critpt_file *file)
{
    for (size_t k = 0; k < critpt_file_n_points(file); k++)
        if (!isnan(value_of(file, k, CRITPT_FILE_POINT_BASIN)))
            return true;
    return false;
}

static void print_basin(const critpt_file *file, size_t k)
{
    double radius = value_of(file, k, CRITPT_FILE_POINT_BASIN);
    if (isnan(radius))
        printf("  -");
    else
        printf("  %.3g (%.0f %%)", radius, 100 * value_of(file, k, CRITPT_FILE_POINT_BASIN_SHARE));
}

/* What the Hessian says of the points, where any of it is known. */
static outcome print_kinds(const critpt_file *file)
{
    size_t n = critpt_file_n_weights(file), K = critpt_file_n_points(file), known = 0;
    double *values = NULL;
    outcome result;
    for (size_t k = 0; k < K; k++)
        known += critpt_file_point_kind(file, k) != NULL;
    if (!known)
        return DONE;
    TRY(cli_allocate(&values, n, sizeof *values));
    bool basins = any_basins(file);
    printf(
        "\npoint  kind                   index  nullity  least eigenvalue  largest      error%s\n",
        basins ? "  basin (returned)" : "");
    for (size_t k = 0; k < K; k++) {
        const char *kind = critpt_file_point_kind(file, k);
        TRY(cli_from_library(
            critpt_file_point_vector(file, k, CRITPT_FILE_VECTOR_EIGENVALUES, values, n), "%s",
            ""));
        printf("%5zu  %-21s  %5.0f  %7.0f  %16.6g  %8.3g  %7.1e", k, kind ? kind : "unknown",
               value_of(file, k, CRITPT_FILE_POINT_INDEX),
               value_of(file, k, CRITPT_FILE_POINT_NULLITY), values[0], values[n - 1],
               value_of(file, k, CRITPT_FILE_POINT_EIGENVALUE_ERROR));
        if (basins)
            print_basin(file, k);
        printf("\n");
    }
done:
    free(values);
    return result;
}

/* "2", "2 above 0", or "0, 1, 2" for a plane */
static void describe_place(const critpt_file *file, size_t condition, char *text, size_t size)
{
    size_t n = 0, points[3] = {0};
    critpt_file_condition(file, condition, NULL, &n, points);
    if (n == 3)
        snprintf(text, size, "%zu, %zu, %zu", points[0], points[1], points[2]);
    else if (n == 2)
        snprintf(text, size, "%zu above %zu", points[0], points[1]);
    else
        snprintf(text, size, "%zu", points[0]);
}

/* The kind, with what tells one from another: an entry, the size of a picture. */
static void describe_condition(const critpt_file *file, size_t condition, char *text, size_t size)
{
    critpt_condition_kind kind = CRITPT_CONDITION_GRADIENT;
    size_t rows = 0, columns = 0;
    double entry[2] = {0, 0};
    critpt_file_condition(file, condition, &kind, NULL, NULL);
    critpt_file_condition_size(file, condition, &rows, &columns);
    size_t used = (size_t)snprintf(text, size, "%s", critpt_condition_kind_name(kind));
    if (kind == CRITPT_CONDITION_PICTURE)
        snprintf(text + used, size - used, " %zu x %zu", rows, columns);
    if (kind == CRITPT_CONDITION_HESSIAN_ENTRY &&
        critpt_file_condition_array(file, condition, entry, columns) == CRITPT_OK)
        snprintf(text + used, size - used, " %.0f, %.0f", entry[0], entry[1]);
}

static double condition_of(const critpt_file *file, size_t condition,
                           critpt_condition_quantity quantity)
{
    double value = NAN;
    critpt_file_condition_value(file, condition, quantity, &value);
    return value;
}

static void print_conditions(const critpt_file *file)
{
    size_t n = critpt_file_n_conditions(file);
    char name[64], place[80];
    if (n)
        printf("\ncondition                   point          requested      achieved  residual"
               "  soft\n");
    for (size_t c = 0; c < n; c++) {
        double soft = condition_of(file, c, CRITPT_CONDITION_SOFTNESS);
        describe_condition(file, c, name, sizeof name);
        describe_place(file, c, place, sizeof place);
        printf("%5zu  %-19s  %-12s", c, name, place);
        double requested = condition_of(file, c, CRITPT_CONDITION_REQUESTED);
        if (!isnan(requested)) /* else the request was refused */
            printf("  %12.6g  %12.6g  %8.1e", requested,
                   condition_of(file, c, CRITPT_CONDITION_ACHIEVED),
                   condition_of(file, c, CRITPT_CONDITION_RESIDUAL));
        if (soft > 0)
            printf("  %.3g", soft);
        printf("\n");
    }
}

/* How many targets had to stay. */
static outcome print_frozen(const critpt_file *file)
{
    size_t D = critpt_file_n_outputs(file), count = 0;
    size_t n = critpt_file_n_samples(file) * D;
    unsigned char *mask = NULL;
    outcome result;
    if (!critpt_file_has_frozen_targets(file))
        return DONE;
    TRY(cli_allocate(&mask, n, 1));
    TRY(cli_from_library(critpt_file_frozen_targets(file, mask, D), "%s", ""));
    for (size_t i = 0; i < n; i++)
        count += mask[i];
    printf("\nfrozen         %zu of %zu targets are the base targets\n", count, n);
done:
    free(mask);
    return result;
}

static double report_of(const critpt_file *file, critpt_report_quantity quantity)
{
    double value = NAN;
    critpt_file_report_value(file, quantity, &value);
    return value;
}

static double copies_of(const critpt_file *file, size_t point)
{
    double copies = NAN;
    critpt_file_point_value(file, point, CRITPT_FILE_POINT_SYMMETRIC_COPIES, &copies);
    return copies;
}

/* How many weight vectors compute the same, in a word for all points where they agree. */
static void print_copies(const critpt_file *file)
{
    size_t K = critpt_file_n_points(file);
    double first = copies_of(file, 0);
    bool alike = true;
    for (size_t k = 1; k < K; k++)
        alike =
            alike && (copies_of(file, k) == first || (isinf(first) && isinf(copies_of(file, k))));
    if (K == 0 || isnan(first))
        return;
    if (alike && isinf(first))
        printf("copies         each point is one of a continuum that computes the same outputs\n");
    else if (alike)
        printf("copies         %.6g weight vectors compute what each point does\n", first);
    for (size_t k = 0; !alike && k < K; k++) {
        printf("copies         ");
        if (isinf(copies_of(file, k)))
            printf("point %zu is one of a continuum that computes the same outputs\n", k);
        else
            printf("%.6g weight vectors compute what point %zu does\n", copies_of(file, k), k);
    }
}

static void print_rank(const critpt_file *file, double rank)
{
    printf("rank           %.0f at tolerance %.1e, gap %.3g; %.0f redundant, %.0f null\n", rank,
           report_of(file, CRITPT_REPORT_RANK_TOLERANCE), report_of(file, CRITPT_REPORT_RANK_GAP),
           report_of(file, CRITPT_REPORT_REDUNDANT), report_of(file, CRITPT_REPORT_NULL));
    printf("condition      %.2g\n", report_of(file, CRITPT_REPORT_CONDITION));
}

static void print_summary(const critpt_file *file)
{
    double rank = report_of(file, CRITPT_REPORT_RANK);
    printf("\nequations      %.0f in %.0f unknowns\n", report_of(file, CRITPT_REPORT_EQUATIONS),
           report_of(file, CRITPT_REPORT_UNKNOWNS));
    if (isnan(rank))
        printf("rank           unknown, as is the condition: solved without a triangle\n");
    else
        print_rank(file, rank);
    printf("distance       %.4g from the base targets\n", report_of(file, CRITPT_REPORT_DISTANCE));
    printf("amplification  %.3g\n", report_of(file, CRITPT_REPORT_AMPLIFICATION));
    print_copies(file);
    for (size_t i = 0; i < critpt_file_n_warnings(file); i++)
        print_line("warning: ", critpt_file_warning(file, i));
}

/* Minima that were asked for and are ones beside null directions only. */
static void print_complements(const critpt_file *file)
{
    for (size_t k = 0; k < critpt_file_n_points(file); k++) {
        const char *kind = critpt_file_point_kind(file, k);
        if (kind && !strcmp(kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT)) &&
            !strcmp(critpt_file_point_nature(file, k), critpt_kind_name(CRITPT_MINIMUM)))
            printf(
                "point %zu is a minimum on the complement of %.0f null direction%s, not a strict "
                "one\n",
                k, value_of(file, k, CRITPT_FILE_POINT_NULLITY),
                value_of(file, k, CRITPT_FILE_POINT_NULLITY) > 1 ? "s" : "");
    }
}

static void print_count(const char *before, size_t n, const char *what)
{
    printf("%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

/* What rests on a model that is not in the file. */
static void print_trust(const critpt_file *file)
{
    int exact = critpt_file_exact_orders(file);
    if (critpt_file_model(file) == CRITPT_FILE_MODEL_NETWORK)
        return;
    if (exact < 2)
        printf("points are critical to the accuracy of differences: the model's %s derivatives are "
               "made of them\n",
               exact < 1 ? "first and second" : "second");
    printf("gradients, kinds and eigenvalues rest on the model's own derivatives\n");
}

outcome cli_print_report(const critpt_file *file, const char *path,
                         const critpt_landscape *landscape)
{
    const char *refused = critpt_file_text_value(file, CRITPT_FILE_TEXT_REFUSED);
    char model[CLI_MODEL];
    cli_describe_model(file, landscape, model, sizeof model);
    if (refused)
        print_line("NOT PLANTED: ", refused);
    print_complements(file);
    cli_print_name(stdout, path);
    print_count(": ", critpt_file_n_points(file), "point");
    printf(" of a ");
    cli_print_name(stdout, model);
    print_count(", ", critpt_file_n_weights(file), "weight");
    print_count(", on ", critpt_file_n_samples(file), "sample");
    printf("\n");
    print_trust(file);
    outcome result = print_points(file);
    if (result == DONE)
        result = print_kinds(file);
    if (result == DONE) {
        print_conditions(file);
        result = print_frozen(file);
    }
    if (result == DONE && !isnan(report_of(file, CRITPT_REPORT_EQUATIONS)))
        print_summary(file);
    return result;
}
