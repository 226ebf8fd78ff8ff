/* Every call of libcritpt-file whose allocations fail, one after the other. */
#include <stdio.h>
#include <unistd.h>

#include <hdf5.h>

#include "torture.h"

enum { POINTS = 3 };
static char path[64], other[64];

/* ---- Handles ---- */

static void three_points(world *w)
{
    ASSERT_OK(critpt_file_set_points(w->file, POINTS, w->a, w->b, w->s.P, w->s.P));
}

static void a_solve(world *w)
{
    const unsigned char mask[40] = {1, 0, 1};
    torture_add_points(w, 2, true);
    ASSERT_OK(critpt_plan_add_free_point(w->plan, w->a, w->s.P, NULL));
    ASSERT_OK(critpt_plan_require_curvature(w->plan, 0, w->a, w->b, w->s.P, 1, NULL));
    ASSERT_OK(critpt_plan_freeze_targets(w->plan, mask, 1));
    ASSERT_OK(critpt_plan_solve(w->plan, NULL));
}

static void a_refused_solve(world *w)
{
    torture_add_points(w, 2, false);
    if (critpt_plan_solve(w->plan, NULL) == CRITPT_OK)
        ck_abort_msg("fixed points were to have different mean outputs");
}

static void a_spectrum(world *w)
{
    three_points(w);
    ASSERT_OK(critpt_spectrum_create(&w->spectrum, w->s.landscape, w->s.weights, w->s.P, NULL));
}

static void full(world *w)
{
    const size_t points[3] = {2, 0, 1}, columns[2] = {0, 5};
    const unsigned char mask[40] = {1, 0, 1};
    const double positive[2] = {1, 2};
    three_points(w);
    ASSERT_OK(critpt_file_set_base_targets(w->file, w->a, 1));
    ASSERT_OK(critpt_file_set_frozen_targets(w->file, mask, 1));
    ASSERT_OK(critpt_file_set_input_columns(w->file, columns, w->a, positive, 2));
    ASSERT_OK(critpt_file_add_dropped_column(w->file, 3, "constant"));
    ASSERT_OK(critpt_file_add_warning(w->file, "first"));
    ASSERT_OK(critpt_file_set_text(w->file, CRITPT_FILE_TEXT_SPEC, "{}"));
    ASSERT_OK(critpt_file_set_point_kind(w->file, 1, "saddle"));
    ASSERT_OK(critpt_file_set_point_vector(w->file, 1, CRITPT_FILE_VECTOR_ESCAPE, w->a, w->s.P));
    ASSERT_OK(critpt_file_set_point_values(w->file, CRITPT_FILE_POINT_LOSS, w->a, POINTS));
    ASSERT_OK(critpt_file_add_condition(w->file, CRITPT_CONDITION_PICTURE, points, 3, w->a, 2, 3, 3,
                                        NULL));
    ASSERT_OK(critpt_file_write(w->file, path));
}

static void penalized(world *w)
{
    double positive[40];
    for (size_t i = 0; i < 40; i++)
        positive[i] = 1 + (double)i;
    ASSERT_OK(critpt_landscape_set_penalty(w->s.landscape, positive, w->s.P, w->a, w->s.P));
    critpt_file_destroy(w->file);
    ASSERT_OK(critpt_file_create(&w->file, w->s.landscape));
    ASSERT_OK(critpt_file_write(w->file, path));
}

static int line_outputs(void *user, const double *weights, size_t n, const double *inputs,
                        double *f)
{
    (void)user;
    for (size_t i = 0; i < n; i++)
        f[i] = weights[0] * inputs[i];
    return 0;
}

/* A file of a model that it does not hold, which is the open one. */
static void elsewhere(world *w)
{
    const critpt_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                              .outputs = line_outputs};
    const double numbers[5] = {1, 2, 3, 4, 6};
    const char *const names[] = {"slope"};
    critpt_landscape *landscape;
    critpt_model_destroy(w->open);
    ASSERT_OK(critpt_model_create(&w->open, 1, 1, 1, &callbacks, NULL));
    ASSERT_OK(critpt_landscape_create(&landscape, w->open, 5, numbers, 1));
    ASSERT_OK(critpt_landscape_set_targets(landscape, numbers, 1));
    critpt_file_destroy(w->file);
    ASSERT_OK(critpt_file_create(&w->file, landscape));
    ASSERT_OK(critpt_file_set_points(w->file, 2, numbers, NULL, 1, 1));
    ASSERT_OK(critpt_file_set_weight_names(w->file, names, 1));
    ASSERT_OK(critpt_file_set_text(w->file, CRITPT_FILE_TEXT_MODEL_NAME, "line"));
    ASSERT_OK(critpt_file_record_outputs(w->file, landscape));
    ASSERT_OK(critpt_file_write(w->file, path));
    critpt_landscape_destroy(landscape);
}

/* ---- Calls ---- */

static critpt_status create(world *w)
{
    return critpt_file_create(&w->new_file, w->s.landscape);
}

static critpt_status create_from_plan(world *w)
{
    critpt_status status = critpt_file_create_from_plan(&w->new_file, w->s.landscape, w->plan);
    w->out[0] = (double)critpt_file_n_warnings(w->new_file);
    w->out[1] = critpt_file_point_kind(w->new_file, 0) != NULL;
    return status;
}

static int go_on(double done, const char *stage, void *user)
{
    (void)done, (void)stage, (void)user;
    return 0;
}

static critpt_status create_with_progress(world *w)
{
    return critpt_file_create_from_plan_with_progress(&w->new_file, w->s.landscape, w->plan, go_on,
                                                      NULL);
}

static critpt_status read_back(world *w)
{
    return critpt_file_read(&w->new_file, path);
}

static critpt_status read_limited(world *w)
{
    return critpt_file_read_limited(&w->new_file, path, 1 << 20);
}

static critpt_status write_other(world *w)
{
    return critpt_file_write(w->file, other);
}

static critpt_status make_landscape(world *w)
{
    return critpt_file_landscape(w->file, &w->new_landscape);
}

static critpt_status with_model(world *w)
{
    return critpt_file_landscape_with_model(w->file, w->open, &w->new_landscape);
}

static critpt_status record_outputs(world *w)
{
    critpt_status status = with_model(w);
    return status == CRITPT_OK ? critpt_file_record_outputs(w->file, w->new_landscape) : status;
}

static critpt_status set_model(world *w)
{
    return critpt_file_set_model(w->file, CRITPT_FILE_MODEL_LIBRARY);
}

static critpt_status set_weight_names(world *w)
{
    const char *const names[] = {"rise"};
    return critpt_file_set_weight_names(w->file, names, 1);
}

static critpt_status set_points(world *w)
{
    return critpt_file_set_points(w->file, 2, w->b, w->a, w->s.P, w->s.P);
}

static critpt_status set_values(world *w)
{
    return critpt_file_set_point_values(w->file, CRITPT_FILE_POINT_GRADIENT_NORM, w->a, POINTS);
}

static critpt_status set_vector(world *w)
{
    return critpt_file_set_point_vector(w->file, 2, CRITPT_FILE_VECTOR_EIGENVALUES, w->a, w->s.P);
}

static critpt_status set_kind(world *w)
{
    return critpt_file_set_point_kind(w->file, 2, "minimum");
}

static critpt_status set_spectrum(world *w)
{
    return critpt_file_set_point_spectrum(w->file, 1, w->spectrum);
}

static critpt_status set_nature(world *w)
{
    return critpt_file_set_point_nature(w->file, 1, "free");
}

static critpt_status add_condition(world *w)
{
    const size_t points[] = {1};
    return critpt_file_add_condition(w->file, CRITPT_CONDITION_CURVATURE, points, 1, w->a, 2,
                                     w->s.P, w->s.P, NULL);
}

static critpt_status set_frozen(world *w)
{
    const unsigned char mask[40] = {0, 1};
    return critpt_file_set_frozen_targets(w->file, mask, 1);
}

static critpt_status set_text(world *w)
{
    return critpt_file_set_text(w->file, CRITPT_FILE_TEXT_SOURCE, "elsewhere");
}

static critpt_status set_base_targets(world *w)
{
    return critpt_file_set_base_targets(w->file, w->b, 1);
}

static critpt_status set_columns(world *w)
{
    const size_t columns[2] = {1, 7};
    const double positive[2] = {1, 2};
    return critpt_file_set_input_columns(w->file, columns, w->a, positive, 2);
}

static critpt_status set_mean_low(world *w)
{
    const double low[2] = {1e-20, -1e-20};
    return critpt_file_set_input_mean_low(w->file, low, 2);
}

static critpt_status add_dropped(world *w)
{
    return critpt_file_add_dropped_column(w->file, 9, "a copy of column 3");
}

static critpt_status add_warning(world *w)
{
    return critpt_file_add_warning(w->file, "second");
}

static critpt_status read_dataset(world *w)
{
    size_t rows, columns;
    critpt_status status = critpt_file_dataset_size(path, "inputs", &rows, &columns);
    if (status == CRITPT_OK)
        status = critpt_file_dataset_read(path, "inputs", w->out, rows, columns, columns);
    return status;
}

static const torture_case cases[] = {
    PLAIN(create),
    WITH(a_solve, create_from_plan),
    WITH(a_refused_solve, create_from_plan),
    WITH(a_solve, create_with_progress),
    WITH(full, read_back),
    WITH(full, read_limited),
    WITH(full, write_other),
    WITH(full, make_landscape),
    WITH(full, set_points),
    WITH(full, set_values),
    WITH(full, set_vector),
    WITH(three_points, set_vector),
    WITH(full, set_kind),
    WITH(a_spectrum, set_spectrum),
    WITH(full, set_nature),
    WITH(full, add_condition),
    WITH(full, set_frozen),
    WITH(full, set_text),
    WITH(full, set_base_targets),
    PLAIN(set_base_targets),
    WITH(full, set_columns),
    PLAIN(set_columns),
    WITH(full, set_mean_low),
    WITH(full, add_dropped),
    WITH(full, add_warning),
    WITH(full, read_dataset),
    WITH(elsewhere, read_back),
    WITH(elsewhere, write_other),
    WITH(elsewhere, with_model),
    WITH(elsewhere, record_outputs),
    WITH(elsewhere, set_weight_names),
    WITH(elsewhere, set_model),
    WITH(penalized, write_other),
    WITH(penalized, read_back),
    WITH(penalized, make_landscape),
};

START_TEST(files)
{
    snprintf(path, sizeof path, "test_torture.%ld.h5", (long)getpid());
    snprintf(other, sizeof other, "test_torture.%ld.other.h5", (long)getpid());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        torture(&cases[i]);
    remove(path), remove(other);
}
END_TEST

/* After all that: HDF5 has let everything go, and says nothing when it is closed. */
START_TEST(hdf5_is_left_as_it_was)
{
    char said[64], printed[256] = "";
    const torture_case write = WITH(full, write_other);
    snprintf(path, sizeof path, "test_torture.%ld.h5", (long)getpid());
    snprintf(other, sizeof other, "test_torture.%ld.other.h5", (long)getpid());
    snprintf(said, sizeof said, "test_torture.%ld.txt", (long)getpid());
    fflush(stderr);
    int old = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(freopen(said, "w+", stderr));
    torture(&write);
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    ck_assert_int_ge(H5close(), 0);
    rewind(stderr);
    ck_assert_msg(fread(printed, 1, sizeof printed - 1, stderr) == 0, "HDF5 says: %s", printed);
    dup2(old, STDERR_FILENO);
    close(old);
    remove(path), remove(other), remove(said);
}
END_TEST

int main(void)
{
    const test_function tests[] = {files, hdf5_is_left_as_it_was};
    return test_main("torture_file", tests, sizeof tests / sizeof *tests);
}
