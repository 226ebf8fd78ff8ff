/* Planting against the LAPACK call that a user would make instead: dgels on the explicit matrix.
 *
 * Both sides run alternately in one process with the threads that the environment gives; the
 * figures are medians. One line per figure: name value unit. */
#include <cblas.h>
#include <lapacke.h>
#include <string.h>

#include "support.h"

typedef struct task {
    const char *name;
    size_t d, h, D, K, N; /* a d-h-D tanh network, K points, N samples */
    int output_bias;      /* makes dependent equations, which are left out */
    int rounds;
} task;

typedef struct setting {
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
    size_t P, equations, unknowns;
} setting;

static void prepare(const task *t, setting *made)
{
    double *inputs = get(t->N * t->d), *weights;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, t->N * t->d));
    check(critpt_mlp_create(&made->model, t->d));
    check(critpt_mlp_add_layer(made->model, t->h, CRITPT_TANH, CRITPT_NO_BIAS));
    check(critpt_mlp_add_layer(made->model, t->D, CRITPT_IDENTITY, t->output_bias));
    made->P = critpt_model_n_weights(made->model);
    made->equations = t->K * made->P;
    made->unknowns = t->N * t->D;
    weights = get(made->P);
    check(critpt_landscape_create(&made->landscape, made->model, t->N, inputs, t->d));
    check(critpt_plan_create(&made->plan, made->landscape));
    for (size_t k = 0; k < t->K; k++) {
        check(critpt_mlp_draw_weights(made->model, 1, k, 2, weights, made->P));
        check(critpt_plan_add_point(made->plan, weights, made->P, NULL));
        check(critpt_plan_let_point_move(made->plan, k));
    }
    free(inputs);
    free(weights);
}

static void dismiss(setting *made)
{
    critpt_plan_destroy(made->plan);
    critpt_landscape_destroy(made->landscape);
    critpt_model_destroy(made->model);
}

static double time_planting(setting *made)
{
    double start = seconds();
    check(critpt_plan_solve(made->plan, NULL));
    return seconds() - start;
}

/* The explicit equations x unknowns matrix, column-major: J_k' side by side, as dgels wants it. */
static double *explicit_matrix(const task *t, const setting *made)
{
    double *matrix = get(made->equations * made->unknowns), *weights = get(made->P);
    for (size_t k = 0; k < t->K; k++) {
        check(critpt_plan_point_weights(made->plan, k, weights, made->P));
        check(critpt_landscape_jacobian(made->landscape, NULL, weights, made->P,
                                        matrix + k * made->P, made->equations));
    }
    free(weights);
    return matrix;
}

static double time_dgels(const setting *made, const double *matrix, double *scratch)
{
    lapack_int m = (lapack_int)made->equations, n = (lapack_int)made->unknowns;
    double *right = get(made->unknowns), query, *work;
    memcpy(scratch, matrix, made->equations * made->unknowns * sizeof(double));
    for (size_t i = 0; i < made->unknowns; i++)
        right[i] = (double)(i % 7);
    LAPACKE_dgels_work(LAPACK_COL_MAJOR, 'N', m, n, 1, scratch, m, right, n, &query, -1);
    work = get((size_t)query);
    double start = seconds();
    LAPACKE_dgels_work(LAPACK_COL_MAJOR, 'N', m, n, 1, scratch, m, right, n, work,
                       (lapack_int)query);
    double taken = seconds() - start;
    free(right);
    free(work);
    return taken;
}

static double worst_gradient(const task *t, const setting *made)
{
    double worst = 0, value;
    for (size_t k = 0; k < t->K; k++) {
        check(critpt_plan_point_value(made->plan, k, CRITPT_POINT_GRADIENT_SCALED, &value));
        worst = value > worst ? value : worst;
    }
    return worst;
}

static void compare_with_dgels(const task *t)
{
    setting made;
    double planting[16], dgels[16], ratio[16];
    prepare(t, &made);
    time_planting(&made);
    double *matrix = explicit_matrix(t, &made), *scratch = get(made.equations * made.unknowns);
    for (int round = 0; round < t->rounds; round++) {
        planting[round] = time_planting(&made);
        dgels[round] = time_dgels(&made, matrix, scratch);
        ratio[round] = planting[round] / dgels[round];
    }
    printf("planting_%s %.4g s\n", t->name, median(planting, t->rounds));
    printf("dgels_%s %.4g s\n", t->name, median(dgels, t->rounds));
    printf("planting_over_dgels_%s %.3g ratio\n", t->name, median(ratio, t->rounds));
    printf("scaled_gradient_%s %.3g units\n", t->name, worst_gradient(t, &made));
    fflush(stdout);
    free(matrix);
    free(scratch);
    dismiss(&made);
}

/* Seconds that 2 n M^2 flops take at the rate of a large dgemm. */
static double dgemm_time(double flops)
{
    enum { ORDER = 3000, ROUNDS = 3 };
    double *a = get(3 * (size_t)ORDER * ORDER), taken[ROUNDS];
    for (size_t i = 0; i < 3 * (size_t)ORDER * ORDER; i++)
        a[i] = (double)(i % 11) - 5;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, ORDER, ORDER, ORDER, 1, a, ORDER,
                    a + ORDER * ORDER, ORDER, 0, a + 2 * ORDER * ORDER, ORDER);
        taken[round] = seconds() - start;
    }
    free(a);
    return flops / (2.0 * ORDER * ORDER * ORDER) * median(taken, ROUNDS);
}

static void compare_with_dgemm(const task *t)
{
    setting made;
    prepare(t, &made);
    double flops = 2 * (double)made.unknowns * (double)made.equations * (double)made.equations;
    double before = dgemm_time(flops);
    double planting = time_planting(&made), after = dgemm_time(flops);
    printf("planting_%s %.4g s\n", t->name, planting);
    printf("planting_over_dgemm_flops_%s %.3g ratio\n", t->name, 2 * planting / (before + after));
    printf("scaled_gradient_%s %.3g units\n", t->name, worst_gradient(t, &made));
    fflush(stdout);
    dismiss(&made);
}

/* Peak memory of a solve over 2 (M^2 + chunk M + activations of a batch) + 6 n + 2 K P doubles,
 * with the chunk of rows that the library chooses where it folds them: half the equations, between
 * 512 and 2048. */
static void measure_memory(const task *t)
{
    setting made;
    count_memory();
    prepare(t, &made);
    size_t before = memory.held;
    memory.peak = memory.held;
    time_planting(&made);
    double M = (double)made.equations, n = (double)made.unknowns, rows = M / 2;
    rows = rows < 512 ? 512 : rows > 2048 ? 2048 : rows;
    double samples = rows / (double)t->D;
    double activations = samples * (double)(t->d + 3 * t->h + 2 * t->D);
    double bound = 2 * (M * M + rows * M + activations) + 6 * n + 2 * M;
    printf("memory_over_bound_%s %.3g ratio\n", t->name,
           (double)(memory.peak - before) / sizeof(double) / bound);
    dismiss(&made);
    check(critpt_set_allocator(NULL));
}

int main(int argc, char **argv)
{
    static const task tasks[] = {
        {"1000x4000", 20, 20, 5, 2, 800, CRITPT_NO_BIAS, 7},
        {"1000x4000_dependent", 20, 12, 20, 2, 200, CRITPT_BIAS, 7},
        {"3000x12000", 40, 20, 10, 3, 1200, CRITPT_NO_BIAS, 3},
        {"3000x12000_dependent", 35, 22, 10, 3, 1200, CRITPT_BIAS, 3},
    };
    static const task large = {"5000x50000", 40, 20, 10, 5, 5000, CRITPT_NO_BIAS, 1};
    static const task small = {"40x160", 3, 4, 2, 2, 80, CRITPT_NO_BIAS, 1};
    printf("# %s\n", critpt_linalg_name());
    if (is_smoke(argc, argv)) {
        compare_with_dgels(&small);
        measure_memory(&small);
        return 0;
    }
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        compare_with_dgels(&tasks[i]);
        measure_memory(&tasks[i]);
    }
    compare_with_dgemm(&large);
    return 0;
}
