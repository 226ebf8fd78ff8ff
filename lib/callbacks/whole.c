/* The whole check of derivatives: by each weight and each pair of weights, against differences of
 * the order below, and all that is given beside them. */
#include <math.h>
#include <string.h>

#include "callbacks/audit.h"
#include "callbacks/pairs.h"

/* scale[j] = the largest entry of a column of m rows. */
static void find_scales(size_t m, size_t columns, const double *entries, double *scale)
{
    memset(scale, 0, columns * sizeof *scale);
    for (size_t i = 0; i < m * columns; i++)
        if (isfinite(entries[i]))
            scale[i % columns] = fmax(scale[i % columns], fabs(entries[i]));
}

/* The best Jacobian that is given against differences of the outputs. */
critpt_status cpt_callbacks_check_first(cpt_audit *a)
{
    static const char *const names[] = {"jacobian", "jacobian_vector", "jacobian_transposed_vector",
                                        "outputs_complex"};
    critpt_status status = CRITPT_OK;
    size_t P = a->own->model.n_weights;
    cpt_worst w = {0, 0, 0, 0};
    if (cpt_callbacks_differs(a->own))
        goto done;
    CPT_TRY(cpt_callbacks_jacobian_by(a->own, CPT_JACOBIAN_BY_DIFFERENCES, &a->rows, a->other,
                                      a->errors));
    find_scales(a->m, P, a->other, a->scale);
    for (size_t i = 0; i < a->m * P; i++)
        if (isfinite(a->errors[i]))
            cpt_callbacks_compare(&w, i, a->jacobian[i], a->other[i],
                                  cpt_stated_errors * a->errors[i] +
                                      cpt_by_differences * a->scale[i % P]);
    CPT_TRY(cpt_callbacks_judge(a, &w, P, names[a->own->jacobian], "weight",
                                "differences of outputs give"));
done:
    return status;
}

/* ---- Second derivatives ---- */

typedef struct whole {
    const cpt_audit *audit;
    double *second, *accepted; /* m x n_pairs, in the best way, and what they may be off */
    double *other, *errors;    /* likewise */
    double *scale;             /* n_pairs */
    double *sum, *off;         /* n_pairs: S(u), then the Hessian, and what they may be off */
    double *matrix;            /* P x P, or 2 x P: what is passed */
    double *work;              /* max(m, P x P, 2 x P): what is given */
} whole;

/* What second derivatives are accepted to be off where they serve as what others are held against:
 * by rounding, and where they are differences by the errors of these. */
static void accept(whole *c)
{
    const cpt_audit *a = c->audit;
    bool differs = cpt_callbacks_differs_twice(a->own);
    for (size_t i = 0; i < a->m * a->own->n_pairs; i++)
        c->accepted[i] = cpt_same_formula * fabs(c->second[i]) +
                         (differs ? cpt_stated_errors * c->errors[i] +
                                        10 * cpt_by_differences * fabs(c->second[i])
                                  : 0);
}

/* The best ones that are given against differences of Jacobians. */
static critpt_status check_second(whole *c)
{
    static const char *const names[] = {"curvature", "second_directional", "curvature_vector"};
    critpt_status status;
    const cpt_audit *a = c->audit;
    size_t Q = a->own->n_pairs;
    cpt_worst w = {0, 0, 0, 0};
    CPT_TRY(cpt_callbacks_second(a->own, &a->rows, c->second, c->errors));
    accept(c);
    if (cpt_callbacks_differs_twice(a->own))
        goto done;
    cpt_second_way below =
        cpt_callbacks_differs(a->own) ? CPT_SECOND_BY_OUTPUTS : CPT_SECOND_BY_JACOBIANS;
    CPT_TRY(cpt_callbacks_second_by(a->own, below, &a->rows, c->other, c->errors));
    find_scales(a->m, Q, c->other, c->scale);
    for (size_t i = 0; i < a->m * Q; i++)
        if (isfinite(c->errors[i]))
            cpt_callbacks_compare(&w, i, c->second[i], c->other[i],
                                  cpt_stated_errors * c->errors[i] +
                                      10 * cpt_by_differences * c->scale[i % Q]);
    CPT_TRY(cpt_callbacks_judge(a, &w, Q, names[a->own->second], "pair of weights",
                                "differences give"));
done:
    return status;
}

/* <Hess f, sym(v z')> that was given, in c->work, against all second derivatives. */
static critpt_status judge_pair(whole *c, const char *name)
{
    const cpt_audit *a = c->audit;
    size_t Q = a->own->n_pairs;
    cpt_worst w = {0, 0, 0, 0};
    cpt_callbacks_pack_pair(a->own->model.n_weights, a->v, a->z, c->scale);
    for (size_t i = 0; i < a->m; i++) {
        double sum = 0, accepted = 0;
        for (size_t q = 0; q < Q; q++) {
            sum += c->second[i * Q + q] * c->scale[q];
            accepted += c->accepted[i * Q + q] * fabs(c->scale[q]);
        }
        cpt_callbacks_compare(&w, i, c->work[i], sum, accepted);
    }
    return cpt_callbacks_judge(a, &w, 1, name, NULL, "by single pairs of weights it is");
}

static critpt_status check_second_directional(whole *c)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = c->audit;
    if (!a->own->call.second_directional)
        goto done;
    CPT_TRY(cpt_callbacks_second_directional(a->own, &a->rows, a->v, a->z, c->work));
    CPT_TRY(judge_pair(c, "second_directional"));
done:
    return status;
}

static critpt_status check_adjoint(whole *c)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = c->audit;
    if (!a->own->call.curvature_adjoint)
        goto done;
    cpt_callbacks_symmetric_pair(a->own->model.n_weights, a->v, a->z, c->matrix);
    CPT_TRY(cpt_callbacks_curvature_adjoint(a->own, &a->rows, c->matrix, c->work));
    CPT_TRY(judge_pair(c, "curvature_adjoint"));
done:
    return status;
}

/* The packed S(u) and the sums of absolute values. */
static void sum_curvature(whole *c)
{
    const cpt_audit *a = c->audit;
    size_t Q = a->own->n_pairs;
    for (size_t i = 0; i < a->m * Q; i++) {
        c->sum[i % Q] += a->u[i / Q] * c->second[i];
        c->off[i % Q] += fabs(a->u[i / Q]) * c->accepted[i];
    }
}

/* A whole matrix in c->work, expected to be the sum, which shows what is not symmetric as well. */
static critpt_status judge_matrix(const whole *c, const char *name, const char *against)
{
    size_t P = c->audit->own->model.n_weights, Q = c->audit->own->n_pairs;
    double most = 0;
    cpt_worst w = {0, 0, 0, 0};
    for (size_t q = 0; q < Q; q++)
        most = fmax(most, c->off[q]);
    for (size_t i = 0, q = 0; i < P; i++)
        for (size_t j = i; j < P; j++, q++) {
            double accepted = c->off[q] + DBL_EPSILON * most;
            cpt_callbacks_compare(&w, i * P + j, c->work[i * P + j], c->sum[q], accepted);
            cpt_callbacks_compare(&w, j * P + i, c->work[j * P + i], c->sum[q], accepted);
        }
    return cpt_callbacks_judge_weights(&w, P, true, name, against);
}

/* P numbers, expected to be the sum times v. */
static critpt_status judge_product(const whole *c, const double *v, const double *given,
                                   const char *name, const char *against)
{
    size_t P = c->audit->own->model.n_weights;
    double *expected = c->other, *accepted = c->other + P, *absolute = c->errors;
    cpt_worst w = {0, 0, 0, 0};
    memset(expected, 0, 2 * P * sizeof *expected);
    cpt_callbacks_pair_product(P, c->sum, v, expected);
    for (size_t j = 0; j < P; j++)
        absolute[j] = fabs(v[j]);
    cpt_callbacks_pair_product(P, c->off, absolute, accepted);
    for (size_t j = 0; j < P; j++)
        cpt_callbacks_compare(&w, j, given[j], expected[j], accepted[j]);
    return cpt_callbacks_judge_weights(&w, P, false, name, against);
}

static critpt_status check_curvature(whole *c)
{
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = c->audit;
    size_t P = a->own->model.n_weights;
    if (a->own->call.curvature) {
        memset(c->work, 0, P * P * sizeof *c->work);
        CPT_TRY(cpt_callbacks_curvature(a->own, &a->rows, a->u, c->work));
        CPT_TRY(judge_matrix(c, "curvature", "the sum over single outputs, symmetric, is"));
    }
    if (a->own->call.curvature_vector) {
        memset(c->work, 0, P * sizeof *c->work);
        CPT_TRY(cpt_callbacks_curvature_vector(a->own, &a->rows, a->u, a->v, c->work));
        CPT_TRY(
            judge_product(c, a->v, c->work, "curvature_vector", "S(u) times that direction is"));
    }
done:
    return status;
}

/* sum += sum of s_i J_i' M J_i, packed. */
static void add_gauss_newton(whole *c)
{
    const cpt_audit *a = c->audit;
    size_t P = a->own->model.n_weights, D = a->own->model.n_outputs;
    for (size_t at = 0; at < a->m; at++)
        for (size_t other = at / D * D; other < at / D * D + D; other++) {
            double factor = a->form.sample_weights[at / D] * a->form.metric[at % D * D + other % D];
            const double *x = a->jacobian + at * P, *y = a->jacobian + other * P;
            for (size_t i = 0, q = 0; i < P; i++)
                for (size_t j = i; j < P; j++, q++) {
                    c->sum[q] += factor * x[i] * y[j];
                    c->off[q] += cpt_same_formula * fabs(factor * x[i] * y[j]);
                }
        }
}

static critpt_status check_hessian(whole *c)
{
    static const char *const against = "the Jacobian's products and S(u) make";
    critpt_status status = CRITPT_OK;
    const cpt_audit *a = c->audit;
    size_t P = a->own->model.n_weights;
    if (cpt_callbacks_differs(a->own)) /* products of these are held against nothing */
        return CRITPT_OK;
    add_gauss_newton(c);
    if (a->own->call.hessian) {
        memset(c->work, 0, P * P * sizeof *c->work);
        CPT_TRY(cpt_callbacks_hessian(a->own, &a->rows, &a->form, a->u, c->work));
        CPT_TRY(judge_matrix(c, "hessian", against));
    }
    if (a->own->call.hessian_vectors) {
        memset(c->work, 0, 2 * P * sizeof *c->work);
        memcpy(c->matrix, a->v, P * sizeof *c->matrix);
        memcpy(c->matrix + P, a->z, P * sizeof *c->matrix);
        CPT_TRY(
            cpt_callbacks_hessian_vectors(a->own, &a->rows, &a->form, a->u, 2, c->matrix, c->work));
        for (size_t j = 0; j < 2; j++)
            CPT_TRY(judge_product(c, j ? a->z : a->v, c->work + j * P, "hessian_vectors", against));
    }
done:
    return status;
}

static critpt_status whole_create(whole *c, const cpt_audit *a)
{
    critpt_status status;
    size_t P = a->own->model.n_weights, Q = a->own->n_pairs, all = cpt_larger(a->m, 2) * Q;
    *c = (whole){.audit = a};
    CPT_TRY(cpt_allocate(&c->second, all, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->accepted, all, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->other, all, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->errors, all, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->scale, Q, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->sum, Q, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->off, Q, sizeof(double)));
    CPT_TRY(cpt_allocate(&c->matrix, cpt_larger(P * P, 2 * P), sizeof(double)));
    CPT_TRY(cpt_allocate(&c->work, cpt_larger(a->m, cpt_larger(P * P, 2 * P)), sizeof(double)));
done:
    return status;
}

static void whole_destroy(whole *c)
{
    cpt_free(c->second);
    cpt_free(c->accepted);
    cpt_free(c->other);
    cpt_free(c->errors);
    cpt_free(c->scale);
    cpt_free(c->sum);
    cpt_free(c->off);
    cpt_free(c->matrix);
    cpt_free(c->work);
}

critpt_status cpt_callbacks_check_second(cpt_audit *a)
{
    critpt_status status;
    whole c;
    CPT_TRY(whole_create(&c, a));
    CPT_TRY(check_second(&c));
    CPT_TRY(check_second_directional(&c));
    CPT_TRY(check_adjoint(&c));
    sum_curvature(&c);
    CPT_TRY(check_curvature(&c));
    CPT_TRY(check_hessian(&c));
done:
    whole_destroy(&c);
    return status;
}
