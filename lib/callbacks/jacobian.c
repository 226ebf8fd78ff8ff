/* The whole Jacobian of a batch in the best way that the callbacks allow. */
#include <math.h>
#include <string.h>

#include "callbacks/callbacks.h"
#include "callbacks/differences.h"

bool cpt_callbacks_differs(const cpt_callback_model *own)
{
    return own->jacobian == CPT_JACOBIAN_BY_DIFFERENCES;
}

/* jacobian[., ., j] = column (n x D). */
static void store_column(const cpt_callback_model *own, size_t n, size_t j, const double *column,
                         double *jacobian)
{
    size_t P = own->model.n_weights;
    for (size_t i = 0; i < n * own->model.n_outputs; i++)
        jacobian[i * P + j] = column[i];
}

static critpt_status by_directions(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *jacobian)
{
    critpt_status status;
    size_t P = own->model.n_weights;
    double *unit = NULL, *column = NULL;
    CPT_TRY(cpt_allocate(&unit, P, sizeof *unit));
    CPT_TRY(cpt_allocate(&column, rows->n * own->model.n_outputs, sizeof *column));
    for (size_t j = 0; j < P; j++) {
        unit[j] = 1;
        CPT_TRY(cpt_callbacks_jacobian_vector(own, rows, unit, column));
        unit[j] = 0;
        store_column(own, rows->n, j, column, jacobian);
    }
done:
    cpt_free(unit);
    cpt_free(column);
    return status;
}

static critpt_status by_cotangents(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *jacobian)
{
    critpt_status status;
    size_t D = own->model.n_outputs, P = own->model.n_weights;
    double *unit = NULL;
    CPT_TRY(cpt_allocate(&unit, D, sizeof *unit));
    memset(jacobian, 0, rows->n * D * P * sizeof *jacobian);
    for (size_t i = 0; i < rows->n * D; i++) {
        const cpt_rows sample = cpt_callbacks_part(own, rows, i / D, 1);
        unit[i % D] = 1;
        CPT_TRY(cpt_callbacks_transposed_vector(own, &sample, unit, jacobian + i * P));
        unit[i % D] = 0;
    }
done:
    cpt_free(unit);
    return status;
}

/* J e_j = Im f(w + i h e_j) / h, exact to rounding for an h whose square is lost. */
static critpt_status by_complex_steps(const cpt_callback_model *own, const cpt_rows *rows,
                                      double *jacobian)
{
    static const double h = 1e-20;
    critpt_status status;
    size_t n_outputs = rows->n * own->model.n_outputs, P = own->model.n_weights;
    double *weights = NULL, *outputs = NULL;
    CPT_TRY(cpt_allocate(&weights, 2 * P, sizeof *weights));
    CPT_TRY(cpt_allocate(&outputs, 2 * n_outputs, sizeof *outputs));
    for (size_t j = 0; j < P; j++)
        weights[2 * j] = rows->weights[j];
    for (size_t j = 0; j < P; j++) {
        weights[2 * j + 1] = h;
        CPT_TRY(cpt_callbacks_outputs_complex(own, rows, weights, outputs));
        weights[2 * j + 1] = 0;
        for (size_t i = 0; i < n_outputs; i++)
            jacobian[i * P + j] = outputs[2 * i + 1] / h;
    }
done:
    cpt_free(weights);
    cpt_free(outputs);
    return status;
}

/* The outputs along one weight. */
typedef struct output_line {
    cpt_line line; /* first */
    const cpt_callback_model *own;
    cpt_rows rows;
    double *weights; /* P, at which the line is at present */
    double start;
    size_t j;
} output_line;

static critpt_status outputs_along(const cpt_line *line, double t, double *values)
{
    const output_line *l = (const output_line *)line;
    l->weights[l->j] = l->start + t;
    critpt_status status = cpt_callbacks_outputs(l->own, &l->rows, values);
    l->weights[l->j] = l->start;
    return status;
}

static critpt_status by_differences(const cpt_callback_model *own, const cpt_rows *rows,
                                    double *jacobian, double *errors)
{
    critpt_status status;
    size_t m = rows->n * own->model.n_outputs, P = own->model.n_weights;
    output_line line = {{outputs_along, m}, own, *rows, NULL, 0, 0};
    double *scratch = NULL, *column = NULL, *column_errors, best;
    CPT_TRY(cpt_allocate(&line.weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&scratch, cpt_differences_scratch_size(m), sizeof *scratch));
    CPT_TRY(cpt_allocate(&column, 2 * m, sizeof *column));
    column_errors = column + m;
    memcpy(line.weights, rows->weights, P * sizeof(double));
    line.rows.weights = line.weights;
    for (size_t j = 0; j < P; j++) {
        const cpt_steps steps = cpt_differences_steps(rows->weights[j]);
        line.j = j;
        line.start = rows->weights[j];
        CPT_TRY(cpt_differences_first(&line.line, &steps, scratch, column, column_errors, &best));
        store_column(own, rows->n, j, column, jacobian);
        store_column(own, rows->n, j, column_errors, errors);
    }
done:
    cpt_free(line.weights);
    cpt_free(scratch);
    cpt_free(column);
    return status;
}

static critpt_status compute(const cpt_callback_model *own, cpt_jacobian_way way,
                             const cpt_rows *rows, double *jacobian, double *errors)
{
    switch (way) {
    case CPT_JACOBIAN_GIVEN:
        return cpt_callbacks_given_jacobian(own, rows, jacobian);
    case CPT_JACOBIAN_BY_DIRECTIONS:
        return by_directions(own, rows, jacobian);
    case CPT_JACOBIAN_BY_COTANGENTS:
        return by_cotangents(own, rows, jacobian);
    case CPT_JACOBIAN_BY_COMPLEX_STEPS:
        return by_complex_steps(own, rows, jacobian);
    case CPT_JACOBIAN_BY_DIFFERENCES:
        break;
    }
    return by_differences(own, rows, jacobian, errors);
}

static const char *const sources[] = {"jacobian", "jacobian_vector", "jacobian_transposed_vector",
                                      "outputs_complex", "outputs"};

critpt_status cpt_callbacks_jacobian_by(const cpt_callback_model *own, cpt_jacobian_way way,
                                        const cpt_rows *rows, double *jacobian, double *errors)
{
    critpt_status status;
    CPT_TRY(compute(own, way, rows, jacobian, errors));
    CPT_TRY(cpt_callbacks_require_numbers(own, rows, sources[way], jacobian, own->model.n_weights));
done:
    return status;
}

critpt_status cpt_callbacks_jacobian(const cpt_callback_model *own, const cpt_rows *rows,
                                     double *jacobian, double *errors)
{
    return cpt_callbacks_jacobian_by(own, own->jacobian, rows, jacobian, errors);
}
