/* Directions along which outputs need not change, whatever makes it so.
 *
 * If v is tangent to a curve with f = const, then from w + h v a correction of order h^2 leads back
 * to those outputs. Where v is null to some order only, as it is for w^3 at 0, it takes one as long
 * as the move itself; so outputs that return tell a curve if the correction is short. It is found
 * by Gauss-Newton steps with the pseudo-inverse of J'J at w. */
#include "oracle/fibre.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/activation.h"
#include "oracle/eigen.h"
#include "oracle/network.h"
#include "oracle/products.h"

enum { ROUNDS = 80, FIRST_SIZE = 5, LAST_SIZE = 16 };

struct oracle_fibre {
    oracle_problem problem; /* without metric and sample weights: all outputs count alike */
    size_t P, n_units, D;
    size_t *offset, *first;      /* of each layer's units (the inputs are layer 0), and weights */
    real *w, *inverse;           /* P, and P x P: the pseudo-inverse of J'J / N */
    real *outputs, *sizes;       /* N x D, and N: of the terms of a sample's outputs */
    signed char *sides;          /* N x units: of its kink that a unit is on; 0: it has none */
    real *a, *z, *slope, *delta; /* of one sample */
    real *moved, *gradient;      /* P each */
};

/* How weights differ from those of the start. */
typedef struct difference {
    real outputs; /* the largest of an output, relative to the size of its terms */
    bool crossed; /* whether a unit is on another side of its kink */
} difference;

void oracle_fibre_free(oracle_fibre *fibre)
{
    if (!fibre)
        return;
    free(fibre->offset);
    free(fibre->first);
    free(fibre->w);
    free(fibre->inverse);
    free(fibre->outputs);
    free(fibre->sides);
    free(fibre->a);
    free(fibre);
}

static oracle_status fibre_allocate(oracle_fibre *s, const oracle_problem *problem)
{
    size_t L = layers_of(problem)->n_layers, N = problem->n_samples;
    oracle_status result;
    s->problem = *problem;
    s->problem.metric = s->problem.sample_weights = NULL;
    s->P = problem->model.n_weights;
    s->D = layers_of(problem)->widths[L];
    ORACLE_TRY(oracle_allocate(&s->offset, L + 2, sizeof *s->offset));
    ORACLE_TRY(oracle_allocate(&s->first, L + 1, sizeof *s->first));
    for (size_t l = 0; l <= L; l++)
        s->offset[l + 1] = s->offset[l] + layers_of(problem)->widths[l];
    for (size_t l = 0; l < L; l++)
        s->first[l + 1] =
            s->first[l] + layers_of(problem)->widths[l + 1] *
                              (layers_of(problem)->widths[l] + (layers_of(problem)->bias[l] != 0));
    s->n_units = s->offset[L + 1];
    ORACLE_TRY(oracle_allocate(&s->w, 3 * s->P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&s->inverse, s->P * s->P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&s->outputs, N * (s->D + 1), sizeof(real)));
    ORACLE_TRY(oracle_allocate(&s->sides, N * s->n_units, sizeof *s->sides));
    ORACLE_TRY(oracle_allocate(&s->a, 4 * s->n_units, sizeof(real)));
    s->moved = s->w + s->P;
    s->gradient = s->moved + s->P;
    s->sizes = s->outputs + N * s->D;
    s->z = s->a + s->n_units;
    s->slope = s->z + s->n_units;
    s->delta = s->slope + s->n_units;
done:
    return result;
}

/* ---- One sample ---- */

/* Returns the largest sum of the terms of an output. */
static real forward(oracle_fibre *s, const real *w, size_t sample)
{
    const oracle_problem *problem = &s->problem;
    real size = 0;
    for (size_t j = 0; j < layers_of(problem)->widths[0]; j++)
        s->a[j] = problem->inputs[sample * layers_of(problem)->widths[0] + j];
    for (size_t l = 0; l < layers_of(problem)->n_layers; l++) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        const real *rows = w + s->first[l], *a = s->a + s->offset[l];
        for (size_t unit = 0; unit < n_out; unit++) {
            size_t at = s->offset[l + 1] + unit;
            real z = layers_of(problem)->bias[l] ? rows[n_out * n_in + unit] : 0,
                 terms = REAL(fabs)(z);
            for (size_t r = 0; r < n_in; r++) {
                z += rows[unit * n_in + r] * a[r];
                terms += REAL(fabs)(rows[unit * n_in + r] * a[r]);
            }
            s->z[at] = z;
            const oracle_activation *act = oracle_activation_of(layers_of(problem)->activations[l]);
            s->a[at] = act->value(z);
            s->slope[at] = act->slope(z);
            if (l + 1 == layers_of(problem)->n_layers)
                size = REAL(fmax)(size, terms + REAL(fabs)(s->a[at]));
        }
    }
    return size;
}

/* gradient += J' of what stands in delta at the outputs, for the sample that was evaluated last. */
static void add_pullback(oracle_fibre *s, const real *w, real *gradient)
{
    const oracle_problem *problem = &s->problem;
    for (size_t l = layers_of(problem)->n_layers; l-- > 0;) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1],
               first = s->first[l];
        real *below = s->delta + s->offset[l];
        for (size_t r = 0; r < n_in; r++)
            below[r] = 0;
        for (size_t unit = 0; unit < n_out; unit++) {
            size_t at = s->offset[l + 1] + unit, row = first + unit * n_in;
            real bar = s->delta[at] * s->slope[at];
            for (size_t r = 0; r < n_in; r++) {
                gradient[row + r] += bar * s->a[s->offset[l] + r];
                below[r] += bar * w[row + r];
            }
            if (layers_of(problem)->bias[l])
                gradient[first + n_out * n_in + unit] += bar;
        }
    }
}

static int side_of(critpt_activation kind, real z)
{
    if (!(oracle_activation_of(kind)->jump > 0))
        return 0;
    return z > 0 ? 3 : z < 0 ? 1 : 2;
}

static bool crosses(const oracle_fibre *s, size_t sample)
{
    const signed char *sides = s->sides + sample * s->n_units;
    for (size_t l = 0; l < layers_of(&s->problem)->n_layers; l++)
        for (size_t u = s->offset[l + 1]; u < s->offset[l + 2]; u++)
            if (sides[u] != side_of(layers_of(&s->problem)->activations[l], s->z[u]))
                return true;
    return false;
}

/* ---- All samples ---- */

static oracle_status see_start(oracle_fibre *s)
{
    const oracle_problem *problem = &s->problem;
    size_t last = s->offset[layers_of(problem)->n_layers];
    for (size_t i = 0; i < problem->n_samples; i++) {
        s->sizes[i] = forward(s, s->w, i);
        for (size_t o = 0; o < s->D; o++)
            s->outputs[i * s->D + o] = s->a[last + o];
        for (size_t l = 0; l < layers_of(problem)->n_layers; l++)
            for (size_t u = s->offset[l + 1]; u < s->offset[l + 2]; u++)
                s->sides[i * s->n_units + u] =
                    (signed char)side_of(layers_of(problem)->activations[l], s->z[u]);
        if (oracle_check_stop(s->problem.stop) != ORACLE_OK)
            return ORACLE_STOPPED;
    }
    return ORACLE_OK;
}

/* The difference at `moved`, and J'(f - f(w)) / N in `gradient`. */
static oracle_status compare(oracle_fibre *s, difference *found)
{
    size_t N = s->problem.n_samples, last = s->offset[layers_of(&s->problem)->n_layers];
    *found = (difference){0};
    for (size_t j = 0; j < s->P; j++)
        s->gradient[j] = 0;
    for (size_t i = 0; i < N; i++) {
        forward(s, s->moved, i);
        found->crossed = found->crossed || crosses(s, i);
        for (size_t o = 0; o < s->D; o++) {
            real moved = s->a[last + o] - s->outputs[i * s->D + o];
            real relative = s->sizes[i] > 0 ? REAL(fabs)(moved) / s->sizes[i] : REAL(fabs)(moved);
            s->delta[last + o] = moved / (real)N;
            if (!(relative <= found->outputs)) /* one that is not finite too */
                found->outputs = relative;
        }
        add_pullback(s, s->moved, s->gradient);
        if (oracle_check_stop(s->problem.stop) != ORACLE_OK)
            return ORACLE_STOPPED;
    }
    return ORACLE_OK;
}

/* inverse += E q q' E / value, for eigenpairs of E G E that stand above rounding */
static void add_inverse(oracle_fibre *s, const real *scale, const real *values, const real *vectors)
{
    size_t P = s->P;
    real least = (real)P * 100 * (real)oracle_epsilon() * values[P - 1];
    for (size_t k = 0; k < P; k++)
        for (size_t i = 0; values[k] > least && i < P; i++)
            for (size_t j = 0; j < P; j++)
                s->inverse[i * P + j] +=
                    scale[i] * vectors[k * P + i] * vectors[k * P + j] * scale[j] / values[k];
}

/* G = J'J / N is scaled to a diagonal of ones, so that small columns of J are not lost. */
static oracle_status invert(oracle_fibre *s, const double *weights)
{
    size_t P = s->P;
    real *g = NULL, *vectors, *sizes, *scale, *values;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&g, 3 * P * P + 2 * P, sizeof *g));
    vectors = g + P * P;
    sizes = vectors + P * P;
    scale = sizes + P * P;
    values = scale + P;
    ORACLE_TRY(oracle_hessian(&s->problem, weights, ORACLE_GAUSS_NEWTON, g, sizes));
    for (size_t i = 0; i < P; i++)
        scale[i] = g[i * P + i] > 0 ? 1 / REAL(sqrt)(g[i * P + i]) : 0;
    for (size_t i = 0; i < P * P; i++)
        sizes[i] = g[i] * scale[i / P] * scale[i % P];
    ORACLE_TRY(oracle_eigen(P, sizes, values, vectors, s->problem.n_threads, s->problem.stop));
    add_inverse(s, scale, values, vectors);
done:
    free(g);
    return result;
}

oracle_status oracle_fibre_create(oracle_fibre **fibre, const oracle_problem *problem,
                                  const double *weights)
{
    oracle_status result;
    *fibre = NULL;
    ORACLE_TRY(oracle_allocate(fibre, 1, sizeof **fibre));
    ORACLE_TRY(fibre_allocate(*fibre, problem));
    for (size_t i = 0; i < (*fibre)->P; i++)
        (*fibre)->w[i] = weights[i];
    ORACLE_TRY(see_start(*fibre));
    ORACLE_TRY(invert(*fibre, weights));
done:
    return result;
}

/* ---- Moves ---- */

static void correct(oracle_fibre *s)
{
    for (size_t i = 0; i < s->P; i++) {
        real step = 0;
        for (size_t j = 0; j < s->P; j++)
            step += s->inverse[i * s->P + j] * s->gradient[j];
        s->moved[i] -= step;
    }
}

/* Whether outputs return from w + h v by a correction of at most `share` of the move. */
static oracle_status returns(oracle_fibre *s, const real *v, real h, real share, bool *yes)
{
    difference found = {0};
    real before = INFINITY, square = 0, same = ldexp(1, -54);
    for (size_t i = 0; i < s->P; i++)
        s->moved[i] = s->w[i] + h * v[i];
    for (int round = 0; round < ROUNDS; round++) {
        oracle_status result = compare(s, &found);
        if (result != ORACLE_OK)
            return result;
        if (found.crossed || !(found.outputs > same) || !(found.outputs < before))
            break;
        before = found.outputs;
        correct(s);
    }
    for (size_t i = 0; i < s->P; i++) {
        real off = s->moved[i] - s->w[i] - h * v[i];
        square += off * off;
    }
    *yes = !found.crossed && found.outputs <= same && REAL(sqrt)(square) <= share * REAL(fabs)(h);
    return ORACLE_OK;
}

/* At the largest size where it works, which kinks and the bending of the curve limit; below 2^-16
 * a cube would look like nothing. */
oracle_status oracle_fibre_follow(oracle_fibre *fibre, const real *v, bool *yes)
{
    oracle_status result = ORACLE_OK;
    *yes = false;
    for (int size = FIRST_SIZE; result == ORACLE_OK && !*yes && size <= LAST_SIZE; size++) {
        real h = ldexp(1, -size);
        result = returns(fibre, v, h, NUMBER(0.125), yes);
        if (result == ORACLE_OK && *yes)
            result = returns(fibre, v, -h / 4, NUMBER(0.0625), yes);
    }
    return result;
}
