/* Plans with conditions, and what they left. */
#include "conditions_support.h"

planned planned_create(const net *shape, size_t N, size_t K, unsigned free_ones)
{
    planned p = {scene_create(shape, N, 3), NULL};
    ASSERT_OK(critpt_plan_create(&p.plan, p.s.landscape));
    for (size_t k = 0; k < K; k++) {
        double *weights = net_weights(p.s.model, 5, k, 2);
        if (free_ones >> k & 1)
            ASSERT_OK(critpt_plan_add_free_point(p.plan, weights, p.s.P, NULL));
        else
            ASSERT_OK(critpt_plan_add_point(p.plan, weights, p.s.P, NULL));
        ASSERT_OK(critpt_plan_let_point_move(p.plan, k));
        free(weights);
    }
    return p;
}

void planned_free(planned *p)
{
    critpt_plan_destroy(p->plan);
    scene_destroy(&p->s);
}

double planned_condition(const planned *p, size_t condition, critpt_condition_quantity q)
{
    double value;
    ASSERT_OK(critpt_plan_condition_value(p->plan, condition, q, &value));
    return value;
}

double planned_report(const planned *p, critpt_report_quantity q)
{
    double value;
    ASSERT_OK(critpt_plan_report_value(p->plan, q, &value));
    return value;
}

finished finished_create(const planned *p, const double *s, const double *metric)
{
    size_t K = critpt_plan_n_points(p->plan);
    finished f = {p, NEW(double, p->s.N * p->s.D), NEW(double, K * p->s.P), s, metric};
    ASSERT_OK(critpt_landscape_targets(p->s.landscape, f.targets, p->s.D));
    for (size_t k = 0; k < K; k++)
        ASSERT_OK(critpt_plan_point_weights(p->plan, k, f.weights + k * p->s.P, p->s.P));
    return f;
}

void finished_free(finished *f)
{
    free(f->targets);
    free(f->weights);
}

long double finished_loss(const finished *f, const double *weights)
{
    const scene *s = &f->p->s;
    return scene_loss(s, weights, f->targets, f->s, f->metric);
}

long double finished_point_loss(const finished *f, size_t point)
{
    return finished_loss(f, f->weights + point * f->p->s.P);
}

/* y' Mn y, twice the loss of a network without outputs. */
double finished_level(const finished *f)
{
    const scene *s = &f->p->s;
    double total = 0;
    for (size_t i = 0; i < s->N; i++)
        for (size_t o = 0; o < s->D; o++)
            for (size_t q = 0; q < s->D; q++)
                total += (f->s ? f->s[i] : 1) / (double)s->N *
                         (f->metric ? f->metric[o * s->D + q] : o == q) * f->targets[i * s->D + o] *
                         f->targets[i * s->D + q];
    return total;
}

/* The loss at w + a v + b u. */
static long double shifted(const finished *f, size_t point, double a, const double *v, double b,
                           const double *u)
{
    size_t P = f->p->s.P;
    double *w = NEW(double, P);
    for (size_t j = 0; j < P; j++)
        w[j] = f->weights[point * P + j] + a * v[j] + b * u[j];
    long double loss = finished_loss(f, w);
    free(w);
    return loss;
}

/* v'Hu by mixed differences at steps h, 2h and 4h, extrapolated to h = 0. */
double finished_curvature(const finished *f, size_t point, const double *v, const double *u)
{
    long double by_step[3];
    for (int i = 0; i < 3; i++) {
        double h = ldexp(1, -8 + i);
        by_step[i] = (shifted(f, point, h, v, h, u) - shifted(f, point, h, v, -h, u) -
                      shifted(f, point, -h, v, h, u) + shifted(f, point, -h, v, -h, u)) /
                     (4 * (long double)h * h);
    }
    long double fine = (4 * by_step[0] - by_step[1]) / 3,
                coarse = (4 * by_step[1] - by_step[2]) / 3;
    return (double)((16 * fine - coarse) / 15);
}

/* The derivative along v likewise. */
double finished_slope(const finished *f, size_t point, const double *v)
{
    long double by_step[3];
    for (int i = 0; i < 3; i++) {
        double h = ldexp(1, -9 + i);
        by_step[i] =
            (shifted(f, point, h, v, 0, v) - shifted(f, point, -h, v, 0, v)) / (2 * (long double)h);
    }
    long double fine = (4 * by_step[0] - by_step[1]) / 3,
                coarse = (4 * by_step[1] - by_step[2]) / 3;
    return (double)((16 * fine - coarse) / 15);
}

double *unit_vector(size_t P, size_t j)
{
    double *v = NEW(double, P);
    v[j] = 1;
    return v;
}

void planned_assert_critical(const planned *p, size_t point)
{
    double scaled;
    ASSERT_OK(critpt_plan_point_value(p->plan, point, CRITPT_POINT_GRADIENT_SCALED, &scaled));
    ck_assert_double_le(scaled, 2);
}
