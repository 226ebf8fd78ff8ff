/* Runs: what is charged, refused, recorded and told, against an account kept beside them. */
#include "support.h"

#include "dice.h"

static const net shapes[] = {
    {3, 2, {4, 1}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}},
    {2, 3, {3, 3, 2}, {CRITPT_TANH, CRITPT_SIGMOID, CRITPT_IDENTITY}, {1, 0, 1}},
    {4, 1, {2}, {CRITPT_SOFTPLUS}, {1}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, SAMPLES = 30 };

static critpt_run *run_create(const scene *s, size_t budget)
{
    critpt_run *run;
    ASSERT_OK(critpt_run_create(&run, s->landscape, budget));
    return run;
}

static double value_of(const critpt_run *run, size_t record, critpt_run_quantity quantity)
{
    double value;
    ASSERT_OK(critpt_run_record(run, record, quantity, &value));
    return value;
}

static unsigned reasons_of(const critpt_run *run, size_t record)
{
    unsigned reasons;
    ASSERT_OK(critpt_run_record_reasons(run, record, &reasons));
    return reasons;
}

static double loss_at(const scene *s, const double *weights)
{
    double loss;
    ASSERT_OK(critpt_landscape_loss(s->landscape, NULL, weights, s->P, &loss));
    return loss;
}

/* ---- Against an account ----
 *
 * Random evaluations at random weights. The account knows the loss over all samples wherever it was
 * asked for, and expects a record exactly where the manual says that there is one. */

typedef struct account {
    size_t samples, counts[6];
    size_t seen; /* evaluations at which the loss was last known */
    double best, *last;
    bool last_known;
    size_t records;
} account;

/* Whether some 10^(j / per_decade), rounded up, lies in (before, now]. */
static bool passes_node(size_t per_decade, size_t before, size_t now)
{
    for (size_t j = 0; j < 12 * per_decade; j++) {
        long double node = ceill(powl(10, (long double)j / (long double)per_decade) - 1e-15L);
        if (node > before && node <= now)
            return true;
    }
    return false;
}

/* Whether some 10^(k/5) lies in [now, before), or 0 does. */
static bool passes_target(double before, double now)
{
    if (now <= 0)
        return before > 0;
    for (int k = -100; k <= 100; k++) {
        double target = pow(10, k / 5.0);
        if (now <= target && (target < before || isinf(before)))
            return true;
    }
    return false;
}

typedef struct trial {
    scene s;
    critpt_run *run;
    account a;
    size_t per_decade, budget, cost[6];
    double optimum;
    double *weights, *room;
    size_t selected, indices[SAMPLES];
} trial;

static void evaluate(trial *t, critpt_evaluation kind, critpt_status *status)
{
    size_t P = t->s.P, ND = t->s.N * t->s.D;
    double loss;
    switch (kind) {
    case CRITPT_EVALUATION_LOSS:
        *status = critpt_run_loss(t->run, t->weights, P, &loss);
        break;
    case CRITPT_EVALUATION_GRADIENT:
        *status = critpt_run_gradient(t->run, t->weights, P, t->room, P, NULL);
        break;
    case CRITPT_EVALUATION_HESSIAN_VECTOR:
        *status = critpt_run_hessian_vector(t->run, t->weights, P, t->weights, P, t->room, P);
        break;
    case CRITPT_EVALUATION_HESSIAN:
        *status = critpt_run_hessian(t->run, t->weights, P, t->room, P);
        break;
    case CRITPT_EVALUATION_RESIDUALS:
        *status = critpt_run_residuals(t->run, t->weights, P, t->room, ND);
        break;
    default:
        *status = critpt_run_jacobian(t->run, t->weights, P, t->room, P);
    }
}

/* The record that the account expects last. */
static void assert_record(const trial *t, size_t evaluations, unsigned reasons)
{
    size_t last = critpt_run_n_records(t->run) - 1;
    double *gradient = NEW(double, t->s.P), norm = 0, loss;
    ASSERT_OK(critpt_landscape_gradient(t->s.landscape, NULL, t->weights, t->s.P, gradient, t->s.P,
                                        &loss));
    for (size_t i = 0; i < t->s.P; i++)
        norm = hypot(norm, gradient[i]);
    ck_assert_uint_eq((size_t)value_of(t->run, last, CRITPT_RUN_EVALUATIONS), evaluations);
    ASSERT_NEAR(value_of(t->run, last, CRITPT_RUN_LOSS), loss, loss, 1e-14);
    ASSERT_NEAR(value_of(t->run, last, CRITPT_RUN_BEST_LOSS), t->a.best, t->a.best, 1e-14);
    ASSERT_NEAR(value_of(t->run, last, CRITPT_RUN_GRADIENT_NORM), norm, norm, 1e-13);
    ck_assert(isnan(value_of(t->run, last, CRITPT_RUN_INDEX)));
    ck_assert_uint_eq(reasons_of(t->run, last), reasons);
    free(gradient);
}

/* Keeps the account of an evaluation that was made. */
static void keep(trial *t, critpt_evaluation kind, size_t spent)
{
    account *a = &t->a;
    size_t N = t->s.N, before = (a->samples + N - 1) / N, now = (spent + N - 1) / N;
    bool tells =
        t->selected == 0 && (kind == CRITPT_EVALUATION_LOSS || kind == CRITPT_EVALUATION_GRADIENT ||
                             kind == CRITPT_EVALUATION_RESIDUALS);
    bool moved = !a->samples || memcmp(t->weights, a->last, t->s.P * sizeof(double)) != 0;
    bool grid = passes_node(t->per_decade, before, now);
    bool known = tells || grid || (now > a->seen && (moved || !a->last_known));
    double loss = known ? loss_at(&t->s, t->weights) : INFINITY, old = a->best;
    a->best = fmin(a->best, loss);
    bool target = passes_target(old - t->optimum, a->best - t->optimum);
    a->seen = known ? now : a->seen;
    a->last_known = known || (a->last_known && !moved);
    a->samples = spent;
    a->counts[kind]++;
    memcpy(a->last, t->weights, t->s.P * sizeof(double));
    a->records += grid || target;
    ck_assert_uint_eq(critpt_run_n_records(t->run), a->records);
    ck_assert_uint_eq(critpt_run_evaluations(t->run), now);
    if (grid || target)
        assert_record(t, now, (grid ? CRITPT_RUN_GRID : 0u) | (target ? CRITPT_RUN_TARGET : 0u));
}

static void select_samples(trial *t, dice *d)
{
    t->selected = roll(d, 2) ? 1 + roll(d, SAMPLES) : 0;
    for (size_t i = 0; i < t->selected; i++)
        t->indices[i] = roll(d, SAMPLES);
    ASSERT_OK(critpt_run_select(t->run, t->selected ? t->indices : NULL, t->selected));
}

static void step(trial *t, dice *d)
{
    critpt_evaluation kind = (critpt_evaluation)roll(d, 6);
    bool whole_only = kind >= CRITPT_EVALUATION_RESIDUALS;
    critpt_status status;
    if (roll(d, 4) == 0)
        select_samples(t, d);
    if (roll(d, 3))
        for (size_t i = 0; i < t->s.P; i++) /* nearer to the point, on the whole */
            t->weights[i] += 0.3 * (t->s.weights[i] - t->weights[i]) + 0.04 * (uniform(d) - 0.5);
    size_t n = t->selected ? t->selected : t->s.N, spent = t->a.samples + n * t->cost[kind];
    evaluate(t, kind, &status);
    if (spent > t->budget * t->s.N)
        ck_assert_int_eq(status, CRITPT_BUDGET_SPENT);
    else if (whole_only && t->selected)
        ck_assert_int_eq(status, CRITPT_UNSUPPORTED);
    else if (status == CRITPT_OK)
        keep(t, kind, spent);
    else
        ck_assert_msg(0, "%s", critpt_error_message());
    ck_assert_uint_eq(critpt_run_evaluations(t->run), (t->a.samples + t->s.N - 1) / t->s.N);
}

static void trial_begin(trial *t, dice *d)
{
    t->s = scene_create(&shapes[roll(d, SHAPES)], SAMPLES, roll(d, 1000));
    t->budget = 20 + roll(d, 200);
    t->run = run_create(&t->s, t->budget);
    t->per_decade = 1 + roll(d, 30);
    t->optimum = loss_at(&t->s, t->s.weights) - (roll(d, 2) ? 1e-3 : -1e-3);
    ASSERT_OK(critpt_run_set_grid(t->run, t->per_decade));
    ASSERT_OK(critpt_run_add_point(t->run, t->s.weights, t->s.P, t->optimum, NULL));
    for (int kind = 0; kind < 6; kind++)
        t->cost[kind] = 1;
    t->cost[CRITPT_EVALUATION_HESSIAN] = t->s.P;
    t->cost[CRITPT_EVALUATION_JACOBIAN] = t->s.D;
    size_t changed = roll(d, 6);
    t->cost[changed] = 1 + roll(d, 4);
    ASSERT_OK(critpt_run_set_cost(t->run, (critpt_evaluation)changed, t->cost[changed]));
    t->a = (account){.best = INFINITY, .last = NEW(double, t->s.P)};
    t->weights = NEW(double, t->s.P);
    t->room = NEW(double, t->s.N * t->s.D * t->s.P + t->s.P * t->s.P);
    t->selected = 0;
    for (size_t i = 0; i < t->s.P; i++)
        t->weights[i] = t->s.weights[i] + 2 * uniform(d) - 1;
}

static void trial_end(trial *t)
{
    double best;
    for (int kind = 0; kind < 6; kind++)
        ck_assert_uint_eq(critpt_run_n_evaluations(t->run, (critpt_evaluation)kind),
                          t->a.counts[kind]);
    ck_assert_uint_eq(critpt_run_n_samples_spent(t->run), t->a.samples);
    if (!isinf(t->a.best)) {
        ASSERT_OK(critpt_run_best(t->run, t->room, t->s.P, &best));
        ASSERT_NEAR(best, t->a.best, best, 1e-14);
        ASSERT_NEAR(loss_at(&t->s, t->room), best, best, 1e-14);
    }
    ck_assert(!critpt_run_is_informed(t->run));
    critpt_run_destroy(t->run);
    scene_destroy(&t->s);
    free(t->a.last), free(t->weights), free(t->room);
}

START_TEST(runs_keep_the_accounts_that_the_manual_states)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        dice d = {seed, 0};
        trial t;
        trial_begin(&t, &d);
        for (size_t i = 0; i < 120; i++)
            step(&t, &d);
        trial_end(&t);
    }
}
END_TEST

/* ---- The budget ---- */

START_TEST(a_spent_budget_refuses_and_a_failed_call_costs_nothing)
{
    scene s = scene_create(&shapes[0], SAMPLES, 1);
    critpt_run *run = run_create(&s, 3);
    double *g = NEW(double, s.P *s.P), loss = -1, kept = s.weights[1];
    ASSERT_OK(critpt_run_gradient(run, s.weights, s.P, g, s.P, &loss));
    ASSERT_NEAR(loss, loss_at(&s, s.weights), loss, 0);
    s.weights[1] = NAN;
    ASSERT_FAILS(critpt_run_loss(run, s.weights, s.P, &loss), CRITPT_NON_FINITE, "1");
    s.weights[1] = kept;
    ASSERT_FAILS(critpt_run_loss(run, s.weights, s.P - 1, &loss), CRITPT_INVALID_ARGUMENT, "");
    ASSERT_FAILS(critpt_run_hessian(run, s.weights, s.P, g, s.P), CRITPT_BUDGET_SPENT,
                 "2 are left");
    ck_assert_uint_eq(critpt_run_evaluations(run), 1);
    ASSERT_OK(critpt_run_loss(run, s.weights, s.P, &loss));
    ASSERT_OK(critpt_run_loss(run, s.weights, s.P, &loss));
    ASSERT_FAILS(critpt_run_loss(run, s.weights, s.P, &loss), CRITPT_BUDGET_SPENT, "3 evaluations");
    ck_assert_uint_eq(critpt_run_evaluations(run), 3);
    ck_assert_uint_eq(critpt_run_budget(run), 3);
    ASSERT_OK(critpt_run_end(run));
    ASSERT_OK(critpt_run_end(run));
    ASSERT_FAILS(critpt_run_loss(run, s.weights, s.P, &loss), CRITPT_INVALID_ARGUMENT, "ended");
    critpt_run_destroy(run);
    ASSERT_FAILS(critpt_run_create(&run, s.landscape, SIZE_MAX / 2), CRITPT_SIZE_OVERFLOW,
                 "budget");
    free(g);
    scene_destroy(&s);
}
END_TEST

START_TEST(minibatches_cost_their_share)
{
    scene s = scene_create(&shapes[0], SAMPLES, 1);
    critpt_run *run = run_create(&s, 2);
    const size_t third[SAMPLES / 3] = {3, 1, 4, 1, 5};
    double *g = NEW(double, s.P), loss;
    ASSERT_OK(critpt_run_select(run, third, SAMPLES / 3));
    for (size_t i = 0; i < 6; i++) {
        s.weights[0] += 0.1; /* the observer looks at all samples once in an evaluation */
        ASSERT_OK(critpt_run_gradient(run, s.weights, s.P, g, s.P, &loss));
        ck_assert_uint_eq(critpt_run_n_samples_spent(run), (i + 1) * SAMPLES / 3);
        ck_assert_uint_eq(critpt_run_evaluations(run), i / 3 + 1);
        if (i == 0)
            ASSERT_NEAR(value_of(run, 0, CRITPT_RUN_LOSS), loss_at(&s, s.weights), loss, 1e-14);
    }
    ASSERT_FAILS(critpt_run_gradient(run, s.weights, s.P, g, s.P, &loss), CRITPT_BUDGET_SPENT, "0");
    ASSERT_OK(critpt_run_end(run)); /* the sixth was not looked at */
    size_t last = critpt_run_n_records(run) - 1;
    ck_assert_uint_eq(reasons_of(run, last), CRITPT_RUN_LAST);
    ASSERT_NEAR(value_of(run, last, CRITPT_RUN_LOSS), loss_at(&s, s.weights), loss, 1e-14);
    critpt_run_destroy(run);
    free(g);
    scene_destroy(&s);
}
END_TEST

/* ---- Planted points ---- */

/* Gradient descent towards nowhere in particular, with everything recorded. */
static critpt_run *descend(const scene *s, size_t steps, bool with_point)
{
    critpt_run *run = run_create(s, steps);
    double *w = NEW(double, s->P), *g = NEW(double, s->P), loss;
    if (with_point)
        ASSERT_OK(critpt_run_add_point(run, s->weights, s->P, NAN, NULL));
    ASSERT_OK(critpt_run_keep_weights(run, 1));
    ASSERT_OK(critpt_run_watch_index(run, 1));
    memcpy(w, s->weights, s->P * sizeof *w);
    for (size_t i = 0; i < steps; i++) {
        ASSERT_OK(critpt_run_gradient(run, w, s->P, g, s->P, &loss));
        for (size_t j = 0; j < s->P; j++)
            w[j] -= 0.01 * g[j];
    }
    free(w), free(g);
    return run;
}

START_TEST(distances_do_not_see_symmetries_and_say_whether_they_are_exact)
{
    for (size_t shape = 0; shape < SHAPES; shape++) {
        scene s = scene_create(&shapes[shape], SAMPLES, 3);
        critpt_run *run = descend(&s, 40, true);
        double *w = NEW(double, s.P), distance, truth;
        int exact, truly;
        ASSERT_OK(critpt_run_end(run));
        for (size_t r = 0; r < critpt_run_n_records(run); r++) {
            ASSERT_OK(critpt_run_record_weights(run, r, w, s.P));
            ASSERT_OK(critpt_mlp_distance(s.model, w, s.weights, s.P, &truth, &truly));
            ASSERT_OK(critpt_run_record_distance(run, r, 0, &distance, &exact));
            ASSERT_NEAR(distance, truth, 1, 0);
            ck_assert_int_eq(exact, truly);
            ASSERT_NEAR(value_of(run, r, CRITPT_RUN_LOSS), loss_at(&s, w), 1, 1e-14);
        }
        ck_assert(!critpt_run_is_informed(run)); /* it was over */
        critpt_run_destroy(run);
        free(w);
        scene_destroy(&s);
    }
}
END_TEST

START_TEST(records_tell_the_index)
{
    scene s = scene_create(&shapes[0], SAMPLES, 3);
    critpt_run *run = descend(&s, 40, false);
    double *w = NEW(double, s.P);
    for (size_t r = 0; r < critpt_run_n_records(run); r++) {
        critpt_spectrum *spectrum;
        ASSERT_OK(critpt_run_record_weights(run, r, w, s.P));
        ASSERT_OK(critpt_spectrum_create(&spectrum, s.landscape, w, s.P, NULL));
        ck_assert_uint_eq((size_t)value_of(run, r, CRITPT_RUN_INDEX),
                          critpt_spectrum_index(spectrum));
        critpt_spectrum_destroy(spectrum);
    }
    critpt_run_destroy(run);
    free(w);
    scene_destroy(&s);
}
END_TEST

static int outputs(void *user, const double *weights, size_t n, const double *inputs, double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = weights[0] * inputs[i] + weights[1];
    return 0;
}

static int jacobian(void *user, const double *weights, size_t n, const double *inputs, double *J)
{
    (void)user, (void)weights;
    for (size_t i = 0; i < n; i++) {
        J[2 * i] = inputs[i];
        J[2 * i + 1] = 1;
    }
    return 0;
}

/* Of a model by callbacks no symmetries are known: the plain distance, a bound. */
START_TEST(distances_of_other_models_are_bounds)
{
    const critpt_model_callbacks callbacks = {
        .struct_size = sizeof callbacks, .outputs = outputs, .jacobian = jacobian};
    const double inputs[] = {1, 2, 4}, targets[] = {1, 0, 1}, point[] = {3, 4}, start[] = {0, 0};
    critpt_model *model;
    critpt_landscape *landscape;
    critpt_run *run;
    double distance, loss;
    int exact = 1;
    ASSERT_OK(critpt_model_create(&model, 1, 1, 2, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&landscape, model, 3, inputs, 1));
    ASSERT_FAILS(critpt_run_create(&run, landscape, 5), CRITPT_INVALID_ARGUMENT, "targets");
    ASSERT_OK(critpt_landscape_set_targets(landscape, targets, 1));
    ASSERT_OK(critpt_run_create(&run, landscape, 5));
    critpt_landscape_destroy(landscape); /* the run keeps it alive */
    critpt_model_destroy(model);
    ASSERT_OK(critpt_run_add_point(run, point, 2, 0, NULL));
    ASSERT_OK(critpt_run_loss(run, start, 2, &loss));
    ASSERT_NEAR(loss, 1.0 / 3, 1, 1e-15);
    ASSERT_OK(critpt_run_record_distance(run, 0, 0, &distance, &exact));
    ASSERT_NEAR(distance, 5, 5, 1e-15);
    ck_assert_int_eq(exact, 0);
    critpt_run_destroy(run);
}
END_TEST

START_TEST(who_asks_for_the_truth_is_informed)
{
    scene s = scene_create(&shapes[0], SAMPLES, 1);
    double *w = NEW(double, s.P), loss;
    for (int question = 0; question < 3; question++)
        for (int late = 0; late < 2; late++) {
            critpt_run *run = run_create(&s, 9);
            ASSERT_OK(critpt_run_add_point(run, s.weights, s.P, NAN, NULL));
            ASSERT_OK(critpt_run_add_point(run, s.weights, s.P, 0.25, NULL));
            ASSERT_OK(critpt_run_add_point(run, s.weights, s.P, 0.5, NULL));
            ASSERT_OK(critpt_run_loss(run, s.weights, s.P, &loss));
            if (late)
                ASSERT_OK(critpt_run_end(run));
            ck_assert(!critpt_run_is_informed(run));
            if (question == 0)
                ASSERT_OK(critpt_run_point(run, 2, w, s.P));
            else if (question == 1)
                ASSERT_OK(critpt_run_optimum(run, &loss));
            else
                ASSERT_OK(critpt_run_record_distance(run, 0, 1, &loss, NULL));
            ck_assert(question != 1 || loss == 0.25);
            ck_assert(question != 0 || !memcmp(w, s.weights, s.P * sizeof *w));
            ck_assert_int_eq(critpt_run_is_informed(run), !late);
            ASSERT_OK(critpt_run_end(run));
            ck_assert_int_eq(critpt_run_is_informed(run), !late);
            critpt_run_destroy(run);
        }
    free(w);
    scene_destroy(&s);
}
END_TEST

/* ---- Residuals ---- */

START_TEST(residuals_are_those_of_the_loss_and_their_jacobian_gives_its_gradient)
{
    const double metric[] = {2, 0.5, 0.5, 1};
    scene s = scene_create(&shapes[1], SAMPLES, 7);
    size_t ND = s.N * s.D;
    double *e = NEW(double, ND), *J = NEW(double, ND *(s.P + 1)), *g = NEW(double, s.P);
    double *weights = NEW(double, s.N), *other = NEW(double, ND);
    for (int weighted = 0; weighted < 2; weighted++) {
        for (size_t i = 0; i < s.N; i++)
            weights[i] = 0.25 + (double)(i % 5);
        if (weighted) {
            ASSERT_OK(critpt_landscape_set_sample_weights(s.landscape, weights, s.N));
            ASSERT_OK(critpt_landscape_set_output_metric(s.landscape, metric, 2));
        }
        critpt_run *run = run_create(&s, 20);
        ASSERT_OK(critpt_run_residuals(run, s.weights, s.P, e, ND));
        ASSERT_OK(critpt_run_jacobian(run, s.weights, s.P, J, s.P + 1));
        ck_assert_uint_eq(critpt_run_evaluations(run), 1 + s.D);
        double half = 0;
        for (size_t i = 0; i < ND; i++)
            half += e[i] * e[i] / 2;
        long double truth = reference_loss(&s.shape, s.weights, s.N, s.inputs, s.targets,
                                           weighted ? weights : NULL, weighted ? metric : NULL);
        ASSERT_NEAR(half, truth, truth, 1e-14);
        ASSERT_NEAR(value_of(run, 0, CRITPT_RUN_LOSS), truth, truth, 1e-14);
        ASSERT_OK(critpt_landscape_gradient(s.landscape, NULL, s.weights, s.P, g, s.P, NULL));
        for (size_t j = 0; j < s.P; j++) {
            double sum = 0, step = 1e-6, kept = s.weights[j];
            for (size_t i = 0; i < ND; i++)
                sum += J[i * (s.P + 1) + j] * e[i];
            ASSERT_NEAR(sum, g[j], 1, 1e-13);
            if (j >= 3)
                continue;
            s.weights[j] = kept + step; /* each entry, by differences */
            ASSERT_OK(critpt_run_residuals(run, s.weights, s.P, other, ND));
            s.weights[j] = kept;
            for (size_t i = 0; i < ND; i++)
                ASSERT_NEAR(J[i * (s.P + 1) + j], (other[i] - e[i]) / step, 1, 1e-5);
        }
        critpt_run_destroy(run);
    }
    free(e), free(J), free(g), free(weights), free(other);
    scene_destroy(&s);
}
END_TEST

/* ---- Memory, refusals ---- */

START_TEST(evaluations_allocate_for_records_alone)
{
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.allowed = SIZE_MAX;
    scene s = scene_create(&shapes[0], SAMPLES, 1);
    critpt_run *run = run_create(&s, 5000);
    double *w = NEW(double, s.P), *g = NEW(double, s.P), loss;
    for (size_t k = 0; k < 3; k++)
        ASSERT_OK(critpt_run_add_point(run, s.weights, s.P, 0, NULL));
    ASSERT_OK(critpt_run_set_grid(run, 1000));
    memcpy(w, s.weights, s.P * sizeof *w);
    memory_count.allocations = 0;
    for (size_t i = 0; i < 5000; i++) {
        ASSERT_OK(critpt_run_gradient(run, w, s.P, g, s.P, &loss));
        w[i % s.P] += 1e-3;
    }
    size_t records = critpt_run_n_records(run);
    ck_assert_uint_gt(records, 1000);
    ck_assert_uint_le(memory_count.allocations, 2 * 8); /* 64, 128, ... 8192; and distances */
    critpt_run_destroy(run);
    free(w), free(g);
    scene_destroy(&s);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

START_TEST(runs_refuse_what_they_cannot_take)
{
    scene s = scene_create(&shapes[0], SAMPLES, 1);
    critpt_run *run;
    double loss, *w = NEW(double, s.P);
    size_t index = SAMPLES;
    unsigned reasons;
    const critpt_status wrong = CRITPT_INVALID_ARGUMENT;
    ASSERT_FAILS(critpt_run_create(NULL, s.landscape, 1), wrong, "run");
    ASSERT_FAILS(critpt_run_create(&run, NULL, 1), wrong, "landscape");
    run = run_create(&s, 9);
    ASSERT_FAILS(critpt_run_add_point(NULL, s.weights, s.P, 0, NULL), wrong, "NULL");
    ASSERT_FAILS(critpt_run_add_point(run, s.weights, 1, 0, NULL), wrong, "1");
    ASSERT_FAILS(critpt_run_add_point(run, s.weights, s.P, INFINITY, NULL), CRITPT_NON_FINITE,
                 "NaN");
    ASSERT_FAILS(critpt_run_set_cost(run, (critpt_evaluation)6, 1), wrong, "6");
    ASSERT_FAILS(critpt_run_set_cost(run, CRITPT_EVALUATION_LOSS, 0), wrong, "at least 1");
    ASSERT_FAILS(critpt_run_set_grid(run, 0), wrong, "0 nodes");
    ASSERT_FAILS(critpt_run_set_grid(run, 10001), wrong, "10001");
    ASSERT_FAILS(critpt_run_watch_index(NULL, 1), wrong, "NULL");
    ASSERT_FAILS(critpt_run_select(run, &index, 1), wrong, "indices[0]");
    ASSERT_FAILS(critpt_run_select(NULL, NULL, 0), wrong, "NULL");
    ASSERT_FAILS(critpt_run_best(run, w, s.P, &loss), wrong, "no loss");
    ASSERT_FAILS(critpt_run_loss(NULL, w, s.P, &loss), wrong, "NULL");
    ASSERT_FAILS(critpt_run_end(NULL), wrong, "NULL");
    ASSERT_OK(critpt_run_loss(run, s.weights, s.P, &loss));
    ASSERT_FAILS(critpt_run_add_point(run, w, s.P, 0, NULL), wrong, "has begun");
    ASSERT_FAILS(critpt_run_set_grid(run, 5), wrong, "has begun");
    ASSERT_FAILS(critpt_run_keep_weights(run, 1), wrong, "has begun");
    ASSERT_FAILS(critpt_run_record(run, 1, CRITPT_RUN_LOSS, &loss), wrong, "record 1");
    ASSERT_FAILS(critpt_run_record(run, 0, (critpt_run_quantity)5, &loss), wrong, "5");
    ASSERT_FAILS(critpt_run_record(run, 0, CRITPT_RUN_LOSS, NULL), wrong, "result");
    ASSERT_FAILS(critpt_run_record_reasons(run, 3, &reasons), wrong, "record 3");
    ASSERT_FAILS(critpt_run_record_weights(run, 0, w, s.P), wrong, "keep_weights");
    ASSERT_FAILS(critpt_run_record_distance(run, 0, 0, &loss, NULL), wrong, "point 0");
    ASSERT_FAILS(critpt_run_point(run, 0, w, s.P), wrong, "point 0");
    ASSERT_FAILS(critpt_run_optimum(run, NULL), wrong, "result");
    ASSERT_OK(critpt_run_optimum(run, &loss));
    ck_assert(isnan(loss));
    ck_assert_uint_eq(critpt_run_n_records(NULL) + critpt_run_n_points(NULL) +
                          critpt_run_evaluations(NULL) + critpt_run_budget(NULL) +
                          critpt_run_n_evaluations(run, (critpt_evaluation)6) +
                          critpt_run_n_samples_spent(NULL) + (size_t)critpt_run_is_informed(NULL),
                      0);
    critpt_run_destroy(run);
    critpt_run_destroy(NULL);
    free(w);
    scene_destroy(&s);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        runs_keep_the_accounts_that_the_manual_states,
        a_spent_budget_refuses_and_a_failed_call_costs_nothing,
        minibatches_cost_their_share,
        distances_do_not_see_symmetries_and_say_whether_they_are_exact,
        records_tell_the_index,
        distances_of_other_models_are_bounds,
        who_asks_for_the_truth_is_informed,
        residuals_are_those_of_the_loss_and_their_jacobian_gives_its_gradient,
        evaluations_allocate_for_records_alone,
        runs_refuse_what_they_cannot_take,
    };
    return test_main("run", tests, sizeof tests / sizeof *tests);
}
