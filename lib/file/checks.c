/* What every call checks of its arguments. */
#include "file/file.h"

critpt_status cpt_file_require(const critpt_file *file)
{
    return file ? CRITPT_OK : cpt_error(CRITPT_INVALID_ARGUMENT, "file is NULL");
}

critpt_status cpt_file_require_pointer(const void *pointer, const char *what)
{
    return pointer ? CRITPT_OK : cpt_error(CRITPT_INVALID_ARGUMENT, "%s is NULL", what);
}

critpt_status cpt_file_require_point(const critpt_file *file, size_t point)
{
    critpt_status status = cpt_file_require(file);
    if (status == CRITPT_OK && point >= file->n_points)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "point is %zu; the file has %zu points", point,
                         file->n_points);
    return status;
}

critpt_status cpt_file_require_choice(const char *what, int choice, int n)
{
    if (choice >= 0 && choice < n)
        return CRITPT_OK;
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s %d does not exist; there are 0 to %d", what,
                     choice, n - 1);
}
