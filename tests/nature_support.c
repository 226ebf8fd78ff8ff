/* Planted points for the tests of natures, with Gram and Schmidt's projector. */
#include "nature_support.h"

#include "linalg/linalg.h"

double stage_product(const stage *made, const double *a, const double *b)
{
    size_t N = made->s.N, D = made->s.D;
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t o = 0; o < D; o++)
            for (size_t p = 0; p < D; p++)
                sum += made->sample_weights[i] / (double)N * a[i * D + o] *
                       made->metric[o * D + p] * b[i * D + p];
    return sum;
}

critpt_status stage_project(void *user, double *change)
{
    const stage *made = user;
    for (int twice = 0; twice < 2; twice++)
        for (size_t r = 0; r < made->rank; r++) {
            const double *q = made->range + r * made->n;
            double along = stage_product(made, q, change);
            for (size_t i = 0; i < made->n; i++)
                change[i] -= along * q[i];
        }
    return CRITPT_OK;
}

/* scaled = Mn^(1/2) a, in the coordinates of the library: C' of the metric C C' */
static void scale_field(const stage *made, const double *a, double *scaled)
{
    size_t D = made->s.D;
    const double *factor = made->workspace->landscape->metric.root;
    for (size_t i = 0; i < made->s.N; i++)
        for (size_t o = 0; o < D; o++) {
            double sum = factor ? 0 : a[i * D + o];
            for (size_t p = 0; factor && p < D; p++)
                sum += factor[o * D + p] * a[i * D + p];
            scaled[i * D + o] = sqrt(made->sample_weights[i] / (double)made->s.N) * sum;
        }
}

static critpt_status project_rows(void *user, size_t count, double *rows)
{
    const stage *made = user;
    size_t n = made->n;
    double *q = NEW(double, n);
    for (size_t r = 0; r < made->rank; r++) {
        scale_field(made, made->range + r * n, q);
        for (size_t j = 0; j < count; j++)
            cpt_linalg_axpy(n, -cpt_linalg_dot(n, q, rows + j * n), q, rows + j * n);
    }
    free(q);
    return CRITPT_OK;
}

/* range: the columns of all J, orthonormalised; dependent ones are left out */
static void find_range(stage *made)
{
    size_t P = made->s.P, n = made->n;
    double *jacobian = NEW(double, n *P);
    made->range = NEW(double, made->K *P *n);
    for (size_t k = 0; k < made->K; k++) {
        ASSERT_OK(
            critpt_landscape_jacobian(made->s.landscape, NULL, made->weights[k], P, jacobian, P));
        for (size_t a = 0; a < P; a++) {
            double *q = made->range + made->rank * n, before, after;
            for (size_t i = 0; i < n; i++)
                q[i] = jacobian[i * P + a];
            before = sqrt(stage_product(made, q, q));
            ASSERT_OK(stage_project(made, q));
            after = sqrt(stage_product(made, q, q));
            if (after <= 1e-10 * before)
                continue;
            for (size_t i = 0; i < n; i++)
                q[i] /= after;
            made->rank++;
        }
    }
    free(jacobian);
}

static void set_weighted(stage *made, const wish *wanted)
{
    size_t N = made->s.N, D = made->s.D;
    double *weights = normal(N, wanted->seed + 5), *metric = NEW(double, D *D);
    for (size_t i = 0; i < N; i++)
        weights[i] = exp(weights[i] / 2);
    for (size_t o = 0; o < D * D; o++)
        metric[o] = o / D == o % D ? 1.5 : 0.5;
    ASSERT_OK(critpt_landscape_set_sample_weights(made->s.landscape, weights, N));
    ASSERT_OK(critpt_landscape_set_output_metric(made->s.landscape, metric, D));
    free(weights), free(metric);
}

/* The landscape again, with input 0 at 0. */
static void kill_input(stage *made)
{
    scene *s = &made->s;
    for (size_t i = 0; i < s->N; i++)
        s->inputs[i * s->d] = 0;
    critpt_landscape_destroy(s->landscape);
    ASSERT_OK(critpt_landscape_create(&s->landscape, s->model, s->N, s->inputs, s->d));
    ASSERT_OK(critpt_landscape_set_targets(s->landscape, s->targets, s->D));
}

stage *stage_create(const wish *wanted)
{
    stage *made = NEW(stage, 1);
    critpt_plan *plan;
    made->s = scene_create(&wanted->shape, wanted->N, wanted->seed);
    if (wanted->dead_input)
        kill_input(made);
    made->K = wanted->K;
    made->n = made->s.N * made->s.D;
    if (wanted->weighted)
        set_weighted(made, wanted);
    made->sample_weights = NEW(double, wanted->N);
    made->metric = NEW(double, made->s.D * made->s.D);
    ASSERT_OK(critpt_landscape_sample_weights(made->s.landscape, made->sample_weights, made->s.N));
    ASSERT_OK(critpt_landscape_output_metric(made->s.landscape, made->metric, made->s.D));
    ASSERT_OK(critpt_plan_create(&plan, made->s.landscape));
    for (size_t k = 0; k < made->K; k++) {
        made->weights[k] = net_weights(made->s.model, wanted->seed, k, wanted->scale);
        ASSERT_OK(critpt_plan_add_point(plan, made->weights[k], made->s.P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(plan, k));
    }
    ASSERT_OK(critpt_plan_solve(plan, NULL));
    made->current = NEW(double, made->n);
    made->base = NEW(double, made->n);
    ASSERT_OK(critpt_landscape_targets(made->s.landscape, made->current, made->s.D));
    ASSERT_OK(critpt_plan_base_targets(plan, made->base, made->s.D));
    for (size_t k = 0; k < made->K; k++) {
        ASSERT_OK(critpt_plan_point_weights(plan, k, made->weights[k], made->s.P));
        made->points[k] = (cpt_nature_point){
            .weights = made->weights[k], .index = wanted->index[k], .margin = wanted->margin};
    }
    critpt_plan_destroy(plan);
    ASSERT_OK(critpt_workspace_create(&made->workspace, made->s.landscape));
    made->problem = (cpt_nature_problem){.workspace = made->workspace,
                                         .n_points = made->K,
                                         .points = made->points,
                                         .current = made->current,
                                         .base = made->base,
                                         .project = stage_project,
                                         .project_rows = project_rows,
                                         .project_user = made};
    find_range(made);
    return made;
}

void stage_destroy(stage *made)
{
    critpt_workspace_destroy(made->workspace);
    scene_destroy(&made->s);
    for (size_t k = 0; k < made->K; k++)
        free(made->weights[k]);
    free(made->current), free(made->base), free(made->range);
    free(made->sample_weights), free(made->metric), free(made);
}

void stage_hessian(const stage *made, size_t k, const double *y, double *hessian)
{
    ASSERT_OK(critpt_landscape_set_targets(made->s.landscape, y, made->s.D));
    ASSERT_OK(critpt_landscape_hessian(made->s.landscape, NULL, made->weights[k], made->s.P,
                                       hessian, made->s.P));
}
