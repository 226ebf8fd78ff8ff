/* Random models of fewer weights. */
#include "reparametrized_support.h"

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 exact; /* products of doubles are, and sums that cancel 1e7 */
#else
typedef long double exact;
#endif

static const critpt_activation smooth[] = {CRITPT_TANH, CRITPT_SIGMOID,  CRITPT_SIN,
                                           CRITPT_GELU, CRITPT_SOFTPLUS, CRITPT_SQUARE};

static net draw_shape(dice *d)
{
    size_t layers = 2 + roll(d, 2);
    net shape = {.n_inputs = 2 + roll(d, 3), .n_layers = layers};
    for (size_t l = 0; l < layers; l++) {
        shape.widths[l] = l + 1 < layers ? 2 + roll(d, 3) : 1 + roll(d, 3);
        shape.activations[l] = smooth[roll(d, sizeof smooth / sizeof *smooth)];
        shape.bias[l] = (int)roll(d, 2);
    }
    if (roll(d, 3))
        shape.activations[layers - 1] = CRITPT_IDENTITY;
    return shape;
}

/* n numbers of 0 .. total - 1, in random order. */
static void choose(dice *d, size_t total, size_t n, size_t *to)
{
    size_t *all = NEW(size_t, total);
    for (size_t i = 0; i < total; i++)
        all[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t j = i + roll(d, total - i), other = all[i];
        to[i] = all[i] = all[j];
        all[j] = other;
    }
    free(all);
}

static size_t last_layer(const net *shape, size_t P)
{
    size_t last = shape->n_layers - 1;
    return P - shape->widths[last] * (shape->widths[last - 1] + (size_t)shape->bias[last]);
}

static void make_chosen(dice *d, fewer *f)
{
    size_t first = 0, *chosen;
    if (f->kind == UPPER)
        first = f->shape.widths[0] * (f->shape.n_inputs + (size_t)f->shape.bias[0]);
    if (f->kind == LAST_LAYER)
        first = last_layer(&f->shape, f->P);
    f->V = f->kind == LAST_LAYER ? f->P - first : 1 + (f->P - first) / 2;
    chosen = NEW(size_t, f->V);
    choose(d, f->P - first, f->V, chosen);
    f->matrix = NEW(double, f->P * f->V);
    for (size_t k = 0; k < f->V; k++) {
        chosen[k] += first;
        f->matrix[chosen[k] * f->V + k] = 1;
    }
    ASSERT_OK(critpt_model_choose_weights(&f->model, f->base, f->origin, f->P, chosen, f->V));
    for (size_t k = 0; k < f->V; k++)
        f->origin[chosen[k]] = 0; /* from now on what the model is said to have */
    free(chosen);
}

static double draw_entry(dice *d, const fewer *f, size_t j, size_t k)
{
    size_t own = j < f->V ? j : (j * 7 + j / 3) % f->V;
    switch (f->kind) {
    case TIED:
    case NESTED:
        return own != k || (j >= f->V && j % 5 == 4) ? 0 : roll(d, 2) ? 1 : -1;
    case DENSE:
        return 2 * uniform(d) - 1;
    default:
        return own == k ? 0.5 + uniform(d) : roll(d, 4) ? 0 : 2 * uniform(d) - 1;
    }
}

/* Of all entries, in random order, zeros among them. */
static critpt_model *from_triples(dice *d, const fewer *f)
{
    size_t n = f->P * f->V, *order = NEW(size_t, n), *rows = NEW(size_t, n),
           *columns = NEW(size_t, n), count = 0;
    double *values = NEW(double, n);
    critpt_model *model;
    choose(d, n, n, order);
    for (size_t i = 0; i < n; i++) {
        double value = f->matrix[order[i]];
        if (value == 0 && roll(d, 10))
            continue;
        rows[count] = order[i] / f->V;
        columns[count] = order[i] % f->V;
        values[count++] = value;
    }
    ASSERT_OK(critpt_model_reparametrize(&model, f->base, f->origin, f->P, f->V, rows, columns,
                                         values, count));
    free(order), free(rows), free(columns), free(values);
    return model;
}

/* Leaves out every third of the tied weights, at 0.3. */
static void nest(fewer *f)
{
    size_t *chosen = NEW(size_t, f->V), count = 0;
    double *origin = NEW(double, f->V), *matrix;
    for (size_t k = 0; k < f->V; k++) {
        origin[k] = 0.3;
        if (k % 3 != 1)
            chosen[count++] = k;
    }
    matrix = NEW(double, f->P *count);
    for (size_t j = 0; j < f->P; j++) {
        for (size_t k = 0; k < f->V; k++)
            f->kept[j] += k % 3 == 1 ? 0.3 * f->matrix[j * f->V + k] : 0;
        for (size_t k = 0; k < count; k++)
            matrix[j * count + k] = f->matrix[j * f->V + chosen[k]];
    }
    f->between = f->model;
    ASSERT_OK(critpt_model_choose_weights(&f->model, f->between, origin, f->V, chosen, count));
    free(f->matrix);
    f->matrix = matrix;
    f->V = count;
    free(chosen), free(origin);
}

static void make_sparse(dice *d, fewer *f)
{
    f->V = f->kind == DENSE ? 2 + roll(d, 3) : f->P / 3;
    f->matrix = NEW(double, f->P * f->V);
    for (size_t j = 0; j < f->P; j++) {
        double sum = 0;
        for (size_t k = 0; k < f->V; k++)
            f->matrix[j * f->V + k] = draw_entry(d, f, j, k);
        for (size_t k = 0; k < f->V && (f->kind == TIED || f->kind == NESTED); k++)
            sum += fabs(f->matrix[j * f->V + k]);
        if (sum > 0 && roll(d, 2))
            f->origin[j] = 0;
    }
    f->v = normal(f->V, d->seed + 1);
    for (size_t j = 0; f->kind == CANCELLING && j < f->P; j++) {
        double sum = 0;
        for (size_t k = 0; k < f->V; k++)
            sum += f->matrix[j * f->V + k] * 1e7 * f->v[k];
        f->origin[j] = -sum + 0.5 * f->origin[j];
    }
    for (size_t k = 0; f->kind == CANCELLING && k < f->V; k++)
        f->v[k] *= 1e7;
    f->model = from_triples(d, f);
    if (f->kind == NESTED)
        nest(f);
}

fewer fewer_create(dice *d, matrix_kind kind)
{
    fewer f = {.kind = kind};
    do {
        critpt_model_destroy(f.base);
        f.shape = draw_shape(d);
        f.base = net_model(&f.shape);
        f.P = critpt_model_n_weights(f.base);
    } while (f.P > 60 || f.P < 9);
    f.origin = net_weights(f.base, d->seed, 7, 1.5);
    f.kept = NEW(double, f.P);
    if (kind <= LAST_LAYER)
        make_chosen(d, &f);
    else
        make_sparse(d, &f);
    if (!f.v)
        f.v = normal(f.V, d->seed + 1);
    ck_assert_uint_eq(critpt_model_n_weights(f.model), f.V);
    return f;
}

void fewer_destroy(fewer *f)
{
    critpt_model_destroy(f->model);
    critpt_model_destroy(f->between);
    critpt_model_destroy(f->base);
    free(f->origin), free(f->v), free(f->kept), free(f->matrix);
}

void fewer_base_weights(const fewer *f, const double *v, double *w)
{
    const critpt_model *below = critpt_model_base(f->model);
    size_t n = critpt_model_n_weights(below);
    double *x = NEW(double, n);
    ASSERT_OK(critpt_model_base_weights(f->model, v, f->V, x, n));
    if (f->between)
        ASSERT_OK(critpt_model_base_weights(below, x, n, w, f->P));
    else
        memcpy(w, x, n * sizeof *w);
    free(x);
}

void fewer_weights(const fewer *f, const double *v, long double *w)
{
    for (size_t j = 0; j < f->P; j++) {
        exact sum = (exact)f->origin[j] + f->kept[j];
        for (size_t k = 0; k < f->V; k++)
            sum += (exact)f->matrix[j * f->V + k] * (exact)v[k];
        w[j] = (long double)sum;
    }
}

/* ---- Landscapes of both ---- */

static void weigh(critpt_landscape *landscape, size_t D, const double *s, const double *metric)
{
    ASSERT_OK(critpt_landscape_set_sample_weights(landscape, s, N));
    ASSERT_OK(critpt_landscape_set_output_metric(landscape, metric, D));
}

void metrize(critpt_landscape *landscape, size_t n, size_t D)
{
    double *metrics = NEW(double, n *D *D);
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < D * D; a++)
            metrics[i * D * D + a] =
                a % (D + 1) == 0 ? 1.5 + 0.1 * (double)(i % 7) : 0.25 - 0.03 * (double)(i % 5);
    ASSERT_OK(critpt_landscape_set_sample_metrics(landscape, metrics, n));
    free(metrics);
}

pair pair_create(int number)
{
    dice d = {900 + (uint64_t)number, 0};
    pair p = {.f = fewer_create(&d, (matrix_kind)(number % N_MATRIX_KINDS))};
    size_t D = net_outputs(&p.f.shape), n_in = p.f.shape.n_inputs;
    double s[N], *metric = NEW(double, D *D);
    p.inputs = net_inputs(p.f.base, N, d.seed);
    p.targets = normal(N * D, d.seed + 5);
    p.w = NEW(double, p.f.P);
    p.exact = NEW(long double, p.f.P);
    fewer_base_weights(&p.f, p.f.v, p.w);
    fewer_weights(&p.f, p.f.v, p.exact);
    for (size_t i = 0; i < N; i++)
        s[i] = 0.5 + uniform(&d);
    for (size_t i = 0; i < D * D; i++)
        metric[i] = i % (D + 1) == 0 ? 1.5 : 0.25;
    ASSERT_OK(critpt_landscape_create(&p.base, p.f.base, N, p.inputs, n_in));
    ASSERT_OK(critpt_landscape_create(&p.fewer, p.f.model, N, p.inputs, n_in));
    ASSERT_OK(critpt_landscape_set_targets(p.base, p.targets, D));
    ASSERT_OK(critpt_landscape_set_targets(p.fewer, p.targets, D));
    for (int i = 0; i < 2; i++) {
        critpt_landscape *landscape = i ? p.fewer : p.base;
        if (number % 3 == 1)
            weigh(landscape, D, s, metric);
        if (number % 3 == 2)
            metrize(landscape, N, D);
    }
    free(metric);
    return p;
}

void pair_destroy(pair *p)
{
    critpt_landscape_destroy(p->base);
    critpt_landscape_destroy(p->fewer);
    fewer_destroy(&p->f);
    free(p->inputs), free(p->targets), free(p->w), free(p->exact);
}
