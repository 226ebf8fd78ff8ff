/* Second derivatives of a layered network summed over the samples: which parts there are and where
 * they are kept (MATH 4). */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_assembly.h"

/* Rows formed at a time, and numbers of a row of blocks when it is stored: they stay in cache. */
enum { FORMED = 352, SQUARES = 1 << 17 };

/* ---- Parts ---- */

/* Rows of the products that make all of a part. Slopes are given by the batch, without room. */
static size_t rows_multiplied(const cpt_mlp_part *part)
{
    bool room = part->kind == CPT_MLP_TRIANGLE || part->kind == CPT_MLP_UNITS ||
                part->kind == CPT_MLP_RECTANGLE;
    return room ? cpt_mlp_padded(part->rows) : part->rows;
}

/* Lists a part, or counts it and what it needs. */
static void list_part(cpt_mlp_assembly *a, cpt_mlp_part *parts, cpt_mlp_part part)
{
    bool rows_formed = part.kind == CPT_MLP_GRAM || part.kind == CPT_MLP_PATHS;
    if (parts)
        parts[a->n_parts] = part;
    a->n_parts++;
    a->all_sums += (double)rows_multiplied(&part) * (double)part.columns;
    a->most_formed = cpt_larger(a->most_formed, rows_formed ? part.rows : part.columns);
}

/* The part of block (m, m). */
static void list_diagonal(cpt_mlp_assembly *a, size_t m, cpt_mlp_part *parts)
{
    const cpt_layer *layer = &a->mlp->layers[m];
    size_t fan = cpt_mlp_fan(layer), units = layer->n_units;
    if (a->forms[m] == CPT_MLP_DENSE)
        list_part(
            a, parts,
            (cpt_mlp_part){CPT_MLP_TRIANGLE, m, m, cpt_mlp_pairs(units), cpt_mlp_pairs(fan), true});
    if (a->forms[m] == CPT_MLP_DIAGONAL)
        list_part(a, parts, (cpt_mlp_part){CPT_MLP_UNITS, m, m, units, cpt_mlp_pairs(fan), false});
    if (a->forms[m] == CPT_MLP_CONSTANT)
        list_part(a, parts, (cpt_mlp_part){CPT_MLP_GRAM, m, m, fan, fan, true});
}

/* The parts of block (l, m), l < m. */
static void list_cross(cpt_mlp_assembly *a, size_t l, size_t m, cpt_mlp_part *parts)
{
    const cpt_layer *low = &a->mlp->layers[l], *high = &a->mlp->layers[m];
    bool constant = a->forms[m] == CPT_MLP_CONSTANT && l + 1 == m;
    if (a->forms[m] != CPT_MLP_ZERO && !constant)
        list_part(a, parts,
                  (cpt_mlp_part){CPT_MLP_RECTANGLE, l, m, low->n_units * high->n_units,
                                 cpt_mlp_fan(low) * cpt_mlp_fan(high), true});
    size_t features = cpt_mlp_features(a, m);
    if (l + 1 == m && features)
        list_part(a, parts,
                  (cpt_mlp_part){CPT_MLP_SLOPES, l, m, low->n_units, cpt_mlp_fan(low) * features,
                                 constant});
    if (l + 1 < m && a->curved)
        list_part(a, parts,
                  (cpt_mlp_part){CPT_MLP_PATHS, l, m, high->n_units * cpt_mlp_fan(low),
                                 low->n_units * high->n_inputs, false});
}

/* Fills `parts`; NULL: counts only. */
static void list_parts(cpt_mlp_assembly *a, cpt_mlp_part *parts)
{
    a->n_parts = a->most_formed = 0;
    a->all_sums = 0;
    for (size_t m = a->mlp->n_layers; m-- > a->lowest;) {
        list_diagonal(a, m, parts);
        for (size_t l = m; l-- > a->lowest;)
            list_cross(a, l, m, parts);
    }
}

/* Z_L is E, or diag(act') E diag(act') + diag(e o act''); below, whatever is not zero is mixed by
 * the weights. */
static void find_forms(cpt_mlp_assembly *a)
{
    size_t last = a->mlp->n_layers - 1;
    bool linear = a->mlp->layers[last].activation == CRITPT_IDENTITY;
    if (linear && !a->gauss_newton)
        a->forms[last] = CPT_MLP_ZERO;
    else if (linear && !a->metric_by_sample)
        a->forms[last] = CPT_MLP_CONSTANT;
    else
        a->forms[last] = a->gauss_newton && a->with_metric ? CPT_MLP_DENSE : CPT_MLP_DIAGONAL;
    for (size_t l = last; l-- > 0;)
        a->forms[l] = a->forms[l + 1] == CPT_MLP_ZERO ? CPT_MLP_DIAGONAL : CPT_MLP_DENSE;
}

/* ---- Tiles and memory ---- */

/* Spreads the parts' rows over passes of at most `limit` sums. Without `tiles` it counts. */
static void tile_parts(cpt_mlp_assembly *a, size_t limit, cpt_mlp_tile *tiles)
{
    size_t used = 0, pass = 0, count = 0;
    a->n_sums = 0;
    for (size_t k = 0; k < a->n_parts; k++) {
        const cpt_mlp_part *part = &a->parts[k];
        for (size_t first = 0, rows, padded; first < part->rows; first += rows) {
            rows = part->rows - first;
            padded = rows_multiplied(part) - first;
            bool fits = used < limit && padded <= (limit - used) / part->columns;
            if (!fits && used > 0) {
                pass++;
                used = rows = 0;
                continue;
            }
            if (!fits && part->kind != CPT_MLP_GRAM)
                rows = padded = cpt_smaller(rows, cpt_larger(limit / part->columns, 1));
            if (tiles)
                tiles[count] = (cpt_mlp_tile){part, pass, first, rows, padded, a->sums + used};
            used += padded * part->columns;
            if (a->n_sums < used)
                a->n_sums = used;
            count++;
        }
    }
    a->n_tiles = count;
    a->assembly.n_passes = pass + 1;
}

/* Rows of each kind that the recursions need at once. */
static critpt_status count_rows(cpt_mlp_assembly *a)
{
    critpt_status status = CRITPT_OK;
    const cpt_mlp *mlp = a->mlp;
    size_t last = mlp->n_layers - 1, formed = cpt_larger(a->most_formed, 1);
    for (size_t m = 0; m <= last; m++) {
        size_t units = mlp->layers[m].n_units;
        bool identity =
            mlp->layers[m].activation == CRITPT_IDENTITY && (m < last || a->metric_by_sample);
        a->ones_rows = cpt_larger(a->ones_rows, identity ? units : 1);
        a->first_unit[m] = a->units;
        a->units += units;
        if (m < a->lowest)
            continue;
        size_t rows = a->forms[m] == CPT_MLP_DENSE ? cpt_mlp_pairs(units) : units;
        a->z_rows = cpt_larger(a->z_rows, cpt_mlp_padded(rows));
        if (a->forms[m] == CPT_MLP_DENSE && m > a->lowest)
            a->x_rows = cpt_larger(a->x_rows, units * units);
        bool dense =
            a->forms[m] != CPT_MLP_ZERO && (a->forms[m] != CPT_MLP_CONSTANT || m > a->lowest + 1);
        for (size_t l = a->lowest; l < m; l++) {
            if (dense)
                a->x_rows = cpt_larger(a->x_rows, cpt_mlp_padded(mlp->layers[l].n_units * units));
            if (a->curved && l + 1 < m)
                a->b_rows = cpt_larger(a->b_rows, mlp->layers[l].n_units * mlp->layers[m].n_inputs);
        }
    }
    if (a->forms[last] == CPT_MLP_CONSTANT)
        a->feature_rows = cpt_mlp_fan(&mlp->layers[last]) + mlp->layers[last].n_units;
    for (size_t k = 0; a->parts && k < a->n_parts; k++) {
        CPT_TRY(cpt_linalg_require_size("products of units in the Hessian", a->parts[k].rows));
        CPT_TRY(cpt_linalg_require_size("products of inputs in the Hessian", a->parts[k].columns));
    }
    a->formed_rows = formed < FORMED ? formed : FORMED;
done:
    return status;
}

/* A batch whose rows and tape are at most `limit` numbers; how many the rows are. */
static critpt_status choose_batch(cpt_mlp_assembly *a, size_t n_samples, size_t limit,
                                  size_t *n_rows)
{
    critpt_status status;
    size_t tape, rows = a->ones_rows + 2 * a->units + a->z_rows + 2 * a->x_rows + 2 * a->b_rows +
                        a->feature_rows + a->formed_rows;
    CPT_TRY(a->mlp->model.operations->tape_size(&a->mlp->model, 1, &tape));
    size_t n = limit / (rows + tape) / 8 * 8;
    n = n < 8 ? 8 : n;
    a->assembly.batch = n < n_samples ? n : n_samples;
    CPT_TRY(cpt_multiply(rows, a->assembly.batch, "rows of a batch", n_rows));
done:
    return status;
}

static critpt_status allocate_rows(cpt_mlp_assembly *a, size_t n_rows)
{
    critpt_status status;
    CPT_TRY(cpt_linalg_require_size("rows of a batch", n_rows));
    CPT_TRY(cpt_allocate(&a->memory, n_rows + CPT_ALIGNED, sizeof *a->memory));
    a->assembly.bytes = (a->n_sums + n_rows) * sizeof(double);
done:
    return status;
}

static void count_squares(cpt_mlp_assembly *a)
{
    const cpt_mlp *mlp = a->mlp;
    for (size_t l = a->lowest; l < mlp->n_layers; l++) {
        size_t fan = cpt_mlp_fan(&mlp->layers[l]), all = mlp->layers[l].n_units * fan * fan;
        a->n_squares =
            cpt_larger(a->n_squares, cpt_larger(fan * fan, all < SQUARES ? all : SQUARES));
    }
}

static critpt_status allocate_small(cpt_mlp_assembly *a)
{
    critpt_status status;
    const cpt_mlp *mlp = a->mlp;
    const cpt_layer *last = &mlp->layers[mlp->n_layers - 1];
    count_squares(a);
    CPT_TRY(cpt_allocate(&a->squares, a->n_squares, sizeof *a->squares));
    if (a->forms[mlp->n_layers - 1] == CPT_MLP_CONSTANT) {
        size_t k = last->n_inputs;
        CPT_TRY(cpt_allocate(&a->w_metric, k * last->n_units, sizeof *a->w_metric));
        CPT_TRY(cpt_allocate(&a->w_metric_w, k * k, sizeof *a->w_metric_w));
    }
done:
    return status;
}

/* Of the numbers that an assembly may take, those for sums; the others are for rows of a batch. */
static size_t for_sums(size_t bytes)
{
    return bytes / sizeof(double) / 4 * 3;
}

static void begin(cpt_mlp_assembly *a, const critpt_model *model, const cpt_curvature *curvature)
{
    a->assembly.model = model;
    a->mlp = cpt_mlp_const(model);
    a->lowest = cpt_mlp_lowest(a->mlp, curvature->first_weight);
    a->first_weight = a->mlp->layers[a->lowest].weights;
    a->curved = curvature->cotangent != NULL;
    a->gauss_newton = curvature->gauss_newton;
    a->with_metric = curvature->metric != NULL;
    a->metric_by_sample = curvature->metric_stride > 0;
}

critpt_status cpt_assembly_size(const critpt_model *model, const cpt_curvature *curvature,
                                size_t n_samples, size_t bytes, size_t *size)
{
    enum { LAYERS = 64 };
    critpt_status status;
    cpt_mlp_form forms[LAYERS];
    size_t first_unit[LAYERS], n_rows;
    cpt_mlp_assembly a = {.forms = forms, .first_unit = first_unit};
    begin(&a, model, curvature);
    *size = bytes / sizeof(double);
    if (a.mlp->n_layers > LAYERS)
        return CRITPT_OK;
    find_forms(&a);
    list_parts(&a, NULL);
    CPT_TRY(count_rows(&a));
    CPT_TRY(choose_batch(&a, n_samples, bytes / sizeof(double) / 4, &n_rows));
    count_squares(&a);
    *size = for_sums(bytes);
    if (a.all_sums < (double)*size)
        *size = (size_t)a.all_sums;
    *size += n_rows + CPT_ALIGNED + a.n_squares +
             a.n_parts * (sizeof(cpt_mlp_part) + sizeof(cpt_mlp_tile)) / sizeof(double) +
             sizeof a / sizeof(double);
    if (a.forms[a.mlp->n_layers - 1] == CPT_MLP_CONSTANT) {
        const cpt_layer *last = &a.mlp->layers[a.mlp->n_layers - 1];
        *size += last->n_inputs * (last->n_units + last->n_inputs);
    }
done:
    return status;
}

critpt_status cpt_assembly_create(cpt_assembly **assembly, const critpt_model *model,
                                  const cpt_curvature *curvature, size_t n_samples, size_t bytes)
{
    critpt_status status;
    cpt_mlp_assembly *a;
    size_t n_rows;
    *assembly = NULL;
    CPT_TRY(cpt_allocate(&a, 1, sizeof *a));
    *assembly = &a->assembly;
    begin(a, model, curvature);
    CPT_TRY(cpt_allocate(&a->forms, a->mlp->n_layers, sizeof *a->forms));
    CPT_TRY(cpt_allocate(&a->first_unit, a->mlp->n_layers, sizeof *a->first_unit));
    find_forms(a);
    list_parts(a, NULL);
    CPT_TRY(cpt_allocate(&a->parts, a->n_parts, sizeof *a->parts));
    list_parts(a, a->parts);
    CPT_TRY(count_rows(a));
    tile_parts(a, for_sums(bytes), NULL);
    CPT_TRY(cpt_allocate(&a->sums, a->n_sums, sizeof *a->sums));
    CPT_TRY(cpt_allocate(&a->tiles, a->n_tiles, sizeof *a->tiles));
    tile_parts(a, for_sums(bytes), a->tiles);
    CPT_TRY(choose_batch(a, n_samples, bytes / sizeof(double) / 4, &n_rows));
    CPT_TRY(allocate_rows(a, n_rows));
    CPT_TRY(allocate_small(a));
done:
    if (status != CRITPT_OK) {
        cpt_assembly_destroy(*assembly);
        *assembly = NULL;
    }
    return status;
}

void cpt_assembly_destroy(cpt_assembly *assembly)
{
    cpt_mlp_assembly *a = (cpt_mlp_assembly *)assembly;
    if (!a)
        return;
    cpt_free(a->forms);
    cpt_free(a->first_unit);
    cpt_free(a->parts);
    cpt_free(a->tiles);
    cpt_free(a->sums);
    cpt_free(a->memory);
    cpt_free(a->squares);
    cpt_free(a->w_metric);
    cpt_free(a->w_metric_w);
    cpt_free(a);
}

critpt_status cpt_assembly_start(cpt_assembly *assembly, size_t pass)
{
    cpt_mlp_assembly *a = (cpt_mlp_assembly *)assembly;
    a->pass = pass;
    a->keep = 0;
    return CRITPT_OK;
}
