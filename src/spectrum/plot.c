/* Scripts for gnuplot. The symmetric logarithm is applied here, with tics of our own, so that any
 * gnuplot draws it. */
#include "spectrum/plot.h"

#include <float.h>
#include <math.h>

static const char *const classes[] = {"negative", "undecided", "positive"};
static const char *const colours[] = {"#c0392b", "#7f8c8d", "#1f5fa8"};
enum { N_CLASSES = 3 };

/* Class of eigenvalue i: the signs ascend with the values. */
static int class_of(const spectrum_picture *p, size_t i)
{
    return i < p->n_negative ? 0 : i + p->n_positive >= p->n ? 2 : 1;
}

static size_t class_size(const spectrum_picture *p, int class)
{
    return class == 0   ? p->n_negative
           : class == 2 ? p->n_positive
                        : p->n - p->n_negative - p->n_positive;
}

static void put_title(FILE *script, const char *title)
{
    fprintf(script, "set title ");
    cli_gnuplot_quote(script, title);
    fprintf(script, " noenhanced\n");
}

/* ---- Sorted eigenvalues ---- */

/* Linear within `unit` of 0, a decade a step beyond. */
static double symmetric_log(double value, double unit)
{
    return asinh(value / unit) / log(10);
}

static double error_level(const spectrum_picture *p)
{
    double level = 0, largest = fmax(fabs(p->values[0]), fabs(p->values[p->n - 1]));
    for (size_t i = 0; i < p->n; i++)
        level = fmax(level, p->errors[i]);
    return level > 0 ? level : largest > 0 ? DBL_EPSILON * largest : 1;
}

/* 0 and powers of ten on both sides as far as the values go, at most about 14 of them. */
static void put_tics(FILE *script, const spectrum_picture *p, double unit)
{
    double largest = fmax(fabs(p->values[0]), fabs(p->values[p->n - 1]));
    int low = (int)ceil(log10(unit) + 0.5), high = (int)floor(log10(fmax(largest, unit)));
    bool both = p->values[0] < -unit && p->values[p->n - 1] > unit;
    int step = (high - low) / (both ? 7 : 12) + 1;
    fprintf(script, "set ytics ('0' 0");
    for (int k = high; k >= low; k -= step) {
        double place = symmetric_log(pow(10, k), unit);
        fprintf(script, ", '1e%d' %.6g, '-1e%d' %.6g", k, place, k, -place);
    }
    fprintf(script, ")\n");
}

static void put_points(FILE *script, const spectrum_picture *p, int class, double unit)
{
    fprintf(script, "$%s << END\n", classes[class]);
    for (size_t i = 0; i < p->n; i++)
        if (class_of(p, i) == class)
            fprintf(script, "%zu %.9g %.9g %.9g\n", i + 1, symmetric_log(p->values[i], unit),
                    symmetric_log(p->values[i] - p->errors[i], unit),
                    symmetric_log(p->values[i] + p->errors[i], unit));
    fprintf(script, "END\n");
}

static void put_range(FILE *script, const spectrum_picture *p, double unit)
{
    double low = symmetric_log(fmin(p->values[0] - p->errors[0], -unit), unit);
    double high = symmetric_log(fmax(p->values[p->n - 1] + p->errors[p->n - 1], unit), unit);
    double margin = 0.04 * (high - low);
    fprintf(script, "set yrange [%.6g:%.6g]\nset xrange [0:%zu]\n", low - margin, high + margin,
            p->n + 1);
}

outcome spectrum_plot_eigenvalues(const spectrum_picture *p, output_set *set, const char *path)
{
    double unit = error_level(p), edge = symmetric_log(unit, unit);
    FILE *script;
    const char *separator = "plot";
    outcome result = cli_gnuplot_begin(&script, set, path, 900, 600);
    if (result != DONE)
        return result;
    put_title(script, p->title);
    put_range(script, p, unit);
    put_tics(script, p, unit);
    fprintf(script,
            "set xlabel 'eigenvalues in ascending order'\n"
            "set ylabel 'eigenvalue (linear within its error, %.1e)'\n"
            "set key tmargin center horizontal\nset errorbars small\n"
            "set grid ytics linetype 1 linewidth 0.5 linecolor rgb '#dddddd'\n"
            "set object rectangle from graph 0, first %.6g to graph 1, first %.6g "
            "fillcolor '#eeeeee' fillstyle solid noborder behind\n",
            unit, -edge, edge);
    for (int c = 0; c < N_CLASSES; c++)
        put_points(script, p, c, unit);
    for (int c = N_CLASSES; c-- > 0;)
        if (class_size(p, c)) {
            fprintf(script,
                    "%s $%s using 1:2:3:4 with yerrorbars pointtype 0 linecolor '%s' notitle, "
                    "$%s using 1:2 with points pointtype 7 pointsize 0.5 linecolor '%s' "
                    "title '%zu %s'",
                    separator, classes[c], colours[c], classes[c], colours[c], class_size(p, c),
                    classes[c]);
            separator = ",";
        }
    fprintf(script, ", NaN with boxes fillstyle solid noborder linecolor '#dddddd' "
                    "title 'within the error of 0'\n");
    return cli_gnuplot_run(script, set, path);
}

/* ---- Density ---- */

/* Places of the eigenvalues of a class, all at one height. */
static void slice_put_marks(FILE *script, const spectrum_picture *p, int class, double height)
{
    fprintf(script, "$%s << END\n", classes[class]);
    for (size_t i = 0; i < p->n; i++)
        if (class_of(p, i) == class)
            fprintf(script, "%.9g %.9g\n", p->values[i], height);
    fprintf(script, "END\n");
}

outcome spectrum_plot_density(const spectrum_picture *p, const double *places,
                              const double *density, size_t n_points, output_set *set,
                              const char *path)
{
    FILE *script;
    double highest = 0;
    outcome result = cli_gnuplot_begin(&script, set, path, 900, 600);
    if (result != DONE)
        return result;
    for (size_t i = 0; i < n_points; i++)
        highest = fmax(highest, density[i]);
    double floor_level = highest * 1e-8;
    put_title(script, p->title);
    fprintf(script, "$density << END\n");
    for (size_t i = 0; i < n_points; i++)
        fprintf(script, "%.9g %.9g\n", places[i], fmax(density[i], floor_level));
    fprintf(script, "END\n");
    double height = 1.6 * floor_level;
    for (int c = 0; c < N_CLASSES; c++, height *= 2.5) /* apart, or one would hide another */
        slice_put_marks(script, p, c, height);
    fprintf(script,
            "set logscale y\nset yrange [%.6g:%.6g]\nset xrange [%.9g:%.9g]\n"
            "set format y '1e%%L'\nset xlabel 'eigenvalue'\n"
            "set ylabel 'density of eigenvalues (estimate)'\n"
            "set grid linetype 1 linewidth 0.5 linecolor rgb '#dddddd'\n"
            "set key tmargin center horizontal\n"
            "plot $density using 1:2 with lines linewidth 2 linecolor '#444444' title 'density'",
            floor_level, 3 * highest, places[0], places[n_points - 1]);
    for (int c = 0; c < N_CLASSES; c++)
        if (class_size(p, c))
            fprintf(script,
                    ", $%s using 1:2 with points pointtype 9 pointsize 1 linecolor '%s' "
                    "title 'extreme, %s'",
                    classes[c], colours[c], classes[c]);
    fprintf(script, "\n");
    return cli_gnuplot_run(script, set, path);
}
