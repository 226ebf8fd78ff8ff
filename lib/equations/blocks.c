/* Which equations a plan has: a block for every prescribed gradient and for every condition. */
#include "equations/equations.h"

typedef critpt_status (*block_taker)(cpt_equations *equations, cpt_block *block);

static critpt_status count_block(cpt_equations *equations, cpt_block *block)
{
    if (block->n > SIZE_MAX - equations->n)
        return cpt_error(CRITPT_SIZE_OVERFLOW, "the equations are too many to be counted");
    equations->n += block->n;
    equations->needs_matrix = equations->needs_matrix || block->kind->needs_matrix;
    equations->other = equations->other || !block->kind->gradient;
    equations->n_gradients += block->kind->gradient;
    equations->soft = equations->soft || (block->condition && block->condition->softness > 0);
    if (block->kind->evaluate_node && block->n > equations->most_fields)
        equations->most_fields = block->n;
    return CRITPT_OK;
}

static critpt_status add_block(cpt_equations *equations, cpt_block *block)
{
    critpt_status status;
    block->first = equations->n;
    CPT_TRY(cpt_append(&equations->blocks, &equations->n_blocks, block, sizeof *block));
    CPT_TRY(count_block(equations, block));
done:
    return status;
}

static critpt_status describe_block(cpt_equations *equations, cpt_block *block, block_taker take)
{
    critpt_status status = CRITPT_OK;
    if (block->kind->describe)
        CPT_TRY(block->kind->describe(equations->plan, block));
    if (block->n > 0)
        CPT_TRY(take(equations, block));
done:
    return status;
}

static critpt_status take_condition(cpt_equations *equations, size_t c, block_taker take)
{
    const cpt_condition *condition = &equations->plan->conditions[c];
    const size_t *points = condition->points;
    cpt_block block = {.kind = cpt_condition_kind_of(condition),
                       .n = 1,
                       .request = {points[0], c},
                       .condition = condition,
                       .points = {points[0], points[1], points[2]},
                       .value = condition->value};
    return describe_block(equations, &block, take);
}

static critpt_status take_blocks(cpt_equations *equations, block_taker take)
{
    critpt_status status = CRITPT_OK;
    const critpt_plan *plan = equations->plan;
    equations->n = equations->n_critical = equations->n_gradients = 0;
    for (size_t k = 0; k < plan->n_points; k++) {
        cpt_block block = {
            .kind = &cpt_condition_gradient, .request = {k, CRITPT_CRITICAL_POINT}, .points = {k}};
        if (!plan->points[k].critical)
            continue;
        CPT_TRY(describe_block(equations, &block, take));
        equations->n_critical++;
    }
    /* point by point, so that a batch is evaluated once for all of a point's conditions */
    for (size_t k = 0; k < plan->n_points; k++)
        for (size_t c = 0; c < plan->n_conditions; c++)
            if (plan->conditions[c].points[0] == k)
                CPT_TRY(take_condition(equations, c, take));
done:
    return status;
}

critpt_status cpt_equations_foresee(cpt_equations *equations)
{
    return take_blocks(equations, count_block);
}

critpt_status cpt_equations_list(cpt_equations *equations)
{
    return take_blocks(equations, add_block);
}

const cpt_block *cpt_equations_block(const cpt_equations *equations, size_t equation)
{
    size_t b = 0;
    while (equation >= equations->blocks[b].first + equations->blocks[b].n)
        b++;
    return &equations->blocks[b];
}

const cpt_block *cpt_equations_find_block(const cpt_equations *equations, cpt_request request)
{
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_request *of = &equations->blocks[b].request;
        if (of->point == request.point && of->condition == request.condition)
            return &equations->blocks[b];
    }
    return NULL;
}

/* Constants are in every range(J) once. */
size_t cpt_equations_expected_rank(const cpt_equations *equations)
{
    const critpt_model *model = equations->plan->landscape->model;
    size_t rank = equations->n, n_gradients = equations->n_gradients, null = 0;
    for (size_t e = 0; e < equations->n; e++)
        null += equations->null[e];
    for (size_t b = 0; b < equations->n_blocks; b++) {
        const cpt_block *block = &equations->blocks[b];
        if (block->kind->expected_rank)
            rank -= block->n - block->kind->expected_rank(model, block->n);
    }
    if (n_gradients > 0)
        rank -= (n_gradients - 1) * cpt_structure_n_constants(model);
    return null < rank ? rank - null : rank;
}

size_t cpt_equations_hard_rank(const cpt_equations *equations)
{
    size_t rank = 0;
    for (size_t i = 0; i < equations->triangle.rank; i++)
        rank += equations->looseness[cpt_triangle_column(&equations->triangle, i)] == 0;
    return rank;
}
