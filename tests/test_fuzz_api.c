/* Random programs of public calls, with right arguments and wrong ones, memory that runs out,
 * numbers that overflow. Nothing may crash, leak or fail without a sentence.
 *
 * The environment's CRITPT_FUZZ_PROGRAMS and CRITPT_FUZZ_SEED say how many programs to run and from
 * which seed; the same seed gives the same program. With CRITPT_FUZZ_TRACE each call is named when
 * it has ended. */
#include <hdf5.h>
#include <stdio.h>

#include "fuzz_api.h"

typedef struct operation {
    const char *name;
    critpt_status (*run)(fuzz *f);
} operation;

/* ---- Programs ---- */

static void require_sentence(const fuzz *f, const char *name, critpt_status status)
{
    ck_assert_msg(strcmp(critpt_status_name(status), "CRITPT_UNKNOWN") != 0,
                  "program %zu: %s returns %d", f->program, name, (int)status);
    ck_assert_msg(status == CRITPT_OK || *critpt_error_message(), "program %zu: %s says nothing",
                  f->program, name);
    ck_assert_msg(status != CRITPT_NO_MEMORY || memory_count.allowed != SIZE_MAX || f->limited,
                  "program %zu: %s: %s", f->program, name, critpt_error_message());
}

static const operation operations[] = {
#define ROW(name) {#name, name},
    FUZZ_OPERATIONS(ROW)
#undef ROW
};

static void run_program(size_t program)
{
    fuzz *f = fuzz_create(program);
    size_t length = 20 + fuzz_draw(f, 50);
    for (size_t i = 0; i < length; i++) {
        const operation *one = &operations[fuzz_draw(f, sizeof operations / sizeof *operations)];
        bool starved = fuzz_draw(f, 12) == 0;
        memory_count.allocations = 0;
        memory_count.allowed = starved ? fuzz_draw(f, 60) : SIZE_MAX;
        critpt_status status = one->run(f);
        if (getenv("CRITPT_FUZZ_TRACE"))
            fprintf(stderr, "%zu %s %s\n", program, one->name, critpt_status_name(status));
        require_sentence(f, one->name, status);
        memory_count.allowed = SIZE_MAX;
        fuzz_forget_arrays(f);
    }
    fuzz_destroy(f);
    ck_assert_msg(memory_count.live == 0, "program %zu leaves %zu blocks", program,
                  memory_count.live);
    ck_assert_msg(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) == 0,
                  "program %zu leaves something open in HDF5", program);
}

static size_t setting(const char *name, size_t otherwise)
{
    const char *value = getenv(name);
    return value ? (size_t)strtoull(value, NULL, 10) : otherwise;
}

START_TEST(random_programs)
{
    size_t seed = setting("CRITPT_FUZZ_SEED", 1), n = setting("CRITPT_FUZZ_PROGRAMS", 150);
    ASSERT_OK(critpt_set_allocator(&counting_allocator));
    memory_count.live = 0;
    for (size_t i = 0; i < n; i++)
        run_program(seed + i);
    ASSERT_OK(critpt_set_allocator(NULL));
}
END_TEST

int main(void)
{
    const test_function tests[] = {random_programs};
    return test_main("fuzz_api", tests, sizeof tests / sizeof *tests);
}
