/* Signs of eigenvalues in extended precision, for those that double precision leaves undecided.
 *
 * By Sylvester's law the Hessian has the signs of M = V E H E V', V being the eigenvectors of E H E
 * found in double precision: nearly diagonal, so that Gershgorin's discs, in coordinates in which
 * the diagonal is 1 or -1, tell them apart. Rows whose discs contain 0 are left out; by Cauchy's
 * interlacing what the others have, the whole matrix has at least. */
#include <float.h>
#include <math.h>

#include "linalg/linalg.h"
#include "spectrum/spectrum.h"

typedef long double real;

/* The relative rounding error of `real`. Where long double is a pair of doubles, LDBL_EPSILON is
 * that of the smallest second one and says nothing; 2^-100 is kept there. */
static const real epsilon = LDBL_MANT_DIG == 106 ? 0x1p-100L : LDBL_EPSILON;

typedef struct extended {
    size_t P;
    real *hessian; /* P x P: H */
    real *matrix;  /* P x P: E H E, then M */
    real *half;    /* P x P */
    double *vectors, *values;
    bool *left_out;
    double *bound; /* P x P: how far H may be off */
    double *scaled_bound;
    real error; /* of every entry of M */
} extended;

static void release(extended *x)
{
    cpt_free(x->hessian);
    cpt_free(x->matrix);
    cpt_free(x->half);
    cpt_free(x->vectors);
    cpt_free(x->values);
    cpt_free(x->left_out);
    cpt_free(x->bound);
    cpt_free(x->scaled_bound);
}

static critpt_status create(extended *x, size_t P)
{
    critpt_status status;
    *x = (extended){.P = P};
    CPT_TRY(cpt_allocate(&x->hessian, P * P, sizeof(real)));
    CPT_TRY(cpt_allocate(&x->matrix, P * P, sizeof(real)));
    CPT_TRY(cpt_allocate(&x->half, P * P, sizeof(real)));
    CPT_TRY(cpt_allocate(&x->vectors, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&x->values, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&x->left_out, P, sizeof(bool)));
    CPT_TRY(cpt_allocate(&x->bound, P * P, sizeof(double)));
    CPT_TRY(cpt_allocate(&x->scaled_bound, P * P, sizeof(double)));
done:
    return status;
}

/* matrix = V matrix V' */
static critpt_status turn(extended *x)
{
    critpt_status status = CRITPT_OK;
    size_t P = x->P;
    for (size_t i = 0; i < P; i++) {
        CPT_TRY(cpt_pulse_beat());
        for (size_t k = 0; k < P; k++) {
            real sum = 0;
            for (size_t j = 0; j < P; j++)
                sum += x->vectors[i * P + j] * x->matrix[k * P + j];
            x->half[i * P + k] = sum;
        }
    }
    for (size_t i = 0; i < P; i++) {
        CPT_TRY(cpt_pulse_beat());
        for (size_t j = 0; j <= i; j++) {
            real sum = 0;
            for (size_t k = 0; k < P; k++)
                sum += x->half[i * P + k] * x->vectors[j * P + k];
            x->matrix[i * P + j] = x->matrix[j * P + i] = sum;
        }
    }
done:
    return status;
}

/* M for the diagonal of E. */
static critpt_status assemble(const double *scale, extended *x)
{
    critpt_status status;
    size_t P = x->P;
    double error;
    for (size_t i = 0; i < P * P; i++) {
        x->matrix[i] = x->hessian[i] * scale[i / P] * scale[i % P];
        x->vectors[i] = (double)x->matrix[i];
        x->scaled_bound[i] = x->bound[i] * scale[i / P] * scale[i % P];
    }
    CPT_TRY(cpt_spectrum_bound_norm(P, x->scaled_bound, &error));
    double norm = cpt_linalg_norm(P * P, x->vectors);
    CPT_TRY(cpt_linalg_eigen(P, x->vectors, x->values));
    CPT_TRY(turn(x));
    x->error = error + norm * epsilon * 4 * (real)P;
done:
    return status;
}

/* The radius of a row's disc where the diagonal is 1 or -1. */
static real radius(const extended *x, size_t i)
{
    real sum = x->error / fabsl(x->matrix[i * (x->P + 1)]);
    for (size_t j = 0; j < x->P; j++)
        if (j != i && !x->left_out[j])
            sum +=
                (fabsl(x->matrix[i * x->P + j]) + x->error) /
                (sqrtl(fabsl(x->matrix[i * (x->P + 1)])) * sqrtl(fabsl(x->matrix[j * (x->P + 1)])));
    return sum;
}

/* Leaves out the row with the largest disc while that contains 0. */
static void leave_out(extended *x)
{
    for (size_t i = 0; i < x->P; i++)
        x->left_out[i] = !(fabsl(x->matrix[i * (x->P + 1)]) > x->error);
    for (size_t round = 0; round < x->P; round++) {
        size_t worst = x->P;
        real largest = 1;
        for (size_t i = 0; i < x->P; i++) {
            real r = x->left_out[i] ? 0 : radius(x, i);
            if (r >= largest || isnan(r)) {
                largest = isnan(r) ? INFINITY : r;
                worst = i;
            }
        }
        if (worst == x->P)
            break;
        x->left_out[worst] = true;
    }
}

/* Lower bounds of the numbers of negative and of positive eigenvalues. */
static void count(const extended *x, size_t *n_negative, size_t *n_positive)
{
    size_t negative = 0, positive = 0;
    for (size_t i = 0; i < x->P; i++) {
        negative += !x->left_out[i] && x->matrix[i * (x->P + 1)] < 0;
        positive += !x->left_out[i] && x->matrix[i * (x->P + 1)] > 0;
    }
    *n_negative = negative > *n_negative ? negative : *n_negative;
    *n_positive = positive > *n_positive ? positive : *n_positive;
}

critpt_status cpt_spectrum_extended_signs(const cpt_spectrum_task *task, size_t n_scales,
                                          const double *const *scales, size_t *n_negative,
                                          size_t *n_positive)
{
    critpt_status status;
    extended x;
    CPT_TRY(create(&x, task->workspace->jet.model->n_weights));
    CPT_TRY(cpt_landscape_extended_hessian(task->workspace, task->weights, x.hessian));
    CPT_TRY(cpt_landscape_hessian_bound(task->workspace, task->weights, (double)epsilon,
                                        CPT_EXTENDED_BATCH, x.bound, x.P));
    cpt_workspace_forget_assembly(task->workspace);
    for (size_t i = 0; i < n_scales; i++) {
        CPT_TRY(assemble(scales[i], &x));
        leave_out(&x);
        count(&x, n_negative, n_positive);
    }
done:
    release(&x);
    return status;
}
