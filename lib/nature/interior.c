/* The interior-point method: min 1/2 |e|^2 subject to C_j + B_j e >= 0, by Newton steps in the
 * scaling of Nesterov and Todd, which no change of basis can spoil.
 *
 * The dual, max -1/2 |sum B* Z|^2 - sum <C, Z> over Z >= 0, has no equations, so every Z > 0 gives
 * a lower bound. Newton equations are solved by conjugate gradients to a residual that the duality
 * gap hides: with X = C + B e the gap is <X, Z> + 1/2 |e - sum B* Z|^2. */
#include <math.h>
#include <string.h>

#include "linalg/linalg.h"
#include "nature/certificate.h"
#include "nature/interior.h"
#include "nature/square.h"
#include "nature/start.h"

/* Limits of a solve, chosen: Newton steps; steps of conjugate gradients for one set of equations;
 * sets in turn that took as many, since the step of one that is not solved often leads on; the
 * length of a step below which rounding ends the method. */
enum { MOST_ITERATIONS = 100 };
enum { MOST_STEPS = 800 };
enum { MOST_FAILURES = 3 };
static const double least_step = 1e-8;

/* Steps of conjugate gradients that proofs may take: so many, and so many for each of the method's
 * own. Chosen: far minima look infeasible for a while, and proofs took the whole budget. */
static const size_t least_on_proofs = 50;
static const size_t part_on_proofs = 3;

/* How far towards the boundary a step goes, of 1; chosen, as usual. */
static const double step_to_boundary = 0.95;

/* Residuals of Newton's equations, in units of sqrt(<X, Z>): half the square is the part of the
 * duality gap that they make, 1/2 |e - sum B* Z|^2 beside <X, Z>. That of a prediction may be this
 * part of the one it starts from instead, if that is less. */
static const double residual_of_gap = 0.2; /* 2 % of the gap */
static const double residual_of_prediction = 1;
static const double most_left = 0.3;

/* sigma, the part of <X, Z> that a step aims at. After a prediction it is the predicted part to
 * the third power (Mehrotra), but at least these, chosen: the second times the squared residual. */
static const double mehrotra = 3;
static const double least_centering = 0.01;
static const double centering_of_residual = 0.12;

/* Without a prediction sigma follows from the length of the last step: below the least a step
 * follows that only centres. Chosen. */
static const double short_step = 0.1;
static const double middle_step = 0.4;
static const double long_step = 0.8;
static const double centering_of_short_step = 0.6;
static const double centering_of_middle_step = 0.3;
static const double centering_of_long_step = 0.1;

/* Imbalances: where sigma is 1 at least, so that C + B e - X does not outlast <X, Z>; what sigma
 * may grow to there; where a step that aims at X = C + B e alone reaches it. Chosen. */
static const double balanced = 0.5;
static const double most_growth = 3;
static const double nearly_exact = 0.1;

/* Part of <X, Z> that a step which is cut short before the boundary leaves; chosen. */
static const double left_by_short_step = 0.15;

/* <X, Z> relative to the objective, in accepted gaps, from which on an iterate is well inside the
 * inequalities; chosen. */
static const double gap_of_inner = 10;

/* Part of the distance `far` that multipliers exclude when a proof is first tried, twenty times the
 * scale of the targets, and the growth of what they exclude until the next trial; chosen. */
static const double suspicious_part = 2e-5;
static const double more_suspicious = 4;

/* Progress goes with the logarithm of the gap, as if it were to become this many times smaller than
 * the one asked for: what follows is to be reported, too. Chosen. */
static const double margin_of_progress = 1e3;

typedef struct interior {
    cpt_nature_maps *maps;
    cpt_nature_cone *cone;
    cpt_nature_solution *solution;
    cpt_nature_newton *newton; /* its equations (I + B* B) step = r */
    double *e, *dual;          /* n each: iterate, sum of B* Z */
    cpt_nature_goal goal;
    double complementarity; /* sum <X, Z> */
    double order;           /* sum of the blocks' */
    double imbalance;       /* |sum <C + B e - X, Z>| / complementarity */
    double centering;       /* sigma */
    double primal_step, dual_step;
    bool recentering;
    bool exact;                        /* X = C + B e */
    bool feasible;                     /* C + B e > 0 at the iterate last judged */
    double gap, first_gap;             /* <X, Z> relative to the objective */
    double suspicious;                 /* the radius from which on infeasibility is suspected */
    size_t failures;                   /* equations that were not solved, one after another */
    size_t products_before, on_proofs; /* steps before this solve, and those of its proofs */
} interior;

/* Whether a is positive definite; scratch n x n. */
static critpt_status is_positive(size_t n, const double *a, double *scratch, bool *positive)
{
    critpt_status status;
    size_t minor;
    memcpy(scratch, a, n * n * sizeof *a);
    CPT_TRY(cpt_linalg_cholesky(n, scratch, &minor));
    *positive = minor == 0;
done:
    return status;
}

/* ---- Newton's equations ---- */

/* Whether Newton's step leaves C + B e - X as it is: it is 0, or only centring is wanted. */
static bool violation_stays(const interior *run)
{
    return run->exact || run->recentering;
}

/* step = 0, and r = -e - sum of B* T' (T (C + B e - X) T') T: the residual of Newton's equations,
 * (I + B* B) step = -e + sum of B* T'(sigma mu / lambda - K - T (C + B e - X) T') T, without their
 * terms in sigma and K. */
static critpt_status begin_step(interior *run)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    memset(run->newton->step, 0, maps->n * sizeof *run->newton->step);
    memset(run->newton->r, 0, maps->n * sizeof *run->newton->r);
    if (!violation_stays(run)) {
        for (size_t j = 0; j < cone->n_blocks; j++) {
            cpt_nature_block *block = &cone->blocks[j];
            size_t m = block->order;
            cpt_nature_set_violation(block, false);
            cpt_nature_congruence(m, m, block->scaling, block->step_slack, block->work2,
                                  block->work);
        }
        CPT_TRY(cpt_nature_adjoint(maps, cone, CPT_NATURE_FRAME, run->newton->r));
    }
    for (size_t i = 0; i < maps->n; i++)
        run->newton->r[i] = -run->e[i] - run->newton->r[i];
    CPT_TRY(cpt_nature_project(maps, run->newton->r));
done:
    return status;
}

/* r += sum of B* T'(target / lambda - K) T */
static critpt_status aim(interior *run, double target)
{
    critpt_status status;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        size_t m = block->order;
        for (size_t i = 0; i < m * m; i++)
            block->work[i] = -block->correction[i];
        for (size_t i = 0; i < m; i++)
            block->work[i * m + i] += target / block->lambda[i];
    }
    CPT_TRY(cpt_nature_adjoint(maps, cone, CPT_NATURE_FRAME, run->newton->q));
    CPT_TRY(cpt_nature_project(maps, run->newton->q));
    cpt_linalg_axpy(maps->n, 1, run->newton->q, run->newton->r);
done:
    return status;
}

/* ---- The iteration ---- */

static critpt_status start(interior *run, const double *from, double mu)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    bool inside = false;
    for (size_t j = 0; j < cone->n_blocks; j++)
        run->order += (double)cone->blocks[j].order;
    if (from)
        CPT_TRY(cpt_nature_start_inside(maps, cone, from, mu, &inside));
    run->centering = inside ? centering_of_short_step : centering_of_long_step;
    run->exact = inside;
    run->newton->columns = inside ? run->solution->n_columns : 0;
    run->newton->last_steps = inside ? run->solution->last_steps : 0;
    if (inside)
        memcpy(run->e, from, maps->n * sizeof(double));
    else {
        memset(run->e, 0, maps->n * sizeof(double));
        CPT_TRY(cpt_nature_start_afar(maps, cone, run->order, run->dual));
    }
done:
    return status;
}

/* The lower bound of the multipliers times the best factor, and what they prove. */
static critpt_status evaluate_dual(interior *run)
{
    critpt_status status;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    cpt_nature_solution *solution = run->solution;
    double linear = cpt_nature_dual_gain(cone), traces = 0, norm, factor;
    run->complementarity = 0;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        size_t m = block->order;
        run->complementarity += cpt_linalg_dot(m * m, block->slack, block->multiplier);
        for (size_t i = 0; i < m; i++)
            traces += block->margin * block->multiplier[i * m + i];
        memcpy(block->work, block->multiplier, m * m * sizeof(double));
    }
    CPT_TRY(cpt_nature_adjoint(maps, cone, CPT_NATURE_BASIS, run->dual));
    CPT_TRY(cpt_nature_project(maps, run->dual));
    norm = cpt_linalg_norm(maps->n, run->dual);
    run->imbalance =
        fabs(cpt_linalg_dot(maps->n, run->e, run->dual) - linear - run->complementarity) /
        run->complementarity;
    if (!(linear > 0))
        goto done;
    double radius = norm > 0 ? linear / norm : INFINITY;
    if (radius <= solution->radius)
        goto done;
    solution->radius = radius;
    solution->dual = radius * radius / 2;
    solution->scale_cap = 1 - linear / traces;
    factor = norm > 0 ? linear / (norm * norm) : 1;
    for (size_t j = 0; j < cone->n_blocks; j++)
        for (size_t i = 0; i < cone->blocks[j].order * cone->blocks[j].order; i++)
            cone->blocks[j].best[i] = factor * cone->blocks[j].multiplier[i];
done:
    return status;
}

/* Whether C + B e > 0 in every block. */
static critpt_status evaluate_primal(interior *run, bool *feasible)
{
    critpt_status status = CRITPT_OK;
    *feasible = true;
    for (size_t j = 0; *feasible && j < run->cone->n_blocks; j++) {
        cpt_nature_block *block = &run->cone->blocks[j];
        for (size_t i = 0; i < block->order * block->order; i++)
            block->work[i] = block->constant[i] + block->image[i];
        CPT_TRY(is_positive(block->order, block->work, block->work2, feasible));
    }
done:
    return status;
}

/* Keeps the iterate if it is the best, and says whether the method is done. */
static critpt_status judge(interior *run, bool *done_with)
{
    critpt_status status;
    cpt_nature_solution *solution = run->solution;
    size_t n = run->maps->n;
    double primal = cpt_linalg_dot(n, run->e, run->e) / 2, objective, gap;
    CPT_TRY(evaluate_dual(run));
    CPT_TRY(evaluate_primal(run, &run->feasible));
    if (run->feasible ? !solution->feasible || primal < solution->primal : !solution->feasible) {
        memcpy(solution->e, run->e, n * sizeof(double));
        solution->primal = primal;
        solution->feasible = run->feasible;
    }
    objective = run->goal.constant + solution->primal;
    gap = fabs(solution->primal - solution->dual) / objective;
    *done_with = true;
    if (solution->feasible && gap <= run->goal.gap)
        solution->end = CPT_NATURE_CONVERGED;
    else if (!solution->feasible && solution->radius > run->goal.far)
        solution->end = CPT_NATURE_SEPARATED;
    else
        *done_with = false;
    run->gap = run->complementarity / objective;
    if (run->feasible && run->gap > gap_of_inner * CPT_NATURE_ACCEPTED_GAP) {
        memcpy(solution->inner, run->e, n * sizeof(double));
        solution->has_inner = true;
    }
    run->first_gap = fmax(run->first_gap, run->gap);
    CPT_TRY(
        cpt_nature_tick(run->maps, log(run->first_gap / run->gap) /
                                       log(margin_of_progress * run->first_gap / run->goal.gap)));
done:
    return status;
}

/* Copies the blocks' multipliers to where steps keep their scaled slacks, or back. */
static void copy_multipliers(cpt_nature_cone *cone, bool back)
{
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        double *copy = block->scaled_slack, *multiplier = block->multiplier;
        memcpy(back ? multiplier : copy, back ? copy : multiplier,
               block->order * block->order * sizeof(double));
    }
}

/* Steps that proofs may take: some, and three times those that the method itself took, but no more
 * than half of what the budget leaves. */
static size_t steps_for_proofs(const interior *run)
{
    size_t left = cpt_nature_products_left(run->maps);
    size_t own = run->maps->n_products - run->products_before - run->on_proofs;
    size_t fair = least_on_proofs + part_on_proofs * own;
    fair = fair > run->on_proofs ? fair - run->on_proofs : 0;
    return fair < left / 2 ? fair : left / 2;
}

/* Where the multipliers suggest infeasibility, tries to turn them into a certificate of it; if that
 * fails they stay as they are, and it is tried again once they exclude more, and at the end. */
static critpt_status certify(interior *run, bool at_end, bool *proven)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    size_t columns = run->newton->columns, last_steps = run->newton->last_steps;
    size_t before = maps->n_products;
    double suspicious = at_end ? suspicious_part * run->goal.far : run->suspicious;
    if (run->solution->feasible || run->solution->radius < suspicious)
        return CRITPT_OK;
    run->suspicious = more_suspicious * run->solution->radius;
    copy_multipliers(cone, false);
    CPT_TRY(cpt_nature_certify(maps, cone, run->newton, run->goal.far, at_end,
                               steps_for_proofs(run), proven));
    run->on_proofs += maps->n_products - before;
    if (*proven)
        CPT_TRY(judge(run, proven));
    if (*proven)
        goto done;
    copy_multipliers(cone, true);
    run->newton->columns = columns;
    run->newton->last_steps = last_steps;
done:
    return status;
}

/* sigma for a step without prediction: small where the last step was long. After a very short one
 * the next only centres; and where C + B e is nearly X, but not yet feasible, a step that keeps the
 * complementarity makes it feasible. */
static void choose_centering(interior *run)
{
    double step = fmin(run->primal_step, run->dual_step);
    run->recentering = step < short_step && !run->recentering;
    run->centering = run->recentering     ? 1
                     : step > long_step   ? centering_of_long_step
                     : step > middle_step ? centering_of_middle_step
                                          : centering_of_short_step;
    run->centering = fmax(run->centering, fmin(most_growth, run->imbalance / balanced));
    if (!run->feasible && run->imbalance < nearly_exact)
        run->centering = 1;
}

/* B e and X after the step. `work` has the step's image; or where X = C + B e the image of e, which
 * is computed anew, as rounding would add up to inequalities that only seem to hold. */
static void advance_slack(const interior *run, cpt_nature_block *block)
{
    for (size_t i = 0; i < block->order * block->order; i++)
        if (run->exact) {
            block->image[i] = block->work[i];
            block->slack[i] = block->constant[i] + block->image[i];
        } else {
            block->image[i] += run->primal_step * block->work[i];
            block->slack[i] += run->primal_step * block->step_slack[i];
        }
}

static critpt_status advance(interior *run)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    cpt_linalg_axpy(maps->n, run->primal_step, run->newton->step, run->e);
    run->exact = run->exact || (run->primal_step == 1 && !run->recentering);
    if (run->exact)
        CPT_TRY(cpt_nature_image(maps, cone, CPT_NATURE_BASIS, run->e));
    for (size_t j = 0; j < cone->n_blocks; j++) {
        advance_slack(run, &cone->blocks[j]);
        cpt_nature_step_multiplier(&cone->blocks[j], run->dual_step);
    }
done:
    return status;
}

/* A of every block for run->newton->step; where X = C + B e that is B de in the frame, and X is
 * found anew after the step. */
static critpt_status scale_step(interior *run)
{
    critpt_status status;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    CPT_TRY(cpt_nature_image(maps, cone, run->exact ? CPT_NATURE_FRAME : CPT_NATURE_BASIS,
                             run->newton->step));
    for (size_t j = 0; j < cone->n_blocks; j++) {
        cpt_nature_block *block = &cone->blocks[j];
        if (run->exact)
            memcpy(block->scaled_slack, block->work, block->order * block->order * sizeof(double));
        else
            cpt_nature_scale_step(block, violation_stays(run));
    }
done:
    return status;
}

/* Newton's step towards <X, Z> = target order, and its lengths. The equations are solved to a
 * residual of so many sqrt(<X, Z>). */
static critpt_status find_step(interior *run, double target, double residual)
{
    critpt_status status;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    double primal = INFINITY, dual = INFINITY;
    CPT_TRY(cpt_nature_newton_solve(run->newton, maps, cone, true,
                                    residual * sqrt(run->complementarity), MOST_STEPS));
    run->failures = run->newton->last_steps == MOST_STEPS ? run->failures + 1 : 0;
    CPT_TRY(scale_step(run));
    for (size_t j = 0; j < cone->n_blocks; j++)
        CPT_TRY(cpt_nature_block_step(&cone->blocks[j], target, &primal, &dual));
    run->primal_step = fmin(1, step_to_boundary * primal);
    run->dual_step = fmin(1, step_to_boundary * dual);
done:
    return status;
}

/* <X, Z> after the steps found, relative to what it is. */
static double predicted_complementarity(const interior *run)
{
    double sum = 0;
    for (size_t j = 0; j < run->cone->n_blocks; j++)
        sum += cpt_nature_product_after(&run->cone->blocks[j], run->primal_step, run->dual_step);
    return sum / run->complementarity;
}

/* Mehrotra's predictor: sigma, and the second-order correction of the step that follows. Its
 * equations are solved coarsely, so that sigma is no less than a part of the squared residual:
 * without that, steps of large problems aim too low and are short. */
static critpt_status predict(interior *run)
{
    critpt_status status;
    double root = sqrt(run->complementarity), norm = cpt_linalg_norm(run->maps->n, run->newton->r);
    CPT_TRY(find_step(run, 0, fmin(residual_of_prediction, most_left * norm / root)));
    double residual =
        cpt_linalg_dot(run->maps->n, run->newton->r, run->newton->r) / run->complementarity;
    run->centering = fmax(least_centering, pow(predicted_complementarity(run), mehrotra));
    run->centering = fmax(run->centering, centering_of_residual * residual);
    for (size_t j = 0; j < run->cone->n_blocks; j++)
        cpt_nature_correct(&run->cone->blocks[j]);
done:
    return status;
}

/* The residual with which one more step, without prediction, is likely to reach the gap asked for,
 * or 0 if none is: of the gap there remain half of its square, sigma, and what a step that is cut
 * short leaves. */
static double residual_at_end(const interior *run)
{
    double left = run->goal.gap / run->gap - run->centering - left_by_short_step;
    if (!run->feasible || run->recentering || left < residual_of_gap * residual_of_gap / 2)
        return 0;
    return sqrt(2 * left);
}

static void clear_correction(interior *run)
{
    for (size_t j = 0; j < run->cone->n_blocks; j++) {
        cpt_nature_block *block = &run->cone->blocks[j];
        memset(block->correction, 0, block->order * block->order * sizeof(double));
    }
}

/* One Newton step; *goes_on is false where rounding ends the method. */
static critpt_status iterate(interior *run, bool *goes_on)
{
    critpt_status status = CRITPT_OK;
    cpt_nature_maps *maps = run->maps;
    cpt_nature_cone *cone = run->cone;
    double target, at_end = residual_at_end(run);
    size_t steps_before = run->newton->last_steps;
    for (size_t j = 0; j < cone->n_blocks; j++) {
        CPT_TRY(cpt_nature_scale_block(&cone->blocks[j], goes_on));
        if (!*goes_on)
            return CRITPT_OK;
        cpt_nature_set_frame(maps, &cone->blocks[j]);
    }
    status = cpt_nature_newton_follow(run->newton, maps, cone, true);
    if (status == CRITPT_NOT_CONVERGED) { /* rounding leaves nothing of the scaling */
        *goes_on = false;
        return CRITPT_OK;
    }
    CPT_TRY(status);
    CPT_TRY(begin_step(run));
    clear_correction(run);
    if (run->feasible && !run->recentering && at_end == 0)
        CPT_TRY(predict(run));
    target = run->centering * run->complementarity / run->order;
    CPT_TRY(aim(run, target));
    CPT_TRY(find_step(run, target, at_end > 0 ? at_end : residual_of_gap));
    if (at_end > 0 && run->newton->last_steps < steps_before)
        run->newton->last_steps = steps_before; /* few steps to a coarse residual predict nothing */
    *goes_on = run->primal_step > least_step && run->dual_step > least_step && /* false for a NaN */
               run->failures < MOST_FAILURES;
    if (*goes_on) {
        CPT_TRY(advance(run));
        choose_centering(run);
    }
done:
    return status;
}

/* Whether e = 0 satisfies all inequalities, and is then the solution. */
static critpt_status is_solved_at_zero(interior *run, bool *solved)
{
    critpt_status status = CRITPT_OK;
    *solved = true;
    for (size_t j = 0; *solved && j < run->cone->n_blocks; j++) {
        cpt_nature_block *block = &run->cone->blocks[j];
        CPT_TRY(is_positive(block->order, block->constant, block->work2, solved));
    }
    if (*solved) {
        memset(run->solution->e, 0, run->maps->n * sizeof(double));
        run->solution->feasible = true;
        run->solution->primal = run->solution->dual = 0;
        run->solution->end = CPT_NATURE_CONVERGED;
    }
done:
    return status;
}

critpt_status cpt_nature_interior(cpt_nature_maps *maps, cpt_nature_cone *cone,
                                  cpt_nature_newton *newton, const cpt_nature_goal *goal,
                                  const double *from, cpt_nature_solution *solution)
{
    critpt_status status;
    interior run = {.maps = maps,
                    .cone = cone,
                    .solution = solution,
                    .newton = newton,
                    .goal = *goal,
                    .suspicious = suspicious_part * goal->far,
                    .products_before = maps->n_products};
    double mu = solution->mu;
    bool done_with = false, goes_on = true;
    solution->feasible = solution->has_inner = false;
    solution->primal = solution->dual = solution->radius = 0;
    solution->scale_cap = INFINITY;
    solution->end = CPT_NATURE_STALLED;
    CPT_TRY(cpt_allocate(&run.e, maps->n, sizeof(double)));
    CPT_TRY(cpt_allocate(&run.dual, maps->n, sizeof(double)));
    CPT_TRY(cpt_nature_newton_begin(newton, maps, cone));
    CPT_TRY(is_solved_at_zero(&run, &done_with));
    if (!done_with)
        CPT_TRY(start(&run, from, mu));
    for (size_t i = 0; !done_with && goes_on && i < MOST_ITERATIONS; i++) {
        CPT_TRY(judge(&run, &done_with));
        if (!done_with)
            CPT_TRY(certify(&run, false, &done_with));
        if (!done_with && cpt_nature_products_left(maps) == 0)
            solution->end = CPT_NATURE_EXHAUSTED;
        if (solution->end != CPT_NATURE_STALLED)
            break;
        CPT_TRY(iterate(&run, &goes_on));
        solution->n_iterations++;
    }
    if (!done_with && solution->end == CPT_NATURE_STALLED)
        CPT_TRY(certify(&run, true, &done_with));
    solution->mu = run.complementarity / run.order;
    solution->n_columns = newton->columns;
    solution->last_steps = newton->last_steps;
done:
    cpt_free(run.e);
    cpt_free(run.dual);
    return status;
}
