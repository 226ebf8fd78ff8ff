/* Strings of variable length live in "global heaps", which carry no checksum and which HDF5 1.10
 * believes blindly: a flipped bit in one makes it crash or hang. They are checked here before HDF5
 * reads them (HDF5 File Format Specification, III.E: collections of objects with index and size).
 */
#include <stdio.h>
#include <string.h>

#include "file/file.h"

enum { SIGNATURE = 8, HEADER = 16, PIECE = 1 << 16 };
static const char signature[SIGNATURE] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};

static uint64_t number_at(const unsigned char *bytes, int n)
{
    uint64_t number = 0;
    while (n--)
        number = number << 8 | bytes[n];
    return number;
}

static critpt_status damaged(const cpt_file_reader *reader)
{
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "%s is a damaged HDF5 file: its heap of strings contradicts itself; make or "
                     "fetch it again",
                     reader->path);
}

/* Records the objects of a collection of `size` bytes that begins at `address`. */
static critpt_status take_objects(cpt_file_reader *reader, uint64_t address,
                                  const unsigned char *bytes, uint64_t size)
{
    critpt_status status = CRITPT_OK;
    for (uint64_t at = HEADER; at + HEADER <= size;) {
        uint64_t index = number_at(bytes + at, 2), length = number_at(bytes + at + 8, 8);
        uint64_t room = size - at;
        if (!index) /* free space to the end, its own header counted in */
            return length == room ? CRITPT_OK : damaged(reader);
        if (length > room - HEADER || (length + 7) / 8 * 8 > room - HEADER)
            return damaged(reader);
        CPT_TRY(cpt_file_grow(&reader->objects, &reader->capacity, reader->n_objects,
                              sizeof *reader->objects));
        reader->objects[reader->n_objects++] = (cpt_file_heap_object){address, index, length};
        at += HEADER + (length + 7) / 8 * 8;
    }
done:
    return status;
}

static critpt_status take_collection(cpt_file_reader *reader, FILE *stream, uint64_t offset)
{
    unsigned char header[HEADER], *bytes = NULL;
    critpt_status status;
    hsize_t end = 0;
    uint64_t address = offset - reader->user_block;
    if (fseeko(stream, (off_t)offset, SEEK_SET) || fread(header, 1, HEADER, stream) != HEADER)
        return damaged(reader);
    uint64_t size = number_at(header + 8, 8);
    if (size < HEADER || H5Fget_filesize(reader->file, &end) < 0 || size > end ||
        offset > end - size)
        return damaged(reader);
    CPT_TRY(cpt_allocate(&bytes, (size_t)size, 1));
    if (fseeko(stream, (off_t)offset, SEEK_SET) || fread(bytes, 1, (size_t)size, stream) != size)
        status = damaged(reader);
    else
        status = take_objects(reader, address, bytes, size);
done:
    cpt_free(bytes);
    return status;
}

/* Looks for the signature in the whole file; its eight bytes do not arise by chance. */
static critpt_status scan(cpt_file_reader *reader, FILE *stream, unsigned char *piece)
{
    critpt_status status = CRITPT_OK;
    for (uint64_t start = 0;; start += PIECE - SIGNATURE) {
        if (fseeko(stream, (off_t)start, SEEK_SET))
            return damaged(reader);
        size_t n = fread(piece, 1, PIECE, stream);
        for (size_t i = 0; i + SIGNATURE <= n; i++) {
            const unsigned char *found = memchr(piece + i, 'G', n - i - SIGNATURE + 1);
            if (!found)
                break;
            i = (size_t)(found - piece);
            if (!memcmp(found, signature, SIGNATURE) && i < PIECE - SIGNATURE)
                CPT_TRY(take_collection(reader, stream, start + i));
        }
        if (n < PIECE)
            break;
    }
done:
    return status;
}

critpt_status cpt_file_check_heaps(cpt_file_reader *reader)
{
    unsigned char *piece = NULL;
    size_t offset_size = 0, length_size = 0;
    hsize_t user_block = 0;
    FILE *stream = NULL;
    critpt_status status;
    hid_t plist = H5Fget_create_plist(reader->file);
    bool known = plist >= 0 && H5Pget_sizes(plist, &offset_size, &length_size) >= 0 &&
                 H5Pget_userblock(plist, &user_block) >= 0;
    if (plist >= 0)
        H5Pclose(plist);
    reader->heaps_known = known && offset_size == 8 && length_size == 8;
    reader->user_block = user_block;
    if (!reader->heaps_known) /* unusual, and not made here */
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&piece, PIECE, 1));
    stream = fopen(reader->path, "rb");
    status = stream ? scan(reader, stream, piece)
                    : cpt_error(CRITPT_SYSTEM, "cannot read %s", reader->path);
done:
    if (stream)
        fclose(stream);
    cpt_free(piece);
    return status;
}

static bool refers_to_object(const cpt_file_reader *reader, const unsigned char *reference)
{
    uint64_t length = number_at(reference, 4), heap = number_at(reference + 4, 8);
    uint64_t index = number_at(reference + 12, 4);
    if (!length && !heap && !index) /* an empty string; HDF5 follows any other reference */
        return true;
    for (size_t i = 0; i < reader->n_objects; i++) {
        const cpt_file_heap_object *object = &reader->objects[i];
        if (object->heap == heap && object->index == index)
            return length <= object->size;
    }
    return false;
}

/* A reference is 16 bytes: length, heap, index. Attributes have theirs under a checksum, but need a
 * heap too. */
critpt_status cpt_file_check_references(const cpt_file_item *item)
{
    const cpt_file_reader *reader = item->reader;
    size_t n = item->dims[0] * item->dims[1];
    haddr_t offset = item->attribute ? HADDR_UNDEF : H5Dget_offset(item->id);
    if (reader->heaps_known && item->attribute && !reader->n_objects)
        return damaged(reader);
    if (!reader->heaps_known || offset == HADDR_UNDEF)
        return CRITPT_OK;
    FILE *stream = fopen(reader->path, "rb");
    bool good = stream && !fseeko(stream, (off_t)offset, SEEK_SET);
    for (size_t i = 0; good && i < n; i++) {
        unsigned char reference[16];
        good = fread(reference, 1, sizeof reference, stream) == sizeof reference &&
               refers_to_object(reader, reference);
    }
    if (stream)
        fclose(stream);
    return good ? CRITPT_OK : damaged(reader);
}
