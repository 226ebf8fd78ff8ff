/* The tape: the base's batch, its weights, and the base's own tape behind them. */
#include <string.h>

#include "reparametrized/reparametrized.h"

/* Doubles in whole cache lines, so that the base's rows begin where the batch's do. */
static size_t lines(size_t n)
{
    return (n + CPT_ALIGNED - 1) / CPT_ALIGNED * CPT_ALIGNED;
}

static size_t head(void)
{
    return lines((sizeof(cpt_reparametrized_tape) + sizeof(double) - 1) / sizeof(double));
}

critpt_status cpt_reparametrized_tape_size(const critpt_model *model, size_t n, size_t *size)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    size_t behind, numbers = head() + lines(cpt_reparametrized_terms(own));
    CPT_TRY(own->base->operations->tape_size(own->base, n, &behind));
    CPT_TRY(cpt_multiply_add(lines(own->base->n_weights), 3, numbers, "tape of a batch", &numbers));
    CPT_TRY(cpt_multiply_add(1, numbers, behind, "tape of a batch", size));
done:
    return status;
}

cpt_reparametrized_tape *cpt_reparametrized_tape_of(const cpt_batch *batch)
{
    return (cpt_reparametrized_tape *)(void *)batch->tape;
}

cpt_reparametrized_tape *cpt_reparametrized_begin(const critpt_model *model, const cpt_batch *batch)
{
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    cpt_reparametrized_tape *tape = cpt_reparametrized_tape_of(batch);
    size_t P = lines(own->base->n_weights);
    memset(tape, 0, sizeof *tape);
    tape->w = batch->tape + head();
    tape->x = tape->w + P;
    tape->y = tape->x + P;
    tape->terms = tape->y + P;
    cpt_reparametrized_place(own, batch->weights, tape->terms, tape->w);
    tape->base = *batch;
    tape->base.weights = tape->w;
    tape->base.tape = tape->terms + lines(cpt_reparametrized_terms(own));
    tape->base.first_weight = own->first_weight;
    return tape;
}

void cpt_reparametrized_clear_entries(const critpt_model *model, size_t n,
                                      const cpt_jacobian_layout *layout, double *entries)
{
    for (size_t i = 0; !layout->map && i < n; i++)
        for (size_t o = 0; o < model->n_outputs; o++)
            for (size_t k = 0; k < model->n_weights; k++)
                entries[i * layout->sample + o * layout->output + k * layout->weight] = 0;
}
