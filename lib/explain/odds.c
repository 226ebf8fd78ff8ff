/* What may be expected of natures before they are sought, by the campaign of bench/CAMPAIGN.md. */
#include <math.h>
#include <stdio.h>

#include "explain/explain.h"

/* Random requests by their targets for each equation, and how many of them were attained. */
typedef struct record {
    double ratio, attained, requests;
} record;

static const record few = {4, 23, 62}, more = {8, 18, 34}, many = {16, 100, 104};

/* Wilson's interval at 95 % (J. Am. Stat. Assoc. 22, 1927), in percent. */
static void find_interval(const record *r, double *low, double *high)
{
    static const double z = 1.959964;
    double n = r->requests, p = r->attained / n;
    double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    *low = 100 * (centre - half);
    *high = 100 * (centre + half);
}

bool cpt_explain_odds(const cpt_equations *equations, char *text, size_t size)
{
    double ratio = (double)equations->unknowns / (double)equations->n, low, high, best, worst;
    double samples = ceil((double)equations->plan->landscape->n_samples * many.ratio / ratio);
    /* the record whose ratio is nearest, as a factor */
    const record *near = ratio < sqrt(few.ratio * more.ratio)    ? &few
                         : ratio < sqrt(more.ratio * many.ratio) ? &more
                                                                 : &many;
    if (size)
        *text = 0;
    if (near == &many)
        return false;
    find_interval(near, &low, &high);
    find_interval(&many, &worst, &best);
    snprintf(text, size,
             "there are %.3g targets for each equation; of random requests with %g %.0f to %.0f %% "
             "were attained, with %g or more, which would be %.0f samples here, %.0f to %.0f %%",
             ratio, near->ratio, low, high, many.ratio, samples, worst, best);
    return true;
}
