/* One thing of a file at a time. */
#include "file/parts.h"

#include <stdio.h>

static critpt_status missing(const cpt_file_item *item)
{
    return cpt_file_bad_item(item, "is missing; the file is not a complete landscape");
}

static critpt_status require_shape(const cpt_file_item *item, size_t rank, size_t rows,
                                   size_t columns)
{
    if (item->rank == rank && item->dims[0] == rows && item->dims[1] == columns)
        return CRITPT_OK;
    if (rank == 0)
        return cpt_file_bad_item(item, "is not a single value");
    if (rank == 1)
        return cpt_file_bad_item(item, "has dimensions %zu x %zu; %zu values are needed",
                                 item->dims[0], item->dims[1], rows);
    return cpt_file_bad_item(item, "has dimensions %zu x %zu; %zu x %zu is needed", item->dims[0],
                             item->dims[1], rows, columns);
}

critpt_status cpt_file_read_text(const cpt_file_reader *reader, const char *object,
                                 const char *attribute, bool required, char **text)
{
    cpt_file_item item;
    cpt_file_strings strings = {0, 0, NULL};
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, object, attribute, &item));
    if (item.id < 0)
        return required ? missing(&item) : CRITPT_OK;
    CPT_TRY(require_shape(&item, 0, 1, 1));
    CPT_TRY(cpt_file_get_strings(&item, &strings));
    *text = strings.items[0];
    strings.n = 0; /* handed over */
done:
    cpt_file_release(&item);
    cpt_file_free_strings(&strings);
    return status;
}

critpt_status cpt_file_read_number(const cpt_file_reader *reader, const char *object,
                                   const char *attribute, bool required, hid_t type, void *number)
{
    cpt_file_item item;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, object, attribute, &item));
    if (item.id < 0)
        return required ? missing(&item) : CRITPT_OK;
    CPT_TRY(require_shape(&item, 0, 1, 1));
    CPT_TRY(cpt_file_get_numbers(&item, type, number));
done:
    cpt_file_release(&item);
    return status;
}

critpt_status cpt_file_read_reals(const cpt_file_reader *reader, const char *object,
                                  const char *attribute, bool required, size_t rank, size_t rows,
                                  size_t columns, double **values)
{
    cpt_file_item item;
    size_t n;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, object, attribute, &item));
    if (item.id < 0)
        return required ? missing(&item) : CRITPT_OK;
    CPT_TRY(require_shape(&item, rank, rows, columns));
    CPT_TRY(cpt_multiply(rows, columns, item.name, &n));
    CPT_TRY(cpt_allocate(values, n, sizeof **values));
    CPT_TRY(cpt_file_get_numbers(&item, H5T_NATIVE_DOUBLE, *values));
done:
    cpt_file_release(&item);
    return status;
}

critpt_status cpt_file_read_finite(const cpt_file_reader *reader, const char *object,
                                   const char *attribute, bool required, size_t rank, size_t rows,
                                   size_t columns, double **values)
{
    char what[256];
    critpt_status status;
    CPT_TRY(cpt_file_read_reals(reader, object, attribute, required, rank, rows, columns, values));
    snprintf(what, sizeof what, "%.180s: %s%s%s", reader->path, object,
             attribute ? " attribute " : "", attribute ? attribute : "");
    if (*values)
        CPT_TRY(rank == 1 ? cpt_require_finite(what, *values, rows)
                          : cpt_require_finite_matrix(what, *values, rows, columns, columns));
done:
    return status;
}

critpt_status cpt_file_read_sizes(const cpt_file_reader *reader, const char *object,
                                  const char *attribute, bool required, size_t **sizes, size_t *n)
{
    cpt_file_item item;
    int64_t *integers = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, object, attribute, &item));
    if (item.id < 0)
        return required ? missing(&item) : CRITPT_OK;
    CPT_TRY(require_shape(&item, 1, *n ? *n : item.dims[0], 1));
    *n = item.dims[0];
    CPT_TRY(cpt_allocate(&integers, *n, sizeof *integers));
    CPT_TRY(cpt_allocate(sizes, *n, sizeof **sizes));
    CPT_TRY(cpt_file_get_numbers(&item, H5T_NATIVE_INT64, integers));
    for (size_t i = 0; i < *n; i++) {
        if (integers[i] < 0 || (uint64_t)integers[i] > SIZE_MAX)
            CPT_TRY(cpt_file_bad_item(&item, "is %lld at position %zu; a size is needed",
                                      (long long)integers[i], i));
        (*sizes)[i] = (size_t)integers[i];
    }
done:
    cpt_free(integers);
    cpt_file_release(&item);
    return status;
}

critpt_status cpt_file_read_strings(const cpt_file_reader *reader, const char *object,
                                    const char *attribute, bool required, size_t n,
                                    cpt_file_strings *strings)
{
    cpt_file_item item;
    critpt_status status;
    CPT_TRY(cpt_file_find(reader, object, attribute, &item));
    if (item.id < 0)
        return required ? missing(&item) : CRITPT_OK;
    CPT_TRY(require_shape(&item, 1, n == SIZE_MAX ? item.dims[0] : n, 1));
    CPT_TRY(cpt_file_get_strings(&item, strings));
done:
    cpt_file_release(&item);
    return status;
}
