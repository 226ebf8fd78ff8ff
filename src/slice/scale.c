/* Scales are applied here rather than by gnuplot, with tics of our own, so that a band of colour
 * ends exactly where a level line runs. */
#include "slice/scale.h"

#include <math.h>

bool slice_spans_decades(loss_range r)
{
    return r.low >= 0 && r.high > 100 * r.low;
}

/* 1, 2 or 5 times a power of ten, near x. */
static double round_step(double x)
{
    double power = pow(10, floor(log10(x))), digit = x / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

loss_scale slice_scale_make(scale_kind kind, loss_range r, double n_steps)
{
    loss_scale scale = {.kind = kind};
    double low = r.low, high = r.high, size = fmax(fabs(low), fabs(high));
    double span = fmax(high - low, size > 0 ? 1e-12 * size : 1);
    if (kind == LOG_SCALE) {
        high = log10(high);
        low = log10(low);
        span = high - low;
    }
    scale.step = round_step(span / n_steps);
    if (kind != LOG_SCALE && size > 1e4 * scale.step)
        scale.offset = floor(low / scale.step) * scale.step;
    if (kind == ROOT_SCALE) {
        scale.base = low;
        scale.high = sqrt(span);
        scale.step = scale.high / round(n_steps);
        return scale;
    }
    scale.low = floor((low - scale.offset) / scale.step) * scale.step;
    scale.high = ceil((high - scale.offset) / scale.step) * scale.step;
    if (scale.high <= scale.low)
        scale.high = scale.low + scale.step;
    return scale;
}

loss_scale slice_scale_around(double base, loss_range r)
{
    enum { STEPS = 8 };                    /* on each side */
    static const double shallowest = 1e-3; /* side, of the other one */
    double below = base - r.low, above = r.high - base, most = fmax(below, above);
    loss_scale scale = {.kind = SIGNED_SCALE, .base = base, .offset = base};
    most = fmax(most, base != 0 ? 1e-12 * fabs(base) : 1e-300);
    scale.width = fmax(fmin(below, above), shallowest * most) / 2;
    scale.high = asinh(most / scale.width);
    scale.low = -scale.high;
    scale.step = scale.high / STEPS;
    return scale;
}

double slice_scale_place(const loss_scale *scale, double loss)
{
    switch (scale->kind) {
    case ROOT_SCALE:
        return sqrt(fmax(loss - scale->base, 0));
    case LOG_SCALE:
        return fmax(log10(loss), scale->low);
    case SIGNED_SCALE:
        return asinh((loss - scale->base) / scale->width);
    default:
        return loss - scale->offset;
    }
}

static const char *const transforms[] = {[LINEAR_SCALE] = "",
                                         [ROOT_SCALE] = " (square root scale)",
                                         [LOG_SCALE] = " (logarithmic scale)",
                                         [SIGNED_SCALE] = " (asinh scale)"};

void slice_scale_put_name(FILE *script, const loss_scale *scale, loss_range r)
{
    fprintf(script, "'loss");
    if (fabs(scale->offset) > 0)
        fprintf(script, " - %.13g", scale->offset);
    double rounding = 1e-6 * scale->step;
    double below = scale->kind == LOG_SCALE      ? scale->low - log10(r.low)
                   : scale->kind == ROOT_SCALE   ? scale->base - r.low
                   : scale->kind == SIGNED_SCALE ? scale->low - slice_scale_place(scale, r.low)
                                                 : scale->low + scale->offset - r.low;
    if (below > rounding)
        fprintf(script, ", down to %.4g here", r.low - scale->offset);
    if (slice_scale_place(scale, r.high) > scale->high + rounding)
        fprintf(script, ", up to %.4g here", r.high - scale->offset);
    fprintf(script, "%s'", transforms[scale->kind]);
}

/* A tic of a list that one tic has begun. */
static void put_tic(FILE *script, const loss_scale *scale, double loss)
{
    double place = slice_scale_place(scale, loss), rounding = 1e-6 * scale->step;
    if (place >= scale->low - rounding && place <= scale->high + rounding)
        fprintf(script, ", '%.*g' %.9g", fabs(scale->offset) > 0 ? 4 : 6, loss - scale->offset,
                place);
}

/* The same of a change from the base, with no digits lost. */
static void put_change(FILE *script, const loss_scale *scale, double change)
{
    double place = asinh(change / scale->width);
    if (fabs(place) <= scale->high * (1 + 1e-6))
        fprintf(script, ", '%+.4g' %.9g", change, place);
}

/* Powers of ten, and 2 and 5 times them if there is room. */
static void put_log_tics(FILE *script, const loss_scale *scale)
{
    static const int digits[] = {1, 2, 5};
    int n_digits = scale->high - scale->low < 2.5 ? 3 : 1;
    for (int k = (int)floor(scale->low); k <= (int)ceil(scale->high); k++)
        for (int i = 0; i < n_digits; i++) {
            double loss = digits[i] * pow(10, k);
            if (log10(loss) > scale->low + scale->step / 2)
                put_tic(script, scale, loss);
        }
}

/* Round losses beyond the crowd at the least one. */
static void put_root_tics(FILE *script, const loss_scale *scale)
{
    double span = scale->high * scale->high, step = round_step(span / 8);
    double first = ceil((scale->base + 0.02 * span - scale->offset) / step);
    double before = (first - 0.5) * step + scale->offset;
    if (before > scale->base + 0.01 * span)
        put_tic(script, scale, before);
    for (int k = 0; k < 16; k++)
        put_tic(script, scale, (first + k) * step + scale->offset);
}

/* Powers of ten of what is above and below the base, and 2 and 5 times them if there is room. */
static void put_signed_tics(FILE *script, const loss_scale *scale)
{
    static const int digits[] = {1, 2, 5};
    double most = sinh(scale->high) * scale->width, least = scale->width / 4;
    int n_digits = log10(most / least) < 2.5 ? 3 : 1;
    for (int k = (int)floor(log10(least)); k <= (int)floor(log10(most)); k++)
        for (int i = 0; i < n_digits; i++) {
            double change = digits[i] * pow(10, k);
            if (change < least)
                continue;
            put_change(script, scale, change);
            put_change(script, scale, -change);
        }
}

void slice_scale_put_tics(FILE *script, const loss_scale *scale, const char *axis)
{
    if (scale->kind == LINEAR_SCALE)
        return; /* gnuplot's own are round */
    if (scale->kind == SIGNED_SCALE) {
        fprintf(script, "set %stics ('0' 0", axis);
        put_signed_tics(script, scale);
        fprintf(script, ")\n");
        return;
    }
    double digit = scale->high * scale->high / 1000; /* beyond it none is worth writing */
    double least = scale->kind == LOG_SCALE ? pow(10, scale->low)
                                            : round((scale->base - scale->offset) / digit) * digit;
    fprintf(script, "set %stics ('%.4g' %.9g", axis, least, scale->low);
    if (scale->kind == LOG_SCALE)
        put_log_tics(script, scale);
    else
        put_root_tics(script, scale);
    fprintf(script, ")\n");
}
