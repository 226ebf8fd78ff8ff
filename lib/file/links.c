/* The way to an object: link by link, so that what HDF5 opens on it is checked first. */
#include <string.h>

#include "file/raw.h"

enum { MOST_SOFT_LINKS = 16 }; /* that HDF5 follows too */

#if H5_VERSION_GE(1, 12, 0) /* whose objects may have other names than addresses */
#define GET_LINK_INFO H5Lget_info1
typedef H5L_info1_t link_info;
#else
#define GET_LINK_INFO H5Lget_info
typedef H5L_info_t link_info;
#endif

static critpt_status find(const cpt_file_item *item, const char *object, bool *found,
                          size_t *n_soft);

/* What was checked lately is not checked again: many items lie in one group. */
static critpt_status require_once(const cpt_file_reader *reader, uint64_t address)
{
    uint64_t *place = &reader->checked[address / 8 % CPT_FILE_CHECKED];
    critpt_status status = CRITPT_OK;
    if (*place == address && address)
        return CRITPT_OK;
    CPT_TRY(cpt_file_require_object(reader, address));
    *place = address;
done:
    return status;
}

/* A soft link holds a path, from the root or from the group that the link is in. One that leads
 * nowhere is HDF5's to refuse. */
static critpt_status follow_soft(const cpt_file_item *item, const char *path, size_t size,
                                 size_t *n_soft)
{
    const cpt_file_reader *reader = item->reader;
    const char *last = strrchr(path, '/');
    size_t group = last ? (size_t)(last - path) + 1 : 0, room;
    char *target = NULL, *whole = NULL;
    critpt_status status;
    bool found;
    if (++*n_soft > MOST_SOFT_LINKS)
        return cpt_file_bad_item(item, "lies behind more than %d soft links", MOST_SOFT_LINKS);
    CPT_TRY(cpt_multiply_add(size, 1, group + 1, item->name, &room));
    CPT_TRY(cpt_file_resize(&target, room));
    CPT_TRY(cpt_file_resize(&whole, room));
    if (H5Lget_val(reader->file, path, target, size, reader->links) < 0)
        CPT_TRY(cpt_file_damaged_item(item));
    if (*target != '/')
        memcpy(whole, path, group);
    strcpy(whole + (*target == '/' ? 0 : group), target);
    CPT_TRY(find(item, whole, &found, n_soft));
done:
    H5free_memory(target);
    H5free_memory(whole);
    return status;
}

/* Whether there is such a link, and it stays in the file. */
static critpt_status find_link(const cpt_file_item *item, const char *path, bool *found,
                               size_t *n_soft)
{
    const cpt_file_reader *reader = item->reader;
    link_info info;
    htri_t exists = H5Lexists(reader->file, path, reader->links);
    *found = exists > 0;
    if (exists < 0 || (*found && GET_LINK_INFO(reader->file, path, &info, reader->links) < 0))
        return cpt_file_damaged_item(item);
    if (!*found)
        return CRITPT_OK;
    if (info.type == H5L_TYPE_HARD)
        return require_once(reader, info.u.address);
    if (info.type == H5L_TYPE_SOFT)
        return follow_soft(item, path, info.u.val_size, n_soft);
    return cpt_file_bad_item(item, "is kept in another file; copy it into this one");
}

static critpt_status find(const cpt_file_item *item, const char *object, bool *found,
                          size_t *n_soft)
{
    char *path = NULL;
    size_t length = strlen(object), begin = 0;
    critpt_status status;
    CPT_TRY(cpt_file_resize(&path, length + 1));
    memcpy(path, object, length + 1);
    *found = true;
    for (size_t i = 0; *found && i <= length; i++) {
        if (object[i] && object[i] != '/')
            continue;
        bool named = i > begin && !(i == begin + 1 && object[begin] == '.');
        begin = i + 1;
        if (!named)
            continue;
        path[i] = '\0';
        CPT_TRY(find_link(item, path, found, n_soft));
        path[i] = object[i];
    }
done:
    H5free_memory(path);
    return status;
}

critpt_status cpt_file_find_object(const cpt_file_item *item, const char *object, bool *found)
{
    size_t n_soft = 0;
    return find(item, object, found, &n_soft);
}
