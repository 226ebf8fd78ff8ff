/* From a table to inputs. Columns that hardly vary make isolated samples and conflicts (MATH 5,
 * fact 11), so they can be dropped by counting. */
#include "spec/dataset.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "critpt.h"
#include "data/moments.h"
#include "spec/source.h"

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many samples are off a column's commonest value. `sorted` is scratch for n numbers. */
static size_t count_off_mode(const table *t, size_t column, double *sorted)
{
    size_t n = t->rows, longest = 0;
    for (size_t i = 0; i < n; i++)
        sorted[i] = t->values[i * t->columns + column];
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start; end < n && !(sorted[end] > sorted[start]); end++)
            ;
        longest = end - start > longest ? end - start : longest;
    }
    return n - longest;
}

/* Sorts the table's columns into kept and dropped ones. */
static outcome choose_columns(dataset *d, const table *t, const input_spec *inputs)
{
    double *sorted = NULL;
    outcome result;
    TRY(cli_allocate(&d->columns, t->columns, sizeof *d->columns));
    TRY(cli_allocate(&d->dropped, t->columns, sizeof *d->dropped));
    TRY(cli_allocate(&sorted, t->rows, sizeof *sorted));
    for (size_t j = 0; j < t->columns; j++) {
        size_t off = count_off_mode(t, j, sorted);
        bool constant = inputs->drop_constant && off == 0;
        if (constant || off < inputs->drop_rare)
            d->dropped[d->n_dropped++] = (dropped_column){t->source[j], off};
        else
            d->columns[d->n_columns++] = j; /* the table's for now */
    }
    if (!d->n_columns)
        TRY(cli_fail(BAD_INPUT, "%s: drop_constant and drop_rare leave none of the %zu columns",
                     inputs->source.path, t->columns));
done:
    free(sorted);
    return result;
}

static outcome copy_columns(dataset *d, const table *t)
{
    outcome result;
    TRY(cli_allocate(&d->values, d->n_samples * d->n_columns, sizeof *d->values));
    for (size_t i = 0; i < d->n_samples; i++)
        for (size_t j = 0; j < d->n_columns; j++)
            d->values[i * d->n_columns + j] = t->values[i * t->columns + d->columns[j]];
    for (size_t j = 0; j < d->n_columns; j++)
        d->columns[j] = t->source[d->columns[j]];
done:
    return result;
}

static bool is_constant(const dataset *d, size_t column)
{
    for (size_t i = 1; i < d->n_samples; i++)
        if (d->values[i * d->n_columns + column] < d->values[column] ||
            d->values[i * d->n_columns + column] > d->values[column])
            return false;
    return true;
}

static outcome standardize_column(dataset *d, size_t j, const char *file)
{
    if (is_constant(d, j))
        return cli_fail(BAD_INPUT,
                        "%s: column %zu is %g in every row and cannot be standardized; set "
                        "drop_constant or leave it out of columns",
                        file, d->columns[j], d->values[j]);
    const moments m = data_moments_of(d->values + j, d->n_samples, d->n_columns);
    if (!isfinite(m.deviation))
        return cli_fail(BAD_INPUT,
                        "%s: column %zu has values that differ from its mean, %g, by more than the "
                        "range of double; rescale the column",
                        file, d->columns[j], m.mean);
    if (m.deviation < DBL_MIN) /* neither it nor the mean's low part has all its digits */
        return cli_fail(BAD_INPUT,
                        "%s: the standard deviation of column %zu is %g, where doubles lose "
                        "digits; rescale the column",
                        file, d->columns[j], m.deviation);
    d->mean[j] = m.mean;
    d->mean_low[j] = m.mean_low;
    d->scale[j] = m.deviation;
    for (size_t i = 0; i < d->n_samples; i++) {
        double *x = &d->values[i * d->n_columns + j];
        *x = ((*x - m.mean) - m.mean_low) / m.deviation;
    }
    return DONE;
}

static outcome build_from_table(dataset *d, const input_spec *inputs)
{
    table t;
    outcome result = spec_source_read(&inputs->source, &t);
    if (result != DONE)
        return result;
    d->n_samples = t.rows;
    TRY(choose_columns(d, &t, inputs));
    TRY(copy_columns(d, &t));
    TRY(cli_allocate(&d->mean, d->n_columns, sizeof *d->mean));
    TRY(cli_allocate(&d->mean_low, d->n_columns, sizeof *d->mean_low));
    TRY(cli_allocate(&d->scale, d->n_columns, sizeof *d->scale));
    for (size_t j = 0; j < d->n_columns; j++) {
        d->scale[j] = 1;
        if (inputs->standardize)
            TRY(standardize_column(d, j, inputs->source.path));
    }
done:
    data_table_free(&t);
    return result;
}

static outcome draw(dataset *d, const input_spec *inputs, size_t n_inputs, uint64_t seed)
{
    size_t n = inputs->samples;
    outcome result;
    if (n > SIZE_MAX / sizeof(double) / 2 / n_inputs)
        TRY(cli_fail(BAD_INPUT, "%zu samples of %zu inputs are more than this machine can address",
                     n, n_inputs));
    d->n_samples = n;
    d->n_columns = n_inputs;
    n *= n_inputs;
    TRY(cli_allocate(&d->values, n, sizeof *d->values));
    TRY(cli_allocate(&d->columns, n_inputs, sizeof *d->columns));
    TRY(cli_allocate(&d->mean, n_inputs, sizeof *d->mean));
    TRY(cli_allocate(&d->mean_low, n_inputs, sizeof *d->mean_low));
    TRY(cli_allocate(&d->scale, n_inputs, sizeof *d->scale));
    for (size_t j = 0; j < n_inputs; j++) {
        d->columns[j] = j;
        d->scale[j] = 1;
    }
    if (inputs->source.kind == SOURCE_NORMAL) {
        TRY(cli_from_library(critpt_random_normal(seed, CRITPT_STREAM_INPUTS, 0, d->values, n),
                             "inputs"));
        return DONE;
    }
    TRY(cli_from_library(critpt_random_uniform(seed, CRITPT_STREAM_INPUTS, 0, d->values, n),
                         "inputs"));
    for (size_t i = 0; i < n; i++) /* no overflow where high - low has none */
        d->values[i] = inputs->low + (inputs->high - inputs->low) * d->values[i];
done:
    return result;
}

outcome spec_dataset_build(dataset *d, const input_spec *inputs, size_t n_inputs, uint64_t seed)
{
    *d = (dataset){0};
    bool random = inputs->source.kind == SOURCE_NORMAL || inputs->source.kind == SOURCE_UNIFORM;
    outcome result = random ? draw(d, inputs, n_inputs, seed) : build_from_table(d, inputs);
    if (result != DONE)
        spec_dataset_free(d);
    return result;
}

void spec_dataset_free(dataset *d)
{
    free(d->values);
    free(d->columns);
    free(d->mean);
    free(d->mean_low);
    free(d->scale);
    free(d->dropped);
    *d = (dataset){0};
}

/* Sorts n numbers and keeps one of each; returns how many are left. */
static size_t sort_unique(double *numbers, size_t n)
{
    qsort(numbers, n, sizeof *numbers, compare_doubles);
    size_t kept = n ? 1 : 0;
    for (size_t i = 1; i < n; i++)
        if (numbers[i] > numbers[kept - 1])
            numbers[kept++] = numbers[i];
    return kept;
}

outcome spec_one_hot(double **values, size_t rows, size_t *columns, const char *where)
{
    double *classes = NULL, *hot = NULL;
    outcome result;
    if (*columns != 1)
        TRY(cli_fail(BAD_INPUT, "%s: one_hot needs one column of labels, not %zu; set columns",
                     where, *columns));
    TRY(cli_allocate(&classes, rows, sizeof *classes));
    memcpy(classes, *values, rows * sizeof *classes);
    size_t n = sort_unique(classes, rows);
    if (n > 65536)
        TRY(cli_fail(BAD_INPUT,
                     "%s: the label column has %zu different values; choose another column", where,
                     n));
    TRY(cli_allocate(&hot, rows * n, sizeof *hot));
    for (size_t i = 0; i < rows; i++) {
        double *found = bsearch(&(*values)[i], classes, n, sizeof *classes, compare_doubles);
        hot[i * n + (size_t)(found - classes)] = 1;
    }
    free(*values);
    *values = hot;
    *columns = n;
done:
    free(classes);
    return result;
}
