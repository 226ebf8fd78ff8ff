/* Copying a condition out of a landscape file. */
#include "claims/stated_condition.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static double value_of(const critpt_file *file, size_t condition,
                       critpt_condition_quantity quantity)
{
    double value = NAN;
    critpt_file_condition_value(file, condition, quantity, &value);
    return value;
}

/* The weights of its points, then its array. */
static outcome load_arrays(stated_condition *stated, const critpt_file *file, size_t condition)
{
    oracle_request *request = &stated->request;
    size_t P = critpt_file_n_weights(file), n;
    outcome result;
    TRY(cli_from_library(
        critpt_file_condition_size(file, condition, &request->n_rows, &request->n_columns), "%s",
        ""));
    n = request->n_rows * request->n_columns;
    TRY(cli_allocate(&stated->memory, 3 * P + n, sizeof *stated->memory));
    for (size_t i = 0; i < stated->n_points; i++) {
        double *weights = stated->memory + i * P;
        TRY(cli_from_library(critpt_file_point_weights(file, stated->points[i], weights, P), "%s",
                             ""));
        request->weights[i] = weights;
    }
    request->array = stated->memory + 3 * P;
    if (n)
        TRY(cli_from_library(critpt_file_condition_array(file, condition, stated->memory + 3 * P,
                                                         request->n_columns),
                             "%s", ""));
done:
    return result;
}

outcome claims_load_condition(stated_condition *stated, const critpt_file *file, size_t condition)
{
    outcome result;
    *stated = (stated_condition){
        .requested = value_of(file, condition, CRITPT_CONDITION_REQUESTED),
        .achieved = value_of(file, condition, CRITPT_CONDITION_ACHIEVED),
        .residual = value_of(file, condition, CRITPT_CONDITION_RESIDUAL),
        .scaled = value_of(file, condition, CRITPT_CONDITION_SCALED),
        .equations = value_of(file, condition, CRITPT_CONDITION_EQUATIONS),
        .unit = value_of(file, condition, CRITPT_CONDITION_UNIT),
        .soft = value_of(file, condition, CRITPT_CONDITION_SOFTNESS),
    };
    stated->request.value = stated->requested;
    TRY(cli_from_library(critpt_file_condition(file, condition, &stated->request.kind,
                                               &stated->n_points, stated->points),
                         "%s", ""));
    TRY(load_arrays(stated, file, condition));
done:
    if (result != DONE)
        claims_free_condition(stated);
    return result;
}

void claims_free_condition(stated_condition *stated)
{
    free(stated->memory);
    stated->memory = NULL;
}

double claims_rounding_unit(const stated_condition *stated, const oracle_finding *found)
{
    double size = fmax(found->size, fmax(fabs(found->requested), found->residual));
    double own = DBL_EPSILON * size;
    double other = isnan(stated->unit) ? stated->residual / stated->scaled : stated->unit;
    return other > own ? fmin(other, 1e6 * own) : own;
}

double claims_count_equations(const stated_condition *stated, size_t n_weights)
{
    bool tied = oracle_may_be_tied(&stated->request) && !(stated->equations > 0);
    return tied ? 0 : oracle_equations(&stated->request, (double)n_weights);
}

double claims_accepted_error(const stated_condition *stated, const oracle_finding *found)
{
    return stated->soft > 0
               ? INFINITY
               : oracle_accepted_units(&stated->request) * claims_rounding_unit(stated, found);
}
