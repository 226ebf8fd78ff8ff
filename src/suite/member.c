/* Drawing and printing. */
#include "suite/member.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "critpt.h"

const size_t suite_sizes[SUITE_SIZES] = {10, 20, 40, 60, 80, 100};

enum { STEPS = 1024 }; /* numbers are multiples of its inverse */

void suite_member_begin(suite_member *m, const char *suite, size_t family, size_t n_weights,
                        size_t instance)
{
    *m = (suite_member){.family = family, .n_weights = n_weights, .instance = instance};
    m->seed = 100000 * family + 100 * n_weights + instance;
    snprintf(m->name, sizeof m->name, "%.16s_p%03zu_f%zu_i%zu", suite, n_weights, family, instance);
}

void suite_member_free(suite_member *m)
{
    free(m->points);
    suite_text_free(&m->spec);
    suite_text_free(&m->weights);
    suite_text_free(&m->inputs);
    *m = (suite_member){0};
}

outcome suite_draw(suite_member *m, double low, double high, double *numbers, size_t n)
{
    outcome result = cli_from_library(
        critpt_random_uniform(m->seed, CRITPT_STREAM_POINTS, m->drawn, numbers, n), "%s", m->name);
    for (size_t i = 0; result == DONE && i < n; i++)
        numbers[i] = low + floor(numbers[i] * (high - low) * STEPS) / STEPS;
    m->drawn += n;
    return result;
}

/* A matrix as CSV. */
static outcome print_matrix(suite_text *text, const double *values, size_t rows, size_t columns)
{
    outcome result = DONE;
    for (size_t i = 0; i < rows * columns; i++)
        TRY(suite_print(text, "%.17g%c", values[i], (i + 1) % columns ? ',' : '\n'));
done:
    return result;
}

static outcome print_head(suite_member *m, const char *model)
{
    return suite_print(&m->spec, "{\n \"model\": %s,\n \"seed\": %llu,\n", model,
                       (unsigned long long)m->seed);
}

outcome suite_begin_spec(suite_member *m, const char *model, size_t n_samples)
{
    outcome result;
    m->n_samples = n_samples;
    TRY(print_head(m, model));
    TRY(suite_print(&m->spec,
                    " \"inputs\": {\"uniform\": {\"samples\": %zu, \"low\": -2, \"high\": 2}},\n"
                    " \"points\": [",
                    n_samples));
done:
    return result;
}

outcome suite_begin_spec_with_inputs(suite_member *m, const char *model, size_t n_samples,
                                     size_t n_inputs, const double *inputs)
{
    outcome result;
    m->n_samples = n_samples;
    TRY(print_head(m, model));
    TRY(suite_print(&m->spec, " \"inputs\": {\"csv\": \"%s-inputs.csv\"},\n \"points\": [",
                    m->name));
    TRY(print_matrix(&m->inputs, inputs, n_samples, n_inputs));
done:
    return result;
}

outcome suite_add_point(suite_member *m, const double *weights, const char *format, ...)
{
    size_t P = m->n_weights, k = m->n_points;
    va_list arguments;
    outcome result;
    va_start(arguments, format);
    TRY(cli_grow(&m->points, &m->capacity, (k + 1) * P, sizeof *m->points));
    memcpy(m->points + k * P, weights, P * sizeof *weights);
    m->n_points++;
    TRY(suite_print(&m->spec, "%s\n  {\"weights\": {\"csv\": \"%s.csv\", \"columns\": \"%zu\"}, ",
                    k ? "," : "", m->name, k));
    TRY(suite_print_list(&m->spec, format, arguments));
    TRY(suite_print(&m->spec, "}"));
done:
    va_end(arguments);
    return result;
}

outcome suite_end_spec(suite_member *m)
{
    outcome result;
    TRY(suite_print(&m->spec, "\n ]\n}\n"));
    for (size_t i = 0; i < m->n_weights; i++)
        for (size_t k = 0; k < m->n_points; k++)
            TRY(suite_print(&m->weights, "%.17g%c", m->points[k * m->n_weights + i],
                            k + 1 < m->n_points ? ',' : '\n'));
done:
    return result;
}
