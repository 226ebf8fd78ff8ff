/* What a solve will need, before it takes it. */
#include <stdio.h>

#include "nature/nature.h"
#include "solve/solve.h"

/* Samples folded at once: enough rows that the triangle's reflectors are applied as matrix
 * products, few enough that the chunk stays small beside the triangle. */
static size_t choose_batch(size_t equations, size_t N, size_t D)
{
    size_t rows = equations / 2;
    rows = rows < 512 ? 512 : rows > 2048 ? 2048 : rows;
    size_t batch = (rows + D - 1) / D;
    return cpt_larger(cpt_smaller(batch, N), 1);
}

/* All fields of the largest block of losses, if they do not take more than 256 MiB. */
static cpt_solve_room choose_room(const cpt_equations *equations)
{
    const cpt_points *points = cpt_equations_points(equations);
    cpt_solve_room room = {0, false};
    size_t most = ((size_t)32 << 20) / cpt_larger(points->N * points->D, 1);
    most = most > 0 ? most : 1;
    room.matrix = equations->needs_matrix;
    room.fields = equations->most_fields < most ? equations->most_fields : most;
    return room;
}

/* Natures, their projections, and the spectrum that confirms them, in extended precision. */
static critpt_status add_natures(const cpt_equations *equations, size_t *size)
{
    enum { MATRICES = 18, FIELDS = 3 }; /* of the spectrum: P x P, N x D */
    critpt_status status = CRITPT_OK;
    const critpt_plan *plan = equations->plan;
    const cpt_points *points = cpt_equations_points(equations);
    size_t n_natures = 0, square, own, projection;
    for (size_t k = 0; k < points->K; k++)
        n_natures += cpt_plan_find_condition(plan, CRITPT_CONDITION_NATURE, k) != NULL;
    if (n_natures == 0)
        return CRITPT_OK;
    CPT_TRY(cpt_nature_size(plan->landscape, points->K, n_natures, &own));
    CPT_TRY(cpt_multiply_add(own, 1, *size, "natures", size));
    CPT_TRY(cpt_equations_projection_size(equations, &projection));
    CPT_TRY(cpt_multiply_add(projection, 1, *size, "projections of the natures", size));
    CPT_TRY(cpt_multiply(points->P, points->P, "Hessian", &square));
    CPT_TRY(cpt_multiply_add(square, MATRICES, *size, "spectra of the natures", size));
    CPT_TRY(cpt_multiply_add(points->N * points->D, FIELDS, *size, "spectra of the natures", size));
done:
    return status;
}

bool cpt_solve_loosens(const cpt_equations *equations)
{
    return equations->soft && cpt_condition_level(equations->plan);
}

/* Doubles that the solve will allocate, the largest parts exactly. */
static critpt_status estimate_size(const cpt_equations *equations, cpt_route route,
                                   const cpt_solve_room *room, size_t *size)
{
    enum { FIELDS = 13 }; /* base, targets, five of the scratch, changes, f_0 */
    enum { VECTORS = 16 };
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    const critpt_landscape *landscape = points->landscape;
    size_t M = equations->n, n = points->N * points->D, batch = equations->batch, own;
    CPT_TRY(
        cpt_workspace_size(landscape, CPT_JET_BATCH < points->N ? CPT_JET_BATCH : points->N, &own));
    CPT_TRY(cpt_equations_route_size(equations, route, size));
    if (cpt_solve_loosens(equations))
        CPT_TRY(cpt_multiply_add(M, M, *size, "triangle of the equations", size));
    CPT_TRY(cpt_multiply_add(M, VECTORS, *size, "equations", size));
    CPT_TRY(cpt_multiply_add(n, FIELDS + room->fields, *size, "targets", size));
    CPT_TRY(cpt_multiply_add(own, 1, *size, "batch of samples", size));
    CPT_TRY(cpt_multiply_add(points->K + 5, points->P, *size, "weights", size));
    if (room->matrix)
        CPT_TRY(cpt_multiply_add(points->P + batch * points->D, points->P, *size,
                                 "second derivatives", size));
    CPT_TRY(add_natures(equations, size));
done:
    return status;
}

static critpt_status foresee(cpt_equations *equations, cpt_route route, cpt_solve_room *room,
                             size_t *bytes)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t size;
    equations->batch = choose_batch(equations->n, points->N, points->D);
    *room = choose_room(equations);
    CPT_TRY(estimate_size(equations, route, room, &size));
    CPT_TRY(cpt_multiply(size, sizeof(double), "memory of the solve", bytes));
done:
    return status;
}

critpt_status cpt_solve_foresee_memory(cpt_equations *equations, cpt_solve_room *room,
                                       size_t *bytes)
{
    return foresee(equations, CPT_ROUTE_ROWS, room, bytes);
}

/* "3.1 GiB with their rows, 1.7 GiB with their products": of the ways that serve the plan. */
static critpt_status refuse(const cpt_equations *equations, const size_t *sizes, size_t limit)
{
    static const char *const names[] = {"with their rows", "with their products",
                                        "without a triangle"};
    char ways[160] = "";
    size_t length = 0;
    for (size_t route = 0; route < CPT_N_ROUTES; route++)
        if (sizes[route] > 0)
            length +=
                (size_t)snprintf(ways + length, sizeof ways - length, "%s%.3g GiB %s",
                                 length ? ", " : "", (double)sizes[route] / 0x1p30, names[route]);
    return cpt_error(
        CRITPT_NO_MEMORY,
        "%zu equations in %zu targets need %s%s, the memory limit is %.3g GiB; raise it, or use "
        "fewer points or a smaller network",
        equations->n, equations->unknowns, ways,
        cpt_equations_has_route(equations, CPT_ROUTE_UNIT_BLOCKS)
            ? ""
            : " (natures, losses and conditions other than gradients need a triangle)",
        (double)limit / 0x1p30);
}

/* The first way, from `first` on, that serves the plan and has room. */
static critpt_status choose_route(cpt_equations *equations, size_t first, cpt_solve_room *room,
                                  size_t *memory_left)
{
    critpt_status status;
    size_t sizes[CPT_N_ROUTES] = {0}, limit = equations->options->memory_limit;
    bool within = false;
    for (size_t route = first; route < CPT_N_ROUTES; route++) {
        equations->route = (cpt_route)route;
        if (!cpt_equations_has_route(equations, equations->route))
            continue;
        CPT_TRY(foresee(equations, equations->route, room, &sizes[route]));
        if (limit && sizes[route] >= limit)
            continue;
        within = true;
        status = cpt_require_room(sizes[route]);
        *memory_left = limit ? limit - sizes[route] : 0;
        if (status != CRITPT_NO_MEMORY)
            goto done;
    }
    if (!within)
        status = refuse(equations, sizes, limit);
done:
    return status;
}

/* All processes take the same. */
critpt_status cpt_solve_choose_route(cpt_equations *equations, cpt_solve_room *room,
                                     size_t *memory_left)
{
    critpt_status status;
    cpt_reduction *reduction = cpt_equations_points(equations)->metric->reduction;
    double last = 0, first;
    CPT_TRY(cpt_linalg_require_size("number of equations", equations->n));
    do {
        CPT_TRY(choose_route(equations, (size_t)last, room, memory_left));
        first = last = (double)equations->route;
        CPT_TRY(cpt_reduction_min(reduction, 1, &first));
        CPT_TRY(cpt_reduction_max(reduction, 1, &last));
    } while (first < last);
done:
    return status;
}
