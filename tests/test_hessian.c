/* Second derivatives against differences in extended precision, closed forms and identities. */
#include "support.h"

#include <float.h>

#include "landscape/landscape.h"
#include "linalg/blas.h"

enum { ALL_ACTIVATIONS = CRITPT_LEAKY_RELU + 1, DEEPEST = 5 };

static const net shapes[] = {
    {2, 1, {1}, {CRITPT_IDENTITY}, {1}},
    {3, 1, {2}, {CRITPT_IDENTITY}, {0}},
    {3, 1, {3}, {CRITPT_SIGMOID}, {1}},
    {4, 2, {3, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}},
    {3, 2, {4, 3}, {CRITPT_GELU, CRITPT_IDENTITY}, {1, 1}},
    {3, 2, {4, 2}, {CRITPT_SOFTPLUS, CRITPT_TANH}, {1, 0}},
    {2, 3, {4, 1, 2}, {CRITPT_TANH, CRITPT_SILU, CRITPT_IDENTITY}, {1, 1, 1}},
    {3, 3, {2, 3, 2}, {CRITPT_IDENTITY, CRITPT_SIN, CRITPT_SIGMOID}, {0, 1, 1}},
    {2, 4, {3, 2, 4, 2}, {CRITPT_SIN, CRITPT_GELU, CRITPT_GAUSSIAN, CRITPT_IDENTITY}, {1, 0, 1, 1}},
    {3,
     5,
     {2, 3, 2, 3, 2},
     {CRITPT_ELU, CRITPT_TANH, CRITPT_LEAKY_RELU, CRITPT_SQUARE, CRITPT_IDENTITY},
     {1, 1, 1, 1, 1}},
    {2,
     5,
     {3, 2, 3, 2, 3},
     {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_IDENTITY, CRITPT_SILU, CRITPT_SOFTPLUS},
     {1, 0, 0, 1, 1}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A scene with sample weights and an output metric, if asked for. */
typedef struct weighted {
    scene s;
    double *sample_weights, *metric;
} weighted;

static weighted weighted_create(const net *shape, size_t n_samples, uint64_t seed, bool apply)
{
    weighted w = {.s = scene_create(shape, n_samples, seed)};
    size_t D = w.s.D;
    if (!apply)
        return w;
    w.sample_weights = NEW(double, n_samples);
    w.metric = NEW(double, D *D);
    for (size_t i = 0; i < n_samples; i++)
        w.sample_weights[i] = 0.5 + (double)(i % 3);
    for (size_t o = 0; o < D; o++)
        for (size_t q = 0; q < D; q++)
            w.metric[o * D + q] = (o == q ? 2.0 : 0) + 1 / (1.0 + (double)(o + q));
    ASSERT_OK(critpt_landscape_set_sample_weights(w.s.landscape, w.sample_weights, n_samples));
    ASSERT_OK(critpt_landscape_set_output_metric(w.s.landscape, w.metric, D));
    return w;
}

static void weighted_destroy(weighted *w)
{
    scene_destroy(&w->s);
    free(w->sample_weights);
    free(w->metric);
}

static double norm(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = hypot(sum, x[i]);
    return sum;
}

static double *hessian_of(const scene *s)
{
    double *H = NEW(double, s->P * s->P);
    ASSERT_OK(critpt_landscape_hessian(s->landscape, NULL, s->weights, s->P, H, s->P));
    return H;
}

static double relative_difference(const double *a, const double *b, size_t n)
{
    double square = 0, size = norm(b, n);
    for (size_t i = 0; i < n; i++)
        square = hypot(square, a[i] - b[i]);
    return size > 0 ? square / size : square;
}

/* ---- Whole matrices ---- */

/* Second central differences of the reference loss, step h in both weights. */
static double second_difference(const weighted *w, size_t i, size_t j)
{
    const long double h = 0x1p-12L;
    const scene *s = &w->s;
    double at_i = s->weights[i], at_j = s->weights[j];
    long double sum = 0;
    for (int a = -1; a <= 1; a += 2)
        for (int b = -1; b <= 1; b += 2) {
            s->weights[i] += a * 0x1p-12;
            s->weights[j] += b * 0x1p-12;
            sum += a * b *
                   reference_loss(&s->shape, s->weights, s->N, s->inputs, s->targets,
                                  w->sample_weights, w->metric);
            s->weights[i] = at_i;
            s->weights[j] = at_j;
        }
    return (double)(sum / (4 * h * h));
}

START_TEST(hessian_matches_differences_of_the_loss)
{
    for (size_t t = 0; t < SHAPES; t++)
        for (int apply = 0; apply <= 1; apply++) {
            weighted w = weighted_create(&shapes[t], 7, t, apply);
            scene *s = &w.s;
            /* few bits, so that the steps are exact */
            for (size_t i = 0; i < s->P; i++)
                s->weights[i] = (float)s->weights[i];
            double *H = hessian_of(s), size = norm(H, s->P * s->P);
            for (size_t i = 0; i < s->P; i++)
                for (size_t j = 0; j <= i; j++)
                    ASSERT_NEAR(H[i * s->P + j], second_difference(&w, i, j), size, 2e-6);
            free(H);
            weighted_destroy(&w);
        }
}
END_TEST

START_TEST(hessian_is_exactly_symmetric)
{
    for (size_t t = 0; t < SHAPES; t++) {
        weighted w = weighted_create(&shapes[t], 700, t, t % 2);
        double *H = hessian_of(&w.s);
        for (size_t i = 0; i < w.s.P; i++)
            for (size_t j = 0; j < i; j++)
                ck_assert_double_eq(H[i * w.s.P + j], H[j * w.s.P + i]);
        free(H);
        weighted_destroy(&w);
    }
}
END_TEST

/* The parts add up, the Gauss-Newton part is J' Mn J, and rows beyond P are left alone. */
START_TEST(parts_add_up)
{
    for (size_t t = 0; t < SHAPES; t++) {
        weighted w = weighted_create(&shapes[t], 40, t, t % 2 == 0);
        scene *s = &w.s;
        size_t P = s->P, D = s->D, ld = P + 3;
        double *H = hessian_of(s), *G = NEW(double, P *ld), *S = NEW(double, P *P);
        double *J = NEW(double, s->N *D *P), *sum = NEW(double, P *P), *truth = NEW(double, P *P);
        for (size_t i = 0; i < P * ld; i++)
            G[i] = 7;
        ASSERT_OK(critpt_landscape_gauss_newton(s->landscape, NULL, s->weights, P, G, ld));
        ASSERT_OK(critpt_landscape_residual_curvature(s->landscape, NULL, s->weights, P, S, P));
        ASSERT_OK(critpt_landscape_jacobian(s->landscape, NULL, s->weights, P, J, P));
        for (size_t i = 0; i < s->N; i++)
            for (size_t o = 0; o < D; o++)
                for (size_t q = 0; q < D; q++) {
                    double m = w.metric ? w.metric[o * D + q] * w.sample_weights[i] : o == q;
                    for (size_t a = 0; m != 0 && a < P; a++)
                        for (size_t b = 0; b < P; b++)
                            truth[a * P + b] +=
                                m / (double)s->N * J[(i * D + o) * P + a] * J[(i * D + q) * P + b];
                }
        for (size_t i = 0; i < P; i++) {
            ck_assert(G[i * ld + P] == 7 && G[i * ld + P + 2] == 7);
            for (size_t j = 0; j < P; j++) {
                sum[i * P + j] = G[i * ld + j] + S[i * P + j];
                ASSERT_NEAR(G[i * ld + j], truth[i * P + j], norm(truth, P * P), 1e-15);
            }
        }
        ck_assert_double_lt(relative_difference(sum, H, P * P), 1e-15);
        free(H), free(G), free(S), free(J), free(sum), free(truth);
        weighted_destroy(&w);
    }
}
END_TEST

/* ---- Products with vectors ---- */

START_TEST(products_with_vectors_match_the_matrix)
{
    for (size_t t = 0; t < SHAPES; t++) {
        weighted w = weighted_create(&shapes[t], 600, t, t % 2 == 0);
        scene *s = &w.s;
        size_t P = s->P, nv = 21, ld = P + 2;
        double *H = hessian_of(s), *V = normal(nv * ld, 3), *R = NEW(double, nv *ld);
        double *one = NEW(double, P), *truth = NEW(double, P);
        ASSERT_OK(
            critpt_landscape_hessian_vectors(s->landscape, NULL, s->weights, P, nv, V, ld, R, ld));
        for (size_t j = 0; j < nv; j++) {
            for (size_t a = 0; a < P; a++) {
                truth[a] = 0;
                for (size_t b = 0; b < P; b++)
                    truth[a] += H[a * P + b] * V[j * ld + b];
            }
            ASSERT_OK(critpt_landscape_hessian_vector(s->landscape, NULL, s->weights, P, V + j * ld,
                                                      P, one, P));
            double size = norm(H, P * P) * norm(V + j * ld, P);
            for (size_t a = 0; a < P; a++) {
                ASSERT_NEAR(one[a], truth[a], size, 2e-15);
                ASSERT_NEAR(R[j * ld + a], truth[a], size, 2e-15);
            }
        }
        free(H), free(V), free(R), free(one), free(truth);
        weighted_destroy(&w);
    }
}
END_TEST

/* ---- The operators inside ---- */

/* <S(u), Q> = <u, S*(Q)>, S*(v v') = D2f[v, v] and S(u) v against the whole, for one activation and
 * depth. */
static void check_adjoint(critpt_activation activation, size_t depth, bool linear_output)
{
    net shape = {3, depth, {3, 2, 4, 3, 2}, {0}, {1, 0, 1, 1, 0}};
    for (size_t l = 0; l < depth; l++)
        shape.activations[l] = activation;
    /* a rectifier without bias stands on its kink where its inputs are all 0 */
    for (size_t l = 0; l < depth && activation == CRITPT_RELU; l++)
        shape.bias[l] = 1;
    if (linear_output)
        shape.activations[depth - 1] = CRITPT_IDENTITY;
    scene s = scene_create(&shape, 530, depth);
    size_t P = s.P, n = s.N * s.D;
    critpt_workspace *workspace;
    double *u = normal(n, 5), *Q = normal(P * P, 6), *S = NEW(double, P *P), *v = normal(P, 8);
    double *adjoint = NEW(double, n), *second = NEW(double, n), left = 0, right = 0;
    double *Sv = NEW(double, P), *x = normal(P, 9);
    ASSERT_OK(critpt_workspace_create(&workspace, s.landscape));
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < i; j++)
            Q[i * P + j] = Q[j * P + i];
    ASSERT_OK(
        cpt_landscape_curvature_matrix(workspace, s.weights, CPT_RESIDUAL_CURVATURE, u, S, P));
    ASSERT_OK(cpt_landscape_curvature_adjoint(workspace, s.weights, Q, P, adjoint, s.D));
    for (size_t i = 0; i < P * P; i++)
        left += S[i] * Q[i];
    for (size_t i = 0; i < n; i++)
        right += u[i] * adjoint[i];
    ASSERT_NEAR(left, right, norm(S, P * P) * norm(Q, P * P) + norm(u, n) * norm(adjoint, n),
                4 * DBL_EPSILON);
    ASSERT_OK(cpt_landscape_curvature_vectors(workspace, s.weights, CPT_RESIDUAL_CURVATURE, u, 1, v,
                                              P, Sv, P));
    for (size_t i = 0; i < P; i++) {
        double truth = 0;
        for (size_t j = 0; j < P; j++)
            truth += S[i * P + j] * v[j];
        ASSERT_NEAR(Sv[i], truth, norm(S, P * P) * norm(v, P), 8 * DBL_EPSILON);
    }
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++)
            Q[i * P + j] = (v[i] * x[j] + v[j] * x[i]) / 2;
    ASSERT_OK(cpt_landscape_curvature_adjoint(workspace, s.weights, Q, P, adjoint, s.D));
    memcpy(Q, v, P * sizeof *Q);
    memcpy(Q + P, x, P * sizeof *Q);
    ASSERT_OK(cpt_landscape_second_directionals(workspace, s.weights, 2, Q, 1, &(cpt_pair){0, 1},
                                                second));
    for (size_t i = 0; i < n; i++)
        ASSERT_NEAR(adjoint[i], second[i], norm(second, n), 20 * DBL_EPSILON);
    critpt_workspace_destroy(workspace);
    free(u), free(Q), free(S), free(v), free(adjoint), free(second), free(Sv), free(x);
    scene_destroy(&s);
}

START_TEST(adjoint_identities_hold_for_every_activation_and_depth)
{
    for (int activation = 0; activation < ALL_ACTIVATIONS; activation++)
        for (size_t depth = 1; depth <= DEEPEST; depth++)
            for (int linear = 0; linear <= 1; linear++)
                check_adjoint((critpt_activation)activation, depth, linear);
}
END_TEST

/* Little memory makes many passes and small batches, and changes rounding only. */
START_TEST(passes_add_up)
{
    const net shape = {
        7, 4, {9, 8, 6, 3}, {CRITPT_TANH, CRITPT_GELU, CRITPT_SIN, CRITPT_IDENTITY}, {1, 1, 0, 1}};
    for (int terms = CPT_GAUSS_NEWTON; terms <= CPT_HESSIAN; terms++) {
        scene s = scene_create(&shape, 50, 4);
        size_t P = s.P;
        double *H = NEW(double, P *P), *whole = NEW(double, P *P), *u = normal(s.N * s.D, 3);
        double *transposed = NEW(double, s.N *s.D), *q = NEW(double, P *P);
        double *adjoint = NEW(double, s.N *s.D), *all = NEW(double, s.N *s.D);
        cpt_jet jet;
        cpt_assembly *assembly[2];
        const cpt_samples samples = {s.inputs, s.d, s.N, NULL, false};
        cpt_curvature curvature = {.cotangent = terms & CPT_RESIDUAL_CURVATURE ? u : NULL,
                                   .gauss_newton = terms & CPT_GAUSS_NEWTON};
        for (size_t i = 0; i < P * P; i++)
            q[i] = 1.0 / (1.0 + (double)(i / P + i % P));
        for (size_t k = 0; k < 2; k++) {
            ASSERT_OK(cpt_jet_assembly_create(&assembly[k], s.model, &curvature, s.N,
                                              k ? 8000 : 64 << 20));
            ASSERT_OK(cpt_jet_create(&jet, s.model, assembly[k]->batch));
            for (size_t pass = 0; pass < assembly[k]->n_passes; pass++) {
                ASSERT_OK(cpt_jet_assembly_start(assembly[k], pass));
                for (size_t first = 0; first < s.N; first += jet.batch.n) {
                    ASSERT_OK(
                        cpt_jet_evaluate(&jet, &samples, s.weights, first, CPT_SECOND_DERIVATIVES));
                    for (size_t i = 0; i < jet.batch.n; i++)
                        for (size_t o = 0; o < s.D; o++)
                            transposed[o * jet.batch.n + i] = u[(first + i) * s.D + o];
                    if (curvature.cotangent)
                        curvature.cotangent = transposed;
                    ASSERT_OK(cpt_jet_assembly_add(assembly[k], &jet, &curvature));
                }
                ASSERT_OK(cpt_jet_assembly_store(assembly[k], 0.5, k ? H : whole, P));
            }
            double *sums = k ? adjoint : all;
            for (size_t pass = 0; terms == CPT_RESIDUAL_CURVATURE && pass < assembly[k]->n_passes;
                 pass++) {
                ASSERT_OK(cpt_jet_adjoint_start(assembly[k], pass, q, P));
                for (size_t first = 0; first < s.N; first += jet.batch.n) {
                    ASSERT_OK(
                        cpt_jet_evaluate(&jet, &samples, s.weights, first, CPT_SECOND_DERIVATIVES));
                    memset(transposed, 0, s.D * jet.batch.n * sizeof *transposed);
                    ASSERT_OK(cpt_jet_adjoint_add(assembly[k], &jet, transposed));
                    for (size_t i = 0; i < jet.batch.n; i++)
                        for (size_t o = 0; o < s.D; o++)
                            sums[(first + i) * s.D + o] += transposed[o * jet.batch.n + i];
                }
            }
            cpt_jet_destroy(&jet);
        }
        ck_assert_uint_eq(assembly[0]->n_passes, 1);
        ck_assert_uint_gt(assembly[1]->n_passes, 20);
        ck_assert_uint_eq(assembly[1]->batch, 8);
        ck_assert_double_lt(relative_difference(H, whole, P * P), 1e-15);
        ck_assert_double_lt(relative_difference(adjoint, all, s.N * s.D), 1e-14);
        for (size_t k = 0; k < 2; k++)
            cpt_jet_assembly_destroy(assembly[k]);
        free(H), free(whole), free(u), free(transposed), free(q), free(adjoint), free(all);
        scene_destroy(&s);
    }
}
END_TEST

/* ---- Closed forms ---- */

/* f = v tanh(w x), L = 1/(2N) sum s m (f - y)^2: its Hessian written out. */
START_TEST(two_parameters_have_their_closed_form)
{
    const net shape = {1, 2, {1, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {0, 0}};
    weighted w = weighted_create(&shape, 300, 4, true);
    double H[4], v = w.s.weights[1], a = 0, b = 0, c = 0;
    for (size_t i = 0; i < 300; i++) {
        double x = w.s.inputs[i], t = tanh(w.s.weights[0] * x), r = v * t - w.s.targets[i];
        double d = x * (1 - t * t), dd = -2 * t * x * d,
               m = w.metric[0] * w.sample_weights[i] / 300;
        a += m * (v * d * v * d + r * v * dd);
        b += m * (v * d * t + r * d);
        c += m * t * t;
    }
    ASSERT_OK(critpt_landscape_hessian(w.s.landscape, NULL, w.s.weights, 2, H, 2));
    ASSERT_NEAR(H[0], a, fabs(a) + fabs(c), 1e-14);
    ASSERT_NEAR(H[1], b, fabs(a) + fabs(c), 1e-14);
    ASSERT_NEAR(H[3], c, fabs(a) + fabs(c), 1e-14);
    weighted_destroy(&w);
}
END_TEST

/* f = (w x + b)^2. */
START_TEST(a_square_unit_has_its_closed_form)
{
    const net shape = {1, 1, {1}, {CRITPT_SQUARE}, {1}};
    scene s = scene_create(&shape, 5, 4);
    double H[4], truth[3] = {0};
    for (size_t i = 0; i < 5; i++) {
        double x = s.inputs[i], z = s.weights[0] * x + s.weights[1], r = z * z - s.targets[i];
        double factor = (4 * z * z + 2 * r) / 5;
        truth[0] += factor * x * x;
        truth[1] += factor * x;
        truth[2] += factor;
    }
    ASSERT_OK(critpt_landscape_hessian(s.landscape, NULL, s.weights, 2, H, 2));
    ASSERT_NEAR(H[0], truth[0], fabs(truth[0]), 1e-14);
    ASSERT_NEAR(H[2], truth[1], fabs(truth[0]), 1e-14);
    ASSERT_NEAR(H[3], truth[2], fabs(truth[0]), 1e-14);
    scene_destroy(&s);
}
END_TEST

/* How many singular values of a symmetric matrix are not rounding. */
static size_t rank_of(double *matrix, size_t n)
{
    double *values = NEW(double, n), *work = NEW(double, 20 * n), none;
    size_t rank = 0;
    ck_assert_int_eq(LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, 'N', 'N', (int)n, (int)n, matrix, (int)n,
                                         values, &none, 1, &none, 1, work, (int)(20 * n)),
                     0);
    while (rank < n && values[rank] > 1e-10 * values[0])
        rank++;
    free(values), free(work);
    return rank;
}

/* Ranks of both parts for linear networks without biases (Singh, Bachmann, Hofmann 2021): q the
 * least width, q (d + K - q) and 2 q sum(hidden) + 2 q s - L q^2. */
START_TEST(linear_networks_have_the_ranks_of_singh_bachmann_hofmann)
{
    const struct {
        net shape;
        size_t gauss_newton, residual;
    } cases[] = {
        {{5, 2, {4, 3}, {CRITPT_IDENTITY, CRITPT_IDENTITY}, {0}}, 15, 24},
        {{6, 3, {3, 4, 5}, {CRITPT_IDENTITY, CRITPT_IDENTITY, CRITPT_IDENTITY}, {0}}, 24, 45},
        {{8, 3, {5, 4, 6}, {CRITPT_IDENTITY, CRITPT_IDENTITY, CRITPT_IDENTITY}, {0}}, 40, 72},
    };
    for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
        scene s = scene_create(&cases[t].shape, 200, t);
        double *matrix = NEW(double, s.P *s.P);
        ASSERT_OK(critpt_landscape_gauss_newton(s.landscape, NULL, s.weights, s.P, matrix, s.P));
        ck_assert_uint_eq(rank_of(matrix, s.P), cases[t].gauss_newton);
        ASSERT_OK(
            critpt_landscape_residual_curvature(s.landscape, NULL, s.weights, s.P, matrix, s.P));
        ck_assert_uint_eq(rank_of(matrix, s.P), cases[t].residual);
        free(matrix);
        scene_destroy(&s);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        hessian_matches_differences_of_the_loss,
        hessian_is_exactly_symmetric,
        parts_add_up,
        products_with_vectors_match_the_matrix,
        adjoint_identities_hold_for_every_activation_and_depth,
        passes_add_up,
        two_parameters_have_their_closed_form,
        a_square_unit_has_its_closed_form,
        linear_networks_have_the_ranks_of_singh_bachmann_hofmann,
    };
    return test_main("hessian", tests, sizeof tests / sizeof *tests);
}
