/* Heaps, trees and arrays that find links, attributes and chunks. HDF5 1.10 asks for as much memory
 * as their headers say a part of them has, before it reads it. */
#include <string.h>

#include "file/raw.h"

enum { LARGEST_HEADER = 142, SMALL = 1 << 20, LARGEST_BITS = 31 };

/* The fixed part of a header, which begins with a signature of four letters. */
static critpt_status read_header(const cpt_file_reader *reader, const char *what, uint64_t address,
                                 const char *letters, unsigned char *header, size_t n)
{
    if (!cpt_file_read_bytes(reader, address, header, n) || memcmp(header, letters, 4) != 0)
        return cpt_file_contradiction(reader, what, address);
    return CRITPT_OK;
}

/* The list of what is free: HDF5 follows it as long as it goes on, in a circle too. */
static bool list_ends(const unsigned char *data, uint64_t n, uint64_t first)
{
    enum { BLOCK = 16, LAST = 1 };
    uint64_t at = first, blocks = 0;
    for (; at != LAST; blocks++) {
        if (blocks > n / BLOCK || at > n || n - at < BLOCK)
            return false;
        uint64_t next = cpt_file_number_at(data + at, 8),
                 size = cpt_file_number_at(data + at + 8, 8);
        if (!next || size > n - at)
            return false;
        at = next;
    }
    return true;
}

critpt_status cpt_file_require_local_heap(const cpt_file_reader *reader, uint64_t address)
{
    static const char what[] = "heap of names";
    enum { HEADER = 32 };
    unsigned char header[HEADER], *data = NULL;
    critpt_status status;
    CPT_TRY(read_header(reader, what, address, "HEAP", header, HEADER));
    uint64_t n = cpt_file_number_at(header + 8, 8), at = cpt_file_number_at(header + 24, 8);
    if (!n)
        return CRITPT_OK;
    if (!cpt_file_lies_within(reader, at, n))
        return cpt_file_contradiction(reader, what, address);
    CPT_TRY(cpt_file_resize(&data, (size_t)n));
    if (!cpt_file_read_bytes(reader, at, data, n) ||
        !list_ends(data, n, cpt_file_number_at(header + 16, 8)))
        CPT_TRY(cpt_file_contradiction(reader, what, address));
done:
    H5free_memory(data);
    return status;
}

static bool is_power(uint64_t n)
{
    return n && !(n & (n - 1));
}

static unsigned bits_of(uint64_t power)
{
    unsigned bits = 0;
    while (power >>= 1)
        bits++;
    return bits;
}

/* Blocks of a doubling table: rows of `width` blocks, the first two rows of `first` bytes each,
 * then twice as many a row, up to `largest` directly. */
static bool table_fits(const cpt_file_reader *reader, const unsigned char *table)
{
    uint64_t width = cpt_file_number_at(table, 2), first = cpt_file_number_at(table + 2, 8);
    uint64_t largest = cpt_file_number_at(table + 10, 8), bits = cpt_file_number_at(table + 18, 2);
    uint64_t address = cpt_file_number_at(table + 22, 8), rows = cpt_file_number_at(table + 30, 2);
    if (!is_power(width) || !is_power(first) || !is_power(largest) || first > largest ||
        bits > 64 || largest >> LARGEST_BITS ||
        largest > (reader->end > SMALL ? reader->end : SMALL))
        return false;
    unsigned first_row = bits_of(first) + bits_of(width);
    if (bits < first_row || rows > bits - first_row + 1)
        return false;
    return address == CPT_FILE_NOWHERE ||
           cpt_file_lies_within(reader, address, rows ? rows * width * 8 : first);
}

critpt_status cpt_file_require_fractal_heap(const cpt_file_reader *reader, uint64_t address)
{
    static const char what[] = "heap of links or attributes";
    unsigned char header[LARGEST_HEADER];
    critpt_status status;
    CPT_TRY(read_header(reader, what, address, "FRHP", header, sizeof header));
    if (cpt_file_number_at(header + 7, 2))
        return cpt_error(CRITPT_UNSUPPORTED,
                         "%s has links or attributes that are compressed, which are not read: "
                         "h5copy into a new file stores them without",
                         reader->path);
    if (!cpt_file_number_at(header + 5, 2) || !table_fits(reader, header + 110))
        return cpt_file_contradiction(reader, what, address);
    uint64_t large = cpt_file_number_at(header + 22, 8);
    if (large != CPT_FILE_NOWHERE)
        CPT_TRY(cpt_file_require_tree(reader, large));
done:
    return status;
}

critpt_status cpt_file_require_tree(const cpt_file_reader *reader, uint64_t address)
{
    static const char what[] = "tree of records";
    enum { HEADER = 38, LEAST = 16 };
    unsigned char header[HEADER];
    critpt_status status;
    CPT_TRY(read_header(reader, what, address, "BTHD", header, HEADER));
    uint64_t node = cpt_file_number_at(header + 6, 4), record = cpt_file_number_at(header + 10, 2);
    uint64_t root = cpt_file_number_at(header + 16, 8);
    if (node < LEAST || !record || record > node - LEAST || (node > SMALL && node > reader->end) ||
        (root != CPT_FILE_NOWHERE && !cpt_file_lies_within(reader, root, node)))
        status = cpt_file_contradiction(reader, what, address);
done:
    return status;
}

/* All of its elements lie in the file, in one block or in pages of as many as a power of two. */
critpt_status cpt_file_require_fixed_array(const cpt_file_reader *reader, uint64_t address)
{
    static const char what[] = "array of chunks";
    enum { HEADER = 28, MOST_BITS = 32 };
    unsigned char header[HEADER];
    critpt_status status;
    CPT_TRY(read_header(reader, what, address, "FAHD", header, HEADER));
    uint64_t size = header[6], n = cpt_file_number_at(header + 8, 8);
    uint64_t data = cpt_file_number_at(header + 16, 8);
    if (!size || header[7] > MOST_BITS ||
        (data != CPT_FILE_NOWHERE &&
         (!cpt_file_lies_within(reader, data, 0) || n > (reader->end - data) / size)))
        status = cpt_file_contradiction(reader, what, address);
done:
    return status;
}

/* Blocks grow with their number: HDF5 itself gives every array 2^32 elements at most, and pages of
 * 2^10. */
critpt_status cpt_file_require_extensible_array(const cpt_file_reader *reader, uint64_t address)
{
    static const char what[] = "array of chunks";
    enum { HEADER = 72, MOST_BITS = 40, MOST_PAGE_BITS = 16 };
    unsigned char header[HEADER];
    critpt_status status;
    CPT_TRY(read_header(reader, what, address, "EAHD", header, HEADER));
    unsigned bits = header[7];
    uint64_t least = header[9], pointers = header[10];
    if (!header[6] || bits > MOST_BITS || header[11] > MOST_PAGE_BITS || !is_power(least) ||
        !is_power(pointers) || bits < bits_of(least))
        status = cpt_file_contradiction(reader, what, address);
done:
    return status;
}
