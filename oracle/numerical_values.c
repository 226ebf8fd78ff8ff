/* Loss, gradient and their rounding unit of a model known by its outputs alone. The rounding of its
 * outputs is not known: that of the weights, |J| |w|, and of the result stands in, as it does in
 * MATH 9 for a model of callbacks. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "oracle/numerical.h"
#include "oracle/penalty.h"

/* Sums over the samples without 1/N; four vectors of P. */
typedef struct sums {
    real *gradient, *target_gradient, *absolute, *errors;
    real loss, loss_rounding, level, jacobian_squared, residual_squared;
} sums;

/* One sample: its numbers, of D each. */
typedef struct sample {
    size_t D, P;
    const real *outputs, *jacobian, *errors;
    real *state, *residual, *target, *phi, *weighted;
} sample;

/* out = s M in, or |M|. */
static void apply_metric(const oracle_problem *problem, size_t i, bool absolute, const real *in,
                         real *out)
{
    size_t D = problem->model.n_outputs;
    real weight = problem->sample_weights ? problem->sample_weights[i] : 1;
    for (size_t o = 0; o < D; o++) {
        out[o] = 0;
        for (size_t q = 0; q < D; q++) {
            real m = problem->metric ? (real)problem->metric[o * D + q] : o == q;
            out[o] += weight * (absolute ? REAL(fabs)(m) * REAL(fabs)(in[q]) : m * in[q]);
        }
    }
}

/* to += J'u; with absolute values, or of errors, if they are asked for. */
static void add_pullback(const sample *s, const real *entries, bool absolute, const real *u,
                         real *to)
{
    for (size_t o = 0; o < s->D; o++)
        for (size_t a = 0; a < s->P; a++) {
            real entry = entries[o * s->P + a];
            to[a] += absolute ? REAL(fabs)(entry) * REAL(fabs)(u[o]) : entry * u[o];
        }
}

static real dot(const real *a, const real *b, size_t n)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* What the unit is made of. */
static void add_rounding(const oracle_problem *problem, size_t i, const real *w, sample *s, sums *t)
{
    apply_metric(problem, i, false, s->residual, s->weighted);
    for (size_t o = 0; o < s->D; o++) {
        s->phi[o] = REAL(fabs)(s->outputs[o]);
        for (size_t a = 0; a < s->P; a++)
            s->phi[o] += REAL(fabs)(s->jacobian[o * s->P + a] * w[a]);
        t->loss_rounding += REAL(fabs)(s->weighted[o]) * s->phi[o];
    }
    add_pullback(s, s->errors, true, s->weighted, t->errors);
    apply_metric(problem, i, true, s->residual, s->weighted);
    t->residual_squared += dot(s->weighted, s->weighted, s->D);
    for (size_t o = 0; o < s->D; o++)
        t->loss_rounding += REAL(fabs)(s->residual[o]) * s->weighted[o] / 2;
    t->jacobian_squared += dot(s->jacobian, s->jacobian, s->D * s->P);
    apply_metric(problem, i, false, s->target, s->weighted);
    t->level += dot(s->target, s->weighted, s->D);
    add_pullback(s, s->jacobian, false, s->weighted, t->target_gradient);
    apply_metric(problem, i, true, s->phi, s->weighted);
    add_pullback(s, s->jacobian, true, s->weighted, t->absolute);
}

static void add_sample(const oracle_problem *problem, size_t i, const real *w, sample *s, sums *t)
{
    const oracle_model *model = &problem->model;
    oracle_numerical_jacobian(model->data, w, problem->inputs + i * model->n_inputs, s->state,
                              &s->outputs, &s->jacobian, &s->errors);
    for (size_t o = 0; o < s->D; o++) {
        s->target[o] = problem->targets[i * s->D + o];
        s->residual[o] = s->outputs[o] - s->target[o];
    }
    apply_metric(problem, i, false, s->residual, s->weighted);
    t->loss += dot(s->residual, s->weighted, s->D);
    add_pullback(s, s->jacobian, false, s->weighted, t->gradient);
    add_rounding(problem, i, w, s, t);
}

static void finish(const oracle_problem *problem, const sums *t, oracle_values *values)
{
    size_t P = problem->model.n_weights;
    real n = (real)problem->n_samples, largest = 0;
    real error = REAL(sqrt)(dot(t->errors, t->errors, P));
    for (size_t a = 0; a < P; a++)
        largest = REAL(fmax)(largest, REAL(fabs)(t->gradient[a]));
    values->loss = (double)(t->loss / (2 * n));
    values->loss_rounding = (double)(t->loss_rounding / n);
    values->level = (double)(t->level / n);
    values->gradient_norm = (double)(REAL(sqrt)(dot(t->gradient, t->gradient, P)) / n);
    values->gradient_max = (double)(largest / n);
    values->gradient_error = (double)(error / n);
    values->unit = (double)((REAL(sqrt)(t->jacobian_squared * t->residual_squared) +
                             REAL(sqrt)(dot(t->target_gradient, t->target_gradient, P)) +
                             REAL(sqrt)(dot(t->absolute, t->absolute, P))) /
                            n);
    values->kink_margin = NAN;
    values->kink_rounding = 0;
}

static oracle_status sum_samples(const oracle_problem *problem, const double *weights,
                                 oracle_values *values)
{
    size_t D = problem->model.n_outputs, P = problem->model.n_weights;
    sample s = {.D = D, .P = P};
    sums t = {0};
    real *memory = NULL, *w;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(
        &memory, problem->model.functions->state_size(problem->model.data) + 4 * D + 5 * P,
        sizeof *memory));
    t.gradient = memory;
    t.target_gradient = memory + P;
    t.absolute = memory + 2 * P;
    t.errors = memory + 3 * P;
    w = memory + 4 * P;
    s.residual = w + P;
    s.target = s.residual + D;
    s.phi = s.target + D;
    s.weighted = s.phi + D;
    s.state = s.weighted + D;
    for (size_t a = 0; a < P; a++)
        w[a] = weights[a];
    for (size_t i = 0; i < problem->n_samples; i++) {
        ORACLE_TRY(oracle_check_stop(problem->stop));
        add_sample(problem, i, w, &s, &t);
    }
    real n = (real)problem->n_samples; /* the sums are still to be divided by it */
    oracle_penalty_add_gradient(problem, weights, false, n, t.gradient, t.absolute);
    t.loss += 2 * n * oracle_penalty(problem, weights);
    finish(problem, &t, values);
done:
    free(memory);
    return result;
}

/* Copies numbers as float32 has them; whether it has finite ones for all. */
static bool round_all(const double *from, size_t n, double *to)
{
    bool fit = true;
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
        fit = fit && isfinite(to[i]);
    }
    return fit;
}

static oracle_status find_float32(const oracle_problem *problem, const double *weights,
                                  double *norm)
{
    size_t n = problem->n_samples, P = problem->model.n_weights;
    size_t n_inputs = n * problem->model.n_inputs, n_targets = n * problem->model.n_outputs;
    oracle_problem rounded = *problem;
    oracle_values values;
    double *memory = NULL, *targets, *w;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&memory, n_inputs + n_targets + P, sizeof *memory));
    targets = memory + n_inputs;
    w = targets + n_targets;
    bool fit = round_all(problem->inputs, n_inputs, memory);
    fit = round_all(problem->targets, n_targets, targets) && fit;
    fit = round_all(weights, P, w) && fit;
    rounded.inputs = memory;
    rounded.targets = targets;
    *norm = INFINITY;
    if (!fit)
        goto done;
    ORACLE_TRY(sum_samples(&rounded, w, &values));
    *norm = isfinite(values.gradient_norm) ? values.gradient_norm : INFINITY;
done:
    free(memory);
    return result;
}

oracle_status oracle_numerical_evaluate(const oracle_problem *problem, const double *weights,
                                        oracle_values *values)
{
    oracle_status result;
    ORACLE_TRY(sum_samples(problem, weights, values));
    ORACLE_TRY(find_float32(problem, weights, &values->gradient_norm_float32));
done:
    return result;
}
