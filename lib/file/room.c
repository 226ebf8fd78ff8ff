/* The memory that a landscape file takes, told from the shapes of its datasets before any is taken.
 */
#include <math.h>
#include <stdio.h>

#include "file/file.h"

/* What is there, in bytes. */
typedef struct survey {
    const cpt_file_reader *reader;
    double held, largest; /* in memory: all of it, and the largest array, that once more */
    double stored;        /* in the file: of these datasets */
} survey;

/* A dataset that may be missing; *n, unless it is NULL, is how many rows it has. */
static critpt_status add(survey *s, const char *name, size_t *n)
{
    enum { NUMBER = 8, STRING = 128, BESIDE = 64 }; /* heads of blocks beside */
    critpt_status status;
    cpt_file_item item;
    CPT_TRY(cpt_file_find(s->reader, name, NULL, &item));
    if (n)
        *n = item.id < 0 ? 0 : item.dims[0];
    if (item.id >= 0) {
        double bytes = (double)item.dims[0] * (double)item.dims[1] *
                       (item.class == CPT_FILE_STRINGS ? STRING : NUMBER);
        s->held += bytes + BESIDE;
        s->largest = fmax(s->largest, bytes);
        s->stored += (double)H5Dget_storage_size(item.id);
    }
done:
    cpt_file_release(&item);
    return status;
}

static critpt_status add_points(survey *s)
{
    critpt_status status = CRITPT_OK;
    char name[64];
    for (int q = 0; q < CPT_FILE_POINT_QUANTITIES; q++) {
        snprintf(name, sizeof name, "/points/%s", cpt_file_point_quantities[q].name);
        CPT_TRY(add(s, name, NULL));
    }
    for (int v = 0; v < CPT_FILE_VECTORS; v++) {
        snprintf(name, sizeof name, "/points/%s", cpt_file_vectors[v]);
        CPT_TRY(add(s, name, NULL));
    }
done:
    return status;
}

/* Each has its number among those of both groups. */
static critpt_status add_conditions(survey *s)
{
    enum { CONDITION = 512 }; /* bytes, quantities included */
    static const char *const groups[] = {"/conditions", "/values"};
    critpt_status status = CRITPT_OK;
    size_t n = 0, rows;
    char name[64];
    for (int g = 0; g < 2; g++) {
        snprintf(name, sizeof name, "%s/type", groups[g]);
        CPT_TRY(add(s, name, &rows));
        n += rows;
    }
    s->held += CONDITION * (double)n;
    for (int g = 0; g < 2; g++)
        for (size_t c = 0; c < n; c++) {
            snprintf(name, sizeof name, "%s/array_%zu", groups[g], c);
            CPT_TRY(add(s, name, NULL));
        }
done:
    return status;
}

/* Texts are in the part of the file that is no dataset's. */
static double texts(const survey *s)
{
    static const double most = 1 << 20, least = 1 << 12;
    return least + fmin(2 * fmax((double)s->reader->size - s->stored, 0), most);
}

critpt_status cpt_file_require_room(const cpt_file_reader *reader)
{
    static const char *const arrays[] = {"/inputs",
                                         "/targets",
                                         "/base_targets",
                                         "/sample_weights",
                                         "/output_metric",
                                         "/penalty",
                                         "/penalty_centre",
                                         "/frozen",
                                         "/points/weights",
                                         "/points/weights_requested",
                                         "/points/nature_requested",
                                         "/points/kind",
                                         "/report/warnings",
                                         "/model/outputs",
                                         "/model/samples",
                                         "/model/weight_names"};
    critpt_status status = CRITPT_OK;
    survey s = {.reader = reader};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        CPT_TRY(add(&s, arrays[i], NULL));
    CPT_TRY(add_points(&s));
    CPT_TRY(add_conditions(&s));
    double bytes = s.held + s.largest + texts(&s);
    if (bytes > reader->room)
        CPT_TRY(cpt_error(CRITPT_NO_MEMORY,
                          "%s takes %.4g bytes of memory, more than the limit of %.4g; raise it if "
                          "the file is to be trusted (critpt: --read-limit)",
                          reader->path, bytes, reader->room));
    CPT_TRY(cpt_require_room((size_t)bytes));
done:
    return status;
}
