/* HDF5 for writing: groups, and datasets or attributes of numbers and strings. The file is in
 * memory, so that what fails here is memory. */
#include "file/file.h"

static critpt_status refused(const char *object, const char *attribute)
{
    return cpt_error(CRITPT_NO_MEMORY, "HDF5 cannot store %s%s%s; there may be too little memory",
                     object, attribute ? " attribute " : "", attribute ? attribute : "");
}

bool cpt_file_set_object_defaults(hid_t plist)
{
    return plist >= 0 && H5Pset_obj_track_times(plist, false) >= 0 &&
           H5Pset_attr_phase_change(plist, 64, 32) >= 0;
}

critpt_status cpt_file_put_group(hid_t file, const char *name)
{
    hid_t plist = H5Pcreate(H5P_GROUP_CREATE);
    hid_t group = H5I_INVALID_HID;
    if (cpt_file_set_object_defaults(plist))
        group = H5Gcreate2(file, name, H5P_DEFAULT, plist, H5P_DEFAULT);
    bool made = group >= 0 && H5Gclose(group) >= 0;
    if (plist >= 0)
        H5Pclose(plist);
    return made ? CRITPT_OK : refused(name, NULL);
}

static hid_t create_dataset(hid_t file, const char *object, hid_t type, hid_t space)
{
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), dataset = H5I_INVALID_HID;
    if (cpt_file_set_object_defaults(plist))
        dataset = H5Dcreate2(file, object, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (plist >= 0)
        H5Pclose(plist);
    return dataset;
}

static bool put_dataset(hid_t file, const char *object, hid_t file_type, hid_t memory_type,
                        hid_t space, bool empty, const void *values)
{
    hid_t dataset = create_dataset(file, object, file_type, space);
    bool written = dataset >= 0 && (empty || H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL,
                                                      H5P_DEFAULT, values) >= 0);
    return dataset >= 0 && H5Dclose(dataset) >= 0 && written;
}

static bool put_attribute(hid_t file, const char *object, const char *name, hid_t file_type,
                          hid_t memory_type, hid_t space, bool empty, const void *values)
{
    hid_t attribute = H5Acreate_by_name(file, object, name, file_type, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT);
    bool written = attribute >= 0 && (empty || H5Awrite(attribute, memory_type, values) >= 0);
    return attribute >= 0 && H5Aclose(attribute) >= 0 && written;
}

critpt_status cpt_file_put_numbers(hid_t file, const char *object, const char *attribute,
                                   hid_t file_type, hid_t memory_type, size_t rank, size_t rows,
                                   size_t columns, const void *values)
{
    hsize_t dims[2] = {rows, columns};
    bool empty = rank && (!rows || (rank > 1 && !columns));
    hid_t space = rank ? H5Screate_simple((int)rank, dims, NULL) : H5Screate(H5S_SCALAR);
    bool written =
        space >= 0 &&
        (attribute
             ? put_attribute(file, object, attribute, file_type, memory_type, space, empty, values)
             : put_dataset(file, object, file_type, memory_type, space, empty, values));
    if (space >= 0)
        H5Sclose(space);
    return written ? CRITPT_OK : refused(object, attribute);
}

critpt_status cpt_file_put_strings(hid_t file, const char *object, const char *attribute,
                                   size_t rank, const char *const *strings, size_t n)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool ready =
        type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;
    critpt_status status =
        ready ? cpt_file_put_numbers(file, object, attribute, type, type, rank, n, 1, strings)
              : refused(object, attribute);
    if (type >= 0)
        H5Tclose(type);
    return status;
}
