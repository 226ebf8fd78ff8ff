/* Object headers: a prefix and chunks of messages, of which one may say where the next chunk is.
 * HDF5 1.10 asks for as much memory as a message says the next chunk has. */
#include <string.h>

#include "file/raw.h"

enum { LONGEST_PREFIX = 34, MOST_OBJECTS = 256, SIGNATURE = 4, CHECKSUM = 4 };

typedef struct extent {
    uint64_t address, length;
    size_t before; /* the messages, in these bytes */
} extent;

/* Headers that are to be read, and the chunks of the one that is being read. */
typedef struct walk {
    const cpt_file_reader *reader;
    size_t n_objects, n_chunks, chunks_capacity;
    uint64_t objects[MOST_OBJECTS];
    extent *chunks;
    uint64_t address; /* of the header */
    uint64_t bytes;   /* of its chunks so far */
    bool second;      /* the header is of version 2: it has signatures and checksums */
    size_t head;      /* bytes before a message */
} walk;

static critpt_status contradiction(const walk *w)
{
    return cpt_file_contradiction(w->reader, "object header", w->address);
}

/* Chunks do not overlap: together they are no longer than the file, so that no circle is followed.
 */
static critpt_status add_chunk(walk *w, uint64_t address, uint64_t length, size_t before)
{
    critpt_status status = CRITPT_OK;
    if (!cpt_file_lies_within(w->reader, address, length) || length > w->reader->end - w->bytes)
        return contradiction(w);
    if (w->n_chunks == w->chunks_capacity) {
        size_t more = 2 * w->chunks_capacity + 8; /* there are fewer than bytes in the file */
        CPT_TRY(cpt_file_resize(&w->chunks, more * sizeof *w->chunks));
        w->chunks_capacity = more;
    }
    w->chunks[w->n_chunks++] = (extent){address, length, before};
    w->bytes += length;
done:
    return status;
}

static critpt_status add_object(walk *w, uint64_t address)
{
    for (size_t i = 0; i < w->n_objects; i++)
        if (w->objects[i] == address)
            return CRITPT_OK;
    if (w->n_objects == MOST_OBJECTS)
        return contradiction(w);
    w->objects[w->n_objects++] = address;
    return CRITPT_OK;
}

/* A header of another version has no chunks here; HDF5 refuses it. */
static critpt_status read_prefix(walk *w)
{
    unsigned char bytes[LONGEST_PREFIX] = {0};
    uint64_t address = w->address, end = w->reader->end;
    size_t at = 6, width;
    if (address > end ||
        !cpt_file_read_bytes(w->reader, address, bytes,
                             end - address < LONGEST_PREFIX ? end - address : LONGEST_PREFIX))
        return contradiction(w);
    w->n_chunks = 0;
    w->bytes = 0;
    w->second = !memcmp(bytes, "OHDR", 4);
    w->head = !w->second ? 8 : bytes[5] & 4 ? 6 : 4;
    if (!w->second)
        return bytes[0] == 1 ? add_chunk(w, address + 16, cpt_file_number_at(bytes + 8, 4), 0)
                             : CRITPT_OK;
    at +=
        (bytes[5] & 0x20 ? 16U : 0) + (bytes[5] & 0x10 ? 4U : 0); /* times, numbers of attributes */
    width = (size_t)1 << (bytes[5] & 3);
    uint64_t length = cpt_file_number_at(bytes + at, (int)width);
    return length > end ? contradiction(w)
                        : add_chunk(w, address, at + width + length + CHECKSUM, at + width);
}

static critpt_status take_message(walk *w, const cpt_file_message *m)
{
    uint64_t shared[2];
    critpt_status status;
    int n;
    if (m->type == CPT_FILE_CONTINUATION)
        return m->size < 16
                   ? contradiction(w)
                   : add_chunk(w, cpt_file_number_at(m->bytes, 8),
                               cpt_file_number_at(m->bytes + 8, 8), w->second ? SIGNATURE : 0);
    CPT_TRY(cpt_file_require_message(w->reader, m));
    n = cpt_file_shared_objects(m, shared);
    for (int i = 0; i < n; i++)
        CPT_TRY(add_object(w, shared[i]));
done:
    return status;
}

static critpt_status read_messages(walk *w, const unsigned char *bytes, size_t n)
{
    critpt_status status = CRITPT_OK;
    size_t at = 0;
    if (n && n < w->head)
        return contradiction(w);
    while (n - at >= w->head) {
        const unsigned char *head = bytes + at;
        cpt_file_message m = {.type = w->second ? head[0] : (unsigned)cpt_file_number_at(head, 2),
                              .size = (size_t)cpt_file_number_at(head + (w->second ? 1 : 2), 2),
                              .flags = head[w->second ? 3 : 4],
                              .bytes = head + w->head,
                              .header = w->address};
        if (m.size > n - at - w->head)
            return contradiction(w);
        CPT_TRY(take_message(w, &m));
        at += w->head + m.size;
    }
done:
    return status;
}

/* HDF5 1.10 does not let go of a header whose checksum is wrong. */
static bool is_whole(const unsigned char *bytes, size_t n)
{
    return cpt_file_number_at(bytes + n - CHECKSUM, CHECKSUM) ==
           cpt_file_checksum(bytes, n - CHECKSUM);
}

static critpt_status read_chunk(walk *w, size_t i)
{
    unsigned char *bytes = NULL;
    critpt_status status;
    size_t n = (size_t)w->chunks[i].length, before = w->chunks[i].before;
    size_t behind = w->second ? CHECKSUM : 0;
    if (n < before + behind)
        return contradiction(w);
    CPT_TRY(cpt_file_resize(&bytes, n));
    if (!cpt_file_read_bytes(w->reader, w->chunks[i].address, bytes, n) ||
        (w->second && !is_whole(bytes, n)))
        CPT_TRY(contradiction(w));
    CPT_TRY(read_messages(w, bytes + before, n - before - behind));
done:
    H5free_memory(bytes);
    return status;
}

critpt_status cpt_file_require_object(const cpt_file_reader *reader, uint64_t address)
{
    walk w = {.reader = reader, .address = address};
    critpt_status status;
    CPT_TRY(add_object(&w, address));
    for (size_t i = 0; i < w.n_objects; i++) {
        w.address = w.objects[i];
        CPT_TRY(read_prefix(&w));
        for (size_t c = 0; c < w.n_chunks; c++)
            CPT_TRY(read_chunk(&w, c));
    }
done:
    H5free_memory(w.chunks);
    return status;
}
