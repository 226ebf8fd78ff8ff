/* Messages of HDF5's object headers, and headers, that no writer makes: each byte is set here, by
 * the format's specification. What is not ours to judge is left to HDF5. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file/raw.h"
#include "file_support.h"

#define BYTES(...)                                                                                 \
    (const unsigned char[]){__VA_ARGS__}, sizeof(const unsigned char[])                            \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define FOUR(a) a, a, a, a
#define EIGHT(a) FOUR(a), FOUR(a)

typedef struct message {
    unsigned type, flags;
    const unsigned char *bytes;
    size_t size;
    const char *sentence; /* NULL: it is left to HDF5 */
} message;

static void judge(const message *m)
{
    const cpt_file_reader reader = {.path = "x.h5", .descriptor = -1, .end = 1000};
    const cpt_file_message given = {m->type, m->flags, m->bytes, m->size, 96};
    critpt_status status = cpt_file_require_message(&reader, &given);
    if (m->sentence)
        ASSERT_FAILS(status, CRITPT_INVALID_ARGUMENT, m->sentence);
    else
        ASSERT_OK(status);
}

START_TEST(messages)
{
    static const unsigned char dimensions[] = {2, 2, 0, 1, EIGHT(0xfe), EIGHT(0xfe)};
    const message cases[] = {
        /* an extent: as many numbers as dimensions, of which none overflow together */
        {0x01, 0, BYTES(1, 0, 0), "its object header at byte 96"},
        {0x01, 0, BYTES(3, 0, 0, 0), "its dataspace at byte 96"},
        {0x01, 0, BYTES(2, 1, 0, 1, 5, 0, 0, 0, 0, 0, 0), "its dataspace at byte 96"},
        {0x01, 0, BYTES(2, 1, 1, 1, EIGHT(0)), "its dataspace at byte 96"},
        {0x01, 0, dimensions, sizeof dimensions, "its dataspace at byte 96"},
        {0x01, 0, BYTES(2, 0, 0, 2), NULL},
        {0x01, 2, BYTES(9, 9), NULL}, /* another object's */
        /* links: a heap, a tree, and a second one */
        {0x02, 0, BYTES(0, 2, EIGHT(0xff), EIGHT(0xff)), "its object header at byte 96"},
        {0x02, 0, BYTES(0, 0, EIGHT(0xff), EIGHT(0xff)), NULL},
        {0x15, 0, BYTES(0, 1, 9, 9, EIGHT(0xff), EIGHT(9)), "its tree of records at byte"},
        {0x11, 0, BYTES(EIGHT(0), FOUR(0)), "its object header at byte 96"},
        /* types: a class that is none, an array of 33 dimensions, a structure without members'
         * names, sequences of sequences without end */
        {0x03, 0, BYTES(0x1b, 0, 0, 0, 8, 0, 0, 0), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x3a, 0, 0, 0, 8, 0, 0, 0, 33), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x3a, 0, 0, 0, 8, 0, 0, 0), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x36, 1, 0, 0, 8, 0, 0, 0, 'a', 'b'), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x36, 1, 0, 0, 8, 0, 0, 0, 'a', 0, 0, 3, 0), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x35, 9, 0, 0, 8, 0, 0, 0, 'a'), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x39, 0, 0, 0, 8, 0, 0, 0), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x38, 1, 0, 0, 8, 0, 0, 0), "its datatype at byte 96"},
        {0x03, 0, BYTES(0x13, 0, 0, 0, 8, 0, 0, 0), NULL},
        /* chunks: an index that is not there, its parameters and address */
        {0x08, 0, BYTES(4, 2, 0, 1, 8, EIGHT(0)), "its layout at byte 96"},
        {0x08, 0, BYTES(4, 2, 0, 1, 1, 7, 9), NULL},
        {0x08, 0, BYTES(4, 2, 0, 1, 1, 7, 3, 9, FOUR(0)), "its layout at byte 96"},
        {0x08, 0, BYTES(4, 2, 0, 1, 1, 7, 3, 9, EIGHT(0xff)), NULL},
        {0x08, 0, BYTES(3, 1, 9, 9, 9, 9), NULL},
        /* attributes of a version that is none, and of another object's extent */
        {0x0c, 0, BYTES(4, 0, 2, 0, 8, 0, 4, 0, 0), NULL},
        {0x0c, 0, BYTES(3, 2, 2, 0, 8, 0, 4, 0, 0, 'a', 0, 0x13, 0, 0, 0, FOUR(0xff), FOUR(0)),
         NULL},
        {0x0c, 0, BYTES(3, 0, 2, 0, 8, 0, 4, 0, 0, 'a', 0, 0x13, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0),
         "its attribute at byte 96"},
        {0x0f, 0, BYTES(0, EIGHT(0), 9), "its table of shared messages at byte 96"},
        {0x99, 0, BYTES(0), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        judge(&cases[i]);
}
END_TEST

START_TEST(types_do_not_nest_for_ever)
{
    enum { LEVELS = 100, HEAD = 8 };
    unsigned char bytes[LEVELS * HEAD] = {0};
    for (size_t i = 0; i < LEVELS; i++) {
        bytes[i * HEAD] = i + 1 < LEVELS ? 0x39 : 0x13; /* sequences, and a string at last */
        bytes[i * HEAD + 4] = 16;
    }
    ck_assert(!cpt_file_type_fits(bytes, sizeof bytes));
    ck_assert(cpt_file_type_fits(bytes + 90 * HEAD, 10 * HEAD));
}
END_TEST

/* By versions: 1 has the address behind 16 bytes, 2 and 3 behind 2; 3 has heaps too. */
START_TEST(shared_messages)
{
    const struct {
        unsigned type, flags;
        const unsigned char *bytes;
        size_t size;
        int n;
        uint64_t addresses[2];
    } cases[] = {
        {0x03, 2, BYTES(1, 0, 0, 0, 0, 0, 0, 0, EIGHT(0), 5, 0, 0, 0, 0, 0, 0, 0), 1, {5}},
        {0x03, 2, BYTES(2, 0, 6, 0, 0, 0, 0, 0, 0, 0), 1, {6}},
        {0x03, 2, BYTES(3, 2, 7, 0, 0, 0, 0, 0, 0, 0), 1, {7}},
        {0x03, 2, BYTES(3, 1, EIGHT(7)), 0, {0}},
        {0x03, 2, BYTES(3, 2, FOUR(7)), 0, {0}},
        {0x03, 2, BYTES(4, 2, EIGHT(7)), 0, {0}},
        {0x03, 0, BYTES(3, 2, EIGHT(7)), 0, {0}},
        {0x10, 2, BYTES(3, 2, EIGHT(7)), 0, {0}},
        {0x0c,
         0,
         BYTES(3, 3, 2, 0, 10, 0, 10, 0, 0, 'a', 0, 3, 2, 8, 0, 0, 0, 0, 0, 0, 0, 3, 2, 9, 0, 0, 0,
               0, 0, 0, 0),
         2,
         {8, 9}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cpt_file_message m = {cases[i].type, cases[i].flags, cases[i].bytes, cases[i].size,
                                    0};
        uint64_t addresses[2] = {0, 0};
        ck_assert_int_eq(cpt_file_shared_objects(&m, addresses), cases[i].n);
        for (int k = 0; k < cases[i].n; k++)
            ck_assert_uint_eq(addresses[k], cases[i].addresses[k]);
    }
}
END_TEST

/* A header of version 2 with these messages, of less than 256 bytes: its length. */
static size_t put_header(unsigned char *to, const unsigned char *body, size_t n)
{
    const unsigned char prefix[] = {'O', 'H', 'D', 'R', 2, 0, (unsigned char)n};
    memcpy(to, prefix, sizeof prefix);
    memcpy(to + sizeof prefix, body, n);
    uint32_t sum = cpt_file_checksum(to, sizeof prefix + n);
    for (size_t i = 0; i < 4; i++)
        to[sizeof prefix + n + i] = (unsigned char)(sum >> 8 * i);
    return sizeof prefix + n + 4;
}

static critpt_status require(const unsigned char *bytes, size_t n)
{
    store(path, (const char *)bytes, n);
    cpt_file_reader reader = {.path = path, .end = n, .descriptor = open(path, O_RDONLY)};
    critpt_status status = cpt_file_require_object(&reader, 0);
    close(reader.descriptor);
    return status;
}

START_TEST(headers)
{
    unsigned char bytes[4096] = {0};
    const unsigned char plain[] = {0, 1, 0, 0, 0}, odd[] = {0, 0, 0};
    unsigned char continued[] = {0x10, 16, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0};
    const unsigned char cut[] = {0x10, 8, 0, 0, EIGHT(0)}, beyond[] = {0, 9, 0, 0, 0};
    ASSERT_OK(require(bytes, put_header(bytes, plain, sizeof plain)));
    put_header(bytes, odd, sizeof odd);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    put_header(bytes, cut, sizeof cut);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    put_header(bytes, beyond, sizeof beyond);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    /* a chunk shorter than its signature and checksum, and one with another checksum */
    put_header(bytes, continued, sizeof continued);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    continued[12] = 20;
    put_header(bytes, continued, sizeof continued);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    /* a first chunk of 2^40 bytes, and of 2^64 */
    memcpy(bytes, BYTES('O', 'H', 'D', 'R', 2, 3, 0, 0, 0, 0, 0, 1, 0, 0));
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    memset(bytes + 6, 0xff, 8);
    ASSERT_FAILS(require(bytes, 200), CRITPT_INVALID_ARGUMENT, "its object header at byte 0");
    ASSERT_OK(require(BYTES(9, 9, 9, 9, 9, 9, 9, 9))); /* of no version: HDF5 refuses it */
}
END_TEST

/* A group of version 1 without links, whose heap has no names yet, wherever they are to be. */
START_TEST(empty_heap)
{
    unsigned char bytes[200] = {1, 0, 1, 0, 0, 0, 0, 0, 24};
    memcpy(bytes + 16, BYTES(0x11, 0, 16, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 64));
    memcpy(bytes + 128, "TREE", 4);
    memcpy(bytes + 64, "HEAP", 4);
    memset(bytes + 64 + 24, 0xff, 8);
    ASSERT_OK(require(bytes, sizeof bytes));
    bytes[64 + 8] = 1;
    ASSERT_FAILS(require(bytes, sizeof bytes), CRITPT_INVALID_ARGUMENT, "its heap of names");
}
END_TEST

/* A header of version 1 whose messages stand for those of 300 other objects. */
START_TEST(too_many_types)
{
    enum { OTHERS = 300, MESSAGE = 8 + 16 };
    static unsigned char bytes[16 + OTHERS * MESSAGE] = {1};
    for (int b = 0; b < 4; b++)
        bytes[8 + b] = (unsigned char)(OTHERS * MESSAGE >> 8 * b);
    for (size_t i = 0; i < OTHERS; i++) {
        unsigned char *m = bytes + 16 + i * MESSAGE;
        memcpy(m, BYTES(3, 0, 16, 0, 2, 0, 0, 0, 3, 2, (unsigned char)i, (unsigned char)(i / 256)));
    }
    ASSERT_FAILS(require(bytes, sizeof bytes), CRITPT_INVALID_ARGUMENT, "its object header at");
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        messages, types_do_not_nest_for_ever, shared_messages, headers, empty_heap, too_many_types};
    return file_test_main("messages", tests, sizeof tests / sizeof *tests);
}
