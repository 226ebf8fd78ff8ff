/* The trees of old formats, which find the links of a group and the chunks of a dataset. HDF5 1.10
 * goes down from node to node wherever they lead, in a circle until its stack is full. */
#include <string.h>

#include "file/raw.h"

enum { ADDRESS = 8, ANY_LEVEL = -1 };
enum { GROUP = 0, CHUNKS = 1 }; /* types of nodes */

/* A node that is to be read: where, and how high above the leaves. */
typedef struct place {
    uint64_t address;
    int level;
} place;

typedef struct walk {
    const cpt_file_reader *reader;
    uint64_t root;
    unsigned type;
    uint64_t key, most; /* bytes of a key; children of a node */
    uint64_t bytes;     /* of nodes so far */
    size_t n, capacity;
    place *places;
} walk;

static critpt_status contradiction(const walk *w)
{
    return cpt_file_contradiction(w->reader, w->type == GROUP ? "tree of links" : "tree of chunks",
                                  w->root);
}

/* Nodes do not overlap: together they are no longer than the file, so that none is followed from
 * two places without end. */
static critpt_status take(walk *w, uint64_t address, unsigned char *bytes, uint64_t n)
{
    if (n > w->reader->end - w->bytes || !cpt_file_read_bytes(w->reader, address, bytes, n))
        return contradiction(w);
    w->bytes += n;
    return CRITPT_OK;
}

static critpt_status add(walk *w, uint64_t address, int level)
{
    critpt_status status = CRITPT_OK;
    if (w->n == w->capacity) {
        size_t more = 2 * w->capacity + 8; /* each stands in a node: fewer than bytes in the file */
        CPT_TRY(cpt_file_resize(&w->places, more * sizeof *w->places));
        w->capacity = more;
    }
    w->places[w->n++] = (place){address, level};
done:
    return status;
}

/* A leaf of a group: the links themselves. */
static critpt_status require_links(walk *w, uint64_t address)
{
    enum { HEADER = 8, LINK = 40 };
    unsigned char header[HEADER];
    critpt_status status;
    CPT_TRY(take(w, address, header, HEADER));
    uint64_t n = cpt_file_number_at(header + 6, 2);
    if (memcmp(header, "SNOD", 4) != 0 || n > w->reader->most_links ||
        !cpt_file_lies_within(w->reader, address, HEADER + n * LINK))
        status = contradiction(w);
done:
    return status;
}

/* Chunks themselves are HDF5's to read. */
static critpt_status take_children(walk *w, const unsigned char *keys, uint64_t n, int level)
{
    critpt_status status = CRITPT_OK;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t child = cpt_file_number_at(keys + i * (w->key + ADDRESS) + w->key, ADDRESS);
        if (level > 0)
            CPT_TRY(add(w, child, level - 1));
        else if (w->type == GROUP)
            CPT_TRY(require_links(w, child));
    }
done:
    return status;
}

/* A header, and its children with a key before and behind each. */
static critpt_status read_node(walk *w, place at)
{
    enum { HEADER = 24 };
    unsigned char header[HEADER], *keys = NULL;
    critpt_status status;
    CPT_TRY(take(w, at.address, header, HEADER));
    int level = header[5];
    uint64_t n = cpt_file_number_at(header + 6, 2);
    if (memcmp(header, "TREE", 4) != 0 || header[4] != w->type || n > w->most ||
        (at.level != ANY_LEVEL && level != at.level))
        return contradiction(w);
    CPT_TRY(cpt_file_resize(&keys, (size_t)(n * (w->key + ADDRESS) + w->key)));
    CPT_TRY(take(w, at.address + HEADER, keys, n * (w->key + ADDRESS) + w->key));
    CPT_TRY(take_children(w, keys, n, level));
done:
    H5free_memory(keys);
    return status;
}

static critpt_status require(walk *w)
{
    critpt_status status;
    CPT_TRY(add(w, w->root, ANY_LEVEL));
    for (size_t i = 0; i < w->n; i++)
        CPT_TRY(read_node(w, w->places[i]));
done:
    H5free_memory(w->places);
    return status;
}

critpt_status cpt_file_require_link_tree(const cpt_file_reader *reader, uint64_t address)
{
    walk w = {.reader = reader,
              .root = address,
              .type = GROUP,
              .key = ADDRESS,
              .most = reader->most_children};
    return require(&w);
}

critpt_status cpt_file_require_chunk_tree(const cpt_file_reader *reader, uint64_t address,
                                          unsigned n_dimensions)
{
    walk w = {.reader = reader,
              .root = address,
              .type = CHUNKS,
              .key = 8 + 8 * (uint64_t)n_dimensions,
              .most = UINT16_MAX};
    return require(&w);
}
