/* Conditions in extended precision, for any model: a kind is a function and a row of the table at
 * the end. */
#include "oracle/condition.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/losses.h"
#include "oracle/parallel.h"
#include "oracle/products.h"

enum { BLOCK = 32 }; /* directions at a time */

/* ---- Losses ---- */

static real larger(real a, real b)
{
    return a > b ? a : b;
}

/* One loss, or the difference of two, with what the errors of the outputs may make of it. */
static oracle_status find_losses(const oracle_problem *problem, const oracle_request *request,
                                 oracle_finding *finding)
{
    oracle_values values;
    real loss[2] = {0}, level = 0;
    double rounding = 0;
    oracle_status result;
    for (size_t k = 0; k < 2 && request->weights[k]; k++) {
        ORACLE_TRY(oracle_loss(problem, request->weights[k], &loss[k], &level));
        ORACLE_TRY(oracle_evaluate(problem, request->weights[k], &values));
        rounding += values.loss_rounding;
    }
    finding->termless = false;
    finding->requested = request->value;
    finding->achieved = (double)(loss[0] - loss[1]);
    finding->residual = (double)REAL(fabs)(loss[0] - loss[1] - request->value);
    finding->size = (double)larger(level, larger(loss[0], loss[1])) + rounding;
done:
    return result;
}

/* A picture's losses, node by node. */
typedef struct nodes {
    const oracle_problem *problem;
    const oracle_request *request;
    real *loss, *level;
} nodes;

/* A + s (B - A) + t (C - A) of a node, in double precision as everybody computes it. */
static oracle_status see_node(void *data, size_t node)
{
    const nodes *n = data;
    const oracle_request *request = n->request;
    size_t P = n->problem->model.n_weights;
    const double *a = request->weights[0], *b = request->weights[1], *c = request->weights[2];
    double s = (double)(node % request->n_columns) / (double)(request->n_columns - 1);
    double t = (double)(node / request->n_columns) / (double)(request->n_rows - 1);
    double *weights = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&weights, P, sizeof *weights));
    for (size_t j = 0; j < P; j++)
        weights[j] = a[j] + s * (b[j] - a[j]) + t * (c[j] - a[j]);
    ORACLE_TRY(oracle_loss(n->problem, weights, &n->loss[node], &n->level[node]));
done:
    free(weights);
    return result;
}

/* Of all nodes, all but a constant. */
static oracle_status find_picture(const oracle_problem *problem, const oracle_request *request,
                                  oracle_finding *finding)
{
    size_t n = request->n_rows * request->n_columns;
    const double *asked = request->array;
    nodes all = {.problem = problem, .request = request};
    real low, high, worst = 0, largest = 0;
    double least = asked[0], most = asked[0];
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&all.loss, 2 * n, sizeof(real)));
    all.level = all.loss + n;
    ORACLE_TRY(oracle_run(problem->n_threads, n, see_node, &all));
    low = high = all.loss[0];
    for (size_t i = 0; i < n; i++) {
        real loss = all.loss[i], wanted = (real)asked[i] - asked[0];
        low = loss < low ? loss : low;
        high = larger(high, loss);
        worst = larger(worst, REAL(fabs)(loss - all.loss[0] - wanted));
        largest = larger(all.level[i], larger(loss, largest));
        least = fmin(least, asked[i]);
        most = fmax(most, asked[i]);
    }
    *finding =
        (oracle_finding){most - least, (double)(high - low), (double)worst, (double)largest, false};
done:
    free(all.loss);
    return result;
}

/* ---- Derivatives ---- */

static bool is_zero(real x)
{
    return x <= 0 && x >= 0;
}

static oracle_status find_gradient(const oracle_problem *problem, const oracle_request *request,
                                   oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *gradient = NULL, asked = 0, there = 0, worst = 0;
    bool termless = false;
    oracle_values values;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&gradient, P, sizeof *gradient));
    ORACLE_TRY(oracle_evaluate(problem, request->weights[0], &values));
    ORACLE_TRY(oracle_gradient(problem, request->weights[0], gradient));
    for (size_t j = 0; j < P; j++) {
        asked += (real)request->array[j] * request->array[j];
        there += gradient[j] * gradient[j];
        worst = larger(worst, REAL(fabs)(gradient[j] - request->array[j]));
        termless = termless || (is_zero(gradient[j]) && !is_zero(request->array[j]));
    }
    *finding = (oracle_finding){(double)REAL(sqrt)(asked), (double)REAL(sqrt)(there), (double)worst,
                                values.unit, termless};
done:
    free(gradient);
    return result;
}

/* v' H u for vectors in the first 2 P of 4 P numbers. */
static oracle_status find_form(const oracle_problem *problem, const oracle_request *request,
                               real *memory, oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *v = memory, *u = v + P, *product = u + P, *sizes = product + P, sum = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(
        oracle_products(problem, request->weights[0], ORACLE_HESSIAN, 1, u, product, sizes, NULL));
    for (size_t j = 0; j < P; j++) {
        sum += v[j] * product[j];
        size += REAL(fabs)(v[j]) * sizes[j];
    }
    *finding =
        (oracle_finding){request->value, (double)sum, (double)REAL(fabs)(sum - request->value),
                         (double)size, is_zero(size) && !is_zero(request->value)};
done:
    return result;
}

static oracle_status find_curvature(const oracle_problem *problem, const oracle_request *request,
                                    oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *memory = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&memory, 4 * P, sizeof *memory));
    for (size_t j = 0; j < 2 * P; j++)
        memory[j] = request->array[j];
    ORACLE_TRY(find_form(problem, request, memory, finding));
done:
    free(memory);
    return result;
}

/* An entry has unit vectors. */
static oracle_status find_entry(const oracle_problem *problem, const oracle_request *request,
                                oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *memory = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&memory, 4 * P, sizeof *memory));
    memory[(size_t)request->array[0]] = 1;
    memory[P + (size_t)request->array[1]] = 1;
    ORACLE_TRY(find_form(problem, request, memory, finding));
done:
    free(memory);
    return result;
}

/* H v - lambda v, and the quotient v'Hv / v'v. */
static oracle_status find_eigenpair(const oracle_problem *problem, const oracle_request *request,
                                    oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *v = NULL, *product, *sizes, form = 0, square = 0, worst = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 3 * P, sizeof *v));
    product = v + P;
    sizes = product + P;
    for (size_t j = 0; j < P; j++)
        v[j] = request->array[j];
    ORACLE_TRY(
        oracle_products(problem, request->weights[0], ORACLE_HESSIAN, 1, v, product, sizes, NULL));
    for (size_t j = 0; j < P; j++) {
        form += v[j] * product[j];
        square += v[j] * v[j];
        size += REAL(fabs)(v[j]) * sizes[j];
        worst = larger(worst, REAL(fabs)(product[j] - request->value * v[j]));
    }
    *finding = (oracle_finding){request->value, (double)(form / square), (double)worst,
                                (double)(size / square), false};
    for (size_t j = 0; j < P; j++)
        finding->size = fmax(finding->size, (double)sizes[j]);
done:
    free(v);
    return result;
}

/* The largest entry of S(Mn r), all of which shall be 0. */
static oracle_status find_gauss_newton(const oracle_problem *problem, const oracle_request *request,
                                       oracle_finding *finding)
{
    size_t P = problem->model.n_weights;
    real *units = NULL, *products, *sizes, worst = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&units, 3 * BLOCK * P, sizeof *units));
    products = units + BLOCK * P;
    sizes = products + BLOCK * P;
    for (size_t first = 0; first < P; first += BLOCK) {
        size_t n = P - first < BLOCK ? P - first : BLOCK;
        for (size_t i = 0; i < n * P; i++)
            units[i] = i % P == first + i / P;
        ORACLE_TRY(oracle_products(problem, request->weights[0], ORACLE_RESIDUAL, n, units,
                                   products, sizes, NULL));
        for (size_t i = 0; i < n * P; i++) {
            worst = larger(worst, REAL(fabs)(products[i]));
            size = larger(size, sizes[i]);
        }
    }
    *finding = (oracle_finding){0, (double)worst, (double)worst, (double)size, false};
done:
    free(units);
    return result;
}

/* ---- The kinds ---- */

static oracle_cost of_weights(const oracle_problem *problem, const oracle_request *request,
                              double n_threads)
{
    (void)request;
    return (oracle_cost){.products = (double)problem->model.n_weights / fmin(n_threads, BLOCK)};
}

static oracle_cost of_nodes(const oracle_problem *problem, const oracle_request *request,
                            double n_threads)
{
    (void)problem;
    double n = (double)request->n_rows * (double)request->n_columns;
    return (oracle_cost){.losses = n / fmin(n_threads, n)};
}

static double one(const oracle_request *request, double P)
{
    (void)request;
    (void)P;
    return 1;
}

static double each_weight(const oracle_request *request, double P)
{
    (void)request;
    return P;
}

static double each_entry(const oracle_request *request, double P)
{
    (void)request;
    return P * (P + 1) / 2;
}

static double each_difference(const oracle_request *request, double P)
{
    (void)P;
    return (double)(request->n_rows * request->n_columns - 1);
}

enum { LOSS_UNITS = 20, DERIVATIVE_UNITS = 100 };

/* How a kind is found; what that takes: so much, or a function of it; its equations. */
static const struct {
    oracle_status (*find)(const oracle_problem *problem, const oracle_request *request,
                          oracle_finding *finding);
    oracle_cost cost;
    oracle_cost (*cost_of)(const oracle_problem *problem, const oracle_request *request,
                           double n_threads);
    double (*equations)(const oracle_request *request, double P);
    double units; /* of rounding that a number may be off */
    bool may_be_tied;
} kinds[] = {
    [CRITPT_CONDITION_GRADIENT] =
        {find_gradient, {2, 0, 0}, NULL, each_weight, DERIVATIVE_UNITS, false},
    [CRITPT_CONDITION_HESSIAN_ENTRY] = {find_entry, {0, 0, 1}, NULL, one, DERIVATIVE_UNITS, false},
    [CRITPT_CONDITION_CURVATURE] = {find_curvature, {0, 0, 1}, NULL, one, DERIVATIVE_UNITS, false},
    [CRITPT_CONDITION_EIGENPAIR] =
        {find_eigenpair, {0, 0, 1}, NULL, each_weight, DERIVATIVE_UNITS, false},
    [CRITPT_CONDITION_GAUSS_NEWTON] =
        {find_gauss_newton, {0, 0, 0}, of_weights, each_entry, DERIVATIVE_UNITS, false},
    [CRITPT_CONDITION_LOSS] = {find_losses, {1, 1, 0}, NULL, one, LOSS_UNITS, true},
    [CRITPT_CONDITION_LOSS_DIFFERENCE] = {find_losses, {2, 2, 0}, NULL, one, LOSS_UNITS, true},
    [CRITPT_CONDITION_PICTURE] =
        {find_picture, {0, 0, 0}, of_nodes, each_difference, LOSS_UNITS, false},
};

oracle_status oracle_find(const oracle_problem *problem, const oracle_request *request,
                          oracle_finding *finding)
{
    return kinds[request->kind].find(problem, request, finding);
}

oracle_cost oracle_find_cost(const oracle_problem *problem, const oracle_request *request)
{
    double n_threads = (double)oracle_n_threads(problem->n_threads);
    return kinds[request->kind].cost_of ? kinds[request->kind].cost_of(problem, request, n_threads)
                                        : kinds[request->kind].cost;
}

double oracle_equations(const oracle_request *request, double n_weights)
{
    return kinds[request->kind].equations(request, n_weights);
}

bool oracle_may_be_tied(const oracle_request *request)
{
    return kinds[request->kind].may_be_tied;
}

double oracle_accepted_units(const oracle_request *request)
{
    return kinds[request->kind].units;
}

/* Copies numbers, each but a 0 as one of its two neighbours in double precision; 0 stays, as units
 * that are off because nothing comes in must. */
static void copy_moved(const double *numbers, size_t n, uint64_t *state, double *moved)
{
    for (size_t i = 0; i < n; i++) { /* xorshift64 */
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        moved[i] =
            fabs(numbers[i]) > 0 ? nextafter(numbers[i], *state >> 63 ? INFINITY : -INFINITY) : 0;
    }
}

oracle_status oracle_find_sensitivity(const oracle_problem *problem, const oracle_request *request,
                                      const oracle_finding *finding, double *achieved,
                                      double *residual)
{
    enum { FEW = 50 }; /* weights, whose moves may cancel by chance */
    size_t P = problem->model.n_weights, n = problem->n_samples * problem->model.n_inputs;
    int draws = P <= FEW ? 8 : 2;
    double *inputs = NULL, *weights = NULL;
    oracle_problem nudged_problem = *problem;
    oracle_request nudged = *request;
    oracle_finding found;
    uint64_t state = 0x9e3779b97f4a7c15u;
    oracle_status result;
    *achieved = *residual = 0;
    ORACLE_TRY(oracle_allocate(&inputs, n, sizeof *inputs));
    ORACLE_TRY(oracle_allocate(&weights, 3 * P, sizeof *weights));
    nudged_problem.inputs = inputs;
    for (int draw = 0; draw < draws; draw++) {
        copy_moved(problem->inputs, n, &state, inputs);
        for (size_t i = 0; i < 3 && request->weights[i]; i++) {
            copy_moved(request->weights[i], P, &state, weights + i * P);
            nudged.weights[i] = weights + i * P;
        }
        ORACLE_TRY(oracle_find(&nudged_problem, &nudged, &found));
        *achieved = fmax(*achieved, fabs(found.achieved - finding->achieved));
        *residual = fmax(*residual, fabs(found.residual - finding->residual));
    }
done:
    free(inputs);
    free(weights);
    return result;
}
