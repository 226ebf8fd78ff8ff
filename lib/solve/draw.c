/* Points drawn apart (MATH 5, fact 6): targets blow up where the ranges of two Jacobians nearly
 * share directions, so of many candidates those are taken whose ranges keep away from the others'.
 */
#include <math.h>
#include <string.h>

#include "solve/solve.h"

/* Memory of sums of products. */
enum { BYTES = 32 << 20 };

/* Points already chosen, and the samples that angles are measured on. */
typedef struct selection {
    const critpt_plan *plan;
    size_t P, N, D;
    size_t n_chosen;
    double *chosen; /* weights, one point a row; room for one more, the candidate */
    size_t *first;  /* the first column of each point */
    critpt_workspace *workspace;
    size_t n_samples;
} selection;

/* Three times as many rows as columns, spread evenly, tell the angles well enough: in 120 draws for
 * three networks the mean gain was that of four times within its error, and up to 7 % less with
 * two. */
static critpt_status choose_samples(selection *set, size_t n_points)
{
    critpt_status status;
    size_t *indices = NULL, wanted = 3 * n_points * set->P / set->D + 1;
    set->n_samples = wanted < set->N ? wanted : set->N;
    CPT_TRY(cpt_allocate(&indices, set->n_samples, sizeof *indices));
    for (size_t i = 0; i < set->n_samples; i++)
        indices[i] = (size_t)((double)i * (double)set->N / (double)set->n_samples);
    CPT_TRY(critpt_workspace_select(set->workspace, indices, set->n_samples));
done:
    cpt_free(indices);
    return status;
}

/* Samples whose rows are multiplied at a time where the model has no sums of products. */
static size_t rows_at_once(const critpt_model *model, size_t n_points, size_t batch)
{
    size_t fit = BYTES / sizeof(double) / (model->n_outputs * model->n_weights) / n_points;
    return cpt_larger(cpt_smaller(batch, fit), 1);
}

/* The products below by whole Jacobians. */
static critpt_status multiply_rows(selection *set, size_t n_points, cpt_triangle *triangle)
{
    critpt_status status;
    cpt_jet *jet = &set->workspace->jet;
    size_t capacity = jet->capacity, P = set->P, D = set->D;
    double *rows = NULL;
    jet->capacity = rows_at_once(jet->model, n_points, capacity);
    CPT_TRY(cpt_allocate(&rows, jet->capacity * D * n_points * P, sizeof *rows));
    for (size_t first = 0; first < set->n_samples; first += jet->batch.n)
        for (size_t k = 0; k < n_points; k++) {
            CPT_TRY(cpt_jet_evaluate(jet, &set->workspace->samples, set->chosen + k * P, first,
                                     CPT_DERIVATIVES));
            size_t count = jet->batch.n * D;
            const cpt_jacobian_layout layout = {.sample = D, .output = 1, .weight = count};
            CPT_TRY(cpt_metric_batch_jacobian(cpt_landscape_metric(set->workspace),
                                              rows + k * P * count, &layout));
            if (k + 1 == n_points)
                cpt_upper_add_products(&triangle->r, count, rows);
        }
done:
    jet->capacity = capacity;
    cpt_free(rows);
    return status;
}

/* Products of the columns of [J_chosen.. J_candidate] on the samples, in the norm of the loss. */
static critpt_status form_products(selection *set, size_t n_points, cpt_triangle *triangle)
{
    if (!cpt_jet_takes_gram(set->workspace->jet.model))
        return multiply_rows(set, n_points, triangle);
    critpt_status status;
    cpt_jet *jet = &set->workspace->jet;
    size_t capacity = jet->capacity;
    cpt_gram *gram = NULL;
    double *seeds = NULL;
    CPT_TRY(cpt_jet_gram_create(&gram, jet->model, n_points, true, capacity, BYTES));
    CPT_TRY(cpt_allocate(&seeds, set->D * set->D * gram->batch, sizeof *seeds));
    jet->capacity = gram->batch;
    for (size_t pass = 0; pass < gram->n_passes; pass++) {
        CPT_TRY(cpt_jet_gram_start(gram, pass));
        for (size_t first = 0; first < set->n_samples; first += jet->batch.n) {
            for (size_t k = 0; k < n_points; k++) {
                CPT_TRY(cpt_jet_evaluate(jet, &set->workspace->samples, set->chosen + k * set->P,
                                         first, CPT_DERIVATIVES));
                if (k == 0)
                    cpt_metric_batch_seeds(cpt_landscape_metric(set->workspace), seeds);
                CPT_TRY(cpt_jet_gram_take(gram, k, jet, seeds));
            }
            CPT_TRY(cpt_jet_gram_add(gram));
        }
        CPT_TRY(cpt_jet_gram_store(gram, set->first, &triangle->r));
    }
done:
    jet->capacity = capacity;
    cpt_jet_gram_destroy(gram);
    cpt_free(seeds);
    return status;
}

/* The candidate's block of the products, whole. */
static void copy_block(const selection *set, const cpt_triangle *triangle, double *to)
{
    size_t P = set->P, before = triangle->order - P;
    for (size_t i = 0; i < P; i++) {
        const double *column = cpt_upper_column(&triangle->r, before + i) + before;
        for (size_t j = 0; j <= i; j++)
            to[i * P + j] = to[j * P + i] = column[j];
    }
}

/* beyond (rank x rank) in the metric `all`, in directions for which that is above rounding; `work`
 * holds P x P numbers. */
static critpt_status change_metric(size_t P, double *all, double *beyond, double *work,
                                   size_t *rank)
{
    critpt_status status;
    static const double rounding = 1e-12; /* of eigenvalues */
    static const double clear = 1e-8;     /* of squared pivots, the columns having norm 1 */
    double least = INFINITY, *values = NULL;
    size_t minor;
    memcpy(work, all, P * P * sizeof *work);
    CPT_TRY(cpt_linalg_cholesky(P, work, &minor));
    for (size_t i = 0; minor == 0 && i < P; i++)
        least = fmin(least, work[i * P + i] * work[i * P + i]);
    *rank = P;
    if (minor == 0 && least > clear) {
        CPT_TRY(cpt_linalg_inverse_congruence(P, work, beyond));
        goto done;
    }
    *rank = 0;
    CPT_TRY(cpt_allocate(&values, P, sizeof *values));
    CPT_TRY(cpt_linalg_eigen(P, all, values));
    for (size_t i = 0; i < P; i++)
        if (values[i] > rounding * values[P - 1]) {
            for (size_t j = 0; j < P; j++)
                all[*rank * P + j] = all[i * P + j] / sqrt(values[i]);
            (*rank)++;
        }
    cpt_linalg_gemm(CPT_PLAIN, CPT_PLAIN, *rank, P, P, 1, all, P, beyond, P, 0, work, P);
    cpt_linalg_gemm(CPT_PLAIN, CPT_TRANSPOSED, *rank, *rank, P, 1, work, P, all, P, 0, beyond,
                    *rank);
done:
    cpt_free(values);
    return status;
}

/* The sum of 1/sin^2 over the principal angles, but for those that all points share: the constants
 * of a free output mean. Squared sines are the eigenvalues of `beyond` in the metric `all`. */
static critpt_status measure_angles(const selection *set, double *all, double *beyond,
                                    double *closeness)
{
    critpt_status status;
    static const double rounding = 1e-12;
    size_t P = set->P, rank;
    double *values = NULL, *work = NULL;
    size_t shared = cpt_structure_n_constants(set->plan->landscape->model);
    CPT_TRY(cpt_allocate(&values, P, sizeof *values));
    CPT_TRY(cpt_allocate(&work, P * P, sizeof *work));
    CPT_TRY(change_metric(P, all, beyond, work, &rank));
    if (rank > 0)
        CPT_TRY(cpt_linalg_eigenvalues(rank, beyond, values));
    *closeness = 0;
    for (size_t i = shared; i < rank; i++)
        *closeness += 1 / fmax(values[i], rounding);
done:
    cpt_free(values);
    cpt_free(work);
    return status;
}

/* How close the candidate in the last row of the chosen comes to the others: by the products of its
 * columns, scaled to norm 1, and by what is left of these beside the columns of the chosen. */
static critpt_status measure_candidate(selection *set, double *closeness)
{
    critpt_status status;
    cpt_triangle triangle = {0};
    double *all = NULL, *beyond = NULL;
    CPT_TRY(cpt_triangle_create(&triangle, (set->n_chosen + 1) * set->P));
    CPT_TRY(cpt_triangle_begin_products(&triangle));
    CPT_TRY(form_products(set, set->n_chosen + 1, &triangle));
    CPT_TRY(cpt_allocate(&all, set->P * set->P, sizeof *all));
    CPT_TRY(cpt_allocate(&beyond, set->P * set->P, sizeof *beyond));
    if (!cpt_triangle_scale_products(&triangle))
        CPT_TRY(cpt_error(CRITPT_NON_FINITE, "squares of the derivatives at a candidate overflow; "
                                             "scale inputs and weights down"));
    copy_block(set, &triangle, all);
    CPT_TRY(cpt_triangle_reduce_products(&triangle, set->n_chosen * set->P));
    copy_block(set, &triangle, beyond);
    CPT_TRY(measure_angles(set, all, beyond, closeness));
done:
    cpt_triangle_destroy(&triangle);
    cpt_free(all);
    cpt_free(beyond);
    return status;
}

/* What was asked for. */
typedef struct drawing {
    size_t n_points, n_candidates;
    double scale;
    uint64_t seed;
} drawing;

static critpt_status draw(const selection *set, const drawing *wanted, size_t candidate,
                          double *weights)
{
    return cpt_structure_draw(set->plan->landscape->model, wanted->seed, candidate, wanted->scale,
                              weights);
}

/* Appends the candidate that keeps farthest; the very first point is candidate 0. */
static critpt_status choose_next(selection *set, const drawing *wanted, bool *taken)
{
    critpt_status status = CRITPT_OK;
    double *last = set->chosen + set->n_chosen * set->P, closeness = 0, least = INFINITY;
    size_t best = 0;
    CPT_TRY(choose_samples(set, set->n_chosen + 1));
    for (size_t c = 0; set->n_chosen > 0 && c < wanted->n_candidates; c++) {
        if (taken[c])
            continue;
        CPT_TRY(draw(set, wanted, c, last));
        CPT_TRY(cpt_pulse_advance((double)c / (double)wanted->n_candidates, "candidates"));
        CPT_TRY(measure_candidate(set, &closeness));
        if (closeness < least) {
            least = closeness;
            best = c;
        }
    }
    taken[best] = true;
    CPT_TRY(draw(set, wanted, best, last));
    set->n_chosen++;
done:
    return status;
}

/* The amplification of a plan with the points of `from` and these weights, rows of P. */
static critpt_status measure_amplification(const critpt_plan *from, size_t n_points,
                                           const double *weights, double *amplification)
{
    critpt_status status;
    cpt_solve solve = {0};
    critpt_plan *plan = NULL;
    size_t P = from->landscape->model->n_weights, point;
    CPT_TRY(critpt_plan_create(&plan, from->landscape));
    if (from->base_targets)
        CPT_TRY(critpt_plan_set_base_targets(plan, from->base_targets,
                                             from->landscape->model->n_outputs));
    for (size_t k = 0; k < from->n_points; k++) {
        CPT_TRY(critpt_plan_add_point(plan, from->points[k].requested, P, NULL));
        plan->points[k].critical = from->points[k].critical;
        plan->points[k].may_move = from->points[k].may_move;
    }
    for (size_t k = 0; k < n_points; k++) {
        CPT_TRY(critpt_plan_add_point(plan, weights + k * P, P, &point));
        CPT_TRY(critpt_plan_let_point_move(plan, point));
    }
    CPT_TRY(cpt_solve_begin(&solve, plan, NULL));
    CPT_TRY(cpt_solve_run(&solve));
    *amplification = solve.report.values[CRITPT_REPORT_AMPLIFICATION];
done:
    cpt_solve_end(&solve);
    critpt_plan_destroy(plan);
    return status;
}

/* Whether a solve ended because of what was asked, not for want of memory or the like. */
static bool is_refusal(critpt_status status)
{
    return status == CRITPT_INFEASIBLE || status == CRITPT_TRIVIAL ||
           status == CRITPT_NOT_CONVERGED || status == CRITPT_NOT_ATTAINED;
}

/* NaN if the plain draw cannot be solved. */
static critpt_status measure_gain(const selection *set, const drawing *wanted, double *gain)
{
    critpt_status status;
    const critpt_plan *plan = set->plan;
    double plain, apart, *weights = NULL;
    CPT_TRY(cpt_allocate(&weights, wanted->n_points * set->P, sizeof *weights));
    for (size_t k = 0; k < wanted->n_points; k++)
        CPT_TRY(draw(set, wanted, k, weights + k * set->P));
    cpt_pulse_range(0.8, 0.9);
    CPT_TRY(measure_amplification(plan, wanted->n_points, set->chosen + plan->n_points * set->P,
                                  &apart));
    cpt_pulse_range(0.9, 1);
    status = measure_amplification(plan, wanted->n_points, weights, &plain);
    if (status == CRITPT_OK)
        *gain = plain / apart;
    else if (is_refusal(status)) {
        *gain = NAN;
        status = CRITPT_OK;
    }
done:
    cpt_free(weights);
    return status;
}

static critpt_status require_drawing(const critpt_plan *plan, const drawing *wanted)
{
    if (!plan)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "plan is NULL");
    if (wanted->n_points == 0 || wanted->n_candidates < wanted->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%zu points cannot be chosen from %zu candidates; at least one point, and "
                         "as many candidates",
                         wanted->n_points, wanted->n_candidates);
    return CRITPT_OK;
}

static critpt_status choose_all(selection *set, const drawing *wanted)
{
    critpt_status status;
    bool *taken = NULL;
    size_t most = set->plan->n_points + wanted->n_points, entries;
    CPT_TRY(cpt_multiply(most, set->P, "drawn points", &entries));
    CPT_TRY(cpt_allocate(&set->chosen, entries, sizeof(double)));
    CPT_TRY(cpt_allocate(&set->first, most, sizeof *set->first));
    for (size_t k = 0; k < most; k++)
        set->first[k] = k * set->P;
    CPT_TRY(cpt_allocate(&taken, wanted->n_candidates, sizeof *taken));
    CPT_TRY(critpt_workspace_create(&set->workspace, set->plan->landscape));
    for (size_t k = 0; k < set->plan->n_points; k++)
        memcpy(set->chosen + k * set->P, set->plan->points[k].requested, set->P * sizeof(double));
    set->n_chosen = set->plan->n_points;
    for (size_t k = 0; k < wanted->n_points; k++) {
        double n = (double)wanted->n_points;
        cpt_pulse_range(0.8 * (double)k / n, 0.8 * (double)(k + 1) / n);
        CPT_TRY(choose_next(set, wanted, taken));
    }
done:
    cpt_free(taken);
    return status;
}

/* How many doubles choose_all takes, nearly; nothing is allocated. */
static critpt_status foresee(const critpt_plan *plan, const drawing *wanted, size_t *size)
{
    enum { BLOCK_ROWS = 136 }; /* reflectors and work space of a triangle; vectors */
    enum { SMALL = 160 };      /* heads of blocks */
    critpt_status status;
    const critpt_landscape *landscape = plan->landscape;
    size_t P = landscape->model->n_weights, D = landscape->model->n_outputs, own, products, work;
    size_t K = plan->n_points + wanted->n_points, order;
    size_t batch = cpt_smaller(landscape->n_samples, CPT_JET_BATCH), at_once;
    CPT_TRY(cpt_multiply(K, P, "drawn points", &order));
    CPT_TRY(cpt_workspace_size(landscape, batch, &own));
    if (cpt_jet_takes_gram(landscape->model)) {
        CPT_TRY(cpt_jet_gram_size(landscape->model, K, true, batch, BYTES, &at_once, &products));
        CPT_TRY(cpt_multiply_add(D * D, at_once, products, "products of Jacobians", &products));
    } else {
        at_once = rows_at_once(landscape->model, K, batch);
        CPT_TRY(cpt_multiply(order, D * at_once, "rows of Jacobians", &products));
    }
    CPT_TRY(cpt_linalg_eigen_size(P, true, &work));
    CPT_TRY(cpt_multiply_add(P, 3, 1, "principal angles", size));
    CPT_TRY(cpt_multiply_add(P, *size, work, "principal angles", size));
    *size = cpt_larger(*size, products);
    CPT_TRY(cpt_multiply_add(order, BLOCK_ROWS, *size, "triangle of the points", size));
    CPT_TRY(cpt_multiply_add(order, order, *size, "triangle of the points", size));
    CPT_TRY(cpt_multiply_add(1, own + landscape->n_samples, *size, "drawn points", size));
    CPT_TRY(cpt_multiply_add(1, SMALL + K, *size, "drawn points", size));
    CPT_TRY(
        cpt_multiply_add(1, wanted->n_candidates / sizeof(double), *size, "drawn points", size));
done:
    return status;
}

/* How many bytes measure_gain takes beside the points chosen: a plan and its solve. */
static critpt_status foresee_gain(const critpt_plan *plan, const drawing *wanted, size_t *bytes)
{
    critpt_status status;
    const critpt_landscape *landscape = plan->landscape;
    critpt_plan bare = {.landscape = plan->landscape, .n_points = plan->n_points};
    bare.n_points += wanted->n_points;
    cpt_points points;
    cpt_condition_work work = {.evaluation.points = &points};
    cpt_equations equations = {.plan = &bare, .work = &work};
    cpt_solve_room room;
    size_t P = landscape->model->n_weights, n, own, held;
    size_t batch = cpt_smaller(landscape->n_samples, CPT_JET_BATCH), K = bare.n_points;
    cpt_points_describe(&points, &bare);
    equations.n_critical = wanted->n_points;
    for (size_t k = 0; k < plan->n_points; k++)
        equations.n_critical += plan->points[k].critical;
    equations.n_gradients = equations.n_critical;
    CPT_TRY(cpt_multiply(equations.n_critical, P, "drawn points", &equations.n));
    CPT_TRY(cpt_solve_foresee_memory(&equations, &room, bytes));
    CPT_TRY(cpt_multiply(landscape->n_samples, landscape->model->n_outputs, "targets", &n));
    CPT_TRY(cpt_workspace_size(landscape, batch, &own));
    CPT_TRY(cpt_multiply_add(4 * K + wanted->n_points, P + 16, own + n, "drawn points", &held));
    CPT_TRY(cpt_multiply_add(1, landscape->n_samples, held, "drawn points", &held));
    CPT_TRY(cpt_multiply_add(held, sizeof(double), *bytes, "drawn points", bytes));
done:
    return status;
}

static critpt_status require_memory(const critpt_plan *plan, const drawing *wanted, bool measured,
                                    size_t limit)
{
    critpt_status status;
    size_t size, of_gain = 0;
    CPT_TRY(foresee(plan, wanted, &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "drawn points", &size));
    if (measured)
        CPT_TRY(foresee_gain(plan, wanted, &of_gain));
    size = cpt_larger(size, of_gain);
    if (limit && size > limit)
        CPT_TRY(cpt_error(CRITPT_NO_MEMORY,
                          "drawing %zu points needs %.3g GiB, the memory limit is %.3g GiB; raise "
                          "it, or draw fewer",
                          wanted->n_points, (double)size / 0x1p30, (double)limit / 0x1p30));
    CPT_TRY(cpt_require_room(size));
done:
    return status;
}

critpt_status critpt_plan_draw_points(critpt_plan *plan, size_t n_points, size_t n_candidates,
                                      double scale, uint64_t seed, size_t *first, double *gain)
{
    return critpt_plan_draw_points_with_options(plan, n_points, n_candidates, scale, seed, NULL,
                                                first, gain);
}

critpt_status critpt_plan_draw_points_with_options(critpt_plan *plan, size_t n_points,
                                                   size_t n_candidates, double scale, uint64_t seed,
                                                   const critpt_plan_options *options,
                                                   size_t *first, double *gain)
{
    critpt_status status;
    cpt_budget budget;
    cpt_pulse pulse;
    const drawing wanted = {n_points, n_candidates, scale, seed};
    selection set = {.plan = plan};
    size_t start = plan ? plan->n_points : 0;
    double measured = NAN;
    options = cpt_plan_options_in_force(options);
    cpt_budget_begin(&budget, options->memory_limit);
    cpt_pulse_begin(&pulse, options->progress, options->progress_user, "candidates");
    cpt_pulse_limit(&pulse, options->time_limit);
    CPT_TRY(require_drawing(plan, &wanted));
    CPT_TRY(cpt_landscape_require_unsplit(plan->landscape, "drawn points"));
    CPT_TRY(require_memory(plan, &wanted, gain != NULL, options->memory_limit));
    set.P = plan->landscape->model->n_weights;
    set.N = plan->landscape->n_samples;
    set.D = plan->landscape->model->n_outputs;
    CPT_TRY(choose_all(&set, &wanted));
    if (gain)
        CPT_TRY(measure_gain(&set, &wanted, &measured));
    for (size_t k = start; k < set.n_chosen; k++) {
        CPT_TRY(critpt_plan_add_point(plan, set.chosen + k * set.P, set.P, NULL));
        CPT_TRY(critpt_plan_let_point_move(plan, k));
    }
    if (first)
        *first = start;
    if (gain)
        *gain = measured;
done:
    if (plan && status != CRITPT_OK)
        cpt_plan_drop_points(plan, start);
    critpt_workspace_destroy(set.workspace);
    cpt_free(set.chosen);
    cpt_free(set.first);
    cpt_pulse_end(&pulse);
    cpt_budget_end(&budget);
    return cpt_landscape_leave(plan ? plan->landscape : NULL, status);
}
