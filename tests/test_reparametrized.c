/* Models of fewer weights: every operation is the base's at w0 + B v with B taken through, bounds
 * bound, and only facts that B leaves true are answered. */
#include "reparametrized_support.h"

#include <float.h>

#include "landscape/landscape.h"

/* B'x, and |B|'|x|. */
static void transpose(const fewer *f, const double *x, long double *result, long double *size)
{
    for (size_t k = 0; k < f->V; k++) {
        result[k] = size[k] = 0;
        for (size_t j = 0; j < f->P; j++) {
            result[k] += (long double)f->matrix[j * f->V + k] * x[j];
            size[k] += fabsl((long double)f->matrix[j * f->V + k] * x[j]);
        }
    }
}

/* result, V numbers, is B'x to rounding. */
static void check_transposed(const fewer *f, const double *result, const double *x)
{
    long double *truth = NEW(long double, f->V), *size = NEW(long double, f->V);
    transpose(f, x, truth, size);
    for (size_t k = 0; k < f->V; k++)
        ASSERT_NEAR(result[k], truth[k], size[k], 64 * DBL_EPSILON);
    free(truth), free(size);
}

static double *multiply(const fewer *f, const double *v)
{
    double *x = NEW(double, f->P);
    for (size_t j = 0; j < f->P; j++) {
        long double sum = 0;
        for (size_t k = 0; k < f->V; k++)
            sum += (long double)f->matrix[j * f->V + k] * v[k];
        x[j] = (double)sum;
    }
    return x;
}

/* matrix, V x V, is B'HB to rounding. */
static void check_folded(const fewer *f, const double *matrix, const double *H)
{
    size_t P = f->P, V = f->V;
    for (size_t k = 0; k < V; k++)
        for (size_t l = 0; l < V; l++) {
            long double sum = 0, size = 0;
            for (size_t i = 0; i < P; i++)
                for (size_t j = 0; f->matrix[i * V + k] != 0 && j < P; j++) {
                    long double term =
                        (long double)f->matrix[i * V + k] * H[i * P + j] * f->matrix[j * V + l];
                    sum += term;
                    size += fabsl(term);
                }
            ASSERT_NEAR(matrix[k * V + l], sum, size, 128 * DBL_EPSILON);
            ck_assert_double_eq(matrix[k * V + l], matrix[l * V + k]);
        }
}

START_TEST(weights_are_rounded_once)
{
    pair p = pair_create(_i);
    for (size_t j = 0; j < p.f.P; j++)
        ck_assert(fabsl(p.w[j] - p.exact[j]) <= DBL_EPSILON / 2 * 1.001L * fabsl(p.exact[j]));
    pair_destroy(&p);
}
END_TEST

START_TEST(first_derivatives_are_the_bases)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    size_t P = f->P, V = f->V, D = net_outputs(&f->shape);
    double *f0 = NEW(double, N *D), *f1 = NEW(double, N *D), *g0 = NEW(double, P),
           *g1 = NEW(double, V), *J0 = NEW(double, N *D *P), *J1 = NEW(double, N *D *V),
           *d = normal(V, 3), *u = normal(N * D, 4), loss0, loss1;
    ASSERT_OK(critpt_landscape_outputs(p.base, NULL, p.w, P, f0, D));
    ASSERT_OK(critpt_landscape_outputs(p.fewer, NULL, f->v, V, f1, D));
    ck_assert_mem_eq(f0, f1, N * D * sizeof *f0);
    ASSERT_OK(critpt_landscape_gradient(p.base, NULL, p.w, P, g0, P, &loss0));
    ASSERT_OK(critpt_landscape_gradient(p.fewer, NULL, f->v, V, g1, V, &loss1));
    ck_assert_double_eq(loss0, loss1);
    check_transposed(f, g1, g0);
    ASSERT_OK(critpt_landscape_jacobian(p.base, NULL, p.w, P, J0, P));
    ASSERT_OK(critpt_landscape_jacobian(p.fewer, NULL, f->v, V, J1, V));
    for (size_t row = 0; row < N * D; row++)
        check_transposed(f, J1 + row * V, J0 + row * P);
    double *x = multiply(f, d);
    ASSERT_OK(critpt_landscape_jacobian_vector(p.base, NULL, p.w, P, x, P, f0, D));
    ASSERT_OK(critpt_landscape_jacobian_vector(p.fewer, NULL, f->v, V, d, V, f1, D));
    for (size_t row = 0; row < N * D; row++) {
        double size = 0;
        for (size_t j = 0; j < P; j++)
            size += fabs(J0[row * P + j] * x[j]);
        ASSERT_NEAR(f1[row], f0[row], size, 1e-14);
    }
    ASSERT_OK(critpt_landscape_jacobian_transposed_vector(p.base, NULL, p.w, P, u, D, g0, P));
    ASSERT_OK(critpt_landscape_jacobian_transposed_vector(p.fewer, NULL, f->v, V, u, D, g1, V));
    check_transposed(f, g1, g0);
    free(f0), free(f1), free(g0), free(g1), free(J0), free(J1), free(d), free(u), free(x);
    pair_destroy(&p);
}
END_TEST

/* The loss of plain loops in extended precision, along a column of B, by differences of sixth
 * order. */
START_TEST(gradients_are_differences_of_the_loss)
{
    static const double weights[3] = {0.75, -0.15, 1.0 / 60};
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    double *g = NEW(double, f->V), *w = NEW(double, f->P), h = 0x1p-8;
    ASSERT_OK(critpt_landscape_set_sample_weights(p.fewer, NULL, 0));
    ASSERT_OK(critpt_landscape_set_output_metric(p.fewer, NULL, 0));
    ASSERT_OK(critpt_landscape_set_sample_metrics(p.fewer, NULL, 0));
    ASSERT_OK(critpt_landscape_gradient(p.fewer, NULL, f->v, f->V, g, f->V, NULL));
    for (size_t k = 0; k < f->V; k++) {
        long double slope = 0;
        for (int step = -3; step <= 3; step++) {
            if (step == 0)
                continue;
            for (size_t j = 0; j < f->P; j++)
                w[j] = p.w[j] + step * h * f->matrix[j * f->V + k];
            long double loss = reference_loss(&f->shape, w, N, p.inputs, p.targets, NULL, NULL);
            slope += (step > 0 ? 1 : -1) * weights[abs(step) - 1] * loss / h;
        }
        ASSERT_NEAR(g[k], slope, 1 + fabsl(slope), 1e-7);
    }
    free(g), free(w);
    pair_destroy(&p);
}
END_TEST

START_TEST(second_derivatives_are_the_bases)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    size_t P = f->P, V = f->V;
    double *H0 = NEW(double, P *P), *H1 = NEW(double, V *V), *d = normal(20 * V, 3),
           *Hd = NEW(double, 20 * V);
    critpt_status (*const functions[3])(const critpt_landscape *, critpt_workspace *,
                                        const double *, size_t, double *, size_t) = {
        critpt_landscape_gauss_newton, critpt_landscape_residual_curvature,
        critpt_landscape_hessian};
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(functions[i](p.base, NULL, p.w, P, H0, P));
        ASSERT_OK(functions[i](p.fewer, NULL, f->v, V, H1, V));
        check_folded(f, H1, H0);
    }
    ASSERT_OK(critpt_landscape_hessian_vectors(p.fewer, NULL, f->v, V, 20, d, V, Hd, V));
    for (size_t i = 0; i < 20; i++)
        for (size_t k = 0; k < V; k++) {
            double sum = 0, size = 0;
            for (size_t l = 0; l < V; l++) {
                sum += H1[k * V + l] * d[i * V + l];
                size += fabs(H1[k * V + l] * d[i * V + l]);
            }
            for (size_t j = 0; f->kind >= SPARSE && j < P * P; j++)
                size = fmax(size, fabs(H0[j])); /* columns cancel */
            ASSERT_NEAR(Hd[i * V + k], sum, size, 1e-11);
        }
    free(H0), free(H1), free(d), free(Hd);
    pair_destroy(&p);
}
END_TEST

/* What plans ask for beside: D2f[v, u], the derivative of J, S*(Q), many fields at once. */
START_TEST(other_operators_are_the_bases)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    size_t P = f->P, V = f->V, D = net_outputs(&f->shape);
    const cpt_pair pairs[] = {{0, 1}};
    critpt_workspace *w0, *w1;
    double *v = normal(2 * V, 8), *x = NEW(double, 2 * P), *a = NEW(double, N *D),
           *b = NEW(double, N *D), *S = NEW(double, V *V), *Q = NEW(double, V *V),
           *u = normal(N * D, 9), left = 0, right = 0, size = 0;
    for (size_t i = 0; i < 2; i++) {
        double *one = multiply(f, v + i * V);
        memcpy(x + i * P, one, P * sizeof *x);
        free(one);
    }
    ASSERT_OK(critpt_workspace_create(&w0, p.base));
    ASSERT_OK(critpt_workspace_create(&w1, p.fewer));
    ASSERT_OK(cpt_landscape_second_directionals(w0, p.w, 2, x, 1, pairs, a));
    ASSERT_OK(cpt_landscape_second_directionals(w1, f->v, 2, v, 1, pairs, b));
    for (size_t i = 0; i < N * D; i++)
        size = fmax(size, fabs(a[i]));
    for (size_t i = 0; i < N * D; i++)
        ASSERT_NEAR(a[i], b[i], size, 1e-12);
    for (size_t i = 0; i < V; i++)
        for (size_t j = 0; j < V; j++)
            Q[i * V + j] = v[i] * v[j] - v[V + i] * v[V + j];
    ASSERT_OK(cpt_landscape_curvature_matrix(w1, f->v, CPT_RESIDUAL_CURVATURE, u, S, V));
    ASSERT_OK(cpt_landscape_curvature_adjoint(w1, f->v, Q, V, a, D));
    size = 0;
    for (size_t i = 0; i < V * V; i++) {
        left += S[i] * Q[i];
        size += fabs(S[i] * Q[i]);
    }
    for (size_t i = 0; i < N * D; i++) {
        right += u[i] * a[i];
        size += fabs(u[i] * a[i]);
    }
    ASSERT_NEAR(left, right, size, 1e-12);
    critpt_workspace_destroy(w0), critpt_workspace_destroy(w1);
    free(v), free(x), free(a), free(b), free(S), free(Q), free(u);
    pair_destroy(&p);
}
END_TEST

static void check_tangents(const fewer *f, cpt_jet jets[2], const double *v)
{
    size_t P = f->P, V = f->V, D = net_outputs(&f->shape), sizes[2];
    double *x = multiply(f, v), *T0 = NEW(double, N *D *P), *T1 = NEW(double, N *D *V),
           *seeds = normal(D * D, 2), *scale = normal(N, 6);
    const cpt_jacobian_layout l0 = {.sample = D * P, .output = P, .weight = 1};
    const cpt_jacobian_layout l1 = {.sample = D * V, .output = V, .weight = 1};
    for (int i = 0; i < 2; i++)
        ASSERT_OK(cpt_jet_scratch_size(jets[i].model, N, &sizes[i]));
    double *s0 = NEW(double, sizes[0]), *s1 = NEW(double, sizes[1]);
    ASSERT_OK(cpt_jet_jacobian_tangent(&jets[0], x, seeds, scale, s0, T0, &l0));
    ASSERT_OK(cpt_jet_jacobian_tangent(&jets[1], v, seeds, scale, s1, T1, &l1));
    for (size_t row = 0; row < N * D; row++) {
        long double *truth = NEW(long double, V), *size = NEW(long double, V);
        transpose(f, T0 + row * P, truth, size);
        for (size_t k = 0; k < V; k++)
            ASSERT_NEAR(T1[row * V + k], truth[k], size[k] + 1, 1e-12);
        free(truth), free(size);
    }
    free(x), free(T0), free(T1), free(seeds), free(scale), free(s0), free(s1);
}

static void check_fields(const fewer *f, cpt_jet jets[2])
{
    enum { COUNT = 3 };
    size_t P = f->P, V = f->V, D = net_outputs(&f->shape), size;
    double *d = normal(COUNT * V, 5), *many = NEW(double, N *D *COUNT), *one = NEW(double, N *D),
           *u = normal(N * D * COUNT, 6), *g = NEW(double, COUNT *V), *g0 = NEW(double, P);
    ck_assert(cpt_jet_takes_fields(jets[1].model));
    ASSERT_OK(cpt_jet_fields_size(jets[1].model, N, COUNT, &size));
    double *scratch = NEW(double, size);
    ASSERT_OK(cpt_jet_pushforwards(&jets[1], COUNT, d, V, scratch, many));
    ASSERT_OK(cpt_jet_pullbacks(&jets[1], COUNT, u, scratch, g, V));
    for (size_t c = 0; c < COUNT; c++) {
        ASSERT_OK(cpt_jet_pushforward(&jets[1], d + c * V, one));
        for (size_t i = 0; i < N * D; i++)
            ASSERT_NEAR(many[(i / N * COUNT + c) * N + i % N], one[i], 1 + fabs(one[i]), 1e-12);
        for (size_t i = 0; i < N * D; i++)
            one[i] = u[(i / N * COUNT + c) * N + i % N];
        memset(g0, 0, P * sizeof *g0);
        ASSERT_OK(cpt_jet_pullback(&jets[0], one, g0));
        check_transposed(f, g + c * V, g0);
    }
    free(d), free(many), free(one), free(u), free(g), free(g0), free(scratch);
}

START_TEST(jets_are_the_bases)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    const cpt_samples samples = {.inputs = p.inputs, .leading = f->shape.n_inputs, .n = N};
    size_t kept, D = net_outputs(&f->shape);
    double *v = normal(f->V, 8), *u = normal(N * D, 4), *g = NEW(double, f->V),
           *again = NEW(double, f->V);
    cpt_jet jets[2];
    ASSERT_OK(cpt_jet_create(&jets[0], f->base, N));
    ASSERT_OK(cpt_jet_create(&jets[1], f->model, N));
    ASSERT_OK(cpt_jet_evaluate(&jets[0], &samples, p.w, 0, CPT_SECOND_DERIVATIVES));
    ASSERT_OK(cpt_jet_evaluate(&jets[1], &samples, f->v, 0, CPT_SECOND_DERIVATIVES));
    check_tangents(f, jets, v);
    check_fields(f, jets);
    ASSERT_OK(cpt_jet_evaluate(&jets[1], &samples, f->v, 0, CPT_DERIVATIVES));
    kept = cpt_jet_kept_size(f->model);
    ck_assert_uint_eq(kept, cpt_jet_kept_size(f->base));
    double *memory = NEW(double, kept *N);
    cpt_jet_take(&jets[1], memory);
    ASSERT_OK(cpt_jet_pullback(&jets[1], u, g));
    ASSERT_OK(cpt_jet_evaluate(&jets[1], &samples, v, 0, CPT_DERIVATIVES));
    ASSERT_OK(cpt_jet_put_back(&jets[1], &samples, f->v, 0, jets[0].batch.inputs, memory));
    ASSERT_OK(cpt_jet_pullback(&jets[1], u, again));
    ck_assert_mem_eq(g, again, f->V * sizeof *g);
    cpt_jet_destroy(&jets[0]), cpt_jet_destroy(&jets[1]);
    free(v), free(u), free(g), free(again), free(memory);
    pair_destroy(&p);
}
END_TEST

/* ---- Bounds ---- */

static void apply_metric(const void *metric, size_t sample, const long double *r, long double *u)
{
    cpt_metric_apply_extended(metric, sample, r, u);
}

/* B'HB in extended precision, from the base's at the exact weights. */
static void exact_hessian(const pair *p, long double *result)
{
    const fewer *f = &p->f;
    size_t P = f->P, V = f->V, D = net_outputs(&f->shape);
    long double *H = NEW(long double, P *P);
    cpt_extended *extended;
    ASSERT_OK(cpt_structure_extended_create(&extended, f->base, p->exact, apply_metric,
                                            &p->base->metric));
    for (size_t i = 0; i < N; i++)
        cpt_structure_extended_add(extended, i, p->inputs + i * f->shape.n_inputs,
                                   p->targets + i * D, H);
    cpt_structure_extended_destroy(extended);
    for (size_t k = 0; k < V; k++)
        for (size_t l = 0; l < V; l++) {
            long double sum = 0;
            for (size_t i = 0; i < P; i++)
                for (size_t j = 0; f->matrix[i * V + k] != 0 && j < P; j++)
                    sum += f->matrix[i * V + k] * H[i > j ? i * P + j : j * P + i] *
                           f->matrix[j * V + l];
            result[k * V + l] = sum;
        }
    free(H);
}

START_TEST(bounds_hold)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    size_t V = f->V;
    long double *truth = NEW(long double, V *V), *extended = NEW(long double, V *V);
    double *H = NEW(double, V *V), *bound = NEW(double, V *V), *d = normal(V, 2),
           *Hd = NEW(double, V), *product = NEW(double, V), largest = 0;
    critpt_workspace *workspace;
    ASSERT_OK(critpt_workspace_create(&workspace, p.fewer));
    exact_hessian(&p, truth);
    ASSERT_OK(critpt_landscape_hessian(p.fewer, workspace, f->v, V, H, V));
    ASSERT_OK(cpt_landscape_hessian_bound(workspace, f->v, DBL_EPSILON, 0, bound, V));
    for (size_t i = 0; i < V * V; i++)
        largest = fmax(largest, fabs(H[i]));
    for (size_t i = 0; i < V * V; i++) {
        ck_assert_msg(fabsl(H[i] - truth[i]) <= bound[i],
                      "kind %d, entry %zu: off by %Lg, bound %g", (int)f->kind, i,
                      fabsl(H[i] - truth[i]), bound[i]);
        ck_assert_double_le(bound[i], 1e-8 * largest); /* it says something */
    }
    ASSERT_OK(cpt_landscape_extended_hessian(workspace, f->v, extended));
    ASSERT_OK(cpt_landscape_hessian_bound(workspace, f->v, (double)LDBL_EPSILON, CPT_EXTENDED_BATCH,
                                          bound, V));
    for (size_t i = 0; i < V * V; i++) /* the reference rounds as well */
        ck_assert_msg(fabsl(extended[i] - truth[i]) <= 2 * bound[i],
                      "kind %d, entry %zu: off by %Lg, bound %g", (int)f->kind, i,
                      fabsl(extended[i] - truth[i]), bound[i]);
    ASSERT_OK(critpt_landscape_hessian_vector(p.fewer, workspace, f->v, V, d, V, Hd, V));
    ASSERT_OK(cpt_landscape_product_bound(workspace, f->v, d, product));
    for (size_t k = 0; k < V; k++) {
        long double sum = 0;
        for (size_t l = 0; l < V; l++)
            sum += truth[k * V + l] * d[l];
        ck_assert_msg(fabsl(Hd[k] - sum) <= product[k], "kind %d: off by %Lg, bound %g",
                      (int)f->kind, fabsl(Hd[k] - sum), product[k]);
    }
    critpt_workspace_destroy(workspace);
    free(truth), free(extended), free(H), free(bound), free(d), free(Hd), free(product);
    pair_destroy(&p);
}
END_TEST

START_TEST(inner_calls_allocate_nothing)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    pair p = pair_create(_i);
    size_t V = p.f.V;
    double *g = NEW(double, V), *d = normal(20 * V, 1), *Hd = NEW(double, 20 * V),
           *H = NEW(double, V *V);
    critpt_workspace *workspace;
    ASSERT_OK(critpt_workspace_create(&workspace, p.fewer));
    ASSERT_OK(critpt_landscape_hessian(p.fewer, workspace, p.f.v, V, H, V));
    memory_count.allocations = 0;
    ASSERT_OK(critpt_landscape_gradient(p.fewer, workspace, p.f.v, V, g, V, NULL));
    ASSERT_OK(critpt_landscape_hessian(p.fewer, workspace, p.f.v, V, H, V));
    ASSERT_OK(critpt_landscape_hessian_vectors(p.fewer, workspace, p.f.v, V, 20, d, V, Hd, V));
    ck_assert_uint_eq(memory_count.allocations, 0);
    critpt_workspace_destroy(workspace);
    free(g), free(d), free(Hd), free(H);
    pair_destroy(&p);
    ck_assert_uint_eq(memory_count.live, 0);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(draws_are_the_bases)
{
    pair p = pair_create(_i);
    const fewer *f = &p.f;
    double *w = NEW(double, f->P), *v = NEW(double, f->V), *x = NEW(double, f->P);
    ASSERT_OK(critpt_model_draw_weights(f->base, 5, 2, 1.5, w, f->P));
    ASSERT_OK(critpt_model_draw_weights(f->model, 5, 2, 1.5, v, f->V));
    fewer_base_weights(f, v, x);
    if (f->kind <= NESTED) { /* some of the base's weights are those drawn */
        for (size_t k = 0; k < f->V; k++) {
            size_t j = 0;
            while (f->matrix[j * f->V + k] == 0)
                j++;
            ASSERT_NEAR(x[j], w[j], fabs(w[j]) + fabs(f->origin[j]), 1e-15);
        }
    } else { /* w - x is orthogonal to the columns */
        for (size_t k = 0; k < f->V; k++) {
            long double sum = 0, size = 0;
            for (size_t j = 0; j < f->P; j++) {
                sum += f->matrix[j * f->V + k] * ((long double)w[j] - x[j]);
                size += fabsl(f->matrix[j * f->V + k] * ((long double)fabs(f->origin[j]) + w[j]));
            }
            ASSERT_NEAR(sum, 0, size, 1e-13);
        }
    }
    free(w), free(v), free(x);
    pair_destroy(&p);
}
END_TEST

int main(void)
{
    enum { CASES = 4 * N_MATRIX_KINDS };
    Suite *suite = suite_create("reparametrized");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, weights_are_rounded_once, 0, CASES);
    tcase_add_loop_test(tests, first_derivatives_are_the_bases, 0, CASES);
    tcase_add_loop_test(tests, gradients_are_differences_of_the_loss, 0, CASES);
    tcase_add_loop_test(tests, second_derivatives_are_the_bases, 0, CASES);
    tcase_add_loop_test(tests, other_operators_are_the_bases, 0, CASES);
    tcase_add_loop_test(tests, jets_are_the_bases, 0, CASES);
    tcase_add_loop_test(tests, bounds_hold, 0, CASES);
    tcase_add_loop_test(tests, inner_calls_allocate_nothing, 0, N_MATRIX_KINDS);
    tcase_add_loop_test(tests, draws_are_the_bases, 0, CASES);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
