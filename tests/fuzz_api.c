/* Random arguments, and the calls on models, landscapes and workspaces. */
#include "fuzz_api.h"

#include <stdio.h>
#include <unistd.h>

/* splitmix64 */
static uint64_t next(fuzz *f)
{
    uint64_t z = f->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

size_t fuzz_draw(fuzz *f, size_t n)
{
    return n ? (size_t)(next(f) % n) : 0;
}

bool fuzz_seldom(fuzz *f)
{
    return fuzz_draw(f, 64) == 0;
}

size_t fuzz_filled(fuzz *f, void **pool)
{
    size_t place = fuzz_draw(f, FUZZ_POOL), i = 0;
    while (i < FUZZ_POOL && !pool[(place + i) % FUZZ_POOL])
        i++;
    return (place + i) % FUZZ_POOL;
}

static size_t wrong_size(fuzz *f, size_t right)
{
    const size_t wrong[] = {0,
                            right + 1,
                            right - 1,
                            SIZE_MAX,
                            SIZE_MAX / 2,
                            SIZE_MAX / 8 + 1,
                            (size_t)1 << 31,
                            (size_t)1 << 60};
    return wrong[fuzz_draw(f, sizeof wrong / sizeof *wrong)];
}

size_t fuzz_length(fuzz *f, size_t right)
{
    return fuzz_seldom(f) ? wrong_size(f, right) : right;
}

size_t fuzz_index(fuzz *f, size_t n)
{
    return fuzz_seldom(f) ? wrong_size(f, n) : fuzz_draw(f, n);
}

size_t fuzz_leading(fuzz *f, size_t columns)
{
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 8, SIZE_MAX / 16 + 1};
    if (fuzz_seldom(f))
        return huge[fuzz_draw(f, 4)];
    if (fuzz_seldom(f))
        return columns - 1;
    return columns + (fuzz_draw(f, 3) == 0 ? fuzz_draw(f, 4) : 0);
}

double fuzz_value(fuzz *f)
{
    const double odd[] = {0,      -0.0,  1e-320, 1e-200,   1e-30,     1e30, 1e150,
                          -1e200, 1e300, NAN,    INFINITY, -INFINITY, 1,    -1};
    if (fuzz_draw(f, 64) == 0)
        return odd[fuzz_draw(f, sizeof odd / sizeof *odd)];
    return (double)next(f) / 9.3e18 - 1;
}

/* ---- Arrays ---- */

static void *remember(fuzz *f, void *array)
{
    ck_assert_uint_lt(f->n_arrays, FUZZ_ARRAYS);
    f->arrays[f->n_arrays++] = array;
    return array;
}

/* How many elements: none where the caller has to be refused. */
static size_t extent(size_t rows, size_t columns, size_t leading)
{
    enum { SANE = 1 << 20 };
    bool sane = rows <= SANE && columns <= SANE && leading <= SANE && rows * leading <= SANE;
    if (!sane || rows == 0)
        return 1;
    return (rows - 1) * leading + (columns < leading ? columns : leading) + (leading == 0);
}

double *fuzz_array(fuzz *f, size_t rows, size_t columns, size_t leading)
{
    size_t n = extent(rows, columns, leading);
    if (fuzz_draw(f, 200) == 0)
        return NULL;
    double *values = remember(f, test_allocate(n, sizeof *values));
    bool odd = fuzz_draw(f, 20) == 0;
    for (size_t i = 0; i < n; i++)
        values[i] = odd ? fuzz_value(f) : 3 * ((double)next(f) / 9.3e18 - 1);
    return values;
}

unsigned char *fuzz_mask(fuzz *f, size_t rows, size_t columns, size_t leading)
{
    size_t n = extent(rows, columns, leading);
    if (fuzz_draw(f, 200) == 0)
        return NULL;
    unsigned char *values = remember(f, test_allocate(n, 1));
    for (size_t i = 0; i < n; i++)
        values[i] = fuzz_draw(f, 6) == 0;
    return values;
}

double *fuzz_place(fuzz *f)
{
    return fuzz_seldom(f) ? NULL : remember(f, test_allocate(1, sizeof(double)));
}

size_t *fuzz_size_place(fuzz *f)
{
    return fuzz_seldom(f) ? NULL : remember(f, test_allocate(1, sizeof(size_t)));
}

void fuzz_forget_arrays(fuzz *f)
{
    while (f->n_arrays > 0)
        free(f->arrays[--f->n_arrays]);
}

/* ---- The program ---- */

fuzz *fuzz_create(size_t program)
{
    fuzz *f = NEW(fuzz, 1);
    f->program = program;
    f->state = program * 0x632be59bd9b4e019u + 1;
    snprintf(f->path, sizeof f->path, "test_fuzz_api.%ld.h5", (long)getpid());
    for (int i = 0; i < 2; i++)
        (void)(fuzz_draw(f, 4) ? fuzz_make_model(f) : fuzz_make_callbacks(f)),
            fuzz_forget_arrays(f);
    for (int i = 0; i < 3; i++)
        (void)fuzz_make_landscape(f), fuzz_forget_arrays(f);
    return f;
}

static void drop(fuzz *f, size_t place, size_t kind)
{
#define DROP(pool, destroy) (destroy(f->pool[place]), f->pool[place] = NULL)
    switch (kind) {
    case 0:
        DROP(models, critpt_model_destroy);
        break;
    case 1:
        DROP(landscapes, critpt_landscape_destroy);
        break;
    case 2:
        DROP(workspaces, critpt_workspace_destroy);
        break;
    case 3:
        DROP(plans, critpt_plan_destroy);
        break;
    case 4:
        DROP(plan_options, critpt_plan_options_destroy);
        break;
    case 5:
        DROP(spectrum_options, critpt_spectrum_options_destroy);
        break;
    case 6:
        DROP(spectra, critpt_spectrum_destroy);
        break;
    default:
        DROP(files, critpt_file_destroy);
        break;
    }
}

critpt_status fuzz_drop(fuzz *f)
{
    if (fuzz_draw(f, 4) == 0)
        drop(f, fuzz_draw(f, FUZZ_POOL), fuzz_draw(f, 8));
    return CRITPT_OK;
}

void fuzz_destroy(fuzz *f)
{
    for (size_t kind = 0; kind < 8; kind++)
        for (size_t place = 0; place < FUZZ_POOL; place++)
            drop(f, place, kind);
    remove(f->path);
    fuzz_forget_arrays(f);
    free(f);
}

/* ---- Models ---- */

critpt_status fuzz_make_model(fuzz *f)
{
    critpt_model *model = NULL;
    critpt_status status = critpt_mlp_create(&model, fuzz_length(f, 1 + fuzz_draw(f, 3)));
    size_t layers = fuzz_seldom(f) ? 0 : 1 + fuzz_draw(f, 3);
    for (size_t l = 0; status == CRITPT_OK && l < layers; l++)
        status = critpt_mlp_add_layer(model, fuzz_length(f, 1 + fuzz_draw(f, 3)),
                                      (critpt_activation)fuzz_index(f, 12), (int)fuzz_draw(f, 2));
    FUZZ_KEEP(f, models, critpt_model_destroy, model);
    return status;
}

/* Of a random model: some of its weights, or a random matrix. */
critpt_status fuzz_fewer_weights(fuzz *f)
{
    critpt_model *base = FUZZ_PICK(f, models), *model = NULL;
    size_t P = critpt_model_n_weights(base), V = 1 + fuzz_draw(f, P), n = fuzz_draw(f, 3 * V);
    size_t *rows = test_allocate(3 * V, sizeof *rows),
           *columns = test_allocate(3 * V, sizeof *rows);
    double *origin = fuzz_array(f, 1, P, P), *values = fuzz_array(f, 1, 3 * V, 3 * V);
    critpt_status status;
    for (size_t i = 0; i < 3 * V; i++) {
        rows[i] = i < V && !fuzz_seldom(f) ? i : fuzz_index(f, P);
        columns[i] = i < V && !fuzz_seldom(f) ? i : fuzz_index(f, V);
    }
    if (fuzz_draw(f, 2))
        status = critpt_model_choose_weights(&model, base, origin, fuzz_length(f, P), rows, V);
    else
        status =
            critpt_model_reparametrize(&model, base, origin, fuzz_length(f, P), fuzz_length(f, V),
                                       rows, columns, values, n < V && fuzz_draw(f, 8) ? V : n);
    free(rows), free(columns);
    FUZZ_KEEP(f, models, critpt_model_destroy, model);
    return status;
}

critpt_status fuzz_ask_model(fuzz *f)
{
    const critpt_model *model = FUZZ_PICK(f, models);
    size_t P = critpt_model_n_weights(model), n = fuzz_length(f, P), a, b, c;
    size_t base = critpt_model_n_weights(critpt_model_base(model));
    critpt_activation activation;
    int yes;
    switch (fuzz_draw(f, 8)) {
    case 6:
        return critpt_model_base_weights(model, fuzz_array(f, 1, P, P), n,
                                         fuzz_array(f, 1, base, base), fuzz_length(f, base));
    case 7:
        return critpt_model_draw_weights(model, fuzz_draw(f, 9), fuzz_index(f, 9), fuzz_value(f),
                                         fuzz_array(f, 1, P, P), n);
    case 0:
        return critpt_mlp_layer(model, fuzz_index(f, 3), &a, &activation, &yes);
    case 1:
        return critpt_mlp_locate_weight(model, fuzz_index(f, P), &a, &b, &c);
    case 2:
        return critpt_mlp_symmetric_copies(model, fuzz_place(f));
    case 3:
        return critpt_mlp_symmetric_copies_at(model, fuzz_array(f, 1, P, P), n, fuzz_place(f));
    case 4:
        return critpt_mlp_distance(model, fuzz_array(f, 1, P, P), fuzz_array(f, 1, P, P), n,
                                   fuzz_place(f), &yes);
    default:
        return critpt_mlp_draw_weights(model, fuzz_draw(f, 9), fuzz_index(f, 9), fuzz_value(f),
                                       fuzz_array(f, 1, P, P), n);
    }
}

/* ---- Landscapes ---- */

critpt_status fuzz_make_landscape(fuzz *f)
{
    critpt_landscape *landscape = NULL;
    critpt_model *model = FUZZ_PICK(f, models);
    size_t d = critpt_model_n_inputs(model), D = critpt_model_n_outputs(model);
    size_t N = 1 + fuzz_draw(f, 60), leading = fuzz_leading(f, d);
    critpt_status status =
        critpt_landscape_create(&landscape, model, N, fuzz_array(f, N, d, leading), leading);
    if (status == CRITPT_OK && fuzz_draw(f, 9)) {
        leading = fuzz_leading(f, D);
        status = critpt_landscape_set_targets(landscape, fuzz_array(f, N, D, leading), leading);
    }
    FUZZ_KEEP(f, landscapes, critpt_landscape_destroy, landscape);
    return status;
}

critpt_status fuzz_make_workspace(fuzz *f)
{
    critpt_workspace *workspace = NULL;
    critpt_status status = critpt_workspace_create(&workspace, FUZZ_PICK(f, landscapes));
    FUZZ_KEEP(f, workspaces, critpt_workspace_destroy, workspace);
    return status;
}

critpt_status fuzz_select(fuzz *f)
{
    critpt_workspace *workspace = FUZZ_PICK(f, workspaces);
    size_t indices[8], n = 1 + fuzz_draw(f, 8);
    for (size_t i = 0; i < 8; i++)
        indices[i] = fuzz_index(f, 12);
    return critpt_workspace_select(workspace, fuzz_seldom(f) ? NULL : indices,
                                   fuzz_seldom(f) ? 0 : n);
}

/* Of a single process; with a user it fails where a block is not an announcement. */
static int combine(critpt_reduction_operation operation, double *values, size_t n, void *user)
{
    enum { ANNOUNCEMENT = 32 };
    (void)operation, (void)values;
    return user && n != ANNOUNCEMENT;
}

critpt_status fuzz_set_landscape(fuzz *f)
{
    critpt_landscape *landscape = FUZZ_PICK(f, landscapes);
    size_t N = critpt_landscape_n_samples(landscape);
    size_t D = critpt_model_n_outputs(critpt_landscape_model(landscape));
    size_t leading = fuzz_leading(f, D);
    double *values;
    switch (fuzz_draw(f, 6)) {
    case 5:
        values = fuzz_array(f, N, D * D, D * D);
        for (size_t i = 0; values && N < 99 && D < 9 && i < N * D * D; i++)
            values[i] = i % (D * D) % (D + 1) ? 0 : (double)(1 + fuzz_draw(f, 40));
        return critpt_landscape_set_sample_metrics(landscape, values, fuzz_length(f, N));
    case 4:
        N = critpt_model_n_weights(critpt_landscape_model(landscape));
        values = fuzz_array(f, 1, N, N);
        for (size_t i = 0; values && i < N && fuzz_draw(f, 40); i++)
            values[i] = fabs(values[i]);
        return critpt_landscape_set_penalty(landscape, values,
                                            fuzz_draw(f, 3) ? fuzz_length(f, N) : 1,
                                            fuzz_array(f, 1, N, N), fuzz_length(f, N));
    case 3:
        return critpt_landscape_set_reduction(landscape, fuzz_seldom(f) ? fuzz_draw(f, 9) : 0,
                                              fuzz_draw(f, 3) ? combine : NULL,
                                              fuzz_draw(f, 4) ? NULL : f);
    case 0:
        return critpt_landscape_set_targets(landscape, fuzz_array(f, N, D, leading), leading);
    case 1:
        values = fuzz_array(f, 1, N, N);
        for (size_t i = 0; values && i < N && fuzz_draw(f, 40); i++)
            values[i] = fabs(values[i]);
        return critpt_landscape_set_sample_weights(landscape, values, fuzz_length(f, N));
    default:
        values = fuzz_array(f, D, D, leading);
        for (size_t i = 0; values && leading >= D && leading < 99 && i < D; i++)
            for (size_t j = 0; j <= i; j++)
                values[i * leading + j] = values[j * leading + i] = i == j ? 3 : 0.5;
        return critpt_landscape_set_output_metric(landscape, values, leading);
    }
}

critpt_status fuzz_get_landscape(fuzz *f)
{
    const critpt_landscape *landscape = FUZZ_PICK(f, landscapes);
    const critpt_model *model = critpt_landscape_model(landscape);
    size_t N = critpt_landscape_n_samples(landscape), D = critpt_model_n_outputs(model);
    size_t d = critpt_model_n_inputs(model), leading = fuzz_leading(f, D);
    switch (fuzz_draw(f, 6)) {
    case 5:
        return critpt_landscape_sample_metrics(landscape, fuzz_array(f, N, D * D, D * D),
                                               fuzz_length(f, N));
    case 4:
        N = critpt_model_n_weights(model);
        return critpt_landscape_penalty(landscape, fuzz_array(f, 1, N, N), fuzz_length(f, N),
                                        fuzz_array(f, 1, N, N), fuzz_length(f, N));
    case 0:
        return critpt_landscape_targets(landscape, fuzz_array(f, N, D, leading), leading);
    case 1:
        leading = fuzz_leading(f, d);
        return critpt_landscape_inputs(landscape, fuzz_array(f, N, d, leading), leading);
    case 2:
        return critpt_landscape_sample_weights(landscape, fuzz_array(f, 1, N, N),
                                               fuzz_length(f, N));
    default:
        return critpt_landscape_output_metric(landscape, fuzz_array(f, D, D, leading), leading);
    }
}

critpt_status fuzz_evaluate(fuzz *f)
{
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    critpt_workspace *ws = fuzz_draw(f, 2) ? NULL : FUZZ_PICK(f, workspaces);
    const critpt_model *model = critpt_landscape_model(L);
    size_t N = critpt_landscape_n_samples(L), D = critpt_model_n_outputs(model);
    size_t P = critpt_model_n_weights(model), n = fuzz_length(f, P), leading = fuzz_leading(f, D);
    const double *w = fuzz_array(f, 1, P, P), *v = fuzz_array(f, 1, P, P);
    double *of_samples = fuzz_array(f, N, D, leading), *g = fuzz_array(f, 1, P, P);
    switch (fuzz_draw(f, 9)) {
    case 0:
        return critpt_landscape_outputs(L, ws, w, n, of_samples, leading);
    case 1:
        return critpt_landscape_loss(L, ws, w, n, fuzz_place(f));
    case 2:
        return critpt_landscape_gradient(L, ws, w, n, g, fuzz_length(f, P), fuzz_place(f));
    case 3:
        return critpt_landscape_jacobian_vector(L, ws, w, n, v, fuzz_length(f, P), of_samples,
                                                leading);
    case 4:
        return critpt_landscape_jacobian_transposed_vector(L, ws, w, n, of_samples, leading, g,
                                                           fuzz_length(f, P));
    case 5:
        leading = fuzz_leading(f, P);
        return critpt_landscape_jacobian(L, ws, w, n, fuzz_array(f, N * D, P, leading), leading);
    case 6:
        return critpt_landscape_gradient_unit(L, ws, w, n, fuzz_place(f));
    case 7:
        return critpt_landscape_gradient_float32(L, ws, w, n, g, fuzz_length(f, P));
    default:
        return critpt_landscape_kink_margin(L, ws, w, n, fuzz_place(f));
    }
}

critpt_status fuzz_differentiate(fuzz *f)
{
    const critpt_landscape *L = FUZZ_PICK(f, landscapes);
    critpt_workspace *ws = fuzz_draw(f, 2) ? NULL : FUZZ_PICK(f, workspaces);
    size_t P = critpt_model_n_weights(critpt_landscape_model(L)), n = fuzz_length(f, P);
    size_t leading = fuzz_leading(f, P), other = fuzz_leading(f, P), count = fuzz_draw(f, 20);
    const double *w = fuzz_array(f, 1, P, P);
    switch (fuzz_draw(f, 5)) {
    case 0:
        return critpt_landscape_hessian(L, ws, w, n, fuzz_array(f, P, P, leading), leading);
    case 1:
        return critpt_landscape_gauss_newton(L, ws, w, n, fuzz_array(f, P, P, leading), leading);
    case 2:
        return critpt_landscape_residual_curvature(L, ws, w, n, fuzz_array(f, P, P, leading),
                                                   leading);
    case 3:
        return critpt_landscape_hessian_vector(L, ws, w, n, fuzz_array(f, 1, P, P),
                                               fuzz_length(f, P), fuzz_array(f, 1, P, P),
                                               fuzz_length(f, P));
    default:
        return critpt_landscape_hessian_vectors(L, ws, w, n, count,
                                                fuzz_array(f, count, P, leading), leading,
                                                fuzz_array(f, count, P, other), other);
    }
}
