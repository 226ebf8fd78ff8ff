/* Symmetries of a network at a weight vector, found by looking at all its units on all samples, and
 * believed when a finite move along them changes no output.
 *
 * Weights that have no effect by themselves are marked one by one; other directions are vectors. */
#include "oracle/null.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/activation.h"
#include "oracle/eigen.h"
#include "oracle/fibre.h"
#include "oracle/network.h"
#include "oracle/numerical.h"
#include "oracle/products.h"
#include "oracle/span.h"

typedef struct survey {
    const oracle_problem *problem;
    size_t P, n_units, D;
    size_t *offset, *first; /* of each layer's units (the inputs are layer 0), and weights */
    real *w;                /* P */
    /* the largest |a|, |act'(z)| and |derivative of an output by z| of every unit */
    real *output, *steepest, *influence;
    size_t *twin;          /* a unit before it in its layer that does the same, or itself */
    real bend;             /* the largest degree / |t| of tangents t to orbits of rescaled units */
    real flat_margin, sum; /* least |z| of flat units; largest sum of |a| and 1 over a layer */
    real *a, *slope, *z, *delta; /* of one sample */
    real output_size;            /* what roundings of an output are of: |act'| times the sum of the
                                    terms of z, and |a|; the largest */
} survey;

static void survey_free(survey *s)
{
    free(s->offset);
    free(s->first);
    free(s->w);
    free(s->output);
    free(s->twin);
    free(s->a);
}

static oracle_status survey_create(survey *s, const oracle_problem *problem, const double *weights)
{
    size_t L = layers_of(problem)->n_layers;
    oracle_status result;
    *s = (survey){
        .problem = problem, .P = problem->model.n_weights, .D = layers_of(problem)->widths[L]};
    s->flat_margin = INFINITY;
    ORACLE_TRY(oracle_allocate(&s->offset, L + 2, sizeof *s->offset));
    ORACLE_TRY(oracle_allocate(&s->first, L + 1, sizeof *s->first));
    for (size_t l = 0; l <= L; l++)
        s->offset[l + 1] = s->offset[l] + layers_of(problem)->widths[l];
    for (size_t l = 0; l < L; l++)
        s->first[l + 1] =
            s->first[l] + layers_of(problem)->widths[l + 1] *
                              (layers_of(problem)->widths[l] + (layers_of(problem)->bias[l] != 0));
    s->n_units = s->offset[L + 1];
    ORACLE_TRY(oracle_allocate(&s->w, s->P, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&s->output, 3 * s->n_units, sizeof(real)));
    ORACLE_TRY(oracle_allocate(&s->twin, s->n_units, sizeof *s->twin));
    ORACLE_TRY(oracle_allocate(&s->a, 4 * s->n_units, sizeof(real)));
    s->steepest = s->output + s->n_units;
    s->influence = s->steepest + s->n_units;
    s->slope = s->a + s->n_units;
    s->z = s->slope + s->n_units;
    s->delta = s->z + s->n_units;
    for (size_t i = 0; i < s->P; i++)
        s->w[i] = weights[i];
done:
    return result;
}

/* ---- One sample ---- */

static void forward(survey *s, const real *w, size_t sample)
{
    const oracle_problem *problem = s->problem;
    for (size_t j = 0; j < layers_of(problem)->widths[0]; j++)
        s->a[j] = problem->inputs[sample * layers_of(problem)->widths[0] + j];
    for (size_t l = 0; l < layers_of(problem)->n_layers; l++) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        const real *rows = w + s->first[l], *a = s->a + s->offset[l];
        bool last = l + 1 == layers_of(problem)->n_layers;
        for (size_t unit = 0; unit < n_out; unit++) {
            real z = layers_of(problem)->bias[l] ? rows[n_out * n_in + unit] : 0,
                 size = REAL(fabs)(z);
            for (size_t r = 0; r < n_in; r++) {
                z += rows[unit * n_in + r] * a[r];
                size += REAL(fabs)(rows[unit * n_in + r] * a[r]);
            }
            size_t at = s->offset[l + 1] + unit;
            s->z[at] = z;
            const oracle_activation *act = oracle_activation_of(layers_of(problem)->activations[l]);
            s->a[at] = act->value(z);
            s->slope[at] = act->slope(z);
            if (last)
                s->output_size = REAL(fmax)(s->output_size,
                                            REAL(fabs)(s->slope[at]) * size + REAL(fabs)(s->a[at]));
        }
    }
}

/* How much outputs depend on units, by the derivatives of each output. */
static void see_influence(survey *s)
{
    const oracle_problem *problem = s->problem;
    size_t L = layers_of(problem)->n_layers, last = s->offset[L];
    for (size_t o = 0; o < s->D; o++) {
        for (size_t q = 0; q < s->D; q++)
            s->delta[last + q] = q == o ? s->slope[last + q] : 0;
        for (size_t l = L; l-- > 1;) {
            size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
            for (size_t r = 0; r < n_in; r++) {
                real sum = 0;
                for (size_t unit = 0; unit < n_out; unit++)
                    sum += s->w[s->first[l] + unit * n_in + r] * s->delta[s->offset[l + 1] + unit];
                s->delta[s->offset[l] + r] = sum * s->slope[s->offset[l] + r];
            }
        }
        for (size_t i = s->offset[1]; i < s->n_units; i++)
            s->influence[i] = REAL(fmax)(s->influence[i], REAL(fabs)(s->delta[i]));
    }
}

static bool equal(real a, real b)
{
    return a <= b && a >= b;
}

/* How large units are, and how steep. */
static void see_units(survey *s)
{
    for (size_t l = 0; l <= layers_of(s->problem)->n_layers; l++) {
        real sum = 1;
        for (size_t i = s->offset[l]; i < s->offset[l + 1]; i++) {
            sum += REAL(fabs)(s->a[i]);
            s->output[i] = REAL(fmax)(s->output[i], REAL(fabs)(s->a[i]));
            if (l)
                s->steepest[i] = REAL(fmax)(s->steepest[i], REAL(fabs)(s->slope[i]));
        }
        s->sum = REAL(fmax)(s->sum, sum);
    }
}

static oracle_status see_all(survey *s)
{
    for (size_t i = 0; i < s->problem->n_samples; i++) {
        if (oracle_check_stop(s->problem->stop) != ORACLE_OK)
            return ORACLE_STOPPED;
        forward(s, s->w, i);
        see_units(s);
        see_influence(s);
    }
    return ORACLE_OK;
}

/* Units that are off must stay off along a move: how far they are from their kink. One at 0 itself
 * says nothing; if it is not held there, the move will tell. */
static void measure_flat(survey *s)
{
    const oracle_problem *problem = s->problem;
    for (size_t i = 0; i < problem->n_samples; i++) {
        forward(s, s->w, i);
        for (size_t l = 0; l < layers_of(problem)->n_layers; l++)
            for (size_t u = s->offset[l + 1]; u < s->offset[l + 2]; u++)
                if (layers_of(problem)->activations[l] == CRITPT_RELU && !(s->steepest[u] > 0) &&
                    s->z[u] < 0)
                    s->flat_margin = REAL(fmin)(s->flat_margin, -s->z[u]);
    }
}

/* Each hidden unit's first twin: candidates agree at the first sample, and then at all. */
static oracle_status find_twins(survey *s)
{
    const oracle_problem *problem = s->problem;
    for (size_t i = 0; i < s->n_units; i++)
        s->twin[i] = i;
    for (size_t l = 1; l < layers_of(problem)->n_layers; l++)
        for (size_t u = s->offset[l]; u < s->offset[l + 1]; u++)
            for (size_t t = s->offset[l]; t < u && s->twin[u] == u; t++) {
                bool same = s->twin[t] == t && s->output[u] > 0;
                for (size_t i = 0; same && i < problem->n_samples; i++) {
                    forward(s, s->w, i);
                    same = equal(s->a[u], s->a[t]);
                }
                s->twin[u] = same ? t : u;
                if (oracle_check_stop(s->problem->stop) != ORACLE_OK)
                    return ORACLE_STOPPED;
            }
    return ORACLE_OK;
}

/* ---- Moves ---- */

/* Whether outputs at moved weights are those at w, on all samples, to rounding. */
static oracle_status unchanged(survey *s, const real *moved, bool *same)
{
    size_t last = s->offset[layers_of(s->problem)->n_layers];
    real *f = NULL;
    oracle_status result;
    *same = true;
    ORACLE_TRY(oracle_allocate(&f, s->D, sizeof *f));
    for (size_t i = 0; *same && i < s->problem->n_samples; i++) {
        s->output_size = 0;
        forward(s, s->w, i);
        for (size_t o = 0; o < s->D; o++)
            f[o] = s->a[last + o];
        forward(s, moved, i);
        for (size_t o = 0; o < s->D; o++)
            *same = *same && REAL(fabs)(s->a[last + o] - f[o]) <= s->output_size * ldexp(1, -50);
    }
    ORACLE_TRY(oracle_check_stop(s->problem->stop));
done:
    free(f);
    return result;
}

/* w + size v, at both sizes. */
static oracle_status survives(survey *s, const real *v, real size, bool *same)
{
    real *moved = NULL;
    oracle_status result;
    *same = true;
    ORACLE_TRY(oracle_allocate(&moved, s->P, sizeof *moved));
    for (int k = 0; *same && k < 2; k++) {
        for (size_t i = 0; i < s->P; i++)
            moved[i] = s->w[i] + (k ? -size / 4 : size) * v[i];
        ORACLE_TRY(unchanged(s, moved, same));
    }
done:
    free(moved);
    return result;
}

/* ---- Kinds of directions ---- */

/* Weights from inputs that are always 0, and all that come into units which never answer or which
 * nothing depends on: 0 being what is not above `least`. */
static void choose_weights(const survey *s, real least, bool *marked)
{
    const oracle_problem *problem = s->problem;
    for (size_t l = 0; l < layers_of(problem)->n_layers; l++) {
        size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
        for (size_t unit = 0; unit < n_out; unit++) {
            size_t at = s->offset[l + 1] + unit;
            bool all = s->steepest[at] <= least || s->influence[at] <= least;
            for (size_t r = 0; r < n_in; r++)
                marked[s->first[l] + unit * n_in + r] = all || s->output[s->offset[l] + r] <= least;
            if (layers_of(problem)->bias[l])
                marked[s->first[l] + n_out * n_in + unit] = all;
        }
    }
}

/* w + size v at the largest of a few sizes where that survives: a unit is saturated within some
 * distance only. */
static oracle_status survives_some(survey *s, const real *v, real size, bool *same)
{
    oracle_status result = ORACLE_OK;
    *same = false;
    for (int k = 0; result == ORACLE_OK && k < 3 && !*same; k++)
        result = survives(s, v, size * ldexp(1, -5 * k), same);
    return result;
}

/* Units may be saturated to rounding only; where outputs move then, those that are so exactly are
 * left. */
static oracle_status mark_weights(survey *s, oracle_span *found)
{
    real *v = NULL, room = s->flat_margin / (2 * s->sum);
    bool same = false;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, s->P, sizeof *v));
    for (int exactly = 0; exactly < 2 && !same; exactly++) {
        choose_weights(s, exactly ? 0 : NUMBER(1e-20), found->marked);
        for (size_t i = 0; i < s->P; i++)
            v[i] = found->marked[i] ? (i % 3 ? 1 : -1) : 0;
        ORACLE_TRY(survives_some(s, v, room < 1 ? room : 1, &same));
    }
    for (size_t i = 0; !same && i < s->P; i++)
        found->marked[i] = false;
done:
    free(v);
    return result;
}

/* What goes out of a unit can go out of its twin. */
static oracle_status add_twins(survey *s, oracle_span *found)
{
    const oracle_problem *problem = s->problem;
    real *v = NULL;
    bool same;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, s->P, sizeof *v));
    for (size_t l = 1; l < layers_of(problem)->n_layers; l++)
        for (size_t u = 0; u < layers_of(problem)->widths[l]; u++) {
            size_t twin = s->twin[s->offset[l] + u] - s->offset[l];
            for (size_t q = 0; twin != u && q < layers_of(problem)->widths[l + 1]; q++) {
                size_t row = s->first[l] + q * layers_of(problem)->widths[l];
                v[row + u] = 1;
                v[row + twin] = -1;
                ORACLE_TRY(survives(s, v, 1, &same));
                if (same)
                    ORACLE_TRY(oracle_span_add(found, v));
                v[row + u] = v[row + twin] = 0;
            }
        }
done:
    free(v);
    return result;
}

/* Weights with what comes into unit u of layer l (its outputs) times in, what goes out times out.
 */
static void rescale(const survey *s, size_t l, size_t u, real in, real out, real *w)
{
    const oracle_problem *problem = s->problem;
    size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
    for (size_t r = 0; r < n_in; r++)
        w[s->first[l] + u * n_in + r] *= in;
    if (layers_of(problem)->bias[l])
        w[s->first[l] + n_out * n_in + u] *= in;
    for (size_t q = 0; q < layers_of(problem)->widths[l + 2]; q++)
        w[s->first[l + 1] + q * n_out + u] *= out;
}

/* The orbit is a curve; its tangent is t = (what comes in, - degree times what goes out), and as
 * gradients g are scaled along it, H t = (- what of g comes in, degree times what goes out), so
 * that |H t| <= bend |g| |t|. */
static oracle_status add_rescalings(survey *s, oracle_span *found)
{
    const oracle_problem *problem = s->problem;
    real *v = NULL, *moved;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 2 * s->P, sizeof *v));
    moved = v + s->P;
    for (size_t l = 0; l + 1 < layers_of(problem)->n_layers; l++)
        for (size_t u = 0; u < layers_of(problem)->widths[l + 1]; u++) {
            int degree = oracle_activation_of(layers_of(problem)->activations[l])->degree;
            bool same = degree > 0;
            for (int k = 0; same && k < 2; k++) {
                real factor = k ? NUMBER(0.5) : 4;
                for (size_t i = 0; i < s->P; i++)
                    moved[i] = s->w[i];
                rescale(s, l, u, factor, 1 / (degree == 2 ? factor * factor : factor), moved);
                ORACLE_TRY(unchanged(s, moved, &same));
            }
            if (!same)
                continue;
            for (size_t i = 0; i < s->P; i++)
                moved[i] = v[i] = s->w[i];
            rescale(s, l, u, 2, 1 - degree, v);
            real square = 0;
            for (size_t i = 0; i < s->P; i++) {
                v[i] -= moved[i];
                square += v[i] * v[i];
            }
            s->bend = REAL(fmax)(s->bend, degree / REAL(sqrt)(square));
            ORACLE_TRY(oracle_span_add(found, v));
        }
done:
    free(v);
    return result;
}

/* Units of a linear hidden layer can be mixed: unit u takes a share of what comes into unit t, and
 * what goes out of t gives it back. The move is straight. */
static oracle_status add_mixtures(survey *s, size_t l, oracle_span *found)
{
    const oracle_problem *problem = s->problem;
    size_t n_in = layers_of(problem)->widths[l], n_out = layers_of(problem)->widths[l + 1];
    const real *below = s->w + s->first[l], *above = s->w + s->first[l + 1];
    real *v = NULL, *in, *out;
    bool same;
    oracle_status result = ORACLE_OK;
    if (layers_of(problem)->activations[l] != CRITPT_IDENTITY)
        return ORACLE_OK;
    ORACLE_TRY(oracle_allocate(&v, s->P, sizeof *v));
    in = v + s->first[l];
    out = v + s->first[l + 1];
    for (size_t pair = 0; pair < n_out * n_out; pair++) {
        size_t u = pair / n_out, t = pair % n_out;
        for (size_t i = 0; i < s->P; i++)
            v[i] = 0;
        for (size_t r = 0; r < n_in; r++)
            in[u * n_in + r] = below[t * n_in + r];
        if (layers_of(problem)->bias[l])
            in[n_out * n_in + u] = below[n_out * n_in + t];
        for (size_t q = 0; q < layers_of(problem)->widths[l + 2]; q++)
            out[q * n_out + t] = -above[q * n_out + u];
        ORACLE_TRY(survives(s, v, 1, &same));
        if (u != t && same)
            ORACLE_TRY(oracle_span_add(found, v));
    }
done:
    free(v);
    return result;
}

/* Gram matrix of (a, 1) over the samples, n x n. */
static void add_gram(survey *s, size_t l, size_t n, real *gram)
{
    const real *a = s->a + s->offset[l];
    size_t n_in = layers_of(s->problem)->widths[l];
    for (size_t i = 0; i < s->problem->n_samples; i++) {
        forward(s, s->w, i);
        for (size_t p = 0; p < n; p++)
            for (size_t q = 0; q < n; q++)
                gram[p * n + q] += (p < n_in ? a[p] : 1) * (q < n_in ? a[q] : 1);
    }
}

/* Combinations of a layer's inputs, its bias included, that vanish on all samples. */
static oracle_status add_dependences(survey *s, size_t l, oracle_span *found)
{
    size_t n_in = layers_of(s->problem)->widths[l], n_out = layers_of(s->problem)->widths[l + 1];
    size_t n = n_in + (layers_of(s->problem)->bias[l] != 0);
    real *gram = NULL, *values, *vectors, *v;
    bool same;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&gram, 2 * n * n + n + s->P, sizeof *gram));
    vectors = gram + n * n;
    values = vectors + n * n;
    v = values + n;
    add_gram(s, l, n, gram);
    ORACLE_TRY(oracle_eigen(n, gram, values, vectors, s->problem->n_threads, s->problem->stop));
    for (size_t k = 0; k < n && values[k] <= values[n - 1] * ldexp(1, -50); k++)
        for (size_t unit = 0; unit < n_out; unit++) {
            for (size_t r = 0; r < n; r++)
                v[s->first[l] + (r < n_in ? unit * n_in + r : n_out * n_in + unit)] =
                    vectors[k * n + r];
            ORACLE_TRY(survives(s, v, 1, &same));
            if (same)
                ORACLE_TRY(oracle_span_add(found, v));
            for (size_t i = 0; i < s->P; i++)
                v[i] = 0;
        }
done:
    free(gram);
    return result;
}

static oracle_status find_directions(const oracle_problem *problem, const double *weights,
                                     bool dependent, oracle_span *found)
{
    survey s = {0};
    oracle_status result;
    *found = (oracle_span){.P = problem->model.n_weights};
    ORACLE_TRY(oracle_allocate(&found->marked, found->P, sizeof(bool)));
    ORACLE_TRY(survey_create(&s, problem, weights));
    ORACLE_TRY(see_all(&s));
    measure_flat(&s);
    ORACLE_TRY(find_twins(&s));
    ORACLE_TRY(mark_weights(&s, found));
    ORACLE_TRY(add_twins(&s, found));
    ORACLE_TRY(add_rescalings(&s, found));
    for (size_t l = 0; dependent && l < layers_of(problem)->n_layers; l++)
        ORACLE_TRY(add_dependences(&s, l, found));
    for (size_t l = 0; dependent && l + 1 < layers_of(problem)->n_layers; l++)
        ORACLE_TRY(add_mixtures(&s, l, found));
    oracle_span_orthonormalize(found);
done:
    survey_free(&s);
    return result;
}

/* Follows v / length, where the fibre is created once it is needed. */
static oracle_status follow(oracle_fibre **fibre, const oracle_problem *problem,
                            const double *weights, real length, real *v, bool *yes)
{
    size_t P = problem->model.n_weights;
    oracle_status result = ORACLE_OK;
    if (!*fibre)
        result = oracle_fibre_create(fibre, problem, weights);
    for (size_t i = 0; i < P; i++)
        v[i] /= length;
    return result == ORACLE_OK ? oracle_fibre_follow(*fibre, v, yes) : result;
}

/* v = a combination of the vectors */
static void combine(size_t count, size_t P, const real *vectors, real *v)
{
    for (size_t i = 0; i < P; i++)
        v[i] = 0;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < P; i++)
            v[i] += (k % 3 ? 1 : -1) * vectors[k * P + i];
}

/* Curves may cross, as the axes do at 0 of w1 w2 w3, where what lies between them is no curve: so a
 * combination of all is followed too. */
oracle_status oracle_explain(const oracle_problem *problem, const double *weights, bool any,
                             size_t count, const real *vectors, double error, bool *explained)
{
    oracle_span found;
    oracle_fibre *fibre = NULL;
    real *v = NULL;
    oracle_status result;
    *explained = !oracle_is_numerical(&problem->model); /* nothing is known of its structure */
    if (!*explained)
        return ORACLE_OK;
    ORACLE_TRY(find_directions(problem, weights, any, &found));
    ORACLE_TRY(oracle_allocate(&v, found.P, sizeof *v));
    for (size_t k = 0; k < count && *explained; k++) {
        for (size_t i = 0; i < found.P; i++)
            v[i] = vectors[k * found.P + i];
        real length = oracle_span_reduce(&found, found.n, v);
        *explained = length <= error;
        if (any && !*explained)
            ORACLE_TRY(follow(&fibre, problem, weights, length, v, explained));
    }
    if (any && *explained && count) {
        combine(count, found.P, vectors, v);
        ORACLE_TRY(follow(&fibre, problem, weights, REAL(sqrt)((real)count), v, explained));
    }
done:
    oracle_span_free(&found);
    oracle_fibre_free(fibre);
    free(v);
    return result;
}

oracle_status oracle_turn(const oracle_problem *problem, const double *weights, double gap,
                          double *turn)
{
    /* Chosen: beside which J and S are still seen to vanish. */
    static const double most = 1e-6;
    size_t P = problem->model.n_weights;
    survey s = {0};
    oracle_span found = {.P = P};
    real *gradient = NULL, square = 0;
    oracle_status result = ORACLE_OK;
    *turn = 0;
    if (oracle_is_numerical(&problem->model))
        return ORACLE_OK;
    ORACLE_TRY(survey_create(&s, problem, weights));
    ORACLE_TRY(add_rescalings(&s, &found)); /* all others are straight */
    ORACLE_TRY(oracle_allocate(&gradient, P, sizeof *gradient));
    ORACLE_TRY(oracle_gradient(problem, weights, gradient));
    for (size_t i = 0; i < P; i++)
        square += gradient[i] * gradient[i];
    if (s.bend > 0)
        *turn = fmin((double)(s.bend * REAL(sqrt)(square)) / gap, most);
done:
    survey_free(&s);
    oracle_span_free(&found);
    free(gradient);
    return result;
}

oracle_status oracle_find_idle(const oracle_problem *problem, const double *weights, bool *idle)
{
    survey s = {0};
    oracle_span found = {.P = problem->model.n_weights, .marked = idle};
    oracle_status result;
    for (size_t i = 0; i < found.P; i++)
        idle[i] = false;
    if (oracle_is_numerical(&problem->model))
        return ORACLE_OK;
    ORACLE_TRY(survey_create(&s, problem, weights));
    ORACLE_TRY(see_all(&s));
    measure_flat(&s);
    ORACLE_TRY(mark_weights(&s, &found));
done:
    survey_free(&s);
    return result;
}

oracle_status oracle_n_null(const oracle_problem *problem, const double *weights, size_t *n)
{
    oracle_span found;
    *n = 0;
    if (oracle_is_numerical(&problem->model))
        return ORACLE_OK;
    oracle_status result = find_directions(problem, weights, true, &found);
    *n = found.n;
    for (size_t i = 0; result == ORACLE_OK && i < found.P; i++)
        *n += found.marked[i];
    oracle_span_free(&found);
    return result;
}
