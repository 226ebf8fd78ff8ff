/* What a file holds of a condition: one row for each kind. */
#include "file/file.h"

enum { ANY = -1, WEIGHTS = -2 }; /* lengths: 2 or more; as many as there are weights */

static const struct {
    size_t n_points;
    bool is_value; /* of losses, stored apart from those of derivatives */
    int n_rows, n_columns;
} kinds[] = {
    [CRITPT_CONDITION_LOSS] = {1, true, 0, 0},
    [CRITPT_CONDITION_LOSS_DIFFERENCE] = {2, true, 0, 0},
    [CRITPT_CONDITION_PICTURE] = {3, true, ANY, ANY},
    [CRITPT_CONDITION_GRADIENT] = {1, false, 1, WEIGHTS},
    [CRITPT_CONDITION_HESSIAN_ENTRY] = {1, false, 1, 2},
    [CRITPT_CONDITION_CURVATURE] = {1, false, 2, WEIGHTS},
    [CRITPT_CONDITION_EIGENPAIR] = {1, false, 1, WEIGHTS},
    [CRITPT_CONDITION_GAUSS_NEWTON] = {1, false, 0, 0},
    [CRITPT_CONDITION_NATURE] = {1, false, 0, 0},
};

bool cpt_file_is_value(critpt_condition_kind kind)
{
    return kinds[kind].is_value;
}

size_t cpt_file_condition_points(critpt_condition_kind kind)
{
    return kinds[kind].n_points;
}

static bool fits(const critpt_file *file, int asked, size_t n)
{
    if (asked == WEIGHTS)
        return n == file->n_weights;
    return asked == ANY ? n >= 2 : n == (size_t)asked;
}

bool cpt_file_array_fits(const critpt_file *file, critpt_condition_kind kind, size_t n_rows,
                         size_t n_columns)
{
    return fits(file, kinds[kind].n_rows, n_rows) && fits(file, kinds[kind].n_columns, n_columns);
}
