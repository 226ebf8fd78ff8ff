/* Spectra once more: eigenvalues, index, nullity, kind and escape direction of a point against the
 * Hessian in extended precision. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/products.h"
#include "oracle/spectrum.h"
#include "verify/spectrum.h"

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
    bool is_unseen; /* signs are stated that are not seen here, and none that differ */
} stated_spectrum;

static outcome load(const verification *v, size_t k, stated_spectrum *s)
{
    size_t P = v->problem.n_weights;
    outcome result;
    *s = (stated_spectrum){.P = P, .kind = critpt_file_point_kind(v->file, k)};
    snprintf(s->where, sizeof s->where, "point %zu", k);
    s->index = verify_point_value(v, k, CRITPT_FILE_POINT_INDEX);
    s->nullity = verify_point_value(v, k, CRITPT_FILE_POINT_NULLITY);
    s->error = verify_point_value(v, k, CRITPT_FILE_POINT_EIGENVALUE_ERROR);
    TRY(cli_allocate(&s->values, 2 * P, sizeof(double)));
    s->escape = s->values + P;
    TRY(cli_from_library(
        critpt_file_point_vector(v->file, k, CRITPT_FILE_VECTOR_EIGENVALUES, s->values, P), "%s",
        v->path));
    TRY(cli_from_library(
        critpt_file_point_vector(v->file, k, CRITPT_FILE_VECTOR_ESCAPE, s->escape, P), "%s",
        v->path));
    for (size_t i = 0; i < P; i++)
        s->has_escape = s->has_escape || !isnan(s->escape[i]);
done:
    return result;
}

bool verify_states_spectrum(const verification *v, size_t k)
{
    return critpt_file_point_kind(v->file, k) ||
           !isnan(verify_point_value(v, k, CRITPT_FILE_POINT_EIGENVALUE_ERROR)) ||
           !isnan(verify_point_value(v, k, CRITPT_FILE_POINT_INDEX));
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

/* ---- Claims ---- */

/* A unit vector whose Rayleigh quotient is the least eigenvalue. */
static outcome check_escape(verification *v, const stated_spectrum *s, const double *weights,
                            double least, double error)
{
    double quotient, norm;
    if (!s->has_escape)
        return DONE;
    outcome result = claims_from_oracle(
        oracle_quotients(&v->problem.oracle, weights, 1, s->escape, &quotient, &norm));
    if (result != DONE)
        return result;
    verify_judge(v, s->where, "length of escape", 1, norm,
                 fabs(norm - 1) <= 100 * DBL_EPSILON * sqrt((double)s->P));
    verify_judge(v, s->where, "curvature along escape", least, quotient,
                 fabs(quotient - least) <= error);
    return DONE;
}

/* Every eigenvalue within both bounds; the one that is farthest off is named. */
static void check_eigenvalues(verification *v, const stated_spectrum *s,
                              const oracle_spectrum *found, double error)
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
    verify_judge(v, s->where, claim, s->values[worst], found->values[worst],
                 known && fabs(s->values[worst] - found->values[worst]) <= error);
}

/* How many eigenvalues are below `low`, and above `high`. */
static void count(const oracle_spectrum *found, double low, double high, double *below,
                  double *above)
{
    *below = *above = 0;
    for (size_t i = 0; i < found->n; i++) {
        *below += found->values[i] < low;
        *above += found->values[i] > high;
    }
}

/* What double precision was certain of must agree with all that is certain here, and it must have
 * been certain of all that stands clear of its own error. Signs that it saw by its scaling and that
 * are not seen here are listed. */
static void check_signs(verification *v, stated_spectrum *s, const oracle_spectrum *found)
{
    double limit = 2 * s->error, below, above, negative = (double)found->seen_negative;
    double positive = (double)found->seen_positive, P = (double)s->P;
    double stated_positive = P - s->index - s->nullity;
    count(found, -limit, limit, &below, &above);
    bool agree = s->index >= below && s->index <= P - (double)found->n_positive &&
                 stated_positive >= above && stated_positive <= P - (double)found->n_negative;
    bool seen = s->index <= negative && stated_positive <= positive;
    s->is_unseen = agree && !seen;
    if (s->is_unseen) {
        verify_leave(v, "%s: index and nullity (signs below extended precision)", s->where);
        return;
    }
    verify_judge(v, s->where, "index", s->index, negative, agree);
    verify_judge(v, s->where, "nullity", s->nullity, P - negative - positive,
                 s->nullity >= P - negative - positive && s->nullity <= P - below - above);
}

/* Whether neither J nor S does anything in the undecided directions. A file that says so is held
 * against the signs that are seen, and against negative ones that rounding of the targets does not
 * make; one that does not against those that are certain. */
static bool vanishes(const stated_spectrum *s, const oracle_spectrum *found, bool minimal)
{
    size_t positive = minimal ? found->seen_positive : found->n_positive;
    size_t negative = minimal ? found->n_descending : found->n_negative;
    return s->nullity > 0 && s->nullity < (double)s->P && negative == 0 &&
           (double)positive >= (double)s->P - s->nullity &&
           found->null_slope <= found->null_error * sqrt(found->size) &&
           found->null_bend <= found->null_error * found->size;
}

/* Whether moves confirm it, too: along symmetries that have a name, or any. */
static bool is_null(const stated_spectrum *s, const oracle_spectrum *found, bool minimal)
{
    return vanishes(s, found, minimal) && (minimal ? found->explained : found->named);
}

/* The kind by the signs, and by J and S, that were found; where double precision left signs open,
 * it may have left the kind open too. */
static critpt_kind kind_found(const stated_spectrum *s, const oracle_spectrum *found,
                              double gradient_scaled)
{
    bool not_critical = !strcmp(s->kind, critpt_kind_name(CRITPT_NOT_CRITICAL));
    bool minimal = !strcmp(s->kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT));
    double limit = accepted_gradient + (not_critical ? -gradient_slack : gradient_slack);
    bool above = s->index + s->nullity<(double)s->P, below = s->index> 0;
    if (!(gradient_scaled <= limit))
        return CRITPT_NOT_CRITICAL;
    if (below && above && found->seen_negative && found->seen_positive)
        return CRITPT_SADDLE;
    if (!(s->nullity > 0) && found->seen_positive == s->P)
        return CRITPT_MINIMUM;
    if (!(s->nullity > 0) && found->seen_negative == s->P)
        return CRITPT_MAXIMUM;
    if (!below && is_null(s, found, minimal))
        return CRITPT_MINIMUM_ON_COMPLEMENT;
    return minimal && found->n_descending && found->n_positive ? CRITPT_SADDLE : CRITPT_DEGENERATE;
}

/* The kind that the stated signs make of a critical point. */
static critpt_kind kind_of_signs(const stated_spectrum *s)
{
    double P = (double)s->P, positive = P - s->index - s->nullity;
    if (s->index > 0 && positive > 0)
        return CRITPT_SADDLE;
    if (s->nullity > 0)
        return CRITPT_DEGENERATE;
    return positive >= P ? CRITPT_MINIMUM : CRITPT_MAXIMUM;
}

/* Why a kind is listed and not judged, NULL where it is judged: signs that are not seen here; a
 * minimum on a complement whose J and S vanish as they should and whose moves could not be
 * followed; or a degenerate point, which claims less than moves show, unless the null directions
 * stand clear of all others. */
static const char *why_open(const stated_spectrum *s, const oracle_spectrum *found,
                            critpt_kind seen)
{
    static const double separated = 1e-6; /* of the largest eigenvalue */
    bool minimal = !strcmp(s->kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT));
    bool degenerate = !strcmp(s->kind, critpt_kind_name(CRITPT_DEGENERATE));
    if (s->is_unseen && !minimal && seen == CRITPT_DEGENERATE &&
        !strcmp(s->kind, critpt_kind_name(kind_of_signs(s))))
        return "its signs are below extended precision";
    if (minimal && seen == CRITPT_DEGENERATE && !(s->index > 0) && vanishes(s, found, true))
        return "its null directions could not be followed";
    if (degenerate && seen == CRITPT_MINIMUM_ON_COMPLEMENT && found->gap < separated * found->norm)
        return "degenerate, where moves show a minimum on the complement of its null directions";
    return NULL;
}

/* What was asked for, unless the file says that it was refused, against the kind found. */
static void check_nature(verification *v, size_t k, const stated_spectrum *s,
                         const oracle_spectrum *found, const char *kind)
{
    const char *nature = critpt_file_point_nature(v->file, k);
    bool strict = v->has_spec && k < v->spec.n_points && v->spec.points[k].has_nature;
    if (!v->planted || !strcmp(nature, "any") || !strcmp(nature, "free"))
        return;
    verify_judge_text(v, s->where, "nature_requested", nature, kind,
                      !strcmp(nature, kind) ||
                          (!strcmp(nature, critpt_kind_name(CRITPT_MINIMUM)) &&
                           !strcmp(kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT))));
    if (strict && v->spec.points[k].index > 0 && v->spec.points[k].index < SIZE_MAX)
        verify_judge(v, s->where, "index that was asked for", (double)v->spec.points[k].index,
                     (double)found->n_negative,
                     s->index >= (double)v->spec.points[k].index &&
                         s->index <= (double)v->spec.points[k].index);
}

static void check_kind(verification *v, size_t k, const stated_spectrum *s,
                       const oracle_spectrum *found, critpt_kind seen)
{
    const char *open = why_open(s, found, seen), *kind = critpt_kind_name(seen);
    if (open)
        verify_leave(v, "%s: kind (%s)", s->where, open);
    else
        verify_judge_text(v, s->where, "kind", s->kind, kind, !strcmp(s->kind, kind));
    check_nature(v, k, s, found, open && seen == CRITPT_DEGENERATE ? s->kind : kind);
}

/* What a nature keeps from 0: whitened eigenvalues, or the Hessian's own. */
typedef struct least_kind {
    critpt_file_point_quantity achieved, requested;
    oracle_status (*find)(const oracle_problem *problem, const double *weights, double *least,
                          double *error, bool *open);
} least_kind;

static const least_kind least_kinds[] = {
    {CRITPT_FILE_POINT_MARGIN_ACHIEVED, CRITPT_FILE_POINT_MARGIN_REQUESTED, oracle_margin},
    {CRITPT_FILE_POINT_EIGENVALUE_ACHIEVED, CRITPT_FILE_POINT_EIGENVALUE_REQUESTED,
     oracle_least_eigenvalue}};

/* Stated and asked for; `written`: a request, and no wish. */
static outcome check_least(verification *v, size_t k, const stated_spectrum *s,
                           const least_kind *kind, bool written, const double *weights)
{
    double stated = verify_point_value(v, k, kind->achieved), found, error;
    double asked = verify_point_value(v, k, kind->requested);
    const char *achieved = critpt_file_point_quantity_name(kind->achieved);
    static const double vague = 0.01;
    char claim[64];
    outcome result;
    bool open;
    if (isnan(stated) && (!v->planted || isnan(asked)))
        return DONE;
    if (isnan(asked)) {
        snprintf(claim, sizeof claim, "%s, where none was asked for", achieved);
        verify_judge(v, s->where, claim, stated, NAN, false);
        return DONE;
    }
    TRY(claims_from_oracle(kind->find(&v->problem.oracle, weights, &found, &error, &open)));
    error += 1e-9 * found;
    if (!(error <= vague * found) && v->model.model) {
        verify_leave(v, "%s: %s (differences of the model's outputs are too rough)", s->where,
                     achieved);
        return DONE;
    }
    if (open && stated > found)
        verify_leave(v, "%s: %s (rounding decides which directions it leaves out)", s->where,
                     achieved);
    else
        verify_judge(v, s->where, achieved, stated, found, fabs(stated - found) <= error);
    if (open)
        found = fmax(found, stated);
    if (v->planted && written)
        verify_judge(v, s->where, critpt_file_point_quantity_name(kind->requested), asked, found,
                     found >= asked * (1 - 1e-6) - error);
done:
    return result;
}

static outcome check_margins(verification *v, size_t k, const stated_spectrum *s,
                             const double *weights)
{
    const point_spec *point = v->has_spec && k < v->spec.n_points ? &v->spec.points[k] : NULL;
    const bool written[] = {point && point->has_margin, point && point->eigenvalue > 0};
    outcome result = DONE;
    for (size_t i = 0; i < 2 && result == DONE; i++)
        result = check_least(v, k, s, &least_kinds[i], written[i], weights);
    return result;
}

static outcome check_whole(verification *v, size_t k, stated_spectrum *s, const double *weights,
                           double gradient_scaled)
{
    static const double rough = 1e-4;
    oracle_spectrum found;
    bool open = s->nullity > 0 && !(s->index > 0);
    outcome result = claims_from_oracle(oracle_spectrum_create(
        &found, &v->problem.oracle, weights, open ? (long)fmin(s->nullity, (double)s->P) : -1));
    if (result != DONE)
        return result;
    double error = s->error + found.error;
    if (!(found.error <= rough * found.norm)) {
        verify_leave(v,
                     "%s: eigenvalues, index, nullity, kind, escape, margin_achieved, "
                     "eigenvalue_achieved (differences of the model's outputs are too rough)",
                     s->where);
        goto done;
    }
    check_eigenvalues(v, s, &found, error);
    if (found.error > s->error)
        verify_leave(v, "%s: eigenvalues beyond %.1e (differences of the model's outputs)",
                     s->where, found.error);
    check_signs(v, s, &found);
    if (!s->kind)
        verify_judge_text(v, s->where, "kind", "nothing", "a spectrum", false);
    else
        check_kind(v, k, s, &found, kind_found(s, &found, gradient_scaled));
    TRY(check_escape(v, s, weights, found.values[0], error));
    TRY(check_margins(v, k, s, weights));
done:
    oracle_spectrum_free(&found);
    return result;
}

/* No quotient lies outside the stated extremes. */
static outcome check_directions(verification *v, const stated_spectrum *s, const double *weights)
{
    double *signs = NULL, quotients[VERIFY_DIRECTIONS], least = s->values[0], largest;
    double error = s->error * (1 + 1e-6);
    outcome result;
    TRY(cli_allocate(&signs, VERIFY_DIRECTIONS * s->P, sizeof *signs));
    draw_signs(VERIFY_DIRECTIONS * s->P, signs);
    TRY(claims_from_oracle(
        oracle_quotients(&v->problem.oracle, weights, VERIFY_DIRECTIONS, signs, quotients, NULL)));
    largest = s->values[s->P - 1];
    for (size_t d = 0; d < VERIFY_DIRECTIONS; d++) {
        bool low = quotients[d] < least - error;
        verify_judge(v, s->where, "curvature along a random direction", low ? least : largest,
                     quotients[d], !low && quotients[d] <= largest + error);
    }
    TRY(check_escape(v, s, weights, least, error));
done:
    free(signs);
    return result;
}

/* A warning says that a point has no kind, on a kink for one; large networks have none. */
static bool spectrum_is_due(const verification *v, size_t k, double kink_margin)
{
    enum { LARGEST = 5000 }; /* weights, as critpt_file_create_from_plan(3) has it */
    char words[64];
    snprintf(words, sizeof words, "point %zu has no kind: ", k);
    for (size_t i = 0; i < critpt_file_n_warnings(v->file); i++)
        if (!strncmp(critpt_file_warning(v->file, i), words, strlen(words)))
            return false;
    return v->planted && v->problem.n_weights <= LARGEST && kink_margin > 0;
}

outcome verify_check_spectrum(verification *v, size_t k, const double *weights,
                              double gradient_scaled, double kink_margin)
{
    stated_spectrum s = {0};
    outcome result = load(v, k, &s);
    bool due = spectrum_is_due(v, k, kink_margin);
    if (result != DONE || (!due && !verify_states_spectrum(v, k)))
        goto done;
    if (isnan(s.values[0]) || !isfinite(s.error) || s.error < 0 || isnan(s.index) ||
        isnan(s.nullity) || (due && !s.has_escape)) {
        verify_judge_text(v, s.where, "spectrum", "incomplete", "complete", false);
        goto done;
    }
    if (!due && critpt_file_n_warnings(v->file) && v->planted)
        verify_leave(v, "%s: whether a warning explains a missing kind", s.where);
    result = v->whole ? check_whole(v, k, &s, weights, gradient_scaled)
                      : check_directions(v, &s, weights);
done:
    free(s.values);
    return result;
}
