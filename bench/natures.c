/* Natures against the Hessian of the same network: a large request whole, what one step of its
 * conjugate gradients takes, and the demonstration on digits. One line per figure: name value unit.
 *
 *     natures PROGRAM DIGITS.json     the program critpt and the demonstration's specification
 *     natures                         without it
 *
 * The time of a Hessian, the median of several taken before and after, is that of one point. The
 * large requests come last: they may take half an hour each. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/whitening.h"
#include "solve/solve.h"
#include "support.h"

enum { ROUNDS = 15 };

/* A d-h-D tanh network with biases, K = 2, indices 0 and 1. */
typedef struct task {
    const char *name;
    size_t d, h, D, N;
} task;

/* P = 1000 and N D = 50000, both. */
static const task large[] = {{"35-27-1", 35, 27, 1, 50000}, {"55-15-10", 55, 15, 10, 5000}};

typedef struct setting {
    size_t P;
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_workspace *workspace;
    double *weights, *hessian; /* 2 x P; P x P */
} setting;

static void prepare(const task *t, setting *s)
{
    double *inputs = get(t->N * t->d);
    check(critpt_mlp_create(&s->model, t->d));
    check(critpt_mlp_add_layer(s->model, t->h, CRITPT_TANH, CRITPT_BIAS));
    check(critpt_mlp_add_layer(s->model, t->D, CRITPT_IDENTITY, CRITPT_BIAS));
    s->P = critpt_model_n_weights(s->model);
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, t->N * t->d));
    check(critpt_landscape_create(&s->landscape, s->model, t->N, inputs, t->d));
    double *targets = calloc(t->N * t->D, sizeof *targets); /* any, for the time of a Hessian */
    check(critpt_landscape_set_targets(s->landscape, targets, t->D));
    free(targets);
    check(critpt_workspace_create(&s->workspace, s->landscape));
    s->weights = get(2 * s->P);
    s->hessian = get(s->P * s->P);
    for (size_t k = 0; k < 2; k++)
        check(critpt_mlp_draw_weights(s->model, 1, k, 2, s->weights + k * s->P, s->P));
    free(inputs);
}

static void dismiss(setting *s)
{
    critpt_workspace_destroy(s->workspace);
    critpt_landscape_destroy(s->landscape);
    critpt_model_destroy(s->model);
    free(s->weights);
    free(s->hessian);
}

static double time_hessian(const setting *s)
{
    double start = seconds();
    check(critpt_landscape_hessian(s->landscape, s->workspace, s->weights, s->P, s->hessian, s->P));
    return seconds() - start;
}

static double median_hessian(const setting *s)
{
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        times[i] = time_hessian(s);
    return median(times, ROUNDS);
}

/* ---- The large request ---- */

static void run_large(const task *t)
{
    setting s;
    critpt_plan *plan;
    double products, gap;
    prepare(t, &s);
    check(critpt_plan_create(&plan, s.landscape));
    for (size_t k = 0; k < 2; k++) {
        check(critpt_plan_add_point(plan, s.weights + k * s.P, s.P, NULL));
        check(critpt_plan_let_point_move(plan, k));
        check(critpt_plan_require_index(plan, k, k, 1e-6, NULL));
    }
    double before = median_hessian(&s), start = seconds();
    critpt_status status = critpt_plan_solve(plan, NULL);
    double taken = seconds() - start, hessian = (before + median_hessian(&s)) / 2;
    check(critpt_plan_report_value(plan, CRITPT_REPORT_NATURE_PRODUCTS, &products));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_DUALITY_GAP, &gap));
    printf("natures_%s %.0f hessians\n", t->name, taken / hessian);
    printf("natures_%s_seconds %.1f s\n", t->name, taken);
    printf("natures_%s_steps %.0f of conjugate gradients\n", t->name, products);
    printf("natures_%s_gap %.2g %s\n", t->name, gap, critpt_status_name(status));
    fflush(stdout);
    critpt_plan_destroy(plan);
    dismiss(&s);
}

/* ---- One step ---- */

typedef struct projection {
    cpt_equations *equations;
    double *slack;
} projection;

static critpt_status project(void *user, double *change)
{
    projection *p = user;
    cpt_change seen = {change, p->slack};
    memset(p->slack, 0, p->equations->n * sizeof *p->slack);
    return cpt_equations_project(p->equations, &seen);
}

/* The two points' inequalities, with their whitening for scaling. */
static void add_blocks(cpt_nature_maps *maps, cpt_nature_cone *cone, const cpt_nature_point *points)
{
    for (size_t k = 0; k < 2; k++) {
        cpt_nature_whitening whitening;
        check(cpt_nature_whitening_create(&whitening, maps, &points[k], false));
        for (size_t q = 0; q <= k; q++) { /* the saddle has two */
            size_t first = q == k ? k : 0, order = q == k ? whitening.order - k : k;
            check(cpt_nature_cone_add(cone, k, q == k ? 1 : -1, 1e-6, order,
                                      whitening.rows + first * maps->P));
            cpt_nature_block *block = &cone->blocks[cone->n_blocks - 1];
            memset(block->scaling, 0, order * order * sizeof(double));
            for (size_t i = 0; i < order; i++)
                block->scaling[i * order + i] = 1;
            cpt_nature_set_frame(maps, block);
        }
        cpt_nature_whitening_destroy(&whitening);
    }
}

/* The rows of a preconditioner of so many columns cost as much whatever they are. */
static void step(cpt_nature_maps *maps, cpt_nature_cone *cone, const double *columns,
                 size_t n_columns, double *e, double *q, double *coefficients)
{
    size_t n = maps->n;
    check(cpt_nature_multiply(maps, cone, e, q));
    check(cpt_nature_project(maps, q));
    cpt_linalg_gemv(CPT_PLAIN, n_columns, n, 1, columns, n, q, 0, coefficients);
    cpt_linalg_gemv(CPT_TRANSPOSED, n_columns, n, -1, columns, n, coefficients, 1, q);
}

static double time_product(const setting *s, double *scratch)
{
    double start = seconds();
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, s->P, s->P, s->P, 1, s->hessian, s->P, s->hessian, s->P,
                    0, scratch, s->P);
    return seconds() - start;
}

static void measure_step(const setting *s, cpt_nature_maps *maps, cpt_nature_cone *cone,
                         double steps[ROUNDS], double allowed[ROUNDS])
{
    enum { COLUMNS = 256 };
    double *e = get(maps->n), *q = get(maps->n), *columns = get(COLUMNS * maps->n);
    double coefficients[COLUMNS], *scratch = get(s->P * s->P);
    check(critpt_random_normal(3, 0, 0, e, maps->n));
    memset(columns, 0, COLUMNS * maps->n * sizeof *columns);
    for (int i = 0; i < ROUNDS; i++) {
        double start = seconds();
        step(maps, cone, columns, COLUMNS, e, q, coefficients);
        steps[i] = (seconds() - start) / 2; /* for each point */
        allowed[i] = 3 * time_hessian(s) + 4 * time_product(s, scratch);
    }
    free(e), free(q), free(columns), free(scratch);
}

static void run_step(const task *t)
{
    setting s;
    critpt_plan *plan;
    cpt_solve solve;
    cpt_nature_maps maps;
    cpt_nature_cone cone;
    cpt_nature_point points[2];
    double steps[ROUNDS], allowed[ROUNDS];
    prepare(t, &s);
    check(critpt_plan_create(&plan, s.landscape));
    for (size_t k = 0; k < 2; k++) {
        points[k] = (cpt_nature_point){.weights = s.weights + k * s.P, .index = k, .margin = 1e-6};
        check(critpt_plan_add_point(plan, points[k].weights, s.P, NULL));
        check(critpt_plan_let_point_move(plan, k));
    }
    check(cpt_solve_begin(&solve, plan, cpt_plan_options_in_force(NULL)));
    check(cpt_solve_run(&solve));
    projection user = {&solve.equations, get(solve.equations.n)};
    const cpt_nature_problem problem = {.workspace = &solve.work.evaluation.workspace,
                                        .n_points = 2,
                                        .points = points,
                                        .project = project,
                                        .project_user = &user};
    check(cpt_nature_maps_create(&maps, &problem));
    check(cpt_nature_cone_create(&cone, maps.P, 4));
    add_blocks(&maps, &cone, points);
    measure_step(&s, &maps, &cone, steps, allowed);
    printf("step_%s %.2f of 3 hessians and 4 dgemm, for each point\n", t->name,
           median(steps, ROUNDS) / median(allowed, ROUNDS));
    fflush(stdout);
    cpt_nature_cone_destroy(&cone);
    cpt_nature_maps_destroy(&maps);
    cpt_solve_end(&solve);
    critpt_plan_destroy(plan);
    free(user.slack);
    dismiss(&s);
}

/* ---- The demonstration ---- */

static void run_demo(const char *program, const char *specification)
{
    static const task digits = {"54-4-10", 54, 4, 10, 1797};
    setting s;
    char command[4096];
    prepare(&digits, &s);
    snprintf(command, sizeof command, "%s plant %s -o bench-demo.h5 --quiet >/dev/null", program,
             specification);
    double before = median_hessian(&s), start = seconds();
    if (system(command)) {
        fprintf(stderr, "%s failed\n", command);
        exit(1);
    }
    double taken = seconds() - start;
    remove("bench-demo.h5");
    printf("demo %.0f hessians\n", taken / ((before + median_hessian(&s)) / 2));
    printf("demo_seconds %.1f s\n", taken);
    fflush(stdout);
    dismiss(&s);
}

int main(int argc, char **argv)
{
    static const task small = {"4-3-1", 4, 3, 1, 400};
    if (is_smoke(argc, argv)) {
        run_step(&small);
        run_large(&small);
        return 0;
    }
    if (argc == 3)
        run_demo(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        run_step(&large[i]);
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        run_large(&large[i]);
    return 0;
}
