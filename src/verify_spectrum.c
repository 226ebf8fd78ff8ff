/* Spectra once more: eigenvalues, index, nullity, kind and escape direction of a point against the
 * Hessian in extended precision. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact_curvature.h"
#include "verification.h"

enum { DIRECTIONS = 16, PROBES = 2 };

/* Gradients up to so many rounding units count as zero, as critpt_spectrum(3) has it; what the
 * library rounded may be some units off. */
static const double accepted_gradient = 100, gradient_slack = 10;

/* What the file says of a point. */
typedef struct stated_spectrum {
    size_t P;
    char where[32];
    const char *kind; /* NULL: unknown */
    double index, nullity, error;
    double *values, *escape;
    bool has_escape;
} stated_spectrum;

static double value_of(const verification *v, size_t k, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(v->file, k, quantity, &value);
    return value;
}

static outcome load(const verification *v, size_t k, stated_spectrum *s)
{
    size_t P = v->problem.n_weights;
    outcome result;
    *s = (stated_spectrum){.P = P, .kind = critpt_file_point_kind(v->file, k)};
    snprintf(s->where, sizeof s->where, "point %zu", k);
    s->index = value_of(v, k, CRITPT_FILE_POINT_INDEX);
    s->nullity = value_of(v, k, CRITPT_FILE_POINT_NULLITY);
    s->error = value_of(v, k, CRITPT_FILE_POINT_EIGENVALUE_ERROR);
    TRY(allocate(&s->values, 2 * P, sizeof(double)));
    s->escape = s->values + P;
    TRY(from_library(
        critpt_file_point_vector(v->file, k, CRITPT_FILE_VECTOR_EIGENVALUES, s->values, P), "%s",
        v->path));
    TRY(from_library(critpt_file_point_vector(v->file, k, CRITPT_FILE_VECTOR_ESCAPE, s->escape, P),
                     "%s", v->path));
    s->has_escape = !isnan(s->escape[0]);
done:
    return result;
}

bool states_spectrum(const verification *v, size_t k)
{
    return critpt_file_point_kind(v->file, k) ||
           !isnan(value_of(v, k, CRITPT_FILE_POINT_EIGENVALUE_ERROR)) ||
           !isnan(value_of(v, k, CRITPT_FILE_POINT_INDEX));
}

/* ---- Random directions ---- */

/* n vectors of +-1, from a generator of their own (xorshift64). */
static void draw_signs(size_t n, double *values)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        values[i] = state >> 63 ? 1 : -1;
    }
}

outcome estimate_spectrum(verification *v, const double *weights, double *whole, double *directions)
{
    exact_problem part = v->problem.exact;
    size_t n = part.n_samples, P = v->problem.n_weights;
    double *signs = NULL, quotients[PROBES], seconds;
    outcome result;
    TRY(allocate(&signs, PROBES * P, sizeof *signs));
    draw_signs(PROBES * P, signs);
    for (part.n_samples = 1;; part.n_samples = 2 * part.n_samples < n ? 2 * part.n_samples : n) {
        double start = seconds_now();
        TRY(exact_quotients(&part, weights, PROBES, signs, quotients, NULL));
        seconds = seconds_now() - start;
        if (seconds > 0.01 || part.n_samples == n)
            break;
    }
    seconds *= (double)n / (double)part.n_samples / PROBES;
    v->product_seconds = seconds;
    *directions = seconds * (DIRECTIONS + 1);
    *whole = seconds * (double)P + 4e-9 * pow((double)P, 3); /* two reductions of P x P */
done:
    free(signs);
    return result;
}

/* ---- Claims ---- */

/* A unit vector whose Rayleigh quotient is the least eigenvalue. */
static outcome check_escape(verification *v, const stated_spectrum *s, const double *weights,
                            double least, double error)
{
    double quotient, norm;
    if (!s->has_escape)
        return DONE;
    outcome result = exact_quotients(&v->problem.exact, weights, 1, s->escape, &quotient, &norm);
    if (result != DONE)
        return result;
    judge(v, s->where, "length of escape", 1, norm,
          fabs(norm - 1) <= 100 * DBL_EPSILON * sqrt((double)s->P));
    judge(v, s->where, "curvature along escape", least, quotient, fabs(quotient - least) <= error);
    return DONE;
}

/* Every eigenvalue within both bounds; the one that is farthest off is named. */
static void check_eigenvalues(verification *v, const stated_spectrum *s,
                              const exact_spectrum *found, double error)
{
    size_t worst = 0;
    bool known = true;
    char claim[48];
    for (size_t i = 0; i < s->P; i++) {
        known = known && isfinite(s->values[i]);
        if (fabs(s->values[i] - found->values[i]) > fabs(s->values[worst] - found->values[worst]))
            worst = i;
    }
    snprintf(claim, sizeof claim, "eigenvalue %zu", worst);
    judge(v, s->where, claim, s->values[worst], found->values[worst],
          known && fabs(s->values[worst] - found->values[worst]) <= error);
}

/* How many eigenvalues are below `low`, and above `high`. */
static void count(const exact_spectrum *found, double low, double high, double *below,
                  double *above)
{
    *below = *above = 0;
    for (size_t i = 0; i < found->n; i++) {
        *below += found->values[i] < low;
        *above += found->values[i] > high;
    }
}

/* What double precision was certain of must be so; and it must have been certain of all that stands
 * clear of its own error. */
static void check_signs(verification *v, const stated_spectrum *s, const exact_spectrum *found)
{
    double clear = 2 * s->error, below, above, negative = (double)found->n_negative;
    double positive = (double)found->n_positive, P = (double)s->P;
    double stated_positive = P - s->index - s->nullity;
    count(found, -clear, clear, &below, &above);
    judge(v, s->where, "index", s->index, negative,
          s->index >= below && s->index <= negative && stated_positive >= above &&
              stated_positive <= positive);
    judge(v, s->where, "nullity", s->nullity, P - negative - positive,
          s->nullity >= P - negative - positive && s->nullity <= P - below - above);
}

/* The kind that follows from what was found, or `stated` where extended precision leaves it open.
 */
static const char *kind_found(const stated_spectrum *s, const exact_spectrum *found,
                              double gradient_scaled)
{
    const char *stated = s->kind;
    bool not_critical = !strcmp(stated, critpt_kind_name(CRITPT_NOT_CRITICAL));
    double limit = accepted_gradient + (not_critical ? -gradient_slack : gradient_slack);
    if (!(gradient_scaled <= limit))
        return critpt_kind_name(CRITPT_NOT_CRITICAL);
    if (s->index > 0 && s->index + s->nullity < (double)s->P)
        return critpt_kind_name(CRITPT_SADDLE);
    if (!(s->nullity > 0))
        return critpt_kind_name(s->index > 0 ? CRITPT_MAXIMUM : CRITPT_MINIMUM);
    if (s->index > 0)
        return critpt_kind_name(CRITPT_DEGENERATE);
    double spread = 1 + found->norm / found->gap, squared = found->null_slope * found->null_slope;
    double vanishing = 1000 * (double)s->P * exact_epsilon() * spread;
    if (found->null_slope <= vanishing * sqrt(found->norm))
        return critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT);
    if (squared > 10 * s->error * spread)
        return critpt_kind_name(CRITPT_DEGENERATE);
    return !strcmp(stated, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT))
               ? stated
               : critpt_kind_name(CRITPT_DEGENERATE);
}

/* What was asked for, unless the file says that it was refused, against the kind found. */
static void check_nature(verification *v, size_t k, const stated_spectrum *s, const char *kind)
{
    const char *nature = critpt_file_point_nature(v->file, k);
    bool none = !strcmp(nature, "any") || !strcmp(nature, "free");
    if (none || critpt_file_text_value(v->file, CRITPT_FILE_TEXT_REFUSED))
        return;
    judge_text(v, s->where, "nature_requested", nature, kind,
               !strncmp(nature, kind, strlen(nature)));
}

static outcome check_whole(verification *v, size_t k, const stated_spectrum *s,
                           const double *weights, double gradient_scaled)
{
    exact_spectrum found;
    bool open = s->nullity > 0 && !(s->index > 0);
    outcome result =
        exact_spectrum_create(&found, &v->problem.exact, weights, open ? s->error : -1);
    if (result != DONE)
        return result;
    double error = s->error + found.error;
    check_eigenvalues(v, s, &found, error);
    check_signs(v, s, &found);
    if (s->kind) {
        const char *kind = kind_found(s, &found, gradient_scaled);
        judge_text(v, s->where, "kind", s->kind, kind, !strcmp(s->kind, kind));
        check_nature(v, k, s, kind);
    }
    result = check_escape(v, s, weights, found.values[0], error);
    exact_spectrum_free(&found);
    return result;
}

/* No quotient lies outside the stated extremes. */
static outcome check_directions(verification *v, const stated_spectrum *s, const double *weights)
{
    double *signs = NULL, quotients[DIRECTIONS], least = s->values[0], largest;
    double error = s->error * (1 + 1e-6);
    outcome result;
    TRY(allocate(&signs, DIRECTIONS * s->P, sizeof *signs));
    draw_signs(DIRECTIONS * s->P, signs);
    TRY(exact_quotients(&v->problem.exact, weights, DIRECTIONS, signs, quotients, NULL));
    largest = s->values[s->P - 1];
    for (size_t d = 0; d < DIRECTIONS; d++) {
        bool low = quotients[d] < least - error;
        judge(v, s->where, "curvature along a random direction", low ? least : largest,
              quotients[d], !low && quotients[d] <= largest + error);
    }
    TRY(check_escape(v, s, weights, least, error));
done:
    free(signs);
    return result;
}

outcome check_spectrum(verification *v, size_t k, const double *weights, double gradient_scaled)
{
    stated_spectrum s = {0};
    outcome result = load(v, k, &s);
    if (result == DONE &&
        (isnan(s.values[0]) || !(s.error >= 0) || isnan(s.index) || isnan(s.nullity)))
        leave(v, "an incomplete spectrum");
    else if (result == DONE)
        result = v->whole ? check_whole(v, k, &s, weights, gradient_scaled)
                          : check_directions(v, &s, weights);
    free(s.values);
    return result;
}
