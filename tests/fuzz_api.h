/* What random programs of public calls are made of. */
#ifndef TESTS_FUZZ_API_H
#define TESTS_FUZZ_API_H

#include <critpt_file.h>

#include "support.h"

enum { FUZZ_POOL = 4, FUZZ_ARRAYS = 16 };

/* A program: its handles, NULL where there is none, and the arrays of the call at hand. */
typedef struct fuzz {
    size_t program;
    uint64_t state;
    bool limited; /* some option has a memory limit */
    char path[64];
    critpt_model *models[FUZZ_POOL];
    critpt_landscape *landscapes[FUZZ_POOL];
    critpt_workspace *workspaces[FUZZ_POOL];
    critpt_plan *plans[FUZZ_POOL];
    critpt_plan_options *plan_options[FUZZ_POOL];
    critpt_spectrum_options *spectrum_options[FUZZ_POOL];
    critpt_spectrum *spectra[FUZZ_POOL];
    critpt_file *files[FUZZ_POOL];
    void *arrays[FUZZ_ARRAYS];
    size_t n_arrays;
} fuzz;

fuzz *fuzz_create(size_t program);
void fuzz_destroy(fuzz *f);

/* 0 .. n - 1; 0 for n = 0. */
size_t fuzz_draw(fuzz *f, size_t n);
bool fuzz_seldom(fuzz *f); /* one in 64 */

/* The right length, seldom a wrong one; a right leading dimension, or one that no memory holds. */
size_t fuzz_length(fuzz *f, size_t right);
size_t fuzz_leading(fuzz *f, size_t columns);
/* Mostly one of `n`, seldom any number. */
size_t fuzz_index(fuzz *f, size_t n);
/* Mostly of order 1; seldom 0, tiny, huge, infinite or no number. */
double fuzz_value(fuzz *f);

/* An array of exactly rows x leading numbers, less what is beside its last row, as far as that is a
 * sane size; seldom NULL. It lives until fuzz_forget_arrays. */
double *fuzz_array(fuzz *f, size_t rows, size_t columns, size_t leading);
unsigned char *fuzz_mask(fuzz *f, size_t rows, size_t columns, size_t leading);
double *fuzz_place(fuzz *f); /* for one number */
size_t *fuzz_size_place(fuzz *f);
void fuzz_forget_arrays(fuzz *f);

#define FUZZ_OPERATIONS(row)                                                                       \
    row(fuzz_make_model) row(fuzz_make_callbacks) row(fuzz_check_model) row(fuzz_fewer_weights)    \
        row(fuzz_make_landscape) row(fuzz_make_workspace) row(fuzz_make_plan) row(fuzz_make_plan)  \
            row(fuzz_drop) row(fuzz_ask_model) row(fuzz_set_landscape) row(fuzz_get_landscape)     \
                row(fuzz_evaluate) row(fuzz_evaluate) row(fuzz_differentiate) row(fuzz_select)     \
                    row(fuzz_add_point) row(fuzz_add_point) row(fuzz_add_point)                    \
                        row(fuzz_move_point) row(fuzz_set_plan) row(fuzz_require)                  \
                            row(fuzz_require) row(fuzz_solve) row(fuzz_solve) row(fuzz_solve)      \
                                row(fuzz_draw_points) row(fuzz_ask_plan) row(fuzz_ask_plan)        \
                                    row(fuzz_set_plan_options) row(fuzz_set_spectrum_options)      \
                                        row(fuzz_make_spectrum) row(fuzz_ask_spectrum)             \
                                            row(fuzz_density) row(fuzz_basin) row(fuzz_run)        \
                                                row(fuzz_with_options) row(fuzz_make_file)         \
                                                    row(fuzz_set_file) row(fuzz_describe_file)     \
                                                        row(fuzz_ask_file)                         \
                                                            row(fuzz_write_and_read)
#define FUZZ_DECLARE(name) critpt_status name(fuzz *f);
FUZZ_OPERATIONS(FUZZ_DECLARE)

/* One of a pool; NULL where there is none, and seldom otherwise. */
#define FUZZ_PICK(f, pool) (fuzz_seldom(f) ? NULL : (f)->pool[fuzz_filled(f, (void **)(f)->pool)])
size_t fuzz_filled(fuzz *f, void **pool);
/* Puts a handle in a random place of its pool, whose former one is destroyed; NULL changes nothing.
 */
#define FUZZ_KEEP(f, pool, destroy, made)                                                          \
    do {                                                                                           \
        size_t place_ = fuzz_draw(f, FUZZ_POOL);                                                   \
        if (!(made))                                                                               \
            break;                                                                                 \
        destroy((f)->pool[place_]);                                                                \
        (f)->pool[place_] = (made);                                                                \
    } while (0)

#endif
