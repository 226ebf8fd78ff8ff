/* What a file holds of a condition: one row for each kind. */
#include "file/file.h"

enum { ANY = -1, WEIGHTS = -2 }; /* lengths: 2 or more; as many as there are weights */

static const struct {
    size_t n_points;
    bool is_value; /* of losses, stored apart from those of derivatives */
    int n_rows, n_columns;
    bool names_weights; /* its array's numbers are those of weights */
    bool is_of_point;   /* stored with the point */
} kinds[] = {
    [CRITPT_CONDITION_LOSS] = {.n_points = 1, .is_value = true},
    [CRITPT_CONDITION_LOSS_DIFFERENCE] = {.n_points = 2, .is_value = true},
    [CRITPT_CONDITION_PICTURE] = {.n_points = 3, .is_value = true, .n_rows = ANY, .n_columns = ANY},
    [CRITPT_CONDITION_GRADIENT] = {.n_points = 1, .n_rows = 1, .n_columns = WEIGHTS},
    [CRITPT_CONDITION_HESSIAN_ENTRY] = {.n_points = 1,
                                        .n_rows = 1,
                                        .n_columns = 2,
                                        .names_weights = true},
    [CRITPT_CONDITION_CURVATURE] = {.n_points = 1, .n_rows = 2, .n_columns = WEIGHTS},
    [CRITPT_CONDITION_EIGENPAIR] = {.n_points = 1, .n_rows = 1, .n_columns = WEIGHTS},
    [CRITPT_CONDITION_GAUSS_NEWTON] = {.n_points = 1},
    [CRITPT_CONDITION_NATURE] = {.n_points = 1, .is_of_point = true},
};

bool cpt_file_is_value(critpt_condition_kind kind)
{
    return kinds[kind].is_value;
}

bool cpt_file_names_weights(critpt_condition_kind kind)
{
    return kinds[kind].names_weights;
}

bool cpt_file_is_of_point(critpt_condition_kind kind)
{
    return kinds[kind].is_of_point;
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
