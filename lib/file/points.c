/* Setting and getting the points of a file: weights, numbers, vectors, natures and kinds. */
#include <math.h>
#include <string.h>

#include "file/file.h"

critpt_status critpt_file_set_points(critpt_file *file, size_t n_points, const double *weights,
                                     const double *requested, size_t n_weights, size_t leading)
{
    double *copy = NULL, *request = NULL;
    cpt_file_strings natures = {0, 0, NULL}, kinds = {0, 0, NULL};
    size_t n;
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(file, "file"));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, file->n_weights));
    CPT_TRY(cpt_require_matrix("weights", weights, n_points, n_weights, leading));
    CPT_TRY(cpt_require_finite_matrix("weights", weights, n_points, n_weights, leading));
    if (requested)
        CPT_TRY(cpt_require_finite_matrix("requested", requested, n_points, n_weights, leading));
    CPT_TRY(cpt_multiply(n_points, n_weights, "weights of the points", &n));
    CPT_TRY(cpt_allocate(&copy, n, sizeof *copy));
    CPT_TRY(cpt_allocate(&request, n, sizeof *request));
    for (size_t k = 0; k < n_points; k++) {
        const double *asked = requested ? requested : weights;
        memcpy(copy + k * n_weights, weights + k * leading, n_weights * sizeof *copy);
        memcpy(request + k * n_weights, asked + k * leading, n_weights * sizeof *copy);
    }
    CPT_TRY(cpt_file_repeat_string(&natures, "any", n_points));
    CPT_TRY(cpt_file_repeat_string(&kinds, "", n_points));
    cpt_file_forget_points(file);
    file->n_points = n_points;
    file->weights = copy;
    file->requested = request;
    file->natures = natures;
    file->kinds = kinds;
    return CRITPT_OK;
done:
    cpt_free(copy);
    cpt_free(request);
    cpt_file_free_strings(&natures);
    cpt_file_free_strings(&kinds);
    return status;
}

size_t critpt_file_n_points(const critpt_file *file)
{
    return file ? file->n_points : 0;
}

size_t critpt_file_n_weights(const critpt_file *file)
{
    return file ? file->n_weights : 0;
}

static critpt_status get_row(const critpt_file *file, const double *rows, size_t point,
                             double *weights, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(cpt_require_array("weights", weights, n_weights, file->n_weights));
    memcpy(weights, rows + point * n_weights, n_weights * sizeof *weights);
done:
    return status;
}

critpt_status critpt_file_point_weights(const critpt_file *file, size_t point, double *weights,
                                        size_t n_weights)
{
    return get_row(file, file ? file->weights : NULL, point, weights, n_weights);
}

critpt_status critpt_file_point_weights_requested(const critpt_file *file, size_t point,
                                                  double *weights, size_t n_weights)
{
    return get_row(file, file ? file->requested : NULL, point, weights, n_weights);
}

/* ---- Numbers ---- */

/* What a file stores as an integer must be one. */
static critpt_status require_integers(critpt_file_point_quantity quantity, const double *values,
                                      size_t n)
{
    if (!cpt_file_point_quantities[quantity].integer)
        return CRITPT_OK;
    for (size_t k = 0; k < n; k++)
        if (!isnan(values[k]) &&
            (!(values[k] >= 0 && values[k] <= 9007199254740992.0) || values[k] > floor(values[k])))
            return cpt_error(CRITPT_INVALID_ARGUMENT,
                             "%s of point %zu is %g; an integer from 0 to 2^53, or NaN, is needed",
                             cpt_file_point_quantities[quantity].name, k, values[k]);
    return CRITPT_OK;
}

critpt_status critpt_file_set_point_values(critpt_file *file, critpt_file_point_quantity quantity,
                                           const double *values, size_t n_points)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_pointer(file, "file"));
    CPT_TRY(cpt_file_require_choice("point quantity", (int)quantity, CPT_FILE_POINT_QUANTITIES));
    CPT_TRY(cpt_require_array("values", values, n_points, file->n_points));
    CPT_TRY(require_integers(quantity, values, n_points));
    if (!file->point_values[quantity])
        CPT_TRY(cpt_allocate(&file->point_values[quantity], n_points, sizeof *values));
    memcpy(file->point_values[quantity], values, n_points * sizeof *values);
done:
    return status;
}

critpt_status critpt_file_point_value(const critpt_file *file, size_t point,
                                      critpt_file_point_quantity quantity, double *value)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(cpt_file_require_choice("point quantity", (int)quantity, CPT_FILE_POINT_QUANTITIES));
    CPT_TRY(cpt_file_require_pointer(value, "value"));
    *value = file->point_values[quantity] ? file->point_values[quantity][point] : NAN;
done:
    return status;
}

/* ---- Vectors ---- */

critpt_status cpt_file_make_vectors(critpt_file *file, critpt_file_vector which)
{
    size_t n;
    critpt_status status = CRITPT_OK;
    if (file->vectors[which])
        return CRITPT_OK;
    CPT_TRY(cpt_multiply(file->n_points, file->n_weights, "vectors of the points", &n));
    CPT_TRY(cpt_allocate(&file->vectors[which], n, sizeof(double)));
    for (size_t i = 0; i < n; i++)
        file->vectors[which][i] = NAN;
done:
    return status;
}

critpt_status critpt_file_set_point_vector(critpt_file *file, size_t point,
                                           critpt_file_vector which, const double *vector,
                                           size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(cpt_file_require_choice("vector", (int)which, CPT_FILE_VECTORS));
    CPT_TRY(cpt_require_array("vector", vector, n_weights, file->n_weights));
    CPT_TRY(cpt_file_make_vectors(file, which));
    memcpy(file->vectors[which] + point * n_weights, vector, n_weights * sizeof *vector);
done:
    return status;
}

critpt_status critpt_file_point_vector(const critpt_file *file, size_t point,
                                       critpt_file_vector which, double *vector, size_t n_weights)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(cpt_file_require_choice("vector", (int)which, CPT_FILE_VECTORS));
    CPT_TRY(cpt_require_array("vector", vector, n_weights, file->n_weights));
    for (size_t i = 0; i < n_weights; i++)
        vector[i] = file->vectors[which] ? file->vectors[which][point * n_weights + i] : NAN;
done:
    return status;
}

/* ---- Natures and kinds ---- */

critpt_status critpt_file_set_point_nature(critpt_file *file, size_t point, const char *nature)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    CPT_TRY(cpt_file_require_pointer(nature, "nature"));
    CPT_TRY(cpt_file_replace_text(&file->natures.items[point], nature));
done:
    return status;
}

const char *critpt_file_point_nature(const critpt_file *file, size_t point)
{
    return file && point < file->n_points ? file->natures.items[point] : NULL;
}

bool cpt_file_is_kind(const char *kind)
{
    if (!*kind)
        return true;
    for (int i = 0; critpt_kind_name((critpt_kind)i); i++)
        if (!strcmp(kind, critpt_kind_name((critpt_kind)i)))
            return true;
    return false;
}

critpt_status critpt_file_set_point_kind(critpt_file *file, size_t point, const char *kind)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_point(file, point));
    if (kind && (!*kind || !cpt_file_is_kind(kind)))
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "kind is \"%.60s\"; it must be one of critpt_kind_name", kind);
    CPT_TRY(cpt_file_replace_text(&file->kinds.items[point], kind ? kind : ""));
done:
    return status;
}

const char *critpt_file_point_kind(const critpt_file *file, size_t point)
{
    const char *kind = file && point < file->n_points ? file->kinds.items[point] : "";
    return *kind ? kind : NULL;
}
