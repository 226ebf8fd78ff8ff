/* Bytes by their address. */
#include "file/raw.h"

#include <string.h>
#include <unistd.h>

uint64_t cpt_file_number_at(const unsigned char *bytes, int n)
{
    uint64_t number = 0;
    while (n--)
        number = number << 8 | bytes[n];
    return number;
}

bool cpt_file_lies_within(const cpt_file_reader *reader, uint64_t address, uint64_t n)
{
    return address <= reader->end && n <= reader->end - address;
}

bool cpt_file_read_bytes(const cpt_file_reader *reader, uint64_t address, unsigned char *bytes,
                         uint64_t n)
{
    if (!cpt_file_lies_within(reader, address, n))
        return false;
    uint64_t offset = reader->user_block + address;
    while (n) {
        size_t wanted = n < 1 << 30 ? (size_t)n : 1 << 30;
        ssize_t got = pread(reader->descriptor, bytes, wanted, (off_t)offset);
        if (got <= 0)
            return false;
        bytes += got;
        offset += (uint64_t)got;
        n -= (uint64_t)got;
    }
    return true;
}

critpt_status cpt_file_resize(void *memory, size_t n)
{
    void *old, *made;
    memcpy(&old, memory, sizeof old);
    made = H5resize_memory(old, n ? n : 1);
    if (!made)
        return cpt_error(CRITPT_NO_MEMORY, "no memory for %zu bytes of an HDF5 file", n);
    memcpy(memory, &made, sizeof made);
    return CRITPT_OK;
}

critpt_status cpt_file_contradiction(const cpt_file_reader *reader, const char *what,
                                     uint64_t address)
{
    return cpt_error(CRITPT_INVALID_ARGUMENT,
                     "%s is a damaged HDF5 file: its %s at byte %llu contradicts itself or the "
                     "file's size; make or fetch it again",
                     reader->path, what, (unsigned long long)(reader->user_block + address));
}
