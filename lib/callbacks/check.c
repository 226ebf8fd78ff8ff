/* Whether a model's callbacks agree with each other, on a few samples: the same call twice, a batch
 * turned round and cut, what is given twice over by the table, adjoint identities, symmetry, and
 * each order of derivatives against differences of the one below. */
#include <math.h>
#include <string.h>

#include "callbacks/audit.h"

/* ---- Outputs ---- */

static critpt_status evaluate_outputs(cpt_audit *a)
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

static critpt_status check_repeated(cpt_audit *a)
{
    critpt_status status;
    cpt_worst w = {0, 0, 0, 0};
    CPT_TRY(cpt_callbacks_outputs(a->own, &a->rows, a->other));
    for (size_t i = 0; i < a->m; i++)
        if (memcmp(&a->other[i], &a->outputs[i], sizeof *a->other))
            cpt_callbacks_compare(&w, i, a->other[i], a->outputs[i], DBL_MIN);
    CPT_TRY(cpt_callbacks_judge(a, &w, 1, "outputs", NULL, "the same call before gave"));
done:
    return status;
}

/* Each sample alone, which is another place in another batch. */
static critpt_status check_places(cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t D = a->own->model.n_outputs;
    cpt_worst w = {0, 0, 0, 0};
    for (size_t i = a->rows.n; i-- > 0;) {
        const cpt_rows sample = cpt_callbacks_part(a->own, &a->rows, i, 1);
        CPT_TRY(cpt_callbacks_outputs(a->own, &sample, a->other));
        for (size_t o = 0; o < D; o++)
            cpt_callbacks_compare(&w, i * D + o, a->other[o], a->outputs[i * D + o],
                                  cpt_same_formula * a->sizes[i * D + o]);
    }
    CPT_TRY(cpt_callbacks_judge(a, &w, 1, "outputs", NULL, "among other samples it gives"));
done:
    return status;
}

static critpt_status check_complex(cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    double *weights = NULL, *outputs = NULL;
    cpt_worst w = {0, 0, 0, 0};
    if (!a->own->call.outputs_complex)
        goto done;
    CPT_TRY(cpt_allocate(&weights, 2 * P, sizeof *weights));
    CPT_TRY(cpt_allocate(&outputs, 2 * a->m, sizeof *outputs));
    for (size_t j = 0; j < P; j++)
        weights[2 * j] = a->rows.weights[j];
    CPT_TRY(cpt_callbacks_outputs_complex(a->own, &a->rows, weights, outputs));
    for (size_t i = 0; i < a->m; i++) {
        double accepted = cpt_same_formula * a->sizes[i];
        cpt_callbacks_compare(&w, i, outputs[2 * i], a->outputs[i], accepted);
        cpt_callbacks_compare(&w, i, outputs[2 * i] + outputs[2 * i + 1], a->outputs[i], accepted);
    }
    CPT_TRY(cpt_callbacks_judge(a, &w, 1, "outputs_complex", NULL, "outputs gives"));
done:
    cpt_free(weights);
    cpt_free(outputs);
    return status;
}

static critpt_status check_extended(cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    long double *weights = NULL, *outputs = NULL;
    cpt_worst w = {0, 0, 0, 0};
    if (!a->own->call.outputs_extended)
        goto done;
    CPT_TRY(cpt_allocate(&weights, P, sizeof *weights));
    CPT_TRY(cpt_allocate(&outputs, a->m, sizeof *outputs));
    for (size_t j = 0; j < P; j++)
        weights[j] = a->rows.weights[j];
    CPT_TRY(cpt_callbacks_outputs_extended(a->own, &a->rows, weights, outputs));
    for (size_t i = 0; i < a->m; i++)
        cpt_callbacks_compare(&w, i, (double)outputs[i], a->outputs[i],
                              cpt_same_formula * a->sizes[i]);
    CPT_TRY(cpt_callbacks_judge(a, &w, 1, "outputs_extended", NULL, "outputs gives"));
done:
    cpt_free(weights);
    cpt_free(outputs);
    return status;
}

/* ---- First derivatives ---- */

/* J v that is given beside J. */
static critpt_status check_jacobian_vector(cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    cpt_worst w = {0, 0, 0, 0};
    if (!a->own->call.jacobian_vector || a->own->jacobian == CPT_JACOBIAN_BY_DIRECTIONS)
        goto done;
    CPT_TRY(cpt_callbacks_jacobian_vector(a->own, &a->rows, a->v, a->other));
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0, size = 0;
        for (size_t j = 0; j < P; j++) {
            sum += a->jacobian[i * P + j] * a->v[j];
            size += fabs(a->jacobian[i * P + j] * a->v[j]);
        }
        cpt_callbacks_compare(&w, i, a->other[i], sum, cpt_same_formula * size);
    }
    CPT_TRY(cpt_callbacks_judge(a, &w, 1, "jacobian_vector", NULL,
                                "the Jacobian times that direction is"));
done:
    return status;
}

/* J' u that is given beside J. */
static critpt_status check_transposed(cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    cpt_worst w = {0, 0, 0, 0};
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
        cpt_callbacks_compare(&w, j, a->other[j], sum, cpt_same_formula * size);
    }
    CPT_TRY(cpt_callbacks_judge_weights(&w, P, false, "jacobian_transposed_vector",
                                        "the transposed Jacobian times that cotangent is"));
done:
    return status;
}

/* Constants have derivatives 1 and 0; outputs that are linear are the sum of w_j df/dw_j. */
static critpt_status check_declared(const cpt_audit *a)
{
    critpt_status status = CRITPT_OK;
    const cpt_callback_model *own = a->own;
    size_t P = own->model.n_weights, D = own->model.n_outputs;
    double accepted = cpt_callbacks_differs(own) ? cpt_by_differences : cpt_same_formula;
    cpt_worst constant = {0, 0, 0, 0}, linear = {0, 0, 0, 0};
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0;
        for (size_t j = 0; j < own->n_linear; j++)
            sum += a->jacobian[i * P + own->linear[j]] * a->rows.weights[own->linear[j]];
        if (own->n_linear)
            cpt_callbacks_compare(&linear, i, a->outputs[i], sum, accepted * a->sizes[i]);
        for (size_t o = 0; own->constants && o < D; o++)
            cpt_callbacks_compare(&constant, i, a->jacobian[i * P + own->constants[o]], o == i % D,
                                  accepted);
    }
    if (linear.excess > 1)
        status =
            cpt_error(CRITPT_INCONSISTENT,
                      "output %zu of sample %zu is %.17g, and the weights that it was declared "
                      "to be linear in make %.17g of it",
                      linear.entry % D, cpt_callbacks_audit_number(a, linear.entry / D),
                      linear.value, linear.expected);
    else if (constant.excess > 1)
        status = cpt_error(CRITPT_INCONSISTENT,
                           "output %zu of sample %zu has the derivative %.17g by a weight that was "
                           "declared to add a constant; it must be %g",
                           constant.entry % D, cpt_callbacks_audit_number(a, constant.entry / D),
                           constant.value, constant.expected);
    return status;
}

/* ---- All of it ---- */

static bool has_second(const cpt_callback_model *own)
{
    const critpt_model_callbacks *call = &own->call;
    return own->operations.second &&
           (call->second_directional || call->curvature || call->curvature_vector ||
            call->hessian || call->hessian_vectors || call->curvature_adjoint);
}

/* Derivatives are looked at one by one only where something along random directions is amiss. */
static critpt_status run(cpt_audit *a)
{
    critpt_status status;
    bool suspicious;
    CPT_TRY(evaluate_outputs(a));
    CPT_TRY(check_repeated(a));
    CPT_TRY(check_places(a));
    CPT_TRY(check_complex(a));
    CPT_TRY(check_extended(a));
    CPT_TRY(cpt_callbacks_screen_first(a, &suspicious));
    if (suspicious)
        CPT_TRY(cpt_callbacks_check_first(a));
    CPT_TRY(check_jacobian_vector(a));
    CPT_TRY(check_transposed(a));
    CPT_TRY(check_declared(a));
    if (!has_second(a->own))
        goto done;
    CPT_TRY(cpt_callbacks_screen_second(a, &suspicious));
    if (suspicious)
        CPT_TRY(cpt_callbacks_check_second(a));
done:
    return status;
}

/* Sample weights from 1 to 2, and a positive definite metric that is not diagonal. */
static critpt_status choose_form(cpt_audit *a)
{
    critpt_status status;
    size_t D = a->own->model.n_outputs;
    CPT_TRY(cpt_allocate(&a->sample_weights, a->rows.n, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->metric, D * D, sizeof(double)));
    for (size_t i = 0; i < a->rows.n; i++)
        a->sample_weights[i] = 1 + (double)i / (double)a->rows.n;
    for (size_t k = 0; k < D * D; k++)
        a->metric[k] = (k % (D + 1) == 0) + 0.25 / (double)D;
    a->form = (cpt_curvature){
        .gauss_newton = true, .sample_weights = a->sample_weights, .metric = a->metric};
done:
    return status;
}

static critpt_status audit_create(cpt_audit *a, const cpt_callback_model *own, const cpt_rows *rows)
{
    enum { SEED = 23, STREAM_DIRECTIONS = 4 };
    critpt_status status;
    size_t P = own->model.n_weights, m = rows->n * own->model.n_outputs;
    memset(a, 0, sizeof *a);
    a->own = own;
    a->rows = *rows;
    a->m = m;
    CPT_TRY(cpt_allocate(&a->outputs, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->sizes, m, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->jacobian, m * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->scale, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->other, cpt_larger(m, 2) * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->errors, cpt_larger(m, 2) * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->v, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->z, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&a->u, m, sizeof(double)));
    CPT_TRY(choose_form(a));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, 0, a->v, P));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, P, a->u, m));
    CPT_TRY(critpt_random_normal(SEED, STREAM_DIRECTIONS, P + m, a->z, P));
done:
    return status;
}

static void audit_destroy(cpt_audit *a)
{
    cpt_free(a->outputs);
    cpt_free(a->sizes);
    cpt_free(a->jacobian);
    cpt_free(a->scale);
    cpt_free(a->other);
    cpt_free(a->errors);
    cpt_free(a->v);
    cpt_free(a->z);
    cpt_free(a->u);
    cpt_free(a->sample_weights);
    cpt_free(a->metric);
}

critpt_status cpt_callbacks_check(const critpt_model *model, const double *weights, size_t n,
                                  const double *inputs, const size_t *numbers)
{
    critpt_status status;
    const cpt_rows rows = {weights, inputs, n, 0, numbers};
    cpt_audit a;
    CPT_TRY(audit_create(&a, cpt_callbacks_from(model), &rows));
    CPT_TRY(run(&a));
done:
    audit_destroy(&a);
    return status;
}
