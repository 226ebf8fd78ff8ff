/* Natures by eigenvalues of the Hessian itself: random requests, crossed with margins, frozen
 * targets, metrics, levels and null directions, against eigenvalues in long double. */
#include "support.h"

#include <float.h>
#include <stdio.h>

#include "dice.h"

/* ---- The reference ---- */

/* Eigenvalues of a symmetric matrix, ascending, by Jacobi's rotations in long double; destroys a.
 */
static void jacobi(size_t n, long double *a, long double *values)
{
    for (size_t sweep = 0; sweep < 60; sweep++) {
        long double off = 0, all = 0;
        for (size_t i = 0; i < n * n; i++) {
            all += a[i] * a[i];
            off += i / n == i % n ? 0 : a[i] * a[i];
        }
        if (off <= 1e-40L * all)
            break;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                if (a[p * n + q] == 0)
                    continue;
                long double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
                long double t = copysignl(1, theta) / (fabsl(theta) + sqrtl(theta * theta + 1));
                long double c = 1 / sqrtl(t * t + 1), s = t * c;
                for (size_t k = 0; k < n; k++) {
                    long double x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (size_t k = 0; k < n; k++) {
                    long double x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                }
            }
    }
    for (size_t i = 0; i < n; i++) {
        size_t j = i;
        for (; j > 0 && values[j - 1] > a[i * n + i]; j--)
            values[j] = values[j - 1];
        values[j] = a[i * n + i];
    }
}

/* Tangents of the curves along which rescaled hidden units of a network of two layers keep its
 * outputs, and of inputs that are always 0; orthonormal rows. */
static size_t null_tangents(const scene *s, const double *weights, bool dead_input, double *rows)
{
    size_t P = s->P, d = s->d, h = s->shape.widths[0], D = s->D, n = 0;
    size_t column = d + (size_t)s->shape.bias[0], outer = h * column;
    bool homogeneous = s->shape.activations[0] == CRITPT_LEAKY_RELU;
    (void)D;
    memset(rows, 0, 2 * h * P * sizeof *rows);
    for (size_t u = 0; u < h; u++) {
        if (homogeneous) { /* what comes in grows while what goes out shrinks */
            for (size_t j = 0; j < d; j++)
                rows[n * P + u * d + j] = weights[u * d + j];
            if (s->shape.bias[0])
                rows[n * P + h * d + u] = weights[h * d + u];
            for (size_t o = 0; o < D; o++)
                rows[n * P + outer + o * h + u] = -weights[outer + o * h + u];
            n++;
        }
        if (dead_input)
            rows[n++ * P + u * d] = 1;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < 2 * i; k++) {
            double along = 0;
            for (size_t a = 0; a < P; a++)
                along += rows[i * P + a] * rows[k % i * P + a];
            for (size_t a = 0; a < P; a++)
                rows[i * P + a] -= along * rows[k % i * P + a];
        }
        double norm = 0;
        for (size_t a = 0; a < P; a++)
            norm = hypot(norm, rows[i * P + a]);
        for (size_t a = 0; a < P; a++)
            rows[i * P + a] /= norm;
    }
    return n;
}

/* (1 - Pi) H (1 - Pi) for Pi on the rows, which then are eigenvectors of eigenvalue `far`. */
static void leave_out(size_t P, size_t n, const double *rows, const double *h, long double far,
                      long double *a)
{
    for (size_t i = 0; i < P * P; i++)
        a[i] = h[i];
    for (size_t k = 0; k < n; k++) {
        const double *v = rows + k * P;
        long double form = 0, *product = NEW(long double, P);
        for (size_t i = 0; i < P; i++) {
            for (size_t j = 0; j < P; j++)
                product[i] += a[i * P + j] * v[j];
            form += v[i] * product[i];
        }
        for (size_t i = 0; i < P; i++)
            for (size_t j = 0; j < P; j++)
                a[i * P + j] += (form + far) * v[i] * v[j] - v[i] * product[j] - product[i] * v[j];
        free(product);
    }
}

typedef struct truth {
    size_t index, n_null;
    double error;       /* what rounding makes of eigenvalues, a bound of spectra's own */
    double least, size; /* |eigenvalue| off the null directions; the largest */
    bool mixes;         /* there are null directions beside those that are known here */
} truth;

static double error_of_eigenvalues(const scene *s, const double *weights)
{
    critpt_spectrum *spectrum;
    double error = NAN;
    ASSERT_OK(critpt_spectrum_create(&spectrum, s->landscape, weights, s->P, NULL));
    ASSERT_OK(critpt_spectrum_eigenvalue(spectrum, 0, NULL, &error));
    critpt_spectrum_destroy(spectrum);
    return error;
}

static truth find_truth(const scene *s, const double *weights, bool dead_input)
{
    size_t P = s->P;
    double *h = NEW(double, P *P), *rows = NEW(double, 2 * P * P);
    long double *a = NEW(long double, P *P), *values = NEW(long double, P), far = 1;
    truth t = {.least = INFINITY, .error = error_of_eigenvalues(s, weights)};
    ASSERT_OK(critpt_landscape_hessian(s->landscape, NULL, weights, P, h, P));
    t.n_null = null_tangents(s, weights, dead_input, rows);
    for (size_t i = 0; i < P * P; i++)
        far += fabsl(h[i]);
    leave_out(P, t.n_null, rows, h, far, a);
    jacobi(P, a, values);
    for (size_t i = 0; i + t.n_null < P; i++)
        t.size = fmax(t.size, fabs((double)values[i]));
    for (size_t i = 0; i + t.n_null < P; i++) {
        /* units without a kink among the samples mix: more null directions */
        if (s->shape.activations[0] == CRITPT_LEAKY_RELU && fabsl(values[i]) <= 1e-13L * t.size) {
            t.mixes = true;
            continue;
        }
        t.index += values[i] < 0;
        t.least = fmin(t.least, fabs((double)values[i]));
    }
    free(h), free(rows), free(a), free(values);
    return t;
}

/* The (q+1)th generalised eigenvalue of (E'HE, E'(1 - Pi)E), E the columns of the linear output
 * layer, which targets do not change; by bisection on the number of negative eigenvalues of
 * E'HE - c E'(1 - Pi)E, which is that of the pencil's below c, and of those beside E'(1 - Pi)E. */
static double find_cap(const scene *s, const double *weights, bool dead_input, size_t q)
{
    size_t P = s->P, h = s->shape.widths[0], m = s->D * (h + (size_t)s->shape.bias[1]);
    size_t first = P - m, n;
    double *g = NEW(double, P *P), *rows = NEW(double, 2 * P * P), low = 0, high = 1e6;
    long double *a = NEW(long double, m *m), *values = NEW(long double, m);
    ASSERT_OK(critpt_landscape_gauss_newton(s->landscape, NULL, weights, P, g, P));
    n = null_tangents(s, weights, dead_input, rows);
    for (size_t step = 0; step < 80; step++) {
        double c = low > 0 ? sqrt(low * high) : step ? high / 1e3 : 1;
        size_t below = 0;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++) {
                long double pi = i == j;
                for (size_t k = 0; k < n; k++)
                    pi -= (long double)rows[k * P + first + i] * rows[k * P + first + j];
                a[i * m + j] = g[(first + i) * P + first + j] - c * pi;
            }
        jacobi(m, a, values);
        for (size_t i = 0; i < m; i++)
            below += values[i] < 0;
        if (below > q)
            high = c;
        else
            low = c;
    }
    free(g), free(rows), free(a), free(values);
    return low;
}

/* ---- Requests ---- */

typedef struct request {
    scene s;
    size_t K, index[3];
    double *weights[3], least[3]; /* 0: by margin */
    double margin[3];
    bool dead_input, level, frozen, weighed;
    critpt_plan *plan;
} request;

static critpt_activation choose_activation(size_t i)
{
    static const critpt_activation some[] = {CRITPT_TANH, CRITPT_GELU, CRITPT_LEAKY_RELU,
                                             CRITPT_SIGMOID, CRITPT_SIN};
    return some[i % (sizeof some / sizeof *some)];
}

static void draw_request(request *r, uint64_t seed)
{
    dice d = {seed, 0};
    net shape = {2 + roll(&d, 2),
                 2,
                 {2 + roll(&d, 2), 1 + roll(&d, 2)},
                 {choose_activation(roll(&d, 5)), roll(&d, 4) ? CRITPT_IDENTITY : CRITPT_TANH},
                 {1, (int)roll(&d, 2)}};
    memset(r, 0, sizeof *r);
    r->s = scene_create(&shape, 150 + 10 * roll(&d, 10), seed);
    r->dead_input = roll(&d, 4) == 0;
    if (r->dead_input) {
        critpt_landscape_destroy(r->s.landscape);
        for (size_t i = 0; i < r->s.N; i++)
            r->s.inputs[i * r->s.d] = 0;
        ASSERT_OK(
            critpt_landscape_create(&r->s.landscape, r->s.model, r->s.N, r->s.inputs, r->s.d));
    }
    r->weighed = roll(&d, 3) == 0;
    r->frozen = roll(&d, 4) == 0;
    r->level = roll(&d, 5) == 0;
    r->K = 1 + roll(&d, 3);
    for (size_t k = 0; k < r->K; k++) {
        r->weights[k] = net_weights(r->s.model, seed, k, 1.5);
        r->index[k] = roll(&d, 2) ? roll(&d, 3) : 0;
        r->least[k] = k == 0 || roll(&d, 2) ? pow(10, -0.5 * (double)roll(&d, 14)) : 0;
        r->margin[k] = pow(10, -2 - (double)roll(&d, 3));
    }
}

static void prepare(request *r)
{
    const scene *s = &r->s;
    if (r->weighed) {
        static const double metric[] = {2, 0.5, 0.5, 1};
        double *weights = NEW(double, s->N);
        for (size_t i = 0; i < s->N; i++)
            weights[i] = 0.5 + (double)(i % 4);
        ASSERT_OK(critpt_landscape_set_sample_weights(s->landscape, weights, s->N));
        if (s->D == 2)
            ASSERT_OK(critpt_landscape_set_output_metric(s->landscape, metric, 2));
        free(weights);
    }
    ASSERT_OK(critpt_plan_create(&r->plan, s->landscape));
    if (r->frozen) {
        unsigned char *mask = NEW(unsigned char, s->N * s->D);
        for (size_t i = 0; i < s->N * s->D; i += 9)
            mask[i] = 1;
        ASSERT_OK(critpt_plan_set_base_targets(r->plan, s->targets, s->D));
        ASSERT_OK(critpt_plan_freeze_targets(r->plan, mask, s->D));
        free(mask);
    }
    for (size_t k = 0; k < r->K; k++) {
        ASSERT_OK(critpt_plan_add_point(r->plan, r->weights[k], s->P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(r->plan, k));
        if (r->least[k] > 0)
            ASSERT_OK(critpt_plan_require_eigenvalues(r->plan, k, r->index[k], r->least[k], NULL));
        else
            ASSERT_OK(critpt_plan_require_index(r->plan, k, r->index[k], r->margin[k], NULL));
    }
    if (r->level)
        ASSERT_OK(critpt_plan_require_loss(r->plan, 0, 50, NULL));
}

static void request_free(request *r)
{
    critpt_plan_destroy(r->plan);
    for (size_t k = 0; k < r->K; k++)
        free(r->weights[k]);
    scene_destroy(&r->s);
}

static const char *warning_with(const critpt_plan *plan, const char *words)
{
    for (size_t i = 0; i < critpt_plan_n_warnings(plan); i++)
        if (strstr(critpt_plan_warning(plan, i), words))
            return critpt_plan_warning(plan, i);
    return NULL;
}

/* Whether a warning names the cap of this point; it must be the right one. */
static bool is_capped(const request *r, size_t k, const double *weights, uint64_t seed)
{
    bool linear = r->s.shape.activations[1] == CRITPT_IDENTITY;
    char words[80];
    snprintf(words, sizeof words, "point %zu cannot have eigenvalues", k);
    const char *warning = warning_with(r->plan, words), *number;
    if (!linear) {
        ck_assert_msg(!warning, "seed %zu: %s", (size_t)seed, warning);
        return false;
    }
    double cap = find_cap(&r->s, weights, r->dead_input, r->index[k]);
    bool capped = cap < 9e5 && r->least[k] > cap; /* else there is none */
    if (fabs(r->least[k] / cap - 1) > 1e-6)
        ck_assert_msg(capped == (warning != NULL), "seed %zu: point %zu, %g, cap %g: %s",
                      (size_t)seed, k, r->least[k], cap, warning ? warning : "no warning");
    if (warning) {
        number = strstr(warning, "allow ");
        ck_assert(number);
        ASSERT_NEAR(atof(number + 6), cap, cap, 1e-2);
    }
    return capped;
}

typedef struct tally {
    size_t met, less, capped, infeasible, other, null;
} tally;

static void check_met(const request *r, uint64_t seed, tally *found)
{
    double *weights = NEW(double, r->s.P);
    const char *less = warning_with(r->plan, "are met at");
    bool capped = false;
    for (size_t k = 0; k < r->K; k++) {
        double stated = NAN, other = NAN;
        ASSERT_OK(critpt_plan_point_weights(r->plan, k, weights, r->s.P));
        ASSERT_OK(critpt_plan_point_value(r->plan, k, CRITPT_POINT_EIGENVALUE, &stated));
        ASSERT_OK(critpt_plan_point_value(r->plan, k, CRITPT_POINT_MARGIN, &other));
        if (!(r->least[k] > 0)) {
            ck_assert(isnan(stated) && !isnan(other));
            continue;
        }
        truth t = find_truth(&r->s, weights, r->dead_input);
        ck_assert(isnan(other));
        ck_assert_msg(t.index == r->index[k], "seed %zu: point %zu has index %zu, not %zu",
                      (size_t)seed, k, t.index, r->index[k]);
        ck_assert_msg(fabs(stated - t.least) <= 1e-6 * t.least + 2 * t.error,
                      "seed %zu: point %zu: least %.17g, stated %.17g", (size_t)seed, k, t.least,
                      stated);
        ck_assert_msg(less || t.least >= r->least[k] * (1 - 1e-3) - 2 * t.error,
                      "seed %zu: point %zu: least %g of %g", (size_t)seed, k, t.least, r->least[k]);
        capped = (!t.mixes && is_capped(r, k, weights, seed)) || capped;
        found->null += t.n_null > 0;
    }
    ck_assert(less || !capped);
    found->capped += capped;
    found->less += less != NULL;
    found->met += !less;
    free(weights);
}

static void check_request(uint64_t seed, tally *found)
{
    request r;
    critpt_plan_options *options;
    draw_request(&r, seed);
    prepare(&r);
    ASSERT_OK(critpt_plan_options_create(&options));
    ASSERT_OK(critpt_plan_options_set_nature_products(options, 600));
    critpt_status status = critpt_plan_solve(r.plan, options);
    if (status == CRITPT_OK)
        check_met(&r, seed, found);
    else if (status == CRITPT_INFEASIBLE || status == CRITPT_TRIVIAL)
        found->infeasible++;
    else {
        ck_assert_msg(status == CRITPT_NOT_ATTAINED || status == CRITPT_NOT_CONVERGED,
                      "seed %zu: %s", (size_t)seed, critpt_error_message());
        found->other++;
    }
    critpt_plan_options_destroy(options);
    request_free(&r);
}

/* CRITPT_EIGENVALUES=first-last for more. */
START_TEST(what_is_stated_of_random_requests_is_true)
{
    const char *range = getenv("CRITPT_EIGENVALUES");
    uint64_t first = 0, last = 79;
    tally found = {0};
    if (range) {
        first = strtoull(range, NULL, 10);
        last = strtoull(strchr(range, '-') + 1, NULL, 10);
    }
    for (uint64_t seed = first; seed <= last; seed++)
        check_request(seed, &found);
    printf("met %zu, in part %zu (capped %zu), infeasible %zu, undecided %zu; points with null "
           "directions %zu\n",
           found.met, found.less, found.capped, found.infeasible, found.other, found.null);
    ck_assert(range || (found.met > 5 && found.capped > 2 && found.null > 2));
}
END_TEST

/* ---- One request in all detail ---- */

START_TEST(an_eigenvalue_takes_the_place_of_a_margin)
{
    static const net shape = {2, 2, {2, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
    scene s = scene_create(&shape, 200, 7);
    critpt_plan *plan;
    size_t c = 9, index = 9;
    double least = 0, margin = 0;
    ASSERT_OK(critpt_plan_create(&plan, s.landscape));
    ASSERT_OK(critpt_plan_add_point(plan, s.weights, s.P, NULL));
    ASSERT_FAILS(critpt_plan_require_eigenvalues(NULL, 0, 0, 1, &c), CRITPT_INVALID_ARGUMENT,
                 "plan");
    ASSERT_FAILS(critpt_plan_require_eigenvalues(plan, 1, 0, 1, &c), CRITPT_INVALID_ARGUMENT, "1");
    ASSERT_FAILS(critpt_plan_require_eigenvalues(plan, 0, s.P + 1, 1, &c), CRITPT_INVALID_ARGUMENT,
                 "index");
    for (size_t i = 0; i < 4; i++)
        ASSERT_FAILS(critpt_plan_require_eigenvalues(
                         plan, 0, 0, ((const double[]){0, -1, INFINITY, NAN})[i], &c),
                     CRITPT_INVALID_ARGUMENT, "positive and finite");
    ASSERT_OK(critpt_plan_require_eigenvalues(plan, 0, 1, 1e-3, &c));
    ASSERT_FAILS(critpt_plan_require_minimum(plan, 0, 0.1, NULL), CRITPT_INVALID_ARGUMENT,
                 "already");
    ASSERT_OK(critpt_plan_condition_nature(plan, c, &index, &margin));
    ASSERT_OK(critpt_plan_condition_eigenvalues(plan, c, &least));
    ck_assert(index == 1 && isnan(margin) && least == 1e-3);
    ASSERT_FAILS(critpt_plan_condition_eigenvalues(plan, c, NULL), CRITPT_INVALID_ARGUMENT, "NULL");
    ASSERT_FAILS(critpt_plan_condition_eigenvalues(plan, 4, &least), CRITPT_INVALID_ARGUMENT, "4");
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    truth t = find_truth(&s, s.weights, false);
    ck_assert(t.index == 1 && t.least >= 1e-3 * (1 - 1e-3));
    critpt_plan_destroy(plan);
    scene_destroy(&s);
}
END_TEST

/* H = c/2 [[1, -1], [-1, 1]] on (v, w) of f = v w x has the block c/2, and c on the complement. */
START_TEST(null_directions_raise_the_cap)
{
    static const net shape = {1, 2, {1, 1}, {CRITPT_LEAKY_RELU, CRITPT_IDENTITY}, {0, 0}};
    static const double w[] = {1, 1};
    double x[40];
    critpt_model *model = net_model(&shape);
    critpt_landscape *L;
    critpt_plan *plan;
    double cap = 0;
    for (size_t i = 0; i < 40; i++) {
        x[i] = 0.1 * (double)(i + 1);
        cap += 2 * x[i] * x[i] / 40; /* 2 G_vv: the only eigenvalue off the null direction */
    }
    for (int beyond = 0; beyond < 2; beyond++) {
        double reached = NAN;
        ASSERT_OK(critpt_landscape_create(&L, model, 40, x, 1));
        ASSERT_OK(critpt_plan_create(&plan, L));
        ASSERT_OK(critpt_plan_add_point(plan, w, 2, NULL));
        ASSERT_OK(critpt_plan_require_eigenvalues(plan, 0, 0, (beyond ? 1.1 : 0.99) * cap, NULL));
        ASSERT_OK(critpt_plan_solve(plan, NULL));
        ASSERT_OK(critpt_plan_point_value(plan, 0, CRITPT_POINT_EIGENVALUE, &reached));
        ASSERT_NEAR(reached, cap, cap, 1e-9);
        ck_assert((warning_with(plan, "cannot have eigenvalues") != NULL) == beyond);
        critpt_plan_destroy(plan);
        critpt_landscape_destroy(L);
    }
    critpt_model_destroy(model);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        what_is_stated_of_random_requests_is_true,
        an_eigenvalue_takes_the_place_of_a_margin,
        null_directions_raise_the_cap,
    };
    return test_main("eigenvalues", tests, sizeof tests / sizeof *tests);
}
