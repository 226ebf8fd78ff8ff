/* All second derivatives of a batch in the best way that the callbacks allow. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "callbacks/callbacks.h"
#include "callbacks/differences.h"

bool cpt_callbacks_differs_twice(const cpt_callback_model *own)
{
    return own->second >= CPT_SECOND_BY_JACOBIANS;
}

/* Of the pair (a, b), a <= b. */
static size_t pair_index(size_t P, size_t a, size_t b)
{
    return a * P - a * (a + 1) / 2 + b;
}

/* ---- From second derivatives that are given ---- */

static critpt_status by_directions(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *second)
{
    critpt_status status;
    size_t P = own->model.n_weights, m = rows->n * own->model.n_outputs, Q = own->n_pairs;
    double *units = NULL, *column = NULL;
    CPT_TRY(cpt_allocate(&units, 2 * P, sizeof *units));
    CPT_TRY(cpt_allocate(&column, m, sizeof *column));
    for (size_t a = 0, q = 0; a < P; a++)
        for (size_t b = a; b < P; b++, q++) {
            units[a] = units[P + b] = 1;
            CPT_TRY(cpt_callbacks_second_directional(own, rows, units, units + P, column));
            units[a] = units[P + b] = 0;
            for (size_t i = 0; i < m; i++)
                second[i * Q + q] = column[i];
        }
done:
    cpt_free(units);
    cpt_free(column);
    return status;
}

/* matrix (P x P, zero before) = S(unit) of one sample. */
static critpt_status curvature_of_output(const cpt_callback_model *own, const cpt_rows *sample,
                                         const double *unit, double *direction, double *matrix)
{
    critpt_status status = CRITPT_OK;
    size_t P = own->model.n_weights;
    if (own->second == CPT_SECOND_BY_COTANGENTS)
        return cpt_callbacks_curvature(own, sample, unit, matrix);
    for (size_t a = 0; a < P; a++) {
        direction[a] = 1;
        CPT_TRY(cpt_callbacks_curvature_vector(own, sample, unit, direction, matrix + a * P));
        direction[a] = 0;
    }
done:
    return status;
}

static critpt_status by_cotangents(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *second)
{
    critpt_status status;
    size_t P = own->model.n_weights, D = own->model.n_outputs;
    double *matrix = NULL, *unit = NULL, *direction = NULL;
    CPT_TRY(cpt_allocate(&matrix, P * P, sizeof *matrix));
    CPT_TRY(cpt_allocate(&unit, D, sizeof *unit));
    CPT_TRY(cpt_allocate(&direction, P, sizeof *direction));
    for (size_t i = 0; i < rows->n * D; i++) {
        const cpt_rows sample = cpt_callbacks_part(own, rows, i / D, 1);
        double *to = second + i * own->n_pairs;
        memset(matrix, 0, P * P * sizeof *matrix);
        unit[i % D] = 1;
        CPT_TRY(curvature_of_output(own, &sample, unit, direction, matrix));
        unit[i % D] = 0;
        for (size_t a = 0; a < P; a++, to += P - a + 1)
            memcpy(to, matrix + a * P + a, (P - a) * sizeof *to);
    }
done:
    cpt_free(matrix);
    cpt_free(unit);
    cpt_free(direction);
    return status;
}

/* ---- From differences of Jacobians ---- */

typedef struct jacobian_line {
    cpt_line line; /* first */
    const cpt_callback_model *own;
    cpt_rows rows;
    double *weights; /* P */
    double start;
    size_t b;
} jacobian_line;

static critpt_status jacobian_along(const cpt_line *line, double t, double *values)
{
    const jacobian_line *l = (const jacobian_line *)line;
    l->weights[l->b] = l->start + t;
    critpt_status status = cpt_callbacks_jacobian(l->own, &l->rows, values, NULL);
    l->weights[l->b] = l->start;
    if (status != CRITPT_NON_FINITE)
        return status;
    for (size_t i = 0; i < l->line.m; i++)
        values[i] = NAN;
    return CRITPT_OK;
}

/* The derivative of J[., ., a] by weight b, both ways round: the better one, which the other may
 * not contradict beyond the errors of both. */
static void take_mixed(double value, double error, bool is_first, double *to, double *error_to)
{
    double apart = fabs(value - *to);
    if (is_first) {
        *to = value;
        *error_to = error;
        return;
    }
    bool consistent = apart <= error + *error_to;
    if (error < *error_to) {
        *to = value;
        *error_to = error;
    }
    if (!consistent && isfinite(apart))
        *error_to = fmax(*error_to, apart);
}

static critpt_status by_jacobians(const cpt_callback_model *own, const cpt_rows *rows,
                                  double *second, double *errors)
{
    critpt_status status;
    size_t P = own->model.n_weights, n = rows->n * own->model.n_outputs, m = n * P;
    jacobian_line line = {{jacobian_along, m}, own, *rows, NULL, 0, 0};
    double *scratch = NULL, *columns = NULL, best;
    CPT_TRY(cpt_allocate(&line.weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&scratch, cpt_differences_scratch_size(m), sizeof *scratch));
    CPT_TRY(cpt_allocate(&columns, 2 * m, sizeof *columns));
    memcpy(line.weights, rows->weights, P * sizeof(double));
    line.rows.weights = line.weights;
    for (size_t b = 0; b < P; b++) {
        const cpt_steps steps = cpt_differences_steps(rows->weights[b]);
        line.b = b;
        line.start = rows->weights[b];
        CPT_TRY(cpt_differences_first(&line.line, &steps, scratch, columns, columns + m, &best));
        for (size_t i = 0; i < n; i++)
            for (size_t a = 0; a < P; a++) {
                size_t to = i * own->n_pairs + pair_index(P, cpt_smaller(a, b), cpt_larger(a, b));
                take_mixed(columns[i * P + a], columns[m + i * P + a], a >= b, &second[to],
                           &errors[to]);
            }
    }
done:
    cpt_free(line.weights);
    cpt_free(scratch);
    cpt_free(columns);
    return status;
}

/* ---- From second differences of outputs ---- */

typedef struct plane_line {
    cpt_line line; /* first */
    const cpt_callback_model *own;
    cpt_rows rows;
    double *weights; /* P */
    size_t axes[2];  /* equal: along one weight */
    double scales[2];
} plane_line;

static critpt_status outputs_along(const cpt_line *line, double t, double *values)
{
    const plane_line *l = (const plane_line *)line;
    size_t n_axes = l->axes[0] == l->axes[1] ? 1 : 2;
    double starts[2] = {l->weights[l->axes[0]], l->weights[l->axes[1]]};
    for (size_t k = 0; k < n_axes; k++)
        l->weights[l->axes[k]] += t * l->scales[k];
    critpt_status status = cpt_callbacks_outputs(l->own, &l->rows, values);
    for (size_t k = 0; k < n_axes; k++)
        l->weights[l->axes[k]] = starts[k];
    return status;
}

/* scales[j]: a power of 2 over which the outputs change, as first differences found it: their best
 * step is about a 64th of it. */
static critpt_status find_scales(plane_line *line, double *scratch, double *columns, double *scales)
{
    critpt_status status = CRITPT_OK;
    for (size_t j = 0; j < line->own->model.n_weights; j++) {
        const cpt_steps steps = cpt_differences_steps(line->weights[j]);
        line->axes[0] = line->axes[1] = j;
        line->scales[0] = 1;
        CPT_TRY(cpt_differences_first(&line->line, &steps, scratch, columns, columns + line->line.m,
                                      &scales[j]));
        scales[j] *= 64;
    }
done:
    return status;
}

/* D2f along the line of one weight, or of two, from which those of each alone are subtracted:
 * D2f[a, b] = (D2f[a + b, a + b] - D2f[a, a] - D2f[b, b]) / 2. */
static critpt_status take_pair(plane_line *line, const double *scales, double *scratch,
                               double *columns, double *second, double *errors)
{
    critpt_status status;
    size_t P = line->own->model.n_weights, Q = line->own->n_pairs, m = line->line.m;
    size_t a = line->axes[0], b = line->axes[1], q = pair_index(P, a, b);
    double sa = line->scales[0] = scales[a], sb = line->scales[1] = scales[b];
    const cpt_steps steps = cpt_differences_scaled_steps();
    CPT_TRY(cpt_differences_second(&line->line, &steps, scratch, columns, columns + m));
    for (size_t i = 0; i < m; i++) {
        double *to = second + i * Q, *error = errors + i * Q;
        size_t qa = pair_index(P, a, a), qb = pair_index(P, b, b);
        double along = columns[i], off = columns[m + i];
        if (a == b) {
            to[q] = along / (sa * sa);
            error[q] = off / (sa * sa);
        } else {
            to[q] = (along - sa * sa * to[qa] - sb * sb * to[qb]) / (2 * sa * sb);
            error[q] = (off + sa * sa * error[qa] + sb * sb * error[qb]) / (2 * sa * sb);
        }
    }
done:
    return status;
}

static critpt_status by_outputs(const cpt_callback_model *own, const cpt_rows *rows, double *second,
                                double *errors)
{
    critpt_status status;
    size_t P = own->model.n_weights, m = rows->n * own->model.n_outputs;
    plane_line line = {{outputs_along, m}, own, *rows, NULL, {0, 0}, {1, 1}};
    double *scratch = NULL, *columns = NULL, *scales = NULL;
    CPT_TRY(cpt_allocate(&line.weights, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&scales, P, sizeof *scales));
    CPT_TRY(cpt_allocate(&scratch, cpt_differences_scratch_size(m), sizeof *scratch));
    CPT_TRY(cpt_allocate(&columns, 2 * m, sizeof *columns));
    memcpy(line.weights, rows->weights, P * sizeof(double));
    line.rows.weights = line.weights;
    CPT_TRY(find_scales(&line, scratch, columns, scales));
    for (size_t distance = 0; distance < P; distance++) /* each weight alone first */
        for (size_t a = 0; a + distance < P; a++) {
            line.axes[0] = a;
            line.axes[1] = a + distance;
            CPT_TRY(take_pair(&line, scales, scratch, columns, second, errors));
        }
done:
    cpt_free(line.weights);
    cpt_free(scales);
    cpt_free(scratch);
    cpt_free(columns);
    return status;
}

/* ---- All ways ---- */

static critpt_status compute(const cpt_callback_model *own, cpt_second_way way,
                             const cpt_rows *rows, double *second, double *errors)
{
    switch (way) {
    case CPT_SECOND_BY_DIRECTIONS:
        return by_directions(own, rows, second);
    case CPT_SECOND_BY_COTANGENTS:
    case CPT_SECOND_BY_COTANGENTS_AND_VECTORS:
        return by_cotangents(own, rows, second);
    case CPT_SECOND_BY_JACOBIANS:
        return by_jacobians(own, rows, second, errors);
    case CPT_SECOND_BY_OUTPUTS:
        break;
    }
    return by_outputs(own, rows, second, errors);
}

static const char *const sources[] = {"curvature", "second_directional", "curvature_vector",
                                      "jacobian", "outputs"};

critpt_status cpt_callbacks_second_by(const cpt_callback_model *own, cpt_second_way way,
                                      const cpt_rows *rows, double *second, double *errors)
{
    critpt_status status;
    CPT_TRY(compute(own, way, rows, second, errors));
    CPT_TRY(cpt_callbacks_require_numbers(own, rows, sources[way], second, own->n_pairs));
done:
    return status;
}

critpt_status cpt_callbacks_second(const cpt_callback_model *own, const cpt_rows *rows,
                                   double *second, double *errors)
{
    return cpt_callbacks_second_by(own, own->second, rows, second, errors);
}
