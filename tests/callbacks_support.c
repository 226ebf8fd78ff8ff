/* A model of callbacks with all derivatives in closed form. */
#include "callbacks_support.h"

#include <complex.h>

const double check_weights[P] = {1.3, 0.7, -0.4, 1.9, 0.8};
const double check_inputs[CHECKED] = {0.1, 0.5, 0.9, 1.2, 1.6, 1.9};

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        f[i * D] = w[0] * exp(-w[1] * x[i]) + w[2] * exp(-w[3] * x[i]);
        f[i * D + 1] = w[0] * sin(w[1] * x[i]) + w[4] * w[4];
    }
    return 0;
}

static int outputs_complex(void *user, const double *weights, size_t n, const double *x, double *f)
{
    double complex w[P];
    (void)user;
    for (size_t j = 0; j < P; j++)
        w[j] = weights[2 * j] + weights[2 * j + 1] * I;
    for (size_t i = 0; i < n; i++) {
        double complex value[D] = {w[0] * cexp(-w[1] * x[i]) + w[2] * cexp(-w[3] * x[i]),
                                   w[0] * csin(w[1] * x[i]) + w[4] * w[4]};
        for (size_t o = 0; o < D; o++) {
            f[2 * (i * D + o)] = creal(value[o]);
            f[2 * (i * D + o) + 1] = cimag(value[o]);
        }
    }
    return 0;
}

static int outputs_extended(void *user, const long double *w, size_t n, const double *x,
                            long double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        f[i * D] = w[0] * expl(-w[1] * x[i]) + w[2] * expl(-w[3] * x[i]);
        f[i * D + 1] = w[0] * sinl(w[1] * x[i]) + w[4] * w[4];
    }
    return 0;
}

void derivatives(const double *w, double at, long double J[D][P], long double S[D][P][P])
{
    long double x = at, a = expl(-w[1] * x), b = expl(-w[3] * x), s = sinl(w[1] * x),
                c = cosl(w[1] * x);
    memset(J, 0, sizeof(long double[D][P]));
    memset(S, 0, sizeof(long double[D][P][P]));
    J[0][0] = a;
    J[0][1] = -w[0] * x * a;
    J[0][2] = b;
    J[0][3] = -w[2] * x * b;
    J[1][0] = s;
    J[1][1] = w[0] * x * c;
    J[1][4] = 2 * w[4];
    S[0][0][1] = S[0][1][0] = -x * a;
    S[0][1][1] = w[0] * x * x * a;
    S[0][2][3] = S[0][3][2] = -x * b;
    S[0][3][3] = w[2] * x * x * b;
    S[1][0][1] = S[1][1][0] = x * c;
    S[1][1][1] = -w[0] * x * x * s;
    S[1][4][4] = 2;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t k = 0; k < D * P; k++)
            to[i * D * P + k] = (double)J[k / P][k % P];
    }
    return 0;
}

static int jacobian_vector(void *user, const double *w, size_t n, const double *x, const double *v,
                           double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t o = 0; o < D; o++) {
            long double sum = 0;
            for (size_t j = 0; j < P; j++)
                sum += J[o][j] * v[j];
            to[i * D + o] = (double)sum;
        }
    }
    return 0;
}

static int transposed(void *user, const double *w, size_t n, const double *x, const double *u,
                      double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t k = 0; k < D * P; k++)
            to[k % P] += (double)(J[k / P][k % P] * u[i * D + k / P]);
    }
    return 0;
}

static int curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                     double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t o = 0; o < D; o++)
            for (size_t k = 0; k < P * P; k++)
                to[k] += (double)(u[i * D + o] * S[o][k / P][k % P]);
    }
    return 0;
}

static int curvature_vector(void *user, const double *w, size_t n, const double *x, const double *u,
                            const double *v, double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t o = 0; o < D; o++)
            for (size_t k = 0; k < P * P; k++)
                to[k / P] += (double)(u[i * D + o] * S[o][k / P][k % P] * v[k % P]);
    }
    return 0;
}

static int second_directional(void *user, const double *w, size_t n, const double *x,
                              const double *v, const double *u, double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t o = 0; o < D; o++) {
            long double sum = 0;
            for (size_t k = 0; k < P * P; k++)
                sum += v[k / P] * S[o][k / P][k % P] * u[k % P];
            to[i * D + o] = (double)sum;
        }
    }
    return 0;
}

static int hessian(void *user, const double *w, size_t n, const double *x, const double *s,
                   const double *M, const double *u, double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t k = 0; k < P * P; k++) {
            long double sum = 0;
            for (size_t o = 0; o < D; o++) {
                sum += u ? u[i * D + o] * S[o][k / P][k % P] : 0;
                for (size_t c = 0; c < D; c++)
                    sum += (s ? s[i] : 1) * (M ? M[o * D + c] : o == c) * J[o][k / P] * J[c][k % P];
            }
            to[k] += (double)sum;
        }
    }
    return 0;
}

static int hessian_vectors(void *user, const double *w, size_t n, const double *x, const double *s,
                           const double *M, const double *u, size_t count, const double *directions,
                           double *to)
{
    double matrix[P * P] = {0};
    hessian(user, w, n, x, s, M, u, matrix);
    for (size_t k = 0; k < count * P; k++)
        for (size_t b = 0; b < P; b++)
            to[k] += matrix[k % P * P + b] * directions[k / P * P + b];
    return 0;
}

static int adjoint(void *user, const double *w, size_t n, const double *x, const double *q,
                   double *to)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        long double J[D][P], S[D][P][P];
        derivatives(w, x[i], J, S);
        for (size_t o = 0; o < D; o++) {
            long double sum = 0;
            for (size_t k = 0; k < P * P; k++)
                sum += q[k] * S[o][k / P][k % P];
            to[i * D + o] = (double)sum;
        }
    }
    return 0;
}

const critpt_model_callbacks whole = {
    .struct_size = sizeof whole,
    .outputs = outputs,
    .jacobian = jacobian,
    .jacobian_vector = jacobian_vector,
    .jacobian_transposed_vector = transposed,
    .curvature = curvature,
    .curvature_vector = curvature_vector,
    .second_directional = second_directional,
    .outputs_complex = outputs_complex,
    .outputs_extended = outputs_extended,
    .hessian = hessian,
    .hessian_vectors = hessian_vectors,
    .curvature_adjoint = adjoint,
};
