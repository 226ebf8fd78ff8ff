/* The whole spectrum: every eigenpair with its error bound, and signs by Sylvester's law (MATH 9).
 *
 * Signs are those of the congruent matrix E H E, whose rows are of like size, so that weights of
 * tiny scale do not drown. What rounding did to H is bounded entry by entry by gamma |H|, |H| being
 * the same sums with absolute values all the way. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

typedef struct signs {
    size_t P;
    double *hessian;      /* P x P: E H E, then its eigenvectors, one a row */
    double *gauss_newton; /* P x P: E G E */
    double *scale;        /* diagonal of E */
    double *values;       /* eigenvalues of E H E, ascending */
    double norm;          /* largest of them */
    double tolerance;     /* below it a sign is not decided */
    double gap;           /* least decided one */
} signs;

static void signs_destroy(signs *s)
{
    cpt_free(s->hessian);
    cpt_free(s->gauss_newton);
    cpt_free(s->scale);
    cpt_free(s->values);
}

/* a_ij *= e_i e_j */
static void scale_both_sides(size_t P, const double *e, double *a)
{
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++)
            a[i * P + j] *= e[i] * e[j];
}

/* The largest sum of a row bounds the norm of a symmetric matrix with entries >= 0. */
static double largest_row_sum(size_t P, const double *a)
{
    double largest = 0;
    for (size_t i = 0; i < P; i++) {
        double sum = 0;
        for (size_t j = 0; j < P; j++)
            sum += a[i * P + j];
        largest = fmax(largest, sum);
    }
    return largest;
}

/* E = 1 / sqrt(G_aa), the small ones raised to eps of the largest. */
static void choose_scale(size_t P, const double *gauss_newton, double *scale)
{
    double largest = 0;
    for (size_t a = 0; a < P; a++)
        largest = fmax(largest, gauss_newton[a * P + a]);
    for (size_t a = 0; a < P; a++) {
        double diagonal = fmax(gauss_newton[a * P + a], DBL_EPSILON * largest);
        scale[a] = diagonal > 0 ? 1 / sqrt(diagonal) : 1;
    }
}

/* H in `hessian`, and what rounding may have done to it: in norm, to H itself and to E H E. */
static critpt_status assemble(const cpt_spectrum_task *task, signs *s, double *hessian,
                              double *plain_error, double *scaled_error)
{
    critpt_status status;
    size_t P = s->P;
    double gamma = cpt_spectrum_rounding_factor(task);
    CPT_TRY(cpt_landscape_curvature_matrix(task->workspace, task->weights, CPT_GAUSS_NEWTON, NULL,
                                           s->gauss_newton, P));
    choose_scale(P, s->gauss_newton, s->scale);
    scale_both_sides(P, s->scale, s->gauss_newton);
    CPT_TRY(cpt_landscape_curvature_matrix(task->workspace, task->weights, CPT_ABSOLUTE_HESSIAN,
                                           NULL, s->hessian, P));
    *plain_error = gamma * largest_row_sum(P, s->hessian);
    scale_both_sides(P, s->scale, s->hessian);
    *scaled_error = gamma * largest_row_sum(P, s->hessian);
    CPT_TRY(cpt_landscape_curvature_matrix(task->workspace, task->weights, CPT_HESSIAN, NULL,
                                           hessian, P));
    CPT_TRY(cpt_require_finite_matrix("Hessian", hessian, P, P, P));
    memcpy(s->hessian, hessian, P * P * sizeof *hessian);
    scale_both_sides(P, s->scale, s->hessian);
done:
    return status;
}

static double larger_end(size_t n, const double *ascending)
{
    return fmax(fabs(ascending[0]), fabs(ascending[n - 1]));
}

/* Eigenvalues of E H E and how many of each sign are certain. */
static critpt_status decide(signs *s, double scaled_error, critpt_spectrum *spectrum)
{
    critpt_status status;
    CPT_TRY(cpt_linalg_eigen(s->P, s->hessian, s->values));
    s->norm = larger_end(s->P, s->values);
    s->tolerance = 10 * (double)s->P * DBL_EPSILON * s->norm + scaled_error;
    s->gap = INFINITY;
    for (size_t i = 0; i < s->P; i++) {
        double value = s->values[i];
        spectrum->n_negative += value < -s->tolerance;
        spectrum->n_positive += value > s->tolerance;
        if (fabs(value) > s->tolerance)
            s->gap = fmin(s->gap, fabs(value));
    }
    spectrum->n_undecided = s->P - spectrum->n_negative - spectrum->n_positive;
done:
    return status;
}

/* Whether J and S both vanish in every undecided direction v: |E G E v| and, as E H E v does, |E S
 * E v| below what rounding of E H E makes of its null space, tolerance norm / gap. */
static critpt_status find_null_directions(const signs *s, critpt_spectrum *spectrum)
{
    critpt_status status;
    double *product, bound = 10 * s->tolerance * (1 + s->norm / s->gap);
    spectrum->null_directions_named = true;
    CPT_TRY(cpt_allocate(&product, s->P, sizeof *product));
    for (size_t i = 0; i < s->P; i++) {
        if (fabs(s->values[i]) > s->tolerance)
            continue;
        cpt_linalg_gemv(CPT_PLAIN, s->P, s->P, 1, s->gauss_newton, s->P, s->hessian + i * s->P, 0,
                        product);
        if (!(cpt_linalg_norm(s->P, product) <= bound))
            spectrum->null_directions_named = false;
    }
done:
    cpt_free(product);
    return status;
}

/* Eigenpairs of H itself; each is off by the rounding of H and of the eigensolver at most. */
static critpt_status solve(critpt_spectrum *spectrum, double plain_error)
{
    critpt_status status;
    size_t P = spectrum->P;
    CPT_TRY(cpt_linalg_eigen(P, spectrum->vectors, spectrum->values));
    double norm = larger_end(P, spectrum->values);
    for (size_t i = 0; i < P; i++)
        spectrum->errors[i] = 10 * (double)P * DBL_EPSILON * norm + plain_error;
    spectrum->n = P;
    spectrum->whole = true;
done:
    return status;
}

/* The least |eigenvalue| among those counted as decided: the undecided are the least ones. */
static void find_gap(critpt_spectrum *spectrum)
{
    size_t first_positive = spectrum->P - spectrum->n_positive;
    spectrum->gap = INFINITY;
    if (spectrum->n_negative)
        spectrum->gap = fabs(spectrum->values[spectrum->n_negative - 1]);
    if (spectrum->n_positive)
        spectrum->gap = fmin(spectrum->gap, fabs(spectrum->values[first_positive]));
    if (isinf(spectrum->gap))
        spectrum->gap = NAN;
}

critpt_status cpt_spectrum_dense(const cpt_spectrum_task *task, critpt_spectrum *spectrum)
{
    critpt_status status;
    size_t P = spectrum->P, entries;
    double plain_error, scaled_error;
    signs s = {.P = P};
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_allocate(&spectrum->vectors, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->errors, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.hessian, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.gauss_newton, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.scale, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s.values, P, sizeof(double)));
    CPT_TRY(assemble(task, &s, spectrum->vectors, &plain_error, &scaled_error));
    CPT_TRY(decide(&s, scaled_error, spectrum));
    CPT_TRY(find_null_directions(&s, spectrum));
    CPT_TRY(solve(spectrum, plain_error));
    find_gap(spectrum);
done:
    signs_destroy(&s);
    return status;
}
