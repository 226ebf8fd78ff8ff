/* How a dataset is stored, before its size is believed: in this file, whole, by filters that are
 * known, and not as a little that would fill the memory. */
#include "file/file.h"

enum { LEAST_CHUNK = 1 << 26 }; /* bytes that a chunk may have however small its dataset is */

static critpt_status require_known_filters(const cpt_file_item *item, hid_t plist)
{
    int n = H5Pget_nfilters(plist);
    for (int i = 0; i < n; i++) {
        unsigned flags, configuration;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(plist, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &configuration);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return cpt_file_bad_item(item,
                                     "is stored by HDF5's filter %d; gzip, shuffle and fletcher32 "
                                     "are read: h5repack -f NONE stores it without",
                                     (int)filter);
    }
    return n < 0 ? cpt_file_damaged_item(item) : CRITPT_OK;
}

static bool count_chunks(const cpt_file_item *item, hsize_t *n)
{
    hid_t space = H5Dget_space(item->id);
    bool counted = space >= 0 && H5Dget_num_chunks(item->id, space, n) >= 0;
    if (space >= 0)
        H5Sclose(space);
    return counted;
}

static critpt_status require_chunks(const cpt_file_item *item, hid_t plist, size_t size)
{
    hsize_t dims[2] = {1, 1}, found = 0, needed = 1;
    double bytes = (double)size;
    int rank = H5Pget_chunk(plist, 2, dims);
    if (rank < 1 || (size_t)rank != item->rank || !dims[0] || !dims[1] ||
        !count_chunks(item, &found))
        return cpt_file_damaged_item(item);
    for (int i = 0; i < rank; i++) {
        needed *= item->dims[i] / dims[i] + (item->dims[i] % dims[i] != 0);
        bytes *= (double)dims[i];
    }
    if (bytes > LEAST_CHUNK && bytes > (double)item->dims[0] * (double)item->dims[1] * (double)size)
        return cpt_file_bad_item(item, "has chunks of %g bytes, more than all of it", bytes);
    if (H5Dget_storage_size(item->id) > item->reader->end) /* a chunk as long as its index says */
        return cpt_file_damaged_item(item);
    if (found != needed)
        return cpt_file_bad_item(item, "is incomplete: %llu of its %llu chunks are stored",
                                 (unsigned long long)found, (unsigned long long)needed);
    return CRITPT_OK;
}

/* A dataset of one block lies in the file as a whole. */
static critpt_status require_block(const cpt_file_item *item, size_t bytes)
{
    haddr_t offset = H5Dget_offset(item->id);
    uint64_t end = item->reader->size;
    if (!bytes)
        return CRITPT_OK;
    if (offset == HADDR_UNDEF)
        return cpt_file_bad_item(item, "is incomplete: nothing of it is stored");
    if (offset > end || bytes > end - offset || H5Dget_storage_size(item->id) != bytes)
        return cpt_file_damaged_item(item);
    return CRITPT_OK;
}

/* `size` is that of an element in the file. */
static critpt_status require_stored(const cpt_file_item *item, hid_t plist, size_t size)
{
    size_t n, bytes;
    critpt_status status;
    CPT_TRY(cpt_multiply(item->dims[0], item->dims[1], item->name, &n));
    CPT_TRY(cpt_multiply(n, size, item->name, &bytes));
    if (item->attribute)
        return bytes <= item->reader->size ? CRITPT_OK : cpt_file_damaged_item(item);
    if (H5Pget_layout(plist) == H5D_CHUNKED)
        CPT_TRY(require_chunks(item, plist, size));
    else if (H5Pget_layout(plist) == H5D_CONTIGUOUS)
        CPT_TRY(require_block(item, bytes));
    else if (H5Dget_storage_size(item->id) != bytes)
        CPT_TRY(cpt_file_damaged_item(item));
done:
    return status;
}

/* Before HDF5 looks for its shape, which opens the files behind a virtual dataset. */
static critpt_status require_own(const cpt_file_item *item, hid_t plist)
{
    if (plist < 0)
        return cpt_file_bad_item(item, "is damaged, or has strings as fill value");
    if (H5Pget_layout(plist) == H5D_VIRTUAL || H5Pget_external_count(plist) != 0)
        return cpt_file_bad_item(item, "is kept in another file; copy it into this one");
    return require_known_filters(item, plist);
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
    if (!known || dims[0] > SIZE_MAX || dims[1] > SIZE_MAX)
        return cpt_file_damaged_item(item);
    item->rank = (size_t)rank;
    item->dims[0] = (size_t)dims[0];
    item->dims[1] = (size_t)dims[1];
    return CRITPT_OK;
}

static size_t element_size(const cpt_file_item *item)
{
    hid_t type = item->class == CPT_FILE_STRINGS ? H5I_INVALID_HID : cpt_file_type_of(item);
    size_t size = type < 0 ? CPT_FILE_REFERENCE : H5Tget_size(type);
    if (type >= 0)
        H5Tclose(type);
    return size;
}

/* In memory a number takes 8 bytes, a string its reference, a pointer and more: 40. */
static critpt_status require_room(const cpt_file_item *item)
{
    double n = (double)item->dims[0] * (double)item->dims[1];
    double bytes = n * (item->class == CPT_FILE_STRINGS ? 40 : 8), room = item->reader->room;
    if (bytes <= room)
        return CRITPT_OK;
    return cpt_error(CRITPT_NO_MEMORY,
                     "%s: %s takes %.4g bytes of memory, more than the limit of %.4g; raise it if "
                     "the file is to be trusted (critpt: --read-limit)",
                     item->reader->path, item->name, bytes, room);
}

critpt_status cpt_file_measure(cpt_file_item *item)
{
    hid_t plist = H5I_INVALID_HID;
    critpt_status status;
    item->class = cpt_file_class_of(item);
    if (item->class == CPT_FILE_OTHER)
        return cpt_file_bad_item(item, "holds neither numbers nor strings of variable length");
    if (!item->attribute) {
        plist = item->class == CPT_FILE_STRINGS ? cpt_file_storage_of_strings(item)
                                                : H5Dget_create_plist(item->id);
        CPT_TRY(require_own(item, plist));
    }
    CPT_TRY(get_shape(item));
    CPT_TRY(require_stored(item, plist, element_size(item)));
    CPT_TRY(require_room(item));
done:
    if (plist >= 0)
        H5Pclose(plist);
    return status;
}
