/* The linear maps inside the nature solver: products, projections, preconditioners. */
#include "nature_support.h"

#include "linalg/linalg.h"
#include "nature/boundary.h"
#include "nature/certificate.h"
#include "nature/square.h"
#include "nature/whitening.h"
#include "solve/solve.h"

static const net shape = {.n_inputs = 4,
                          .n_layers = 2,
                          .widths = {3, 2},
                          .activations = {CRITPT_TANH, CRITPT_IDENTITY},
                          .bias = {1, 1}};

/* Maps, and a cone with a block for each of two points, scaled by random T; index 1 at the second,
 * so that one block has few rows. */
typedef struct system_stage {
    stage *made;
    cpt_nature_maps maps;
    cpt_nature_cone cone;
} system_stage;

static void random_scaling(cpt_nature_maps *maps, cpt_nature_block *block, double size)
{
    size_t m = block->order;
    double *t = normal(m * m, 7 + m);
    for (size_t i = 0; i < m * m; i++)
        block->scaling[i] = size * t[i];
    cpt_nature_set_frame(maps, block);
    free(t);
}

static void open_system_of(system_stage *s, size_t n_samples, double size)
{
    const wish wanted = {.shape = shape,
                         .N = n_samples,
                         .K = 2,
                         .index = {0, 1},
                         .margin = 1e-4,
                         .scale = 1,
                         .seed = 5,
                         .weighted = true};
    s->made = stage_create(&wanted);
    ASSERT_OK(cpt_nature_maps_create(&s->maps, &s->made->problem));
    ASSERT_OK(cpt_nature_cone_create(&s->cone, s->maps.P, 2));
    for (size_t k = 0; k < 2; k++) {
        cpt_nature_whitening whitening;
        ASSERT_OK(
            cpt_nature_whitening_create(&whitening, &s->maps, &s->made->problem.points[k], false));
        size_t first = k == 0 ? 0 : whitening.order - 3;
        ASSERT_OK(cpt_nature_cone_add(&s->cone, k, k == 0 ? 1 : -1, 1e-4, whitening.order - first,
                                      whitening.rows + first * s->maps.P));
        random_scaling(&s->maps, &s->cone.blocks[k], size);
        cpt_nature_whitening_destroy(&whitening);
    }
    ck_assert_ptr_nonnull(s->cone.blocks[0].inverse);
    ck_assert_ptr_null(s->cone.blocks[1].inverse);
}

static void open_system(system_stage *s, double size)
{
    open_system_of(s, 60, size);
}

static void close_system(system_stage *s)
{
    cpt_nature_cone_destroy(&s->cone);
    cpt_nature_maps_destroy(&s->maps);
    stage_destroy(s->made);
}

static double distance(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = hypot(sum, a[i] - b[i]);
    return sum;
}

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

/* A preconditioner by columns of the heaviest pairs, as where entries do not fit. */
static cpt_nature_preconditioner of_pairs(const system_stage *s)
{
    return (cpt_nature_preconditioner){.n = s->maps.n, .entries.tried = true};
}

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

/* One hidden layer: a part for each unit, of its inputs' weights, bias and outputs' weights; the
 * output biases are in none. Two: all weights but the output biases in one. */
static void assert_parts(const net *of, size_t n, size_t size, size_t members)
{
    const wish wanted = {
        .shape = *of, .N = 60, .K = 2, .index = {0, 0}, .margin = 1e-4, .scale = 1, .seed = 5};
    stage *made = stage_create(&wanted);
    cpt_nature_maps maps;
    ASSERT_OK(cpt_nature_maps_create(&maps, &made->problem));
    ck_assert_uint_eq(maps.parts.n, n);
    for (size_t p = 0; p < n; p++)
        ck_assert_uint_eq(maps.parts.first[p + 1] - maps.parts.first[p], size);
    ck_assert_uint_eq(maps.parts.first[n], members);
    cpt_nature_maps_destroy(&maps);
    stage_destroy(made);
}

START_TEST(hidden_units_are_parts)
{
    const net deep = {.n_inputs = 4,
                      .n_layers = 3,
                      .widths = {3, 3, 2},
                      .activations = {CRITPT_TANH, CRITPT_TANH, CRITPT_IDENTITY},
                      .bias = {1, 1, 1}};
    assert_parts(&shape, 3, 7, 21);
    assert_parts(&deep, 1, 33, 33);
}
END_TEST

/* q = projection of (I + B* B) e */
static void apply_operator(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *e, double *q)
{
    ASSERT_OK(cpt_nature_multiply(maps, cone, e, q));
    cpt_linalg_axpy(maps->n, 1, e, q);
    ASSERT_OK(cpt_nature_project(maps, q));
}

/* A preconditioner that knows all images is the inverse on the free changes. */
static void assert_inverse(system_stage *s, bool in_basis)
{
    cpt_nature_preconditioner pre = {0};
    size_t n = s->maps.n;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s->maps, e));
    apply_operator(&s->maps, &s->cone, e, q);
    ck_assert_double_ge(distance(n, e, q), 0.1 * cpt_linalg_norm(n, e));
    ASSERT_OK(cpt_nature_preconditioner_begin(&pre, &s->maps, &s->cone));
    ck_assert(pre.whole && in_basis == (pre.columns != NULL));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s->maps, &s->cone, 0, 0));
    ASSERT_OK(cpt_nature_precondition(&pre, &s->maps, q, h));
    ck_assert_double_le(distance(n, e, h), 1e-8 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    free(e), free(q), free(h);
}

START_TEST(whole_preconditioners_are_inverses)
{
    system_stage s;
    open_system(&s, 3);
    assert_inverse(&s, false);
    cpt_nature_block first = s.cone.blocks[0]; /* fewer pairs than targets: the few rows alone */
    s.cone.blocks[0] = s.cone.blocks[1];
    s.cone.n_blocks = 1;
    assert_inverse(&s, true);
    s.cone.blocks[1] = first;
    s.cone.n_blocks = 2;
    close_system(&s);
}
END_TEST

/* With columns for the heaviest pairs it stays symmetric and positive, and does more than nothing.
 */
static void assert_nearer(double size, bool orthonormal)
{
    system_stage s;
    open_system(&s, size);
    cpt_nature_preconditioner pre = of_pairs(&s);
    size_t n = s.maps.n;
    double *a = normal(n, 1), *b = normal(n, 2), *q = NEW(double, n);
    double *ha = NEW(double, n), *hb = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s.maps, a));
    ASSERT_OK(cpt_nature_project(&s.maps, b));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert_uint_gt(pre.n_columns, 0);
    ck_assert(pre.orthonormal == orthonormal);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, a, ha));
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, b, hb));
    double left = cpt_linalg_dot(n, b, ha), right = cpt_linalg_dot(n, a, hb);
    ck_assert_double_le(fabs(left - right), 1e-11 * cpt_linalg_norm(n, a) * cpt_linalg_norm(n, b));
    ck_assert_double_gt(cpt_linalg_dot(n, a, ha), 0);
    apply_operator(&s.maps, &s.cone, a, q);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, ha));
    ck_assert_double_le(distance(n, a, ha), 0.5 * distance(n, a, q));
    cpt_nature_preconditioner_destroy(&pre);
    free(a), free(b), free(q), free(ha), free(hb);
    close_system(&s);
}

START_TEST(columns_bring_the_inverse_nearer)
{
    assert_nearer(3, false);
    assert_nearer(3e4, true); /* eigenvalues that a Gram matrix does not resolve */
}
END_TEST

/* Columns for all pairs of a small block make it the inverse. */
START_TEST(columns_of_all_pairs_make_the_inverse)
{
    system_stage s;
    open_system(&s, 10);
    cpt_nature_preconditioner pre = of_pairs(&s);
    cpt_nature_block first = s.cone.blocks[0];
    size_t n = s.maps.n;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    s.cone.blocks[0] = s.cone.blocks[1];
    s.cone.n_blocks = 1;
    ASSERT_OK(cpt_nature_project(&s.maps, e));
    apply_operator(&s.maps, &s.cone, e, q);
    ck_assert_double_ge(distance(n, e, q), 10 * cpt_linalg_norm(n, e));
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert(pre.n_columns == 6 && !pre.orthonormal);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, h));
    ck_assert_double_le(distance(n, e, h), 1e-9 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    s.cone.blocks[1] = first;
    s.cone.n_blocks = 2;
    free(e), free(q), free(h);
    close_system(&s);
}
END_TEST

/* The first and the last row of the entries' images give entries of S. */
static void assert_rows(system_stage *s, const cpt_nature_entries *entries, const double *e)
{
    for (size_t k = 0; k < 2; k++) {
        size_t P = s->maps.P, row = k == 0 ? 0 : entries->order - 1;
        cpt_pair pair = entries->pairs[row];
        double found = cpt_linalg_dot(s->maps.n, entries->rows + row * s->maps.n, e);
        cpt_metric_root_transposed(s->maps.metric, e, s->maps.field);
        ASSERT_OK(cpt_landscape_curvature_matrix(
            s->maps.workspace, s->made->problem.points[k].weights, CPT_RESIDUAL_CURVATURE,
            s->maps.field, s->maps.matrix, P));
        double entry = s->maps.matrix[pair.a * P + pair.b];
        ck_assert_double_gt(fabs(entry), 0);
        ck_assert_double_le(fabs(fabs(entry) - fabs(found)), 1e-9 * fabs(entry));
    }
}

/* It is symmetric and positive, and brings e, of which the operator makes q, nearer. */
static void assert_useful(system_stage *s, const cpt_nature_preconditioner *pre, const double *e,
                          const double *q)
{
    size_t n = s->maps.n;
    double *other = normal(n, 2), *he = NEW(double, n), *hother = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s->maps, other));
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, e, he));
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, other, hother));
    ck_assert_double_le(fabs(cpt_linalg_dot(n, other, he) - cpt_linalg_dot(n, e, hother)),
                        1e-11 * cpt_linalg_norm(n, e) * cpt_linalg_norm(n, other));
    ck_assert_double_gt(cpt_linalg_dot(n, e, he), 0);
    ASSERT_OK(cpt_nature_precondition(pre, &s->maps, q, he));
    ck_assert_double_le(distance(n, e, he), 0.5 * distance(n, e, q));
    free(other), free(he), free(hother);
}

enum { EVEN_STEPS = 10 }; /* after which neither more columns of entries are wanted nor fewer */

/* Entries that count do more than nothing, and all of them make the inverse, whether they are fewer
 * than the targets or more; then the whole operator is factored. */
static void assert_entries(size_t n_samples, bool many)
{
    system_stage s;
    open_system_of(&s, n_samples, 3);
    cpt_nature_preconditioner pre = {.n = s.maps.n, .n_pairs = s.maps.P * s.maps.P};
    size_t n = s.maps.n, some;
    double *e = normal(n, 1), *q = NEW(double, n), *h = NEW(double, n);
    ASSERT_OK(cpt_nature_project(&s.maps, e));
    apply_operator(&s.maps, &s.cone, e, q);
    ASSERT_OK(cpt_nature_entries_create(&pre.entries, &s.maps, 1e9));
    ck_assert(pre.entries.fits && pre.entries.many == many);
    assert_rows(&s, &pre.entries, e);
    pre.entries.left_out = 1e4;
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, EVEN_STEPS));
    some = pre.n_columns;
    ck_assert(some > 0 && !pre.whole && pre.by_entries == !many);
    assert_useful(&s, &pre, e, q);
    pre.entries.left_out = 1e-12;
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, EVEN_STEPS));
    ck_assert(pre.n_columns > some && pre.whole == many);
    ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, q, h));
    /* Woodbury's formula takes the square of the images, 1e5 here, times rounding */
    ck_assert_double_le(distance(n, e, h), 1e-6 * cpt_linalg_norm(n, e));
    cpt_nature_preconditioner_destroy(&pre);
    free(e), free(q), free(h);
    close_system(&s);
}

START_TEST(entries_make_the_inverse)
{
    assert_entries(200, false);
    assert_entries(74, true);
}
END_TEST

/* Orthonormal columns are where the operator is large: its inverse leaves next to nothing of them,
 * and nothing negative that rounding does not explain. */
START_TEST(orthonormal_columns_are_nearly_annihilated)
{
    system_stage s;
    open_system(&s, 3e4);
    cpt_nature_preconditioner pre = of_pairs(&s);
    size_t n = s.maps.n;
    double *h = NEW(double, n);
    ASSERT_OK(cpt_nature_preconditioner_update(&pre, &s.maps, &s.cone, 40, 0));
    ck_assert(pre.n_columns == 40 && pre.orthonormal);
    for (size_t i = 0; i < pre.n_columns; i++) {
        ASSERT_OK(cpt_nature_precondition(&pre, &s.maps, pre.columns + i * n, h));
        ck_assert_double_le(cpt_linalg_norm(n, h), 1e-9);
        ck_assert_double_gt(cpt_linalg_dot(n, pre.columns + i * n, h), -1e-14);
    }
    cpt_nature_preconditioner_destroy(&pre);
    free(h);
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
        hidden_units_are_parts,
        whole_preconditioners_are_inverses,
        columns_bring_the_inverse_nearer,
        columns_of_all_pairs_make_the_inverse,
        entries_make_the_inverse,
        orthonormal_columns_are_nearly_annihilated,
        rows_are_projected_as_fields_are,
    };
    return test_main("nature_system", tests, sizeof tests / sizeof *tests);
}
