/* Null directions: of those that the base's structure explains, the ones that stay in w0 +
 * range(B). What is left of a subspace of lines there is found from the residuals of the lines
 * beside B; curves are taken as a whole or not at all. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "reparametrized/reparametrized.h"

/* ---- Passes, as the base sees them ---- */

typedef struct base_passes {
    cpt_passes passes; /* first */
    const cpt_passes *outer;
} base_passes;

typedef struct relay {
    cpt_visit visit;
    void *user;
} relay;

static critpt_status visit_base(void *user, const cpt_batch *batch, size_t first)
{
    const relay *to = user;
    return to->visit(to->user, &cpt_reparametrized_tape_of(batch)->base, first);
}

static critpt_status run(const cpt_passes *passes, cpt_visit visit, void *user)
{
    const cpt_passes *outer = ((const base_passes *)passes)->outer;
    relay to = {visit, user};
    return outer->run(outer, visit_base, &to);
}

/* ---- What the search holds ---- */

typedef struct search {
    const cpt_reparametrized *own;
    const cpt_null_sink *sink;
    const double *weights;       /* v */
    double *w, *terms, *scratch; /* w; scratch of its placing, and of projections */
    double *x, *v;               /* a number for each weight of the base, and of the model */
} search;

static critpt_status create(search *s, const critpt_model *model, const cpt_passes *passes)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    size_t P = own->base->n_weights;
    *s = (search){.own = own, .weights = passes->weights};
    CPT_TRY(cpt_allocate(&s->w, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->x, P, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->v, model->n_weights, sizeof(double)));
    CPT_TRY(cpt_allocate(&s->terms, cpt_reparametrized_terms(own), sizeof(double)));
    CPT_TRY(cpt_allocate(&s->scratch, cpt_reparametrized_scratch(own), sizeof(double)));
    cpt_reparametrized_place(own, passes->weights, s->terms, s->w);
done:
    return status;
}

static void destroy(search *s)
{
    cpt_free(s->w);
    cpt_free(s->x);
    cpt_free(s->v);
    cpt_free(s->terms);
    cpt_free(s->scratch);
}

static base_passes passes_of(const search *s, const cpt_passes *outer)
{
    return (base_passes){{run, s->w, outer->capacity}, outer};
}

/* ---- Single weights ---- */

critpt_status cpt_reparametrized_place_null_weights(const critpt_model *model,
                                                    const cpt_passes *passes, const bool *null,
                                                    cpt_null_place *places)
{
    critpt_status status;
    const cpt_reparametrized *own = cpt_reparametrized_from(model);
    size_t P = own->base->n_weights;
    bool *base_null = NULL;
    cpt_null_place *base_places = NULL;
    search s;
    CPT_TRY(create(&s, model, passes));
    CPT_TRY(cpt_allocate(&base_null, P, sizeof *base_null));
    CPT_TRY(cpt_allocate(&base_places, P, sizeof *base_places));
    for (size_t k = 0; k < model->n_weights; k++)
        if (null[k] && own->only[k] != SIZE_MAX)
            base_null[own->only[k]] = true;
    const base_passes through = passes_of(&s, passes);
    CPT_TRY(cpt_structure_place_null_weights(own->base, &through.passes, base_null, base_places));
    for (size_t k = 0; k < model->n_weights; k++)
        places[k] = own->only[k] != SIZE_MAX ? base_places[own->only[k]]
                                             : (cpt_null_place){0, k, CRITPT_NULL_NO_INFLUENCE};
done:
    destroy(&s);
    cpt_free(base_null);
    cpt_free(base_places);
    return status;
}

/* ---- Lines ---- */

/* gram (n x n): products of the lines' residuals beside range(B), the lines scaled to norm 1. */
static critpt_status multiply_residuals(search *s, const cpt_null_family *family, double *gram)
{
    critpt_status status;
    size_t n = family->n_lines, P = s->own->base->n_weights, entries;
    double *residuals = NULL;
    CPT_TRY(cpt_multiply(n, P, "null directions", &entries));
    CPT_TRY(cpt_allocate(&residuals, entries, sizeof *residuals));
    for (size_t i = 0; i < n; i++) {
        double *x = residuals + i * P;
        cpt_linalg_axpy(P, 1 / cpt_linalg_norm(P, family->lines + i * P), family->lines + i * P, x);
        cpt_reparametrized_project(s->own, x, s->scratch, s->v);
    }
    cpt_linalg_gram(n, P, residuals, P, 0, gram);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            gram[i * n + j] = gram[j * n + i];
done:
    cpt_free(residuals);
    return status;
}

/* v for the combination of the lines, which is in range(B), and its length there. */
static double combine(search *s, const cpt_null_family *family, const double *coefficients,
                      double *v)
{
    size_t P = s->own->base->n_weights;
    memset(s->x, 0, P * sizeof *s->x);
    for (size_t i = 0; i < family->n_lines; i++) {
        const double *line = family->lines + i * P;
        cpt_linalg_axpy(P, coefficients[i] / cpt_linalg_norm(P, line), line, s->x);
    }
    double length = cpt_linalg_norm(P, s->x);
    cpt_reparametrized_project(s->own, s->x, s->scratch, v);
    return length;
}

static critpt_status take_lines(search *s, const cpt_null_family *family)
{
    critpt_status status;
    size_t n = family->n_lines, V = s->own->model.n_weights, kept = 0, entries;
    cpt_null_family own = *family;
    double *gram = NULL, *values = NULL, *lines = NULL;
    CPT_TRY(cpt_allocate(&gram, n * n, sizeof *gram));
    CPT_TRY(cpt_allocate(&values, n, sizeof *values));
    CPT_TRY(multiply_residuals(s, family, gram));
    CPT_TRY(cpt_linalg_eigen(n, gram, values));
    while (kept < n && values[kept] <= 1e3 * (double)n * DBL_EPSILON)
        kept++;
    CPT_TRY(cpt_multiply(kept, V, "null directions", &entries));
    CPT_TRY(cpt_allocate(&lines, entries, sizeof *lines));
    for (size_t i = 0; i < kept; i++) {
        double length = combine(s, family, gram + i * n, lines + i * V);
        if (i == 0) /* the same move of the base */
            own.length *= cpt_linalg_norm(V, lines) / length;
    }
    own.n_lines = kept;
    own.lines = lines;
    if (kept > 0)
        CPT_TRY(s->sink->take(s->sink->user, &own));
done:
    cpt_free(gram);
    cpt_free(values);
    cpt_free(lines);
    return status;
}

/* ---- Curves ---- */

typedef struct folded_curve {
    cpt_curve curve; /* first */
    search *search;
    const cpt_curve *base;
} folded_curve;

static void tangent(const cpt_curve *curve, const double *weights, double *result)
{
    const folded_curve *f = (const folded_curve *)curve;
    search *s = f->search;
    cpt_reparametrized_place(s->own, weights, s->terms, s->w);
    f->base->tangent(f->base, s->w, s->x);
    cpt_reparametrized_project(s->own, s->x, s->scratch, result);
}

static void move(const cpt_curve *curve, const double *weights, double size, double *moved)
{
    const folded_curve *f = (const folded_curve *)curve;
    search *s = f->search;
    cpt_reparametrized_place(s->own, weights, s->terms, s->w);
    f->base->move(f->base, s->w, size, s->x);
    cpt_linalg_axpy(s->own->base->n_weights, -1, s->w, s->x);
    cpt_reparametrized_project(s->own, s->x, s->scratch, moved);
    cpt_linalg_axpy(s->own->model.n_weights, 1, weights, moved);
}

/* Whether x, the base's, is in range(B). */
static bool is_inside(search *s)
{
    size_t P = s->own->base->n_weights;
    double size = cpt_linalg_norm(P, s->x);
    cpt_reparametrized_project(s->own, s->x, s->scratch, s->v);
    return cpt_linalg_norm(P, s->x) <= 1e-10 * size;
}

static critpt_status take_curve(search *s, const cpt_null_family *family)
{
    const folded_curve folded = {{family->curve->straight, tangent, move}, s, family->curve};
    cpt_null_family own = *family;
    own.curve = &folded.curve;
    family->curve->tangent(family->curve, s->w, s->x);
    if (!is_inside(s))
        return CRITPT_OK;
    family->curve->move(family->curve, s->w, 0x1p-4, s->x);
    cpt_linalg_axpy(s->own->base->n_weights, -1, s->w, s->x);
    return is_inside(s) ? s->sink->take(s->sink->user, &own) : CRITPT_OK;
}

/* ---- The search ---- */

static critpt_status take(void *user, const cpt_null_family *family)
{
    search *s = user;
    return family->curve ? take_curve(s, family) : take_lines(s, family);
}

static bool is_full(void *user)
{
    const search *s = user;
    return s->sink->is_full(s->sink->user);
}

critpt_status cpt_reparametrized_seek_null_families(const critpt_model *model,
                                                    const cpt_passes *passes,
                                                    const cpt_null_sink *sink)
{
    critpt_status status;
    search s;
    const cpt_null_sink through = {take, is_full, &s};
    CPT_TRY(create(&s, model, passes));
    s.sink = sink;
    const base_passes base = passes_of(&s, passes);
    CPT_TRY(cpt_structure_seek_null_families(s.own->base, &base.passes, &through));
done:
    destroy(&s);
    return status;
}
