/* See constants.h. The constant 1 on output o, a field e, is in range(J) if its projection on that
 * is as long as itself: b' (J' Mn J)^+ b = e' Mn e with b = J' Mn e. */
#include "explain/constants.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct search {
    size_t P, D, n;
    double *gram;      /* P x P, J' Mn J, scaled to a diagonal of ones; then its eigenvectors */
    double *values;    /* P */
    double *scale;     /* P */
    double *e, *u, *b; /* n, n, P */
} search;

static critpt_status create(search *s, const cpt_points *points)
{
    critpt_status status;
    memset(s, 0, sizeof *s);
    s->P = points->P;
    s->D = points->D;
    s->n = points->N * points->D;
    CPT_TRY(cpt_allocate(&s->gram, s->P * s->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->values, s->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scale, s->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->b, s->P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->e, s->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->u, s->n, sizeof(double)));
done:
    return status;
}

static void destroy(search *s)
{
    cpt_free(s->gram);
    cpt_free(s->values);
    cpt_free(s->scale);
    cpt_free(s->b);
    cpt_free(s->e);
    cpt_free(s->u);
}

static critpt_status factor(search *s, cpt_evaluation *evaluation, size_t point)
{
    critpt_status status;
    size_t P = s->P;
    CPT_TRY(cpt_landscape_curvature_matrix(&evaluation->workspace,
                                           cpt_points_weights(evaluation->points, point),
                                           CPT_JACOBIAN_PRODUCT, NULL, s->gram, P));
    for (size_t j = 0; j < P; j++)
        s->scale[j] = s->gram[j * P + j] > 0 ? 1 / sqrt(s->gram[j * P + j]) : 1;
    for (size_t i = 0; i < P * P; i++)
        s->gram[i] *= s->scale[i / P] * s->scale[i % P];
    CPT_TRY(cpt_linalg_eigen(P, s->gram, s->values));
done:
    return status;
}

/* b = J' u at the point. */
static critpt_status pull_back(search *s, cpt_evaluation *evaluation, size_t point)
{
    critpt_status status;
    const cpt_points *points = evaluation->points;
    const critpt_landscape *landscape = points->landscape;
    CPT_TRY(critpt_landscape_jacobian_transposed_vector(
        landscape, NULL, cpt_points_weights(points, point), s->P, s->u, s->D, s->b, s->P));
done:
    return status;
}

/* Whether the field e with u = Mn e is in the range. Squares of the eigenvalues' rounding are left
 * out. */
static bool is_in_range(const search *s)
{
    static const double tolerance = 1e-9, least = 1e3 * DBL_EPSILON;
    double projected = 0, whole = cpt_linalg_dot(s->n, s->e, s->u);
    for (size_t i = 0; i < s->P; i++) {
        double along = 0;
        if (!(s->values[i] > least * s->values[s->P - 1]))
            continue;
        for (size_t j = 0; j < s->P; j++)
            along += s->gram[i * s->P + j] * s->scale[j] * s->b[j];
        projected += along * along / s->values[i];
    }
    return fabs(projected - whole) <= tolerance * whole;
}

critpt_status cpt_explain_find_constants(cpt_equations *equations, bool *constant)
{
    critpt_status status;
    cpt_evaluation *evaluation = &equations->work->evaluation;
    const cpt_points *points = evaluation->points;
    search s;
    CPT_TRY(create(&s, points));
    for (size_t o = 0; o < s.D; o++)
        constant[o] = true;
    for (size_t k = 0; k < points->K; k++) {
        if (!equations->plan->points[k].critical)
            continue;
        CPT_TRY(factor(&s, evaluation, k));
        for (size_t o = 0; o < s.D; o++) {
            for (size_t i = 0; i < s.n; i++)
                s.e[i] = i % s.D == o;
            cpt_metric_apply(points->metric, s.e, s.u);
            CPT_TRY(pull_back(&s, evaluation, k));
            constant[o] = constant[o] && is_in_range(&s);
        }
    }
done:
    destroy(&s);
    return status;
}
