/* What the messages of an object header say of sizes: their own parts, and what they lead to. HDF5
 * 1.10 decodes most of them without a look at how long they are. */
#include <string.h>

#include "file/raw.h"

enum {
    DATASPACE = 0x01,
    LINKS = 0x02,
    DATATYPE = 0x03,
    OLD_FILL_VALUE = 0x04,
    FILL_VALUE = 0x05,
    EXTERNAL_FILES = 0x07,
    LAYOUT = 0x08,
    FILTERS = 0x0b,
    ATTRIBUTE = 0x0c,
    SHARED_MESSAGES = 0x0f,
    SYMBOL_TABLE = 0x11,
    ATTRIBUTES = 0x15,
    CACHE_IMAGE = 0x18
};
enum { SHARED = 2 }; /* a message's flag: another object's message stands for it */

typedef critpt_status check(const cpt_file_reader *reader, const cpt_file_message *m);

static critpt_status contradiction(const cpt_file_reader *reader, const cpt_file_message *m,
                                   const char *what)
{
    return cpt_file_contradiction(reader, what, m->header);
}

static critpt_status require_dataspace(const cpt_file_reader *reader, const cpt_file_message *m)
{
    return cpt_file_count_elements(m->bytes, m->size) != UINT64_MAX
               ? CRITPT_OK
               : contradiction(reader, m, "dataspace");
}

static critpt_status require_datatype(const cpt_file_reader *reader, const cpt_file_message *m)
{
    return cpt_file_type_fits(m->bytes, m->size) ? CRITPT_OK : contradiction(reader, m, "datatype");
}

/* Links or attributes beyond those in the header: a heap and one or two trees. `at` is where their
 * addresses begin. */
static critpt_status require_dense(const cpt_file_reader *reader, const cpt_file_message *m,
                                   size_t at)
{
    critpt_status status = CRITPT_OK;
    int n = m->bytes[1] & 2 ? 3 : 2;
    if (at + 8 * (size_t)n > m->size)
        return contradiction(reader, m, "object header");
    for (int i = 0; i < n; i++) {
        uint64_t address = cpt_file_number_at(m->bytes + at + 8 * (size_t)i, 8);
        if (address != CPT_FILE_NOWHERE)
            CPT_TRY(i ? cpt_file_require_tree(reader, address)
                      : cpt_file_require_fractal_heap(reader, address));
    }
done:
    return status;
}

static critpt_status require_links(const cpt_file_reader *reader, const cpt_file_message *m)
{
    return require_dense(reader, m, m->bytes[1] & 1 ? 10 : 2);
}

static critpt_status require_attributes(const cpt_file_reader *reader, const cpt_file_message *m)
{
    return require_dense(reader, m, m->bytes[1] & 1 ? 4 : 2);
}

static critpt_status require_external_files(const cpt_file_reader *reader,
                                            const cpt_file_message *m)
{
    return cpt_file_require_local_heap(reader, cpt_file_number_at(m->bytes + 8, 8));
}

static critpt_status require_symbol_table(const cpt_file_reader *reader, const cpt_file_message *m)
{
    critpt_status status;
    CPT_TRY(cpt_file_require_local_heap(reader, cpt_file_number_at(m->bytes + 8, 8)));
    CPT_TRY(cpt_file_require_link_tree(reader, cpt_file_number_at(m->bytes, 8)));
done:
    return status;
}

/* HDF5 1.10 crashes when it closes a file with such an image, whole as it may be. */
static critpt_status refuse_cache_image(const cpt_file_reader *reader, const cpt_file_message *m)
{
    (void)m;
    return cpt_error(CRITPT_UNSUPPORTED,
                     "%s holds an image of HDF5's metadata cache, which is not read; store it "
                     "again without one",
                     reader->path);
}

/* A table of indexes to messages that objects share: a heap each, and perhaps a tree. */
static critpt_status require_shared_messages(const cpt_file_reader *reader,
                                             const cpt_file_message *m)
{
    enum { MOST = 8, INDEX = 30 };
    unsigned char table[4 + MOST * INDEX];
    critpt_status status = CRITPT_OK;
    size_t n = m->bytes[9];
    if (n > MOST ||
        !cpt_file_read_bytes(reader, cpt_file_number_at(m->bytes + 1, 8), table, 4 + n * INDEX))
        return contradiction(reader, m, "table of shared messages");
    for (size_t i = 0; i < n; i++) {
        const unsigned char *index = table + 4 + i * INDEX;
        uint64_t place = cpt_file_number_at(index + 14, 8),
                 heap = cpt_file_number_at(index + 22, 8);
        if (heap != CPT_FILE_NOWHERE)
            CPT_TRY(cpt_file_require_fractal_heap(reader, heap));
        if (index[1] == 1 && place != CPT_FILE_NOWHERE)
            CPT_TRY(cpt_file_require_tree(reader, place));
    }
done:
    return status;
}

enum { CHUNKED = 2 }; /* a layout's class */

/* Chunks by the old tree: all there was up to version 3. */
static critpt_status require_old_layout(const cpt_file_reader *reader, const cpt_file_message *m)
{
    bool third = m->bytes[0] == 3;
    unsigned class = m->bytes[third ? 1 : 2], n_dimensions = m->bytes[third ? 2 : 1];
    size_t at = third ? 3 : 8;
    if (class != CHUNKED)
        return CRITPT_OK;
    if (at + 8 > m->size)
        return contradiction(reader, m, "layout");
    uint64_t address = cpt_file_number_at(m->bytes + at, 8);
    return address == CPT_FILE_NOWHERE ? CRITPT_OK
                                       : cpt_file_require_chunk_tree(reader, address, n_dimensions);
}

/* Chunks by other indexes than the old tree. */
static critpt_status require_layout(const cpt_file_reader *reader, const cpt_file_message *m)
{
    enum { HEAD = 5 };
    enum { FIXED_ARRAY = 3, EXTENSIBLE_ARRAY = 4, TREE = 5 };
    static const size_t parameters[] = {0, 0, 0, 1, 5, 6}; /* bytes of them, by index */
    if (m->bytes[0] < 4)
        return require_old_layout(reader, m);
    if (m->bytes[0] != 4 || m->bytes[1] != CHUNKED)
        return CRITPT_OK;
    size_t at = HEAD + (size_t)m->bytes[3] * m->bytes[4]; /* dimensions, bytes of each */
    unsigned index = at < m->size ? m->bytes[at] : 0;
    if (index < FIXED_ARRAY || index > TREE)
        return at < m->size ? CRITPT_OK : contradiction(reader, m, "layout");
    at += 1 + parameters[index];
    if (at + 8 > m->size)
        return contradiction(reader, m, "layout");
    uint64_t address = cpt_file_number_at(m->bytes + at, 8);
    if (address == CPT_FILE_NOWHERE)
        return CRITPT_OK;
    return index == FIXED_ARRAY        ? cpt_file_require_fixed_array(reader, address)
           : index == EXTENSIBLE_ARRAY ? cpt_file_require_extensible_array(reader, address)
                                       : cpt_file_require_tree(reader, address);
}

/* The parts of an attribute: up to version 2 they are padded to 8 bytes. */
typedef struct attribute {
    size_t name, type, space; /* where each begins */
    size_t name_size, type_size, space_size;
    size_t values; /* where they begin */
    bool type_shared, space_shared;
} attribute;

static bool find_parts(const cpt_file_message *m, attribute *a)
{
    const unsigned char *bytes = m->bytes;
    size_t unit = bytes[0] < 2 ? 8 : 1;
    a->name_size = (size_t)cpt_file_number_at(bytes + 2, 2);
    a->type_size = (size_t)cpt_file_number_at(bytes + 4, 2);
    a->space_size = (size_t)cpt_file_number_at(bytes + 6, 2);
    a->type_shared = bytes[0] > 1 && bytes[1] & 1;
    a->space_shared = bytes[0] > 1 && bytes[1] & 2;
    a->name = bytes[0] < 3 ? 8 : 9;
    a->type = a->name + (a->name_size + unit - 1) / unit * unit;
    a->space = a->type + (a->type_size + unit - 1) / unit * unit;
    a->values = a->space + (a->space_size + unit - 1) / unit * unit;
    return a->values <= m->size && a->name_size && !bytes[a->name + a->name_size - 1];
}

/* HDF5 copies as many bytes as elements of the type take. */
static critpt_status require_attribute(const cpt_file_reader *reader, const cpt_file_message *m)
{
    attribute a;
    if (m->bytes[0] < 1 || m->bytes[0] > 3)
        return CRITPT_OK; /* HDF5 refuses it */
    if (!find_parts(m, &a) ||
        (!a.type_shared && !cpt_file_type_fits(m->bytes + a.type, a.type_size)))
        return contradiction(reader, m, "attribute");
    if (a.space_shared)
        return CRITPT_OK;
    uint64_t n = cpt_file_count_elements(m->bytes + a.space, a.space_size);
    if (n == UINT64_MAX)
        return contradiction(reader, m, "attribute");
    if (a.type_shared)
        return CRITPT_OK;
    uint64_t size = cpt_file_number_at(m->bytes + a.type + 4, 4), room = m->size - a.values;
    return !n || !size || size <= room / n ? CRITPT_OK : contradiction(reader, m, "attribute");
}

critpt_status cpt_file_require_message(const cpt_file_reader *reader, const cpt_file_message *m)
{
    static const struct {
        unsigned type;
        size_t least; /* bytes */
        check *check;
        bool sharable;
    } kinds[] = {
        {DATASPACE, 4, require_dataspace, true},
        {LINKS, 18, require_links, false},
        {DATATYPE, 8, require_datatype, true},
        {EXTERNAL_FILES, 16, require_external_files, false},
        {LAYOUT, 6, require_layout, false},
        {ATTRIBUTE, 9, require_attribute, true},
        {SHARED_MESSAGES, 10, require_shared_messages, false},
        {SYMBOL_TABLE, 16, require_symbol_table, false},
        {ATTRIBUTES, 18, require_attributes, false},
        {CACHE_IMAGE, 0, refuse_cache_image, false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == m->type && !(kinds[i].sharable && m->flags & SHARED))
            return m->size < kinds[i].least ? contradiction(reader, m, "object header")
                                            : kinds[i].check(reader, m);
    return CRITPT_OK;
}

/* In a heap of messages, type 1 of version 3, there is no object. */
static int add_shared(const unsigned char *bytes, size_t n, uint64_t *address)
{
    unsigned version = n ? bytes[0] : 0;
    size_t at = version == 1 ? 16 : 2;
    if (version < 1 || version > 3 || n < at + 8 || (version == 3 && bytes[1] == 1))
        return 0;
    *address = cpt_file_number_at(bytes + at, 8);
    return 1;
}

int cpt_file_shared_objects(const cpt_file_message *m, uint64_t addresses[2])
{
    static const unsigned sharable[] = {DATASPACE,  DATATYPE, OLD_FILL_VALUE,
                                        FILL_VALUE, FILTERS,  ATTRIBUTE};
    attribute a;
    int n = 0;
    for (size_t i = 0; m->flags & SHARED && i < sizeof sharable / sizeof *sharable; i++)
        if (m->type == sharable[i])
            return add_shared(m->bytes, m->size, addresses);
    if (m->type != ATTRIBUTE || m->size < 9 || !find_parts(m, &a))
        return 0;
    if (a.type_shared)
        n += add_shared(m->bytes + a.type, a.type_size, addresses);
    if (a.space_shared)
        n += add_shared(m->bytes + a.space, a.space_size, addresses + n);
    return n;
}
