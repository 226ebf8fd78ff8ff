/* Natures against the Hessian of the same network: a large request whole, what one step of its
 * conjugate gradients takes, and the demonstration on digits. One line per figure: name value unit.
 *
 *     natures [FIGURE...]     large step demo; by default all
 *
 * The time of a Hessian, the median of several taken before and after, is that of one point. */
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "linalg/linalg.h"
#include "landscape/landscape.h"
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

/* The larger parts of a step at one point: S(u), S*(Q), W' S W and W Q W'. */
static void multiply(const setting *s, double *matrix, double *scratch)
{
    for (int i = 0; i < 2; i++)
        cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, s->P, s->P, s->P, 1e-3, matrix, s->P, s->hessian,
                        s->P, 0, scratch, s->P);
}
