/* The Hessian of a sample's loss in extended precision: B' (.) B of the base's, at weights that are
 * not rounded to double. */
#include <string.h>

#include "reparametrized/reparametrized.h"

typedef struct folded {
    cpt_extended extended; /* first */
    const cpt_reparametrized *own;
    cpt_extended *base;
    long double *w, *hessian, *row; /* P, P x P of the base; the model's own weights */
} folded;

static void add(cpt_extended *extended, size_t sample, const double *x, const double *y,
                long double *sum)
{
    folded *f = (folded *)extended;
    size_t P = f->own->base->n_weights;
    memset(f->hessian, 0, P * P * sizeof *f->hessian);
    cpt_structure_extended_add(f->base, sample, x, y, f->hessian);
    cpt_sparse_fold_extended(&f->own->b, f->hessian, f->row, sum);
}

static void destroy(cpt_extended *extended)
{
    folded *f = (folded *)extended;
    cpt_structure_extended_destroy(f->base);
    cpt_free(f->w);
    cpt_free(f->hessian);
    cpt_free(f->row);
    cpt_free(f);
}

critpt_status cpt_reparametrized_extended_create(cpt_extended **extended, const critpt_model *model,
                                                 const long double *weights,
                                                 cpt_extended_metric apply_metric,
                                                 const void *metric)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    size_t P = own->base->n_weights, entries;
    folded *f = NULL;
    *extended = NULL;
    CPT_TRY(cpt_multiply(P, P, "Hessian in extended precision", &entries));
    CPT_TRY(cpt_allocate(&f, 1, sizeof *f));
    *f = (folded){.extended = {add, destroy}, .own = own};
    CPT_TRY(cpt_allocate(&f->w, P, sizeof *f->w));
    CPT_TRY(cpt_allocate(&f->hessian, entries, sizeof *f->hessian));
    CPT_TRY(cpt_allocate(&f->row, model->n_weights, sizeof *f->row));
    CPT_TRY(cpt_reparametrized_place_extended(own, weights, f->w));
    CPT_TRY(cpt_structure_extended_create(&f->base, own->base, f->w, apply_metric, metric));
    *extended = &f->extended;
    f = NULL;
done:
    if (f)
        destroy(&f->extended);
    return status;
}
