/* Second-order operators of the user's model: its own where it has them, else products with all
 * second derivatives. Sums of absolute values are always of these. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "callbacks/pairs.h"

/* ---- Errors ---- */

/* Rounding of the user's arithmetic is not known: that of the weights, carried through, and of the
 * result stands in. errors of J += u (|J| + |f''| |w|); kappa = |w|' |f''| |w| / (|J| |w|), by
 * which rounding of the weights moves second derivatives as it moves first ones. */
static void add_rounding(const cpt_callback_model *own, cpt_callback_tape *tape, size_t at,
                         const double *row, double u)
{
    size_t P = own->model.n_weights;
    const double *w = tape->rows.weights, *jacobian = tape->jacobian + at * P;
    double *errors = tape->jacobian_errors + at * P, first = 0, second = 0;
    for (size_t a = 0; a < P; a++) {
        errors[a] += u * fabs(jacobian[a]);
        first += fabs(jacobian[a] * w[a]);
        for (size_t b = a; b < P; b++, row++) {
            double size = fabs(*row);
            errors[a] += u * size * fabs(w[b]);
            if (a != b)
                errors[b] += u * size * fabs(w[a]);
            second += (a == b ? 1 : 2) * size * fabs(w[a] * w[b]);
        }
    }
    tape->work[at] = first > 0 ? fmin(second / first, 1 / DBL_EPSILON) : 0;
}

/* The largest error beside the largest of the values. */
static double relative(size_t n, const double *values, const double *errors)
{
    double value = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        value = fmax(value, fabs(values[i]));
        error = fmax(error, errors[i]);
    }
    return error <= value ? (value > 0 ? error / value : 0) : 1;
}

static critpt_status make_absolute(const critpt_model *model, cpt_batch *batch,
                                   const cpt_rounding *rounding, double *weights, double *shares)
{
    critpt_status status;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t D = model->n_outputs, P = model->n_weights, Q = own->n_pairs, size;
    double u = rounding->certain ? 4 * rounding->epsilon : rounding->epsilon, *memory = NULL;
    cpt_pair_rows pairs = {0, 0, NULL, NULL};
    CPT_TRY(cpt_callbacks_held_size(model, batch->n, &size));
    CPT_TRY(cpt_allocate(&memory, size, sizeof *memory));
    CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
    if (!cpt_callbacks_differs(own))
        memset(tape->jacobian_errors, 0, batch->n * D * P * sizeof(double));
    tape->epsilon = u;
    for (size_t i = 0; i < batch->n; i++)
        shares[i] = rounding->share;
    do {
        CPT_TRY(cpt_callbacks_next_pairs(own, tape, memory, &pairs));
        for (size_t r = 0; r < pairs.count * D; r++) {
            size_t at = pairs.first * D + r;
            double *share = &shares[at / D];
            add_rounding(own, tape, at, pairs.rows + r * Q, u);
            *share =
                fmax(*share, relative(P, tape->jacobian + at * P, tape->jacobian_errors + at * P));
            *share = fmax(*share, fmin(1, u * (2 + tape->work[at])));
            if (pairs.errors)
                *share = fmax(*share, relative(Q, pairs.rows + r * Q, pairs.errors + r * Q));
        }
    } while (pairs.count > 0);
    for (size_t i = 0; i < batch->n * D * P; i++)
        tape->jacobian[i] = fabs(tape->jacobian[i]);
    for (size_t j = 0; j < P; j++)
        weights[j] = fabs(batch->weights[j]);
    batch->weights = weights;
    tape->absolute = true;
done:
    cpt_free(memory);
    return status;
}

static critpt_status enlarge(const critpt_model *model, cpt_batch *batch, const double *shares,
                             double *residual)
{
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, P = model->n_weights;
    for (size_t at = 0; at < n * D; at++) {
        double *J = tape->jacobian + at * P, inverse = 1 / shares[at / D];
        double bound = fabs(tape->outputs[at]);
        for (size_t j = 0; j < P; j++) {
            bound += J[j] * batch->weights[j];
            J[j] += tape->jacobian_errors[at * P + j] * inverse;
        }
        residual[at % D * n + at / D] += tape->epsilon * bound * inverse;
    }
    memcpy(tape->shares, shares, n * sizeof *shares);
    tape->enlarged = true;
    return CRITPT_OK;
}

/* ---- Along vectors ---- */

/* scratch: held rows, n_pairs, 2 n D. */
static critpt_status scratch_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    size_t held;
    CPT_TRY(cpt_callbacks_held_size(model, n, &held));
    CPT_TRY(cpt_multiply_add(model->n_outputs, 2 * n, held, "scratch of a batch", size));
    CPT_TRY(
        cpt_multiply_add(1, cpt_callbacks_from(model)->n_pairs, *size, "scratch of a batch", size));
done:
    return status;
}

/* to (n D) = E_i from_i for each sample. */
static void apply_weights(const cpt_curvature *curvature, size_t n, size_t D, size_t columns,
                          const double *from, double *to)
{
    for (size_t i = 0; i < n; i++) {
        const double *metric = cpt_curvature_metric(curvature, i);
        for (size_t o = 0; o < D; o++) {
            double *row = to + (i * D + o) * columns;
            double weight = curvature->sample_weights ? curvature->sample_weights[i] : 1;
            memset(row, 0, columns * sizeof *row);
            for (size_t c = 0; c < D; c++) {
                double entry = metric ? metric[o * D + c] : o == c;
                if (entry != 0)
                    cpt_linalg_axpy(columns, weight * entry, from + (i * D + c) * columns, row);
            }
        }
    }
}

/* packed = sum of u times the rows of all outputs: S(u). */
static critpt_status sum_pairs(const cpt_callback_model *own, const cpt_callback_tape *tape,
                               const double *u, double *memory, double *packed)
{
    critpt_status status;
    size_t D = own->model.n_outputs, Q = own->n_pairs;
    cpt_pair_rows pairs = {0, 0, NULL, NULL};
    do {
        CPT_TRY(cpt_callbacks_next_pairs(own, tape, memory, &pairs));
        cpt_linalg_gemv(CPT_TRANSPOSED, pairs.count * D, Q, 1, pairs.rows, Q, u + pairs.first * D,
                        1, packed);
    } while (pairs.count > 0);
done:
    return status;
}

/* to[i] = <Hess f_i, .> for the packed symmetric matrix; n D numbers, row by row. */
static critpt_status apply_pairs(const cpt_callback_model *own, const cpt_callback_tape *tape,
                                 const double *packed, double *memory, double *to)
{
    critpt_status status;
    size_t D = own->model.n_outputs, Q = own->n_pairs;
    cpt_pair_rows pairs = {0, 0, NULL, NULL};
    do {
        CPT_TRY(cpt_callbacks_next_pairs(own, tape, memory, &pairs));
        cpt_linalg_gemv(CPT_PLAIN, pairs.count * D, Q, 1, pairs.rows, Q, packed, 0,
                        to + pairs.first * D);
    } while (pairs.count > 0);
done:
    return status;
}

static critpt_status add_gauss_newton_vector(const cpt_callback_model *own, cpt_callback_tape *tape,
                                             const cpt_curvature *curvature, const double *v,
                                             double *fields, double *result)
{
    critpt_status status = CRITPT_OK;
    size_t n = tape->rows.n, D = own->model.n_outputs, P = own->model.n_weights;
    double *pushed = fields, *weighted = fields + n * D;
    bool plain = !tape->absolute;
    if (!(plain && own->call.jacobian_vector && own->call.jacobian_transposed_vector))
        CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
    if (plain && own->call.jacobian_vector)
        CPT_TRY(cpt_callbacks_jacobian_vector(own, &tape->rows, v, pushed));
    else
        cpt_linalg_gemv(CPT_PLAIN, n * D, P, 1, tape->jacobian, P, v, 0, pushed);
    apply_weights(curvature, n, D, 1, pushed, weighted);
    if (plain && own->call.jacobian_transposed_vector)
        CPT_TRY(cpt_callbacks_transposed_vector(own, &tape->rows, weighted, result));
    else
        cpt_linalg_gemv(CPT_TRANSPOSED, n * D, P, 1, tape->jacobian, P, weighted, 1, result);
done:
    return status;
}

/* Whether the callbacks for both terms serve: of a batch as it is, one metric for all samples. */
static bool takes_both(const cpt_callback_tape *tape, const cpt_curvature *curvature)
{
    return curvature->gauss_newton && curvature->metric_stride == 0 && !tape->absolute;
}

/* u row by row in the field, or NULL where there is none. */
static const double *cotangent_rows(const cpt_curvature *curvature, size_t n, size_t D,
                                    double *field)
{
    if (!curvature->cotangent)
        return NULL;
    cpt_linalg_transpose(D, n, curvature->cotangent, n, field, D);
    return field;
}

static critpt_status both_vectors(const cpt_callback_model *own, const cpt_callback_tape *tape,
                                  const cpt_curvature *curvature, size_t n_vectors,
                                  const double *directions, size_t directions_leading,
                                  double *field, double *results, size_t results_leading)
{
    critpt_status status = CRITPT_OK;
    size_t P = own->model.n_weights;
    const double *u = cotangent_rows(curvature, tape->rows.n, own->model.n_outputs, field);
    bool dense = directions_leading == P && results_leading == P;
    for (size_t j = 0, count = dense ? n_vectors : 1; j < n_vectors; j += count)
        CPT_TRY(cpt_callbacks_hessian_vectors(own, &tape->rows, curvature, u, count,
                                              directions + j * directions_leading,
                                              results + j * results_leading));
done:
    return status;
}

static critpt_status curvature_vectors(const critpt_model *model, const cpt_batch *batch,
                                       const cpt_curvature *curvature, size_t n_vectors,
                                       const double *directions, size_t directions_leading,
                                       double *scratch, double *results, size_t results_leading)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs, Q = own->n_pairs;
    bool given = own->call.curvature_vector && !tape->absolute;
    double *packed = scratch, *fields = packed + Q, *memory = fields + 2 * n * D;
    double *u = fields;
    if (own->call.hessian_vectors && takes_both(tape, curvature))
        return both_vectors(own, tape, curvature, n_vectors, directions, directions_leading, u,
                            results, results_leading);
    for (size_t j = 0; curvature->gauss_newton && j < n_vectors; j++)
        CPT_TRY(add_gauss_newton_vector(own, tape, curvature, directions + j * directions_leading,
                                        fields, results + j * results_leading));
    if (!curvature->cotangent)
        goto done;
    cpt_linalg_transpose(D, n, curvature->cotangent, n, u, D);
    if (!given) {
        memset(packed, 0, Q * sizeof *packed);
        CPT_TRY(sum_pairs(own, tape, u, memory, packed));
    }
    for (size_t j = 0; j < n_vectors; j++) {
        const double *v = directions + j * directions_leading;
        double *result = results + j * results_leading;
        if (given)
            CPT_TRY(cpt_callbacks_curvature_vector(own, &tape->rows, u, v, result));
        else
            cpt_callbacks_pair_product(model->n_weights, packed, v, result);
    }
done:
    return status;
}

static critpt_status tangents_size(const critpt_model *model, size_t n, size_t *size)
{
    (void)model, (void)n;
    *size = 0;
    return CRITPT_OK;
}

static critpt_status push_tangents(const critpt_model *model, const cpt_batch *batch,
                                   const double *direction, double *tangents)
{
    (void)model, (void)batch, (void)direction, (void)tangents; /* none are needed */
    return CRITPT_OK;
}

static critpt_status second_directional(const critpt_model *model, const cpt_batch *batch,
                                        const cpt_direction *v, const cpt_direction *u,
                                        double *scratch, double *result)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs;
    double *packed = scratch, *field = packed + own->n_pairs, *memory = field + 2 * n * D;
    if (own->call.second_directional && !tape->absolute) {
        CPT_TRY(cpt_callbacks_second_directional(own, &tape->rows, v->vector, u->vector, field));
        CPT_TRY(cpt_callbacks_require_numbers(own, &tape->rows, "second_directional", field, 1));
    } else {
        cpt_callbacks_pack_pair(model->n_weights, v->vector, u->vector, packed);
        CPT_TRY(apply_pairs(own, tape, packed, memory, field));
    }
    cpt_linalg_transpose(n, D, field, D, result, n);
done:
    return status;
}

/* Hess f_o v of one sample's outputs into the rows of J's derivative, o = 0 .. D - 1. */
static void store_tangent(const critpt_model *model, const double *rows, const double *v,
                          const double *seeds, double scale, double *product, double *entries,
                          const cpt_jacobian_layout *layout)
{
    size_t D = model->n_outputs, P = model->n_weights, Q = cpt_callbacks_from(model)->n_pairs;
    for (size_t o = 0; !layout->map && o < D; o++)
        for (size_t j = 0; j < P; j++)
            entries[o * layout->output + j * layout->weight] = 0;
    for (size_t c = 0; c < D; c++) {
        memset(product, 0, P * sizeof *product);
        cpt_callbacks_pair_product(P, rows + c * Q, v, product);
        for (size_t o = 0; o < D; o++) {
            double factor = scale * (seeds ? seeds[o * D + c] : o == c);
            for (size_t j = 0; factor != 0 && j < P; j++) {
                double entry = factor * product[j];
                cpt_jacobian_add(layout, j, 1, &entry, NULL, entries + o * layout->output);
            }
        }
    }
}

static critpt_status jacobian_tangent(const critpt_model *model, const cpt_batch *batch,
                                      const double *v, const double *seeds, const double *scale,
                                      double *scratch, double *entries,
                                      const cpt_jacobian_layout *layout)
{
    critpt_status status;
    const cpt_callback_model *own = cpt_callbacks_from(model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = model->n_outputs;
    double *product = scratch, *memory = scratch + own->n_pairs + 2 * n * D; /* n_pairs >= P */
    cpt_pair_rows pairs = {0, 0, NULL, NULL};
    do {
        CPT_TRY(cpt_callbacks_next_pairs(own, tape, memory, &pairs));
        for (size_t r = 0; r < pairs.count; r++) {
            size_t i = pairs.first + r;
            store_tangent(model, pairs.rows + r * D * own->n_pairs, v, seeds, scale ? scale[i] : 1,
                          product, entries + i * layout->sample, layout);
        }
    } while (pairs.count > 0);
done:
    return status;
}

/* ---- Whole matrices ---- */

/* Samples that wait for a call of hessian, which costs P^2 beside what each of them does: batches
 * shorter than P are put together. */
typedef struct collection {
    cpt_rows rows;       /* their inputs here */
    cpt_curvature form;  /* their sample weights here, or NULL */
    size_t most;         /* 0: none waits */
    double *inputs, *u;  /* most x d, most x D */
    double *scale;       /* most */
    bool with_cotangent; /* u is there */
} collection;

typedef struct assembly {
    cpt_assembly assembly; /* first */
    double *matrix;        /* P x P: what is given whole and the Gauss-Newton part; Q */
    double *packed;        /* n_pairs: S, or the Q of the adjoint */
    double *weighted;      /* batch D x P: E J */
    double *field;         /* batch D */
    double *memory;        /* held rows */
    collection collected;
} assembly;

/* How many samples wait at most in an assembly for batches of n. */
static size_t most_collected(const critpt_model *model, size_t n)
{
    enum { NUMBERS = 1 << 19 }; /* of all of them; chosen */
    size_t numbers = model->n_inputs + model->n_outputs + 1;
    size_t most = cpt_smaller(model->n_weights, NUMBERS / numbers);
    return cpt_callbacks_from(model)->call.hessian && most > n ? most : 0;
}

static critpt_status assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                   size_t n_samples, size_t bytes, size_t *size)
{
    critpt_status status;
    size_t waiting = model->n_inputs + model->n_outputs + 1;
    size_t P = model->n_weights, Q = cpt_callbacks_from(model)->n_pairs, held, fields;
    (void)curvature, (void)bytes;
    CPT_TRY(cpt_callbacks_held_size(model, n_samples, &held));
    CPT_TRY(cpt_multiply(n_samples, model->n_outputs, "Jacobian of a batch", &fields));
    CPT_TRY(cpt_multiply_add(fields, P + 1, held, "Jacobian of a batch", size));
    CPT_TRY(cpt_multiply_add(P, P, *size, "matrix", size));
    CPT_TRY(cpt_multiply_add(1, Q, *size, "matrix", size));
    CPT_TRY(cpt_multiply_add(waiting, most_collected(model, n_samples), *size, "samples", size));
done:
    return status;
}

static void assembly_destroy(cpt_assembly *of)
{
    assembly *a = (assembly *)of;
    cpt_free(a->matrix);
    cpt_free(a->packed);
    cpt_free(a->weighted);
    cpt_free(a->field);
    cpt_free(a->memory);
    cpt_free(a->collected.inputs);
    cpt_free(a->collected.u);
    cpt_free(a->collected.scale);
    cpt_free(a);
}

static critpt_status assembly_create(cpt_assembly **created, const critpt_model *model,
                                     const cpt_curvature *curvature, size_t n_samples, size_t bytes)
{
    critpt_status status;
    size_t P = model->n_weights, D = model->n_outputs, held, size;
    assembly *a = NULL;
    CPT_TRY(assembly_size(model, curvature, n_samples, bytes, &size));
    CPT_TRY(cpt_callbacks_held_size(model, n_samples, &held));
    CPT_TRY(cpt_allocate(&a, 1, sizeof *a));
    a->assembly = (cpt_assembly){model, n_samples, 1, size * sizeof(double)};
    CPT_TRY(cpt_allocate(&a->matrix, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->packed, cpt_callbacks_from(model)->n_pairs, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->weighted, n_samples * D * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->field, n_samples * D, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->memory, held, sizeof(double)));
    size_t most = a->collected.most = most_collected(model, n_samples);
    CPT_TRY(cpt_allocate(&a->collected.inputs, most * model->n_inputs, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->collected.u, most * D, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->collected.scale, most, sizeof(double)));
    *created = &a->assembly;
    a = NULL;
done:
    if (a)
        assembly_destroy(&a->assembly);
    return status;
}

static critpt_status assembly_start(cpt_assembly *of, size_t pass)
{
    assembly *a = (assembly *)of;
    size_t P = of->model->n_weights;
    (void)pass;
    a->collected.rows.n = 0;
    memset(a->matrix, 0, P * P * sizeof *a->matrix);
    memset(a->packed, 0, cpt_callbacks_from(of->model)->n_pairs * sizeof *a->packed);
    return CRITPT_OK;
}

static critpt_status add_collected(assembly *a)
{
    collection *c = &a->collected;
    const cpt_callback_model *own = cpt_callbacks_from(a->assembly.model);
    const cpt_rows rows = c->rows;
    c->rows.n = 0;
    if (rows.n == 0)
        return CRITPT_OK;
    return cpt_callbacks_hessian(own, &rows, &c->form, c->with_cotangent ? c->u : NULL, a->matrix);
}

/* The batch, with its cotangent u row by row or NULL, joins those that wait. */
static critpt_status collect(assembly *a, const cpt_callback_tape *tape,
                             const cpt_curvature *curvature, const double *u)
{
    critpt_status status = CRITPT_OK;
    collection *c = &a->collected;
    size_t n = tape->rows.n, d = a->assembly.model->n_inputs, D = a->assembly.model->n_outputs;
    if (c->rows.n + n > c->most)
        CPT_TRY(add_collected(a));
    size_t at = c->rows.n, first = at > 0 ? c->rows.first : tape->rows.first;
    memcpy(c->inputs + at * d, tape->rows.inputs, n * d * sizeof *c->inputs);
    if (u)
        memcpy(c->u + at * D, u, n * D * sizeof *c->u);
    if (curvature->sample_weights)
        memcpy(c->scale + at, curvature->sample_weights, n * sizeof *c->scale);
    c->rows = (cpt_rows){tape->rows.weights, c->inputs, at + n, first, tape->rows.numbers};
    c->form = *curvature;
    c->form.sample_weights = curvature->sample_weights ? c->scale : NULL;
    c->with_cotangent = u != NULL;
done:
    return status;
}

static critpt_status assembly_add(cpt_assembly *of, const cpt_batch *batch,
                                  const cpt_curvature *curvature)
{
    critpt_status status = CRITPT_OK;
    assembly *a = (assembly *)of;
    const cpt_callback_model *own = cpt_callbacks_from(of->model);
    cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = own->model.n_outputs, P = own->model.n_weights;
    const double *u = cotangent_rows(curvature, n, D, a->field);
    if (own->call.hessian && takes_both(tape, curvature))
        return a->collected.most ? collect(a, tape, curvature, u)
                                 : cpt_callbacks_hessian(own, &tape->rows, curvature, u, a->matrix);
    if (curvature->gauss_newton) {
        CPT_TRY(cpt_callbacks_need_jacobian(own, tape));
        apply_weights(curvature, n, D, P, tape->jacobian, a->weighted);
        cpt_linalg_symmetric_gemm(CPT_TRANSPOSED, CPT_PLAIN, P, n * D, 1, tape->jacobian, P,
                                  a->weighted, P, 1, a->matrix);
    }
    if (u && own->call.curvature && !tape->absolute)
        CPT_TRY(cpt_callbacks_curvature(own, &tape->rows, u, a->matrix));
    else if (u)
        CPT_TRY(sum_pairs(own, tape, u, a->memory, a->packed));
done:
    return status;
}

static critpt_status assembly_store(cpt_assembly *of, double scale, double *matrix, size_t leading)
{
    enum { TILE = 16 }; /* which stays in cache */
    critpt_status status;
    assembly *a = (assembly *)of;
    size_t P = of->model->n_weights;
    const double *sum = a->matrix;
    CPT_TRY(add_collected(a));
    for (size_t first = 0; first < P; first += TILE)
        for (size_t i = 0; i < cpt_smaller(first + TILE, P); i++) {
            const double *packed = a->packed + i * P - i * (i + 1) / 2; /* of column j, j >= i */
            for (size_t j = cpt_larger(first, i); j < cpt_smaller(first + TILE, P); j++) {
                /* a given S may be symmetric to rounding alone */
                double entry = (sum[i * P + j] + sum[j * P + i]) / 2 + packed[j];
                matrix[i * leading + j] = matrix[j * leading + i] = scale * entry;
            }
        }
done:
    return status;
}

static critpt_status adjoint_start(cpt_assembly *of, size_t pass, const double *q, size_t leading)
{
    const assembly *a = (const assembly *)of;
    size_t P = of->model->n_weights;
    (void)pass;
    cpt_callbacks_pack(P, q, leading, a->packed);
    for (size_t i = 0; i < P; i++)
        memcpy(a->matrix + i * P, q + i * leading, P * sizeof *q);
    return CRITPT_OK;
}

static critpt_status adjoint_add(cpt_assembly *of, const cpt_batch *batch, double *result)
{
    critpt_status status;
    assembly *a = (assembly *)of;
    const cpt_callback_model *own = cpt_callbacks_from(of->model);
    const cpt_callback_tape *tape = cpt_callbacks_tape(batch);
    size_t n = batch->n, D = own->model.n_outputs;
    if (own->call.curvature_adjoint && !tape->absolute) {
        CPT_TRY(cpt_callbacks_curvature_adjoint(own, &tape->rows, a->matrix, a->field));
        CPT_TRY(cpt_callbacks_require_numbers(own, &tape->rows, "curvature_adjoint", a->field, 1));
    } else
        CPT_TRY(apply_pairs(own, tape, a->packed, a->memory, a->field));
    for (size_t i = 0; i < n * D; i++)
        result[i % D * n + i / D] += a->field[i];
done:
    return status;
}

const cpt_model_second_order cpt_callbacks_second_order = {
    .make_absolute = make_absolute,
    .enlarge = enlarge,
    .scratch_size = scratch_size,
    .curvature_vectors = curvature_vectors,
    .tangents_size = tangents_size,
    .push_tangents = push_tangents,
    .second_directional = second_directional,
    .jacobian_tangent = jacobian_tangent,
    .assembly_size = assembly_size,
    .assembly_create = assembly_create,
    .assembly_destroy = assembly_destroy,
    .assembly_start = assembly_start,
    .assembly_add = assembly_add,
    .assembly_store = assembly_store,
    .adjoint_start = adjoint_start,
    .adjoint_add = adjoint_add,
};
