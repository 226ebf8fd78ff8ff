/* Whether a model's callbacks agree with each other, on a few samples: the same call twice, a batch
 * turned round and cut, what is given twice over by the table, adjoint identities, symmetry, and
 * each order of derivatives against differences of the one below. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "callbacks/pairs.h"

/* Accepted differences, beside the sums of absolute values that rounding is a share of: two
 * evaluations by the same formula in another order; and a derivative against differences, beside
 * the error that these state. A wrong term is larger by far. */
static const double same_formula = 1e4 * DBL_EPSILON, by_differences = 1e-7;
static const double stated_errors = 16;

typedef struct audit {
    const cpt_callback_model *own;
    cpt_rows rows;
    size_t m;             /* n D */
    double *outputs;      /* m, with their sizes |f| + |J| |w| */
    double *sizes;        /* m */
    double *jacobian;     /* m x P, in the best way */
    double *second;       /* m x n_pairs, likewise */
    double *scale;        /* max(m n_pairs, m P): what is compared, its error, and work */
    double *v, *u, *work; /* P, m, max(m, P^2) */
    double *other, *errors;
} audit;

/* The worst of the entries compared so far. */
typedef struct worst {
    double excess; /* difference in units of what is accepted */
    double value, expected;
    size_t entry;
} worst;

static void compare(worst *w, size_t entry, double value, double expected, double accepted)
{
    double difference = fabs(value - expected);
    double excess = difference == 0 ? 0 : difference / accepted;
    if (!(excess <= w->excess) && !isnan(expected)) {
        *w = (worst){isnan(excess) ? INFINITY : excess, value, expected, entry};
    }
}

static size_t number_of(const audit *a, size_t row)
{
    size_t sample = a->rows.first + row;
    return a->rows.numbers ? a->rows.numbers[sample] : sample;
}

/* An error where the worst of m x columns entries is beyond what is accepted; `of` says what a
 * column is, or NULL. */
static critpt_status judge(const audit *a, const worst *w, size_t columns, const char *name,
                           const char *of, const char *against)
{
    char column[64] = "";
    size_t row = w->entry / columns, D = a->own->model.n_outputs;
    if (w->excess <= 1)
        return CRITPT_OK;
    if (of)
        snprintf(column, sizeof column, ", %s %zu", of, w->entry % columns);
    return cpt_error(CRITPT_INCONSISTENT,
                     "the model's %s callback gives %.17g for output %zu of sample %zu%s; %s %.17g",
                     name, w->value, row % D, number_of(a, row / D), column, against, w->expected);
}

/* ---- Outputs ---- */

static critpt_status evaluate_outputs(audit *a)
{
    critpt_status status;
    size_t P = a->own->model.n_weights;
    CPT_TRY(cpt_callbacks_outputs(a->own, &a->rows, a->outputs));
    CPT_TRY(cpt_callbacks_require_numbers(a->own, &a->rows, "outputs", a->outputs, 1));
    CPT_TRY(cpt_callbacks_jacobian(a->own, &a->rows, a->jacobian, a->errors));
    for (size_t i = 0; i < a->m; i++) {
        a->sizes[i] = fabs(a->outputs[i]);
        for (size_t j = 0; j < P; j++)
            a->sizes[i] += fabs(a->jacobian[i * P + j] * a->rows.weights[j]);
    }
done:
    return status;
}

static critpt_status check_repeated(audit *a)
{
    critpt_status status;
    worst w = {0, 0, 0, 0};
    CPT_TRY(cpt_callbacks_outputs(a->own, &a->rows, a->other));
    for (size_t i = 0; i < a->m; i++)
        if (memcmp(&a->other[i], &a->outputs[i], sizeof *a->other))
            compare(&w, i, a->other[i], a->outputs[i], DBL_MIN);
    CPT_TRY(judge(a, &w, 1, "outputs", NULL, "the same call before gave"));
done:
    return status;
}

/* Each sample alone, which is another place in another batch. */
static critpt_status check_places(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t D = a->own->model.n_outputs;
    worst w = {0, 0, 0, 0};
    for (size_t i = a->rows.n; i-- > 0;) {
        const cpt_rows sample = cpt_callbacks_part(a->own, &a->rows, i, 1);
        CPT_TRY(cpt_callbacks_outputs(a->own, &sample, a->other));
        for (size_t o = 0; o < D; o++)
            compare(&w, i * D + o, a->other[o], a->outputs[i * D + o],
                    same_formula * a->sizes[i * D + o]);
    }
    CPT_TRY(judge(a, &w, 1, "outputs", NULL, "among other samples it gives"));
done:
    return status;
}

static critpt_status check_complex(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    double *weights = NULL, *outputs = NULL;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.outputs_complex)
        goto done;
    CPT_TRY(cpt_allocate(&weights, 2 * P, sizeof *weights));
    CPT_TRY(cpt_allocate(&outputs, 2 * a->m, sizeof *outputs));
    for (size_t j = 0; j < P; j++)
        weights[2 * j] = a->rows.weights[j];
    CPT_TRY(cpt_callbacks_outputs_complex(a->own, &a->rows, weights, outputs));
    for (size_t i = 0; i < a->m; i++) {
        double accepted = same_formula * a->sizes[i];
        compare(&w, i, outputs[2 * i], a->outputs[i], accepted);
        compare(&w, i, outputs[2 * i] + outputs[2 * i + 1], a->outputs[i], accepted);
    }
    CPT_TRY(judge(a, &w, 1, "outputs_complex", NULL, "outputs gives"));
done:
    cpt_free(weights);
    cpt_free(outputs);
    return status;
}

static critpt_status check_extended(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    long double *weights = NULL, *outputs = NULL;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.outputs_extended)
        goto done;
    CPT_TRY(cpt_allocate(&weights, P, sizeof *weights));
    CPT_TRY(cpt_allocate(&outputs, a->m, sizeof *outputs));
    for (size_t j = 0; j < P; j++)
        weights[j] = a->rows.weights[j];
    CPT_TRY(cpt_callbacks_outputs_extended(a->own, &a->rows, weights, outputs));
    for (size_t i = 0; i < a->m; i++)
        compare(&w, i, (double)outputs[i], a->outputs[i], same_formula * a->sizes[i]);
    CPT_TRY(judge(a, &w, 1, "outputs_extended", NULL, "outputs gives"));
done:
    cpt_free(weights);
    cpt_free(outputs);
    return status;
}

/* ---- First derivatives ---- */

/* scale[j] = the largest entry of a column of m rows. */
static void find_scales(size_t m, size_t columns, const double *entries, double *scale)
{
    memset(scale, 0, columns * sizeof *scale);
    for (size_t i = 0; i < m * columns; i++)
        if (isfinite(entries[i]))
            scale[i % columns] = fmax(scale[i % columns], fabs(entries[i]));
}

/* The best Jacobian that is given against differences of the outputs. */
static critpt_status check_jacobian(audit *a)
{
    static const char *const names[] = {"jacobian", "jacobian_vector", "jacobian_transposed_vector",
                                        "outputs_complex"};
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    worst w = {0, 0, 0, 0};
    if (cpt_callbacks_differs(a->own))
        goto done;
    CPT_TRY(cpt_callbacks_jacobian_by(a->own, CPT_JACOBIAN_BY_DIFFERENCES, &a->rows, a->other,
                                      a->errors));
    find_scales(a->m, P, a->other, a->scale);
    for (size_t i = 0; i < a->m * P; i++)
        if (isfinite(a->errors[i]))
            compare(&w, i, a->jacobian[i], a->other[i],
                    stated_errors * a->errors[i] + by_differences * a->scale[i % P]);
    CPT_TRY(judge(a, &w, P, names[a->own->jacobian], "weight", "differences of outputs give"));
done:
    return status;
}

/* J v that is given beside J. */
static critpt_status check_jacobian_vector(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.jacobian_vector || a->own->jacobian == CPT_JACOBIAN_BY_DIRECTIONS)
        goto done;
    CPT_TRY(cpt_callbacks_jacobian_vector(a->own, &a->rows, a->v, a->other));
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0, size = 0;
        for (size_t j = 0; j < P; j++) {
            sum += a->jacobian[i * P + j] * a->v[j];
            size += fabs(a->jacobian[i * P + j] * a->v[j]);
        }
        compare(&w, i, a->other[i], sum, same_formula * size);
    }
    CPT_TRY(judge(a, &w, 1, "jacobian_vector", NULL, "the Jacobian times that direction is"));
done:
    return status;
}

/* The worst of P entries, or of P x P. */
static critpt_status judge_weights(const worst *w, size_t P, bool matrix, const char *name,
                                   const char *against)
{
    char at[64];
    if (w->excess <= 1)
        return CRITPT_OK;
    if (matrix)
        snprintf(at, sizeof at, "weights (%zu, %zu)", w->entry / P, w->entry % P);
    else
        snprintf(at, sizeof at, "weight %zu", w->entry);
    return cpt_error(CRITPT_INCONSISTENT, "the model's %s callback gives %.17g for %s; %s %.17g",
                     name, w->value, at, against, w->expected);
}

/* J' u that is given beside J. */
static critpt_status check_transposed(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.jacobian_transposed_vector || a->own->jacobian == CPT_JACOBIAN_BY_COTANGENTS)
        goto done;
    memset(a->other, 0, P * sizeof *a->other);
    CPT_TRY(cpt_callbacks_transposed_vector(a->own, &a->rows, a->u, a->other));
    for (size_t j = 0; j < P; j++) {
        double sum = 0, size = 0;
        for (size_t i = 0; i < a->m; i++) {
            sum += a->jacobian[i * P + j] * a->u[i];
            size += fabs(a->jacobian[i * P + j] * a->u[i]);
        }
        compare(&w, j, a->other[j], sum, same_formula * size);
    }
    CPT_TRY(judge_weights(&w, P, false, "jacobian_transposed_vector",
                          "the transposed Jacobian times that cotangent is"));
done:
    return status;
}

/* Constants have derivatives 1 and 0; outputs that are linear are the sum of w_j df/dw_j. */
static critpt_status check_declared(const audit *a)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = a->own;
    size_t P = own->model.n_weights, D = own->model.n_outputs;
    double accepted = cpt_callbacks_differs(own) ? by_differences : same_formula;
    worst constant = {0, 0, 0, 0}, linear = {0, 0, 0, 0};
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0;
        for (size_t j = 0; j < own->n_linear; j++)
            sum += a->jacobian[i * P + own->linear[j]] * a->rows.weights[own->linear[j]];
        if (own->n_linear)
            compare(&linear, i, a->outputs[i], sum, accepted * a->sizes[i]);
        for (size_t o = 0; own->constants && o < D; o++)
            compare(&constant, i, a->jacobian[i * P + own->constants[o]], o == i % D, accepted);
    }
    if (linear.excess > 1)
        status = cpt_error(
            CRITPT_INCONSISTENT,
            "output %zu of sample %zu is %.17g, and the weights that it was declared "
            "to be linear in make %.17g of it",
            linear.entry % D, number_of(a, linear.entry / D), linear.value, linear.expected);
    else if (constant.excess > 1)
        status = cpt_error(CRITPT_INCONSISTENT,
                           "output %zu of sample %zu has the derivative %.17g by a weight that was "
                           "declared to add a constant; it must be %g",
                           constant.entry % D, number_of(a, constant.entry / D), constant.value,
                           constant.expected);
    return status;
}

/* ---- Second derivatives ---- */

/* The best ones that are given against differences of Jacobians. */
static critpt_status check_second(audit *a)
{
    static const char *const names[] = {"second_directional", "curvature", "curvature_vector"};
    critpt_status status = CRITPT_OK;
    size_t Q = a->own->n_pairs;
    worst w = {0, 0, 0, 0};
    CPT_TRY(cpt_callbacks_second(a->own, &a->rows, a->second, a->errors));
    cpt_second_way below =
        cpt_callbacks_differs(a->own) ? CPT_SECOND_BY_OUTPUTS : CPT_SECOND_BY_JACOBIANS;
    CPT_TRY(cpt_callbacks_second_by(a->own, below, &a->rows, a->other, a->errors));
    find_scales(a->m, Q, a->other, a->scale);
    for (size_t i = 0; i < a->m * Q; i++)
        if (isfinite(a->errors[i]))
            compare(&w, i, a->second[i], a->other[i],
                    stated_errors * a->errors[i] + 10 * by_differences * a->scale[i % Q]);
    CPT_TRY(judge(a, &w, Q, names[a->own->second], "pair of weights", "differences give"));
done:
    return status;
}

static critpt_status check_second_directional(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights, Q = a->own->n_pairs;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.second_directional)
        goto done;
    CPT_TRY(cpt_callbacks_second_directional(a->own, &a->rows, a->v, a->work, a->other));
    cpt_callbacks_pack_pair(P, a->v, a->work, a->scale);
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0, size = 0;
        for (size_t q = 0; q < Q; q++) {
            sum += a->second[i * Q + q] * a->scale[q];
            size += fabs(a->second[i * Q + q] * a->scale[q]);
        }
        compare(&w, i, a->other[i], sum, same_formula * size);
    }
    CPT_TRY(judge(a, &w, 1, "second_directional", NULL, "by unit vectors it is"));
done:
    return status;
}

/* The packed S(u) and the sums of absolute values, n_pairs each. */
static void sum_curvature(const audit *a, double *sum, double *size)
{
    size_t Q = a->own->n_pairs;
    memset(sum, 0, Q * sizeof *sum);
    memset(size, 0, Q * sizeof *size);
    for (size_t i = 0; i < a->m * Q; i++) {
        sum[i % Q] += a->u[i / Q] * a->second[i];
        size[i % Q] += fabs(a->u[i / Q] * a->second[i]);
    }
}

/* S(u) whole against all second derivatives, which shows what is not symmetric as well. */
static critpt_status check_curvature(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights, Q = a->own->n_pairs;
    double *matrix = a->work, *sum = a->scale, *size = a->other, most = 0;
    worst w = {0, 0, 0, 0};
    sum_curvature(a, sum, size);
    for (size_t q = 0; q < Q; q++)
        most = fmax(most, size[q]);
    if (!a->own->call.curvature)
        goto done;
    memset(matrix, 0, P * P * sizeof *matrix);
    CPT_TRY(cpt_callbacks_curvature(a->own, &a->rows, a->u, matrix));
    for (size_t i = 0, q = 0; i < P; i++)
        for (size_t j = i; j < P; j++, q++) {
            double accepted = same_formula * (size[q] + DBL_EPSILON * most);
            compare(&w, i * P + j, matrix[i * P + j], sum[q], accepted);
            compare(&w, j * P + i, matrix[j * P + i], sum[q], accepted);
        }
    CPT_TRY(judge_weights(&w, P, true, "curvature", "the sum over single outputs, symmetric, is"));
done:
    return status;
}

static critpt_status check_curvature_vector(audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    double *sum = a->scale, *size = a->other, *given = a->work, *expected = a->errors;
    worst w = {0, 0, 0, 0};
    if (!a->own->call.curvature_vector)
        goto done;
    sum_curvature(a, sum, size);
    memset(given, 0, P * sizeof *given);
    memset(expected, 0, 2 * P * sizeof *expected);
    CPT_TRY(cpt_callbacks_curvature_vector(a->own, &a->rows, a->u, a->v, given));
    cpt_callbacks_pair_product(P, sum, a->v, expected);
    for (size_t j = 0; j < P; j++)
        a->v[j] = fabs(a->v[j]);
    cpt_callbacks_pair_product(P, size, a->v, expected + P);
    for (size_t j = 0; j < P; j++)
        compare(&w, j, given[j], expected[j], same_formula * expected[P + j]);
    CPT_TRY(judge_weights(&w, P, false, "curvature_vector", "S(u) times that direction is"));
done:
    return status;
}

/* ---- All of it ---- */

static bool has_second(const cpt_callback_model *own)
{
    return own->call.second_directional || own->call.curvature || own->call.curvature_vector;
}

static critpt_status run(audit *a)
{
    critpt_status status;
    CPT_TRY(evaluate_outputs(a));
    CPT_TRY(check_repeated(a));
    CPT_TRY(check_places(a));
    CPT_TRY(check_complex(a));
    CPT_TRY(check_extended(a));
    CPT_TRY(check_jacobian(a));
    CPT_TRY(check_jacobian_vector(a));
    CPT_TRY(check_transposed(a));
    CPT_TRY(check_declared(a));
    if (!a->own->operations.second || !has_second(a->own))
        goto done;
    CPT_TRY(check_second(a));
    CPT_TRY(check_second_directional(a));
    CPT_TRY(check_curvature(a));
    CPT_TRY(check_curvature_vector(a));
done:
    return status;
}

static critpt_status audit_create(audit *a, const cpt_callback_model *own, const cpt_rows *rows)
{
    enum { SEED = 23, STREAM_DIRECTIONS = 4 };
    critpt_status status;
    size_t P = own->model.n_weights, m = rows->n * own->model.n_outputs;
    size_t wide = cpt_larger(own->n_pairs, P), most = cpt_larger(m, 2) * wide;
    memset(a, 0, sizeof *a);
    a->own = own;
    a->rows = *rows;
    a->m = m;
    CPT_TRY(cpt_allocate(&a->outputs, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->sizes, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->jacobian, m * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->second, m * own->n_pairs, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->scale, wide, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->other, most, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->errors, most, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->v, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->u, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->work, cpt_larger(m, P * P), sizeof(double)));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, 0, a->v, P));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, P, a->u, m));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, P + m, a->work, P));
done:
    return status;
}

static void audit_destroy(audit *a)
{
    cpt_free(a->outputs);
    cpt_free(a->sizes);
    cpt_free(a->jacobian);
    cpt_free(a->second);
    cpt_free(a->scale);
    cpt_free(a->other);
    cpt_free(a->errors);
    cpt_free(a->v);
    cpt_free(a->u);
    cpt_free(a->work);
}

critpt_status cpt_callbacks_check(const critpt_model *model, const double *weights, size_t n,
                                  const double *inputs, const size_t *numbers)
{
    critpt_status status;
    const cpt_rows rows = {weights, inputs, n, 0, numbers};
    audit a;
    CPT_TRY(audit_create(&a, cpt_callbacks_from(model), &rows));
    CPT_TRY(run(&a));
done:
    audit_destroy(&a);
    return status;
}
