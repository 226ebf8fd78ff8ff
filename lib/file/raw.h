/* The bytes of an HDF5 file as they stand in it (HDF5 File Format Specification, version 3).
 * HDF5 1.10 believes many a size without a look at how long the file is, and asks for that much
 * memory: what it is about to follow is checked here first. Addresses count from the superblock. */
#ifndef CPT_FILE_RAW_H
#define CPT_FILE_RAW_H

#include "file/file.h"

/* The address of what is not there. */
#define CPT_FILE_NOWHERE UINT64_MAX

/* A number of n bytes, the least first. */
uint64_t cpt_file_number_at(const unsigned char *bytes, int n);
/* Whether n bytes from an address on lie in the file, and these bytes. */
bool cpt_file_lies_within(const cpt_file_reader *reader, uint64_t address, uint64_t n);
bool cpt_file_read_bytes(const cpt_file_reader *reader, uint64_t address, unsigned char *bytes,
                         uint64_t n);
/* Room for n bytes more or less, from HDF5: memory for a look at the file is no part of a limit, as
 * HDF5's is none. *memory, a pointer to a pointer, is NULL at first. */
critpt_status cpt_file_resize(void *memory, size_t n);
/* CRITPT_INVALID_ARGUMENT: `what`, which is at that address, cannot be so. */
critpt_status cpt_file_contradiction(const cpt_file_reader *reader, const char *what,
                                     uint64_t address);

/* checksum.c: of n bytes of metadata, as HDF5 makes it. */
uint32_t cpt_file_checksum(const unsigned char *bytes, size_t n);

/* superblock.c: finds it and sets what the reader knows from it. */
critpt_status cpt_file_read_superblock(cpt_file_reader *reader);

/* headers.c: the header of the object at that address, those of the types it shares, and the sizes
 * of what they lead to. */
critpt_status cpt_file_require_object(const cpt_file_reader *reader, uint64_t address);

/* A message of an object header. */
typedef struct cpt_file_message {
    unsigned type, flags;
    const unsigned char *bytes;
    size_t size;
    uint64_t header; /* its address, for sentences */
} cpt_file_message;
enum { CPT_FILE_CONTINUATION = 0x10 };
/* messages.c: a message that is not a continuation. */
critpt_status cpt_file_require_message(const cpt_file_reader *reader, const cpt_file_message *m);
/* Addresses of the objects whose types stand for parts of the message: how many, two at most. */
int cpt_file_shared_objects(const cpt_file_message *m, uint64_t addresses[2]);
/* types.c: the sizes in a datatype of n bytes; the elements of a dataspace, UINT64_MAX where its
 * bytes contradict themselves. */
bool cpt_file_type_fits(const unsigned char *bytes, size_t n);
uint64_t cpt_file_count_elements(const unsigned char *bytes, size_t n);

/* indexes.c: what finds links, attributes and chunks. */
critpt_status cpt_file_require_local_heap(const cpt_file_reader *reader, uint64_t address);
critpt_status cpt_file_require_fractal_heap(const cpt_file_reader *reader, uint64_t address);
critpt_status cpt_file_require_tree(const cpt_file_reader *reader, uint64_t address);
critpt_status cpt_file_require_fixed_array(const cpt_file_reader *reader, uint64_t address);
critpt_status cpt_file_require_extensible_array(const cpt_file_reader *reader, uint64_t address);
/* trees.c: of old formats; a dataset's dimensions count the bytes of an element as one. */
critpt_status cpt_file_require_link_tree(const cpt_file_reader *reader, uint64_t address);
critpt_status cpt_file_require_chunk_tree(const cpt_file_reader *reader, uint64_t address,
                                          unsigned n_dimensions);

#endif
