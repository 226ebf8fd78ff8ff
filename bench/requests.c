/* Natures as users ask for them: two minima and a saddle of index 1, normal inputs, in Hessians of
 * a point and in seconds. One line per figure: name value unit, which ends with how the solve
 * ended.
 *
 *     requests [LIMIT [FIRST]]     seconds that each may take, 120 by default; the first one to run
 *
 * A name is widths, samples, scale of the weights, margin. */
#include <string.h>

#include "support.h"

enum { LAYERS = 4, POINTS = 3, ROUNDS = 7 };

typedef struct network {
    size_t n_layers, widths[LAYERS + 1];
    critpt_activation activation;
} network;

static const network networks[] = {
    {3, {4, 5, 4, 1}, CRITPT_TANH},  {2, {8, 10, 1}, CRITPT_TANH},
    {2, {8, 10, 3}, CRITPT_TANH},    {2, {10, 20, 1}, CRITPT_TANH},
    {3, {16, 8, 8, 2}, CRITPT_GELU}, {2, {2, 3, 1}, CRITPT_TANH}, /* for --smoke */
};

typedef struct request {
    size_t network, n_samples;
    double scale;
} request;

static const request requests[] = {
    {0, 1000, 1}, {0, 1000, 2}, {0, 2000, 1}, {0, 2000, 2}, {0, 4000, 2},  {1, 2000, 1},
    {1, 2000, 2}, {2, 2000, 1}, {2, 2000, 2}, {3, 4000, 2}, {3, 8000, 2},  {3, 16000, 2},
    {4, 4000, 1}, {4, 4000, 2}, {4, 8000, 1}, {4, 8000, 2}, {5, 200, 2.0},
};
enum { N_REQUESTS = sizeof requests / sizeof *requests };

static critpt_model *make_model(const network *n)
{
    critpt_model *model;
    check(critpt_mlp_create(&model, n->widths[0]));
    for (size_t l = 1; l <= n->n_layers; l++)
        check(critpt_mlp_add_layer(
            model, n->widths[l], l == n->n_layers ? CRITPT_IDENTITY : n->activation, CRITPT_BIAS));
    return model;
}

static critpt_landscape *make_landscape(critpt_model *model, size_t n_samples)
{
    size_t d = critpt_model_n_inputs(model);
    double *inputs = get(n_samples * d);
    critpt_landscape *landscape;
    check(critpt_random_normal(1, CRITPT_STREAM_INPUTS, 0, inputs, n_samples * d));
    check(critpt_landscape_create(&landscape, model, n_samples, inputs, d));
    free(inputs);
    return landscape;
}

static critpt_plan *make_plan(critpt_landscape *landscape, double scale, double margin)
{
    const critpt_model *model = critpt_landscape_model(landscape);
    size_t P = critpt_model_n_weights(model);
    double *weights = get(P);
    critpt_plan *plan;
    check(critpt_plan_create(&plan, landscape));
    for (size_t k = 0; k < POINTS; k++) {
        check(critpt_mlp_draw_weights(model, 1, k, scale, weights, P));
        check(critpt_plan_add_point(plan, weights, P, NULL));
        check(critpt_plan_let_point_move(plan, k));
        check(critpt_plan_require_index(plan, k, k == 2, margin, NULL));
    }
    free(weights);
    return plan;
}

/* Of point 0, for targets that are there by then. */
static double time_hessian(const critpt_plan *plan)
{
    const critpt_landscape *landscape = critpt_plan_landscape(plan);
    size_t P = critpt_model_n_weights(critpt_landscape_model(landscape));
    double *weights = get(P), *matrix = get(P * P), times[ROUNDS];
    check(critpt_plan_point_weights(plan, 0, weights, P));
    for (int i = 0; i < ROUNDS; i++) {
        double start = seconds();
        check(critpt_landscape_gauss_newton(landscape, NULL, weights, P, matrix, P));
        times[i] = seconds() - start;
    }
    free(weights);
    free(matrix);
    return median(times, ROUNDS);
}

static void name_request(const request *r, double margin, char *name, size_t size)
{
    const network *n = &networks[r->network];
    size_t used = 0;
    for (size_t l = 0; l <= n->n_layers; l++)
        used += (size_t)snprintf(name + used, size - used, "%s%zu", l ? "-" : "", n->widths[l]);
    snprintf(name + used, size - used, "_%s_%zu_%g_%g", critpt_activation_name(n->activation),
             r->n_samples, r->scale, margin);
}

static void run(const request *r, double margin, double limit)
{
    critpt_model *model = make_model(&networks[r->network]);
    critpt_landscape *landscape = make_landscape(model, r->n_samples);
    critpt_plan *plan = make_plan(landscape, r->scale, margin);
    critpt_plan_options *options;
    double reached = 0, amplification = 0;
    char name[128];
    check(critpt_plan_options_create(&options));
    check(critpt_plan_options_set_time_limit(options, limit));
    double start = seconds();
    critpt_status status = critpt_plan_solve(plan, options);
    double taken = seconds() - start;
    if (status == CRITPT_OK)
        check(critpt_plan_point_value(plan, 0, CRITPT_POINT_MARGIN, &reached));
    check(critpt_plan_report_value(plan, CRITPT_REPORT_AMPLIFICATION, &amplification));
    name_request(r, margin, name, sizeof name);
    printf("request_%s %.0f hessians\n", name, taken / time_hessian(plan));
    printf("request_%s_seconds %.2f %s, margin %.2g, amplification %.3g\n", name, taken,
           critpt_status_name(status), reached, amplification);
    fflush(stdout);
    critpt_plan_options_destroy(options);
    critpt_plan_destroy(plan);
    critpt_landscape_destroy(landscape);
    critpt_model_destroy(model);
}

int main(int argc, char **argv)
{
    static const double margins[] = {1e-4, 0.03};
    double limit = argc > 1 ? atof(argv[1]) : 120;
    size_t first = argc > 2 ? (size_t)atoi(argv[2]) : 0;
    if (is_smoke(argc, argv)) {
        run(&requests[N_REQUESTS - 1], margins[0], 60);
        return 0;
    }
    for (size_t i = first; i + 1 < N_REQUESTS; i++)
        for (size_t m = 0; m < 2; m++)
            run(&requests[i], margins[m], limit);
    return 0;
}
