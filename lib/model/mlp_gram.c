/* Which products of the points' Jacobians there are, and where they are kept. */
#include <string.h>

#include "linalg/linalg.h"
#include "model/mlp_gram.h"

/* Samples of a batch at most: good products whose rows stay in cache. */
enum { BATCH = 256 };

/* ---- Groups, parts and tiles ---- */

static bool has_linear_outputs(const cpt_mlp *mlp)
{
    return mlp->n_layers > 1 && mlp->layers[mlp->n_layers - 1].activation == CRITPT_IDENTITY;
}

static size_t count_groups(const cpt_mlp *mlp, size_t K)
{
    bool linear = has_linear_outputs(mlp);
    return 1 + (mlp->n_layers - 1 - linear) * K + linear;
}

static cpt_mlp_group describe_group(const cpt_mlp *mlp, size_t K, size_t index)
{
    size_t l = index == 0 ? 0 : (index - 1) / K + 1;
    const cpt_layer *layer = &mlp->layers[l];
    size_t fan = cpt_mlp_fan(layer);
    cpt_mlp_group group = {.kind = CPT_MLP_ONE_POINT,
                           .layer = layer,
                           .units = layer->n_units,
                           .fan = fan,
                           .places = fan};
    if (l == 0) {
        group.kind = CPT_MLP_FIRST_LAYER;
        group.units = K * layer->n_units;
    } else if (l + 1 == mlp->n_layers && has_linear_outputs(mlp)) {
        group.kind = CPT_MLP_LINEAR_OUTPUTS;
        group.fan = K * layer->n_inputs + layer->bias;
        group.places = K * fan;
    } else
        group.point = (index - 1) % K;
    return group;
}

static cpt_mlp_pairing describe_pairing(const cpt_mlp_group *g, const cpt_mlp_group *h, bool same,
                                        bool one_metric)
{
    cpt_mlp_pairing part = {.g = g, .h = h};
    part.constant = same && g->kind == CPT_MLP_LINEAR_OUTPUTS && one_metric;
    part.rows = same ? cpt_mlp_pairs(g->units) : g->units * h->units;
    part.columns = same ? cpt_mlp_pairs(g->fan) : g->fan * h->fan;
    if (part.constant)
        part.rows = part.columns = g->fan;
    return part;
}

/* Spreads the parts' rows over passes of at most `limit` sums. Without `tiles` it counts. */
static void tile_parts(cpt_mlp_gram *gram, size_t limit, cpt_mlp_pairing_tile *tiles)
{
    size_t used = 0, pass = 0, count = 0, rows;
    gram->n_sums = 0;
    for (size_t k = 0; k < gram->n_parts; k++)
        for (size_t first = 0; first < gram->parts[k].rows; first += rows) {
            const cpt_mlp_pairing *of = &gram->parts[k];
            size_t room = used < limit ? (limit - used) / of->columns : 0;
            rows = of->rows - first;
            if (room == 0 && used > 0) {
                pass++;
                used = rows = 0;
                continue;
            }
            if (!of->constant)
                rows = cpt_smaller(rows, cpt_larger(room, 1));
            if (tiles)
                tiles[count] = (cpt_mlp_pairing_tile){of, pass, first, rows, gram->sums + used};
            used += rows * of->columns;
            gram->n_sums = cpt_larger(gram->n_sums, used);
            count++;
        }
    gram->n_tiles = count;
    gram->gram.n_passes = pass + 1;
}

cpt_mlp_group *cpt_mlp_gram_group(const cpt_mlp_gram *gram, size_t layer, size_t point)
{
    size_t first = layer == 0 ? 0 : 1 + (layer - 1) * gram->gram.n_points;
    return &gram->groups[gram->groups[first].kind == CPT_MLP_ONE_POINT ? first + point : first];
}

/* ---- Memory ---- */

/* Rows of n samples that a batch needs; the largest lists of inputs and of equations; all sums. */
static void count(cpt_mlp_gram *gram, double *all_sums)
{
    const cpt_mlp *mlp = gram->mlp;
    size_t K = gram->gram.n_points, n = count_groups(mlp, K);
    gram->n_groups = n;
    gram->n_parts = cpt_mlp_pairs(n);
    gram->n_rows = 1 + CPT_MLP_UNIT_PAIRS + CPT_MLP_INPUT_PAIRS;
    *all_sums = 0;
    for (size_t i = 0; i < n; i++) {
        const cpt_mlp_group g = describe_group(mlp, K, i);
        gram->n_rows += g.units * mlp->model.n_outputs + g.fan;
        gram->widest = cpt_larger(gram->widest, g.fan);
        gram->most_places = cpt_larger(gram->most_places, g.places);
        for (size_t j = i; j < n; j++) {
            const cpt_mlp_group h = describe_group(mlp, K, j);
            const cpt_mlp_pairing part = describe_pairing(&g, &h, i == j, gram->one_metric);
            *all_sums += (double)part.rows * (double)part.columns;
        }
    }
}

static cpt_mlp_gram begin(const critpt_model *model, size_t n_points, bool one_metric)
{
    return (cpt_mlp_gram){.gram = {.model = model, .n_points = n_points},
                          .mlp = cpt_mlp_const(model),
                          .one_metric = one_metric};
}

/* A quarter of the numbers is for rows of a batch, the others are for sums. */
static void choose_sizes(cpt_mlp_gram *gram, size_t n_samples, size_t bytes, size_t *n_memory,
                         size_t *n_sums)
{
    size_t numbers = bytes / sizeof(double), n = numbers / 4 / gram->n_rows / 8 * 8;
    n = n < 8 ? 8 : cpt_smaller(n, BATCH);
    gram->gram.batch = cpt_smaller(n, n_samples);
    *n_memory = gram->n_rows * gram->gram.batch + CPT_ALIGNED;
    *n_sums = cpt_larger(numbers > *n_memory ? numbers - *n_memory : 0, numbers / 2);
}

static critpt_status list(cpt_mlp_gram *gram)
{
    critpt_status status;
    size_t K = gram->gram.n_points, next = 0;
    CPT_TRY(cpt_allocate(&gram->groups, gram->n_groups, sizeof *gram->groups));
    CPT_TRY(cpt_allocate(&gram->parts, gram->n_parts, sizeof *gram->parts));
    for (size_t i = 0; i < gram->n_groups; i++)
        gram->groups[i] = describe_group(gram->mlp, K, i);
    for (size_t i = 0; i < gram->n_groups; i++)
        for (size_t j = i; j < gram->n_groups; j++, next++) {
            cpt_mlp_pairing *part = &gram->parts[next];
            *part = describe_pairing(&gram->groups[i], &gram->groups[j], i == j, gram->one_metric);
            CPT_TRY(cpt_linalg_require_size("pairs of units", part->rows));
            CPT_TRY(cpt_linalg_require_size("pairs of inputs", part->columns));
        }
done:
    return status;
}

critpt_status cpt_mlp_gram_size(const critpt_model *model, size_t n_points, bool one_metric,
                                size_t n_samples, size_t bytes, size_t *batch, size_t *size)
{
    cpt_mlp_gram gram = begin(model, n_points, one_metric);
    size_t n_memory, n_sums, D = model->n_outputs;
    double all_sums;
    count(&gram, &all_sums);
    choose_sizes(&gram, n_samples, bytes, &n_memory, &n_sums);
    *batch = gram.gram.batch;
    if (all_sums < (double)n_sums)
        n_sums = (size_t)all_sums;
    *size =
        n_memory + n_sums + gram.widest * gram.widest + D * D + 4 * gram.most_places +
        gram.n_parts * (sizeof(cpt_mlp_pairing) + sizeof(cpt_mlp_pairing_tile)) / sizeof(double);
    return CRITPT_OK;
}

critpt_status cpt_mlp_gram_create(cpt_gram **made, const critpt_model *model, size_t n_points,
                                  bool one_metric, size_t n_samples, size_t bytes)
{
    critpt_status status;
    cpt_mlp_gram *gram;
    size_t n_memory, n_sums, D = model->n_outputs;
    double all_sums;
    *made = NULL;
    CPT_TRY(cpt_allocate(&gram, 1, sizeof *gram));
    *made = &gram->gram;
    *gram = begin(model, n_points, one_metric);
    count(gram, &all_sums);
    CPT_TRY(list(gram));
    choose_sizes(gram, n_samples, bytes, &n_memory, &n_sums);
    tile_parts(gram, n_sums, NULL);
    CPT_TRY(cpt_linalg_require_size("rows of a batch", n_memory));
    CPT_TRY(cpt_allocate(&gram->sums, gram->n_sums, sizeof *gram->sums));
    CPT_TRY(cpt_allocate(&gram->tiles, gram->n_tiles, sizeof *gram->tiles));
    tile_parts(gram, n_sums, gram->tiles);
    CPT_TRY(cpt_allocate(&gram->memory, n_memory, sizeof *gram->memory));
    CPT_TRY(cpt_allocate(&gram->square, gram->widest * gram->widest, sizeof *gram->square));
    CPT_TRY(cpt_allocate(&gram->ratios, D * D, sizeof *gram->ratios));
    CPT_TRY(cpt_allocate(&gram->equations, 2 * gram->most_places, sizeof *gram->equations));
    CPT_TRY(cpt_allocate(&gram->sources, 2 * gram->most_places, sizeof *gram->sources));
done:
    if (status != CRITPT_OK) {
        cpt_mlp_gram_destroy(*made);
        *made = NULL;
    }
    return status;
}

void cpt_mlp_gram_destroy(cpt_gram *given)
{
    cpt_mlp_gram *gram = (cpt_mlp_gram *)given;
    if (!gram)
        return;
    cpt_free(gram->groups);
    cpt_free(gram->parts);
    cpt_free(gram->tiles);
    cpt_free(gram->sums);
    cpt_free(gram->memory);
    cpt_free(gram->square);
    cpt_free(gram->ratios);
    cpt_free(gram->equations);
    cpt_free(gram->sources);
    cpt_free(gram);
}

critpt_status cpt_mlp_gram_start(cpt_gram *given, size_t pass)
{
    cpt_mlp_gram *gram = (cpt_mlp_gram *)given;
    gram->pass = pass;
    gram->keep = 0;
    return CRITPT_OK;
}
