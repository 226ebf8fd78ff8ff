/* HDF5 files in memory: the core driver, with callbacks that keep the bytes when it closes. */
#include <stdlib.h>
#include <string.h>

#include "file/file.h"

/* HDF5 cannot close a file whose last bytes it cannot write, and complains about that when the
 * program ends: where the allocator has no memory, what closes the file in order is of the C
 * library. */
static void *image_allocate(size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    cpt_file_image *image = user;
    void *memory = NULL;
    image->failed = image->failed || cpt_allocate(&memory, size, 1) != CRITPT_OK;
    if (image->failed)
        memory = malloc(size);
    if (memory)
        image->size = size;
    return memory;
}

static void release(void *memory, bool failed)
{
    if (failed)
        free(memory);
    else
        cpt_free(memory);
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation,
                        void *user)
{
    (void)operation, (void)user;
    return memcpy(to, from, size);
}

static void *image_resize(void *old, size_t size, H5FD_file_image_op_t operation, void *user)
{
    cpt_file_image *image = user;
    size_t kept = image->size < size ? image->size : size;
    bool failed = image->failed;
    void *memory = image_allocate(size, operation, user);
    if (memory && old) {
        memcpy(memory, old, kept);
        release(old, failed);
    }
    return memory;
}

static herr_t image_release(void *memory, H5FD_file_image_op_t operation, void *user)
{
    cpt_file_image *image = user;
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE && !image->failed)
        image->bytes = memory;
    else
        release(memory, image->failed);
    return 0;
}

static void *same_user(void *user)
{
    return user;
}

static herr_t keep_user(void *user)
{
    (void)user;
    return 0;
}

/* In the format of HDF5 1.8, whose metadata carry checksums, and without times. */
critpt_status cpt_file_image_open(cpt_file_image *image, hid_t *file)
{
    H5FD_file_image_callbacks_t callbacks = {
        image_allocate, image_copy, image_resize, image_release, same_user, keep_user, image};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    *file = H5I_INVALID_HID;
    if (access >= 0 && creation >= 0 && H5Pset_fapl_core(access, 1 << 20, false) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
        cpt_file_set_object_defaults(creation))
        *file = H5Fcreate("critpt-landscape", H5F_ACC_TRUNC, creation, access);
    if (access >= 0)
        H5Pclose(access);
    if (creation >= 0)
        H5Pclose(creation);
    return *file >= 0 ? CRITPT_OK
                      : cpt_error(CRITPT_NO_MEMORY, "HDF5 cannot make a file in memory");
}

/* The driver's memory ends in whole increments; where the file ends its superblock says: 8 bytes
 * from byte 28 on, the least first. */
critpt_status cpt_file_image_close(cpt_file_image *image, hid_t *file)
{
    herr_t closed = H5Fclose(*file);
    *file = H5I_INVALID_HID;
    const unsigned char *bytes = image->bytes;
    uint64_t end = 0;
    for (int i = 7; bytes && image->size > 36 && i >= 0; i--)
        end = end << 8 | bytes[28 + i];
    if (closed < 0 || image->failed || !end || end > image->size)
        return cpt_error(CRITPT_NO_MEMORY, "HDF5 cannot complete a file in memory");
    image->size = (size_t)end;
    return CRITPT_OK;
}
