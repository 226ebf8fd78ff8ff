/* Tables of numbers of a given shape, and the weights of points, drawn or read. */
#include "plant/weights.h"

#include <string.h>

#include "spec/source.h"

outcome plant_read_shaped(const data_source *source, const char *what, size_t rows, size_t columns,
                          bool either, table *t)
{
    outcome result = spec_source_read(source, t);
    if (result != DONE)
        return result;
    if ((t->rows == rows && t->columns == columns) ||
        (either && t->rows == columns && t->columns == rows))
        return DONE;
    result = cli_fail(BAD_INPUT, "%s: %s has %zu rows and %zu columns; %zu and %zu are needed",
                      source->path, what, t->rows, t->columns, rows, columns);
    data_table_free(t);
    return result;
}

outcome plant_find_weights(const instance *made, size_t k, double *weights, size_t n)
{
    const spec *s = &made->spec;
    const data_source *source = &s->points[k].weights;
    table t;
    if (!source->kind)
        return cli_from_library(critpt_model_draw_weights(made->model, s->seed, s->candidates + k,
                                                          s->init_scale, weights, n),
                                "%s: points[%zu]", s->file, k);
    outcome result = plant_read_shaped(source, "the weight vector", 1, n, true, &t);
    if (result != DONE)
        return result;
    memcpy(weights, t.values, n * sizeof *weights);
    data_table_free(&t);
    return DONE;
}
