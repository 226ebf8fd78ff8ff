/* critpt export: a landscape's arrays as CSV or NumPy files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "critpt_file.h"
#include "output_set.h"
#include "problem.h"

typedef struct exporter {
    output_set set;
    bool npy, float32;
} exporter;

/* ---- One matrix ---- */

static void write_csv(FILE *stream, const double *values, size_t rows, size_t columns, bool float32)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double value = values[i * columns + j];
            int digits = float32 ? 9 : 17; /* enough to read the same number back */
            fprintf(stream, "%.*g%c", digits, float32 ? (double)(float)value : value,
                    j + 1 < columns ? ',' : '\n');
        }
}

/* The least significant byte first, whatever the machine. */
static void write_number(FILE *stream, double value, bool float32)
{
    unsigned char bytes[8];
    size_t n = float32 ? 4 : 8;
    float narrow = (float)value;
    uint32_t half;
    uint64_t whole;
    memcpy(&half, &narrow, sizeof half);
    memcpy(&whole, &value, sizeof whole);
    whole = float32 ? half : whole;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(whole >> 8 * i);
    fwrite(bytes, 1, n, stream);
}

/* Format 1.0 of NumPy: magic, header padded with spaces to a multiple of 64 bytes, data. */
static void write_npy(FILE *stream, const double *values, size_t rows, size_t columns, bool vector,
                      bool float32)
{
    char header[128], shape[64];
    snprintf(shape, sizeof shape, vector ? "(%zu,)" : "(%zu, %zu)", rows, columns);
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
             float32 ? "<f4" : "<f8", shape);
    int length = 128 - 10; /* what follows the first ten bytes */
    fwrite("\x93NUMPY\x01\x00", 1, 8, stream);
    fputc(length & 255, stream);
    fputc(length >> 8, stream);
    fprintf(stream, "%-*s\n", length - 1, header);
    for (size_t i = 0; i < rows * columns; i++)
        write_number(stream, values[i], float32);
}

/* columns 0: a vector. */
static outcome export_matrix(exporter *e, const char *name, const double *values, size_t rows,
                             size_t columns)
{
    char file[64];
    bool vector = columns == 0;
    outcome result;
    snprintf(file, sizeof file, "%s.%s", name, e->npy ? "npy" : "csv");
    TRY(output_open(&e->set, file));
    if (e->npy)
        write_npy(e->set.current, values, rows, vector ? 1 : columns, vector, e->float32);
    else
        write_csv(e->set.current, values, rows, vector ? 1 : columns, e->float32);
    TRY(output_close(&e->set));
done:
    return result;
}

/* ---- The arrays of a file ---- */

static bool all_ones(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] < 1 || values[i] > 1)
            return false;
    return true;
}

static bool is_identity(const double *values, size_t n)
{
    for (size_t i = 0; i < n * n; i++)
        if (fabs(values[i] - (i / n == i % n)) > 0)
            return false;
    return true;
}

static outcome export_data(exporter *e, const problem *p)
{
    size_t n = p->exact.n_samples, D = p->n_outputs;
    outcome result;
    TRY(export_matrix(e, "inputs", p->inputs, n, p->widths[0]));
    TRY(export_matrix(e, "targets", p->targets, n, D));
    if (!all_ones(p->sample_weights, n))
        TRY(export_matrix(e, "sample_weights", p->sample_weights, n, 0));
    if (!is_identity(p->metric, D))
        TRY(export_matrix(e, "output_metric", p->metric, D, D));
done:
    return result;
}

static outcome export_base_targets(exporter *e, const critpt_file *file, const problem *p)
{
    double *base = NULL;
    outcome result = DONE;
    if (!critpt_file_has_base_targets(file))
        return DONE;
    TRY(allocate(&base, p->exact.n_samples * p->n_outputs, sizeof *base));
    TRY(from_library(critpt_file_base_targets(file, base, p->n_outputs), "%s", ""));
    TRY(export_matrix(e, "base_targets", base, p->exact.n_samples, p->n_outputs));
done:
    free(base);
    return result;
}

static outcome export_points(exporter *e, const critpt_file *file, const problem *p)
{
    size_t K = critpt_file_n_points(file), n = p->n_weights;
    double *weights = NULL;
    outcome result;
    TRY(allocate(&weights, K * n, sizeof *weights));
    for (size_t k = 0; k < K; k++)
        TRY(from_library(critpt_file_point_weights(file, k, weights + k * n, n), "%s", ""));
    TRY(export_matrix(e, "weights", weights, K, n));
done:
    free(weights);
    return result;
}

static outcome export_all(exporter *e, const char *path, const char *directory)
{
    critpt_file *file = NULL;
    critpt_landscape *landscape = NULL;
    problem p = {0};
    outcome result;
    TRY(from_library(critpt_file_read(&file, path), "%s", ""));
    TRY(from_library(critpt_file_landscape(file, &landscape), "%s", path));
    TRY(problem_load(&p, landscape));
    TRY(output_begin(&e->set, directory));
    TRY(export_data(e, &p));
    TRY(export_base_targets(e, file, &p));
    TRY(export_points(e, file, &p));
    TRY(output_commit(&e->set));
done:
    output_end(&e->set);
    problem_free(&p);
    critpt_landscape_destroy(landscape);
    critpt_file_destroy(file);
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    exporter e = {.npy = false};
    const char *path, *csv = NULL, *npy = NULL;
    const option_spec options[] = {{.name = "--csv", .text = &csv},
                                   {.name = "--npy", .text = &npy},
                                   {.name = "--float32", .flag = &e.float32}};
    outcome result = parse_arguments(&export_command, n_arguments, arguments, options, 3,
                                     "the landscape file", &path);
    if (result == DONE && !csv == !npy)
        result = fail_with(BAD_INPUT, "give one of --csv DIR and --npy DIR; usage: %s",
                           export_command.usage);
    if (result != DONE)
        return result;
    e.npy = npy != NULL;
    return export_all(&e, path, npy ? npy : csv);
}

const command export_command = {
    "export",
    "critpt export FILE.h5 --csv DIR | --npy DIR [--float32]",
    "Writes inputs, targets, base_targets, weights (one point a row) and, where they are set,\n"
    "sample_weights and output_metric as files of DIR.\n\n"
    "    --csv DIR   as comma-separated values\n"
    "    --npy DIR   for numpy.load\n"
    "    --float32   rounded to single precision\n",
    run,
};
