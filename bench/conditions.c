/* Conditions: what their rows cost beside folding them, and a picture against the LAPACK call that
 * a user would make instead. One line per figure: name value unit; medians of alternating rounds.
 */
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "solve/solve.h"
#include "support.h"

enum { ROUNDS = 7 };

/* A d-h-D tanh network with biases, K critical points and what a case adds. */
typedef struct task {
    const char *name;
    size_t d, h, D, K, N;
    void (*add)(critpt_plan *plan, const double *direction, size_t P);
} task;

static void add_curvatures(critpt_plan *plan, const double *direction, size_t P)
{
    for (size_t i = 0; i < 20; i++)
        check(critpt_plan_require_curvature(plan, i % plan->n_points, direction + i,
                                            direction + 2 * i, P, 1, NULL));
}

static void add_entries(critpt_plan *plan, const double *direction, size_t P)
{
    (void)direction;
    for (size_t i = 0; i < 20; i++)
        check(critpt_plan_require_hessian_entry(plan, i % plan->n_points, i, (7 * i) % (P / 2), 1,
                                                NULL));
}

static void add_eigenpair(critpt_plan *plan, const double *direction, size_t P)
{
    check(critpt_plan_require_eigenpair(plan, 0, 1, direction, P, NULL));
}

static void add_gauss_newton(critpt_plan *plan, const double *direction, size_t P)
{
    (void)direction;
    (void)P;
    check(critpt_plan_require_gauss_newton(plan, 0, NULL));
}

static void add_differences(critpt_plan *plan, const double *direction, size_t P)
{
    for (size_t i = 0; i < 20; i++) {
        size_t point;
        check(critpt_plan_add_free_point(plan, direction + i, P, &point));
        check(critpt_plan_require_loss_difference(plan, point, 0, 1, NULL));
    }
}

enum { SIDE = 21 };

/* A disc. */
static void draw(double *picture, size_t side)
{
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < side; j++) {
            double x = 2.0 * (double)j / (double)(side - 1) - 1;
            double y = 2.0 * (double)i / (double)(side - 1) - 1;
            picture[i * side + j] = x * x + y * y < 0.5;
        }
}

/* On a plane of half-width 10 around the first point. */
static void add_picture(critpt_plan *plan, const double *direction, size_t P)
{
    size_t points[3];
    double *w = get(P), picture[SIDE * SIDE], norms[2] = {0, 0};
    draw(picture, SIDE);
    for (size_t j = 0; j < P; j++) {
        norms[0] = hypot(norms[0], direction[j]);
        norms[1] = hypot(norms[1], direction[P + j]);
    }
    for (size_t corner = 0; corner < 3; corner++) {
        for (size_t j = 0; j < P; j++)
            w[j] = plan->points[0].requested[j] +
                   10 * (corner == 1 ? 1 : -1) * direction[j] / norms[0] +
                   10 * (corner == 2 ? 1 : -1) * direction[P + j] / norms[1];
        check(critpt_plan_add_free_point(plan, w, P, &points[corner]));
    }
    check(critpt_plan_require_picture(plan, points, picture, SIDE, SIDE, SIDE, NULL));
    free(w);
}

static critpt_plan *prepare(const task *t)
{
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    double *inputs = get(t->N * t->d);
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, t->N * t->d));
    check(critpt_mlp_create(&model, t->d));
    check(critpt_mlp_add_layer(model, t->h, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(model, t->D, CRITPT_IDENTITY, CRITPT_BIAS));
    check(critpt_landscape_create(&landscape, model, t->N, inputs, t->d));
    check(critpt_plan_create(&plan, landscape));
    size_t P = critpt_model_n_weights(model);
    double *weights = get(3 * P + 200);
    for (size_t k = 0; k < t->K; k++) {
        check(critpt_mlp_draw_weights(model, 1, k, 2, weights, P));
        check(critpt_plan_add_point(plan, weights, P, NULL));
        check(critpt_plan_let_point_move(plan, k));
    }
    if (t->K == 0) {
        check(critpt_mlp_draw_weights(model, 1, 0, 1, weights, P));
        check(critpt_plan_add_free_point(plan, weights, P, NULL));
    }
    check(critpt_random_normal(1, 99, 0, weights, 3 * P + 200));
    t->add(plan, weights, P);
    free(inputs);
    free(weights);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
    return plan;
}

/* Seconds that one chunk's columns take for the conditions, and what folding the chunk takes for
 * their share of the columns. */
static void time_chunk(cpt_equations *equations, cpt_chunk *chunk, double *rows, double *folding)
{
    size_t columns = 0;
    cpt_equations_chunk_begin(chunk, 0);
    *rows = 0;
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        double start = seconds();
        check(block->kind->columns(block, chunk));
        if (block->condition) {
            *rows += seconds() - start;
            columns += block->n;
        }
    }
    double start = seconds();
    check(cpt_triangle_fold(&equations->triangle, chunk->rows, chunk->entries));
    *folding = (seconds() - start) * (double)columns / (double)equations->n;
}

static void compare_rows(const task *t)
{
    critpt_plan *plan = prepare(t);
    cpt_solve solve;
    cpt_chunk chunk;
    double rows[ROUNDS], folding[ROUNDS], ratio[ROUNDS];
    check(cpt_solve_begin(&solve, plan, NULL));
    check(cpt_equations_chunk_create(&solve.equations, solve.equations.batch, true, &chunk));
    check(cpt_triangle_create(&solve.equations.triangle, solve.equations.n));
    check(cpt_triangle_begin_rows(&solve.equations.triangle));
    time_chunk(&solve.equations, &chunk, rows, folding);
    for (int round = 0; round < ROUNDS; round++) {
        time_chunk(&solve.equations, &chunk, &rows[round], &folding[round]);
        ratio[round] = rows[round] / folding[round];
    }
    printf("rows_%s %.4g s\n", t->name, median(rows, ROUNDS));
    printf("rows_over_folding_%s %.3g ratio\n", t->name, median(ratio, ROUNDS));
    fflush(stdout);
    cpt_equations_chunk_destroy(&chunk);
    cpt_solve_end(&solve);
    critpt_plan_destroy(plan);
}

/* LAPACKE_dgels('N') as a user calls it, on an explicit matrix of that size. */
static double time_dgels(lapack_int m, lapack_int n)
{
    double *a = get((size_t)m * (size_t)n), *b = get((size_t)n);
    check(critpt_random_normal(5, 0, 0, a, (size_t)m * (size_t)n));
    check(critpt_random_normal(5, 1, 0, b, (size_t)n));
    double start = seconds();
    LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', m, n, 1, a, n, b, 1);
    double taken = seconds() - start;
    free(a);
    free(b);
    return taken;
}

static void compare_picture(const task *t)
{
    critpt_plan *plan = prepare(t);
    double solving[ROUNDS], dgels[ROUNDS], ratio[ROUNDS], residual;
    check(critpt_plan_solve(plan, NULL));
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        check(critpt_plan_solve(plan, NULL));
        solving[round] = seconds() - start;
        dgels[round] = time_dgels(SIDE * SIDE, (lapack_int)t->N);
        ratio[round] = solving[round] / dgels[round];
    }
    check(critpt_plan_condition_value(plan, 0, CRITPT_CONDITION_RESIDUAL, &residual));
    printf("picture_21x21 %.4g s\n", median(solving, ROUNDS));
    printf("picture_over_dgels_21x21 %.3g ratio\n", median(ratio, ROUNDS));
    printf("picture_residual_21x21 %.3g contrast\n", residual);
    critpt_plan_destroy(plan);
}

int main(int argc, char **argv)
{
    static const task tasks[] = {
        {"curvatures", 10, 10, 1, 2, 2048, add_curvatures},
        {"curvatures_wide", 20, 20, 5, 2, 2048, add_curvatures},
        {"hessian_entries", 10, 10, 1, 2, 2048, add_entries},
        {"eigenpair", 10, 10, 1, 2, 2048, add_eigenpair},
        {"gauss_newton", 6, 4, 1, 1, 2048, add_gauss_newton},
        {"loss_differences", 10, 10, 1, 2, 2048, add_differences},
        {"picture", 10, 20, 1, 0, 3000, add_picture},
    };
    static const task small = {"small", 3, 3, 1, 1, 128, add_gauss_newton};
    printf("# %s\n", critpt_linalg_name());
    if (is_smoke(argc, argv)) {
        compare_rows(&small);
        return 0;
    }
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        compare_rows(&tasks[i]);
    compare_picture(&tasks[sizeof tasks / sizeof *tasks - 1]);
    return 0;
}
