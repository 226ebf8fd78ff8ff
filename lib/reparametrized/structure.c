/* What the base's facts become for fewer weights (MATH 14): only what B leaves true is answered. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reparametrized/reparametrized.h"

/* ---- Found once ---- */

/* inside[k]: all rows of column k are in[j]. */
static void find_inside(const cpt_sparse *b, const bool *in, bool *inside)
{
    for (size_t k = 0; k < b->n_columns; k++)
        inside[k] = true;
    for (size_t e = 0; e < b->n; e++)
        inside[b->columns[e]] &= in[b->rows[e]];
}

/* Whether the rows in[j] are those of the columns inside alone, and start from 0. */
static bool is_linear(const cpt_reparametrized *own, const bool *in, const bool *inside)
{
    const cpt_sparse *b = &own->b;
    for (size_t j = 0; j < b->n_rows; j++)
        if (in[j] && own->origin[j] != 0)
            return false;
    for (size_t e = 0; e < b->n; e++)
        if (in[b->rows[e]] && !inside[b->columns[e]])
            return false;
    return true;
}

static critpt_status find_linear(cpt_reparametrized *own)
{
    critpt_status status = CRITPT_OK;
    cpt_linear_block block;
    bool *in = NULL, *inside = NULL;
    if (!cpt_structure_linear_block(own->base, &block))
        return CRITPT_OK;
    CPT_TRY(cpt_allocate(&in, own->b.n_rows, sizeof *in));
    CPT_TRY(cpt_allocate(&inside, own->b.n_columns, sizeof *inside));
    CPT_TRY(cpt_allocate(&own->linear, own->b.n_columns, sizeof *own->linear));
    for (size_t i = 0; i < block.n; i++)
        in[cpt_structure_linear_weight(&block, i)] = true;
    find_inside(&own->b, in, inside);
    for (size_t k = 0; k < own->b.n_columns && is_linear(own, in, inside); k++)
        if (inside[k])
            own->linear[own->n_linear++] = k;
done:
    cpt_free(in);
    cpt_free(inside);
    return status;
}

/* The column that is the unit vector of row j; SIZE_MAX if there is none. */
static size_t unit_column(const cpt_reparametrized *own, size_t j)
{
    const cpt_sparse *b = &own->b;
    for (size_t e = b->first[j]; e < b->first[j + 1]; e++)
        if (own->only[b->columns[e]] == j && b->values[e] == 1)
            return b->columns[e];
    return SIZE_MAX;
}

/* Those of all outputs or none: some alone do not shift means freely, whatever the metric. */
static critpt_status find_constants(cpt_reparametrized *own)
{
    critpt_status status;
    size_t D = own->model.n_outputs, *constants = NULL;
    CPT_TRY(cpt_allocate(&constants, D, sizeof *constants));
    for (size_t o = 0; o < D; o++) {
        size_t j = cpt_structure_constant(own->base, o);
        constants[o] = j == SIZE_MAX ? SIZE_MAX : unit_column(own, j);
        if (constants[o] == SIZE_MAX)
            goto done;
    }
    own->constants = constants;
    constants = NULL;
done:
    cpt_free(constants);
    return status;
}

/* The block of the base that the first row with an entry is in. */
static size_t first_block(const cpt_reparametrized *own)
{
    size_t row = own->b.rows[0], first = 0;
    for (size_t i = 0; i < cpt_structure_n_blocks(own->base); i++) {
        size_t weights = cpt_structure_block(own->base, i).weights;
        if (weights <= row)
            first = weights;
    }
    return first;
}

critpt_status cpt_reparametrized_find_structure(cpt_reparametrized *own)
{
    critpt_status status;
    const cpt_model_structure *base = own->base->operations->structure;
    own->structure = cpt_reparametrized_structure;
    if (!base || !base->draw)
        own->structure.draw = NULL;
    if (!cpt_structure_has_extended(own->base))
        own->structure.extended_create = NULL;
    own->first_weight = first_block(own);
    CPT_TRY(find_linear(own));
    CPT_TRY(find_constants(own));
done:
    return status;
}

/* ---- Answers ---- */

static bool linear_block(const critpt_model *model, cpt_linear_block *block)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    *block = (cpt_linear_block){own->n_linear, 0, own->linear};
    return own->n_linear > 0;
}

static size_t constant(const critpt_model *model, size_t output)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    return own->constants ? own->constants[output] : SIZE_MAX;
}

/* v such that the base's weights are those drawn: all where B chooses weights, the first of each
 * column's where columns share none, else in least squares. */
static critpt_status draw(const critpt_model *model, uint64_t seed, size_t point, double scale,
                          double *weights)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    const cpt_sparse *b = &own->b;
    double *w = NULL, *scratch = NULL;
    CPT_TRY(cpt_allocate(&w, b->n_rows, sizeof *w));
    CPT_TRY(cpt_allocate(&scratch, cpt_reparametrized_scratch(own), sizeof *scratch));
    CPT_TRY(cpt_structure_draw(own->base, seed, point, scale, w));
    for (size_t j = 0; j < b->n_rows; j++)
        w[j] -= own->origin[j];
    for (size_t k = 0; own->disjoint && k < b->n_columns; k++) {
        size_t j = own->leader[k];
        weights[k] = w[j] / b->values[b->first[j]];
    }
    if (!own->disjoint)
        cpt_reparametrized_project(own, w, scratch, weights);
done:
    cpt_free(w);
    cpt_free(scratch);
    return status;
}

static int exact_orders(const critpt_model *model)
{
    return cpt_structure_exact_orders(cpt_reparametrized_from(model)->base);
}

static bool locate_weight(const critpt_model *model, size_t weight, size_t *layer, size_t *row,
                          size_t *column)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    return own->only[weight] != SIZE_MAX &&
           cpt_structure_locate_weight(own->base, own->only[weight], layer, row, column);
}

static void describe_weight(const critpt_model *model, size_t weight, char *text, size_t size)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    if (own->only[weight] != SIZE_MAX)
        cpt_structure_describe_weight(own->base, own->only[weight], text, size);
    else
        snprintf(text, size, "weight %zu", weight);
}

static void describe_kink(const critpt_model *model, const cpt_kink *kink, char *text, size_t size)
{
    cpt_structure_describe_kink(cpt_reparametrized_from(model)->base, kink, text, size);
}

/* B d and B' x on the way in and out; rounded weights are a rounding of every product with them, of
 * which a base has three for each sum that it counts. */
static cpt_sum_lengths sum_lengths(const critpt_model *model)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_sum_lengths lengths = cpt_structure_sum_lengths(own->base);
    lengths.roundings *= own->exact ? 1 : 2;
    lengths.roundings += 2 * (double)(own->b.longest + own->b.widest + 2);
    lengths.longest += !own->exact;
    return lengths;
}

static size_t extended_entries(const critpt_model *model)
{
    const critpt_model *base = cpt_reparametrized_from(model)->base;
    return base->n_weights * base->n_weights + cpt_structure_extended_entries(base);
}

const cpt_model_structure cpt_reparametrized_structure = {
    .linear_block = linear_block,
    .constant = constant,
    .draw = draw,
    .exact_orders = exact_orders,
    .locate_weight = locate_weight,
    .describe_weight = describe_weight,
    .describe_kink = describe_kink,
    .sum_lengths = sum_lengths,
    .extended_entries = extended_entries,
    .extended_create = cpt_reparametrized_extended_create,
    .place_null_weights = cpt_reparametrized_place_null_weights,
    .seek_null_families = cpt_reparametrized_seek_null_families,
};
