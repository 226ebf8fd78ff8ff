/* w = w0 + B v so that every weight is rounded once, whatever cancels: products and sums are taken
 * with their errors (Dekker; Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 2005), and these are
 * distilled until what is left cannot move the result (MATH 14). */
#include <float.h>
#include <math.h>

#include "reparametrized/reparametrized.h"

/* w0, and of each entry of a row the product and its error, for both halves of v. */
size_t cpt_reparametrized_terms(const cpt_reparametrized *own)
{
    return 4 * own->b.widest + 1;
}

/* The sum of n terms, which are destroyed, as its nearest double and what that lacks. */
static double add_terms(size_t n, double *terms, double *lack)
{
    double *top = terms + n - 1, rest = INFINITY;
    for (size_t round = 0; round < n && rest > DBL_EPSILON / 16 * fabs(*top); round++) {
        for (size_t i = 1; i < n; i++) {
            double a = terms[i - 1], b = terms[i], sum = a + b, part = sum - a;
            terms[i - 1] = (a - (sum - part)) + (b - part);
            terms[i] = sum;
        }
        rest = 0;
        for (size_t i = 0; i + 1 < n; i++)
            rest += fabs(terms[i]);
    }
    double errors = 0;
    for (size_t i = 0; i + 1 < n; i++)
        errors += terms[i];
    double result = *top + errors;
    *lack = errors - (result - *top);
    return result;
}

static size_t add_product(double a, double b, double *terms)
{
    terms[0] = a * b;
    terms[1] = fma(a, b, -terms[0]);
    return 2;
}

/* Weight j for v + low; low NULL: 0. */
static double place_weight(const cpt_reparametrized *own, size_t j, const double *v,
                           const double *low, double *terms, double *lack)
{
    const cpt_sparse *b = &own->b;
    size_t first = b->first[j], end = b->first[j + 1], n = 1;
    *lack = 0;
    if (first == end)
        return own->origin[j];
    if (end - first == 1 && !low)
        return fma(b->values[first], v[b->columns[first]], own->origin[j]);
    terms[0] = own->origin[j];
    for (size_t e = first; e < end; e++) {
        n += add_product(b->values[e], v[b->columns[e]], terms + n);
        if (low)
            n += add_product(b->values[e], low[b->columns[e]], terms + n);
    }
    return add_terms(n, terms, lack);
}

void cpt_reparametrized_place(const cpt_reparametrized *own, const double *v, double *terms,
                              double *w)
{
    double lack;
    const cpt_sparse *b = &own->b;
    for (size_t j = 0; j < b->n_rows; j++) {
        size_t e = b->first[j];
        if (own->exact) /* without a call of fma */
            w[j] = e < b->first[j + 1] ? b->values[e] * v[b->columns[e]] : own->origin[j];
        else
            w[j] = place_weight(own, j, v, NULL, terms, &lack);
    }
}

critpt_status cpt_reparametrized_place_extended(const cpt_reparametrized *own, const long double *v,
                                                long double *w)
{
    critpt_status status;
    size_t n = own->b.n_columns;
    double *high = NULL, *low = NULL, *terms = NULL, lack;
    CPT_TRY(cpt_allocate(&high, n, sizeof *high));
    CPT_TRY(cpt_allocate(&low, n, sizeof *low));
    CPT_TRY(cpt_allocate(&terms, cpt_reparametrized_terms(own), sizeof *terms));
    for (size_t k = 0; k < n; k++) {
        high[k] = (double)v[k];
        low[k] = (double)(v[k] - high[k]);
    }
    for (size_t j = 0; j < own->b.n_rows; j++) {
        w[j] = place_weight(own, j, high, low, terms, &lack);
        w[j] += lack;
    }
done:
    cpt_free(high);
    cpt_free(low);
    cpt_free(terms);
    return status;
}

critpt_status cpt_reparametrized_require_finite(const cpt_reparametrized *own, const double *w)
{
    for (size_t j = 0; j < own->b.n_rows; j++)
        if (!isfinite(w[j])) {
            char name[96];
            cpt_structure_describe_weight(own->base, j, name, sizeof name);
            return cpt_error(CRITPT_NON_FINITE,
                             "%s of the base model is %g: the origin plus the matrix times the "
                             "weights overflows there; scale the weights down",
                             name, w[j]);
        }
    return CRITPT_OK;
}
