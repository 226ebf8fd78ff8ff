/* Random calls on plans, spectra and files. */
#include "fuzz_api.h"

/* ---- Plans ---- */

/* N, D and P of a plan; 0 without one. */
typedef struct sizes {
    size_t N, D, P, K;
} sizes;

static sizes of_landscape(const critpt_landscape *L)
{
    const critpt_model *model = critpt_landscape_model(L);
    return (sizes){critpt_landscape_n_samples(L), critpt_model_n_outputs(model),
                   critpt_model_n_weights(model), 0};
}

static sizes of_plan(const critpt_plan *plan)
{
    sizes s = of_landscape(critpt_plan_landscape(plan));
    s.K = critpt_plan_n_points(plan);
    return s;
}

critpt_status fuzz_make_plan(fuzz *f)
{
    critpt_plan *plan = NULL;
    critpt_status status = critpt_plan_create(&plan, FUZZ_PICK(f, landscapes));
    FUZZ_KEEP(f, plans, critpt_plan_destroy, plan);
    return status;
}

critpt_status fuzz_add_point(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    size_t P = of_plan(plan).P;
    const double *w = fuzz_array(f, 1, P, P);
    if (fuzz_draw(f, 3) == 0)
        return critpt_plan_add_free_point(plan, w, fuzz_length(f, P), fuzz_size_place(f));
    return critpt_plan_add_point(plan, w, fuzz_length(f, P), fuzz_size_place(f));
}

critpt_status fuzz_move_point(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    return critpt_plan_let_point_move(plan, fuzz_index(f, of_plan(plan).K));
}

critpt_status fuzz_draw_points(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    size_t n = 1 + fuzz_draw(f, 2);
    if (of_plan(plan).K > 4)
        return CRITPT_OK; /* larger plans take their time */
    return critpt_plan_draw_points(plan, fuzz_seldom(f) ? 9 : n, n + fuzz_draw(f, 2), fuzz_value(f),
                                   fuzz_draw(f, 99), fuzz_size_place(f),
                                   fuzz_draw(f, 2) ? fuzz_place(f) : NULL);
}

critpt_status fuzz_set_plan(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const sizes s = of_plan(plan);
    size_t leading = fuzz_leading(f, s.D);
    switch (fuzz_draw(f, 4)) {
    case 0:
        return critpt_plan_set_base_targets(plan, fuzz_array(f, s.N, s.D, leading), leading);
    case 1:
        return critpt_plan_freeze_targets(plan, fuzz_mask(f, s.N, s.D, leading), leading);
    case 2:
        return critpt_plan_set_residual_scale(plan, fuzz_draw(f, 2) ? 1 : fuzz_value(f));
    default:
        return critpt_plan_soften(plan, fuzz_index(f, critpt_plan_n_conditions(plan)),
                                  fabs(fuzz_value(f)));
    }
}

static critpt_status require_picture(fuzz *f, critpt_plan *plan, size_t K)
{
    const size_t points[3] = {fuzz_index(f, K), fuzz_index(f, K), fuzz_index(f, K)};
    size_t rows = 1 + fuzz_draw(f, 3), columns = 1 + fuzz_draw(f, 3);
    size_t leading = fuzz_leading(f, columns);
    return critpt_plan_require_picture(plan, fuzz_seldom(f) ? NULL : points,
                                       fuzz_array(f, rows, columns, leading), rows, columns,
                                       leading, fuzz_size_place(f));
}

critpt_status fuzz_require(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const sizes s = of_plan(plan);
    size_t k = fuzz_index(f, s.K), n = fuzz_length(f, s.P), *c = fuzz_size_place(f);
    const double *v = fuzz_array(f, 1, s.P, s.P), *u = fuzz_array(f, 1, s.P, s.P);
    double value = fuzz_value(f);
    if (critpt_plan_n_conditions(plan) > 4)
        return CRITPT_OK;
    switch (fuzz_draw(f, 11)) {
    case 0:
        return critpt_plan_require_gradient(plan, k, v, n, c);
    case 1:
        return critpt_plan_require_hessian_entry(plan, k, fuzz_index(f, s.P), fuzz_index(f, s.P),
                                                 value, c);
    case 2:
        return critpt_plan_require_curvature(plan, k, v, u, n, value, c);
    case 3:
        return critpt_plan_require_eigenpair(plan, k, value, v, n, c);
    case 4:
        return critpt_plan_require_gauss_newton(plan, k, c);
    case 5:
        return critpt_plan_require_loss(plan, k, value, c);
    case 6:
        return critpt_plan_require_loss_difference(plan, k, fuzz_index(f, s.K), value, c);
    case 7:
        return require_picture(f, plan, s.K);
    case 8:
        return critpt_plan_require_minimum(plan, k, fabs(value) / 100, c);
    case 9:
        return fuzz_seldom(f)
                   ? critpt_plan_require_eigenvalues(plan, k, fuzz_index(f, s.P), fabs(value), c)
                   : critpt_plan_require_index(plan, k, fuzz_index(f, s.P), fabs(value) / 100, c);
    default:
        return critpt_plan_require_maximum(plan, k, fabs(value) / 100, c);
    }
}

static int progress(double done, const char *stage, void *user)
{
    fuzz *f = user;
    (void)stage;
    ck_assert(done >= 0 && done <= 1);
    return fuzz_draw(f, 300) == 0;
}

critpt_status fuzz_set_plan_options(fuzz *f)
{
    critpt_plan_options *options = NULL;
    critpt_status status = critpt_plan_options_create(&options);
    if (status != CRITPT_OK)
        return status;
    size_t limit = fuzz_draw(f, 3) ? 0 : fuzz_draw(f, 1 << 20);
    f->limited = f->limited || limit;
    status = critpt_plan_options_set_nature_products(options, 1 + fuzz_draw(f, 200));
    (void)critpt_plan_options_set_memory_limit(options, limit);
    (void)critpt_plan_options_set_progress(options, progress, f);
    (void)critpt_plan_options_set_refinements(options, fuzz_draw(f, 6));
    (void)critpt_plan_options_set_balance(options, (int)fuzz_draw(f, 2));
    (void)critpt_plan_options_set_model_check(options, (int)fuzz_draw(f, 2));
    (void)critpt_plan_options_set_seed(options, fuzz_draw(f, 99));
    (void)critpt_plan_options_set_time_limit(options, fuzz_seldom(f) ? 1e-9 : INFINITY);
    (void)critpt_plan_options_set_rank_tolerance(options, fuzz_draw(f, 4) ? 0 : fuzz_value(f));
    (void)critpt_plan_options_set_base_noise(options, fuzz_draw(f, 2) ? NAN : fuzz_value(f));
    (void)critpt_plan_options_set_amplification_limit(
        options, fuzz_draw(f, 3) ? INFINITY : 10 * fuzz_value(f));
    FUZZ_KEEP(f, plan_options, critpt_plan_options_destroy, options);
    return status;
}

critpt_status fuzz_solve(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const critpt_plan_options *options = FUZZ_PICK(f, plan_options);
    if (fuzz_draw(f, 5) == 0)
        return critpt_plan_diagnose(plan, options);
    return critpt_plan_solve(plan, options);
}

static critpt_status ask_conflicts(fuzz *f, critpt_plan *plan)
{
    size_t a = fuzz_draw(f, 3), *one = fuzz_size_place(f), *two = fuzz_size_place(f);
    critpt_null_reason reason;
    critpt_cause cause;
    switch (fuzz_draw(f, 6)) {
    case 0:
        return critpt_plan_conflict_equation(plan, a, fuzz_draw(f, 5), one, two, NULL,
                                             fuzz_place(f));
    case 1:
        return critpt_plan_conflict_defect(plan, a, fuzz_place(f));
    case 2:
        return critpt_plan_contradicting(plan, a, one, two);
    case 3:
        return critpt_plan_cause(plan, a, &cause);
    case 4:
        return critpt_plan_cause_item(plan, a, (critpt_cause_item)fuzz_draw(f, 5), fuzz_draw(f, 3),
                                      one);
    default:
        return critpt_plan_null_direction(plan, a, one, two, NULL, &reason, NULL);
    }
}

static critpt_status ask_condition(fuzz *f, critpt_plan *plan)
{
    size_t c = fuzz_index(f, critpt_plan_n_conditions(plan)), rows = 0, columns = 0, leading, n;
    size_t points[3];
    critpt_condition_kind kind;
    switch (fuzz_draw(f, 4)) {
    case 0:
        (void)critpt_plan_condition_size(plan, c, &rows, &columns);
        leading = fuzz_leading(f, columns);
        return critpt_plan_condition_array(plan, c, fuzz_array(f, rows, columns, leading), leading);
    case 1:
        return critpt_plan_condition_nature(plan, c, fuzz_size_place(f), fuzz_place(f));
    case 2:
        return critpt_plan_condition(plan, c, &kind, &n, points);
    default:
        return critpt_plan_condition_value(plan, c, (critpt_condition_quantity)fuzz_draw(f, 8),
                                           fuzz_place(f));
    }
}

critpt_status fuzz_ask_plan(fuzz *f)
{
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const sizes s = of_plan(plan);
    size_t k = fuzz_index(f, s.K), n = fuzz_length(f, s.P), leading = fuzz_leading(f, s.D);
    double *w = fuzz_array(f, 1, s.P, s.P), *y = fuzz_array(f, s.N, s.D, leading);
    switch (fuzz_draw(f, 11)) {
    case 0:
        return critpt_plan_point_weights(plan, k, w, n);
    case 1:
        return critpt_plan_point_weights_requested(plan, k, w, n);
    case 2:
        return critpt_plan_base_targets(plan, y, leading);
    case 3:
        return critpt_plan_best_targets(plan, y, leading);
    case 4:
        return critpt_plan_keep_best(plan);
    case 5:
        return critpt_plan_point_value(plan, k, (critpt_point_quantity)fuzz_draw(f, 10),
                                       fuzz_place(f));
    case 6:
        return critpt_plan_report_value(plan, (critpt_report_quantity)fuzz_draw(f, 18),
                                        fuzz_place(f));
    case 7:
        return critpt_plan_index_ladder(plan, fuzz_array(f, 1, s.P, s.P), s.P, fuzz_size_place(f));
    case 8:
        return critpt_plan_frozen_targets(plan, fuzz_mask(f, s.N, s.D, leading), leading);
    case 9:
        return ask_condition(f, plan);
    default:
        return ask_conflicts(f, plan);
    }
}

/* ---- Spectra ---- */

critpt_status fuzz_set_spectrum_options(fuzz *f)
{
    critpt_spectrum_options *options = NULL;
    critpt_status status = critpt_spectrum_options_create(&options);
    if (status != CRITPT_OK)
        return status;
    size_t limit = fuzz_draw(f, 3) ? 0 : fuzz_draw(f, 1 << 18);
    f->limited = f->limited || limit;
    status = critpt_spectrum_options_set_n_extreme(options, fuzz_draw(f, 4));
    (void)critpt_spectrum_options_set_memory_limit(options, limit);
    (void)critpt_spectrum_options_set_tolerance(options, fuzz_draw(f, 2) ? 1e-8 : fuzz_value(f));
    (void)critpt_spectrum_options_set_max_products(options, fuzz_draw(f, 300));
    (void)critpt_spectrum_options_set_extended_precision(options, (int)fuzz_draw(f, 2));
    (void)critpt_spectrum_options_set_accepted_gradient(options, fuzz_value(f));
    if (fuzz_draw(f, 2))
        (void)critpt_spectrum_options_set_eigenvectors(options, fuzz_index(f, 5), fuzz_index(f, 5));
    FUZZ_KEEP(f, spectrum_options, critpt_spectrum_options_destroy, options);
    return status;
}

critpt_status fuzz_make_spectrum(fuzz *f)
{
    critpt_spectrum *spectrum = NULL;
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    size_t P = of_landscape(L).P;
    critpt_status status = critpt_spectrum_create(
        &spectrum, L, fuzz_array(f, 1, P, P), fuzz_length(f, P), FUZZ_PICK(f, spectrum_options));
    FUZZ_KEEP(f, spectra, critpt_spectrum_destroy, spectrum);
    return status;
}

critpt_status fuzz_ask_spectrum(fuzz *f)
{
    const critpt_spectrum *spectrum = FUZZ_PICK(f, spectra);
    size_t n = critpt_spectrum_n_eigenvalues(spectrum), i = fuzz_index(f, n), P = 60;
    critpt_null_reason reason;
    switch (fuzz_draw(f, 3)) {
    case 0:
        return critpt_spectrum_eigenvalue(spectrum, i, fuzz_place(f), fuzz_place(f));
    case 1:
        return critpt_spectrum_eigenvector(spectrum, i, fuzz_array(f, 1, P, P),
                                           n < P ? fuzz_length(f, n) : n + 1);
    default:
        return critpt_spectrum_null_direction(spectrum, fuzz_draw(f, 3), fuzz_size_place(f),
                                              fuzz_size_place(f), &reason, NULL);
    }
}

critpt_status fuzz_density(fuzz *f)
{
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    size_t P = of_landscape(L).P, n = fuzz_draw(f, 9);
    return critpt_spectrum_density(L, fuzz_array(f, 1, P, P), fuzz_length(f, P), fuzz_draw(f, 9),
                                   fuzz_draw(f, 3), fuzz_draw(f, 9), fabs(fuzz_value(f)),
                                   fuzz_array(f, 1, n, n), n, fuzz_array(f, 1, n, n));
}

/* ---- Files ---- */

critpt_status fuzz_make_file(fuzz *f)
{
    critpt_file *file = NULL;
    critpt_plan *plan = FUZZ_PICK(f, plans);
    const critpt_landscape *L =
        plan && fuzz_draw(f, 4) ? critpt_plan_landscape(plan) : FUZZ_PICK(f, landscapes);
    critpt_status status = fuzz_draw(f, 2) ? critpt_file_create_from_plan(&file, L, plan)
                                           : critpt_file_create(&file, L);
    FUZZ_KEEP(f, files, critpt_file_destroy, file);
    return status;
}

static critpt_status add_condition(fuzz *f, critpt_file *file, size_t K, size_t P)
{
    const size_t points[3] = {fuzz_index(f, K), fuzz_index(f, K), fuzz_index(f, K)};
    const size_t shapes[4][2] = {{0, 0}, {1, P}, {2, P}, {2, 2}};
    const size_t *shape = shapes[fuzz_draw(f, 4)];
    size_t leading = shape[0] ? fuzz_leading(f, shape[1]) : 0;
    return critpt_file_add_condition(file, (critpt_condition_kind)fuzz_draw(f, 10), points,
                                     fuzz_draw(f, 5),
                                     shape[0] ? fuzz_array(f, shape[0], shape[1], leading) : NULL,
                                     shape[0], shape[1], leading, fuzz_size_place(f));
}

critpt_status fuzz_set_file(fuzz *f)
{
    critpt_file *file = FUZZ_PICK(f, files);
    size_t K = critpt_file_n_points(file), P = critpt_file_n_weights(file), k = fuzz_index(f, K);
    size_t n = fuzz_draw(f, 4), leading = fuzz_leading(f, P);
    switch (fuzz_draw(f, 9)) {
    case 0:
        return critpt_file_set_points(file, n, fuzz_array(f, n, P, leading),
                                      fuzz_draw(f, 2) ? fuzz_array(f, n, P, leading) : NULL,
                                      fuzz_length(f, P), leading);
    case 1:
        return critpt_file_set_point_values(file, (critpt_file_point_quantity)fuzz_draw(f, 20),
                                            fuzz_array(f, 1, K, K), fuzz_length(f, K));
    case 2:
        return critpt_file_set_point_vector(file, k, (critpt_file_vector)fuzz_draw(f, 3),
                                            fuzz_array(f, 1, P, P), fuzz_length(f, P));
    case 3:
        return critpt_file_set_point_kind(file, k, fuzz_draw(f, 2) ? "saddle" : "sad\x01");
    case 4:
        return critpt_file_set_point_spectrum(file, k, FUZZ_PICK(f, spectra));
    case 5:
        return critpt_file_set_text(file, (critpt_file_text)fuzz_draw(f, 6),
                                    fuzz_draw(f, 2) ? "text" : "\xff");
    case 6:
        return critpt_file_add_warning(file, "a warning");
    case 7:
        return critpt_file_add_dropped_column(file, fuzz_draw(f, 9), "why");
    default:
        return add_condition(f, file, K, P);
    }
}

/* Texts, columns and targets that a file may have, and what is known of its model. */
critpt_status fuzz_describe_file(fuzz *f)
{
    static const char *const names[] = {"a", "b", "a", "\xff"};
    critpt_file *file = FUZZ_PICK(f, files);
    size_t d = critpt_file_n_inputs(file), N = critpt_file_n_samples(file);
    size_t D = critpt_file_n_outputs(file), leading = fuzz_leading(f, D), columns[4];
    for (size_t i = 0; i < 4; i++)
        columns[i] = fuzz_index(f, 9);
    switch (fuzz_draw(f, 9)) {
    case 0:
        return critpt_file_set_weight_names(file, fuzz_seldom(f) ? NULL : names,
                                            1 + fuzz_draw(f, 4));
    case 1:
        return critpt_file_set_model(file, (critpt_file_model_kind)fuzz_draw(f, 4));
    case 2:
        return critpt_file_record_outputs(file, FUZZ_PICK(f, landscapes));
    case 3:
        return critpt_file_set_report_value(file, (critpt_report_quantity)fuzz_draw(f, 18),
                                            fuzz_value(f));
    case 4:
        return critpt_file_set_condition_value(
            file, fuzz_index(f, critpt_file_n_conditions(file)),
            (critpt_condition_quantity)fuzz_draw(f, 9), fuzz_value(f));
    case 5:
        return critpt_file_set_input_columns(file, columns, fuzz_array(f, 1, d, d),
                                             fuzz_array(f, 1, d, d),
                                             d > 4 ? 0 : fuzz_length(f, d));
    case 6:
        return critpt_file_set_base_targets(file, fuzz_array(f, N, D, leading), leading);
    case 7:
        return critpt_file_set_frozen_targets(file, fuzz_mask(f, N, D, leading), leading);
    default:
        return critpt_file_set_input_mean_low(file, fuzz_array(f, 1, d, d), fuzz_length(f, d));
    }
}

critpt_status fuzz_ask_file(fuzz *f)
{
    const critpt_file *file = FUZZ_PICK(f, files);
    size_t K = critpt_file_n_points(file), P = critpt_file_n_weights(file), k = fuzz_index(f, K);
    size_t rows = 0, columns = 0, leading, c = fuzz_index(f, critpt_file_n_conditions(file));
    critpt_landscape *made = NULL;
    critpt_status status;
    switch (fuzz_draw(f, 7)) {
    case 6:
        return critpt_file_penalty(file, fuzz_array(f, 1, P, P), fuzz_array(f, 1, P, P),
                                   fuzz_length(f, P));
    case 5:
        status = critpt_file_landscape_with_model(file, FUZZ_PICK(f, models), &made);
        FUZZ_KEEP(f, landscapes, critpt_landscape_destroy, made);
        return status;
    case 0:
        return critpt_file_point_weights(file, k, fuzz_array(f, 1, P, P), fuzz_length(f, P));
    case 1:
        return critpt_file_point_vector(file, k, (critpt_file_vector)fuzz_draw(f, 3),
                                        fuzz_array(f, 1, P, P), fuzz_length(f, P));
    case 2:
        return critpt_file_point_value(file, k, (critpt_file_point_quantity)fuzz_draw(f, 20),
                                       fuzz_place(f));
    case 3:
        (void)critpt_file_condition_size(file, c, &rows, &columns);
        leading = fuzz_leading(f, columns);
        return critpt_file_condition_array(file, c, fuzz_array(f, rows, columns, leading), leading);
    default:
        status = critpt_file_landscape(file, &made);
        FUZZ_KEEP(f, landscapes, critpt_landscape_destroy, made);
        return status;
    }
}

critpt_status fuzz_write_and_read(fuzz *f)
{
    critpt_file *file = NULL;
    critpt_status status = critpt_file_write(FUZZ_PICK(f, files), fuzz_seldom(f) ? NULL : f->path);
    if (status != CRITPT_OK)
        return status;
    status = critpt_file_read(&file, f->path);
    FUZZ_KEEP(f, files, critpt_file_destroy, file);
    return status;
}
