/* The linear maps inside the nature solver: products, steps, proofs, projections. */
#include "nature_system_support.h"

#include "linalg/linalg.h"
#include "nature/boundary.h"
#include "nature/certificate.h"
#include "nature/square.h"
#include "nature/whitening.h"
#include "solve/solve.h"

/* <B e, Q> = <e, B* Q> for every block at once. */
START_TEST(maps_are_adjoint)
{
    system_stage s;
    open_system(&s, 1);
    size_t n = s.maps.n;
    double *e = normal(n, 1), *back = NEW(double, n), *q[2], left = 0;
    ASSERT_OK(cpt_nature_image(&s.maps, &s.cone, CPT_NATURE_BASIS, e));
    for (size_t j = 0; j < 2; j++) {
        cpt_nature_block *block = &s.cone.blocks[j];
        size_t m = block->order;
        q[j] = normal(m * m, 2 + j);
        cpt_nature_symmetrize(m, q[j]);
        left += cpt_linalg_dot(m * m, q[j], block->work);
        memcpy(block->work, q[j], m * m * sizeof(double));
        free(q[j]);
    }
    ASSERT_OK(cpt_nature_adjoint(&s.maps, &s.cone, CPT_NATURE_BASIS, back));
    double right = cpt_linalg_dot(n, e, back);
    ck_assert_double_le(fabs(left - right),
                        1e-11 * cpt_linalg_norm(n, e) * cpt_linalg_norm(n, back));
    free(e), free(back);
    close_system(&s);
}
END_TEST

/* Sum of B*(T' T B e T' T), from the maps themselves; images and adjoints are the same in
 * coordinates of the basis and of the frame. */
START_TEST(products_are_those_of_the_maps)
{
    system_stage s;
    open_system(&s, 1);
    size_t n = s.maps.n;
    double *e = normal(n, 1), *expected = NEW(double, n), *found = NEW(double, n);
    double *half[2], *scaled[2];
    ASSERT_OK(cpt_nature_image(&s.maps, &s.cone, CPT_NATURE_BASIS, e));
    for (size_t j = 0; j < 2; j++) {
        cpt_nature_block *block = &s.cone.blocks[j];
        size_t m = block->order;
        half[j] = NEW(double, m *m);
        scaled[j] = NEW(double, m *m);
        cpt_nature_congruence(m, m, block->scaling, block->work, half[j], scaled[j]);
    }
    ASSERT_OK(cpt_nature_image(&s.maps, &s.cone, CPT_NATURE_FRAME, e));
    for (size_t j = 0; j < 2; j++) {
        size_t entries = s.cone.blocks[j].order * s.cone.blocks[j].order;
        ck_assert_double_le(distance(entries, scaled[j], s.cone.blocks[j].work),
                            1e-11 * cpt_linalg_norm(entries, scaled[j]));
    }
    ASSERT_OK(cpt_nature_adjoint(&s.maps, &s.cone, CPT_NATURE_FRAME, found));
    for (size_t j = 0; j < 2; j++) {
        cpt_nature_block *block = &s.cone.blocks[j];
        size_t m = block->order;
        cpt_nature_expand(m, m, 1, block->scaling, scaled[j], half[j], 0, block->work);
        free(half[j]), free(scaled[j]);
    }
    ASSERT_OK(cpt_nature_adjoint(&s.maps, &s.cone, CPT_NATURE_BASIS, expected));
    ck_assert_double_le(distance(n, expected, found), 1e-11 * cpt_linalg_norm(n, expected));
    ASSERT_OK(cpt_nature_multiply(&s.maps, &s.cone, e, found));
    ck_assert_double_le(distance(n, expected, found), 1e-11 * cpt_linalg_norm(n, expected));
    free(e), free(expected), free(found);
    close_system(&s);
}
END_TEST

/* a = b b' + I for a random b */
static void random_definite(size_t m, uint64_t seed, double *a)
{
    double *b = normal(m * m, seed);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, m, m, m, 1, b, m, b, m, 0, a, m);
    for (size_t i = 0; i < m; i++)
        a[i * m + i] += 1;
    free(b);
}

static double least_eigenvalue(size_t m, double *a)
{
    double *values = NEW(double, m), least;
    ASSERT_OK(cpt_linalg_eigenvalues(m, a, values));
    least = values[0];
    free(values);
    return least;
}

/* The first block of an open system with random X, Z and a symmetric B de, and matrices to use. */
typedef struct block_stage {
    system_stage s;
    cpt_nature_block *block;
    size_t m, entries;
    double *image, *a, *b, *half;
} block_stage;

static void open_block(block_stage *t)
{
    bool fine;
    open_system(&t->s, 1);
    t->block = &t->s.cone.blocks[0];
    t->m = t->block->order;
    t->entries = t->m * t->m;
    t->image = normal(t->entries, 3);
    cpt_nature_symmetrize(t->m, t->image);
    t->a = NEW(double, t->entries);
    t->b = NEW(double, t->entries);
    t->half = NEW(double, t->entries);
    random_definite(t->m, 1, t->block->slack);
    random_definite(t->m, 2, t->block->multiplier);
    ASSERT_OK(cpt_nature_scale_block(t->block, &fine));
    ck_assert(fine);
}

static void close_block(block_stage *t)
{
    free(t->image), free(t->a), free(t->b), free(t->half);
    close_system(&t->s);
}

/* The least eigenvalue that a boundary tells of diag(values), in some order, relative to
 * diag(lambda). */
static double told_by_boundary(size_t m, const double *values, size_t turn)
{
    double *lambda = NEW(double, m), *d = NEW(double, m *m), *work = NEW(double, m *m);
    double step = INFINITY;
    for (size_t i = 0; i < m; i++) {
        size_t at = (7 * i + turn) % m; /* no order here is a multiple of 7 */
        lambda[at] = 1 + (double)(i % 3);
        d[at * m + at] = lambda[at] * values[i];
    }
    ASSERT_OK(cpt_nature_boundary(m, lambda, d, work, &step));
    free(lambda), free(d), free(work);
    return -1 / step;
}

static void assert_boundary(size_t m, const double *values, size_t turns)
{
    double least = values[0];
    for (size_t i = 1; i < m; i++)
        least = fmin(least, values[i]);
    for (size_t turn = 0; turn < turns; turn++)
        ASSERT_NEAR(told_by_boundary(m, values, 13 * turn), fmin(least, 0), fmax(-least, 0.5),
                    0.021);
}

/* By LAPACK and by Lanczos, who may find the second of two outliers before the first. */
START_TEST(steps_end_at_the_boundary)
{
    const size_t orders[] = {1, 5, 299, 300, 313};
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        size_t m = orders[k];
        double *values = normal(m, k + 1), *same = NEW(double, m);
        assert_boundary(m, same, 1); /* zeros */
        for (size_t i = 0; i < m; i++)
            same[i] = -2;
        assert_boundary(m, same, 1);
        assert_boundary(m, values, 3);
        for (size_t i = 0; i < m; i++)
            values[i] = fabs(values[i]);
        assert_boundary(m, values, 3);
        for (size_t i = 0; i < m; i++)
            values[i] /= 10;
        values[m - 1] = -0.9;
        values[0] = -1;
        assert_boundary(m, values, m < 300 ? 3 : m);
        values[m / 2] = NAN;
        ck_assert_double_eq(told_by_boundary(m, values, 0), -INFINITY);
        free(values), free(same);
    }
}
END_TEST

static void take_step(block_stage *t, double target, double *primal, double *dual)
{
    *primal = *dual = INFINITY;
    memcpy(t->block->work, t->image, t->entries * sizeof(double));
    cpt_nature_scale_step(t->block, false);
    ASSERT_OK(cpt_nature_block_step(t->block, target, primal, dual));
}

/* T X T' = lambda and Z = T' lambda T */
START_TEST(scaling_makes_slack_and_multiplier_equal)
{
    block_stage t;
    open_block(&t);
    const double *lambda = t.block->lambda;
    size_t m = t.m;
    cpt_nature_congruence(m, m, t.block->scaling, t.block->slack, t.half, t.a);
    memset(t.b, 0, t.entries * sizeof(double));
    for (size_t i = 0; i < m; i++)
        t.b[i * m + i] = lambda[i];
    ck_assert_double_le(distance(t.entries, t.a, t.b), 1e-11 * lambda[m - 1]);
    cpt_nature_expand(m, m, 1, t.block->scaling, t.b, t.half, 0, t.a);
    ck_assert_double_le(distance(t.entries, t.a, t.block->multiplier),
                        1e-11 * cpt_linalg_norm(t.entries, t.block->multiplier));
    close_block(&t);
}
END_TEST

/* lambda K + K lambda = A D + D A, with A = T dX T' and D = -lambda - A of the step towards 0. */
START_TEST(corrections_are_of_second_order)
{
    block_stage t;
    double primal, dual, largest = 0, wrong = 0;
    open_block(&t);
    size_t m = t.m;
    take_step(&t, 0, &primal, &dual);
    cpt_nature_correct(t.block);
    cpt_nature_congruence(m, m, t.block->scaling, t.block->step_slack, t.half, t.a);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = t.block->lambda[i] + t.block->lambda[j], right = -sum * t.a[i * m + j];
            for (size_t k = 0; k < m; k++)
                right -= 2 * t.a[i * m + k] * t.a[k * m + j];
            wrong = fmax(wrong, fabs(sum * t.block->correction[i * m + j] - right));
            largest = fmax(largest, fabs(right));
        }
    ck_assert_double_gt(largest, 0);
    ck_assert_double_le(wrong, 1e-10 * largest);
    close_block(&t);
}
END_TEST

/* X + dX = C + B (e + de), and A + D + lambda + K = target / lambda with dZ = T' D T; the step may
 * go as far as X and Z stay definite, and <X, Z> then is as foretold. */
START_TEST(steps_solve_newtons_equations)
{
    block_stage t;
    double primal, dual, target = 0.3;
    open_block(&t);
    const cpt_nature_block *block = t.block;
    size_t m = t.m, n = t.entries;
    take_step(&t, 0, &primal, &dual);
    cpt_nature_correct(t.block);
    take_step(&t, target, &primal, &dual);
    for (size_t i = 0; i < n; i++)
        t.a[i] = block->slack[i] + block->step_slack[i] - block->constant[i] - block->image[i];
    ck_assert_double_le(distance(n, t.a, t.image), 1e-11 * cpt_linalg_norm(n, t.image));
    cpt_nature_congruence(m, m, block->scaling, block->step_slack, t.half, t.a);
    for (size_t i = 0; i < n; i++)
        t.b[i] = -t.a[i] - block->correction[i];
    for (size_t i = 0; i < m; i++)
        t.b[i * m + i] += target / block->lambda[i] - block->lambda[i];
    ck_assert_double_le(distance(n, t.b, block->scaled_multiplier),
                        1e-10 * cpt_linalg_norm(n, t.b));
    memcpy(t.a, block->multiplier, n * sizeof(double));
    cpt_nature_expand(m, m, dual, block->scaling, t.b, t.half, 1, t.a);
    double foretold = cpt_nature_product_after(block, primal, dual);
    cpt_nature_step_multiplier(t.block, dual);
    ck_assert_double_le(distance(n, t.a, block->multiplier), 1e-10 * cpt_linalg_norm(n, t.a));
    for (size_t i = 0; i < n; i++) {
        t.a[i] = block->slack[i] + primal * block->step_slack[i];
        t.b[i] = block->multiplier[i];
    }
    ck_assert_double_le(fabs(cpt_linalg_dot(n, t.a, t.b) - foretold), 1e-10 * foretold);
    ck_assert_double_le(fabs(least_eigenvalue(m, t.a)), 1e-9 * cpt_linalg_norm(n, t.a));
    ck_assert_double_le(fabs(least_eigenvalue(m, t.b)), 1e-9 * cpt_linalg_norm(n, t.b));
    close_block(&t);
}
END_TEST

/* Random Z > 0 for the inequalities C + B e >= 0, with all the weight asked for on the first
 * block's direction v, certified, by a preconditioner that is whole or not. */
static bool is_certified(system_stage *s, const double *v, double weight, double far, bool whole)
{
    cpt_nature_newton newton;
    bool proven;
    cpt_nature_block *first = &s->cone.blocks[0];
    for (size_t j = 0; j < 2; j++)
        random_definite(s->cone.blocks[j].order, 20 + j, s->cone.blocks[j].multiplier);
    for (size_t i = 0; i < first->order * first->order; i++)
        first->multiplier[i] += weight * v[i / first->order] * v[i % first->order];
    ck_assert_double_gt(cpt_nature_dual_gain(&s->cone), 0);
    ASSERT_OK(cpt_nature_newton_create(&newton, &s->maps));
    ASSERT_OK(cpt_nature_newton_begin(&newton, &s->maps, &s->cone));
    ck_assert(newton.preconditioner.whole);
    if (!whole) {
        cpt_nature_preconditioner_destroy(&newton.preconditioner);
        newton.preconditioner = of_pairs(s);
    }
    s->maps.n_products = 0;
    ASSERT_OK(cpt_nature_certify(&s->maps, &s->cone, &newton, far, false, 20000, &proven));
    ck_assert_uint_gt(s->maps.n_products, 0);
    s->maps.n_products = 0;
    if (!proven) { /* and it asks for no more steps than it may */
        ASSERT_OK(cpt_nature_certify(&s->maps, &s->cone, &newton, far, false, 7, &proven));
        ck_assert_uint_le(s->maps.n_products, 7);
    }
    cpt_nature_newton_destroy(&newton);
    return proven;
}

/* Diagonal entries of second derivatives that are 0 whatever the targets are make C = -I
 * infeasible. The proof's <C, Z>, definiteness and B* Z are looked at through the maps. */
START_TEST(multipliers_become_a_proof)
{
    const double far = 1e8;
    system_stage s;
    open_system(&s, 1);
    size_t n = s.maps.n;
    double *sum = NEW(double, n), gain = 0, *v = normal(s.cone.blocks[0].order, 3);
    for (size_t j = 0; j < 2; j++)
        for (size_t i = 0; i < s.cone.blocks[j].order; i++)
            s.cone.blocks[j].constant[i * (s.cone.blocks[j].order + 1)] = -1;
    ck_assert(is_certified(&s, v, 0, 1e3, false));
    ck_assert(is_certified(&s, v, 0, far, true));
    for (size_t j = 0; j < 2; j++) {
        cpt_nature_block *block = &s.cone.blocks[j];
        size_t m = block->order;
        gain -= cpt_linalg_dot(m * m, block->constant, block->multiplier);
        memcpy(block->work, block->multiplier, m * m * sizeof(double));
        ck_assert_double_gt(least_eigenvalue(m, block->multiplier), 0);
    }
    ASSERT_OK(cpt_nature_adjoint(&s.maps, &s.cone, CPT_NATURE_BASIS, sum));
    ASSERT_OK(cpt_nature_project(&s.maps, sum));
    ck_assert_double_gt(gain, 0);
    ck_assert_double_gt(gain / cpt_linalg_norm(n, sum), far);
    free(sum), free(v);
    close_system(&s);
}
END_TEST

/* C = I - B e for some e has a solution, whatever multipliers suggest. */
START_TEST(solvable_inequalities_have_no_proof)
{
    system_stage s;
    open_system(&s, 1);
    double *e = normal(s.maps.n, 4);
    ASSERT_OK(cpt_nature_project(&s.maps, e));
    cpt_linalg_axpy(s.maps.n, 99, e, e);
    ASSERT_OK(cpt_nature_image(&s.maps, &s.cone, CPT_NATURE_BASIS, e));
    for (size_t j = 0; j < 2; j++) {
        cpt_nature_block *block = &s.cone.blocks[j];
        for (size_t i = 0; i < block->order * block->order; i++)
            block->constant[i] = (i % (block->order + 1) == 0) - block->work[i];
    }
    size_t m = s.cone.blocks[0].order;
    double *vectors = NEW(double, m *m), *values = NEW(double, m);
    memcpy(vectors, s.cone.blocks[0].constant, m * m * sizeof(double));
    ASSERT_OK(cpt_linalg_eigen(m, vectors, values));
    ck_assert_double_lt(values[0], -1);
    ck_assert(!is_certified(&s, vectors, 1e4, 1e8, true));
    ck_assert(!is_certified(&s, vectors, 1e4, 1e8, false));
    free(e), free(vectors), free(values);
    close_system(&s);
}
END_TEST

/* ---- The plan's projections: fields one by one, and rows in scaled coordinates together ---- */

static critpt_plan *weighted_plan(const scene *s, bool frozen)
{
    critpt_plan *plan;
    double *metric = NEW(double, s->D * s->D), *sample_weights = NEW(double, s->N);
    unsigned char *mask = NEW(unsigned char, s->N * s->D);
    for (size_t i = 0; i < s->N; i++)
        sample_weights[i] = 1 + 0.3 * sin((double)i);
    for (size_t i = 0; i < s->N * s->D; i += 7)
        mask[i] = 1;
    for (size_t o = 0; o < s->D * s->D; o++)
        metric[o] = o / s->D == o % s->D ? 1 + (double)(o % s->D) : 0.3;
    ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, sample_weights, s->N));
    ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, s->D));
    ASSERT_OK(critpt_landscape_set_targets(s->landscape, s->targets, s->D));
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < 2; k++) {
        double *weights = net_weights(s->model, 3, k, 1);
        ASSERT_OK(critpt_plan_add_point(plan, weights, s->P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
        free(weights);
    }
    ASSERT_OK(critpt_plan_set_base_targets(plan, s->targets, s->D));
    if (frozen)
        ASSERT_OK(critpt_plan_freeze_targets(plan, mask, s->D));
    free(sample_weights), free(mask), free(metric);
    return plan;
}

static void assert_projected(const net *of, size_t N, bool frozen, size_t at_a_time)
{
    enum { COUNT = 14 };
    scene s = scene_create(of, N, 4);
    critpt_plan *plan = weighted_plan(&s, frozen);
    cpt_solve solve;
    ASSERT_OK(cpt_solve_begin(&solve, plan, cpt_plan_options_in_force(NULL)));
    ASSERT_OK(cpt_solve_run(&solve));
    ck_assert_uint_eq(cpt_equations_projected_samples(&solve.equations), at_a_time);
    const cpt_nature_problem problem = {.workspace = &solve.work.evaluation.workspace};
    cpt_nature_maps maps;
    ASSERT_OK(cpt_nature_maps_create(&maps, &problem));
    size_t n = maps.n;
    double *fields = normal(COUNT * n, 9), *rows = NEW(double, COUNT *n),
           *expected = NEW(double, n);
    double *slack = NEW(double, solve.equations.n);
    for (size_t j = 0; j < COUNT; j++)
        cpt_metric_root(maps.metric, fields + j * n, rows + j * n);
    ASSERT_OK(cpt_equations_project_scaled(&solve.equations, 3, rows));
    ASSERT_OK(cpt_equations_project_scaled(&solve.equations, COUNT - 3, rows + 3 * n));
    for (size_t j = 0; j < COUNT; j++) {
        ASSERT_OK(cpt_equations_project(&solve.equations, &(cpt_change){fields + j * n, slack}));
        cpt_metric_root(maps.metric, fields + j * n, expected);
        ck_assert_double_gt(cpt_linalg_norm(n, expected), 0.1);
        ck_assert_double_le(distance(n, expected, rows + j * n),
                            1e-9 * cpt_linalg_norm(n, expected));
    }
    cpt_nature_maps_destroy(&maps);
    cpt_solve_end(&solve);
    critpt_plan_destroy(plan);
    scene_destroy(&s);
    free(fields), free(rows), free(expected), free(slack);
}

/* With few outputs by whole rows, with many through the network, in more than one batch. */
START_TEST(rows_are_projected_as_fields_are)
{
    const net wide = {.n_inputs = 4,
                      .n_layers = 2,
                      .widths = {3, 5},
                      .activations = {CRITPT_TANH, CRITPT_IDENTITY},
                      .bias = {1, 1}};
    const net deep = {.n_inputs = 4,
                      .n_layers = 3,
                      .widths = {3, 2, 4},
                      .activations = {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_TANH},
                      .bias = {1, 0, 1}};
    assert_projected(&shape, 80, true, 80);
    assert_projected(&shape, 80, false, 80);
    assert_projected(&wide, 1100, true, 103);
    assert_projected(&wide, 1100, false, 1024);
    assert_projected(&deep, 1100, false, 1024);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        maps_are_adjoint,
        products_are_those_of_the_maps,
        scaling_makes_slack_and_multiplier_equal,
        steps_end_at_the_boundary,
        corrections_are_of_second_order,
        steps_solve_newtons_equations,
        multipliers_become_a_proof,
        solvable_inequalities_have_no_proof,
        rows_are_projected_as_fields_are,
    };
    return test_main("nature_system", tests, sizeof tests / sizeof *tests);
}
