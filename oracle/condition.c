/* Conditions by plain loops in extended precision. */
#include "oracle/condition.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/products.h"

enum { BLOCK = 32 }; /* directions at a time */

/* ---- Losses ---- */

/* Room for the units of two layers, a residual, and a weight vector. */
typedef struct loss_room {
    real *below, *above, *residual;
    double *weights;
} loss_room;

static oracle_status room_create(loss_room *room, const oracle_problem *problem)
{
    size_t widest = 0;
    oracle_status result;
    *room = (loss_room){0};
    for (size_t l = 0; l <= problem->n_layers; l++)
        widest = problem->widths[l] > widest ? problem->widths[l] : widest;
    ORACLE_TRY(oracle_allocate(&room->below, widest, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&room->above, widest, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&room->residual, 2 * widest, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&room->weights, oracle_n_weights(problem), sizeof(double)));
done:
    return result;
}

static void room_free(loss_room *room)
{
    free(room->below);
    free(room->above);
    free(room->residual);
    free(room->weights);
}

/* The outputs of a sample, in room->below. */
static void find_outputs(const oracle_problem *problem, const double *weights, size_t sample,
                         loss_room *room)
{
    for (size_t j = 0; j < problem->widths[0]; j++)
        room->below[j] = problem->inputs[sample * problem->widths[0] + j];
    for (size_t l = 0; l < problem->n_layers; l++) {
        size_t n_in = problem->widths[l], n_out = problem->widths[l + 1];
        for (size_t unit = 0; unit < n_out; unit++) {
            real z = problem->bias[l] ? weights[n_out * n_in + unit] : 0;
            for (size_t r = 0; r < n_in; r++)
                z += weights[unit * n_in + r] * room->below[r];
            room->above[unit] = oracle_activate(problem->activations[l], z);
        }
        real *swapped = room->below;
        room->below = room->above;
        room->above = swapped;
        weights += n_out * (n_in + (problem->bias[l] != 0));
    }
}

oracle_status oracle_outputs(const oracle_problem *problem, const double *weights, real *outputs)
{
    size_t D = problem->widths[problem->n_layers];
    loss_room room;
    oracle_status result;
    ORACLE_TRY(room_create(&room, problem));
    for (size_t i = 0; i < problem->n_samples; i++) {
        find_outputs(problem, weights, i, &room);
        for (size_t o = 0; o < D; o++)
            outputs[i * D + o] = room.below[o];
    }
    ORACLE_TRY(oracle_look(problem->stop));
done:
    room_free(&room);
    return result;
}

/* v' M v */
static real squared(const oracle_problem *problem, const real *v, size_t n)
{
    real sum = 0;
    for (size_t o = 0; o < n; o++)
        for (size_t q = 0; q < n; q++)
            if (problem->metric)
                sum += v[o] * (real)problem->metric[o * n + q] * v[q];
            else if (o == q)
                sum += v[o] * v[o];
    return sum;
}

/* The loss, and y' Mn y. */
static oracle_status find_loss(const oracle_problem *problem, const double *weights, loss_room *room,
                         real *loss, real *level)
{
    size_t n = problem->widths[problem->n_layers];
    real *y = room->residual + n;
    *loss = *level = 0;
    for (size_t i = 0; i < problem->n_samples; i++) {
        real s = problem->sample_weights ? problem->sample_weights[i] : 1;
        find_outputs(problem, weights, i, room);
        for (size_t o = 0; o < n; o++) {
            y[o] = problem->targets[i * n + o];
            room->residual[o] = room->below[o] - y[o];
        }
        *loss += s * squared(problem, room->residual, n);
        *level += s * squared(problem, y, n);
    }
    *loss /= 2 * (real)problem->n_samples;
    *level /= (real)problem->n_samples;
    return oracle_look(problem->stop);
}

static real larger(real a, real b)
{
    return a > b ? a : b;
}

/* One loss, or the difference of two, with what the errors of the outputs may make of it. */
static oracle_status find_losses(const oracle_problem *problem, const oracle_request *request,
                           oracle_finding *finding)
{
    loss_room room;
    oracle_values values;
    real loss, level, below = 0;
    double rounding = 0;
    size_t n_losses = request->kind == CRITPT_CONDITION_LOSS_DIFFERENCE ? 2 : 1;
    oracle_status result;
    ORACLE_TRY(room_create(&room, problem));
    ORACLE_TRY(find_loss(problem, request->weights[0], &room, &loss, &level));
    if (request->kind == CRITPT_CONDITION_LOSS_DIFFERENCE)
        ORACLE_TRY(find_loss(problem, request->weights[1], &room, &below, &level));
    finding->termless = false;
    finding->requested = request->value;
    finding->achieved = (double)(loss - below);
    finding->residual = (double)REAL(fabs)(loss - below - request->value);
    for (size_t k = 0; k < n_losses; k++) {
        ORACLE_TRY(oracle_evaluate(problem, request->weights[k], &values));
        rounding += values.loss_rounding;
    }
    finding->size = (double)larger(level, larger(loss, below)) + rounding;
done:
    room_free(&room);
    return result;
}

/* A + s (B - A) + t (C - A) of a node, in double precision as everybody computes it. */
static void find_node(const oracle_request *request, size_t n_weights, size_t node, double *weights)
{
    const double *a = request->weights[0], *b = request->weights[1], *c = request->weights[2];
    double s = (double)(node % request->n_columns) / (double)(request->n_columns - 1);
    double t = (double)(node / request->n_columns) / (double)(request->n_rows - 1);
    for (size_t j = 0; j < n_weights; j++)
        weights[j] = a[j] + s * (b[j] - a[j]) + t * (c[j] - a[j]);
}

/* Node by node, all but a constant. */
static oracle_status find_picture(const oracle_problem *problem, const oracle_request *request,
                            oracle_finding *finding)
{
    size_t n = request->n_rows * request->n_columns, P = oracle_n_weights(problem);
    const double *asked = request->array;
    real loss, level, first = 0, low = 0, high = 0, worst = 0, largest = 0;
    double least = asked[0], most = asked[0];
    loss_room room;
    oracle_status result;
    ORACLE_TRY(room_create(&room, problem));
    for (size_t i = 0; i < n; i++) {
        find_node(request, P, i, room.weights);
        ORACLE_TRY(find_loss(problem, room.weights, &room, &loss, &level));
        first = i ? first : loss;
        low = i && low < loss ? low : loss;
        high = i && high > loss ? high : loss;
        worst = larger(worst, REAL(fabs)(loss - first - ((real)asked[i] - asked[0])));
        largest = larger(level, larger(loss, largest));
        least = fmin(least, asked[i]);
        most = fmax(most, asked[i]);
    }
    *finding =
        (oracle_finding){most - least, (double)(high - low), (double)worst, (double)largest, false};
done:
    room_free(&room);
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
    size_t P = oracle_n_weights(problem);
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

/* v' H u; an entry has unit vectors. */
static oracle_status find_curvature(const oracle_problem *problem, const oracle_request *request,
                              oracle_finding *finding)
{
    size_t P = oracle_n_weights(problem);
    bool entry = request->kind == CRITPT_CONDITION_HESSIAN_ENTRY;
    real *u = NULL, *product, *sizes, sum = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&u, 3 * P, sizeof *u));
    product = u + P;
    sizes = product + P;
    for (size_t j = 0; j < P; j++)
        u[j] = entry ? j == (size_t)request->array[1] : (real)request->array[P + j];
    ORACLE_TRY(oracle_products(problem, request->weights[0], ORACLE_HESSIAN, 1, u, product, sizes, NULL));
    for (size_t j = 0; j < P; j++) {
        real v = entry ? j == (size_t)request->array[0] : (real)request->array[j];
        sum += v * product[j];
        size += REAL(fabs)(v) * sizes[j];
    }
    *finding =
        (oracle_finding){request->value, (double)sum, (double)REAL(fabs)(sum - request->value),
                        (double)size, is_zero(size) && !is_zero(request->value)};
done:
    free(u);
    return result;
}

/* H v - lambda v, and the quotient v'Hv / v'v. */
static oracle_status find_eigenpair(const oracle_problem *problem, const oracle_request *request,
                              oracle_finding *finding)
{
    size_t P = oracle_n_weights(problem);
    real *v = NULL, *product, *sizes, form = 0, square = 0, worst = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 3 * P, sizeof *v));
    product = v + P;
    sizes = product + P;
    for (size_t j = 0; j < P; j++)
        v[j] = request->array[j];
    ORACLE_TRY(oracle_products(problem, request->weights[0], ORACLE_HESSIAN, 1, v, product, sizes, NULL));
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
    size_t P = oracle_n_weights(problem);
    real *units = NULL, *products, *sizes, worst = 0, size = 0;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&units, 3 * BLOCK * P, sizeof *units));
    products = units + BLOCK * P;
    sizes = products + BLOCK * P;
    for (size_t first = 0; first < P; first += BLOCK) {
        size_t n = P - first < BLOCK ? P - first : BLOCK;
        for (size_t i = 0; i < n * P; i++)
            units[i] = i % P == first + i / P;
        ORACLE_TRY(oracle_products(problem, request->weights[0], ORACLE_RESIDUAL, n, units, products, sizes,
                           NULL));
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

oracle_status oracle_find(const oracle_problem *problem, const oracle_request *request,
                   oracle_finding *finding)
{
    switch (request->kind) {
    case CRITPT_CONDITION_GRADIENT:
        return find_gradient(problem, request, finding);
    case CRITPT_CONDITION_HESSIAN_ENTRY:
    case CRITPT_CONDITION_CURVATURE:
        return find_curvature(problem, request, finding);
    case CRITPT_CONDITION_EIGENPAIR:
        return find_eigenpair(problem, request, finding);
    case CRITPT_CONDITION_GAUSS_NEWTON:
        return find_gauss_newton(problem, request, finding);
    case CRITPT_CONDITION_PICTURE:
        return find_picture(problem, request, finding);
    case CRITPT_CONDITION_LOSS:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
    case CRITPT_CONDITION_NATURE: /* rechecked with the point's spectrum */
        break;
    }
    return find_losses(problem, request, finding);
}

oracle_status oracle_find_sensitivity(const oracle_problem *problem, const oracle_request *request,
                               const oracle_finding *finding, double *achieved, double *residual)
{
    size_t P = oracle_n_weights(problem), n = 0;
    double *moved = NULL;
    oracle_request nudged = *request;
    oracle_finding found;
    uint64_t state = 0x9e3779b97f4a7c15u;
    oracle_status result;
    *achieved = *residual = 0;
    ORACLE_TRY(oracle_allocate(&moved, 3 * P, sizeof *moved));
    for (int draw = 0; draw < 2; draw++) {
        for (n = 0; n < 3 && request->weights[n]; n++) {
            for (size_t j = 0; j < P; j++) { /* xorshift64 */
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                moved[n * P + j] =
                    nextafter(request->weights[n][j], state >> 63 ? INFINITY : -INFINITY);
            }
            nudged.weights[n] = moved + n * P;
        }
        ORACLE_TRY(oracle_find(problem, &nudged, &found));
        *achieved = fmax(*achieved, fabs(found.achieved - finding->achieved));
        *residual = fmax(*residual, fabs(found.residual - finding->residual));
    }
done:
    free(moved);
    return result;
}

void oracle_find_cost(const oracle_problem *problem, const oracle_request *request, double *losses,
                     double *products)
{
    *losses = *products = 0;
    switch (request->kind) {
    case CRITPT_CONDITION_GAUSS_NEWTON:
        *products = (double)oracle_n_weights(problem);
        break;
    case CRITPT_CONDITION_HESSIAN_ENTRY:
    case CRITPT_CONDITION_CURVATURE:
    case CRITPT_CONDITION_EIGENPAIR:
        *products = 1;
        break;
    case CRITPT_CONDITION_GRADIENT: /* with its rounding unit */
        *losses = 8;
        break;
    case CRITPT_CONDITION_PICTURE:
        *losses = (double)request->n_rows * (double)request->n_columns;
        break;
    case CRITPT_CONDITION_LOSS:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
        *losses = 2;
        break;
    case CRITPT_CONDITION_NATURE:
        break;
    }
}
