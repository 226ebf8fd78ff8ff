/* The one route to memory: the allocator table, and sizes that are checked before they are used. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static void *standard_allocate(size_t bytes, void *user)
{
    (void)user;
    return malloc(bytes);
}

static void standard_release(void *memory, void *user)
{
    (void)user;
    free(memory);
}

static const critpt_allocator standard = {sizeof standard, standard_allocate, standard_release,
                                          NULL};
static critpt_allocator current = {sizeof current, standard_allocate, standard_release, NULL};

critpt_status critpt_set_allocator(const critpt_allocator *allocator)
{
    if (!allocator) {
        current = standard;
        return CRITPT_OK;
    }
    if (allocator->struct_size < sizeof current)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "allocator struct_size is %zu; set it to sizeof(critpt_allocator), %zu",
                         allocator->struct_size, sizeof current);
    if (!allocator->allocate || !allocator->release)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "allocator has no %s function; give both",
                         allocator->allocate ? "release" : "allocate");
    current = *allocator;
    return CRITPT_OK;
}

critpt_status cpt_multiply_add(size_t a, size_t b, size_t c, const char *what, size_t *result)
{
    if ((b && a > (SIZE_MAX - c) / b))
        return cpt_error(CRITPT_SIZE_OVERFLOW, "%s: %zu x %zu + %zu does not fit a size_t", what, a,
                         b, c);
    *result = a * b + c;
    return CRITPT_OK;
}

critpt_status cpt_multiply(size_t a, size_t b, const char *what, size_t *result)
{
    if (b && a > SIZE_MAX / b)
        return cpt_error(CRITPT_SIZE_OVERFLOW, "%s: %zu x %zu does not fit a size_t", what, a, b);
    *result = a * b;
    return CRITPT_OK;
}

critpt_status cpt_allocate(void *pointer, size_t count, size_t element_size)
{
    void *memory = NULL;
    memcpy(pointer, &memory, sizeof memory);
    size_t bytes = 0;
    critpt_status status = cpt_multiply(count, element_size, "memory", &bytes);
    if (status != CRITPT_OK)
        return status;
    memory = current.allocate(bytes ? bytes : 1, current.user);
    if (!memory)
        return cpt_error(CRITPT_NO_MEMORY, "cannot allocate %zu bytes", bytes);
    memset(memory, 0, bytes);
    memcpy(pointer, &memory, sizeof memory);
    return CRITPT_OK;
}

void cpt_free(void *memory)
{
    if (memory)
        current.release(memory, current.user);
}

double *cpt_align(double *memory)
{
    const uintptr_t line = CPT_ALIGNED * sizeof *memory;
    return (double *)(((uintptr_t)memory + line - 1) / line * line);
}

critpt_status cpt_append(void *array, size_t *count, const void *element, size_t size)
{
    critpt_status status;
    char *old, *grown;
    memcpy(&old, array, sizeof old);
    /* Room for a power of two elements: full when the count is one. */
    if ((*count & (*count - 1)) == 0) {
        CPT_TRY(cpt_allocate(&grown, *count ? 2 * *count : 1, size));
        if (*count)
            memcpy(grown, old, *count * size);
        cpt_free(old);
        old = grown;
        memcpy(array, &old, sizeof old);
    }
    memcpy(old + *count * size, element, size);
    (*count)++;
    status = CRITPT_OK;
done:
    return status;
}
