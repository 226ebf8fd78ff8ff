/* How samples are spread over processes, and the plans made there. */
#include "reduction_support.h"

const spread splits[N_SPLITS] = {
    {1, {N}}, {2, {100, 157}}, {2, {0, N}}, {3, {57, 0, 200}}, {4, {1, 80, 0, 176}}};

const net tanh_net = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_IDENTITY}, {1, 1}};
const net curved_net = {4, 2, {6, 2}, {CRITPT_TANH, CRITPT_SOFTPLUS}, {1, 1}};
const net relu_net = {4, 2, {6, 2}, {CRITPT_RELU, CRITPT_IDENTITY}, {1, 1}};
const double metric[4] = {2, 0.5, 0.5, 1};

double *sample_weights(void)
{
    double *s = NEW(double, N);
    ASSERT_OK(critpt_random_uniform(3, 5, 0, s, N));
    for (size_t i = 0; i < N; i++)
        s[i] += 0.25;
    return s;
}

void assert_all(const process *processes, size_t p, critpt_status status, const char *words)
{
    for (size_t r = 0; r < p; r++) {
        ck_assert_msg(processes[r].status == status, "process %zu of %zu: %s (%s), not %s", r, p,
                      critpt_status_name(processes[r].status), processes[r].message,
                      critpt_status_name(status));
        ck_assert_msg(!words || strstr(processes[r].message, words), "process %zu: \"%s\" lacks %s",
                      r, processes[r].message, words);
    }
}

void assert_vector(const char *what, size_t n, const double *a, const double *b, double tolerance)
{
    double apart = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        apart = hypot(apart, a[i] - b[i]);
        size = hypot(size, b[i]);
    }
    ck_assert_msg(apart <= tolerance * size, "%s: %.3g apart of %.3g", what, apart, size);
}

critpt_status add_points(critpt_plan *plan, const scene *all, size_t n, bool critical)
{
    critpt_status status = CRITPT_OK;
    size_t k;
    for (size_t i = 0; i < n && status == CRITPT_OK; i++) {
        double *w = net_weights(all->model, critical ? 21 : 22, i, 1.5);
        status = critical ? critpt_plan_add_point(plan, w, all->P, &k)
                          : critpt_plan_add_free_point(plan, w, all->P, &k);
        if (status == CRITPT_OK && critical)
            status = critpt_plan_let_point_move(plan, k);
        free(w);
    }
    return status;
}

static critpt_status add_conditions(critpt_plan *plan, const planting *of, size_t first, size_t n)
{
    critpt_status status = CRITPT_OK;
    size_t P = of->all->P, D = of->all->D, c;
    double *v = normal(P, 31), *g = normal(P, 32), *base = normal(n * D + 1, 33);
    const double picture[] = {0, 0.1, 0.3, 0.2, 0.25, 0};
    const size_t corners[] = {1, 2, 3};
    unsigned char *mask = NEW(unsigned char, n *D + 1);
    for (size_t i = 0; i < n * D; i++)
        mask[i] = (first * D + i) % 7 == 3;
    switch (of->recipe) {
    case CURVATURES:
        status = critpt_plan_require_curvature(plan, 0, v, v, P, 3, NULL);
        status = status ? status : critpt_plan_require_hessian_entry(plan, 0, 0, 4, 0.25, &c);
        status = status ? status : critpt_plan_soften(plan, c, 2);
        break;
    case EIGENPAIR:
        status = critpt_plan_require_eigenpair(plan, 1, 0.5, v, P, NULL);
        break;
    case GAUSS_NEWTON:
        status = critpt_plan_require_gauss_newton(plan, 0, NULL);
        break;
    case FREE_POINTS:
        for (size_t j = 0; j < P; j++)
            g[j] *= 0.01;
        status = critpt_plan_require_gradient(plan, 1, g, P, NULL);
        status = status ? status : critpt_plan_require_loss_difference(plan, 4, 1, 0.125, NULL);
        status =
            status ? status : critpt_plan_require_picture(plan, corners, picture, 2, 3, 3, NULL);
        break;
    case LEVEL:
        status = critpt_plan_require_loss(plan, 0, 100, NULL);
        break;
    case FROZEN:
        for (size_t i = 0; i < n * D; i++)
            base[i] = of->all->targets[first * D + i];
        status = critpt_plan_set_base_targets(plan, base, D);
        status = status ? status : critpt_plan_freeze_targets(plan, mask, D);
        break;
    default:
        break;
    }
    free(v), free(g), free(base), free(mask);
    return status;
}

critpt_status make_plan(critpt_plan **plan, critpt_landscape *L, const planting *of, size_t first,
                        size_t n)
{
    critpt_status status = critpt_plan_create(plan, L);
    static const size_t critical[] = {
        [TWO_POINTS] = 2,  [CURVATURES] = 1, [EIGENPAIR] = 1, [GAUSS_NEWTON] = 1,
        [FREE_POINTS] = 1, [LEVEL] = 2,      [FROZEN] = 2,    [NOISE] = 1};
    static const size_t others[N_RECIPES] = {[EIGENPAIR] = 1, [FREE_POINTS] = 4};
    status = status ? status : add_points(*plan, of->all, critical[of->recipe], true);
    status = status ? status : add_points(*plan, of->all, others[of->recipe], false);
    return status ? status : add_conditions(*plan, of, first, n);
}
