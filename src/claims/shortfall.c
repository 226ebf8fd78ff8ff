/* Every request of a specification against what the finished landscape has. */
#include "claims/shortfall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/spectrum.h"
#include "oracle/null.h"
#include "claims/stated_condition.h"

const double claims_margin_step = 3.1622776601683795, claims_largest_margin = 0.9;

double claims_accepted_units(double condition)
{
    return condition <= 1e6 ? 2 : 100;
}

static double value_of(const critpt_file *file, size_t k, critpt_file_point_quantity quantity)
{
    double value = NAN;
    critpt_file_point_value(file, k, quantity, &value);
    return value;
}

/* The checker's norm in the library's units, by which it states its own. */
static outcome judge_gradient(const critpt_file *file, size_t k)
{
    double unit = value_of(file, k, CRITPT_FILE_POINT_GRADIENT_NORM) /
                  value_of(file, k, CRITPT_FILE_POINT_GRADIENT_SCALED);
    double norm = value_of(file, k, CRITPT_FILE_POINT_GRADIENT_NORM_CHECKED);
    double condition = NAN, units = norm > 0 ? norm / unit : 0;
    critpt_file_report_value(file, CRITPT_REPORT_CONDITION, &condition);
    if (!strcmp(critpt_file_point_nature(file, k), "free") ||
        units <= claims_accepted_units(condition) + 1)
        return DONE;
    return cli_fail(REFUSED,
                    "point %zu was to be critical, and its gradient has %.3g rounding units, where "
                    "the equations have condition %.1e; use other weights or more samples",
                    k, units, condition);
}

/* Whether curves with the same outputs leave the point in all of its null directions: mixtures of
 * squares and what else has no name among those that are counted. */
static outcome follow_all(const problem *p, const double *weights, double nullity, bool *followed)
{
    oracle_spectrum found;
    outcome result =
        claims_from_oracle(oracle_spectrum_create(&found, &p->oracle, weights, (long)nullity));
    if (result != DONE)
        return result;
    *followed = found.explained;
    oracle_spectrum_free(&found);
    return DONE;
}

/* Null directions that hold whatever the targets are were known before the solve. */
static outcome judge_complement(const critpt_file *file, const spec *s, const problem *p, size_t k)
{
    size_t P = p->n_weights, structural = 0;
    double nullity = value_of(file, k, CRITPT_FILE_POINT_NULLITY), *weights = NULL;
    bool followed = true;
    outcome result = DONE;
    if (s->points[k].allows_complement)
        return DONE;
    TRY(cli_allocate(&weights, P, sizeof *weights));
    TRY(cli_from_library(critpt_file_point_weights(file, k, weights, P), "%s", ""));
    TRY(claims_from_oracle(oracle_n_null(&p->oracle, weights, &structural)));
    if (!((double)structural >= nullity))
        TRY(follow_all(p, weights, nullity, &followed));
    if (!followed)
        TRY(cli_fail(REFUSED,
                     "point %zu was to be a minimum, and is one on the complement of %.0f null "
                     "directions; write \"allow\": [\"minimum_on_complement\"] if that will do",
                     k, nullity));
done:
    free(weights);
    return result;
}

static outcome judge_kind(const critpt_file *file, const spec *s, const problem *p, size_t k)
{
    const char *asked = critpt_file_point_nature(file, k), *kind = critpt_file_point_kind(file, k);
    double index = value_of(file, k, CRITPT_FILE_POINT_INDEX), wanted = (double)s->points[k].index;
    bool saddle = !strcmp(asked, critpt_kind_name(CRITPT_SADDLE));
    if (!kind) /* too large a network for all eigenvalues, which a warning says */
        return DONE;
    if (!strcmp(asked, critpt_kind_name(CRITPT_MINIMUM)) &&
        !strcmp(kind, critpt_kind_name(CRITPT_MINIMUM_ON_COMPLEMENT)))
        return judge_complement(file, s, p, k);
    if (strcmp(asked, kind) != 0)
        return cli_fail(REFUSED,
                        "point %zu was to be a %s, and its spectrum shows: %s, of index %.0f with "
                        "%.0f undecided signs; ask for a larger margin",
                        k, asked, kind, index, value_of(file, k, CRITPT_FILE_POINT_NULLITY));
    if (saddle && (index < wanted || index > wanted))
        return cli_fail(REFUSED, "point %zu was to have index %.0f, and has %.0f", k, wanted,
                        index);
    return DONE;
}

/* A margin that is written, or a least eigenvalue: measured once more where that takes seconds,
 * else the library's word, as where rounding decides which directions it leaves out. */
static outcome judge_margin(const critpt_file *file, const spec *s, const problem *p, size_t k)
{
    static const double affordable = 1e9; /* samples times entries of the Hessian */
    bool own = s->points[k].eigenvalue > 0, open;
    double stated = value_of(file, k,
                             own ? CRITPT_FILE_POINT_EIGENVALUE_ACHIEVED
                                 : CRITPT_FILE_POINT_MARGIN_ACHIEVED),
           achieved = stated, error = 0, P = (double)p->n_weights, *weights = NULL;
    double asked = own ? s->points[k].eigenvalue : s->points[k].margin;
    outcome result = DONE;
    if (!own && !s->points[k].has_margin)
        return DONE;
    if ((double)p->oracle.n_samples * P * P <= affordable) {
        TRY(cli_allocate(&weights, p->n_weights, sizeof *weights));
        TRY(cli_from_library(critpt_file_point_weights(file, k, weights, p->n_weights), "%s", ""));
        TRY(claims_from_oracle((own ? oracle_least_eigenvalue : oracle_margin)(
            &p->oracle, weights, &achieved, &error, &open)));
        achieved = open ? fmax(achieved, stated) : achieved;
    }
    if (!(achieved >= asked * (1 - 1e-6) - error))
        TRY(cli_fail(REFUSED,
                     "point %zu was to have the %s %.6g, and has %.6g; ask for less, or leave it "
                     "out and take what there is",
                     k, own ? "least eigenvalue" : "margin", asked, achieved));
done:
    free(weights);
    return result;
}

static outcome judge_condition(const critpt_file *file, const problem *p, size_t c)
{
    stated_condition stated;
    oracle_finding found;
    outcome result = claims_load_condition(&stated, file, c);
    if (result != DONE)
        return result;
    TRY(claims_from_oracle(oracle_find(&p->oracle, &stated.request, &found)));
    double accepted = claims_accepted_error(&stated, &found);
    if (!(found.residual <= accepted))
        TRY(cli_fail(REFUSED,
                     "condition %zu (%s) was to be %.6g, and is %.6g: it is missed by %.3g, where "
                     "rounding excuses %.3g; use other weights or more samples",
                     c, critpt_condition_kind_name(stated.request.kind), found.requested,
                     found.achieved, found.residual, accepted));
done:
    claims_free_condition(&stated);
    return result;
}

outcome claims_find_shortfall(const critpt_file *file, const spec *s, const problem *p)
{
    outcome result = DONE;
    for (size_t k = 0; k < critpt_file_n_points(file); k++) {
        TRY(judge_gradient(file, k));
        if (k >= s->n_points || !s->points[k].has_nature)
            continue;
        TRY(judge_kind(file, s, p, k));
        TRY(judge_margin(file, s, p, k));
    }
    for (size_t c = 0; c < critpt_file_n_conditions(file); c++)
        TRY(judge_condition(file, p, c));
done:
    return result;
}
