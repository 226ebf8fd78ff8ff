/* The whole spectrum: every eigenpair with its error bound, and signs by Sylvester's law (MATH 9).
 *
 * Signs are also sought in the congruent matrix E H E, E diagonal, whose rows are of similar size,
 * so that weights of tiny scale are not lost in the rounding of the others. The rounding error of H
 * is bounded entry by entry. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

/* A matrix congruent to H: E H E. */
typedef struct congruent {
    double *matrix; /* P x P; its eigenvectors where they were asked for */
    double *scale;  /* diagonal of E */
    double *values; /* eigenvalues, ascending */
    double error;   /* bound of the norm of the matrix's rounding error */
    double norm, tolerance;
    size_t n_negative, n_positive;
} congruent;

typedef struct signs {
    size_t P;
    bool all_vectors; /* of the Hessian itself */
    congruent plain, scaled;
} signs;

static void signs_destroy(signs *s)
{
    cpt_free(s->plain.scale);
    if (!s->all_vectors)
        cpt_free(s->plain.matrix);
    cpt_free(s->scaled.scale);
    cpt_free(s->scaled.matrix);
    cpt_free(s->scaled.values);
}

/* a_ij *= e_i e_j */
static void scale_both_sides(size_t P, const double *e, double *a)
{
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++)
            a[i * P + j] *= e[i] * e[j];
}

/* E_aa = 1 / sqrt(G_aa), G_aa at least eps times the largest. */
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

/* Both matrices and bounds of their rounding errors. The scaled one serves as scratch before it is
 * stored. */
static critpt_status assemble(const cpt_spectrum_task *task, signs *s)
{
    critpt_status status;
    size_t P = s->P;
    const critpt_model *model = task->workspace->jet.model;
    double *gauss_newton = s->scaled.matrix, *bound = s->scaled.matrix;
    CPT_TRY(cpt_landscape_curvature_matrix(task->workspace, task->weights, CPT_GAUSS_NEWTON, NULL,
                                           gauss_newton, P));
    CPT_TRY(cpt_landscape_require_finite_curvature(model, "Gauss-Newton matrix", gauss_newton, P));
    choose_scale(P, gauss_newton, s->scaled.scale);
    CPT_TRY(cpt_landscape_hessian_bound(task->workspace, task->weights, DBL_EPSILON, 0, bound, P));
    CPT_TRY(cpt_landscape_require_finite_curvature(task->workspace->jet.model,
                                                   "bound of the Hessian", bound, P));
    CPT_TRY(cpt_spectrum_bound_norm(P, bound, &s->plain.error));
    scale_both_sides(P, s->scaled.scale, bound);
    CPT_TRY(cpt_spectrum_bound_norm(P, bound, &s->scaled.error));
    CPT_TRY(cpt_landscape_curvature_matrix(task->workspace, task->weights, CPT_HESSIAN, NULL,
                                           s->plain.matrix, P));
    CPT_TRY(cpt_landscape_require_finite_curvature(model, "Hessian", s->plain.matrix, P));
    memcpy(s->scaled.matrix, s->plain.matrix, P * P * sizeof(double));
    scale_both_sides(P, s->scaled.scale, s->scaled.matrix);
    CPT_TRY(cpt_landscape_require_finite_curvature(model, "scaled Hessian", s->scaled.matrix, P));
    cpt_workspace_forget_assembly(task->workspace); /* LAPACK needs as much */
done:
    return status;
}

/* Eigenvalues of a congruent matrix, and how many of each sign are certain. */
static critpt_status decide(size_t P, congruent *c, bool all_vectors)
{
    critpt_status status;
    if (all_vectors)
        CPT_TRY(cpt_linalg_eigen(P, c->matrix, c->values));
    else
        CPT_TRY(cpt_linalg_eigenvalues(P, c->matrix, c->values));
    c->norm = fmax(fabs(c->values[0]), fabs(c->values[P - 1]));
    c->tolerance = 10 * (double)P * DBL_EPSILON * c->norm + c->error;
    for (size_t i = 0; i < P; i++) {
        double value = c->values[i];
        c->n_negative += value < -c->tolerance;
        c->n_positive += value > c->tolerance;
    }
done:
    return status;
}

/* By Sylvester's law of inertia both matrices have the same signs, so what is certain of one is
 * certain of the other; which of them decides more depends on the point. */
static void combine(const signs *s, critpt_spectrum *spectrum)
{
    const congruent *plain = &s->plain, *scaled = &s->scaled;
    spectrum->n_negative =
        plain->n_negative > scaled->n_negative ? plain->n_negative : scaled->n_negative;
    spectrum->n_positive =
        plain->n_positive > scaled->n_positive ? plain->n_positive : scaled->n_positive;
    spectrum->n_undecided = s->P - spectrum->n_negative - spectrum->n_positive;
}

/* Whether extended precision may be asked, takes no more than minutes, has room in the memory limit
 * and all samples at hand. */
static critpt_status may_decide_further(const cpt_spectrum_task *task, double P, bool *yes)
{
    static const double most_products = 1e10;
    critpt_status status = CRITPT_OK;
    double N = (double)task->workspace->samples.n;
    double entries = P * P + (double)cpt_structure_extended_entries(task->workspace->jet.model);
    size_t size;
    *yes = task->options->extended_precision &&
           cpt_structure_has_extended(task->workspace->jet.model) &&
           entries * N + 2 * P * P * P <= most_products &&
           !cpt_reduction_is_split(cpt_workspace_reduction(task->workspace));
    if (*yes) {
        CPT_TRY(cpt_spectrum_extended_size(task, &size));
        CPT_TRY(cpt_multiply(size, sizeof(double), "Hessian in extended precision", &size));
        *yes = cpt_budget_has(size);
    }
done:
    return status;
}

/* Signs that double precision leaves undecided are sought in extended precision. The gap and the
 * null directions remain those found in double precision. */
static critpt_status decide_further(const cpt_spectrum_task *task, const signs *s,
                                    critpt_spectrum *spectrum)
{
    critpt_status status;
    const double *const scales[] = {s->scaled.scale, s->plain.scale};
    CPT_TRY(
        cpt_spectrum_extended_signs(task, 2, scales, &spectrum->n_negative, &spectrum->n_positive));
    spectrum->n_undecided = s->P - spectrum->n_negative - spectrum->n_positive;
    spectrum->extended = true;
done:
    return status;
}

/* By Courant and Fischer, from E H E > tolerance on E^-1 times the subspace. */
static void find_visible(const congruent *c, size_t P, double *visible)
{
    for (size_t a = 0; a < P; a++)
        visible[a] = c->tolerance / (c->scale[a] * c->scale[a]);
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

static critpt_status allocate(critpt_spectrum *spectrum, signs *s)
{
    critpt_status status;
    size_t P = s->P, entries;
    CPT_TRY(cpt_multiply(P, P, "Hessian", &entries));
    CPT_TRY(cpt_allocate(&spectrum->vectors, spectrum->n_vectors * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->errors, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&spectrum->visible, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->plain.scale, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scaled.scale, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scaled.matrix, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scaled.values, P, sizeof(double)));
    if (s->all_vectors)
        s->plain.matrix = spectrum->vectors; /* they take its place */
    else
        CPT_TRY(cpt_allocate(&s->plain.matrix, entries, sizeof(double)));
    s->plain.values = spectrum->values;
    for (size_t j = 0; j < P; j++)
        s->plain.scale[j] = 1;
done:
    return status;
}

/* The eigenvectors asked for. Their eigenvalues are known. */
static critpt_status compute_vectors(const signs *s, critpt_spectrum *spectrum)
{
    critpt_status status;
    double *values;
    CPT_TRY(cpt_allocate(&values, spectrum->n_vectors, sizeof *values));
    CPT_TRY(cpt_linalg_eigenpairs(s->P, s->plain.matrix, spectrum->first_vector,
                                  spectrum->n_vectors, values, spectrum->vectors));
done:
    cpt_free(values);
    return status;
}

critpt_status cpt_spectrum_dense(const cpt_spectrum_task *task, critpt_spectrum *spectrum)
{
    critpt_status status;
    bool further = false;
    signs s = {.P = spectrum->P, .all_vectors = spectrum->n_vectors == spectrum->P};
    CPT_TRY(allocate(spectrum, &s));
    CPT_TRY(cpt_spectrum_advance(task->options, 0.1, "Hessian"));
    CPT_TRY(assemble(task, &s));
    CPT_TRY(cpt_spectrum_advance(task->options, 0.3, "eigenvalues"));
    CPT_TRY(decide(s.P, &s.plain, s.all_vectors));
    CPT_TRY(cpt_spectrum_advance(task->options, 0.6, "signs"));
    CPT_TRY(decide(s.P, &s.scaled, false));
    combine(&s, spectrum);
    find_gap(spectrum);
    if (spectrum->n_undecided)
        CPT_TRY(may_decide_further(task, (double)s.P, &further));
    if (further)
        CPT_TRY(decide_further(task, &s, spectrum));
    if (!s.all_vectors)
        CPT_TRY(compute_vectors(&s, spectrum));
    for (size_t i = 0; i < s.P; i++) /* rounding of H and of the eigensolver */
        spectrum->errors[i] = s.plain.tolerance;
    spectrum->n = s.P;
    spectrum->whole = true;
    find_visible(&s.scaled, s.P, spectrum->visible);
done:
    signs_destroy(&s);
    return status;
}
