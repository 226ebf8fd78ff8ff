/* Random models of callbacks, runs and basins. */
#include "fuzz_api.h"

#include <complex.h>

/* ---- f_o = sin(sum of a_oj(x) w_j), which has closed derivatives of every order ---- */

typedef struct shape {
    size_t d, D, P;
    double lie;   /* in its first derivatives */
    double limit; /* it fails where weight 0 is above that */
} shape;

static const shape shapes[] = {
    {1, 1, 2, 0, INFINITY},   {1, 2, 3, 0, INFINITY}, {2, 1, 3, 0, INFINITY},
    {3, 2, 5, 0, INFINITY},   {2, 3, 4, 0, INFINITY}, {2, 1, 8, 0, INFINITY},
    {1, 1, 2, 0.5, INFINITY}, {2, 2, 3, 0, 1},
};

static double coefficient(const shape *s, size_t o, size_t j, const double *x)
{
    return x[j % s->d] * (1 + (double)((o + j) % 3)) + (j >= s->d ? 0.25 * (double)j : 0);
}

static double argument(const shape *s, size_t o, const double *w, const double *x)
{
    double z = 0;
    for (size_t j = 0; j < s->P; j++)
        z += coefficient(s, o, j, x) * w[j];
    return z;
}

/* The sum of a_oj v_j; that of a_oj a_ok q_jk. */
static double along(const shape *s, size_t o, const double *x, const double *v)
{
    return argument(s, o, v, x);
}

static double along_both(const shape *s, size_t o, const double *x, const double *q)
{
    double sum = 0;
    for (size_t j = 0; j < s->P; j++)
        for (size_t k = 0; k < s->P; k++)
            sum += coefficient(s, o, j, x) * coefficient(s, o, k, x) * q[j * s->P + k];
    return sum;
}

static int ended(const shape *s, const double *w)
{
    return w[0] > s->limit ? critpt_model_fail("weight 0 is too large") : 0;
}

/* For output `o` of the sample that x has come to, the t-th of all. */
#define EACH_OUTPUT(s, x)                                                                          \
    for (size_t i = 0, t = 0; i < n; i++, (x) += (s)->d)                                           \
        for (size_t o = 0; o < (s)->D; o++, t++)

static int outputs(void *user, const double *w, size_t n, const double *x, double *f)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        f[t] = sin(argument(s, o, w, x));
    }
    return ended(s, w);
}

static int outputs_complex(void *user, const double *w, size_t n, const double *x, double *f)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        double complex z = 0, weight;
        for (size_t j = 0; j < s->P; j++) {
            memcpy(&weight, w + 2 * j, sizeof weight);
            z += coefficient(s, o, j, x) * weight;
        }
        z = csin(z);
        memcpy(f + 2 * t, &z, sizeof z);
    }
    return ended(s, w);
}

static int outputs_extended(void *user, const long double *w, size_t n, const double *x,
                            long double *f)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        long double z = 0;
        for (size_t j = 0; j < s->P; j++)
            z += (long double)coefficient(s, o, j, x) * w[j];
        f[t] = sinl(z);
    }
    return 0;
}

static double slope(const shape *s, size_t o, const double *w, const double *x)
{
    return cos(argument(s, o, w, x)) + s->lie;
}

static int jacobian(void *user, const double *w, size_t n, const double *x, double *J)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        for (size_t j = 0; j < s->P; j++)
            J[t * s->P + j] = slope(s, o, w, x) * coefficient(s, o, j, x);
    }
    return ended(s, w);
}

static int jacobian_vector(void *user, const double *w, size_t n, const double *x, const double *v,
                           double *result)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        result[t] = slope(s, o, w, x) * along(s, o, x, v);
    }
    return ended(s, w);
}

static int transposed(void *user, const double *w, size_t n, const double *x, const double *u,
                      double *g)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        for (size_t j = 0; j < s->P; j++)
            g[j] += u[t] * slope(s, o, w, x) * coefficient(s, o, j, x);
    }
    return ended(s, w);
}

static int curvature(void *user, const double *w, size_t n, const double *x, const double *u,
                     double *S)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        for (size_t j = 0; j < s->P; j++)
            for (size_t k = 0; k < s->P; k++)
                S[j * s->P + k] -= u[t] * sin(argument(s, o, w, x)) * coefficient(s, o, j, x) *
                                   coefficient(s, o, k, x);
    }
    return ended(s, w);
}

static int curvature_vector(void *user, const double *w, size_t n, const double *x, const double *u,
                            const double *v, double *result)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        for (size_t j = 0; j < s->P; j++)
            result[j] -=
                u[t] * sin(argument(s, o, w, x)) * coefficient(s, o, j, x) * along(s, o, x, v);
    }
    return ended(s, w);
}

static int second_directional(void *user, const double *w, size_t n, const double *x,
                              const double *v, const double *u, double *result)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        result[t] = -sin(argument(s, o, w, x)) * along(s, o, x, v) * along(s, o, x, u);
    }
    return ended(s, w);
}

static int curvature_adjoint(void *user, const double *w, size_t n, const double *x,
                             const double *q, double *result)
{
    const shape *s = user;
    EACH_OUTPUT(s, x)
    {
        result[t] = -sin(argument(s, o, w, x)) * along_both(s, o, x, q);
    }
    return ended(s, w);
}

static int kink_margins(void *user, const double *w, size_t n, const double *x, double *margins)
{
    const shape *s = user;
    (void)x;
    for (size_t i = 0; i < n; i++)
        margins[i] = INFINITY;
    return ended(s, w);
}

/* Adds the rows of this matrix times each of `count` directions; of the unit vectors where they are
 * NULL, which is the matrix. */
static void add_hessian(const shape *s, const double *w, size_t n, const double *x,
                        const double *weights, const double *metric, const double *u, size_t count,
                        const double *directions, double *results)
{
    size_t P = s->P, D = s->D;
    for (size_t i = 0; i < n; i++, x += s->d)
        for (size_t o = 0; o < D; o++)
            for (size_t c = 0; c < count; c++) {
                double *row = results + c * P, bend = 0, pull = 0;
                const double *v = directions ? directions + c * P : NULL;
                for (size_t q = 0; q < D; q++)
                    pull += (metric ? metric[o * D + q] : o == q) * slope(s, q, w, x) *
                            (v ? along(s, q, x, v) : coefficient(s, q, c, x));
                pull *= (weights ? weights[i] : 1) * slope(s, o, w, x);
                if (u)
                    bend = -u[i * D + o] * sin(argument(s, o, w, x)) *
                           (v ? along(s, o, x, v) : coefficient(s, o, c, x));
                for (size_t j = 0; j < P; j++)
                    row[j] += (pull + bend) * coefficient(s, o, j, x);
            }
}

static int hessian(void *user, const double *w, size_t n, const double *inputs,
                   const double *weights, const double *metric, const double *u, double *matrix)
{
    const shape *s = user;
    add_hessian(s, w, n, inputs, weights, metric, u, s->P, NULL, matrix);
    return ended(s, w);
}

static int hessian_vectors(void *user, const double *w, size_t n, const double *inputs,
                           const double *weights, const double *metric, const double *u,
                           size_t count, const double *directions, double *results)
{
    const shape *s = user;
    add_hessian(s, w, n, inputs, weights, metric, u, count, directions, results);
    return ended(s, w);
}

/* ---- Models of callbacks ---- */

/* Some of what is known of it, now and then wrong. */
static critpt_status declare(fuzz *f, critpt_model *model)
{
    size_t P = critpt_model_n_weights(model), D = critpt_model_n_outputs(model), some[4];
    for (size_t i = 0; i < 4; i++)
        some[i] = fuzz_index(f, P);
    switch (fuzz_draw(f, 4)) {
    case 0:
        return critpt_model_declare_draws(model, fuzz_array(f, 1, P, P), fuzz_array(f, 1, P, P),
                                          fuzz_length(f, P));
    case 1:
        return fuzz_draw(f, 4) ? CRITPT_OK
                               : critpt_model_declare_constants(model, some, fuzz_length(f, D));
    case 2:
        return fuzz_draw(f, 4) ? CRITPT_OK
                               : critpt_model_declare_linear(model, some, fuzz_draw(f, 4));
    default:
        return CRITPT_OK;
    }
}

/* Any of its callbacks but the outputs may be missing. */
critpt_status fuzz_make_callbacks(fuzz *f)
{
    critpt_model_callbacks table = {sizeof table,
                                    outputs,
                                    jacobian,
                                    jacobian_vector,
                                    transposed,
                                    curvature,
                                    curvature_vector,
                                    second_directional,
                                    kink_margins,
                                    outputs_complex,
                                    outputs_extended,
                                    fuzz_draw(f, 3) ? 0 : 1 + fuzz_draw(f, 7),
                                    0,
                                    hessian,
                                    hessian_vectors,
                                    curvature_adjoint};
    const shape *s = &shapes[fuzz_draw(f, sizeof shapes / sizeof *shapes)];
    size_t less = fuzz_draw(f, 3);
    critpt_model *model = NULL;
#define MAYBE(name) (less && fuzz_draw(f, 3) < less ? (void)(table.name = NULL) : (void)0)
    MAYBE(jacobian), MAYBE(jacobian_vector), MAYBE(jacobian_transposed_vector);
    MAYBE(curvature), MAYBE(curvature_vector), MAYBE(second_directional), MAYBE(kink_margins);
    MAYBE(outputs_complex), MAYBE(outputs_extended), MAYBE(hessian), MAYBE(hessian_vectors);
    MAYBE(curvature_adjoint);
    if (fuzz_seldom(f))
        table.struct_size = fuzz_length(f, sizeof table) / (1 + fuzz_draw(f, 3));
    critpt_status status =
        critpt_model_create(&model, fuzz_seldom(f) ? 0 : s->d, s->D, s->P, &table, (void *)s);
    if (status == CRITPT_OK)
        status = declare(f, model);
    FUZZ_KEEP(f, models, critpt_model_destroy, model);
    return status;
}

critpt_status fuzz_check_model(fuzz *f)
{
    const critpt_model *model = FUZZ_PICK(f, models);
    size_t P = critpt_model_n_weights(model), d = critpt_model_n_inputs(model);
    size_t n = fuzz_seldom(f) ? SIZE_MAX / 2 : fuzz_draw(f, 6), leading = fuzz_leading(f, d);
    (void)critpt_model_exact_orders(model);
    return critpt_model_check(model, fuzz_array(f, 1, P, P), fuzz_length(f, P), n,
                              fuzz_array(f, n, d, leading), leading);
}

/* ---- Runs ---- */

static critpt_status evaluate(fuzz *f, critpt_run *run, size_t P, size_t rows)
{
    size_t indices[4] = {fuzz_index(f, 9), fuzz_index(f, 9), 0, 1}, n = fuzz_length(f, P);
    size_t leading = fuzz_leading(f, P);
    const double *w = fuzz_array(f, 1, P, P);
    double *g = fuzz_array(f, 1, P, P);
    switch (fuzz_draw(f, 8)) {
    case 0:
        return critpt_run_loss(run, w, n, fuzz_place(f));
    case 1:
        return critpt_run_hessian(run, w, n, fuzz_array(f, P, P, leading), leading);
    case 2:
        return critpt_run_residuals(run, w, n, fuzz_array(f, 1, rows, rows), fuzz_length(f, rows));
    case 3:
        return critpt_run_jacobian(run, w, n, fuzz_array(f, rows, P, leading), leading);
    case 4:
        return critpt_run_hessian_vector(run, w, n, fuzz_array(f, 1, P, P), n, g, n);
    case 5:
        return fuzz_draw(f, 3) ? critpt_run_select(run, NULL, 0)
                               : critpt_run_select(run, indices, fuzz_draw(f, 5));
    default:
        return critpt_run_gradient(run, w, n, g, fuzz_length(f, P), fuzz_place(f));
    }
}

static critpt_status ask(fuzz *f, critpt_run *run, size_t P)
{
    size_t record = fuzz_index(f, critpt_run_n_records(run)), n = fuzz_length(f, P);
    size_t point = fuzz_index(f, critpt_run_n_points(run));
    unsigned reasons;
    int exact;
    switch (fuzz_draw(f, 7)) {
    case 0:
        return critpt_run_best(run, fuzz_array(f, 1, P, P), n, fuzz_place(f));
    case 1:
        return critpt_run_point(run, point, fuzz_array(f, 1, P, P), n);
    case 2:
        return critpt_run_optimum(run, fuzz_place(f));
    case 3:
        return critpt_run_record(run, record, (critpt_run_quantity)fuzz_draw(f, 6), fuzz_place(f));
    case 4:
        return critpt_run_record_reasons(run, record, fuzz_seldom(f) ? NULL : &reasons);
    case 5:
        return critpt_run_record_distance(run, record, point, fuzz_place(f), &exact);
    default:
        return critpt_run_record_weights(run, record, fuzz_array(f, 1, P, P), n);
    }
}

static critpt_status set(fuzz *f, critpt_run *run, size_t P)
{
    switch (fuzz_draw(f, 5)) {
    case 0:
        return critpt_run_set_cost(run, (critpt_evaluation)fuzz_draw(f, 7), fuzz_draw(f, 9));
    case 1:
        return critpt_run_set_grid(run, fuzz_length(f, 1 + fuzz_draw(f, 10000)));
    case 2:
        return critpt_run_watch_index(run, (int)fuzz_draw(f, 2));
    case 3:
        return critpt_run_keep_weights(run, (int)fuzz_draw(f, 2));
    default:
        return critpt_run_add_point(run, fuzz_array(f, 1, P, P), fuzz_length(f, P),
                                    fuzz_draw(f, 2) ? fabs(fuzz_value(f)) : NAN,
                                    fuzz_size_place(f));
    }
}

/* A whole run, in which every call may be wrong; what the last of them said. */
critpt_status fuzz_run(fuzz *f)
{
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    const critpt_model *model = critpt_landscape_model(L);
    size_t P = critpt_model_n_weights(model);
    size_t rows = critpt_landscape_n_samples(L) * critpt_model_n_outputs(model);
    critpt_run *run = NULL;
    critpt_status status = critpt_run_create(&run, L, fuzz_seldom(f) ? 0 : 1 + fuzz_draw(f, 200));
    if (status != CRITPT_OK)
        return status;
    for (size_t i = fuzz_draw(f, 4); i > 0; i--)
        status = set(f, run, P), fuzz_forget_arrays(f);
    for (size_t i = fuzz_draw(f, 30); i > 0; i--) {
        status = fuzz_draw(f, 5) ? evaluate(f, run, P, rows) : ask(f, run, P);
        fuzz_forget_arrays(f);
    }
    if (fuzz_draw(f, 4))
        status = critpt_run_end(run);
    for (size_t i = fuzz_draw(f, 9); i > 0; i--)
        status = ask(f, run, P), fuzz_forget_arrays(f);
    ck_assert(critpt_run_evaluations(run) <= critpt_run_budget(run));
    (void)critpt_run_is_informed(run);
    (void)critpt_run_n_samples_spent(run);
    critpt_run_destroy(run);
    return status;
}

/* ---- Basins ---- */

/* A minimum where it can be had, which its own plan makes. */
static critpt_status plant_minimum(const fuzz *f, critpt_landscape *L, const double *w, size_t P)
{
    critpt_plan *plan = NULL;
    critpt_status status = critpt_plan_create(&plan, L);
    if (status == CRITPT_OK)
        status = critpt_plan_add_point(plan, w, P, NULL);
    if (status == CRITPT_OK)
        status = critpt_plan_require_minimum(plan, 0, 0.05, NULL);
    if (status == CRITPT_OK)
        status = critpt_plan_solve(plan, f->plan_options[0]);
    critpt_plan_destroy(plan);
    return status;
}

critpt_status fuzz_basin(fuzz *f)
{
    critpt_landscape *L = FUZZ_PICK(f, landscapes);
    size_t P = critpt_model_n_weights(critpt_landscape_model(L)), n_starts, n_returned;
    const double *w = fuzz_array(f, 1, P, P);
    double radius;
    critpt_basin *basin = NULL;
    if (w && fuzz_draw(f, 8))
        (void)plant_minimum(f, L, w, P);
    critpt_status status = critpt_landscape_basin(
        &basin, L, w, fuzz_length(f, P), 1 + fuzz_draw(f, 400), FUZZ_PICK(f, spectrum_options));
    if (status == CRITPT_OK && critpt_basin_n_tried(basin) > 0)
        status = critpt_basin_tried(basin, fuzz_index(f, critpt_basin_n_tried(basin)), &radius,
                                    &n_starts, &n_returned);
    ck_assert(!basin || isfinite(critpt_basin_radius(basin)) || critpt_basin_reason(basin));
    critpt_basin_destroy(basin);
    return status;
}

/* ---- Calls of which others have a variant ---- */

critpt_status fuzz_with_options(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    size_t P = critpt_model_n_weights(critpt_landscape_model(L)), n = fuzz_draw(f, 9);
    switch (fuzz_draw(f, 4)) {
    case 0:
        if (critpt_plan_n_points(plan) > 4)
            return CRITPT_OK; /* larger plans take their time */
        return critpt_plan_draw_points_with_options(
            plan, 1 + fuzz_draw(f, 2), 2 + fuzz_draw(f, 2), fuzz_value(f), fuzz_draw(f, 99),
            FUZZ_PICK(f, plan_options), NULL, fuzz_draw(f, 2) ? fuzz_place(f) : NULL);
    case 1:
        return critpt_spectrum_density_with_options(
            L, fuzz_array(f, 1, P, P), fuzz_length(f, P), FUZZ_PICK(f, spectrum_options),
            fuzz_draw(f, 3), fuzz_draw(f, 9), fabs(fuzz_value(f)), fuzz_array(f, 1, n, n), n,
            fuzz_array(f, 1, n, n));
    case 2:
        return critpt_random_normal(fuzz_draw(f, 9), fuzz_draw(f, 20), fuzz_length(f, 5),
                                    fuzz_array(f, 1, n, n), n);
    default:
        return critpt_random_uniform(fuzz_draw(f, 9), fuzz_draw(f, 20), fuzz_length(f, 5),
                                     fuzz_array(f, 1, n, n), n);
    }
}
