/* critpt export: a landscape's arrays as CSV or NumPy files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trial.h"
#include "critpt_file.h"
#include "cli/json_memory.h"
#include "cli/json_number.h"
#include "cli/output_set.h"

extern const command export_command; /* a row of main.c */

typedef struct exporter {
    output_set set;
    bool npy, float32;
    json_t *files; /* names of those that were written */
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

/* Format 1.0 of NumPy: magic, header padded with spaces to a multiple of 64 bytes, then data. */
static void write_header(FILE *stream, const char *type, const char *shape)
{
    char header[128];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type,
             shape);
    int length = 128 - 10; /* what follows the first ten bytes */
    fwrite("\x93NUMPY\x01\x00", 1, 8, stream);
    fputc(length & 255, stream);
    fputc(length >> 8, stream);
    fprintf(stream, "%-*s\n", length - 1, header);
}

static void write_npy(FILE *stream, const double *values, size_t rows, size_t columns, bool vector,
                      bool float32)
{
    char shape[64];
    snprintf(shape, sizeof shape, vector ? "(%zu,)" : "(%zu, %zu)", rows, columns);
    write_header(stream, float32 ? "<f4" : "<f8", shape);
    for (size_t i = 0; i < rows * columns; i++)
        write_number(stream, values[i], float32);
}

static outcome open_file(exporter *e, const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, e->npy ? "npy" : "csv");
    json_array_append_new(e->files, json_string(file));
    outcome result = cli_json_require_memory();
    return result == DONE ? cli_output_open(&e->set, file) : result;
}

/* columns 0: a vector. */
static outcome export_matrix(exporter *e, const char *name, const double *values, size_t rows,
                             size_t columns)
{
    bool vector = columns == 0;
    outcome result;
    TRY(open_file(e, name));
    if (e->npy)
        write_npy(e->set.current, values, rows, vector ? 1 : columns, vector, e->float32);
    else
        write_csv(e->set.current, values, rows, vector ? 1 : columns, e->float32);
    TRY(cli_output_close(&e->set));
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

static bool all_zero(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] < 0 || values[i] > 0)
            return false;
    return true;
}

static outcome export_penalty(exporter *e, const critpt_file *file)
{
    size_t P = critpt_file_n_weights(file);
    double *values = NULL;
    outcome result;
    TRY(cli_allocate(&values, 2 * P, sizeof *values));
    TRY(cli_from_library(critpt_file_penalty(file, values, values + P, P), "%s", ""));
    if (!all_zero(values, P))
        TRY(export_matrix(e, "penalty", values, P, 0));
    if (!all_zero(values + P, P))
        TRY(export_matrix(e, "penalty_centre", values + P, P, 0));
done:
    free(values);
    return result;
}

static outcome export_data(exporter *e, const critpt_file *file)
{
    size_t n = critpt_file_n_samples(file), d = critpt_file_n_inputs(file);
    size_t D = critpt_file_n_outputs(file);
    double *values = NULL; /* room for each of them */
    outcome result;
    TRY(cli_allocate(&values, n * d + n * D + n + D * D, sizeof *values));
    TRY(cli_from_library(critpt_file_inputs(file, values, d), "%s", ""));
    TRY(export_matrix(e, "inputs", values, n, d));
    TRY(cli_from_library(critpt_file_targets(file, values, D), "%s", ""));
    TRY(export_matrix(e, "targets", values, n, D));
    TRY(cli_from_library(critpt_file_sample_weights(file, values, n), "%s", ""));
    if (!all_ones(values, n))
        TRY(export_matrix(e, "sample_weights", values, n, 0));
    TRY(cli_from_library(critpt_file_output_metric(file, values, D), "%s", ""));
    if (!is_identity(values, D))
        TRY(export_matrix(e, "output_metric", values, D, D));
    if (critpt_file_has_base_targets(file)) {
        TRY(cli_from_library(critpt_file_base_targets(file, values, D), "%s", ""));
        TRY(export_matrix(e, "base_targets", values, n, D));
    }
    TRY(export_penalty(e, file));
done:
    free(values);
    return result;
}

static outcome export_points(exporter *e, const critpt_file *file)
{
    size_t K = critpt_file_n_points(file), n = critpt_file_n_weights(file);
    double *weights = NULL;
    outcome result;
    TRY(cli_allocate(&weights, K * n, sizeof *weights));
    for (size_t k = 0; k < K; k++)
        TRY(cli_from_library(critpt_file_point_weights(file, k, weights + k * n, n), "%s", ""));
    TRY(export_matrix(e, "weights", weights, K, n));
done:
    free(weights);
    return result;
}

/* One kind a line, or an array of strings; what is not known is empty. */
static outcome export_kinds(exporter *e, const critpt_file *file)
{
    enum { LONGEST = 24 }; /* letters of a kind, and more */
    size_t K = critpt_file_n_points(file), known = 0;
    char shape[32];
    outcome result;
    for (size_t k = 0; k < K; k++)
        known += critpt_file_point_kind(file, k) != NULL;
    if (!known)
        return DONE;
    snprintf(shape, sizeof shape, "(%zu,)", K);
    TRY(open_file(e, "kinds"));
    if (e->npy)
        write_header(e->set.current, "<U24", shape);
    for (size_t k = 0; k < K; k++) {
        const char *kind = critpt_file_point_kind(file, k);
        if (!e->npy)
            fprintf(e->set.current, "%s\n", kind ? kind : "");
        for (size_t i = 0, n = kind ? strlen(kind) : 0; e->npy && i < LONGEST; i++) {
            fputc(i < n ? kind[i] : 0, e->set.current); /* UCS-4, the least byte first */
            fwrite("\0\0\0", 1, 3, e->set.current);
        }
    }
    TRY(cli_output_close(&e->set));
done:
    return result;
}

/* Losses, K numbers, and a vector a row of each point; where none is known they have no file. */
static outcome export_knowledge(exporter *e, const critpt_file *file, size_t P)
{
    static const struct {
        critpt_file_vector which;
        const char *name;
    } vectors[] = {{CRITPT_FILE_VECTOR_EIGENVALUES, "eigenvalues"},
                   {CRITPT_FILE_VECTOR_ESCAPE, "escapes"}};
    size_t K = critpt_file_n_points(file), known = 0;
    double *values = NULL;
    outcome result;
    TRY(cli_allocate(&values, K * P, sizeof *values));
    for (size_t k = 0; k < K; k++) {
        TRY(cli_from_library(critpt_file_point_value(file, k, CRITPT_FILE_POINT_LOSS, &values[k]),
                             "%s", ""));
        known += isnan(values[k]) ? 0 : 1;
    }
    if (known)
        TRY(export_matrix(e, "losses", values, K, 0));
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        known = 0;
        for (size_t k = 0; k < K; k++) {
            TRY(cli_from_library(
                critpt_file_point_vector(file, k, vectors[i].which, values + k * P, P), "%s", ""));
            known += isnan(values[k * P]) ? 0 : 1;
        }
        if (known)
            TRY(export_matrix(e, vectors[i].name, values, K, P));
    }
    TRY(export_kinds(e, file));
done:
    free(values);
    return result;
}

static outcome export_all(exporter *e, const char *path, uint64_t limit, const char *directory)
{
    critpt_file *file = NULL;
    outcome result;
    TRY(cli_read_landscape(&file, path, limit));
    TRY(cli_output_begin(&e->set, directory));
    TRY(export_data(e, file));
    TRY(export_points(e, file));
    TRY(export_knowledge(e, file, critpt_file_n_weights(file)));
    TRY(cli_output_commit(&e->set));
done:
    cli_output_end(&e->set);
    critpt_file_destroy(file);
    return result;
}

static outcome run(int n_arguments, char **arguments)
{
    exporter e = {.files = json_array()};
    bool json = false;
    uint64_t limit = 0;
    const char *path, *csv = NULL, *npy = NULL;
    const option_spec options[] = {{.name = "--csv", .text = &csv},
                                   {.name = "--npy", .text = &npy},
                                   {.name = "--float32", .flag = &e.float32},
                                   {.name = "--json", .flag = &json},
                                   READ_LIMIT_OPTION(&limit)};
    outcome result;
    TRY(cli_parse_arguments(&export_command, n_arguments, arguments, options, 5,
                            "the landscape file", &path));
    if (!csv == !npy)
        TRY(cli_fail(BAD_INPUT, "give one of --csv DIR and --npy DIR; usage: %s",
                     export_command.usage));
    e.npy = npy != NULL;
    TRY(export_all(&e, path, limit, npy ? npy : csv));
    if (json) {
        json_t *root = json_pack("{s:o, s:o, s:O}", "file", cli_json_text(path), "directory",
                                 cli_json_text(npy ? npy : csv), "files", e.files);
        result = cli_print_json(root);
        json_decref(root);
    }
done:
    json_decref(e.files);
    return result;
}

const command export_command = {
    "export",
    "critpt export FILE.h5 --csv DIR | --npy DIR [--float32]" READ_LIMIT_USAGE " [--json]",
    "Writes inputs, targets, base_targets, weights (one point a row), where they are set\n"
    "sample_weights, output_metric, penalty and penalty_centre, and where they are known losses,\n"
    "kinds, eigenvalues and escapes (one point a row) as files of DIR.\n\n"
    "    --csv DIR   as comma-separated values\n"
    "    --npy DIR   for numpy.load\n"
    "    --float32   rounded to single precision\n" READ_LIMIT_HELP
    "    --json      the names of the files as JSON\n",
    run,
};
