/* Calls of the user's functions: one at a time unless the model says otherwise, in batches as short
 * as it wants, outside of any memory limit, and what goes wrong as a sentence. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "callbacks/callbacks.h"

/* What the callback under way in this thread said of its failure. */
static _Thread_local char failure[512];

int critpt_model_fail(const char *sentence)
{
    snprintf(failure, sizeof failure, "%s", sentence ? sentence : "");
    return CRITPT_SYSTEM;
}

cpt_rows cpt_callbacks_part(const cpt_callback_model *own, const cpt_rows *rows, size_t first,
                            size_t count)
{
    return (cpt_rows){rows->weights, rows->inputs + first * own->model.n_inputs, count,
                      rows->first + first, rows->numbers};
}

/* A call under way. */
typedef struct call {
    const cpt_callback_model *own;
    const char *name;
    cpt_budget *suspended;
} call;

static call begin(const cpt_callback_model *own, const char *name)
{
    failure[0] = '\0';
    if (!own->call.concurrent)
        pthread_mutex_lock(&cpt_callbacks_from(&own->model)->lock);
    return (call){own, name, cpt_budget_suspend()};
}

static critpt_status end(const call *c, int code)
{
    cpt_budget_resume(c->suspended);
    if (!c->own->call.concurrent)
        pthread_mutex_unlock(&cpt_callbacks_from(&c->own->model)->lock);
    if (code == 0)
        return CRITPT_OK;
    if (code == CRITPT_CANCELLED)
        return cpt_error(CRITPT_CANCELLED, "the model's %s callback cancelled", c->name);
    return failure[0]
               ? cpt_error(CRITPT_SYSTEM, "the model's %s callback failed: %s", c->name, failure)
               : cpt_error(CRITPT_SYSTEM, "the model's %s callback reported a failure", c->name);
}

/* The next rows of a call, as many as the model takes at once; false after the last ones. */
static bool next(const cpt_callback_model *own, const cpt_rows *rows, size_t *done, cpt_rows *part)
{
    size_t rest = rows->n - *done, most = own->call.batch_limit ? own->call.batch_limit : rest;
    if (rest == 0)
        return false;
    *part = cpt_callbacks_part(own, rows, *done, cpt_smaller(rest, most));
    *done += part->n;
    return true;
}

/* The rows of a result with so many numbers for each sample, where a part begins. */
static size_t place(const cpt_rows *rows, const cpt_rows *part, size_t numbers)
{
    return (part->first - rows->first) * numbers;
}

/* The first NaN, or n. */
static size_t first_nan(const double *values, size_t n)
{
    size_t i = 0;
    while (i < n && !isnan(values[i]))
        i++;
    return i;
}

critpt_status cpt_callbacks_require_numbers(const cpt_callback_model *own, const cpt_rows *rows,
                                            const char *what, const double *values,
                                            size_t per_output)
{
    size_t D = own->model.n_outputs, n = rows->n * D * per_output, i = first_nan(values, n);
    size_t output = i / per_output % D, sample = rows->first + i / per_output / D;
    char weight[40] = "";
    if (i == n)
        return CRITPT_OK;
    if (per_output > 1)
        snprintf(weight, sizeof weight, " and weight %zu", i % per_output);
    return cpt_error(CRITPT_NON_FINITE,
                     "the model's %s callback gave nan for output %zu of sample %zu%s", what,
                     output, rows->numbers ? rows->numbers[sample] : sample, weight);
}

critpt_status cpt_callbacks_outputs(const cpt_callback_model *own, const cpt_rows *rows,
                                    double *outputs)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = outputs + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "outputs");
        CPT_TRY(end(&c, own->call.outputs(own->user, part.weights, part.n, part.inputs, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_given_jacobian(const cpt_callback_model *own, const cpt_rows *rows,
                                           double *jacobian)
{
    critpt_status status = CRITPT_OK;
    size_t numbers = own->model.n_outputs * own->model.n_weights;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = jacobian + place(rows, &part, numbers);
        call c = begin(own, "jacobian");
        CPT_TRY(end(&c, own->call.jacobian(own->user, part.weights, part.n, part.inputs, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_jacobian_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                            const double *v, double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = result + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "jacobian_vector");
        CPT_TRY(end(
            &c, own->call.jacobian_vector(own->user, part.weights, part.n, part.inputs, v, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_transposed_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                              const double *u, double *gradient)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        const double *from = u + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "jacobian_transposed_vector");
        CPT_TRY(end(&c, own->call.jacobian_transposed_vector(own->user, part.weights, part.n,
                                                             part.inputs, from, gradient)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_curvature(const cpt_callback_model *own, const cpt_rows *rows,
                                      const double *u, double *matrix)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        const double *from = u + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "curvature");
        CPT_TRY(end(
            &c, own->call.curvature(own->user, part.weights, part.n, part.inputs, from, matrix)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_curvature_vector(const cpt_callback_model *own, const cpt_rows *rows,
                                             const double *u, const double *v, double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        const double *from = u + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "curvature_vector");
        CPT_TRY(end(&c, own->call.curvature_vector(own->user, part.weights, part.n, part.inputs,
                                                   from, v, result)));
    }
done:
    return status;
}

/* The part of an array with so many numbers for each sample, or NULL. */
static const double *part_of(const double *values, const cpt_rows *rows, const cpt_rows *part,
                             size_t numbers)
{
    return values ? values + place(rows, part, numbers) : NULL;
}

critpt_status cpt_callbacks_hessian(const cpt_callback_model *own, const cpt_rows *rows,
                                    const cpt_curvature *curvature, const double *u, double *matrix)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        const double *scale = part_of(curvature->sample_weights, rows, &part, 1);
        const double *from = part_of(u, rows, &part, own->model.n_outputs);
        call c = begin(own, "hessian");
        CPT_TRY(end(&c, own->call.hessian(own->user, part.weights, part.n, part.inputs, scale,
                                          curvature->metric, from, matrix)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_hessian_vectors(const cpt_callback_model *own, const cpt_rows *rows,
                                            const cpt_curvature *curvature, const double *u,
                                            size_t count, const double *directions, double *results)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        const double *scale = part_of(curvature->sample_weights, rows, &part, 1);
        const double *from = part_of(u, rows, &part, own->model.n_outputs);
        call c = begin(own, "hessian_vectors");
        CPT_TRY(end(&c, own->call.hessian_vectors(own->user, part.weights, part.n, part.inputs,
                                                  scale, curvature->metric, from, count, directions,
                                                  results)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_curvature_adjoint(const cpt_callback_model *own, const cpt_rows *rows,
                                              const double *q, double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = result + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "curvature_adjoint");
        CPT_TRY(end(
            &c, own->call.curvature_adjoint(own->user, part.weights, part.n, part.inputs, q, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_second_directional(const cpt_callback_model *own, const cpt_rows *rows,
                                               const double *v, const double *u, double *result)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = result + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "second_directional");
        CPT_TRY(end(&c, own->call.second_directional(own->user, part.weights, part.n, part.inputs,
                                                     v, u, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_kink_margins(const cpt_callback_model *own, const cpt_rows *rows,
                                         double *margins)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = margins + place(rows, &part, 1);
        call c = begin(own, "kink_margins");
        CPT_TRY(end(&c, own->call.kink_margins(own->user, part.weights, part.n, part.inputs, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_outputs_complex(const cpt_callback_model *own, const cpt_rows *rows,
                                            const double *weights, double *outputs)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        double *to = outputs + place(rows, &part, 2 * own->model.n_outputs);
        call c = begin(own, "outputs_complex");
        CPT_TRY(end(&c, own->call.outputs_complex(own->user, weights, part.n, part.inputs, to)));
    }
done:
    return status;
}

critpt_status cpt_callbacks_outputs_extended(const cpt_callback_model *own, const cpt_rows *rows,
                                             const long double *weights, long double *outputs)
{
    critpt_status status = CRITPT_OK;
    cpt_rows part;
    for (size_t done = 0; next(own, rows, &done, &part);) {
        long double *to = outputs + place(rows, &part, own->model.n_outputs);
        call c = begin(own, "outputs_extended");
        CPT_TRY(end(&c, own->call.outputs_extended(own->user, weights, part.n, part.inputs, to)));
    }
done:
    return status;
}
