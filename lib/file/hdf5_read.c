/* HDF5 for reading: open, find, convert. Every failure names file and item. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/raw.h"

cpt_file_silence cpt_file_silence_begin(void)
{
    cpt_file_silence silence = {NULL, NULL};
    H5Eget_auto2(H5E_DEFAULT, &silence.function, &silence.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return silence;
}

void cpt_file_silence_end(cpt_file_silence silence)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, silence.function, silence.data);
}

/* HDF5 does not tell a missing file from a foreign one, and would wait for a FIFO: the system is
 * asked first. */
static critpt_status open_regular(cpt_file_reader *reader)
{
    struct stat info;
    reader->descriptor = open(reader->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (reader->descriptor < 0 || fstat(reader->descriptor, &info))
        return cpt_error(CRITPT_SYSTEM, "cannot read %s: %s", reader->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return cpt_error(CRITPT_SYSTEM, "cannot read %s: it is not a regular file", reader->path);
    reader->size = (uint64_t)info.st_size;
    return CRITPT_OK;
}

/* Links out of the file are not followed. */
static herr_t refuse_link(const char *parent_file, const char *parent, const char *file,
                          const char *object, unsigned *flags, hid_t access, void *user)
{
    (void)parent_file, (void)parent, (void)file, (void)object, (void)flags, (void)access;
    (void)user;
    return -1;
}

/* What HDF5 opens with the file, before it does. */
static critpt_status require_start(cpt_file_reader *reader)
{
    critpt_status status;
    CPT_TRY(cpt_file_read_superblock(reader));
    CPT_TRY(cpt_file_require_object(reader, reader->root));
    if (reader->extension != CPT_FILE_NOWHERE)
        CPT_TRY(cpt_file_require_object(reader, reader->extension));
done:
    return status;
}

critpt_status cpt_file_open(cpt_file_reader *reader, const char *path)
{
    critpt_status status;
    reader->path = path;
    if (!path)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "path is NULL");
    CPT_TRY(open_regular(reader));
    CPT_TRY(require_start(reader));
    CPT_TRY(cpt_file_resize(&reader->checked, CPT_FILE_CHECKED * sizeof *reader->checked));
    memset(reader->checked, 0, CPT_FILE_CHECKED * sizeof *reader->checked);
    reader->links = H5Pcreate(H5P_DATASET_ACCESS);
    if (reader->links < 0 || H5Pset_elink_cb(reader->links, refuse_link, NULL) < 0)
        return cpt_error(CRITPT_NO_MEMORY, "HDF5 cannot read %s; there is too little memory", path);
    reader->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (reader->file < 0)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "%s is a damaged or truncated HDF5 file; make or fetch it again", path);
done:
    return status;
}

void cpt_file_close(cpt_file_reader *reader)
{
    if (reader->file >= 0)
        H5Fclose(reader->file);
    if (reader->links >= 0)
        H5Pclose(reader->links);
    if (reader->descriptor >= 0)
        close(reader->descriptor);
    H5free_memory(reader->checked);
    reader->checked = NULL;
    reader->file = reader->links = H5I_INVALID_HID;
    reader->descriptor = -1;
}

static critpt_status open_item(cpt_file_item *item, const char *object, const char *attribute)
{
    hid_t file = item->reader->file, links = item->reader->links;
    item->id = attribute ? H5Aopen_by_name(file, object, attribute, H5P_DEFAULT, links)
                         : H5Dopen2(file, object, links);
    if (item->id < 0)
        return cpt_file_bad_item(item, "is not %s, or the file is damaged",
                                 attribute ? "an attribute" : "a dataset");
    critpt_status status = cpt_file_measure(item);
    if (status != CRITPT_OK)
        cpt_file_release(item);
    return status;
}

critpt_status cpt_file_find(const cpt_file_reader *reader, const char *object,
                            const char *attribute, cpt_file_item *item)
{
    critpt_status status = CRITPT_OK;
    bool found = true;
    *item = (cpt_file_item){.reader = reader, .id = H5I_INVALID_HID, .attribute = attribute};
    snprintf(item->name, sizeof item->name, attribute ? "%.100s attribute %.40s" : "%.150s", object,
             attribute);
    if (strcmp(object, "/") != 0)
        CPT_TRY(cpt_file_find_object(item, object, &found));
    if (found && attribute) {
        htri_t there = H5Aexists_by_name(reader->file, object, attribute, reader->links);
        found = there > 0;
        if (there < 0)
            return cpt_file_damaged_item(item);
    }
    if (found)
        CPT_TRY(open_item(item, object, attribute));
done:
    return status;
}

void cpt_file_release(cpt_file_item *item)
{
    if (item->id >= 0 && item->attribute)
        H5Aclose(item->id);
    else if (item->id >= 0)
        H5Dclose(item->id);
    item->id = H5I_INVALID_HID;
}

critpt_status cpt_file_get_numbers(const cpt_file_item *item, hid_t type, void *values)
{
    critpt_status status;
    herr_t code;
    if (item->class != CPT_FILE_NUMBERS)
        return cpt_file_bad_item(item, "does not hold numbers");
    if (!item->dims[0] || !item->dims[1])
        return CRITPT_OK;
    CPT_TRY(cpt_file_require_inflated(item));
    code = item->attribute ? H5Aread(item->id, type, values)
                           : H5Dread(item->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    if (code < 0)
        status = cpt_file_damaged_item(item);
done:
    return status;
}

critpt_status cpt_file_get_strings(const cpt_file_item *item, cpt_file_strings *strings)
{
    unsigned char *references = NULL;
    size_t n;
    critpt_status status;
    if (item->class != CPT_FILE_STRINGS)
        return cpt_file_bad_item(item, "does not hold strings of variable length");
    CPT_TRY(cpt_multiply(item->dims[0], item->dims[1], item->name, &n));
    CPT_TRY(cpt_allocate(&references, n, CPT_FILE_REFERENCE));
    if (n)
        CPT_TRY(cpt_file_require_inflated(item));
    if (n && !cpt_file_read_references(item, references))
        CPT_TRY(cpt_file_damaged_item(item));
    CPT_TRY(cpt_file_follow(item->reader, references, n, strings));
done:
    cpt_free(references);
    return status;
}
