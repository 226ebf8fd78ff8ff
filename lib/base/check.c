/* Checks of what callers pass, and sums that do not lose digits. */
#include <math.h>

#include "base/base.h"

bool cpt_all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

critpt_status cpt_require_finite(const char *what, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return cpt_error(CRITPT_NON_FINITE, "%s[%zu] is %g; it must be finite", what, i,
                             values[i]);
    return CRITPT_OK;
}

critpt_status cpt_require_finite_matrix(const char *what, const double *values, size_t rows,
                                        size_t columns, size_t leading)
{
    critpt_status status;
    size_t extent;
    CPT_TRY(cpt_multiply(rows, leading, what, &extent));
    CPT_TRY(cpt_multiply(extent, sizeof *values, what, &extent));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            if (!isfinite(values[i * leading + j]))
                return cpt_error(CRITPT_NON_FINITE,
                                 "%s is %g in row %zu, column %zu; it must be finite", what,
                                 values[i * leading + j], i, j);
done:
    return status;
}

critpt_status cpt_require_array(const char *what, const void *array, size_t count, size_t expected)
{
    if (!array)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL; %zu values are needed", what,
                         expected);
    if (count != expected)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s has length %zu; it must be %zu", what, count,
                         expected);
    return CRITPT_OK;
}

critpt_status cpt_require_matrix(const char *what, const void *array, size_t rows, size_t columns,
                                 size_t leading)
{
    if (!array && rows)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL; rows of %zu values are needed", what,
                         columns);
    if (leading < columns)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "leading dimension of %s is %zu; its rows have %zu values", what, leading,
                         columns);
    if (rows && leading > PTRDIFF_MAX / sizeof(double) / rows)
        return cpt_error(CRITPT_SIZE_OVERFLOW,
                         "leading dimension of %s is %zu; no memory holds %zu rows so far apart",
                         what, leading, rows);
    return CRITPT_OK;
}

void cpt_sum_add(cpt_sum *sum, double term)
{
    double total = sum->value + term;
    sum->compensation +=
        fabs(sum->value) >= fabs(term) ? (sum->value - total) + term : (term - total) + sum->value;
    sum->value = total;
}

double cpt_sum_value(const cpt_sum *sum)
{
    double total = sum->value + sum->compensation;
    return isfinite(total) ? total : sum->value; /* inf - inf in the compensation is no answer */
}
