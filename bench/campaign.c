/* The campaign: 200 random networks with random natures, each solved, confirmed in extended
 * precision by code that shares nothing with the library, and printed as one line:
 *     instance ratio inputs layers P K n verdict seconds amplification margin gap confirmed
 *
 *     campaign [FIRST LAST]     instances FIRST .. LAST - 1, by default all
 *
 * A solve that takes more than SOLVE_SECONDS of processor time is cancelled, and decides nothing.
 * Draws of instance i come from streams 10^6 i + ... of seed 20260101. Confirmation takes whole
 * Hessians where that is expected to take less than CONFIRM_SECONDS, else the quadratic forms of
 * all eigenvectors with the least and of random directions; "whole" or "forms" says which. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "oracle/first_order.h"
#include "oracle/products.h"
#include "oracle/spectrum.h"
#include "claims/problem.h"
#include "support.h"

static const uint64_t seed = 20260101;
static const double margin = 1e-6, init_scale = 2;
enum { INSTANCES = 200, MOST_LAYERS = 4, MOST_POINTS = 5 };
enum { SOLVE_SECONDS = 1500, CONFIRM_SECONDS = 30 };

typedef struct instance {
    size_t number, n_inputs, n_layers, widths[MOST_LAYERS], K, P, N, index[MOST_POINTS];
    critpt_activation activations[MOST_LAYERS];
    double ratio;
    clock_t started; /* the solve, in processor time */
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_plan *plan;
} instance;

/* The next integer in low .. high of an instance's own stream. */
static size_t draw(const instance *i, uint64_t *count, size_t low, size_t high)
{
    double u;
    check(critpt_random_uniform(seed, 1000000 * (uint64_t)(i->number + 1), (*count)++, &u, 1));
    return low + (size_t)(u * (double)(high - low + 1));
}

static void describe(instance *i, size_t number)
{
    static const critpt_activation hidden[] = {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_SOFTPLUS,
                                               CRITPT_SIN};
    static const double ratios[] = {4, 8, 16, 40};
    uint64_t count = 0;
    *i = (instance){.number = number};
    i->n_layers = draw(i, &count, 2, MOST_LAYERS);
    i->n_inputs = draw(i, &count, 4, 12);
    for (size_t l = 0; l + 1 < i->n_layers; l++) {
        i->widths[l] = draw(i, &count, 3, 8);
        i->activations[l] = hidden[draw(i, &count, 0, 3)];
    }
    i->widths[i->n_layers - 1] = draw(i, &count, 1, 5);
    i->activations[i->n_layers - 1] = CRITPT_IDENTITY;
    i->K = draw(i, &count, 1, MOST_POINTS);
    i->ratio = ratios[draw(i, &count, 0, 3)];
    check(critpt_mlp_create(&i->model, i->n_inputs));
    for (size_t l = 0; l < i->n_layers; l++)
        check(critpt_mlp_add_layer(i->model, i->widths[l], i->activations[l], CRITPT_BIAS));
    i->P = critpt_model_n_weights(i->model);
    size_t most = i->P / 10 < 4 ? i->P / 10 : 4;
    for (size_t k = 0; k < i->K; k++)
        i->index[k] = draw(i, &count, 0, most);
    double rows = i->ratio * (double)(i->K * i->P);
    i->N = (size_t)ceil(rows / (double)critpt_model_n_outputs(i->model));
}

static void prepare(instance *i)
{
    double *inputs = get(i->N * i->n_inputs), *weights = get(i->P);
    uint64_t stream = 1000000 * (uint64_t)(i->number + 1);
    check(critpt_random_normal(seed, stream + 1, 0, inputs, i->N * i->n_inputs));
    check(critpt_landscape_create(&i->landscape, i->model, i->N, inputs, i->n_inputs));
    check(critpt_plan_create(&i->plan, i->landscape));
    for (size_t k = 0; k < i->K; k++) {
        check(critpt_mlp_draw_weights(i->model, seed + i->number, k, init_scale, weights, i->P));
        check(critpt_plan_add_point(i->plan, weights, i->P, NULL));
        check(critpt_plan_let_point_move(i->plan, k));
        check(critpt_plan_require_index(i->plan, k, i->index[k], margin, NULL));
    }
    free(inputs);
    free(weights);
}

static void dismiss(instance *i)
{
    critpt_plan_destroy(i->plan);
    critpt_landscape_destroy(i->landscape);
    critpt_model_destroy(i->model);
}

static const char *verdict(const instance *i, critpt_status status)
{
    double worst = INFINITY, achieved;
    size_t saddles = 0;
    for (size_t k = 0; k < i->K; k++)
        saddles += i->index[k] > 0;
    if (status == CRITPT_INFEASIBLE) /* a cap's, too, is counted among the weaker proofs */
        return saddles ? "infeasible_in_subspaces" : "infeasible";
    if (status != CRITPT_OK)
        return critpt_status_name(status);
    for (size_t k = 0; k < i->K; k++) {
        check(critpt_plan_point_value(i->plan, k, CRITPT_POINT_MARGIN, &achieved));
        worst = fmin(worst, achieved);
    }
    return worst >= margin ? "attained" : "smaller_margin";
}

/* ---- Confirmation ---- */

static double time_product(const problem *p, const double *weights)
{
    double quotient, start = seconds();
    double *direction = get(p->n_weights);
    memset(direction, 0, p->n_weights * sizeof *direction);
    direction[0] = 1;
    if (claims_from_oracle(oracle_quotients(&p->oracle, weights, 1, direction, &quotient, NULL)) !=
        DONE)
        exit(1);
    free(direction);
    return seconds() - start;
}

/* Whether the whole Hessian in extended precision has this index and no other undecided sign than
 * that of directions in which the outputs do not change. */
static int confirm_whole(const problem *p, const double *weights, size_t index)
{
    oracle_spectrum spectrum;
    if (claims_from_oracle(oracle_spectrum_create(&spectrum, &p->oracle, weights, -1)) != DONE) {
        fprintf(stderr, "%s\n", cli_failure());
        return 0;
    }
    int confirmed = spectrum.n_negative == index;
    if (spectrum.n_negative + spectrum.n_positive < spectrum.n)
        fprintf(stderr, "%zu undecided signs\n",
                spectrum.n - spectrum.n_negative - spectrum.n_positive);
    oracle_spectrum_free(&spectrum);
    return confirmed;
}

/* Quadratic forms of the eigenvectors with the least eigenvalues: `index` negative ones, then
 * positive ones, as far as the library is certain of their sign. */
static int confirm_forms(const problem *p, const instance *i, const double *weights, size_t index)
{
    enum { MORE = 12 };
    critpt_spectrum *spectrum;
    size_t n = index + MORE < i->P ? index + MORE : i->P, wrong = 0;
    double *vectors = get(n * i->P), *quotients = get(n), value, error;
    check(critpt_spectrum_create(&spectrum, i->landscape, weights, i->P, NULL));
    for (size_t j = 0; j < n; j++)
        check(critpt_spectrum_eigenvector(spectrum, j, vectors + j * i->P, i->P));
    if (claims_from_oracle(oracle_quotients(&p->oracle, weights, n, vectors, quotients, NULL)) !=
        DONE)
        exit(1);
    for (size_t j = 0; j < n; j++) {
        check(critpt_spectrum_eigenvalue(spectrum, j, &value, &error));
        if (fabs(value) > error)
            wrong += (quotients[j] < 0) != (j < index);
    }
    critpt_spectrum_destroy(spectrum);
    free(vectors);
    free(quotients);
    return wrong == 0;
}

/* "whole", "forms" or "FALSE". */
static const char *confirm(const instance *i)
{
    problem p;
    double *weights = get(i->P);
    const char *how = "whole";
    if (claims_load_problem(&p, i->landscape, NULL) != DONE)
        exit(1);
    for (size_t k = 0; k < i->K && strcmp(how, "FALSE") != 0; k++) {
        oracle_values values;
        check(critpt_plan_point_weights(i->plan, k, weights, i->P));
        if (claims_from_oracle(oracle_evaluate(&p.oracle, weights, &values)) != DONE)
            exit(1);
        int confirmed = values.gradient_norm <= 100 * DBL_EPSILON * values.unit;
        if (time_product(&p, weights) * (double)(i->P * i->K) < CONFIRM_SECONDS)
            confirmed = confirmed && confirm_whole(&p, weights, i->index[k]);
        else {
            confirmed = confirmed && confirm_forms(&p, i, weights, i->index[k]);
            how = "forms";
        }
        how = confirmed ? how : "FALSE";
    }
    claims_free_problem(&p);
    free(weights);
    return how;
}

static int is_late(double done, const char *stage, void *user)
{
    const instance *i = user;
    (void)done, (void)stage;
    return (double)(clock() - i->started) > (double)SOLVE_SECONDS * CLOCKS_PER_SEC;
}

static critpt_status solve(instance *i)
{
    critpt_plan_options *options;
    check(critpt_plan_options_create(&options));
    check(critpt_plan_options_set_progress(options, is_late, i));
    i->started = clock();
    critpt_status status = critpt_plan_solve(i->plan, options);
    critpt_plan_options_destroy(options);
    return status;
}

static void run(size_t number)
{
    instance i;
    double amplification, gap;
    describe(&i, number);
    prepare(&i);
    double start = seconds();
    critpt_status status = solve(&i);
    double taken = seconds() - start;
    if (status != CRITPT_OK)
        fprintf(stderr, "%zu: %s\n", number, critpt_error_message());
    check(critpt_plan_report_value(i.plan, CRITPT_REPORT_AMPLIFICATION, &amplification));
    check(critpt_plan_report_value(i.plan, CRITPT_REPORT_DUALITY_GAP, &gap));
    printf("%zu %g %zu %zu %zu %zu %zu %s %.3f %.4g %g %.3g %s\n", number, i.ratio, i.n_inputs,
           i.n_layers, i.P, i.K, i.N * critpt_model_n_outputs(i.model), verdict(&i, status), taken,
           amplification, margin, gap, status == CRITPT_OK ? confirm(&i) : "-");
    fflush(stdout);
    dismiss(&i);
}

int main(int argc, char **argv)
{
    size_t first = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    size_t last = argc == 3 ? strtoul(argv[2], NULL, 10) : INSTANCES;
    for (size_t number = first; number < last; number++)
        run(number);
    return 0;
}
