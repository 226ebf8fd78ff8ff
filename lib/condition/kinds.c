/* The table of condition kinds. */
#include "condition/condition.h"

extern const cpt_condition_kind cpt_condition_hessian_entry, cpt_condition_curvature,
    cpt_condition_eigenpair, cpt_condition_gauss_newton, cpt_condition_loss,
    cpt_condition_loss_difference, cpt_condition_picture, cpt_condition_nature;

static const cpt_condition_kind *const kinds[] = {
    [CRITPT_CONDITION_GRADIENT] = &cpt_condition_gradient,
    [CRITPT_CONDITION_HESSIAN_ENTRY] = &cpt_condition_hessian_entry,
    [CRITPT_CONDITION_CURVATURE] = &cpt_condition_curvature,
    [CRITPT_CONDITION_EIGENPAIR] = &cpt_condition_eigenpair,
    [CRITPT_CONDITION_GAUSS_NEWTON] = &cpt_condition_gauss_newton,
    [CRITPT_CONDITION_LOSS] = &cpt_condition_loss,
    [CRITPT_CONDITION_LOSS_DIFFERENCE] = &cpt_condition_loss_difference,
    [CRITPT_CONDITION_PICTURE] = &cpt_condition_picture,
    [CRITPT_CONDITION_NATURE] = &cpt_condition_nature,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *critpt_condition_kind_name(critpt_condition_kind kind)
{
    return (int)kind >= 0 && (int)kind < KINDS ? kinds[kind]->name : NULL;
}

const cpt_condition_kind *cpt_condition_kind_of(const cpt_condition *condition)
{
    return kinds[condition->kind];
}
