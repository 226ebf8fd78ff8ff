/* Memory of the oracle, and its stop. */
#include "oracle/status.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

oracle_status oracle_check_stop(oracle_stop stop)
{
    return stop.wanted && stop.wanted(stop.data) ? ORACLE_STOPPED : ORACLE_OK;
}

oracle_status oracle_allocate(void *pointer, size_t count, size_t element_size)
{
    void *memory = NULL;
    if (!element_size || count <= SIZE_MAX / 2 / element_size)
        memory = calloc(count ? count : 1, element_size);
    memcpy(pointer, &memory, sizeof memory);
    return memory ? ORACLE_OK : ORACLE_NO_MEMORY;
}

oracle_status oracle_grow(void *pointer, size_t *capacity, size_t count, size_t element_size)
{
    if (count <= *capacity)
        return ORACLE_OK;
    size_t larger = *capacity < 16 ? 16 : *capacity;
    while (larger < count)
        larger = larger > SIZE_MAX / 2 ? count : 2 * larger;
    void *memory;
    memcpy(&memory, pointer, sizeof memory);
    memory = larger <= SIZE_MAX / 2 / element_size ? realloc(memory, larger * element_size) : NULL;
    if (!memory)
        return ORACLE_NO_MEMORY;
    memcpy(pointer, &memory, sizeof memory);
    *capacity = larger;
    return ORACLE_OK;
}
