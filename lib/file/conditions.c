/* Setting and getting conditions and frozen targets. */
#include <math.h>
#include <string.h>

#include "file/file.h"

/* Row and column of a Hessian's entry must be weights. */
static critpt_status require_entry(const critpt_file *file, const double *array)
{
    for (size_t i = 0; i < 2; i++)
        if (!(array[i] >= 0 && array[i] < (double)file->n_weights) || array[i] > floor(array[i]))
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "%s of the Hessian's entry is %g; the Hessian has order %zu",
                             i ? "column" : "row", array[i], file->n_weights);
    return CRITPT_OK;
}

static critpt_status copy_array(const critpt_file *file, cpt_file_condition *made,
                                const double *array, size_t leading)
{
    size_t rows = made->n_rows, columns = made->n_columns, n;
    critpt_status status;
    if (!cpt_file_array_fits(file, made->kind, rows, columns))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s has no array of %zu x %zu",
                         critpt_condition_kind_name(made->kind), rows, columns);
    if (!rows)
        return CRITPT_OK;
    CPT_TRY(cpt_multiply(rows, columns, "array", &n));
    CPT_TRY(cpt_require_matrix("array", array, rows, columns, leading));
    CPT_TRY(cpt_require_finite_matrix("array", array, rows, columns, leading));
    if (cpt_file_names_weights(made->kind))
        CPT_TRY(require_entry(file, array));
    CPT_TRY(cpt_allocate(&made->array, n, sizeof *array));
    for (size_t i = 0; i < rows; i++)
        memcpy(made->array + i * columns, array + i * leading, columns * sizeof *array);
done:
    return status;
}

critpt_status cpt_file_make_condition(const critpt_file *file, cpt_file_condition *made,
                                      const double *array, size_t leading)
{
    critpt_status status;
    made->array = NULL;
    for (int q = 0; q < CPT_FILE_CONDITION_QUANTITIES; q++)
        made->values[q] = NAN;
    for (size_t i = 0; i < made->n_points; i++)
        CPT_TRY(cpt_file_require_point(file, made->points[i]));
    CPT_TRY(copy_array(file, made, array, leading));
done:
    return status;
}

critpt_status critpt_file_add_condition(critpt_file *file, critpt_condition_kind kind,
                                        const size_t *points, size_t n_points, const double *array,
                                        size_t n_rows, size_t n_columns, size_t leading,
                                        size_t *condition)
{
    cpt_file_condition made = {kind, .n_points = n_points, .n_rows = n_rows,
                               .n_columns = n_columns};
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(file, "file"));
    if (!critpt_condition_kind_name(kind))
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition kind %d does not exist", (int)kind);
    CPT_TRY(cpt_require_array("points", points, n_points, cpt_file_condition_points(kind)));
    memcpy(made.points, points, n_points * sizeof *points);
    CPT_TRY(cpt_file_make_condition(file, &made, array, leading));
    CPT_TRY(cpt_file_grow(&file->conditions, &file->conditions_capacity, file->n_conditions,
                          sizeof made));
    file->conditions[file->n_conditions++] = made;
    made.array = NULL;
    if (condition)
        *condition = file->n_conditions - 1;
done:
    cpt_free(made.array);
    return status;
}

size_t critpt_file_n_conditions(const critpt_file *file)
{
    return file ? file->n_conditions : 0;
}

static critpt_status require_condition(const critpt_file *file, size_t condition)
{
    critpt_status status = cpt_file_require_pointer(file, "file");
    if (status == CRITPT_OK && condition >= file->n_conditions)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition is %zu; the file has %zu", condition,
                         file->n_conditions);
    return status;
}

critpt_status critpt_file_condition(const critpt_file *file, size_t condition,
                                    critpt_condition_kind *kind, size_t *n_points, size_t points[3])
{
    critpt_status status;
    CPT_TRY(require_condition(file, condition));
    const cpt_file_condition *found = &file->conditions[condition];
    if (kind)
        *kind = found->kind;
    if (n_points)
        *n_points = found->n_points;
    for (size_t i = 0; points && i < found->n_points; i++)
        points[i] = found->points[i];
done:
    return status;
}

critpt_status critpt_file_condition_size(const critpt_file *file, size_t condition, size_t *n_rows,
                                         size_t *n_columns)
{
    critpt_status status;
    CPT_TRY(require_condition(file, condition));
    if (n_rows)
        *n_rows = file->conditions[condition].n_rows;
    if (n_columns)
        *n_columns = file->conditions[condition].n_columns;
done:
    return status;
}

critpt_status critpt_file_condition_array(const critpt_file *file, size_t condition, double *values,
                                          size_t leading)
{
    critpt_status status;
    CPT_TRY(require_condition(file, condition));
    const cpt_file_condition *found = &file->conditions[condition];
    if (!found->n_rows)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "condition %zu (%s) has no array", condition,
                         critpt_condition_kind_name(found->kind));
    CPT_TRY(cpt_require_matrix("values", values, found->n_rows, found->n_columns, leading));
    for (size_t i = 0; i < found->n_rows; i++)
        memcpy(values + i * leading, found->array + i * found->n_columns,
               found->n_columns * sizeof *values);
done:
    return status;
}

critpt_status critpt_file_set_condition_value(critpt_file *file, size_t condition,
                                              critpt_condition_quantity quantity, double value)
{
    critpt_status status;
    CPT_TRY(require_condition(file, condition));
    CPT_TRY(cpt_file_require_choice("condition quantity", (int)quantity,
                                    CPT_FILE_CONDITION_QUANTITIES));
    file->conditions[condition].values[quantity] = value;
done:
    return status;
}

critpt_status critpt_file_condition_value(const critpt_file *file, size_t condition,
                                          critpt_condition_quantity quantity, double *value)
{
    critpt_status status;
    CPT_TRY(require_condition(file, condition));
    CPT_TRY(cpt_file_require_choice("condition quantity", (int)quantity,
                                    CPT_FILE_CONDITION_QUANTITIES));
    CPT_TRY(cpt_file_require_pointer(value, "value"));
    *value = file->conditions[condition].values[quantity];
done:
    return status;
}

const char *critpt_file_condition_quantity_name(critpt_condition_quantity quantity)
{
    int i = (int)quantity;
    return i >= 0 && i < CPT_FILE_CONDITION_QUANTITIES ? cpt_file_condition_quantities[i] : NULL;
}

/* ---- Frozen targets ---- */

critpt_status critpt_file_set_frozen_targets(critpt_file *file, const unsigned char *mask,
                                             size_t leading)
{
    unsigned char *copy = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(file, "file"));
    if (mask) {
        size_t D = file->n_outputs;
        CPT_TRY(cpt_require_matrix("mask", mask, file->n_samples, D, leading));
        CPT_TRY(cpt_allocate(&copy, file->n_samples * D, sizeof *copy));
        for (size_t i = 0; i < file->n_samples; i++)
            for (size_t o = 0; o < D; o++)
                copy[i * D + o] = mask[i * leading + o] != 0;
    }
    cpt_free(file->frozen);
    file->frozen = copy;
done:
    return status;
}

int critpt_file_has_frozen_targets(const critpt_file *file)
{
    return file && file->frozen;
}

critpt_status critpt_file_frozen_targets(const critpt_file *file, unsigned char *mask,
                                         size_t leading)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(file, "file"));
    size_t D = file->n_outputs;
    CPT_TRY(cpt_require_matrix("mask", mask, file->n_samples, D, leading));
    for (size_t i = 0; i < file->n_samples; i++)
        for (size_t o = 0; o < D; o++)
            mask[i * leading + o] = file->frozen && file->frozen[i * D + o];
done:
    return status;
}
