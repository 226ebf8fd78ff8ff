/* Random draws that are the same on every machine, for ever (MATH 12).
 *
 * Draw i of a stream is the 53-bit integer k of block (i, stream) of the generator, and stands for
 * the probability (k + 1/2) 2^-53. Everything here is integers, + - * / and sqrt, which IEEE
 * arithmetic rounds in one way only; to that end this file is compiled without contraction to fused
 * operations. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/random.h"

/* ---- The generator
 * ------------------------------------------------------------------------------- */

void cpt_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t output[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        const uint64_t p = UINT64_C(0xD2511F53) * c[0], q = UINT64_C(0xCD9E8D57) * c[2];
        c[0] = (uint32_t)(q >> 32) ^ c[1] ^ k[0];
        c[1] = (uint32_t)q;
        c[2] = (uint32_t)(p >> 32) ^ c[3] ^ k[1];
        c[3] = (uint32_t)p;
        k[0] += UINT32_C(0x9E3779B9);
        k[1] += UINT32_C(0xBB67AE85);
    }
    memcpy(output, c, sizeof c);
}

/* k of draw `index`. */
static uint64_t draw(uint64_t seed, uint64_t stream, uint64_t index)
{
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream,
                                 (uint32_t)(stream >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t word[4];
    cpt_philox(counter, key, word);
    return (word[0] | (uint64_t)word[1] << 32) >> 11;
}

double cpt_random_uniform_of(uint64_t k)
{
    const double u = (double)k * 0x1p-53 + 0x1p-54;
    return u < 1 ? u : 1 - 0x1p-53; /* 1 - 2^-54 is as near to this as to 1 */
}

/* ---- The inverse of the normal distribution
 * ------------------------------------------------------- */

/* log x for a positive normal x: x = m 2^e with m within a factor sqrt 2 of 1, and
 * log m = 2 atanh(s) = 2 s (1 + s^2/3 + s^4/5 + ...) at s = (m - 1) / (m + 1). */
static double logarithm(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0x000FFFFFFFFFFFFF)) | UINT64_C(0x3FF0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    const double s = (m - 1) / (m + 1), square = s * s;
    double series = 0;
    for (int n = 23; n >= 1; n -= 2)
        series = series * square + 1.0 / n;
    return 0.69314718055994531 * exponent + 2 * s * series;
}

/* Rational functions of Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988), highest
 * powers first: the centre in 0.425^2 - (p - 1/2)^2, the tails in sqrt(-log p) less 1.6 and 5. */
enum { N_COEFFICIENTS = 8 };
typedef struct rational {
    double numerator[N_COEFFICIENTS], denominator[N_COEFFICIENTS];
} rational;

static const rational centre = {
    {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
     4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
     1.3314166789178437745e+2, 3.3871328727963666080e+0},
    {5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
     2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
     4.2313330701600911252e+1, 1}};
static const rational tail = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
     4.63033784615654529590e+0, 1.42343711074968357734e+0},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e+0,
     2.05319162663775882187e+0, 1}};
static const rational far_tail = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
     5.46378491116411436990e+0, 6.65790464350110377720e+0},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1}};

static double evaluate(const rational *function, double x)
{
    double numerator = 0, denominator = 0;
    for (int i = 0; i < N_COEFFICIENTS; i++) {
        numerator = numerator * x + function->numerator[i];
        denominator = denominator * x + function->denominator[i];
    }
    return numerator / denominator;
}

/* Distances of the probability from 1/2, 0 and 1 are exact, so that k and 2^53 - 1 - k give
 * opposite numbers and none is infinite. */
double cpt_random_normal_of(uint64_t k)
{
    const bool right = k >> 52;
    const uint64_t from_end = right ? (UINT64_C(1) << 53) - 1 - k : k;
    const double probability = (double)(2 * from_end + 1) * 0x1p-54;
    const double q = 0.5 - probability;
    double x;
    if (q <= 0.425) {
        x = q * evaluate(&centre, 0.180625 - q * q);
    } else {
        const double r = sqrt(-logarithm(probability));
        x = r <= 5 ? evaluate(&tail, r - 1.6) : evaluate(&far_tail, r - 5);
    }
    return right ? x : -x;
}

/* ---- The public functions
 * ---------------------------------------------------------------------------- */

static critpt_status check(uint64_t seed, uint64_t first, const double *values, size_t n)
{
    if (seed > INT64_MAX)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "seed is %" PRIu64 "; seeds go from 0 to %" PRId64, seed, INT64_MAX);
    if (n > UINT64_MAX - first)
        return cpt_error(CRITPT_INVALID_ARGUMENT,
                         "first is %" PRIu64 " and n is %zu; their sum must be below 2^64", first,
                         n);
    if (n > 0 && !values)
        return cpt_error(CRITPT_INVALID_ARGUMENT, "values is NULL; %zu values are needed", n);
    return CRITPT_OK;
}

critpt_status critpt_random_uniform(uint64_t seed, uint64_t stream, uint64_t first, double *values,
                                    size_t n)
{
    critpt_status status = check(seed, first, values, n);
    if (status != CRITPT_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        values[i] = cpt_random_uniform_of(draw(seed, stream, first + i));
    return CRITPT_OK;
}

critpt_status critpt_random_normal(uint64_t seed, uint64_t stream, uint64_t first, double *values,
                                   size_t n)
{
    critpt_status status = check(seed, first, values, n);
    if (status != CRITPT_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        values[i] = cpt_random_normal_of(draw(seed, stream, first + i));
    return CRITPT_OK;
}
