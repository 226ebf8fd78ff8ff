/* CSV by table.c, HDF5 by libcritpt-file. */
#include "spec/source.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/input.h"
#include "cli/trial.h"
#include "lib/file/path.h"
#include "critpt_file.h"

/* A dataset may be compressed, but not beyond all measure. */
static outcome require_room(const data_source *source, double bytes)
{
    int descriptor;
    uint64_t size;
    outcome result = cli_input_open(source->path, &descriptor, &size);
    if (result != DONE)
        return result;
    close(descriptor);
    double room = fmin(cpt_file_room(size, source->read_limit), (double)(SIZE_MAX / 2));
    if (bytes <= room)
        return DONE;
    return cli_fail(ENVIRONMENT,
                    "%s: dataset %s takes %.4g bytes of memory, more than the %.4g that may be "
                    "read from it; raise read_limit if the file is to be trusted",
                    source->path, source->dataset, bytes, room);
}

static void read_and_forget(void *user)
{
    const data_source *source = user;
    size_t rows, columns;
    double *values = NULL;
    if (critpt_file_dataset_size(source->path, source->dataset, &rows, &columns) == CRITPT_OK &&
        require_room(source, (double)rows * (double)columns * sizeof(double)) == DONE &&
        cli_allocate(&values, rows * columns, sizeof *values) == DONE && rows && columns)
        (void)critpt_file_dataset_read(source->path, source->dataset, values, rows, columns,
                                       columns);
    free(values);
}

static outcome read_dataset(const data_source *source, table *t)
{
    outcome result;
    *t = (table){0, 0, NULL, NULL};
    data_source tried = *source;
    TRY(cli_try(read_and_forget, &tried, source->path, CLI_DAMAGED_HDF5));
    TRY(cli_from_library(
        critpt_file_dataset_size(source->path, source->dataset, &t->rows, &t->columns), "%s", ""));
    if (!t->rows || !t->columns)
        TRY(cli_fail(BAD_INPUT,
                     "%s: dataset %s has %zu rows and %zu columns; at least one of each "
                     "is needed",
                     source->path, source->dataset, t->rows, t->columns));
    TRY(require_room(source, (double)t->rows * (double)t->columns * sizeof(double)));
    TRY(cli_allocate(&t->values, t->rows * t->columns, sizeof *t->values));
    TRY(cli_allocate(&t->source, t->columns, sizeof *t->source));
    for (size_t j = 0; j < t->columns; j++)
        t->source[j] = j;
    TRY(cli_from_library(critpt_file_dataset_read(source->path, source->dataset, t->values, t->rows,
                                                  t->columns, t->columns),
                         "%s", ""));
done:
    if (result != DONE)
        data_table_free(t);
    return result;
}

outcome spec_source_read(const data_source *source, table *t)
{
    if (source->kind == SOURCE_HDF5)
        return read_dataset(source, t);
    const table_format format = {.columns = source->columns,
                                 .names = source->names,
                                 .n_names = source->n_names,
                                 .header = source->header,
                                 .skip_lines = source->skip_rows,
                                 .separator = source->separator,
                                 .read_limit = source->read_limit};
    return data_table_read(t, source->path, &format);
}
