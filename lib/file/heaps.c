/* Strings of variable length live in "global heaps", which carry no checksum. They are read here,
 * every length held against what is there (HDF5 File Format Specification, III.E: a collection has
 * objects with an index and a size; a reference has a length, the collection's address and an
 * index). */
#include <stdlib.h>
#include <string.h>

#include "file/raw.h"

enum { SIGNATURE = 8, HEADER = 16 };
static const char signature[SIGNATURE] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};

typedef struct reference {
    uint64_t length, heap, index;
    size_t place; /* in the list of strings */
} reference;

typedef struct heap_object {
    uint64_t index, at, length; /* `at` in the collection's bytes */
} heap_object;

/* The collection that is open, and how much of the file and of strings was read so far. */
typedef struct collection {
    const cpt_file_reader *reader;
    unsigned char *bytes;
    size_t n_objects, capacity;
    heap_object *objects; /* by index */
    uint64_t bytes_read, bytes_copied;
} collection;

static critpt_status damaged(const cpt_file_reader *reader)
{
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "%s is a damaged HDF5 file: its heap of strings contradicts itself; make or "
                     "fetch it again",
                     reader->path);
}

static int compare_objects(const void *a, const void *b)
{
    const heap_object *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* By collection and index, so that each collection is read once. */
static int compare_references(const void *a, const void *b)
{
    const reference *x = a, *y = b;
    int order = (x->heap > y->heap) - (x->heap < y->heap);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Lists the objects of a collection of `size` bytes. */
static critpt_status list_objects(collection *c, uint64_t size)
{
    critpt_status status = CRITPT_OK;
    c->n_objects = 0;
    for (uint64_t at = HEADER; at + HEADER <= size;) {
        uint64_t index = cpt_file_number_at(c->bytes + at, 2),
                 length = cpt_file_number_at(c->bytes + at + 8, 8);
        uint64_t room = size - at - HEADER;
        if (!index) /* free space, to the end */
            break;
        if (length > room || (length + 7) / 8 * 8 > room)
            return damaged(c->reader);
        CPT_TRY(cpt_file_grow(&c->objects, &c->capacity, c->n_objects, sizeof *c->objects));
        c->objects[c->n_objects++] = (heap_object){index, at + HEADER, length};
        at += HEADER + (length + 7) / 8 * 8;
    }
    if (c->n_objects)
        qsort(c->objects, c->n_objects, sizeof *c->objects, compare_objects);
done:
    return status;
}

/* Collections do not overlap: together they are no longer than the file. */
static critpt_status open_collection(collection *c, uint64_t address)
{
    const cpt_file_reader *reader = c->reader;
    unsigned char header[HEADER];
    uint64_t end = reader->end, size;
    critpt_status status;
    cpt_free(c->bytes);
    c->bytes = NULL;
    if (!cpt_file_read_bytes(reader, address, header, HEADER) ||
        memcmp(header, signature, SIGNATURE) != 0)
        return damaged(reader);
    size = cpt_file_number_at(header + 8, 8);
    if (size < HEADER || !cpt_file_lies_within(reader, address, size) || size > end - c->bytes_read)
        return damaged(reader);
    c->bytes_read += size;
    CPT_TRY(cpt_allocate(&c->bytes, (size_t)size, 1));
    if (!cpt_file_read_bytes(reader, address, c->bytes, size))
        return damaged(reader);
    CPT_TRY(list_objects(c, size));
done:
    return status;
}

/* Each string has an object of its own: together they are no longer than the file. */
static critpt_status copy_string(collection *c, const reference *r, char **text)
{
    const heap_object key = {.index = r->index};
    const heap_object *object =
        c->n_objects ? bsearch(&key, c->objects, c->n_objects, sizeof *c->objects, compare_objects)
                     : NULL;
    critpt_status status;
    if (!object || r->length > object->length || r->length > c->reader->size - c->bytes_copied)
        return damaged(c->reader);
    c->bytes_copied += r->length;
    CPT_TRY(cpt_allocate(text, (size_t)r->length + 1, 1));
    memcpy(*text, c->bytes + object->at, (size_t)r->length);
done:
    return status;
}

static critpt_status copy_strings(const cpt_file_reader *reader, const reference *references,
                                  size_t n, char **texts)
{
    collection c = {.reader = reader};
    critpt_status status = CRITPT_OK;
    for (size_t i = 0; i < n; i++) {
        const reference *r = &references[i];
        if (!r->length && !r->heap) { /* an empty string */
            CPT_TRY(cpt_allocate(&texts[r->place], 1, 1));
            continue;
        }
        if (!c.bytes || r->heap != references[i - 1].heap)
            CPT_TRY(open_collection(&c, r->heap));
        CPT_TRY(copy_string(&c, r, &texts[r->place]));
    }
done:
    cpt_free(c.bytes);
    cpt_free(c.objects);
    return status;
}

critpt_status cpt_file_follow(const cpt_file_reader *reader, const unsigned char *references,
                              size_t n, cpt_file_strings *strings)
{
    reference *sorted = NULL;
    critpt_status status;
    CPT_TRY(cpt_allocate(&sorted, n, sizeof *sorted));
    CPT_TRY(cpt_allocate(&strings->items, n, sizeof *strings->items));
    strings->n = strings->capacity = n;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *r = references + i * CPT_FILE_REFERENCE;
        sorted[i] = (reference){cpt_file_number_at(r, 4), cpt_file_number_at(r + 4, 8),
                                cpt_file_number_at(r + 12, 4), i};
    }
    qsort(sorted, n, sizeof *sorted, compare_references);
    CPT_TRY(copy_strings(reader, sorted, n, strings->items));
done:
    cpt_free(sorted);
    return status;
}
