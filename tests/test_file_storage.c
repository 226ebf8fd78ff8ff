/* What a landscape file holds, stored in other ways: other shapes, types, filters and places than
 * its writer's. What can be read is read, and the rest is refused by a sentence. */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "file_support.h"

static hid_t open_to_change(void)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    return file;
}

/* Another dataset in place of one, zeros unless there are values. */
static void put(hid_t file, const char *name, hid_t type, hid_t space, hid_t creation,
                const void *values)
{
    ck_assert_int_ge(H5Ldelete(file, name, H5P_DEFAULT), 0);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    if (values)
        ck_assert_int_ge(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static hid_t rectangle(int rank, hsize_t a, hsize_t b, hsize_t c)
{
    const hsize_t dims[] = {a, b, c};
    return H5Screate_simple(rank, dims, NULL);
}

static void put_zeros(hid_t file, const char *name, hid_t space)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    put(file, name, H5T_IEEE_F64LE, space, creation, NULL);
    H5Pclose(creation);
}

static void no_samples(hid_t file)
{
    put_zeros(file, "/inputs", rectangle(2, 0, INPUTS, 0));
}

static void one_width(hid_t file)
{
    const int64_t width = INPUTS;
    put(file, "/model/widths", H5T_NATIVE_INT64, rectangle(1, 1, 0, 0), H5P_DEFAULT, &width);
}

static void long_row(hid_t file)
{
    put_zeros(file, "/sample_weights", rectangle(1, N + 1, 0, 0));
}

static void three_dimensions(hid_t file)
{
    put_zeros(file, "/targets", rectangle(3, N, OUTPUTS, 1));
}

static void no_dimensions(hid_t file)
{
    put_zeros(file, "/targets", H5Screate(H5S_NULL));
}

static void structures(hid_t file)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(type, "a", 0, H5T_IEEE_F64LE);
    put(file, "/targets", type, rectangle(2, N, OUTPUTS, 0), H5P_DEFAULT, NULL);
    H5Tclose(type);
}

static void numbers_for_strings(hid_t file)
{
    put_zeros(file, "/points/nature_requested", rectangle(1, K, 0, 0));
}

static void strings_for_numbers(hid_t file)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    const char *words[K] = {"a", "b", "c"};
    H5Tset_size(type, H5T_VARIABLE);
    put(file, "/points/loss", type, rectangle(1, K, 0, 0), H5P_DEFAULT, words);
    H5Tclose(type);
}

static void row_for_value(hid_t file)
{
    hid_t space = rectangle(1, 1, 0, 0);
    ck_assert_int_ge(H5Adelete(file, "seed"), 0);
    H5Aclose(H5Acreate2(file, "seed", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void put_integer(hid_t file, const char *object, const char *name, int64_t value)
{
    hid_t of = H5Oopen(file, object, H5P_DEFAULT), attribute = H5Aopen(of, name, H5P_DEFAULT);
    ck_assert_int_ge(H5Awrite(attribute, H5T_NATIVE_INT64, &value), 0);
    H5Aclose(attribute);
    H5Oclose(of);
}

static void negative_seed(hid_t file)
{
    put_integer(file, "/", "seed", -1);
}

static void more_warnings(hid_t file)
{
    put_integer(file, "/report", "n_warnings", 3);
}

static hid_t in_chunks(void)
{
    const hsize_t chunk[] = {2, OUTPUTS};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    return creation;
}

static void other_filter(hid_t file)
{
    hid_t creation = in_chunks();
    H5Pset_nbit(creation);
    put(file, "/targets", H5T_IEEE_F64LE, rectangle(2, N, OUTPUTS, 0), creation, NULL);
    H5Pclose(creation);
}

/* In the old layout a chunk's length stands in a tree without a checksum. */
static void no_chunks(hid_t file)
{
    hid_t creation = in_chunks();
    put(file, "/targets", H5T_IEEE_F64LE, rectangle(2, N, OUTPUTS, 0), creation, NULL);
    H5Pclose(creation);
}

START_TEST(other_storage)
{
    static const struct {
        void (*change)(hid_t file);
        const char *sentence;
    } cases[] = {
        {no_samples, "/inputs has no samples"},
        {one_width, "/model/widths has 1 values; a network has at least two"},
        {long_row, "/sample_weights has dimensions 8 x 1; 7 values are needed"},
        {three_dimensions, "/targets has 3 dimensions; at most 2 are read"},
        {no_dimensions, "/targets has 0 dimensions; at most 2 are read"},
        {structures, "/targets holds neither numbers nor strings"},
        {numbers_for_strings, "/points/nature_requested does not hold strings"},
        {strings_for_numbers, "/points/loss does not hold numbers"},
        {row_for_value, "/ attribute seed is not a single value"},
        {negative_seed, "/ attribute seed is -1; it is never negative"},
        {more_warnings, "/report has 2 warnings; its attribute n_warnings is 3"},
        {other_filter, "/targets is stored by HDF5's filter 5; gzip, shuffle and fletcher32"},
        {no_chunks, "/targets is incomplete: 0 of its 4 chunks are stored"},
    };
    critpt_file *file = filled(), *read;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ASSERT_OK(critpt_file_write(file, path));
        hid_t hdf5 = open_to_change();
        cases[i].change(hdf5);
        ck_assert_int_ge(H5Fclose(hdf5), 0);
        ASSERT_FAILS(critpt_file_read(&read, path), CRITPT_INVALID_ARGUMENT, cases[i].sentence);
        ck_assert_ptr_null(read);
    }
    critpt_file_destroy(file);
}
END_TEST

/* HDF5 stores a pointer that is NULL as a reference to nothing. */
START_TEST(strings_without_a_heap)
{
    critpt_file *file = filled(), *read;
    hid_t type = H5Tcopy(H5T_C_S1);
    const char *none[K] = {NULL, NULL, NULL};
    H5Tset_size(type, H5T_VARIABLE);
    ASSERT_OK(critpt_file_write(file, path));
    ck_assert_str_eq(critpt_file_point_kind(file, 2), "minimum");
    critpt_file_destroy(file);
    hid_t hdf5 = open_to_change();
    put(hdf5, "/points/kind", type, rectangle(1, K, 0, 0), H5P_DEFAULT, none);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
    ASSERT_OK(critpt_file_read(&read, path));
    for (size_t k = 0; k < K; k++)
        ck_assert_ptr_null(critpt_file_point_kind(read, k));
    critpt_file_destroy(read);
    H5Tclose(type);
}
END_TEST

/* Numbers of another type in the header itself, of which HDF5 converts each. */
START_TEST(numbers_in_a_header)
{
    critpt_file *file = filled(), *read;
    const int32_t losses[K] = {4, -7, 1 << 30};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(creation, H5D_COMPACT);
    ASSERT_OK(critpt_file_write(file, path));
    critpt_file_destroy(file);
    hid_t hdf5 = open_to_change();
    put(hdf5, "/points/loss", H5T_STD_I32LE, rectangle(1, K, 0, 0), creation, losses);
    H5Pclose(creation);
    ck_assert_int_ge(H5Fclose(hdf5), 0);
    ASSERT_OK(critpt_file_read(&read, path));
    for (size_t k = 0; k < K; k++) {
        double value;
        ASSERT_OK(critpt_file_point_value(read, k, CRITPT_FILE_POINT_LOSS, &value));
        ck_assert_double_eq(value, losses[k]);
    }
    critpt_file_destroy(read);
}
END_TEST

/* Where the first chunk of a dataset is, and how long. */
static haddr_t find_chunk(hid_t file, const char *name, hsize_t *length)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(dataset);
    hsize_t offset[2];
    unsigned mask;
    haddr_t address;
    ck_assert_int_ge(H5Dget_chunk_info(dataset, space, 0, offset, &mask, &address, length), 0);
    H5Sclose(space);
    H5Dclose(dataset);
    return address;
}

static hid_t compressed(int rank)
{
    const hsize_t chunk[] = {K, OUTPUTS};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, rank, chunk);
    H5Pset_deflate(creation, 9);
    return creation;
}

/* A chunk of 64 MB in 64 KB, of a dataset of some bytes, which HDF5 would make room for; by itself,
 * and beside filters that add to it before and behind. What is longer by a byte is refused as well.
 */
START_TEST(chunks_longer_than_they_may_be)
{
    enum { HUGE = 1 << 26, SUM = 4, CHUNK = K * OUTPUTS * 8 };
    const double zeros[N * OUTPUTS] = {0};
    const hsize_t offset[2] = {0, 0}, chunk[2] = {K, OUTPUTS};
    unsigned char *source = NEW(unsigned char, HUGE), *stream = NEW(unsigned char, HUGE / 512);
    for (int i = 0; i < 6; i++) {
        bool before = i / 2 == 1, behind = i / 2 == 2;
        uLongf n = HUGE / 512;
        uLong length = i % 2 ? HUGE : CHUNK + (before ? SUM : 0) + 1;
        critpt_file *file = filled();
        ASSERT_OK(critpt_file_write(file, path));
        critpt_file_destroy(file);
        hid_t hdf5 = open_to_change(), creation = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(creation, 2, chunk);
        if (before)
            H5Pset_fletcher32(creation);
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, 9);
        if (behind)
            H5Pset_fletcher32(creation);
        put(hdf5, "/targets", H5T_IEEE_F64LE, rectangle(2, N, OUTPUTS, 0), creation, zeros);
        ck_assert_int_ge(H5Fclose(hdf5), 0);
        ASSERT_OK(critpt_file_read(&file, path)); /* as HDF5 stored it */
        critpt_file_destroy(file);
        hdf5 = open_to_change();
        hid_t dataset = H5Dopen2(hdf5, "/targets", H5P_DEFAULT);
        ck_assert_int_eq(compress2(stream, &n, source, length, 9), Z_OK);
        ck_assert_int_ge(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, n, stream), 0);
        H5Dclose(dataset);
        H5Pclose(creation);
        ck_assert_int_ge(H5Fclose(hdf5), 0);
        ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT,
                     "/targets is a trap: a chunk of it is longer than the");
    }
    free(source), free(stream);
}
END_TEST

/* Compressed numbers and strings whose bytes are no longer what was compressed. */
START_TEST(damaged_chunks)
{
    static const char *const names[] = {"/targets", "/points/kind"};
    const char *kinds[K] = {"minimum", "minimum", "minimum"};
    const double zeros[N * OUTPUTS] = {0};
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        critpt_file *file = filled();
        ASSERT_OK(critpt_file_write(file, path));
        critpt_file_destroy(file);
        hid_t hdf5 = open_to_change(), creation = compressed(i ? 1 : 2);
        if (i)
            put(hdf5, names[i], type, rectangle(1, K, 0, 0), creation, kinds);
        else
            put(hdf5, names[i], H5T_IEEE_F64LE, rectangle(2, N, OUTPUTS, 0), creation, zeros);
        hsize_t length;
        size_t at = (size_t)find_chunk(hdf5, names[i], &length), n;
        H5Pclose(creation);
        ck_assert_int_ge(H5Fclose(hdf5), 0);
        ASSERT_OK(critpt_file_read(&file, path));
        critpt_file_destroy(file);
        char *bytes = load(path, &n), sentence[64];
        memset(bytes + at, 0xff, (size_t)length);
        store(path, bytes, n);
        free(bytes);
        snprintf(sentence, sizeof sentence, "%s cannot be read; the file is damaged", names[i]);
        ASSERT_FAILS(critpt_file_read(&file, path), CRITPT_INVALID_ARGUMENT, sentence);
    }
    H5Tclose(type);
}
END_TEST

/* A file of HDF5's first format with one dataset, whose header has no checksum. */
static size_t make_old(hid_t creation, const double *values)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t space = rectangle(2, N, OUTPUTS, 0);
    hid_t dataset =
        H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert_int_ge(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
                     0);
    haddr_t address = H5Dget_offset(dataset);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(access);
    ck_assert_int_ge(H5Fclose(file), 0);
    return (size_t)address;
}

/* Where two numbers of 8 bytes stand one behind the other, they become others. */
static void exchange(uint64_t first, uint64_t second, uint64_t new_first, uint64_t new_second)
{
    const uint64_t old[] = {first, second}, new[] = {new_first, new_second};
    size_t n;
    int found = 0;
    char *bytes = load(path, &n);
    for (size_t i = 0; i + sizeof old <= n; i++)
        if (!memcmp(bytes + i, old, sizeof old)) {
            memcpy(bytes + i, new, sizeof new);
            found++;
        }
    ck_assert_int_eq(found, 1);
    store(path, bytes, n);
    free(bytes);
}

static void refuse(void)
{
    size_t rows, columns;
    ASSERT_FAILS(critpt_file_dataset_size(path, "x", &rows, &columns), CRITPT_INVALID_ARGUMENT,
                 "x cannot be read; the file is damaged");
}

/* The layout of a block says where it is and how long, the tree of chunks how long each is. */
START_TEST(damaged_places)
{
    enum { BYTES = N * OUTPUTS * 8, CHUNK = 2 * OUTPUTS * 8 };
    size_t rows, columns;
    double values[N * OUTPUTS];
    for (int i = 0; i < N * OUTPUTS; i++)
        values[i] = i;
    size_t at = make_old(H5P_DEFAULT, values);
    ASSERT_OK(critpt_file_dataset_size(path, "x", &rows, &columns));
    exchange(at, BYTES, 1 << 30, BYTES);
    refuse();
    make_old(H5P_DEFAULT, values);
    exchange(at, BYTES, at, BYTES - 8);
    refuse();
    hid_t creation = in_chunks();
    make_old(creation, values);
    ASSERT_OK(critpt_file_dataset_size(path, "x", &rows, &columns));
    exchange(CHUNK, 2, 0xfffffff0, 2); /* the second one's length, and its first row */
    refuse();
    H5Pclose(creation);
}
END_TEST

int main(void)
{
    const test_function tests[] = {other_storage,       strings_without_a_heap,
                                   numbers_in_a_header, chunks_longer_than_they_may_be,
                                   damaged_chunks,      damaged_places};
    return file_test_main("file_storage", tests, sizeof tests / sizeof *tests);
}
