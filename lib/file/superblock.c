/* The superblock: where an HDF5 file begins and ends, and its first object. */
#include <string.h>

#include "file/raw.h"

enum { SIGNATURE = 8, LONGEST = 104, FIRST_USER_BLOCK = 512, ADDRESS = 8 };
static const unsigned char signature[SIGNATURE] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

static critpt_status truncated(const cpt_file_reader *reader)
{
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "%s is a damaged or truncated HDF5 file; make or fetch it again",
                     reader->path);
}

/* At the beginning, or behind a user block of 512 bytes or a power of two times that. */
static critpt_status find_signature(cpt_file_reader *reader)
{
    unsigned char found[SIGNATURE];
    reader->end = reader->size;
    for (uint64_t at = 0; at < reader->size && at <= UINT64_MAX / 2;
         at = at ? 2 * at : FIRST_USER_BLOCK)
        if (cpt_file_read_bytes(reader, at, found, SIGNATURE) &&
            !memcmp(found, signature, SIGNATURE)) {
            reader->user_block = at;
            reader->end = reader->size - at;
            return CRITPT_OK;
        }
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s is not an HDF5 file, or its start is damaged",
                     reader->path);
}

/* References to heaps are read as 16 bytes, which depends on the size of addresses. */
static critpt_status require_sizes(const cpt_file_reader *reader, const unsigned char *sizes)
{
    if (sizes[0] == ADDRESS && sizes[1] == ADDRESS)
        return CRITPT_OK;
    return cpt_error(
        CRITPT_INVALID_ARGUMENT,
        "%s is an HDF5 file with addresses of %d and lengths of %d bytes; files with 8 "
        "are read",
        reader->path, sizes[0], sizes[1]);
}

/* Addresses in the superblock count from a base of its own; where that is not the superblock
 * itself, HDF5 corrects it. */
static critpt_status set_end(cpt_file_reader *reader, uint64_t base, uint64_t end)
{
    if (end < base || end - base > reader->end)
        return truncated(reader);
    reader->end = end - base;
    return CRITPT_OK;
}

/* How many links and children a node of a group's tree has: later superblocks leave it to a
 * message, and HDF5 to hold the nodes against that. */
static void set_nodes(cpt_file_reader *reader, unsigned version, const unsigned char *bytes)
{
    bool told = version < 2;
    reader->most_links = told ? 2 * cpt_file_number_at(bytes + 16, 2) : UINT16_MAX;
    reader->most_children = told ? 2 * cpt_file_number_at(bytes + 18, 2) : UINT16_MAX;
}

/* Where the root is a group of the old format, its tree stands beside its address too. */
static critpt_status require_root_tree(const cpt_file_reader *reader, unsigned version,
                                       const unsigned char *root)
{
    enum { CACHED = 1 };
    return version < 2 && cpt_file_number_at(root + 8, 4) == CACHED
               ? cpt_file_require_link_tree(reader, cpt_file_number_at(root + 16, ADDRESS))
               : CRITPT_OK;
}

critpt_status cpt_file_read_superblock(cpt_file_reader *reader)
{
    unsigned char bytes[LONGEST] = {0};
    critpt_status status;
    CPT_TRY(find_signature(reader));
    uint64_t there = reader->end < LONGEST ? reader->end : LONGEST;
    unsigned version;
    if (!cpt_file_read_bytes(reader, 0, bytes, there))
        return truncated(reader);
    version = bytes[8];
    if (version > 3)
        return cpt_error(CRITPT_UNSUPPORTED,
                         "%s is an HDF5 file of a later version: its superblock is of version %u, "
                         "and 0 to 3 are read",
                         reader->path, version);
    CPT_TRY(require_sizes(reader, bytes + (version < 2 ? 13 : 9)));
    const unsigned char *addresses = bytes + (version == 0 ? 24 : version == 1 ? 28 : 12);
    uint64_t third = cpt_file_number_at(addresses + 3 * ADDRESS, ADDRESS);
    CPT_TRY(set_end(reader, cpt_file_number_at(addresses, ADDRESS),
                    cpt_file_number_at(addresses + 2 * ADDRESS, ADDRESS)));
    reader->extension = cpt_file_number_at(addresses + ADDRESS, ADDRESS);
    reader->root = version < 2 ? cpt_file_number_at(addresses + 5 * ADDRESS, ADDRESS) : third;
    set_nodes(reader, version, bytes);
    if (version < 2 && third != CPT_FILE_NOWHERE)
        CPT_TRY(cpt_error(CRITPT_INVALID_ARGUMENT,
                          "%s is a part of an HDF5 file that is spread over several; h5repack "
                          "makes one of them",
                          reader->path));
    CPT_TRY(require_root_tree(reader, version, addresses + 5 * ADDRESS));
done:
    return status;
}
