/* Which equations a plan has: a block for every prescribed gradient and for every condition. */
#include "plan/solve.h"

static bool has_gradient(const critpt_plan *plan, size_t point)
{
    const cpt_point *at = &plan->points[point];
    return at->critical || (at->condition != CRITPT_CRITICAL_POINT &&
                            plan->conditions[at->condition].softness == 0);
}

bool cpt_solve_losses_are_tied(const critpt_plan *plan, size_t a, size_t b)
{
    return has_gradient(plan, a) && has_gradient(plan, b) &&
           cpt_mlp_has_linear_output(plan->landscape->model);
}

const cpt_condition *cpt_solve_level_condition(const critpt_plan *plan)
{
    for (size_t c = 0; c < plan->n_conditions; c++)
        if (plan->conditions[c].kind == CRITPT_CONDITION_LOSS)
            return &plan->conditions[c];
    return NULL;
}

/* How many equations a condition has, and of which kind. */
static critpt_status choose_kind(const cpt_solve *solve, cpt_block *block)
{
    const cpt_condition *condition = block->condition;
    block->n = 1;
    switch (condition->kind) {
    case CRITPT_CONDITION_GRADIENT:
        block->kind = &cpt_gradient_equations;
        block->n = solve->P;
        break;
    case CRITPT_CONDITION_HESSIAN_ENTRY:
    case CRITPT_CONDITION_CURVATURE:
        block->kind = &cpt_curvature_equations;
        break;
    case CRITPT_CONDITION_EIGENPAIR:
        block->kind = &cpt_eigenpair_equations;
        block->n = solve->P;
        break;
    case CRITPT_CONDITION_GAUSS_NEWTON:
        block->kind = &cpt_gauss_newton_equations;
        block->n = solve->P % 2 ? (solve->P + 1) / 2 : solve->P / 2;
        return cpt_multiply(block->n, solve->P % 2 ? solve->P : solve->P + 1, "equations",
                            &block->n);
    case CRITPT_CONDITION_LOSS:
    case CRITPT_CONDITION_LOSS_DIFFERENCE:
        block->kind = &cpt_loss_equations;
        break;
    case CRITPT_CONDITION_PICTURE:
        block->kind = &cpt_loss_equations;
        block->n = condition->n_rows * condition->n_columns - 1;
        break;
    }
    return CRITPT_OK;
}

/* A loss is a difference to the level; tied differences have no equation. */
static bool describe_loss(const cpt_solve *solve, cpt_block *block)
{
    const cpt_condition *condition = block->condition;
    if (condition->kind == CRITPT_CONDITION_LOSS) {
        const cpt_condition *level = cpt_solve_level_condition(solve->plan);
        if (condition == level)
            return false;
        block->points[1] = level->points[0];
        block->value = condition->value - level->value;
    }
    return !cpt_solve_losses_are_tied(solve->plan, block->points[0], block->points[1]);
}

static critpt_status add_block(cpt_solve *solve, cpt_block *block)
{
    critpt_status status;
    block->first = solve->equations;
    if (block->n > SIZE_MAX - solve->equations)
        return cpt_error(CRITPT_SIZE_OVERFLOW, "the equations are too many to be counted");
    CPT_TRY(cpt_append(&solve->blocks, &solve->n_blocks, block, sizeof *block));
    solve->equations += block->n;
done:
    return status;
}

static critpt_status add_condition(cpt_solve *solve, size_t c)
{
    critpt_status status;
    const cpt_condition *condition = &solve->plan->conditions[c];
    cpt_block block = {.request = {condition->points[0], c},
                       .condition = condition,
                       .points = {condition->points[0], condition->points[1], condition->points[2]},
                       .value = condition->value};
    CPT_TRY(choose_kind(solve, &block));
    if (condition->n_points == 3 || block.kind != &cpt_loss_equations ||
        describe_loss(solve, &block))
        CPT_TRY(add_block(solve, &block));
done:
    return status;
}

critpt_status cpt_solve_list_blocks(cpt_solve *solve)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < solve->K; k++) {
        cpt_block block = {.kind = &cpt_gradient_equations,
                           .n = solve->P,
                           .request = {k, CRITPT_CRITICAL_POINT},
                           .points = {k}};
        if (!solve->plan->points[k].critical)
            continue;
        CPT_TRY(add_block(solve, &block));
        solve->n_critical++;
    }
    /* point by point, so that a batch is evaluated once for all of a point's conditions */
    for (size_t k = 0; k < solve->K; k++)
        for (size_t c = 0; c < solve->plan->n_conditions; c++)
            if (solve->plan->conditions[c].points[0] == k)
                CPT_TRY(add_condition(solve, c));
done:
    return status;
}

const cpt_block *cpt_solve_block(const cpt_solve *solve, size_t equation)
{
    size_t b = 0;
    while (equation >= solve->blocks[b].first + solve->blocks[b].n)
        b++;
    return &solve->blocks[b];
}
