/* Owned strings, and arrays that grow. */
#include <string.h>

#include "file/file.h"

critpt_status cpt_file_copy_string(char **copy, const char *text)
{
    size_t length = strlen(text);
    critpt_status status = cpt_allocate(copy, length + 1, 1);
    if (status == CRITPT_OK)
        memcpy(*copy, text, length);
    return status;
}

critpt_status cpt_file_grow(void *array, size_t *capacity, size_t n, size_t element_size)
{
    if (n < *capacity)
        return CRITPT_OK;
    void *larger, *old;
    critpt_status status;
    size_t wanted;
    CPT_TRY(cpt_multiply_add(n, 2, 8, "list", &wanted));
    CPT_TRY(cpt_allocate(&larger, wanted, element_size));
    memcpy(&old, array, sizeof old);
    if (old)
        memcpy(larger, old, n * element_size);
    memcpy(array, &larger, sizeof larger);
    cpt_free(old);
    *capacity = wanted;
done:
    return status;
}

critpt_status cpt_file_add_string(cpt_file_strings *strings, const char *text)
{
    critpt_status status;
    CPT_TRY(cpt_file_grow(&strings->items, &strings->capacity, strings->n, sizeof(char *)));
    CPT_TRY(cpt_file_copy_string(&strings->items[strings->n], text));
    strings->n++;
done:
    return status;
}

void cpt_file_free_strings(cpt_file_strings *strings)
{
    for (size_t i = 0; i < strings->n; i++)
        cpt_free(strings->items[i]);
    cpt_free(strings->items);
    *strings = (cpt_file_strings){0, 0, NULL};
}

/* Texts go through a copy, so that a failure, or a text of the file itself, does no harm. */
critpt_status cpt_file_replace_text(char **place, const char *text)
{
    char *copy = NULL;
    critpt_status status = text ? cpt_file_copy_string(&copy, text) : CRITPT_OK;
    if (status == CRITPT_OK) {
        cpt_free(*place);
        *place = copy;
    }
    return status;
}

critpt_status cpt_file_repeat_string(cpt_file_strings *strings, const char *text, size_t n)
{
    critpt_status status = CRITPT_OK;
    for (size_t k = 0; k < n; k++)
        CPT_TRY(cpt_file_add_string(strings, text));
done:
    return status;
}
