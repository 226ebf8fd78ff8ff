/* Reading CSV: zlib delivers the bytes, libcsv the fields; here they become checked numbers. */
#include "table.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "columns.h"
#include "interrupt.h"

typedef struct reader {
    const char *path;
    column_list columns;
    table *t;
    size_t n_values, capacity; /* in t->values; room there */
    size_t line, row_end;      /* of the file, counted from 1; where the last row ended */
    size_t fields, width;      /* of this row so far; of the first row */
    size_t skip_lines;
    bool after_return;
    outcome result;
} reader;

/* The field for a message: shortened, and nothing in it that a terminal would obey. */
static const char *printable(char shown[48], const char *text, size_t length)
{
    size_t n = length < 40 ? length : 40;
    for (size_t i = 0; i < n; i++)
        shown[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i];
    strcpy(shown + n, length > 40 ? "..." : "");
    return shown;
}

static size_t skip_digits(const char *text, size_t i)
{
    while (text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(const char *text, size_t length)
{
    size_t i = text[0] == '+' || text[0] == '-', start = i;
    i = skip_digits(text, i);
    size_t digits = i - start;
    if (text[i] == '.') {
        start = ++i;
        i = skip_digits(text, i);
        digits += i - start;
    }
    if (digits && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        i += text[i] == '+' || text[i] == '-';
        start = i;
        i = skip_digits(text, i);
        digits = i - start;
    }
    return digits && i == length;
}

static bool names_non_finite(const char *text)
{
    text += *text == '+' || *text == '-';
    return !strcasecmp(text, "nan") || !strcasecmp(text, "inf") || !strcasecmp(text, "infinity");
}

static outcome parse_number(const reader *r, const char *text, size_t length, double *value)
{
    char shown[48];
    printable(shown, text, length);
    if (is_decimal(text, length)) {
        /* The program never calls setlocale, so that strtod reads a point as is_decimal does. */
        *value = strtod(text, NULL);
        if (isfinite(*value))
            return DONE;
        return fail_with(
            BAD_INPUT,
            "%s: line %zu, column %zu: \"%s\" is beyond the range of double; rescale the "
            "column",
            r->path, r->line, r->fields, shown);
    }
    if (!length)
        return fail_with(
            BAD_INPUT,
            "%s: line %zu, column %zu is empty; a number is needed there (leave the column "
            "or the row out if the value is missing)",
            r->path, r->line, r->fields);
    if (names_non_finite(text))
        return fail_with(
            BAD_INPUT,
            "%s: line %zu, column %zu: \"%s\" is not finite; leave the column or the row "
            "out",
            r->path, r->line, r->fields, shown);
    return fail_with(
        BAD_INPUT,
        "%s: line %zu, column %zu: \"%s\" is not a decimal number (columns count from 0; "
        "skip_rows passes over a header, columns leaves text columns out)",
        r->path, r->line, r->fields, shown);
}

static outcome take_field(reader *r, const char *text, size_t length)
{
    if (!columns_contain(&r->columns, r->fields))
        return DONE;
    outcome result;
    TRY(grow(&r->t->values, &r->capacity, r->n_values + 1, sizeof(double)));
    TRY(parse_number(r, text, length, &r->t->values[r->n_values]));
    r->n_values++;
done:
    return result;
}

/* libcsv's report of a field; after a failure the rest of the piece is passed over. */
static void on_field(void *text, size_t length, void *user)
{
    reader *r = user;
    if (r->result != DONE)
        return;
    r->result = take_field(r, text ? text : "", length);
    r->fields++;
}

/* The first row says how wide the table is: checks the list of columns against it. */
static outcome take_first_row(reader *r)
{
    r->width = r->fields;
    column_range last = r->columns.ranges[r->columns.n_ranges - 1];
    size_t needed = last.last == SIZE_MAX ? last.first : last.last;
    if (needed >= r->width)
        return fail_with(BAD_INPUT,
                         "%s: column %zu is asked for, but line %zu has the columns 0 to %zu",
                         r->path, needed, r->line, r->width - 1);
    outcome result;
    TRY(allocate(&r->t->source, r->width, sizeof *r->t->source));
    for (size_t j = 0; j < r->width; j++)
        if (columns_contain(&r->columns, j))
            r->t->source[r->t->columns++] = j;
done:
    return result;
}

static outcome take_row(reader *r)
{
    if (!r->t->rows) {
        outcome result = take_first_row(r);
        if (result != DONE)
            return result;
    }
    if (r->fields != r->width)
        return fail_with(
            BAD_INPUT,
            "%s: line %zu has %zu values, the rows before it have %zu; every row needs the "
            "same number (skip_rows passes over a header)",
            r->path, r->line, r->fields, r->width);
    r->t->rows++;
    r->fields = 0;
    r->row_end = r->line;
    return interrupted() ? fail_with(INTERRUPTED, "interrupted") : DONE;
}

static void on_row(int terminator, void *user)
{
    (void)terminator;
    reader *r = user;
    if (r->result == DONE)
        r->result = take_row(r);
}

static outcome parsing_failure(const reader *r, int code)
{
    if (code == CSV_ENOMEM || code == CSV_ETOOBIG)
        return fail_with(ENVIRONMENT, "%s: line %zu: out of memory", r->path, r->line);
    return fail_with(
        BAD_INPUT,
        "%s: line %zu: a quotation mark opened after line %zu is not closed before the "
        "field ends",
        r->path, r->line, r->row_end);
}

/* A line ends at \n, \r or \r\n. The \n of a \r\n is a piece of its own, which ends no line. */
static bool ends_line(reader *r, char last)
{
    bool second_half = r->after_return && last == '\n';
    r->after_return = last == '\r';
    return (last == '\n' && !second_half) || last == '\r';
}

/* Gives libcsv the bytes line by line, so that `line` is right whenever it reports. */
static outcome parse_bytes(reader *r, struct csv_parser *parser, const char *bytes, size_t length)
{
    for (size_t start = 0, end; start < length; start = end) {
        end = start;
        while (end < length && bytes[end] != '\n' && bytes[end] != '\r')
            end++;
        end += end < length;
        if (r->after_return && !(end == start + 1 && bytes[start] == '\n'))
            r->after_return = false;
        if (r->line > r->skip_lines &&
            csv_parse(parser, bytes + start, end - start, on_field, on_row, r) < end - start)
            return parsing_failure(r, csv_error(parser));
        if (r->result != DONE)
            return r->result;
        r->line += ends_line(r, bytes[end - 1]);
    }
    return DONE;
}

static outcome reading_failure(const reader *r, gzFile file)
{
    int code;
    const char *text = gzerror(file, &code);
    if (code == Z_ERRNO)
        return fail_with(ENVIRONMENT, "cannot read %s: %s", r->path, strerror(errno));
    return fail_with(BAD_INPUT, "%s: damaged gzip data after line %zu (%s); fetch the file again",
                     r->path, r->line, code == Z_BUF_ERROR ? "the file ends too early" : text);
}

static outcome parse_file(reader *r, gzFile file, struct csv_parser *parser)
{
    char bytes[1 << 16];
    for (bool first = true;; first = false) {
        int n = gzread(file, bytes, sizeof bytes);
        if (n < 0)
            return reading_failure(r, file);
        if (n == 0)
            break;
        if (memchr(bytes, '\0', (size_t)n)) /* also ends devices without end */
            return fail_with(BAD_INPUT, "%s: a byte 0 from line %zu on; this is no text file",
                             r->path, r->line);
        size_t mark = first && n >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
        outcome result = parse_bytes(r, parser, bytes + mark, (size_t)n - mark);
        if (result != DONE)
            return result;
    }
    int code;
    gzerror(file, &code);
    if (code != Z_OK && code != Z_STREAM_END)
        return reading_failure(r, file);
    if (csv_fini(parser, on_field, on_row, r))
        return parsing_failure(r, csv_error(parser));
    return r->result;
}

static outcome read_rows(reader *r)
{
    errno = 0;
    gzFile file = gzopen(r->path, "rb");
    if (!file)
        return fail_with(ENVIRONMENT, "cannot read %s: %s", r->path,
                         errno ? strerror(errno) : "out of memory");
    struct csv_parser parser;
    outcome result = ENVIRONMENT;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)) {
        fail_with(ENVIRONMENT, "%s: out of memory", r->path);
    } else {
        result = parse_file(r, file, &parser);
        csv_free(&parser);
    }
    gzclose_r(file);
    if (result == DONE && !r->t->rows)
        return fail_with(BAD_INPUT, "%s has no rows%s", r->path,
                         r->skip_lines ? " below the lines that skip_rows passes over" : "");
    return result;
}

outcome table_read(table *t, const char *path, const char *columns, size_t skip_lines)
{
    *t = (table){0, 0, NULL, NULL};
    reader r = {.path = path, .t = t, .line = 1, .skip_lines = skip_lines};
    outcome result;
    TRY(columns_parse(&r.columns, columns, "columns"));
    TRY(read_rows(&r));
done:
    columns_free(&r.columns);
    if (result != DONE)
        table_free(t);
    return result;
}

void table_free(table *t)
{
    free(t->values);
    free(t->source);
    *t = (table){0, 0, NULL, NULL};
}
