/* Samples spread over processes: what a landscape computes over one to four of them, some without
 * samples, is what one that holds all samples computes. */
#include "reduction_support.h"

/* ---- Evaluations ---- */

typedef struct evaluations {
    size_t P;
    double loss, unit, margin;
    double *gradient, *rounded, *pulled, *hessian, *gauss_newton, *curvature, *products;
    double *density;
    const double *weights, *cotangent; /* N x D */
} evaluations;

enum { VECTORS = 3, GRID = 5 };

static evaluations evaluations_create(const scene *s, const double *cotangent)
{
    size_t P = s->P;
    return (evaluations){.P = P,
                         .gradient = NEW(double, P),
                         .rounded = NEW(double, P),
                         .pulled = NEW(double, P),
                         .hessian = NEW(double, P *P),
                         .gauss_newton = NEW(double, P *P),
                         .curvature = NEW(double, P *(P + 2)),
                         .products = NEW(double, VECTORS *(P + 1)),
                         .density = NEW(double, GRID),
                         .weights = s->weights,
                         .cotangent = cotangent};
}

static void evaluations_free(evaluations *e)
{
    free(e->gradient), free(e->rounded), free(e->pulled), free(e->hessian), free(e->gauss_newton);
    free(e->curvature), free(e->products), free(e->density);
}

static void evaluate(process *self)
{
    evaluations *e = self->user;
    const critpt_landscape *L = self->landscape;
    size_t P = e->P, D = critpt_model_n_outputs(critpt_landscape_model(L));
    const double *w = e->weights, *u = e->cotangent + self->first * D;
    const double grid[GRID] = {-0.5, 0, 0.5, 1, 2};
    double *directions = normal(VECTORS * P, 8);
    critpt_workspace *workspace = NULL;
    process_try(self, critpt_workspace_create(&workspace, L));
    process_try(self, critpt_landscape_gradient(L, workspace, w, P, e->gradient, P, &e->loss));
    process_try(self, critpt_landscape_gradient_float32(L, NULL, w, P, e->rounded, P));
    process_try(
        self, critpt_landscape_jacobian_transposed_vector(L, workspace, w, P, u, D, e->pulled, P));
    process_try(self, critpt_landscape_gradient_unit(L, workspace, w, P, &e->unit));
    process_try(self, critpt_landscape_kink_margin(L, workspace, w, P, &e->margin));
    process_try(self, critpt_landscape_hessian(L, workspace, w, P, e->hessian, P));
    process_try(self, critpt_landscape_gauss_newton(L, NULL, w, P, e->gauss_newton, P));
    process_try(self, critpt_landscape_residual_curvature(L, NULL, w, P, e->curvature, P + 2));
    process_try(self, critpt_landscape_hessian_vectors(L, workspace, w, P, VECTORS, directions, P,
                                                       e->products, P + 1));
    process_try(self, critpt_spectrum_density(L, w, P, 1, 2, 6, 0.5, grid, GRID, e->density));
    critpt_workspace_destroy(workspace);
    free(directions);
}

static void compare_evaluations(const evaluations *e, const evaluations *alone)
{
    size_t P = e->P;
    double rounding = 1e-13;
    assert_vector("loss", 1, &e->loss, &alone->loss, rounding);
    assert_vector("gradient", P, e->gradient, alone->gradient, rounding);
    assert_vector("float32 gradient", P, e->rounded, alone->rounded, rounding);
    assert_vector("J'u", P, e->pulled, alone->pulled, rounding);
    assert_vector("unit", 1, &e->unit, &alone->unit, rounding);
    ck_assert_double_eq(e->margin, alone->margin);
    assert_vector("Hessian", P * P, e->hessian, alone->hessian, rounding);
    assert_vector("Gauss-Newton", P * P, e->gauss_newton, alone->gauss_newton, rounding);
    for (size_t j = 0; j < P; j++)
        assert_vector("residual curvature", P, e->curvature + j * (P + 2),
                      alone->curvature + j * (P + 2), 1e-12);
    for (size_t j = 0; j < VECTORS; j++)
        assert_vector("products", P, e->products + j * (P + 1), alone->products + j * (P + 1),
                      rounding);
    assert_vector("density", GRID, e->density, alone->density, 1e-9);
}

static void evaluate_everywhere(const net *shape, const double *s, const double *m)
{
    scene all = scene_create(shape, N, 1);
    double *cotangent = normal(N * all.D, 12);
    const whole of = {&all, s, m};
    if (s)
        ASSERT_OK(critpt_landscape_set_sample_weights(all.landscape, s, N));
    if (m)
        ASSERT_OK(critpt_landscape_set_output_metric(all.landscape, m, all.D));
    evaluations alone = evaluations_create(&all, cotangent);
    process single = {.landscape = all.landscape, .user = &alone};
    evaluate(&single);
    assert_all(&single, 1, CRITPT_OK, NULL);
    for (size_t i = 0; i < N_SPLITS; i++) {
        meeting meets;
        process processes[MOST_PROCESSES];
        evaluations parts[MOST_PROCESSES];
        void *users[MOST_PROCESSES];
        for (size_t r = 0; r < splits[i].p; r++) {
            parts[r] = evaluations_create(&all, cotangent);
            users[r] = &parts[r];
        }
        meeting_create(&meets, splits[i].p);
        processes_run(&of, splits[i].p, splits[i].counts, &meets, evaluate, users, processes);
        assert_all(processes, splits[i].p, CRITPT_OK, NULL);
        for (size_t r = 0; r < splits[i].p; r++) {
            compare_evaluations(&parts[r], &alone);
            evaluations_free(&parts[r]);
        }
        meeting_destroy(&meets);
    }
    evaluations_free(&alone);
    free(cotangent);
    scene_destroy(&all);
}

START_TEST(evaluations_are_those_of_all_samples)
{
    double *s = sample_weights();
    evaluate_everywhere(&tanh_net, NULL, NULL);
    evaluate_everywhere(&tanh_net, s, metric);
    evaluate_everywhere(&relu_net, s, NULL);
    free(s);
}
END_TEST

/* ---- Spectra ---- */

typedef struct spectra {
    const double *weights;
    size_t P, n_extreme, n, index;
    critpt_kind kind;
    double *values, scaled;
} spectra;

static void find_spectrum(process *self)
{
    spectra *e = self->user;
    critpt_spectrum *spectrum = NULL;
    critpt_spectrum_options *options = NULL;
    process_try(self, critpt_spectrum_options_create(&options));
    process_try(self, critpt_spectrum_options_set_n_extreme(options, e->n_extreme));
    if (process_try(
            self, critpt_spectrum_create(&spectrum, self->landscape, e->weights, e->P, options))) {
        e->n = critpt_spectrum_n_eigenvalues(spectrum);
        e->index = critpt_spectrum_index(spectrum);
        e->kind = critpt_spectrum_kind(spectrum);
        e->scaled = critpt_spectrum_gradient_scaled(spectrum);
        for (size_t i = 0; i < e->n; i++)
            process_try(self, critpt_spectrum_eigenvalue(spectrum, i, &e->values[i], NULL));
    }
    critpt_spectrum_destroy(spectrum);
    critpt_spectrum_options_destroy(options);
}

START_TEST(spectra_are_those_of_all_samples)
{
    double *s = sample_weights();
    scene all = scene_create(&tanh_net, N, 3);
    const whole of = {&all, s, metric};
    ASSERT_OK(critpt_landscape_set_sample_weights(all.landscape, s, N));
    ASSERT_OK(critpt_landscape_set_output_metric(all.landscape, metric, all.D));
    for (size_t n_extreme = 0; n_extreme <= 4; n_extreme += 4) {
        spectra alone = {all.weights, all.P, n_extreme, .values = NEW(double, all.P)};
        process single = {.landscape = all.landscape, .user = &alone};
        find_spectrum(&single);
        assert_all(&single, 1, CRITPT_OK, NULL);
        double width = fabs(alone.values[0]) + fabs(alone.values[alone.n - 1]);
        for (size_t i = 0; i < N_SPLITS; i++) {
            meeting meets;
            process processes[MOST_PROCESSES];
            spectra parts[MOST_PROCESSES];
            void *users[MOST_PROCESSES];
            for (size_t r = 0; r < splits[i].p; r++) {
                parts[r] = alone;
                parts[r].values = NEW(double, all.P);
                users[r] = &parts[r];
            }
            meeting_create(&meets, splits[i].p);
            processes_run(&of, splits[i].p, splits[i].counts, &meets, find_spectrum, users,
                          processes);
            assert_all(processes, splits[i].p, CRITPT_OK, NULL);
            for (size_t r = 0; r < splits[i].p; r++) {
                ck_assert_uint_eq(parts[r].n, alone.n);
                ck_assert_uint_eq(parts[r].index, alone.index);
                ck_assert_int_eq(parts[r].kind, alone.kind);
                for (size_t j = 0; j < alone.n; j++)
                    ASSERT_NEAR(parts[r].values[j], alone.values[j], width, 1e-10);
                free(parts[r].values);
            }
            meeting_destroy(&meets);
        }
        free(alone.values);
    }
    free(s);
    scene_destroy(&all);
}
END_TEST

/* ---- Runs ---- */

enum { BUDGET = 9, MOST_RECORDS = 64 };

typedef struct descent {
    const scene *all;
    size_t evaluations, n;                 /* records */
    double *end, records[MOST_RECORDS][5]; /* evaluations, loss, best, gradient norm, distance */
} descent;

static void keep_records(process *self, critpt_run *run, descent *d)
{
    d->n = critpt_run_n_records(run);
    for (size_t i = 0; i < d->n && i < MOST_RECORDS; i++) {
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_EVALUATIONS, &d->records[i][0]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_LOSS, &d->records[i][1]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_BEST_LOSS, &d->records[i][2]));
        process_try(self, critpt_run_record(run, i, CRITPT_RUN_GRADIENT_NORM, &d->records[i][3]));
        process_try(self, critpt_run_record_distance(run, i, 0, &d->records[i][4], NULL));
    }
}

/* Gradient descent until the budget is spent, which all of them notice at once. */
static void descend(process *self)
{
    descent *d = self->user;
    size_t P = d->all->P;
    double *w = NEW(double, P), *g = NEW(double, P), loss;
    critpt_run *run = NULL;
    critpt_status status = CRITPT_OK;
    memcpy(w, d->all->weights, P * sizeof *w);
    if (process_try(self, critpt_run_create(&run, self->landscape, BUDGET))) {
        process_try(self, critpt_run_add_point(run, w, P, 0, NULL));
        for (size_t step = 0; status == CRITPT_OK && step < 2 * BUDGET; step++) {
            status = critpt_run_gradient(run, w, P, g, P, &loss);
            for (size_t i = 0; status == CRITPT_OK && i < P; i++)
                w[i] -= 0.05 * g[i];
        }
        if (status != CRITPT_BUDGET_SPENT)
            process_try(self, status == CRITPT_OK ? CRITPT_NOT_CONVERGED : status);
        process_try(self, critpt_run_end(run));
        d->evaluations = critpt_run_evaluations(run);
        keep_records(self, run, d);
    }
    memcpy(d->end, w, P * sizeof *w);
    critpt_run_destroy(run);
    free(w);
    free(g);
}

START_TEST(runs_are_those_on_all_samples)
{
    scene all = scene_create(&tanh_net, N, 2);
    const whole of = {&all, NULL, NULL};
    descent alone = {.all = &all, .end = NEW(double, all.P)};
    process single = {.landscape = all.landscape, .user = &alone};
    descend(&single);
    assert_all(&single, 1, CRITPT_OK, NULL);
    ck_assert_uint_eq(alone.evaluations, BUDGET);
    ck_assert(alone.n > 2 && alone.n <= MOST_RECORDS);
    for (size_t i = 0; i < N_SPLITS; i++) {
        meeting meets;
        process processes[MOST_PROCESSES];
        descent parts[MOST_PROCESSES];
        void *users[MOST_PROCESSES];
        for (size_t r = 0; r < splits[i].p; r++) {
            parts[r] = (descent){.all = &all, .end = NEW(double, all.P)};
            users[r] = &parts[r];
        }
        meeting_create(&meets, splits[i].p);
        processes_run(&of, splits[i].p, splits[i].counts, &meets, descend, users, processes);
        assert_all(processes, splits[i].p, CRITPT_OK, NULL);
        for (size_t r = 0; r < splits[i].p; r++) {
            ck_assert_uint_eq(parts[r].evaluations, BUDGET);
            ck_assert_uint_eq(parts[r].n, alone.n);
            assert_vector("where it ends", all.P, parts[r].end, alone.end, 1e-12);
            for (size_t k = 0; k < alone.n; k++)
                assert_vector("a record", 5, parts[r].records[k], alone.records[k], 1e-12);
            free(parts[r].end);
        }
        meeting_destroy(&meets);
    }
    free(alone.end);
    scene_destroy(&all);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        evaluations_are_those_of_all_samples,
        spectra_are_those_of_all_samples,
        runs_are_those_on_all_samples,
    };
    return test_main("reduction", tests, sizeof tests / sizeof *tests);
}
