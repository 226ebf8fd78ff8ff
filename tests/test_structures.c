/* HDF5 files of every format whose headers, heaps, trees and types are whole are read; where one
 * number in them is another it is refused by a sentence, before HDF5 asks for that much memory. The
 * files are HDF5's own, and what stands where is told by its specification. */
#define _GNU_SOURCE /* memmem */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file_support.h"

enum { ROWS = 40, COLUMNS = 3, LINKS = 20 };

static void put_dataset(hid_t group, const char *name, hid_t type, const hsize_t *most,
                        const hsize_t *chunk, hid_t creation)
{
    const hsize_t dims[] = {ROWS, COLUMNS};
    double values[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = i;
    hid_t space = H5Screate_simple(2, dims, most), plist = H5Pcopy(creation);
    if (chunk)
        H5Pset_chunk(plist, 2, chunk);
    hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    if (H5Tget_class(type) == H5T_FLOAT)
        ck_assert_int_ge(
            H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    H5Pclose(plist);
    H5Sclose(space);
}

static void put_attribute(hid_t object, const char *name, hid_t type, hsize_t n)
{
    hid_t space = H5Screate_simple(1, &n, NULL);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static hid_t enumeration(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I16LE);
    for (int16_t value = 0; value < 5; value++) {
        char name[] = "alpha0";
        name[5] = (char)('0' + value);
        H5Tenum_insert(type, name, &value);
    }
    return type;
}

/* A structure of a number, an array, an enumeration, text, opaque bytes and a sequence. */
static hid_t compound(void)
{
    const hsize_t dims[] = {2, 3};
    hid_t type = H5Tcreate(H5T_COMPOUND, 300), array = H5Tarray_create2(H5T_IEEE_F32LE, 2, dims);
    hid_t members = enumeration(), text = H5Tcopy(H5T_C_S1), opaque = H5Tcreate(H5T_OPAQUE, 9);
    hid_t sequence = H5Tvlen_create(H5T_STD_I32LE);
    H5Tset_size(text, 7);
    H5Tset_tag(opaque, "some bytes");
    H5Tinsert(type, "number", 0, H5T_IEEE_F64LE);
    H5Tinsert(type, "array", 8, array);
    H5Tinsert(type, "member", 40, members);
    H5Tinsert(type, "text", 48, text);
    H5Tinsert(type, "opaque", 56, opaque);
    H5Tinsert(type, "sequence", 72, sequence);
    const hid_t parts[] = {array, members, text, opaque, sequence};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        H5Tclose(parts[i]);
    return type;
}

/* Types of strangers' objects, one of them with a name that others refer to. */
static void put_types(hid_t file)
{
    hid_t structure = compound(), members = enumeration(), named = H5Tcopy(H5T_IEEE_F64LE);
    H5Tcommit2(file, "named", named, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_dataset(file, "structure", structure, NULL, NULL, H5P_DATASET_CREATE_DEFAULT);
    put_dataset(file, "members", members, NULL, NULL, H5P_DATASET_CREATE_DEFAULT);
    put_dataset(file, "shared", named, NULL, NULL, H5P_DATASET_CREATE_DEFAULT);
    hid_t dataset = H5Dopen2(file, "shared", H5P_DEFAULT);
    put_attribute(dataset, "plain", H5T_IEEE_F64LE, 3);
    put_attribute(dataset, "of a named type", named, 3);
    put_attribute(dataset, "of a structure", structure, 2);
    H5Dclose(dataset);
    const hid_t types[] = {structure, members, named};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        H5Tclose(types[i]);
}

/* Chunks that grow in no direction, in one and in two: in the latest format an index each. */
static void put_chunks(hid_t file)
{
    const hsize_t chunk[] = {4, 2}, one[] = {H5S_UNLIMITED, COLUMNS};
    const hsize_t both[] = {H5S_UNLIMITED, H5S_UNLIMITED};
    put_dataset(file, "fixed", H5T_IEEE_F64LE, NULL, chunk, H5P_DATASET_CREATE_DEFAULT);
    put_dataset(file, "growing", H5T_IEEE_F64LE, one, chunk, H5P_DATASET_CREATE_DEFAULT);
    put_dataset(file, "both", H5T_IEEE_F64LE, both, chunk, H5P_DATASET_CREATE_DEFAULT);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(plist, "elsewhere", 0, ROWS * COLUMNS * 8);
    const hsize_t dims[] = {ROWS, COLUMNS};
    hid_t space = H5Screate_simple(2, dims, NULL);
    H5Dclose(H5Dcreate2(file, "outside", H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(plist);
}

static void put_all(hid_t file)
{
    put_chunks(file);
    put_types(file);
    for (int i = 0; i < 4; i++) { /* more than the room of a first chunk */
        char name[32];
        snprintf(name, sizeof name, "root%d", i);
        put_attribute(file, name, H5T_STD_I32LE, 5);
    }
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_dataset(group, "x", H5T_IEEE_F64LE, NULL, NULL, H5P_DATASET_CREATE_DEFAULT);
    H5Lcreate_soft("group/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("../soft", group, "up", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/round", file, "round", H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < LINKS; i++) {
        char name[32];
        snprintf(name, sizeof name, "link%d", i);
        H5Lcreate_soft("/group/x", group, name, H5P_DEFAULT, H5P_DEFAULT);
        put_attribute(group, name, H5T_STD_I32LE, 5);
    }
    H5Gclose(group);
}

typedef hid_t maker(void);

static hid_t create(H5F_libver_t format, hid_t creation)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, format, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    ck_assert_int_ge(file, 0);
    H5Pclose(access);
    return file;
}

static hid_t earliest(void)
{
    return create(H5F_LIBVER_EARLIEST, H5P_DEFAULT);
}

static hid_t latest(void)
{
    return create(H5F_LIBVER_LATEST, H5P_DEFAULT);
}

static hid_t behind_user_block(void)
{
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 1024);
    hid_t file = create(H5F_LIBVER_EARLIEST, creation);
    H5Pclose(creation);
    return file;
}

/* Messages of many objects in heaps of their own; the root's links in the order of their making. */
static hid_t sharing(void)
{
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_shared_mesg_nindexes(creation, 1);
    H5Pset_shared_mesg_index(creation, 0, H5O_SHMESG_ALL_FLAG, 20);
    H5Pset_shared_mesg_phase_change(creation, 0, 0);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    hid_t file = create(H5F_LIBVER_LATEST, creation);
    H5Pclose(creation);
    return file;
}

/* The cache of metadata stored with the file, which HDF5 1.10 cannot close again. */
static hid_t with_cache(void)
{
    H5AC_cache_image_config_t image = {H5AC__CURR_CACHE_IMAGE_CONFIG_VERSION, true, false,
                                       H5AC__CACHE_IMAGE__ENTRY_AGEOUT__NONE};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    H5Pset_mdc_image_config(access, &image);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    ck_assert_int_ge(file, 0);
    H5Pclose(access);
    return file;
}

/* Links that are compressed in their heap. */
static hid_t with_compressed_links(void)
{
    hid_t file = latest(), plist = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_deflate(plist, 6);
    hid_t group = H5Gcreate2(file, "dense", H5P_DEFAULT, plist, H5P_DEFAULT);
    for (int i = 0; i < LINKS; i++) {
        char name[32];
        snprintf(name, sizeof name, "link%d", i);
        H5Lcreate_soft("/group", group, name, H5P_DEFAULT, H5P_DEFAULT);
    }
    H5Gclose(group);
    H5Pclose(plist);
    return file;
}

static void make(maker *make_file)
{
    hid_t file = make_file();
    put_all(file);
    ck_assert_int_ge(H5Fclose(file), 0);
}

static critpt_status read_size(const char *dataset)
{
    size_t rows = 0, columns = 0;
    critpt_status status = critpt_file_dataset_size(path, dataset, &rows, &columns);
    if (status == CRITPT_OK)
        ck_assert(rows == ROWS && columns == COLUMNS);
    return status;
}

START_TEST(whole_files)
{
    static maker *const makers[] = {earliest, latest, behind_user_block, sharing};
    static const char *const datasets[] = {"fixed",    "growing",      "/both",      "shared",
                                           "group/x",  "group//./x",   "soft",       "group/link7",
                                           "/group/x", "group/link19", "./group/./x"};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        make(makers[i]);
        for (size_t k = 0; k < sizeof datasets / sizeof *datasets; k++) {
            double values[ROWS * COLUMNS];
            ASSERT_OK(read_size(datasets[k]));
            ASSERT_OK(critpt_file_dataset_read(path, datasets[k], values, ROWS, COLUMNS, COLUMNS));
            for (int j = 0; j < ROWS * COLUMNS; j++)
                ck_assert_double_eq(values[j], j);
        }
        ASSERT_FAILS(read_size("round"), CRITPT_INVALID_ARGUMENT, "more than 16 soft links");
        ASSERT_FAILS(read_size("group/up"), CRITPT_INVALID_ARGUMENT, "group/up is not a dataset");
        ASSERT_FAILS(read_size("structure"), CRITPT_INVALID_ARGUMENT, "neither numbers nor");
        ASSERT_FAILS(read_size("members"), CRITPT_INVALID_ARGUMENT, "neither numbers nor");
        ASSERT_FAILS(read_size("outside"), CRITPT_INVALID_ARGUMENT, "is kept in another file");
        ASSERT_FAILS(read_size("group/no"), CRITPT_INVALID_ARGUMENT, "has no dataset group/no");
    }
}
END_TEST

/* A number of `width` bytes, the least first, `offset` bytes from a mark in the file or, without
 * one, from its beginning. */
typedef struct damage {
    const char *mark;
    int offset, width;
    uint64_t value;
    const char *dataset, *sentence;
} damage;

static void refuse(maker *maker_of_file, const damage *damages, size_t n_damages)
{
    size_t n;
    make(maker_of_file);
    char *whole = load(path, &n), *bytes = malloc(n);
    for (size_t i = 0; i < n_damages; i++) {
        const damage *d = &damages[i];
        ASSERT_OK(read_size("group/x"));
        memcpy(bytes, whole, n);
        char *place = d->mark ? memmem(bytes, n, d->mark, strlen(d->mark)) : bytes;
        ck_assert_ptr_nonnull(place);
        for (int b = 0; b < d->width; b++)
            place[d->offset + b] = (char)(d->value >> 8 * b);
        store(path, bytes, n);
        ASSERT_FAILS(read_size(d->dataset), CRITPT_INVALID_ARGUMENT, d->sentence);
        store(path, whole, n);
    }
    free(bytes);
    free(whole);
}

/* Of version 0: the superblock has 96 bytes, the root's header stands behind it. */
START_TEST(damaged_superblocks)
{
    static const damage old[] = {
        {NULL, 13, 1, 4, "group/x", "addresses of 4 and lengths of 8 bytes; files with 8"},
        {NULL, 14, 1, 16, "group/x", "addresses of 8 and lengths of 16 bytes"},
        {NULL, 24, 8, UINT64_MAX, "group/x", "damaged or truncated HDF5 file"},
        {NULL, 40, 8, 1 << 30, "group/x", "damaged or truncated HDF5 file"},
        {NULL, 32, 8, 96 + 5, "group/x", "damaged or truncated HDF5 file"},
        {NULL, 32, 8, UINT64_MAX - 1, "group/x", "its object header at byte"},
        {NULL, 48, 8, 680, "group/x", "a part of an HDF5 file that is spread over several"},
        {NULL, 64, 8, UINT64_MAX - 8, "group/x", "its object header at byte"},
        {NULL, 64, 8, 1 << 30, "group/x", "its object header at byte 1073741824"},
        {NULL, 0, 1, 'x', "group/x", "is not an HDF5 file, or its start is damaged"},
    };
    static const damage new[] = {
        {NULL, 9, 1, 2, "group/x", "addresses of 2 and lengths of 8 bytes"},
        {NULL, 20, 8, 1 << 30, "group/x", "its object header at byte 1073741824"},
        {NULL, 28, 8, 1 << 30, "group/x", "damaged or truncated HDF5 file"},
    };
    /* the base 1024, the end before it: HDF5 would take the file for one of 2^64 bytes */
    static const damage behind[] = {
        {NULL, 1024 + 40, 8, 100, "group/x", "damaged or truncated HDF5 file"},
    };
    refuse(earliest, old, sizeof old / sizeof *old);
    refuse(latest, new, sizeof new / sizeof *new);
    refuse(behind_user_block, behind, sizeof behind / sizeof *behind);
}
END_TEST

START_TEST(unsupported_files)
{
    size_t n;
    make(with_cache);
    ASSERT_FAILS(read_size("group/x"), CRITPT_UNSUPPORTED, "an image of HDF5's metadata cache");
    make(with_compressed_links);
    ASSERT_FAILS(read_size("dense/link0"), CRITPT_UNSUPPORTED, "attributes that are compressed");
    make(latest);
    char *bytes = load(path, &n);
    bytes[8] = 4;
    store(path, bytes, n);
    ASSERT_FAILS(read_size("group/x"), CRITPT_UNSUPPORTED, "superblock is of version 4");
    free(bytes);
}
END_TEST

/* The root's header, of version 1: 16 bytes, and messages with 8 before each, of which the first
 * one is the continuation. */
START_TEST(damaged_old_headers)
{
    static const damage damages[] = {
        {NULL, 96 + 8, 4, 0xfffffff0, "group/x", "its object header at byte 96"},
        {NULL, 96 + 8, 4, 7, "group/x", "its object header at byte 96"},
        {NULL, 96 + 18, 2, 0xfff8, "group/x", "its object header at byte 96"},
        /* the continuation: where it is, one that leads to itself, and how long it is */
        {NULL, 96 + 24, 8, 1 << 30, "group/x", "its object header at byte 96"},
        {NULL, 96 + 24, 8, 96 + 16, "group/x", "its object header at byte 96"},
        {NULL, 96 + 32, 8, (uint64_t)1 << 32, "group/x", "its object header at byte 96"},
        {NULL, 96 + 32, 8, 7, "group/x", "its object header at byte 96"},
        {"HEAP", 8, 8, (uint64_t)1 << 32, "group/x", "its heap of names at byte"},
        {"HEAP", 24, 8, (uint64_t)1 << 40, "group/x", "its heap of names at byte"},
        {"HEAP", 16, 8, 2, "group/x", "its heap of names at byte"},
        {"HEAP", 16, 8, 1 << 20, "group/x", "its heap of names at byte"},
        {"HEAP", 0, 1, 'h', "group/x", "its heap of names at byte"},
        /* an attribute of version 1: sizes of name, type and space before its name */
        {"of a structure", -6, 2, 3, "shared", "its attribute at byte"},
        {"of a structure", -4, 2, 0xffff, "shared", "its attribute at byte"},
        {"of a structure", -2, 2, 2, "shared", "its attribute at byte"},
        {"plain", 8 + 4, 4, 1 << 30, "shared", "its attribute at byte"},
        {"plain", 8 + 24 + 8, 8, 1 << 30, "shared", "its attribute at byte"},
        {"plain", 8 + 24 + 8, 8, UINT64_MAX - 1, "shared", "its attribute at byte"},
        {"plain", 8 + 24 + 1, 1, 33, "shared", "its attribute at byte"},
        /* an enumeration: class, how many, size, a type of 12 bytes, names */
        {"alpha0", -19, 2, 0xffff, "structure", "its datatype at byte"},
        {"alpha0", -8, 4, 1 << 30, "structure", "its datatype at byte"},
        {"alpha0", -12, 1, 0x1f, "structure", "its datatype at byte"},
    };
    refuse(earliest, damages, sizeof damages / sizeof *damages);
}
END_TEST

static void put_number(char *place, uint64_t value, int width)
{
    for (int b = 0; b < width; b++)
        place[b] = (char)(value >> 8 * b);
}

/* The next node of a tree of this type, or NULL. */
static char *find_node(char *bytes, size_t n, char *from, char type)
{
    while (from && (from = memmem(from, n - (size_t)(from - bytes), "TREE", 4)) != NULL) {
        if (from[4] == type)
            return from;
        from += 4;
    }
    return NULL;
}

/* A node is made its own child, at its own level and at the one below; it leads to what is no node
 * of this tree, out of the file, and to more children than there is room for. HDF5 follows the
 * first until its stack is full. */
static void damage_node(char *node, int which, uint64_t address, size_t key)
{
    const struct {
        int level;
        uint64_t children, child;
    } cases[] = {{1, 1, address}, {0, 1, 8},         {1, 1, 1 << 30},
                 {0, 600, 0},     {255, 1, address}, {1, 1, address + 8}};
    node[5] = (char)cases[which].level;
    put_number(node + 6, cases[which].children, 2);
    if (cases[which].child)
        put_number(node + 24 + key, cases[which].child, 8);
}

static void refuse_nodes(maker *make_file, size_t before, char type, size_t key,
                         const char *dataset, const char *sentence)
{
    size_t n, found = 0;
    make(make_file);
    char *whole = load(path, &n), *bytes = malloc(n), *node = bytes;
    memcpy(bytes, whole, n);
    for (; (node = find_node(bytes, n, node, type)) != NULL; node += 4)
        for (int which = 0; which < 6; which++) {
            if (type == 1 && which == 1) /* chunks are wherever they are */
                continue;
            damage_node(node, which, (uint64_t)(node - bytes) - before, key);
            store(path, bytes, n);
            critpt_status status = read_size(dataset); /* it may be another group's or dataset's */
            found += status != CRITPT_OK;
            if (status != CRITPT_OK)
                ck_assert_msg(strstr(critpt_error_message(), sentence), "%s",
                              critpt_error_message());
            memcpy(bytes, whole, n);
        }
    ck_assert_uint_ge(found, type == 1 ? 5 : 12);
    free(bytes);
    free(whole);
}

START_TEST(damaged_old_trees)
{
    static const damage damages[] = {
        {"SNOD", 0, 1, 's', "group/x", "its tree of links at byte"},
        {"SNOD", 6, 2, 9, "group/x", "its tree of links at byte"},
    };
    refuse(earliest, damages, sizeof damages / sizeof *damages);
    refuse_nodes(earliest, 0, 0, 8, "group/x", "its tree of links at byte");
    refuse_nodes(behind_user_block, 1024, 0, 8, "group/x", "its tree of links at byte");
    refuse_nodes(earliest, 0, 1, 32, "fixed", "its tree of chunks at byte");
}
END_TEST

START_TEST(damaged_new_headers)
{
    static const damage damages[] = {
        {"OHDR", 5, 1, 0x23, "group/x", "its object header at byte"}, /* a size of 8 bytes */
        /* links beyond those in a header: a heap of blocks that double, and a tree */
        {"FRHP", 0, 1, 'f', "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 5, 2, 0, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 110, 2, 3, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 112, 8, (uint64_t)1 << 32, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 120, 8, (uint64_t)1 << 30, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 128, 2, 3, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 132, 8, 1 << 30, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 140, 2, 200, "group/x", "its heap of links or attributes at byte"},
        {"FRHP", 22, 8, 8, "group/x", "its tree of records at byte 8"},
        {"BTHD", 6, 4, 1 << 30, "both", "its tree of records at byte"},
        {"BTHD", 10, 2, 0, "both", "its tree of records at byte"},
        {"BTHD", 16, 8, 1 << 30, "both", "its tree of records at byte"},
        {"FAHD", 8, 8, (uint64_t)1 << 33, "fixed", "its array of chunks at byte"},
        {"FAHD", 7, 1, 63, "fixed", "its array of chunks at byte"},
        {"EAHD", 7, 1, 255, "growing", "its array of chunks at byte"},
        {"EAHD", 7, 1, 2, "growing", "its array of chunks at byte"},
        {"EAHD", 9, 1, 3, "growing", "its array of chunks at byte"},
        /* headers have checksums: a type's name that is another, in the first chunk or a later one
         */
        {"of a structure", 0, 1, 'O', "shared", "its object header at byte"},
        {"OCHK", 20, 1, 'x', "shared", "its object header at byte"},
    };
    refuse(latest, damages, sizeof damages / sizeof *damages);
}
END_TEST

START_TEST(damaged_shared_messages)
{
    static const damage damages[] = {
        {"SMTB", 4 + 22, 8, 96, "group/x", "its heap of links or attributes at byte 96"},
        {"SMTB", 4 + 14, 8, 96, "group/x", "its tree of records at byte 96"},
    };
    refuse(sharing, damages, sizeof damages / sizeof *damages);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        whole_files,       damaged_superblocks, unsupported_files,       damaged_old_headers,
        damaged_old_trees, damaged_new_headers, damaged_shared_messages,
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return file_test_main("structures", tests, sizeof tests / sizeof *tests);
}
