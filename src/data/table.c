/* Reading CSV: zlib delivers the bytes, libcsv the fields; here they become checked numbers. */
#include "data/table.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

#include "data/columns.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "data/header.h"
#include "lib/file/path.h"

typedef struct reader {
    const char *path;
    const table_format *format;
    char separator;
    column_list columns;
    size_t *place; /* with names: a column's place among those taken, SIZE_MAX where it is not */
    table_header header;
    table *t;
    double room;               /* for bytes of text, and for those of numbers */
    size_t n_bytes;            /* of text so far */
    size_t n_values, capacity; /* in t->values at the end of the last row; room there */
    size_t line, row_end;      /* of the file, counted from 1; where the last row ended */
    size_t fields, width;      /* of this row so far; of the first row */
    size_t taken;              /* fields of this row */
    char hint[HINT];           /* of the first field */
    bool in_header, after_return;
    outcome result;
} reader;

static bool names_non_finite(const char *text)
{
    text += *text == '+' || *text == '-';
    return !strcasecmp(text, "nan") || !strcasecmp(text, "inf") || !strcasecmp(text, "infinity");
}

/* "data.csv: line 3, column 1 (\"x2\")" */
static void write_place(const reader *r, char *text, size_t size)
{
    char shown[SHOWN];
    const char *name = r->fields < r->header.n ? r->header.names[r->fields] : "";
    int used = snprintf(text, size, "%s: line %zu, column %zu", r->path, r->line, r->fields);
    if (*name && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " (\"%s\")",
                 data_printable(shown, name, strlen(name)));
}

static outcome refuse_field(const reader *r, const char *text, size_t length)
{
    char shown[SHOWN], hint[HINT], where[4352];
    write_place(r, where, sizeof where);
    data_printable(shown, text, length);
    if (!length)
        return cli_fail(BAD_INPUT,
                        "%s is empty; a number is needed there (leave the column or the row out if "
                        "the value is missing)",
                        where);
    if (names_non_finite(text))
        return cli_fail(BAD_INPUT, "%s: \"%s\" is not finite; leave the column or the row out",
                        where, shown);
    if (data_is_decimal(text, length))
        return cli_fail(BAD_INPUT, "%s: \"%s\" is beyond the range of double; rescale the column",
                        where, shown);
    if (*data_separator_hint(hint, text, r->separator))
        return cli_fail(BAD_INPUT, "%s: \"%s\" is not a decimal number%s", where, shown, hint);
    return cli_fail(
        BAD_INPUT,
        "%s: \"%s\" is not a decimal number (columns count from 0; \"header\": true or skip_rows "
        "passes over a line of names, columns leaves text columns out)",
        where, shown);
}

/* The program never calls setlocale, so that strtod reads a point as is_decimal does. */
static outcome parse_number(const reader *r, const char *text, size_t length, double *value)
{
    bool decimal = data_is_decimal(text, length);
    *value = decimal ? strtod(text, NULL) : 0;
    return decimal && isfinite(*value) ? DONE : refuse_field(r, text, length);
}

/* Where the field goes among those taken of its row; SIZE_MAX for nowhere. */
static size_t place_of_field(const reader *r)
{
    if (r->place)
        return r->fields < r->width ? r->place[r->fields] : SIZE_MAX;
    return data_columns_contain(&r->columns, r->fields) ? r->taken : SIZE_MAX;
}

static outcome require_room(const reader *r, size_t bytes)
{
    if ((double)bytes <= r->room)
        return DONE;
    return cli_fail(ENVIRONMENT,
                    "%s: up to line %zu there are more than the %.4g bytes that may be read from "
                    "it; raise read_limit (--read-limit) if the file is to be trusted",
                    r->path, r->line, r->room);
}

static outcome take_field(reader *r, const char *text, size_t length)
{
    outcome result;
    if (!r->fields && !r->t->rows)
        data_separator_hint(r->hint, text, r->separator);
    if (r->in_header)
        return data_header_add(&r->header, text, length);
    size_t place = place_of_field(r);
    if (place == SIZE_MAX)
        return DONE;
    size_t index = r->n_values + place;
    TRY(require_room(r, (index + 1) * sizeof(double)));
    TRY(cli_grow(&r->t->values, &r->capacity, index + 1, sizeof(double)));
    TRY(parse_number(r, text, length, &r->t->values[index]));
    r->taken++;
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

static outcome require_columns(const reader *r)
{
    column_range last = r->columns.ranges[r->columns.n_ranges - 1];
    size_t needed = last.last == SIZE_MAX ? last.first : last.last;
    if (needed < r->width)
        return DONE;
    return cli_fail(BAD_INPUT,
                    "%s: column %zu is asked for, but line %zu has the columns 0 to %zu%s", r->path,
                    needed, r->line, r->width - 1, r->width == 1 ? r->hint : "");
}

static outcome place_named_columns(reader *r)
{
    outcome result;
    TRY(data_header_find(&r->header, r->format, r->path, r->line, r->t->source));
    r->t->columns = r->format->n_names;
    TRY(cli_allocate(&r->place, r->width, sizeof *r->place));
    for (size_t j = 0; j < r->width; j++)
        r->place[j] = SIZE_MAX;
    for (size_t k = 0; k < r->t->columns; k++)
        r->place[r->t->source[k]] = k;
done:
    return result;
}

/* The first row says how wide the table is and, if it is a header, where the columns are. */
static outcome take_first_row(reader *r)
{
    outcome result;
    r->width = r->fields;
    TRY(cli_allocate(&r->t->source, r->width + r->format->n_names, sizeof *r->t->source));
    if (r->format->n_names)
        return place_named_columns(r);
    TRY(require_columns(r));
    if (r->in_header)
        TRY(data_header_find(&r->header, r->format, r->path, r->line, r->t->source));
    for (size_t j = 0; j < r->width; j++)
        if (data_columns_contain(&r->columns, j))
            r->t->source[r->t->columns++] = j;
done:
    return result;
}

static outcome take_row(reader *r)
{
    outcome result = DONE;
    if (!r->width)
        TRY(take_first_row(r));
    if (r->fields != r->width)
        TRY(cli_fail(
            BAD_INPUT,
            "%s: line %zu has %zu values, the rows before it have %zu; every row needs the "
            "same number (\"header\": true or skip_rows passes over a line of names)",
            r->path, r->line, r->fields, r->width));
    if (!r->in_header) {
        r->t->rows++;
        r->n_values += r->t->columns;
    }
    r->in_header = false;
    r->fields = r->taken = 0;
    r->row_end = r->line;
    if (cli_interrupted())
        TRY(cli_fail(INTERRUPTED, "interrupted"));
done:
    return result;
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
        return cli_fail(ENVIRONMENT, "%s: line %zu: out of memory", r->path, r->line);
    return cli_fail(BAD_INPUT,
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
        if (r->line > r->format->skip_lines &&
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
        return cli_fail(ENVIRONMENT, "cannot read %s: %s", r->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return cli_fail(ENVIRONMENT, "cannot read %s: out of memory", r->path);
    return cli_fail(BAD_INPUT, "%s: damaged gzip data after line %zu (%s); fetch the file again",
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
        if (first && n >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2)))
            return cli_fail(BAD_INPUT, "%s is a text in UTF-16; save it in UTF-8", r->path);
        if (memchr(bytes, '\0', (size_t)n)) /* also ends devices without end */
            return cli_fail(BAD_INPUT, "%s: a byte 0 from line %zu on; this is no text file",
                            r->path, r->line);
        r->n_bytes += (size_t)n;
        outcome result = require_room(r, r->n_bytes);
        if (result != DONE)
            return result;
        size_t mark = first && n >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
        result = parse_bytes(r, parser, bytes + mark, (size_t)n - mark);
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

static outcome parse_rows(reader *r, gzFile file)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL))
        return cli_fail(ENVIRONMENT, "%s: out of memory", r->path);
    csv_set_delim(&parser, (unsigned char)r->separator);
    outcome result = parse_file(r, file, &parser);
    csv_free(&parser);
    return result;
}

static outcome read_rows(reader *r)
{
    int descriptor;
    uint64_t size;
    outcome result = cli_input_open(r->path, &descriptor, &size);
    if (result != DONE)
        return result;
    r->room = cpt_file_room(size, r->format->read_limit);
    gzFile file = gzdopen(descriptor, "rb");
    if (!file) {
        close(descriptor);
        return cli_fail(ENVIRONMENT, "cannot read %s: out of memory", r->path);
    }
    result = parse_rows(r, file);
    gzclose_r(file);
    if (result == DONE && !r->t->rows)
        return cli_fail(BAD_INPUT, "%s has no rows%s", r->path,
                        r->header.n             ? " below its header"
                        : r->format->header     ? ", not even its header"
                        : r->format->skip_lines ? " below the lines that skip_rows passes over"
                                                : "");
    return result;
}

outcome data_table_read(table *t, const char *path, const table_format *format)
{
    *t = (table){0, 0, NULL, NULL};
    reader r = {.path = path,
                .format = format,
                .separator = format->separator ? format->separator : ',',
                .t = t,
                .line = 1,
                .in_header = format->header};
    outcome result;
    TRY(data_columns_parse(&r.columns, format->columns, "columns"));
    TRY(read_rows(&r));
done:
    data_columns_free(&r.columns);
    data_header_free(&r.header);
    free(r.place);
    if (result != DONE)
        data_table_free(t);
    return result;
}

void data_table_free(table *t)
{
    free(t->values);
    free(t->source);
    *t = (table){0, 0, NULL, NULL};
}
