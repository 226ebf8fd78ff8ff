/* A nature solver's maps and cone at planted points, for tests of their products. */
#include "nature_system_support.h"

#include "nature/whitening.h"

const net shape = {.n_inputs = 4,
                   .n_layers = 2,
                   .widths = {3, 2},
                   .activations = {CRITPT_TANH, CRITPT_IDENTITY},
                   .bias = {1, 1}};

static void random_scaling(cpt_nature_maps *maps, cpt_nature_block *block, double size)
{
    size_t m = block->order;
    double *t = normal(m * m, 7 + m);
    for (size_t i = 0; i < m * m; i++)
        block->scaling[i] = size * t[i];
    cpt_nature_set_frame(maps, block);
    free(t);
}

void open_system_of(system_stage *s, size_t n_samples, double size)
{
    const wish wanted = {.shape = shape,
                         .N = n_samples,
                         .K = 2,
                         .index = {0, 1},
                         .margin = 1e-4,
                         .scale = 1,
                         .seed = 5,
                         .weighted = true};
    s->made = stage_create(&wanted);
    ASSERT_OK(cpt_nature_maps_create(&s->maps, &s->made->problem));
    ASSERT_OK(cpt_nature_cone_create(&s->cone, s->maps.P, 2));
    for (size_t k = 0; k < 2; k++) {
        cpt_nature_whitening whitening;
        ASSERT_OK(
            cpt_nature_whitening_create(&whitening, &s->maps, &s->made->problem.points[k], false));
        size_t first = k == 0 ? 0 : whitening.order - 3;
        ASSERT_OK(cpt_nature_cone_add(&s->cone, k, k == 0 ? 1 : -1, 1e-4, whitening.order - first,
                                      whitening.rows + first * s->maps.P));
        random_scaling(&s->maps, &s->cone.blocks[k], size);
        cpt_nature_whitening_destroy(&whitening);
    }
    ck_assert_ptr_nonnull(s->cone.blocks[0].inverse);
    ck_assert_ptr_null(s->cone.blocks[1].inverse);
}

void open_system(system_stage *s, double size)
{
    open_system_of(s, 60, size);
}

void close_system(system_stage *s)
{
    cpt_nature_cone_destroy(&s->cone);
    cpt_nature_maps_destroy(&s->maps);
    stage_destroy(s->made);
}

double distance(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = hypot(sum, a[i] - b[i]);
    return sum;
}

cpt_nature_preconditioner of_pairs(const system_stage *s)
{
    return (cpt_nature_preconditioner){.n = s->maps.n, .entries.tried = true};
}
