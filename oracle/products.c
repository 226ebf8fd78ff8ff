/* Products with the Hessian and its parts, and all of it, for any model: sample by sample, the
 * directions, or the rows, shared among the cores. Every number is summed over the samples in their
 * order. */
#include "oracle/products.h"

#include <math.h>
#include <stdlib.h>

#include "oracle/parallel.h"
#include "oracle/penalty.h"

enum { BATCH = 32, HESSIAN_BATCH = 128 };

/* What is asked, and where it goes: products, sizes (n x P) and forms (n: v'Gv), the last two or
 * NULL. */
typedef struct request {
    const oracle_problem *problem;
    oracle_part part;
    const real *weights;
    size_t n, n_groups; /* directions, and groups of them, each a task */
    const real *directions;
    real *products, *sizes, *forms;
} request;

/* Numbers of one task: of a sample outputs and a cotangent, and of BATCH of them states,
 * directions, tangents and their cotangents. */
typedef struct room {
    size_t state_size;
    real *states, *direction, *outputs, *cotangent, *tangents, *dots;
} room;

static oracle_status room_create(room *r, const oracle_model *model)
{
    oracle_status result;
    size_t D = model->n_outputs, S = model->functions->state_size(model->data);
    size_t direction = model->functions->direction_size(model->data);
    *r = (room){.state_size = S};
    ORACLE_TRY(oracle_allocate(&r->states, BATCH * (S + direction + 2 * D) + 2 * D, sizeof(real)));
    r->direction = r->states + BATCH * S;
    r->tangents = r->direction + BATCH * direction;
    r->dots = r->tangents + BATCH * D;
    r->outputs = r->dots + BATCH * D;
    r->cotangent = r->outputs + D;
done:
    return result;
}

/* out = s_i M in */
static void apply_metric(const oracle_problem *problem, size_t sample, const real *in, real *out)
{
    real weight = problem->sample_weights ? problem->sample_weights[sample] : 1;
    size_t n = problem->model.n_outputs;
    for (size_t o = 0; o < n; o++) {
        real sum = problem->metric ? 0 : in[o];
        for (size_t q = 0; problem->metric && q < n; q++)
            sum += problem->metric[o * n + q] * in[q];
        out[o] = weight * sum;
    }
}

/* The outputs of a sample and the derivatives of <M r, f>, without the 1/N of Mn,
 * which are added to the gradient unless it is NULL. */
static void see_sample(const request *q, size_t sample, const room *r, real *state, real *gradient)
{
    const oracle_problem *problem = q->problem;
    const oracle_model *model = &problem->model;
    size_t D = model->n_outputs;
    model->functions->evaluate(model->data, q->weights, problem->inputs + sample * model->n_inputs,
                               state, r->outputs);
    for (size_t o = 0; o < D; o++) {
        real residual = r->outputs[o] - problem->targets[sample * D + o];
        r->outputs[o] = q->part == ORACLE_GAUSS_NEWTON ? 0 : residual;
    }
    apply_metric(problem, sample, r->outputs, r->cotangent);
    model->functions->pull(model->data, q->weights, r->cotangent, state, gradient);
}

/* What `count` samples from `start` on add to direction d. */
static void add_batch(const request *q, size_t d, size_t start, size_t count, const room *r)
{
    const oracle_model *model = &q->problem->model;
    const oracle_functions *f = model->functions;
    size_t P = model->n_weights, D = model->n_outputs;
    const real *v = q->directions + d * P;
    f->aim(model->data, v, r->direction);
    f->push(model->data, q->weights, v, count, r->states, r->direction, r->tangents);
    for (size_t i = 0; i < count; i++)
        apply_metric(q->problem, start + i, r->tangents + i * D, r->dots + i * D);
    for (size_t i = 0; q->forms && i < count * D; i++)
        q->forms[d] += r->tangents[i] * r->dots[i];
    for (size_t i = 0; q->part == ORACLE_RESIDUAL && i < count * D; i++)
        r->dots[i] = 0;
    f->turn(model->data, q->weights, v, count, r->dots, r->states, r->direction,
            q->products + d * P, q->sizes ? q->sizes + d * P : NULL);
}

/* The directions g, g + n_groups, ... */
static oracle_status multiply_group(void *data, size_t g)
{
    const request *q = data;
    const oracle_model *model = &q->problem->model;
    size_t N = q->problem->n_samples;
    room r;
    oracle_status result;
    ORACLE_TRY(room_create(&r, model));
    for (size_t start = 0; start < N; start += BATCH) {
        size_t count = N - start < BATCH ? N - start : BATCH;
        for (size_t i = 0; i < count; i++)
            see_sample(q, start + i, &r, r.states + i * r.state_size, NULL);
        for (size_t d = g; d < q->n; d += q->n_groups) {
            ORACLE_TRY(oracle_check_stop(q->problem->stop));
            add_batch(q, d, start, count, &r);
        }
    }
done:
    free(r.states);
    return result;
}

static oracle_status multiply(request *q, const double *weights)
{
    size_t P = q->problem->model.n_weights, total = q->n * P;
    real N = (real)q->problem->n_samples, *w = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&w, P, sizeof *w));
    for (size_t i = 0; i < P; i++)
        w[i] = weights[i];
    q->weights = w;
    size_t n_threads = oracle_n_threads(q->problem->n_threads);
    q->n_groups = q->n < n_threads ? q->n : n_threads;
    ORACLE_TRY(oracle_run(n_threads, q->n_groups, multiply_group, q));
    for (size_t i = 0; i < total; i++)
        q->products[i] /= N;
    for (size_t i = 0; q->sizes && i < total; i++)
        q->sizes[i] /= N;
    for (size_t d = 0; q->forms && d < q->n; d++)
        q->forms[d] /= N;
    for (size_t i = 0; q->part != ORACLE_RESIDUAL && i < total; i++) {
        real v = q->directions[i], term = oracle_penalty_of(q->problem, i % P) * v;
        q->products[i] += term;
        if (q->sizes)
            q->sizes[i] += REAL(fabs)(term);
        if (q->forms)
            q->forms[i / P] += v * term;
    }
done:
    free(w);
    return result;
}

oracle_status oracle_products(const oracle_problem *problem, const double *weights,
                              oracle_part part, size_t n, const real *directions, real *products,
                              real *sizes, real *forms)
{
    request q = {.problem = problem, .part = part, .n = n, .directions = directions};
    size_t total = n * problem->model.n_weights;
    for (size_t i = 0; i < total; i++)
        products[i] = sizes[i] = 0;
    for (size_t d = 0; forms && d < n; d++)
        forms[d] = 0;
    q.products = products;
    q.sizes = sizes;
    q.forms = forms;
    return multiply(&q, weights);
}

oracle_status oracle_gradient(const oracle_problem *problem, const double *weights, real *gradient)
{
    const oracle_model *model = &problem->model;
    request q = {.problem = problem, .part = ORACLE_HESSIAN};
    real *w = NULL;
    room r = {0};
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&w, model->n_weights, sizeof *w));
    ORACLE_TRY(room_create(&r, model));
    q.weights = w;
    for (size_t j = 0; j < model->n_weights; j++) {
        w[j] = weights[j];
        gradient[j] = 0;
    }
    for (size_t i = 0; i < problem->n_samples; i++)
        see_sample(&q, i, &r, r.states, gradient);
    for (size_t j = 0; j < model->n_weights; j++)
        gradient[j] /= (real)problem->n_samples;
    oracle_penalty_add_gradient(problem, weights, false, 1, gradient, NULL);
done:
    free(r.states);
    free(w);
    return result;
}

oracle_status oracle_quotients(const oracle_problem *problem, const double *weights, size_t n,
                               const double *directions, double *quotients, double *norms)
{
    size_t P = problem->model.n_weights;
    real *v = NULL;
    request q = {.problem = problem, .part = ORACLE_HESSIAN, .n = n};
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&v, 2 * n * P, sizeof *v));
    q.directions = v;
    q.products = v + n * P;
    for (size_t i = 0; i < n * P; i++)
        v[i] = directions[i];
    ORACLE_TRY(multiply(&q, weights));
    for (size_t d = 0; d < n; d++) {
        real form = 0, square = 0;
        for (size_t i = d * P; i < (d + 1) * P; i++) {
            form += v[i] * q.products[i];
            square += v[i] * v[i];
        }
        quotients[d] = (double)(form / square);
        if (norms)
            norms[d] = (double)REAL(sqrt)(square);
    }
done:
    free(v);
    return result;
}

/* ---- The whole ---- */

/* A batch of samples from `start` on, and the matrices. Of each: its state, what it has for outputs
 * and cotangents, and its form s_i M (0 of S alone). */
typedef struct whole {
    request q;
    size_t start, n, state_size;
    real *states, *outputs, *forms;
    real *hessian, *sizes;
} whole;

static oracle_status see(void *data, size_t i)
{
    const whole *h = data;
    const oracle_problem *problem = h->q.problem;
    size_t D = problem->model.n_outputs, sample = h->start + i;
    real weight = problem->sample_weights ? problem->sample_weights[sample] : 1;
    room r = {.outputs = h->outputs + 2 * i * D, .cotangent = h->outputs + (2 * i + 1) * D};
    see_sample(&h->q, sample, &r, h->states + i * h->state_size, NULL);
    for (size_t e = 0; e < D * D; e++) {
        real entry = problem->metric ? problem->metric[e] : e % (D + 1) == 0;
        h->forms[i * D * D + e] = h->q.part == ORACLE_RESIDUAL ? 0 : weight * entry;
    }
    return oracle_check_stop(problem->stop);
}

static oracle_status curve(void *data, size_t block)
{
    const whole *h = data;
    const oracle_problem *problem = h->q.problem;
    const oracle_model *model = &problem->model;
    real *scratch = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&scratch, h->n * model->functions->block_size(model->data),
                               sizeof *scratch));
    model->functions->curve(model->data, h->q.weights, block, h->n, h->forms, h->states, scratch,
                            h->hessian, h->sizes);
    ORACLE_TRY(oracle_check_stop(problem->stop));
done:
    free(scratch);
    return result;
}

/* Each entry stands on one side of the diagonal, beside 0 on the other. */
static void mirror(size_t P, real divisor, real *a)
{
    for (size_t i = 0; i < P; i++) {
        a[i * P + i] /= divisor;
        for (size_t j = 0; j < i; j++)
            a[i * P + j] = a[j * P + i] = (a[i * P + j] + a[j * P + i]) / divisor;
    }
}

oracle_status oracle_hessian(const oracle_problem *problem, const double *weights, oracle_part part,
                             real *hessian, real *sizes)
{
    const oracle_model *model = &problem->model;
    size_t P = model->n_weights, D = model->n_outputs, N = problem->n_samples;
    size_t S = model->functions->state_size(model->data);
    whole h = {.q = {.problem = problem, .part = part}, .hessian = hessian, .sizes = sizes};
    real *memory = NULL;
    oracle_status result;
    ORACLE_TRY(oracle_allocate(&memory, P + HESSIAN_BATCH * (S + 2 * D + D * D), sizeof *memory));
    h.q.weights = memory;
    h.state_size = S;
    h.states = memory + P;
    h.outputs = h.states + HESSIAN_BATCH * S;
    h.forms = h.outputs + HESSIAN_BATCH * 2 * D;
    for (size_t j = 0; j < P; j++)
        memory[j] = weights[j];
    for (size_t i = 0; i < P * P; i++)
        hessian[i] = sizes[i] = 0;
    for (; h.start < N; h.start += h.n) {
        h.n = N - h.start < HESSIAN_BATCH ? N - h.start : HESSIAN_BATCH;
        ORACLE_TRY(oracle_run(problem->n_threads, h.n, see, &h));
        ORACLE_TRY(
            oracle_run(problem->n_threads, model->functions->n_blocks(model->data), curve, &h));
    }
    mirror(P, (real)N, hessian);
    mirror(P, (real)N, sizes);
    for (size_t j = 0; part != ORACLE_RESIDUAL && j < P; j++) {
        hessian[j * P + j] += oracle_penalty_of(problem, j);
        sizes[j * P + j] += oracle_penalty_of(problem, j);
    }
done:
    free(memory);
    return result;
}
