/* Run files of a race on a landscape of three points, and what they come to. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "race/result.h"
#include "tests/fuzz/fuzz.h"

enum { POINTS = 3 };

static void use(const race_result *r, const race_field *field)
{
    if (race_end_point(r, field) > POINTS)
        abort();
    race_gap(r, field);
    race_reached(r, field, 1e-8);
    for (size_t i = 0; i < r->n_records; i++)
        if (race_row(r, i)[RACE_EVALUATIONS] > (double)r->evaluations)
            abort();
    for (size_t i = 0; i < r->n_records; i++)
        race_nearest(r, field, i);
    for (size_t k = 0; k < POINTS; k++)
        race_time_near(r, field, k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    race_point points[POINTS];
    for (size_t k = 0; k < POINTS; k++)
        points[k] = (race_point){.norm = 2, .index = (double)k, .kind = "saddle", .reach = 0.1};
    points[0].kind = "minimum";
    const race_field field = {.n_points = POINTS, .n_weights = 9, .points = points, .n_minima = 1};
    const char *path = fuzz_store(data, size, ".run");
    race_result r;
    if (race_result_read(&r, path, &field) == DONE)
        use(&r, &field);
    race_result_free(&r);
    unlink(path);
    return 0;
}
