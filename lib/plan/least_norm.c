/* The change of least norm that meets the independent equations (MATH 6).
 *
 * With B1 the independent ones among the columns of [Mn^(1/2) C; looseness] = B, their triangle R11
 * and Q = B1 R11^-1, whose columns are orthonormal but for rounding, it is the least-norm solution
 * of Q' z = R11^-T right, which LSQR (Paige and Saunders 1982) finds in a few steps. The
 * semi-normal equations, z = Q Q' z in a single step, lose the square of the condition when they
 * are iterated: what rounding adds to a step comes back amplified by the next. LSQR takes the
 * length of each direction from the direction as it was computed. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "plan/solve.h"

static const double well_conditioned = 1e4; /* a single step is then good to 1e-12 */

critpt_status cpt_change_create(cpt_change *change, size_t n_targets, size_t n_equations)
{
    critpt_status status;
    CPT_TRY(cpt_allocate(&change->field, n_targets, sizeof(double)));
    CPT_TRY(cpt_allocate(&change->slack, n_equations, sizeof(double)));
done:
    return status;
}

void cpt_change_destroy(cpt_change *change)
{
    cpt_free(change->field);
    cpt_free(change->slack);
}

void cpt_solve_add_change(cpt_solve *solve, double factor, const cpt_change *change)
{
    cpt_linalg_axpy(solve->N * solve->D, factor, change->field, solve->targets);
    cpt_linalg_axpy(solve->equations, factor, change->slack, solve->slack);
}

static void clear(const cpt_solve *solve, cpt_change *change)
{
    memset(change->field, 0, solve->N * solve->D * sizeof(double));
    memset(change->slack, 0, solve->equations * sizeof(double));
}

static void scale(size_t n, double factor, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

/* Norm of a change; leaves Mn times its field in the solve's `weighted`. */
static double measure(cpt_solve *solve, const cpt_change *change)
{
    cpt_solve_apply_metric(solve, change->field, solve->weighted);
    double square = cpt_linalg_dot(solve->N * solve->D, change->field, solve->weighted);
    return hypot(sqrt(fmax(square, 0)), cpt_linalg_norm(solve->equations, change->slack));
}

/* Divides a change by its norm, and `weighted` likewise; the norm. */
static double normalize(cpt_solve *solve, cpt_change *change)
{
    double norm = measure(solve, change);
    if (norm > 0) {
        scale(solve->N * solve->D, 1 / norm, change->field);
        scale(solve->N * solve->D, 1 / norm, solve->weighted);
        scale(solve->equations, 1 / norm, change->slack);
    }
    return norm;
}

/* image = B' change for the change that was measured last. */
static critpt_status apply_rows(cpt_solve *solve, const cpt_change *change, double *image)
{
    critpt_status status = CRITPT_OK;
    for (size_t b = 0; b < solve->n_blocks; b++) {
        const cpt_block *block = &solve->blocks[b];
        CPT_TRY(block->kind->products(solve, block, solve->weighted, image + block->first));
    }
    for (size_t e = 0; e < solve->equations; e++)
        image[e] += solve->looseness[e] * change->slack[e];
done:
    return status;
}

/* change = Q u + factor change */
static critpt_status add_columns(cpt_solve *solve, const double *u, double factor,
                                 cpt_change *change)
{
    critpt_status status;
    size_t n = solve->N * solve->D;
    memcpy(solve->step, u, solve->equations * sizeof *u);
    CPT_TRY(cpt_triangle_from_orthonormal(&solve->triangle, solve->step));
    CPT_TRY(cpt_solve_combine(solve, solve->field));
    for (size_t i = 0; i < n; i++)
        change->field[i] = solve->field[i] + factor * change->field[i];
    for (size_t e = 0; e < solve->equations; e++)
        change->slack[e] = solve->looseness[e] * solve->step[e] + factor * change->slack[e];
done:
    return status;
}

/* u = Q' v - alpha u, of norm 1; *beta is what its norm was. */
static critpt_status bidiagonalize(cpt_solve *solve, cpt_krylov *krylov, double alpha, double *beta)
{
    critpt_status status;
    CPT_TRY(apply_rows(solve, &krylov->v, krylov->image));
    CPT_TRY(cpt_triangle_to_orthonormal(&solve->triangle, krylov->image));
    for (size_t i = 0; i < solve->equations; i++)
        krylov->u[i] = krylov->image[i] - alpha * krylov->u[i];
    *beta = cpt_linalg_norm(solve->equations, krylov->u);
    if (*beta > 0)
        scale(solve->equations, 1 / *beta, krylov->u);
done:
    return status;
}

/* w = v + factor w */
static void turn_direction(const cpt_solve *solve, cpt_krylov *krylov, double factor)
{
    for (size_t i = 0; i < solve->N * solve->D; i++)
        krylov->w.field[i] = krylov->v.field[i] + factor * krylov->w.field[i];
    for (size_t e = 0; e < solve->equations; e++)
        krylov->w.slack[e] = krylov->v.slack[e] + factor * krylov->w.slack[e];
}

/* LSQR from u of norm 1, until what is left of the solution has the norm `enough`. */
static critpt_status iterate(cpt_solve *solve, double left, double enough, cpt_change *change)
{
    enum { STEPS = 50 };
    critpt_status status;
    cpt_krylov *krylov = &solve->krylov;
    double alpha, beta, rho_bar;
    clear(solve, &krylov->v);
    clear(solve, &krylov->w);
    CPT_TRY(add_columns(solve, krylov->u, 0, &krylov->v));
    rho_bar = alpha = normalize(solve, &krylov->v);
    turn_direction(solve, krylov, 0);
    for (size_t step = 0; step < STEPS && alpha > 0; step++) {
        CPT_TRY(bidiagonalize(solve, krylov, alpha, &beta));
        double rho = hypot(rho_bar, beta), cosine = rho_bar / rho, sine = beta / rho;
        double length = cosine * left / rho;
        if (!isfinite(length))
            break;
        cpt_linalg_axpy(solve->N * solve->D, length, krylov->w.field, change->field);
        cpt_linalg_axpy(solve->equations, length, krylov->w.slack, change->slack);
        left *= sine;
        if (left <= enough)
            break;
        CPT_TRY(add_columns(solve, krylov->u, -beta, &krylov->v));
        alpha = normalize(solve, &krylov->v);
        turn_direction(solve, krylov, -sine * alpha / rho);
        rho_bar = -cosine * alpha;
    }
done:
    return status;
}

critpt_status cpt_solve_least_norm(cpt_solve *solve, const double *right, double enough,
                                   cpt_change *change)
{
    critpt_status status;
    double *u = solve->krylov.u, norm;
    clear(solve, change);
    memcpy(u, right, solve->equations * sizeof *u);
    CPT_TRY(cpt_triangle_to_orthonormal(&solve->triangle, u));
    norm = cpt_linalg_norm(solve->equations, u);
    if (norm <= enough)
        goto done;
    if (solve->triangle.condition <= well_conditioned) {
        CPT_TRY(add_columns(solve, u, 0, change));
        goto done;
    }
    scale(solve->equations, 1 / norm, u);
    CPT_TRY(iterate(solve, norm, enough, change));
done:
    return status;
}

/* Takes out of the change what the equations see of it, to the rounding of its norm. */
static critpt_status remove_seen(cpt_solve *solve, cpt_change *change)
{
    critpt_status status;
    cpt_change *seen = &solve->krylov.solution;
    double size = measure(solve, change);
    CPT_TRY(apply_rows(solve, change, solve->krylov.right));
    CPT_TRY(cpt_solve_least_norm(solve, solve->krylov.right, DBL_EPSILON * size, seen));
    cpt_linalg_axpy(solve->N * solve->D, -1, seen->field, change->field);
    cpt_linalg_axpy(solve->equations, -1, seen->slack, change->slack);
done:
    return status;
}

/* What is left may be far smaller than the change was, and is to be accurate beside its own size:
 * the rounding of the first round is removed by a second one. */
critpt_status cpt_solve_project(cpt_solve *solve, cpt_change *change)
{
    critpt_status status;
    CPT_TRY(cpt_solve_free_field(solve, change->field));
    CPT_TRY(remove_seen(solve, change));
    if (solve->triangle.condition > well_conditioned)
        CPT_TRY(remove_seen(solve, change));
done:
    return status;
}
