/* HDF5 files in memory: the core driver, with callbacks that keep the bytes when it closes. */
#include <string.h>

#include "file/file.h"

/* All of the memory is had before HDF5 begins: where memory fails inside HDF5 it does not let go of
 * the file any more, and complains when it is closed. More is had only if `room` was foretold too
 * small. */
static critpt_status make_room(cpt_file_image *image, size_t room)
{
    critpt_status status;
    void *larger = NULL;
    CPT_TRY(cpt_allocate(&larger, room, 1));
    if (image->size)
        memcpy(larger, image->bytes, image->size);
    cpt_free(image->bytes);
    image->bytes = larger;
    image->room = room;
done:
    return status;
}

static void *image_allocate(size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    cpt_file_image *image = user;
    if (size > image->room && make_room(image, size) != CRITPT_OK) {
        image->failed = true;
        return NULL;
    }
    image->size = size;
    return image->bytes;
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation,
                        void *user)
{
    (void)operation, (void)user;
    return memcpy(to, from, size);
}

static void *image_resize(void *old, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)old; /* image->bytes */
    return image_allocate(size, operation, user);
}

/* The bytes stay ours. */
static herr_t image_release(void *memory, H5FD_file_image_op_t operation, void *user)
{
    (void)memory, (void)operation, (void)user;
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
critpt_status cpt_file_image_open(cpt_file_image *image, size_t room, hid_t *file)
{
    enum { INCREMENT = 1 << 16 };
    H5FD_file_image_callbacks_t callbacks = {
        image_allocate, image_copy, image_resize, image_release, same_user, keep_user, image};
    hid_t access = H5I_INVALID_HID, creation = H5I_INVALID_HID;
    critpt_status status;
    *file = H5I_INVALID_HID;
    CPT_TRY(make_room(image, room + 2 * INCREMENT));
    access = H5Pcreate(H5P_FILE_ACCESS);
    creation = H5Pcreate(H5P_FILE_CREATE);
    if (access >= 0 && creation >= 0 && H5Pset_fapl_core(access, INCREMENT, false) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 &&
        cpt_file_set_object_defaults(creation))
        *file = H5Fcreate("critpt-landscape", H5F_ACC_TRUNC, creation, access);
    if (*file < 0)
        CPT_TRY(cpt_error(CRITPT_NO_MEMORY, "HDF5 cannot make a file in memory"));
done:
    if (access >= 0)
        H5Pclose(access);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
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
