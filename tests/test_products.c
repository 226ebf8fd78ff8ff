/* The triangle of products of rows: the products against sums over the rows one by one, and what is
 * planted with it against what is planted with the folded rows. */
#include "dice.h"
#include "support.h"

#include <float.h>
#include <string.h>

#include "solve/solve.h"

enum { CASES = 120, MOST_POINTS = 3 };

static net draw_net(dice *d)
{
    static const critpt_activation kinds[] = {CRITPT_IDENTITY, CRITPT_TANH,       CRITPT_RELU,
                                              CRITPT_SOFTPLUS, CRITPT_LEAKY_RELU, CRITPT_SIN,
                                              CRITPT_GAUSSIAN, CRITPT_SQUARE};
    net shape = {.n_inputs = 1 + roll(d, 4), .n_layers = 1 + roll(d, 4)};
    for (size_t l = 0; l < shape.n_layers; l++) {
        shape.widths[l] = 1 + roll(d, 4);
        shape.activations[l] = kinds[roll(d, sizeof kinds / sizeof *kinds)];
        shape.bias[l] = roll(d, 2) > 0;
        if (l + 1 == shape.n_layers && roll(d, 2))
            shape.activations[l] = CRITPT_IDENTITY;
    }
    return shape;
}

/* Sample weights and a metric, or none. */
static void draw_landscape(const scene *s, dice *d)
{
    size_t N = s->N, D = s->D;
    if (roll(d, 2)) {
        double *weights = NEW(double, N);
        for (size_t i = 0; i < N; i++)
            weights[i] = 0.1 + 4 * uniform(d);
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, N));
        free(weights);
    }
    if (roll(d, 2)) {
        double *metric = NEW(double, D *D);
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++)
                metric[a * D + b] = a == b ? 2 : 0.5;
        ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, D));
        free(metric);
    }
}

/* Single targets, and whole samples in some cases. */
static void freeze(const scene *s, critpt_plan *plan, dice *d)
{
    size_t n = s->N * s->D, whole = roll(d, 2);
    unsigned char *mask = NEW(unsigned char, n);
    if (roll(d, 3) > 0)
        goto done;
    for (size_t i = 0; i < s->N; i++)
        for (size_t o = 0; o < s->D; o++)
            mask[i * s->D + o] = roll(d, 10) == 0 || (o > 0 && whole && mask[i * s->D]);
    ASSERT_OK(critpt_plan_freeze_targets(plan, mask, s->D));
done:
    free(mask);
}

/* Points, some of which may be the same, and other conditions. */
static critpt_plan *draw_plan(const scene *s, dice *d)
{
    critpt_plan *plan;
    size_t K = 1 + roll(d, MOST_POINTS), P = s->P;
    double *w = NEW(double, P), *g = normal(P, d->seed);
    ASSERT_OK(critpt_plan_create(&plan, s->landscape));
    for (size_t k = 0; k < K; k++) {
        double scale = roll(d, 2) ? 1 : 2;
        size_t from = k > 0 && roll(d, 6) == 0 ? 0 : k;
        ASSERT_OK(critpt_mlp_draw_weights(s->model, d->seed, from, from == k ? scale : 1, w, P));
        ASSERT_OK(critpt_plan_add_point(plan, w, P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
    }
    if (roll(d, 3) == 0) {
        size_t condition;
        if (roll(d, 3) == 0) /* of an output's weight, where no target changes it, in most cases */
            for (size_t j = 0; j < P; j++)
                g[j] = j + 1 == P;
        ASSERT_OK(critpt_plan_require_curvature(plan, roll(d, K), g, g, P, uniform(d), &condition));
        if (roll(d, 2))
            ASSERT_OK(critpt_plan_soften(plan, condition, roll(d, 2) ? 1 : 1e8));
    }
    if (K > 1 && roll(d, 3) == 0)
        ASSERT_OK(critpt_plan_require_loss_difference(plan, 0, 1, uniform(d), NULL));
    freeze(s, plan, d);
    free(w), free(g);
    return plan;
}

typedef struct game {
    scene s;
    critpt_plan *plan;
    cpt_solve solve;
} game;

/* False where the request is refused before any equation. */
static bool begin(game *g, uint64_t seed)
{
    dice d = {seed, 0};
    const net shape = draw_net(&d);
    g->s = scene_create(&shape, 40 + roll(&d, 300), seed);
    draw_landscape(&g->s, &d);
    g->plan = draw_plan(&g->s, &d);
    return cpt_solve_begin(&g->solve, g->plan, NULL) == CRITPT_OK &&
           cpt_solve_balance(g->plan, g->solve.options, &g->solve.work.evaluation,
                             &g->solve.points) == CRITPT_OK &&
           cpt_solve_choose_base(g->plan, g->solve.options, &g->solve.work.evaluation,
                                 &g->solve.targets) == CRITPT_OK;
}

static void end(game *g)
{
    cpt_solve_end(&g->solve);
    critpt_plan_destroy(g->plan);
    scene_destroy(&g->s);
}

/* B'B without looseness by plain sums over the rows, in extended precision; and of what size its
 * terms are. */
static void sum_rows(cpt_equations *equations, long double *sums, double *sizes)
{
    cpt_chunk chunk;
    size_t M = equations->n, N = cpt_equations_points(equations)->N;
    ASSERT_OK(cpt_equations_chunk_create(equations, 17, true, &chunk));
    for (size_t first = 0; first < N; first += chunk.evaluation.workspace.jet.batch.n) {
        cpt_equations_chunk_begin(&chunk, first);
        ASSERT_OK(cpt_equations_chunk_form(equations, &chunk));
        for (size_t b = 0; b < M; b++)
            for (size_t a = 0; a <= b; a++)
                for (size_t row = 0; row < chunk.rows; row++) {
                    long double x = chunk.entries[a * chunk.rows + row],
                                y = chunk.entries[b * chunk.rows + row];
                    sums[b * M + a] += x * y;
                    sizes[b * M + a] += (double)fabsl(x * y);
                }
    }
    cpt_equations_chunk_destroy(&chunk);
}

START_TEST(products_are_those_of_the_rows)
{
    size_t compared = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        game g;
        if (begin(&g, seed)) {
            cpt_equations *equations = &g.solve.equations;
            size_t M = equations->n;
            long double *sums = NEW(long double, M *M);
            double *sizes = NEW(double, M *M);
            ASSERT_OK(cpt_triangle_create(&equations->triangle, M));
            ASSERT_OK(cpt_triangle_begin_products(&equations->triangle));
            ASSERT_OK(cpt_equations_form_products(equations));
            sum_rows(equations, sums, sizes);
            for (size_t b = 0; b < M; b++)
                for (size_t a = 0; a <= b; a++) {
                    /* terms are squares' geometric means: what they are made of cancels */
                    double size = sizes[b * M + a] + sqrt(sizes[a * M + a] * sizes[b * M + b]);
                    ASSERT_NEAR(cpt_upper_column(&equations->triangle.r, b)[a],
                                (double)sums[b * M + a], size, 1e-13);
                }
            compared++;
            free(sums), free(sizes);
        }
        end(&g);
    }
    ck_assert_uint_ge(compared, CASES * 3 / 4);
}
END_TEST

/* Both triangles at the same rank: the same targets, the same accounts. */
START_TEST(products_plant_what_folding_plants)
{
    size_t of_products = 0, left_out = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        game g;
        if (begin(&g, seed)) {
            cpt_equations *equations = &g.solve.equations;
            cpt_targets *targets = &g.solve.targets;
            size_t n = g.s.N * g.s.D, M = equations->n;
            double *first = NEW(double, n);
            ASSERT_OK(cpt_equations_factor(equations));
            bool products = equations->triangle.of_products;
            size_t rank = equations->triangle.rank;
            double condition = equations->triangle.condition;
            if (products) {
                ASSERT_OK(cpt_equations_solve(equations, targets));
                products = equations->triangle.of_products; /* it held */
                memcpy(first, targets->values, n * sizeof *first);
            }
            if (products) {
                const cpt_metric *metric = cpt_equations_points(equations)->metric;
                const cpt_accounts accounts = equations->accounts;
                ASSERT_OK(cpt_equations_fold(equations));
                ASSERT_OK(cpt_equations_solve(equations, targets));
                ck_assert_uint_eq(equations->triangle.rank, rank);
                ASSERT_NEAR(equations->accounts.redundant, accounts.redundant, 1, 0);
                ASSERT_NEAR(equations->accounts.null, accounts.null, 1, 0);
                double distance = cpt_metric_norm(metric, first, targets->base);
                double size = cpt_metric_norm(metric, first, NULL);
                double apart = cpt_metric_norm(metric, first, targets->values);
                /* of the columns that either kept: folding pivots */
                condition = fmax(condition, equations->triangle.condition);
                ck_assert_double_le(apart, (1e-14 + 1e-16 * condition) * (distance + size));
                of_products++;
                left_out += rank < M;
            }
            free(first);
        }
        end(&g);
    }
    ck_assert_uint_ge(of_products, CASES / 3);
    ck_assert_uint_ge(left_out, CASES / 10);
}
END_TEST

/* Products of the drawn points' Jacobians in that much memory, order K P; how many passes. */
static size_t form_within(const game *g, size_t bytes, const size_t *first, cpt_upper *matrix)
{
    const cpt_points *points = &g->solve.points;
    cpt_evaluation evaluation = {0};
    cpt_gram *gram;
    size_t K = points->K, D = points->D;
    ASSERT_OK(cpt_jet_gram_create(&gram, g->s.model, K, true, points->N, bytes));
    double *seeds = NEW(double, D *D * gram->batch);
    ASSERT_OK(cpt_points_evaluation_create(&evaluation, points, gram->batch));
    cpt_jet *jet = &evaluation.workspace.jet;
    size_t n_passes = gram->n_passes;
    for (size_t pass = 0; pass < n_passes; pass++) {
        ASSERT_OK(cpt_jet_gram_start(gram, pass));
        for (size_t at = 0; at < points->N; at += jet->batch.n) {
            for (size_t k = 0; k < K; k++) {
                ASSERT_OK(cpt_points_evaluate(&evaluation, k, at, CPT_DERIVATIVES));
                cpt_metric_batch_seeds(cpt_landscape_metric(&evaluation.workspace), seeds);
                ASSERT_OK(cpt_jet_gram_take(gram, k, jet, seeds));
            }
            ASSERT_OK(cpt_jet_gram_add(gram));
        }
        ASSERT_OK(cpt_jet_gram_store(gram, first, matrix));
    }
    cpt_jet_gram_destroy(gram);
    cpt_points_evaluation_destroy(&evaluation);
    free(seeds);
    return n_passes;
}

/* Little memory spreads the sums over passes and shortens batches: the same products. */
START_TEST(passes_do_not_change_the_products)
{
    size_t several = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        game g;
        if (begin(&g, seed)) {
            size_t K = g.solve.points.K, P = g.s.P, M = K * P, first[MOST_POINTS];
            cpt_upper once, often;
            ASSERT_OK(cpt_upper_create(&once, M, M));
            ASSERT_OK(cpt_upper_create(&often, M, M));
            for (size_t k = 0; k < K; k++)
                first[k] = k * P;
            ck_assert_uint_eq(form_within(&g, (size_t)64 << 20, first, &once), 1);
            several += form_within(&g, 800, first, &often) > 1;
            for (size_t b = 0; b < M; b++)
                for (size_t a = 0; a <= b; a++)
                    ASSERT_NEAR(cpt_upper_column(&often, b)[a], cpt_upper_column(&once, b)[a],
                                sqrt(cpt_upper_column(&once, a)[a]) *
                                    sqrt(cpt_upper_column(&once, b)[b]),
                                1e-13);
            cpt_upper_destroy(&once);
            cpt_upper_destroy(&often);
        }
        end(&g);
    }
    ck_assert_uint_ge(several, CASES / 2);
}
END_TEST

enum { ROWS = 700, ORDER = 2 * CPT_UPPER_WIDTH + 77, DEPENDENT = 90 };

/* Random numbers, of whose columns 3 j + 2 is the sum of the two before it for the first
 * `dependent` j; and their triangle of products, three block columns of which the last is shorter.
 */
static double *draw_columns(size_t dependent, cpt_triangle *triangle)
{
    double *b = NEW(double, ROWS *ORDER);
    bool excluded[ORDER] = {false}, certain;
    ASSERT_OK(critpt_random_uniform(5, 0, 0, b, (size_t)ROWS * ORDER));
    for (size_t j = 0; j < dependent; j++)
        for (size_t i = 0; i < ROWS; i++)
            b[(3 * j + 2) * ROWS + i] = b[3 * j * ROWS + i] + b[(3 * j + 1) * ROWS + i];
    ASSERT_OK(cpt_triangle_create(triangle, ORDER));
    ASSERT_OK(cpt_triangle_begin_products(triangle));
    cpt_upper_add_products(&triangle->r, ROWS, b);
    ASSERT_OK(cpt_triangle_factor_products(triangle, excluded, 0, ORDER, &certain));
    ck_assert(certain);
    ck_assert_uint_eq(triangle->rank, ORDER - dependent);
    return b;
}

/* The condition that LAPACK finds of a square, and the square's solutions. */
START_TEST(block_columns_solve_as_a_square_does)
{
    enum { COUNT = 3 };
    cpt_triangle packed, square;
    double *b = draw_columns(0, &packed), x[COUNT * ORDER], y[COUNT * ORDER];
    bool excluded[ORDER] = {false};
    ASSERT_OK(cpt_triangle_create(&square, ORDER));
    ASSERT_OK(cpt_triangle_begin_rows(&square));
    ASSERT_OK(cpt_triangle_fold(&square, ROWS, b));
    ASSERT_OK(cpt_triangle_factor(&square, excluded, 1e-10));
    ASSERT_NEAR(packed.condition, square.condition, square.condition, 1e-9);
    for (size_t count = 1; count <= COUNT; count += COUNT - 1) {
        ASSERT_OK(critpt_random_uniform(6, 0, 0, x, count * ORDER));
        memcpy(y, x, sizeof y);
        cpt_triangle_solve(&packed, count, x);
        cpt_triangle_solve(&square, count, y);
        for (size_t i = 0; i < count * ORDER; i++)
            ASSERT_NEAR(x[i], y[i], cpt_linalg_norm(ORDER, y + i / ORDER * ORDER), 1e-11);
    }
    cpt_triangle_destroy(&packed);
    cpt_triangle_destroy(&square);
    free(b);
}
END_TEST

/* Of three columns of which one is the sum of the others the last is left out, and what it is made
 * of leaves nothing of it. */
START_TEST(block_columns_leave_sums_out)
{
    cpt_triangle packed;
    double *b = draw_columns(DEPENDENT, &packed), c[ORDER], rest[ROWS];
    for (size_t i = packed.rank; i < ORDER; i++) {
        size_t left_out = cpt_triangle_column(&packed, i);
        ck_assert_uint_eq(left_out % 3, 2);
        cpt_triangle_dependency(&packed, i, c);
        ck_assert_double_lt(c[left_out], 0);
        memset(rest, 0, sizeof rest);
        for (size_t e = 0; e < ORDER; e++)
            cpt_linalg_axpy(ROWS, c[e], b + e * ROWS, rest);
        ck_assert_double_le(cpt_linalg_norm(ROWS, rest), 1e-12);
    }
    cpt_triangle_destroy(&packed);
    free(b);
}
END_TEST

int main(void)
{
    const test_function tests[] = {products_are_those_of_the_rows,
                                   block_columns_solve_as_a_square_does,
                                   block_columns_leave_sums_out, passes_do_not_change_the_products,
                                   products_plant_what_folding_plants};
    return test_main("products", tests, sizeof tests / sizeof *tests);
}
