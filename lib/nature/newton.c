/* The linear equations of the methods, (I + B* B) x = r or B* B x = r in scaled coordinates, by
 * preconditioned conjugate gradients. */
#include <string.h>

#include "linalg/linalg.h"
#include "nature/newton.h"

/* Numbers of steps of conjugate gradients: of all equations together, by default; up to which half
 * of the columns would do; beyond which the whole operator is worth factoring. Chosen. */
enum { ALL_PRODUCTS = 20000 };
enum { EASY_STEPS = 12 };
enum { HOPELESS_STEPS = 150 };

/* Numbers of the preconditioner's columns: the first; from which on it is doubled, not quadrupled;
 * the most. Chosen: between the first two doubling left the next equations, which are harder, with
 * too few (the large request of bench/natures). */
enum { FIRST_COLUMNS = 64 };
enum { MANY_COLUMNS = 512 };
enum { MOST_COLUMNS = 4096 };

size_t cpt_nature_products_left(const cpt_nature_maps *maps)
{
    size_t asked = maps->problem->max_products, all = asked ? asked : ALL_PRODUCTS;
    return maps->n_products < all ? all - maps->n_products : 0;
}

/* Steps that are accepted before there are more columns, whose cost grows faster than their number.
 * Chosen: at 1024 columns twice as many pay beyond 60 steps (the large request of bench/natures).
 */
static size_t accepted_steps(size_t columns)
{
    return columns < MANY_COLUMNS ? 15 : columns < 4 * MANY_COLUMNS ? 60 : 150;
}

/* How many columns to go on with: none until the equations took many steps, then as many as keep
 * them few, the next equations being harder still. */
static size_t choose_columns(const cpt_nature_newton *newton)
{
    size_t columns = newton->columns, steps = newton->last_steps;
    size_t accepted = accepted_steps(columns);
    if (steps <= EASY_STEPS)
        return columns > FIRST_COLUMNS ? columns / 2 : columns;
    if (columns == 0)
        return steps <= 2 * accepted ? FIRST_COLUMNS : 4 * FIRST_COLUMNS;
    if (steps <= accepted || columns >= MOST_COLUMNS)
        return columns;
    return columns < MANY_COLUMNS ? 4 * columns : 2 * columns;
}

critpt_status cpt_nature_newton_follow(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                       const cpt_nature_cone *cone, bool strengthen)
{
    critpt_status status;
    if (strengthen && newton->last_steps > HOPELESS_STEPS)
        CPT_TRY(cpt_nature_preconditioner_strengthen(&newton->preconditioner, maps, cone));
    newton->columns = choose_columns(newton);
    CPT_TRY(cpt_nature_preconditioner_update(&newton->preconditioner, maps, cone, newton->columns,
                                             newton->last_steps));
done:
    return status;
}

/* q = the operator times p, not projected */
static critpt_status apply(cpt_nature_newton *newton, cpt_nature_maps *maps, cpt_nature_cone *cone,
                           bool identity)
{
    critpt_status status;
    maps->n_products++;
    CPT_TRY(cpt_nature_multiply(maps, cone, newton->p, newton->q));
    if (identity)
        cpt_linalg_axpy(maps->n, 1, newton->p, newton->q);
done:
    return status;
}

/* r = projection of r - factor q. That it is projected anew in every step keeps rounding from
 * leaving the space of free changes, outside of which B is large. */
static critpt_status take_residual(cpt_nature_newton *newton, cpt_nature_maps *maps, double factor)
{
    cpt_linalg_axpy(maps->n, -factor, newton->q, newton->r);
    return cpt_nature_project(maps, newton->r);
}

critpt_status cpt_nature_newton_solve(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                      cpt_nature_cone *cone, bool identity, double tolerance,
                                      size_t most_steps)
{
    critpt_status status;
    size_t n = maps->n, steps = 0;
    double *h = newton->h, *p = newton->p, product = 1;
    memset(p, 0, n * sizeof *p); /* the first direction's product is then any number but 0 */
    while (cpt_linalg_norm(n, newton->r) > tolerance && steps < most_steps &&
           cpt_nature_products_left(maps) > 0) {
        CPT_TRY(cpt_nature_precondition(&newton->preconditioner, maps, newton->r, h));
        double next = cpt_linalg_dot(n, newton->r, h);
        for (size_t i = 0; i < n; i++)
            p[i] = h[i] + next / product * p[i];
        product = next;
        CPT_TRY(apply(newton, maps, cone, identity));
        double curvature = cpt_linalg_dot(n, p, newton->q);
        if (!(curvature > 0))
            break;
        cpt_linalg_axpy(n, product / curvature, p, newton->step);
        CPT_TRY(take_residual(newton, maps, product / curvature));
        if (++steps % 16 == 0)
            CPT_TRY(cpt_nature_tick(maps, 0));
    }
    CPT_TRY(cpt_nature_project(maps, newton->step)); /* which preconditioning leaves a little */
    newton->last_steps = steps;
done:
    return status;
}

critpt_status cpt_nature_newton_create(cpt_nature_newton *newton, const cpt_nature_maps *maps)
{
    critpt_status status;
    double **all[] = {&newton->step, &newton->r, &newton->h, &newton->p, &newton->q};
    memset(newton, 0, sizeof *newton);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CPT_TRY(cpt_allocate(all[i], maps->n, sizeof(double)));
done:
    return status;
}

critpt_status cpt_nature_newton_begin(cpt_nature_newton *newton, cpt_nature_maps *maps,
                                      const cpt_nature_cone *cone)
{
    newton->columns = newton->last_steps = 0;
    return cpt_nature_preconditioner_begin(&newton->preconditioner, maps, cone);
}

void cpt_nature_newton_destroy(cpt_nature_newton *newton)
{
    double *all[] = {newton->step, newton->r, newton->h, newton->p, newton->q};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cpt_free(all[i]);
    cpt_nature_preconditioner_destroy(&newton->preconditioner);
}
