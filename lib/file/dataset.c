/* Any dataset of numbers out of any HDF5 file. */
#include "file/file.h"

static critpt_status find_dataset(cpt_file_reader *reader, const char *path, const char *dataset,
                                  cpt_file_item *item)
{
    critpt_status status;
    item->id = H5I_INVALID_HID;
    CPT_TRY(cpt_file_open(reader, path));
    CPT_TRY(cpt_file_find(reader, dataset, NULL, item));
    if (item->id < 0)
        status = cpt_error(CRITPT_INVALID_ARGUMENT, "%s has no dataset %s", path, dataset);
    else if (!item->rank)
        status = cpt_file_bad_item(item, "is a single value; one or two dimensions are needed");
done:
    return status;
}

static critpt_status require_names(const char *path, const char *dataset, const void *a,
                                   const void *b)
{
    return path && dataset && a && b
               ? CRITPT_OK
               : cpt_error(CRITPT_INVALID_ARGUMENT, "path, dataset or a result is NULL");
}

critpt_status critpt_file_dataset_size(const char *path, const char *dataset, size_t *rows,
                                       size_t *columns)
{
    cpt_file_silence silence = cpt_file_silence_begin();
    cpt_file_reader reader = CPT_FILE_READER; /* the memory is the caller's */
    cpt_file_item item = {.id = H5I_INVALID_HID};
    critpt_status status;
    CPT_TRY(require_names(path, dataset, rows, columns));
    CPT_TRY(find_dataset(&reader, path, dataset, &item));
    *rows = item.dims[0];
    *columns = item.dims[1];
done:
    cpt_file_release(&item);
    cpt_file_close(&reader);
    cpt_file_silence_end(silence);
    return status;
}

static critpt_status read_rows(const cpt_file_item *item, double *values, size_t rows,
                               size_t columns, size_t leading)
{
    double *packed = NULL;
    size_t n;
    critpt_status status;
    CPT_TRY(cpt_multiply(rows, columns, "dataset", &n));
    CPT_TRY(cpt_allocate(&packed, n, sizeof *packed));
    CPT_TRY(cpt_file_get_numbers(item, H5T_NATIVE_DOUBLE, packed));
    CPT_TRY(cpt_require_finite_matrix(item->name, packed, rows, columns, columns));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            values[i * leading + j] = packed[i * columns + j];
done:
    cpt_free(packed);
    return status;
}

critpt_status critpt_file_dataset_read(const char *path, const char *dataset, double *values,
                                       size_t rows, size_t columns, size_t leading)
{
    cpt_file_silence silence = cpt_file_silence_begin();
    cpt_file_reader reader = CPT_FILE_READER; /* the memory is the caller's */
    cpt_file_item item = {.id = H5I_INVALID_HID};
    critpt_status status;
    CPT_TRY(require_names(path, dataset, values, values));
    CPT_TRY(cpt_require_matrix("values", values, rows, columns, leading));
    CPT_TRY(find_dataset(&reader, path, dataset, &item));
    if (item.dims[0] != rows || item.dims[1] != columns)
        CPT_TRY(cpt_file_bad_item(&item, "is %zu x %zu, not %zu x %zu", item.dims[0], item.dims[1],
                                  rows, columns));
    CPT_TRY(read_rows(&item, values, rows, columns, leading));
done:
    cpt_file_release(&item);
    cpt_file_close(&reader);
    cpt_file_silence_end(silence);
    return status;
}
