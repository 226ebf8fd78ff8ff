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

/* ---- Budgets ---- */

/* The innermost budget of this thread. */
static _Thread_local cpt_budget *budgets;
/* Whether a budget made this thread's last CRITPT_NO_MEMORY, and not the allocator. */
static _Thread_local bool refused_by_budget;

void cpt_budget_begin(cpt_budget *budget, size_t limit)
{
    *budget = (cpt_budget){limit, 0, budgets};
    budgets = budget;
}

void cpt_budget_end(const cpt_budget *budget)
{
    budgets = budget->outer;
}

cpt_budget *cpt_budget_suspend(void)
{
    cpt_budget *suspended = budgets;
    budgets = NULL;
    return suspended;
}

void cpt_budget_resume(cpt_budget *suspended)
{
    budgets = suspended;
}

/* The budget that so many bytes would pass; NULL if there is none. */
static const cpt_budget *passed_by(size_t bytes)
{
    for (const cpt_budget *b = budgets; b; b = b->outer)
        if (b->limit && (b->used > b->limit || bytes > b->limit - b->used))
            return b;
    return NULL;
}

bool cpt_budget_has(size_t bytes)
{
    return !passed_by(bytes);
}

critpt_status cpt_budget_forgive(critpt_status status)
{
    return status == CRITPT_NO_MEMORY && refused_by_budget ? CRITPT_OK : status;
}

static void charge(size_t bytes)
{
    for (cpt_budget *b = budgets; b; b = b->outer)
        b->used += bytes;
}

/* What was allocated before a budget began counts for nothing beyond what it holds. */
static void discharge(size_t bytes)
{
    for (cpt_budget *b = budgets; b; b = b->outer)
        b->used -= bytes < b->used ? bytes : b->used;
}

/* ---- Blocks ---- */

/* Each begins with the number of its bytes, which keeps the alignment of malloc. */
typedef union head {
    size_t bytes;
    unsigned char room[CPT_BLOCK_HEAD];
} head;
_Static_assert(sizeof(head) == CPT_BLOCK_HEAD && CPT_BLOCK_HEAD % _Alignof(max_align_t) == 0,
               "the head of a block keeps the alignment of malloc");

/* Memory as the allocator gives it, within the budgets; `head_size` bytes of it are ours. */
static critpt_status take(size_t bytes, size_t head_size, void **memory)
{
    const cpt_budget *passed = passed_by(bytes);
    refused_by_budget = passed != NULL;
    if (passed)
        return cpt_error(CRITPT_NO_MEMORY,
                         "%zu bytes more would pass the memory limit of %.3g GiB, of which %.3g "
                         "GiB are taken; raise it, or use fewer points or a smaller network",
                         bytes, (double)passed->limit / 0x1p30, (double)passed->used / 0x1p30);
    *memory = current.allocate(bytes, current.user);
    if (!*memory)
        return cpt_error(CRITPT_NO_MEMORY, "cannot allocate %zu bytes", bytes - head_size);
    return CRITPT_OK;
}

critpt_status cpt_require_room(size_t bytes)
{
    void *room = NULL;
    critpt_status status = take(bytes, 0, &room);
    if (status == CRITPT_OK)
        current.release(room, current.user);
    return status;
}

critpt_status cpt_allocate(void *pointer, size_t count, size_t element_size)
{
    critpt_status status;
    void *memory = NULL;
    head *block = NULL;
    size_t bytes;
    memcpy(pointer, &block, sizeof block);
    CPT_TRY(cpt_multiply_add(count, element_size, sizeof *block, "memory", &bytes));
    CPT_TRY(take(bytes, sizeof *block, &memory));
    memset(memory, 0, bytes);
    block = memory;
    block->bytes = bytes;
    charge(bytes);
    block++;
    memcpy(pointer, &block, sizeof block);
done:
    return status;
}

void cpt_free(void *memory)
{
    if (!memory)
        return;
    head *block = (head *)memory - 1;
    discharge(block->bytes);
    current.release(block, current.user);
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
