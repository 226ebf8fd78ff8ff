/* Strings of variable length lie in heaps, and what stands in a dataset or an attribute is a
 * reference of 16 bytes. HDF5 1.10 follows references blindly: a wrong one makes it crash. So it is
 * asked for the references themselves, by a conversion to bytes that is registered for as long as
 * one call takes; HDF5 has no conversion between the two of its own. */
#include <stdio.h>

#include "file/file.h"

/* Both are 16 bytes: they stay as they are. */
static herr_t keep_bytes(hid_t from, hid_t to, H5T_cdata_t *data, size_t n, size_t stride,
                         size_t background_stride, void *buffer, void *background, hid_t plist)
{
    (void)n, (void)stride, (void)background_stride, (void)buffer, (void)background, (void)plist;
    if (data->command != H5T_CONV_INIT)
        return 0;
    data->need_bkg = H5T_BKG_NO;
    return H5Tget_size(from) == CPT_FILE_REFERENCE && H5Tget_size(to) == CPT_FILE_REFERENCE ? 0
                                                                                            : -1;
}

/* Never chosen by us: while it is registered, HDF5 cannot convert strings, so that it follows no
 * reference of a fill value. */
static herr_t refuse(hid_t from, hid_t to, H5T_cdata_t *data, size_t n, size_t stride,
                     size_t background_stride, void *buffer, void *background, hid_t plist)
{
    (void)from, (void)to, (void)n, (void)stride, (void)background_stride, (void)buffer;
    (void)background, (void)plist;
    data->need_bkg = H5T_BKG_NO;
    return data->command == H5T_CONV_CONV ? -1 : 0;
}

static hid_t string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && H5Tset_size(type, H5T_VARIABLE) < 0) {
        H5Tclose(type);
        type = H5I_INVALID_HID;
    }
    return type;
}

bool cpt_file_read_references(const cpt_file_item *item, unsigned char *references)
{
    char name[32]; /* no other registration's */
    hid_t strings = string_type(), bytes = H5Tcreate(H5T_OPAQUE, CPT_FILE_REFERENCE);
    snprintf(name, sizeof name, "critpt %p", (const void *)item);
    bool ready = strings >= 0 && bytes >= 0 &&
                 H5Tregister(H5T_PERS_SOFT, name, strings, bytes, keep_bytes) >= 0;
    herr_t code = -1;
    if (ready)
        code = item->attribute
                   ? H5Aread(item->id, bytes, references)
                   : H5Dread(item->id, bytes, H5S_ALL, H5S_ALL, H5P_DEFAULT, references);
    if (ready)
        H5Tunregister(H5T_PERS_SOFT, name, H5I_INVALID_HID, H5I_INVALID_HID, keep_bytes);
    if (strings >= 0)
        H5Tclose(strings);
    if (bytes >= 0)
        H5Tclose(bytes);
    return code >= 0;
}

hid_t cpt_file_storage_of_strings(const cpt_file_item *item)
{
    char name[32];
    hid_t strings = string_type(), plist = H5I_INVALID_HID;
    snprintf(name, sizeof name, "critpt %p", (const void *)item);
    if (strings >= 0 && H5Tregister(H5T_PERS_SOFT, name, strings, strings, refuse) >= 0) {
        plist = H5Dget_create_plist(item->id);
        H5Tunregister(H5T_PERS_SOFT, name, H5I_INVALID_HID, H5I_INVALID_HID, refuse);
    }
    if (strings >= 0)
        H5Tclose(strings);
    return plist;
}
