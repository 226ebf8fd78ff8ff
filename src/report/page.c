/* The look of the page, and its drawings in SVG. */
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/input.h"

void report_text(FILE *stream, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; c && *c; c++)
        switch (*c) {
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '&':
            fputs("&amp;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default:
            fputc((*c < ' ' && *c != '\n') || *c == 127 ? ' ' : *c, stream);
        }
}

/* Light and dark by what the reader prefers, light on paper. */
static const char style[] =
    ":root{--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--box:#f6f8fa;--mark:#0b62c4;"
    "--point:#c0392b;color-scheme:light dark}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--line:#3a424c;"
    "--paper:#0f1419;--box:#1a2129;--mark:#6cb6ff;--point:#ff8a7a}}\n"
    "@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--box:#fff;--mark:#0b62c4;"
    "--point:#c0392b}section,figure{break-inside:avoid}.picture img{min-width:0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:62rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem}h2{font-size:1.2rem;border-bottom:1px solid var(--line)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line);"
    "white-space:nowrap}\n"
    "th:first-child,td:first-child{text-align:left}\n"
    "pre{overflow-x:auto;background:var(--box);padding:.7rem;border-radius:.4rem;font-size:.85rem;"
    "white-space:pre-wrap}\n"
    ".figures{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:1 1 18rem;min-width:0;"
    "max-width:30rem}.picture{flex-basis:100%;max-width:none;overflow-x:auto}\n"
    "figcaption,.soft{color:var(--soft);font-size:.9rem}svg,img{width:100%;height:auto}\n"
    "img{background:#fff;border-radius:.4rem;min-width:40rem}\n"
    "svg text{fill:var(--soft);font:11px system-ui,sans-serif}.axis{stroke:var(--line);fill:none}\n"
    ".curve{stroke:var(--mark);fill:none;stroke-width:1.6}.dot{fill:var(--mark)}"
    ".planted{fill:var(--point)}\n"
    ".warning{border-left:4px solid var(--point);padding-left:.7rem}\n";

void report_begin(FILE *stream, const char *title)
{
    fprintf(stream, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<link rel=\"icon\" href=\"data:,\">\n<title>");
    report_text(stream, title);
    fprintf(stream, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    report_text(stream, title);
    fprintf(stream, "</h1>\n");
}

void report_end(FILE *stream)
{
    fprintf(stream, "</body>\n</html>\n");
}

void report_section(FILE *stream, const char *heading, const char *words)
{
    fprintf(stream, "<h2>");
    report_text(stream, heading);
    fprintf(stream, "</h2>\n");
    if (!words)
        return;
    fprintf(stream, "<p class=\"soft\">");
    report_text(stream, words);
    fprintf(stream, "</p>\n");
}

void report_number(FILE *stream, double value)
{
    if (isnan(value))
        fprintf(stream, "&ndash;");
    else
        fprintf(stream, "%.6g", value);
}

void report_cell(FILE *stream, double value)
{
    fprintf(stream, "<td>");
    report_number(stream, value);
    fprintf(stream, "</td>");
}

/* ---- Drawings ---- */

enum { WIDTH = 420, HEIGHT = 240, LEFT = 78, RIGHT = 12, TOP = 10, BOTTOM = 40 };

typedef struct range {
    double low, high;
} range;

static range range_of(const double *values, size_t n)
{
    range r = {INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) {
            r.low = fmin(r.low, values[i]);
            r.high = fmax(r.high, values[i]);
        }
    if (!(r.low <= r.high))
        r = (range){0, 1};
    if (r.low == r.high)
        r = (range){r.low - 0.5, r.high + 0.5};
    return r;
}

static double across(range r, double x)
{
    return LEFT + (x - r.low) / (r.high - r.low) * (WIDTH - LEFT - RIGHT);
}

static double down(range r, double y)
{
    return HEIGHT - BOTTOM - (y - r.low) / (r.high - r.low) * (HEIGHT - TOP - BOTTOM);
}

static void draw_axes(FILE *stream, const report_chart *c, range x, range y)
{
    fprintf(stream, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, HEIGHT - BOTTOM,
            WIDTH - RIGHT);
    fprintf(stream, "<text x=\"%d\" y=\"%d\">%.4g</text>\n", LEFT, HEIGHT - BOTTOM + 15, x.low);
    fprintf(stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", WIDTH - RIGHT,
            HEIGHT - BOTTOM + 15, x.high);
    fprintf(stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", LEFT - 5,
            HEIGHT - BOTTOM, y.low);
    fprintf(stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>\n", LEFT - 5, TOP + 9,
            y.high);
    fprintf(stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">", (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8);
    report_text(stream, c->x_words);
    fprintf(stream,
            "</text>\n<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 "
            "%d)\">",
            (HEIGHT - BOTTOM + TOP) / 2, (HEIGHT - BOTTOM + TOP) / 2);
    report_text(stream, c->y_words);
    fprintf(stream, "</text>\n");
}

/* y of the curve at x, its nodes being in order. */
static double height_at(const report_chart *c, double x)
{
    for (size_t i = 0; i + 1 < c->n; i++)
        if (c->x[i] <= x && x <= c->x[i + 1] && c->x[i] < c->x[i + 1])
            return c->y[i] + (x - c->x[i]) / (c->x[i + 1] - c->x[i]) * (c->y[i + 1] - c->y[i]);
    return NAN;
}

void report_draw(FILE *stream, const report_chart *c)
{
    range x = range_of(c->x, c->n), y = range_of(c->y, c->n);
    bool moved = true;
    fprintf(stream, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    report_text(stream, c->alternative);
    fprintf(stream, "\">\n<title>");
    report_text(stream, c->alternative);
    fprintf(stream, "</title>\n");
    draw_axes(stream, c, x, y);
    if (!c->as_points)
        fprintf(stream, "<path class=\"curve\" d=\"");
    for (size_t i = 0; i < c->n; i++) {
        bool seen = isfinite(c->x[i]) && isfinite(c->y[i]);
        if (seen && c->as_points)
            fprintf(stream, "<circle class=\"dot\" r=\"2.2\" cx=\"%.1f\" cy=\"%.1f\"/>\n",
                    across(x, c->x[i]), down(y, c->y[i]));
        else if (seen)
            fprintf(stream, "%c%.1f %.1f", moved ? 'M' : 'L', across(x, c->x[i]), down(y, c->y[i]));
        moved = !seen;
    }
    if (!c->as_points)
        fprintf(stream, "\"/>\n");
    for (size_t i = 0; i < c->n_marks; i++)
        if (isfinite(height_at(c, c->marks[i])))
            fprintf(stream, "<circle class=\"planted\" r=\"4\" cx=\"%.1f\" cy=\"%.1f\"/>\n",
                    across(x, c->marks[i]), down(y, height_at(c, c->marks[i])));
    fprintf(stream, "</svg>\n");
}

/* ---- Pictures ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

outcome report_picture(FILE *stream, const char *path, const char *alternative)
{
    FILE *picture;
    uint64_t size;
    unsigned char bytes[3];
    size_t n;
    if (access(path, F_OK) != 0)
        return DONE;
    outcome result = cli_input_stream(path, &picture, &size);
    if (result != DONE)
        return result;
    fprintf(stream, "<figure class=\"picture\"><img alt=\"");
    report_text(stream, alternative);
    fprintf(stream, "\" src=\"data:image/svg+xml;base64,");
    while ((n = fread(bytes, 1, sizeof bytes, picture)) > 0) {
        unsigned long word = (unsigned long)bytes[0] << 16 |
                             (n > 1 ? (unsigned long)bytes[1] : 0) << 8 |
                             (n > 2 ? (unsigned long)bytes[2] : 0);
        for (size_t i = 0; i < 4; i++)
            fputc(i <= n ? digits[word >> (18 - 6 * i) & 63] : '=', stream);
    }
    bool whole = !ferror(picture);
    fclose(picture);
    fprintf(stream, "\"><figcaption>");
    report_text(stream, alternative);
    fprintf(stream, "</figcaption></figure>\n");
    return whole ? DONE : cli_fail(ENVIRONMENT, "%s cannot be read", path);
}
