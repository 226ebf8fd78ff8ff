/* A file has radii and shares, and in its warnings why one is not known. */
#include "report/basins.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"

static double value_of(const critpt_file *file, size_t k, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(file, k, quantity, &value);
    return value;
}

static bool is_minimum(const critpt_file *file, size_t k)
{
    const char *kind = critpt_file_point_kind(file, k);
    return kind && (!strcmp(kind, critpt_kind_name(CRITPT_MINIMUM)) ||
                    !strcmp(kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT)));
}

/* What the warning of critpt plant says after its colon; NULL: there is none. */
static const char *reason_of(const critpt_file *file, size_t k)
{
    char beginning[64];
    snprintf(beginning, sizeof beginning, "the basin of point %zu is not known: ", k);
    for (size_t i = 0; i < critpt_file_n_warnings(file); i++) {
        const char *warning = critpt_file_warning(file, i);
        if (!strncmp(warning, beginning, strlen(beginning)))
            return warning + strlen(beginning);
    }
    return NULL;
}

static const char *words_of(const critpt_file *file, size_t k, double radius)
{
    const char *reason = reason_of(file, k);
    if (radius > 0)
        return "";
    if (!isnan(radius))
        return "below 1/4096 of the norm of the weights: fewer than 29 starts came back from there";
    return reason ? reason : "not measured: critpt plant --basins measures it";
}

static outcome print_row(FILE *stream, const critpt_file *file, size_t k, double *weights)
{
    double radius = value_of(file, k, CRITPT_FILE_POINT_BASIN), norm = 0;
    size_t P = critpt_file_n_weights(file);
    outcome result;
    TRY(cli_from_library(critpt_file_point_weights(file, k, weights, P), "%s", ""));
    for (size_t i = 0; i < P; i++)
        norm = hypot(norm, weights[i]);
    fprintf(stream, "<tr><td>%zu</td>", k);
    report_cell(stream, radius);
    report_cell(stream, norm > 0 ? radius / norm : NAN);
    report_cell(stream, value_of(file, k, CRITPT_FILE_POINT_BASIN_SHARE));
    fprintf(stream, "<td style=\"white-space:normal;text-align:left\">");
    report_text(stream, words_of(file, k, radius));
    fprintf(stream, "</td></tr>\n");
done:
    return result;
}

outcome report_basins(FILE *stream, const critpt_file *file)
{
    size_t K = critpt_file_n_points(file), n = 0;
    double *weights = NULL;
    outcome result;
    for (size_t k = 0; k < K; k++)
        n += is_minimum(file, k);
    if (!n)
        return DONE;
    TRY(cli_allocate(&weights, critpt_file_n_weights(file), sizeof *weights));
    report_section(
        stream, "Basins",
        "The radius around a minimum from which at least 29 of 32 descents came back, and "
        "the share that did: measured, not proven.");
    fprintf(stream, "<div class=\"wide\"><table>\n<tr><th>minimum</th><th>radius</th>"
                    "<th>of the norm of the weights</th><th>share of starts</th><th></th></tr>\n");
    for (size_t k = 0; k < K; k++)
        if (is_minimum(file, k))
            TRY(print_row(stream, file, k, weights));
    fprintf(stream, "</table></div>\n");
done:
    free(weights);
    return result;
}
