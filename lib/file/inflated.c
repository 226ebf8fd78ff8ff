/* Whether what gzip makes of stored chunks is as long as a chunk: HDF5 makes room for as much as
 * comes, 1032 times what is stored. */
#include <limits.h>
#include <zlib.h>

#include "file/raw.h"

/* How the chunks of a dataset are stored. */
typedef struct chunks {
    const cpt_file_item *item;
    size_t bytes;  /* of a chunk when gzip is done with it */
    unsigned gzip; /* its bit in the filters that a chunk leaves out; 0: there is none */
    unsigned char *stored;
} chunks;

static critpt_status find_gzip(chunks *c, hid_t plist)
{
    int n = H5Pget_nfilters(plist);
    bool summed = false;
    for (int i = 0; i < n; i++) {
        unsigned flags, configuration;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(plist, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &configuration);
        if (c->gzip && filter != H5Z_FILTER_FLETCHER32) /* which stands behind the stream */
            return cpt_file_bad_item(c->item,
                                     "is changed after it was compressed; h5repack -f NONE "
                                     "stores it without filters");
        summed = summed || (!c->gzip && filter == H5Z_FILTER_FLETCHER32);
        if (filter == H5Z_FILTER_DEFLATE)
            c->gzip = 1U << i;
    }
    c->bytes = summed ? 4 : 0;
    return n < 0 ? cpt_file_damaged_item(c->item) : CRITPT_OK;
}

/* Whether the stream ends, or errs, before it has more than so many bytes. */
static critpt_status count(const chunks *c, size_t n, bool *fits)
{
    enum { PART = 1 << 14 };
    unsigned char part[PART];
    z_stream stream = {.next_in = c->stored, .avail_in = (uInt)n};
    int code = inflateInit(&stream);
    uint64_t made = 0;
    if (code != Z_OK)
        return cpt_error(CRITPT_NO_MEMORY, "no memory to look into %s of %s", c->item->name,
                         c->item->reader->path);
    while (code == Z_OK && made <= c->bytes) {
        stream.next_out = part;
        stream.avail_out = PART;
        code = inflate(&stream, Z_SYNC_FLUSH);
        made += PART - stream.avail_out;
    }
    inflateEnd(&stream);
    *fits = made <= c->bytes;
    return CRITPT_OK;
}

static critpt_status require_chunk(chunks *c, const hsize_t *offset)
{
    hsize_t n = 0;
    uint32_t left_out = 0;
    critpt_status status;
    bool fits;
    if (H5Dget_chunk_storage_size(c->item->id, offset, &n) < 0 || n > UINT_MAX)
        return cpt_file_damaged_item(c->item);
    CPT_TRY(cpt_file_resize(&c->stored, (size_t)n));
    if (H5Dread_chunk(c->item->id, H5P_DEFAULT, offset, &left_out, c->stored) < 0)
        return cpt_file_damaged_item(c->item);
    if (left_out & c->gzip)
        return CRITPT_OK;
    CPT_TRY(count(c, (size_t)n, &fits));
    if (!fits)
        status = cpt_file_bad_item(
            c->item, "is a trap: a chunk of it is longer than the %zu bytes that it may have",
            c->bytes);
done:
    return status;
}

/* Measured: all of the chunks are there. */
static critpt_status require_chunks(chunks *c, hid_t plist)
{
    critpt_status status = CRITPT_OK;
    const cpt_file_item *item = c->item;
    hsize_t dims[2] = {1, 1}, at[2];
    hid_t type = H5Dget_type(item->id);
    size_t size = type < 0                           ? 0
                  : H5Tget_class(type) == H5T_STRING ? CPT_FILE_REFERENCE
                                                     : H5Tget_size(type);
    if (type >= 0)
        H5Tclose(type);
    if (!size || H5Pget_chunk(plist, 2, dims) < 1)
        return cpt_file_damaged_item(item);
    c->bytes += size * (size_t)(dims[0] * dims[1]);
    for (at[0] = 0; at[0] < item->dims[0]; at[0] += dims[0])
        for (at[1] = 0; at[1] < item->dims[1]; at[1] += dims[1])
            CPT_TRY(require_chunk(c, at));
done:
    return status;
}

critpt_status cpt_file_require_inflated(const cpt_file_item *item)
{
    chunks c = {.item = item};
    critpt_status status = CRITPT_OK;
    hid_t plist = item->attribute                   ? H5I_INVALID_HID
                  : item->class == CPT_FILE_STRINGS ? cpt_file_storage_of_strings(item)
                                                    : H5Dget_create_plist(item->id);
    if (item->attribute)
        return CRITPT_OK;
    if (plist < 0)
        return cpt_file_damaged_item(item);
    if (H5Pget_layout(plist) == H5D_CHUNKED) {
        CPT_TRY(find_gzip(&c, plist));
        if (c.gzip)
            CPT_TRY(require_chunks(&c, plist));
    }
done:
    H5free_memory(c.stored);
    H5Pclose(plist);
    return status;
}
