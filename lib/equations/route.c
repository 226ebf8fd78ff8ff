/* The ways to targets, and what memory each takes. */
#include "equations/equations.h"

static const char what[] = "triangle of the equations";

/* Rows folded into a square, a chunk at a time, or products first where these can tell. */
static critpt_status size_of_rows(const cpt_equations *equations, size_t *size)
{
    critpt_status status;
    const cpt_points *points = cpt_equations_points(equations);
    size_t M = equations->n, batch = equations->batch, chunk, products;
    CPT_TRY(cpt_workspace_size(points->landscape, batch, &chunk));
    CPT_TRY(cpt_multiply_add(batch * points->D, M, chunk, what, &chunk));
    CPT_TRY(cpt_multiply_add(M, M, chunk, what, size));
    CPT_TRY(cpt_multiply_add(M, 160, *size, what, size)); /* reflectors, dgeqp3, vectors */
    CPT_TRY(cpt_equations_route_size(equations, CPT_ROUTE_PRODUCTS, &products));
    *size = cpt_larger(*size, products);
done:
    return status;
}

static critpt_status size_of_products(const cpt_equations *equations, size_t *size)
{
    critpt_status status;
    size_t M = equations->n, products;
    CPT_TRY(cpt_equations_products_size(equations, &products));
    CPT_TRY(cpt_upper_size(M, CPT_UPPER_WIDTH, size));
    CPT_TRY(cpt_multiply_add(M, cpt_smaller(CPT_UPPER_WIDTH, M) + 8, *size, what, size));
    CPT_TRY(cpt_multiply_add(1, products, *size, what, size));
done:
    return status;
}

critpt_status cpt_equations_route_size(const cpt_equations *equations, cpt_route route,
                                       size_t *size)
{
    switch (route) {
    case CPT_ROUTE_ROWS:
        return size_of_rows(equations, size);
    case CPT_ROUTE_PRODUCTS:
        return size_of_products(equations, size);
    default:
        return cpt_equations_unit_blocks_size(equations, size);
    }
}

/* Natures project many fields, a level moves along the equations' null space, and soft equations
 * give way to it: those need a triangle, and that of rows where it is to be changed. Over processes
 * rows are not folded: there the last are refused when it comes to that. */
bool cpt_equations_has_route(const cpt_equations *equations, cpt_route route)
{
    const critpt_plan *plan = equations->plan;
    bool level = cpt_condition_level(plan) != NULL, natures = false;
    for (size_t k = 0; k < plan->n_points; k++)
        natures = natures || cpt_plan_find_condition(plan, CRITPT_CONDITION_NATURE, k);
    switch (route) {
    case CPT_ROUTE_ROWS:
        return !cpt_reduction_is_split(plan->landscape->metric.reduction) ||
               !cpt_equations_has_route(equations, CPT_ROUTE_PRODUCTS);
    case CPT_ROUTE_PRODUCTS:
        return !natures && !(level && equations->soft);
    default:
        return !natures && !level && !equations->other;
    }
}
