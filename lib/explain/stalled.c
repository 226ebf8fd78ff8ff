/* A solve without a triangle that has stalled: its residual is the combination c of equations that
 * the steps cannot lower, so that c'A is all but 0 and c'b is not (MATH 6). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"

/* How much each input column carries of what equations carry in all. */
typedef struct share {
    size_t column;
    double part;
} share;

static int by_part(const void *a, const void *b)
{
    const share *x = a, *y = b;
    return x->part < y->part ? 1 : x->part > y->part ? -1 : 0;
}

/* Adds what an equation carries to its first-layer column, or to the last share, the rest's. */
static void add_share(const cpt_equations *equations, size_t e, double part, size_t n,
                      share *shares)
{
    const cpt_block *block = cpt_equations_block(equations, e);
    size_t layer, row, column;
    if (cpt_structure_locate_weight(equations->plan->landscape->model, e - block->first, &layer,
                                    &row, &column) &&
        layer == 0)
        shares[column].part += part;
    else
        shares[n].part += part;
}

/* "input columns 3, 7 and the bias carry 93 % of it", or "" where no few do. */
static critpt_status say_columns(const cpt_equations *equations, const double *carried, char *to,
                                 size_t room)
{
    enum { NAMED = 3 };
    static const double most = 0.5;
    critpt_status status;
    size_t d = equations->plan->landscape->model->n_inputs, length = 0, n_named = 0;
    double all = 0, named = 0;
    share *shares = NULL;
    *to = '\0';
    CPT_TRY(cpt_allocate(&shares, d + 2, sizeof *shares)); /* the bias; deeper layers */
    for (size_t j = 0; j < d + 2; j++)
        shares[j].column = j;
    for (size_t e = 0; e < equations->n; e++)
        if (!equations->null[e]) {
            add_share(equations, e, carried[e] * carried[e], d + 1, shares);
            all += carried[e] * carried[e];
        }
    qsort(shares, d + 1, sizeof *shares, by_part);
    for (size_t j = 0; j < NAMED && j <= d && named < 0.9 * all; j++, n_named++) {
        named += shares[j].part;
        if (shares[j].column == d)
            length += (size_t)snprintf(to + length, room - length, "%sthe bias", j ? ", " : "");
        else
            length += (size_t)snprintf(to + length, room - length, "%sinput column %zu",
                                       j ? ", " : "", shares[j].column);
    }
    if (named < most * all)
        *to = '\0';
    else
        snprintf(to + length, room - length, " of the first layer carr%s %.0f %% of it",
                 n_named == 1 ? "ies" : "y", 100 * named / all);
done:
    cpt_free(shares);
    return status;
}

/* c'b / |c'A|: no change of the targets shorter than that meets the equations. */
static critpt_status find_combination(cpt_equations *equations, double *c, double *distance)
{
    critpt_status status;
    cpt_krylov *krylov = &equations->krylov;
    memcpy(c, equations->residuals, equations->n * sizeof *c);
    cpt_equations_to_orthonormal(equations, c);
    cpt_equations_from_orthonormal(equations, c);
    CPT_TRY(cpt_equations_combine(equations, c, krylov->field));
    *distance = cpt_linalg_dot(equations->n, c, equations->residuals) /
                cpt_metric_norm(cpt_equations_points(equations)->metric, krylov->field, NULL);
done:
    return status;
}

static critpt_status name_size(const cpt_equations *equations, char *to, size_t room)
{
    critpt_status status = CRITPT_OK;
    size_t size;
    *to = '\0';
    if (!cpt_equations_has_route(equations, CPT_ROUTE_PRODUCTS))
        goto done;
    CPT_TRY(cpt_equations_route_size(equations, CPT_ROUTE_PRODUCTS, &size));
    snprintf(to, room, ", or give the %.3g GiB that their triangle takes",
             (double)size * sizeof(double) / 0x1p30);
done:
    return status;
}

critpt_status cpt_explain_stalled(cpt_equations *equations, const cpt_targets *targets,
                                  cpt_report *report)
{
    static const double far = 1e5; /* times all that the targets are made of */
    critpt_status status = CRITPT_OK;
    const cpt_points *points = cpt_equations_points(equations);
    char columns[200], triangle[80];
    double *c = NULL, distance;
    if (cpt_equations_all_met(equations, targets))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&c, equations->n, sizeof *c));
    CPT_TRY(find_combination(equations, c, &distance));
    CPT_TRY(cpt_explain_find_causes(equations, report));
    double size = cpt_metric_norm(points->metric, targets->values, NULL) +
                  cpt_metric_norm(points->metric, targets->base, NULL) + targets->spread;
    bool proven = distance > far * size;
    const double *scale = equations->triangle.scale;
    for (size_t e = 0; e < equations->n; e++) /* in units of its row */
        c[e] = proven ? c[e] / scale[e] : scale[e] * equations->residuals[e];
    CPT_TRY(say_columns(equations, c, columns, sizeof columns));
    if (proven)
        CPT_TRY(cpt_error(CRITPT_INFEASIBLE,
                          "the %zu equations contradict each other: a combination of them in which "
                          "the targets cancel does not (no targets up to %.1g times as large meet "
                          "them)%s%s; use other weights, fewer points or more samples",
                          equations->n, distance / size, columns[0] ? "; " : "", columns));
    CPT_TRY(name_size(equations, triangle, sizeof triangle));
    CPT_TRY(cpt_error(CRITPT_NOT_CONVERGED,
                      "undecided: the steps that solve %zu equations without a triangle have "
                      "stalled, and what is left proves no contradiction%s%s; scale and centre the "
                      "inputs, use other weights%s",
                      equations->n, columns[0] ? "; " : "", columns, triangle));
done:
    cpt_free(c);
    return status;
}
