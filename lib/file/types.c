/* Datatypes and dataspaces as messages hold them: whether what they count lies within their bytes.
 */
#include <string.h>

#include "file/raw.h"

enum { DEEPEST = 32, MOST_DIMENSIONS = 32, HEAD = 8 };
enum { OPAQUE = 5, COMPOUND = 6, ENUMERATION = 8, SEQUENCE = 9, ARRAY = 10, CLASSES = 11 };

/* Bytes that a name of a member takes, 0 where it does not end; up to version 2 they are padded. */
static size_t name_length(const unsigned char *bytes, size_t n, unsigned version)
{
    const unsigned char *end = memchr(bytes, 0, n);
    size_t length = end ? (size_t)(end - bytes) + 1 : 0;
    length = version < 3 ? (length + 7) / 8 * 8 : length;
    return length <= n ? length : 0;
}

/* Bytes between a member's name and its type: where it stands in the whole, and, in version 1,
 * dimensions. */
static size_t place_length(unsigned version, uint64_t size)
{
    size_t length = 1;
    for (; version >= 3 && size > 255; size >>= 8)
        length++;
    return version == 1 ? 32 : version == 2 ? 4 : length;
}

static size_t type_length(const unsigned char *bytes, size_t n, int depth);

static size_t compound_length(const unsigned char *bytes, size_t n, int depth)
{
    unsigned version = bytes[0] >> 4;
    size_t at = HEAD, place = place_length(version, cpt_file_number_at(bytes + 4, 4));
    uint64_t members = cpt_file_number_at(bytes + 1, 2);
    for (uint64_t i = 0; i < members; i++) {
        size_t name = name_length(bytes + at, n - at, version);
        if (!name || place > n - at - name)
            return 0;
        at += name + place;
        size_t type = type_length(bytes + at, n - at, depth + 1);
        if (!type)
            return 0;
        at += type;
    }
    return at;
}

/* A type of integers, names, and as many values. */
static size_t enumeration_length(const unsigned char *bytes, size_t n, int depth)
{
    size_t type = type_length(bytes + HEAD, n - HEAD, depth + 1), at = HEAD + type;
    uint64_t members = cpt_file_number_at(bytes + 1, 2);
    if (!type)
        return 0;
    uint64_t values = members * cpt_file_number_at(bytes + HEAD + 4, 4);
    for (uint64_t i = 0; i < members; i++) {
        size_t name = name_length(bytes + at, n - at, bytes[0] >> 4);
        if (!name)
            return 0;
        at += name;
    }
    return values <= n - at ? at + (size_t)values : 0;
}

/* Version 2 has three bytes and a permutation more. */
static size_t array_length(const unsigned char *bytes, size_t n, int depth)
{
    unsigned dimensions = n > HEAD ? bytes[HEAD] : MOST_DIMENSIONS + 1;
    size_t at =
        HEAD + (bytes[0] >> 4 < 3 ? 4 + 8 * (size_t)dimensions : 1 + 4 * (size_t)dimensions);
    if (dimensions > MOST_DIMENSIONS || at > n)
        return 0;
    size_t type = type_length(bytes + at, n - at, depth + 1);
    return type ? at + type : 0;
}

/* How many of the n bytes a type takes; 0 where it would take more, or HDF5 does not know it. */
static size_t type_length(const unsigned char *bytes, size_t n, int depth)
{
    static const size_t properties[CLASSES] = {4, 12, 2, 0, 4}; /* of numbers, strings, bits */
    if (n < HEAD || depth > DEEPEST || (bytes[0] & 15) >= CLASSES)
        return 0;
    unsigned class = bytes[0] & 15;
    size_t length = HEAD + properties[class];
    if (class == OPAQUE)
        length += bytes[1];
    if (class == COMPOUND)
        length = compound_length(bytes, n, depth);
    if (class == ENUMERATION)
        length = enumeration_length(bytes, n, depth);
    if (class == ARRAY)
        length = array_length(bytes, n, depth);
    if (class == SEQUENCE) {
        size_t element = type_length(bytes + HEAD, n - HEAD, depth + 1);
        length = element ? HEAD + element : 0;
    }
    return length <= n ? length : 0;
}

bool cpt_file_type_fits(const unsigned char *bytes, size_t n)
{
    return type_length(bytes, n, 0) != 0;
}

/* A scalar has no dimensions and one element; what is empty has none. */
uint64_t cpt_file_count_elements(const unsigned char *bytes, size_t n)
{
    if (n < 4)
        return UINT64_MAX;
    unsigned version = bytes[0], dimensions = bytes[1], flags = bytes[2];
    size_t at = version == 1 ? 8 : 4, numbers = dimensions;
    if (flags & 1) /* the most that each may become */
        numbers += dimensions;
    if (version < 1 || version > 2 || dimensions > MOST_DIMENSIONS || at + 8 * numbers > n)
        return UINT64_MAX;
    uint64_t count = version == 2 && bytes[3] == 2 ? 0 : 1;
    for (size_t i = 0; i < dimensions; i++) {
        uint64_t length = cpt_file_number_at(bytes + at + 8 * i, 8);
        if (length && count > (UINT64_MAX - 1) / length)
            return UINT64_MAX;
        count *= length;
    }
    return count;
}
