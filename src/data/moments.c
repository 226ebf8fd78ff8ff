/* Sums without rounding, as Shewchuk (1997) has them: an offset that is large beside the spread
 * takes no digits from the mean, and none from the deviations. */
#include "data/moments.h"

#include <float.h>
#include <math.h>

/* Numbers are scaled to this exponent before they are added: sums of 2^64 do not overflow, and
 * what underflows is beyond every digit. */
enum { EXPONENT = 900 };

/* The sum of its parts, which ascend in magnitude and share no bits: with a zero between any two of
 * them, 1050 span the exponents of a double. */
enum { PARTS = 1100 };
typedef struct oracle_sum {
    size_t n;
    double parts[PARTS];
} oracle_sum;

static void add(oracle_sum *sum, double term)
{
    size_t kept = 0;
    for (size_t i = 0; i < sum->n; i++) {
        double part = sum->parts[i], large = fabs(term) < fabs(part) ? part : term,
               small = fabs(term) < fabs(part) ? term : part;
        term = large + small;
        double lost = small - (term - large);
        if (fabs(lost) > 0)
            sum->parts[kept++] = lost;
    }
    sum->parts[kept++] = term;
    sum->n = kept;
}

static double value_of(const oracle_sum *sum)
{
    double value = 0;
    for (size_t i = 0; i < sum->n; i++)
        value += sum->parts[i];
    return value;
}

/* The exponent of the largest number. */
static int exponent_of(const double *x, size_t n, size_t stride, double mean, double mean_low)
{
    double largest = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((x[i * stride] - mean) - mean_low));
    if (!isfinite(largest))
        return DBL_MAX_EXP + 1;
    frexp(largest, &exponent);
    return exponent;
}

/* The low part is the mean of what the high part, rounded as it is stored, leaves. */
static void find_mean(const double *x, size_t n, size_t stride, moments *m)
{
    oracle_sum sum = {0, {0}};
    double count = (double)n;
    int shift = EXPONENT - exponent_of(x, n, stride, 0, 0);
    for (size_t i = 0; i < n; i++)
        add(&sum, ldexp(x[i * stride], shift));
    m->mean = ldexp(value_of(&sum) / count, -shift);
    double high = ldexp(m->mean, shift), product = count * high;
    add(&sum, -product);
    add(&sum, -fma(count, high, -product));
    m->mean_low = ldexp(value_of(&sum) / count, -shift);
}

moments data_moments_of(const double *x, size_t n, size_t stride)
{
    moments m;
    oracle_sum squares = {0, {0}};
    find_mean(x, n, stride, &m);
    int exponent = exponent_of(x, n, stride, m.mean, m.mean_low);
    for (size_t i = 0; i < n && exponent <= DBL_MAX_EXP; i++) {
        double deviation = ldexp((x[i * stride] - m.mean) - m.mean_low, -exponent);
        add(&squares, deviation * deviation);
    }
    m.deviation =
        exponent > DBL_MAX_EXP ? INFINITY : ldexp(sqrt(value_of(&squares) / (double)n), exponent);
    return m;
}
