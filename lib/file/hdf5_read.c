/* HDF5 for reading: open, find, check the shape, convert. Every failure names file and item. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"

cpt_file_silence cpt_file_silence_begin(void)
{
    cpt_file_silence silence = {NULL, NULL};
    H5Eget_auto2(H5E_DEFAULT, &silence.function, &silence.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return silence;
}

void cpt_file_silence_end(cpt_file_silence silence)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, silence.function, silence.data);
}

/* HDF5 does not tell a missing file from a foreign one: the system is asked first. */
static critpt_status require_readable(const char *path)
{
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return cpt_error(CRITPT_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    bool regular = !fstat(descriptor, &info) && S_ISREG(info.st_mode);
    close(descriptor);
    return regular ? CRITPT_OK
                   : cpt_error(CRITPT_SYSTEM, "cannot read %s: it is not a regular file", path);
}

critpt_status cpt_file_open(cpt_file_reader *reader, const char *path)
{
    critpt_status status;
    *reader = (cpt_file_reader){.path = path, .file = H5I_INVALID_HID};
    if (!path)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "path is NULL");
    CPT_TRY(require_readable(path));
    if (H5Fis_hdf5(path) <= 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is not an HDF5 file, or its start is damaged",
                         path);
    reader->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (reader->file < 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%s is a damaged or truncated HDF5 file; make or fetch it again", path);
    CPT_TRY(cpt_file_check_heaps(reader));
done:
    return status;
}

void cpt_file_close(cpt_file_reader *reader)
{
    if (reader->file >= 0)
        H5Fclose(reader->file);
    reader->file = H5I_INVALID_HID;
    cpt_free(reader->objects);
    reader->objects = NULL;
}

critpt_status cpt_file_bad_item(const cpt_file_item *item, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s: %s %s", item->reader->path, item->name, text);
}

static critpt_status damaged(const cpt_file_item *item)
{
    return cpt_file_bad_item(item, "cannot be read; the file is damaged");
}

/* A dataset that claims to fill more than the whole file is damaged: without this, its size would
 * be allocated first. */
static bool is_stored(const cpt_file_item *item)
{
    hid_t plist = H5Dget_create_plist(item->id);
    bool contiguous = plist >= 0 && H5Pget_layout(plist) == H5D_CONTIGUOUS;
    hsize_t size = 0;
    if (plist >= 0)
        H5Pclose(plist);
    return !contiguous || (H5Fget_filesize(item->reader->file, &size) >= 0 &&
                           H5Dget_storage_size(item->id) <= size);
}

static critpt_status get_shape(cpt_file_item *item)
{
    hsize_t dims[2] = {1, 1};
    hid_t space = item->attribute ? H5Aget_space(item->id) : H5Dget_space(item->id);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    bool known = rank >= 0 && rank <= 2 && H5Sget_simple_extent_dims(space, dims, NULL) >= 0;
    bool null = space >= 0 && H5Sget_simple_extent_type(space) == H5S_NULL;
    if (space >= 0)
        H5Sclose(space);
    if (rank > 2 || null)
        return cpt_file_bad_item(item, "has %d dimensions; at most 2 are read", null ? 0 : rank);
    if (!known || dims[0] > SIZE_MAX || dims[1] > SIZE_MAX ||
        (!item->attribute && !is_stored(item)))
        return damaged(item);
    item->rank = (size_t)rank;
    item->dims[0] = (size_t)dims[0];
    item->dims[1] = (size_t)dims[1];
    return CRITPT_OK;
}

/* Whether every link of the path is there. */
static htri_t link_exists(hid_t file, const char *object)
{
    char prefix[256];
    size_t length = strlen(object);
    htri_t found = 1;
    if (length >= sizeof prefix)
        return 0;
    for (size_t i = 1; i <= length && found > 0; i++)
        if (object[i] == '/' || object[i] == '\0') {
            memcpy(prefix, object, i);
            prefix[i] = '\0';
            found = H5Lexists(file, prefix, H5P_DEFAULT);
        }
    return found;
}

critpt_status cpt_file_find(const cpt_file_reader *reader, const char *object,
                            const char *attribute, cpt_file_item *item)
{
    *item = (cpt_file_item){.reader = reader, .id = H5I_INVALID_HID, .attribute = attribute};
    snprintf(item->name, sizeof item->name, attribute ? "%.100s attribute %.40s" : "%.150s", object,
             attribute);
    bool root = !strcmp(object, "/");
    htri_t found = root ? 1 : link_exists(reader->file, object);
    if (found > 0 && attribute)
        found = H5Aexists_by_name(reader->file, object, attribute, H5P_DEFAULT);
    if (found < 0)
        return damaged(item);
    if (!found)
        return CRITPT_OK;
    item->id = attribute
                   ? H5Aopen_by_name(reader->file, object, attribute, H5P_DEFAULT, H5P_DEFAULT)
                   : H5Dopen2(reader->file, object, H5P_DEFAULT);
    if (item->id < 0)
        return cpt_file_bad_item(item, "is not %s, or the file is damaged",
                                 attribute ? "an attribute" : "a dataset");
    critpt_status status = get_shape(item);
    if (status != CRITPT_OK)
        cpt_file_release(item);
    return status;
}

void cpt_file_release(cpt_file_item *item)
{
    if (item->id >= 0 && item->attribute)
        H5Aclose(item->id);
    else if (item->id >= 0)
        H5Dclose(item->id);
    item->id = H5I_INVALID_HID;
}

static hid_t type_of(const cpt_file_item *item)
{
    return item->attribute ? H5Aget_type(item->id) : H5Dget_type(item->id);
}

static bool read_item(const cpt_file_item *item, hid_t type, void *values)
{
    if (!item->dims[0] || !item->dims[1])
        return true;
    herr_t code = item->attribute ? H5Aread(item->id, type, values)
                                  : H5Dread(item->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    return code >= 0;
}

critpt_status cpt_file_get_numbers(const cpt_file_item *item, hid_t type, void *values)
{
    hid_t stored = type_of(item);
    H5T_class_t class = stored < 0 ? H5T_NO_CLASS : H5Tget_class(stored);
    if (stored >= 0)
        H5Tclose(stored);
    if (class != H5T_INTEGER && class != H5T_FLOAT)
        return cpt_file_bad_item(item, "does not hold numbers");
    return read_item(item, type, values) ? CRITPT_OK : damaged(item);
}

static critpt_status copy_strings(const cpt_file_item *item, hid_t type, size_t n,
                                  cpt_file_strings *strings)
{
    char **items = NULL;
    critpt_status status;
    CPT_TRY(cpt_file_check_references(item));
    CPT_TRY(cpt_allocate(&items, n, sizeof *items));
    if (!read_item(item, type, items)) {
        status = damaged(item);
        goto done;
    }
    for (size_t i = 0; i < n && status == CRITPT_OK; i++)
        status = cpt_file_add_string(strings, items[i] ? items[i] : "");
    hsize_t count = n;
    hid_t space = H5Screate_simple(1, &count, NULL);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, items);
    H5Sclose(space);
done:
    cpt_free(items);
    return status;
}

critpt_status cpt_file_get_strings(const cpt_file_item *item, cpt_file_strings *strings)
{
    size_t n;
    critpt_status status;
    CPT_TRY(cpt_multiply(item->dims[0], item->dims[1], item->name, &n));
    hid_t stored = type_of(item);
    bool variable =
        stored >= 0 && H5Tget_class(stored) == H5T_STRING && H5Tis_variable_str(stored) > 0;
    hid_t type = variable ? H5Tcopy(H5T_C_S1) : H5I_INVALID_HID;
    bool ready = type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
                 H5Tset_cset(type, H5Tget_cset(stored)) >= 0;
    if (!variable)
        status = cpt_file_bad_item(item, "does not hold strings of variable length");
    else
        status = ready ? copy_strings(item, type, n, strings) : damaged(item);
    if (type >= 0)
        H5Tclose(type);
    if (stored >= 0)
        H5Tclose(stored);
done:
    return status;
}
