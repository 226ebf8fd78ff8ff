/* Columns by name. A name that is asked for must be there once; others may be anything. */
#include "data/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool continues_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

const char *data_printable(char shown[SHOWN], const char *text, size_t length)
{
    enum { LONGEST = SHOWN - 8 };
    size_t used = 0, i = 0;
    for (; i < length && (used < LONGEST || continues_character(text[i])) && used < LONGEST + 3;
         i++)
        if (text[i] == '\t') {
            shown[used++] = '\\';
            shown[used++] = 't';
        } else
            shown[used++] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
    strcpy(shown + used, i < length ? "..." : "");
    return shown;
}

static size_t skip_digits(const char *text, size_t i)
{
    while (text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
bool data_is_decimal(const char *text, size_t length)
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

const char *data_separator_hint(char hint[HINT], const char *text, char separator)
{
    static const struct {
        char character;
        const char *name, *written;
    } known[] = {
        {';', "semicolons", ";"}, {'\t', "tabs", "\\t"}, {'|', "bars", "|"},
        {',', "commas", ","},     {' ', "spaces", " "},
    };
    bool numbers = text[strspn(text, "+-.0123456789eE ")] == '\0'; /* names may have spaces */
    *hint = '\0';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].character == separator || !strchr(text, known[i].character) ||
            (known[i].character == ' ' && !numbers))
            continue;
        snprintf(hint, HINT,
                 "; it has %s: if they separate the values, set \"separator\": \"%s\"%s",
                 known[i].name, known[i].written,
                 known[i].character == ',' ? "; decimals have a point" : "");
        break;
    }
    return hint;
}

outcome data_header_add(table_header *header, const char *name, size_t length)
{
    outcome result;
    TRY(cli_grow(&header->names, &header->capacity, header->n + 1, sizeof *header->names));
    TRY(cli_copy_text(&header->names[header->n], name, length));
    header->n++;
done:
    return result;
}

void data_header_free(table_header *header)
{
    for (size_t j = 0; j < header->n; j++)
        free(header->names[j]);
    free(header->names);
    *header = (table_header){0};
}

static outcome name_is_missing(const table_header *header, const table_format *wanted,
                               const char *name, const char *path, size_t line)
{
    char shown[SHOWN], hint[HINT] = "", list[512] = "";
    size_t j = 0;
    for (; j < header->n && strlen(list) + SHOWN + 8 < sizeof list; j++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", j ? ", " : "",
                 data_printable(shown, header->names[j], strlen(header->names[j])));
    if (header->n == 1)
        data_separator_hint(hint, header->names[0], wanted->separator);
    return cli_fail(BAD_INPUT, "%s: line %zu: no column is named \"%s\"; there %s %s%s%s", path,
                    line, data_printable(shown, name, strlen(name)), header->n == 1 ? "is" : "are",
                    list, j < header->n ? ", ..." : "", hint);
}

typedef struct named_column {
    const char *name;
    size_t column;
} named_column;

static int compare_columns(const void *a, const void *b)
{
    const named_column *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->column > y->column) - (x->column < y->column);
}

/* By name, and columns of the same name ascending. */
static outcome sort_names(const table_header *header, named_column **sorted)
{
    outcome result;
    TRY(cli_allocate(sorted, header->n, sizeof **sorted));
    for (size_t j = 0; j < header->n; j++)
        (*sorted)[j] = (named_column){header->names[j], j};
    qsort(*sorted, header->n, sizeof **sorted, compare_columns);
done:
    return result;
}

static outcome find_name(const table_header *header, const named_column *sorted,
                         const table_format *wanted, const char *name, const char *path,
                         size_t line, size_t *column)
{
    char shown[SHOWN];
    size_t low = 0, high = header->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(sorted[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == header->n || strcmp(sorted[low].name, name) != 0)
        return name_is_missing(header, wanted, name, path, line);
    *column = sorted[low].column;
    if (low + 1 < header->n && !strcmp(sorted[low + 1].name, name))
        return cli_fail(BAD_INPUT,
                        "%s: line %zu: columns %zu and %zu are both named \"%s\"; rename one, or "
                        "choose columns by numbers",
                        path, line, *column, sorted[low + 1].column,
                        data_printable(shown, name, strlen(name)));
    return DONE;
}

static bool has_numbers_only(const table_header *header)
{
    for (size_t j = 0; j < header->n; j++)
        if (!data_is_decimal(header->names[j], strlen(header->names[j])))
            return false;
    return true;
}

outcome data_header_find(const table_header *header, const table_format *wanted, const char *path,
                         size_t line, size_t *columns)
{
    named_column *sorted = NULL;
    outcome result;
    TRY(sort_names(header, &sorted));
    for (size_t k = 0; k < wanted->n_names; k++)
        TRY(find_name(header, sorted, wanted, wanted->names[k], path, line, &columns[k]));
    if (!wanted->n_names && has_numbers_only(header))
        TRY(cli_fail(BAD_INPUT,
                     "%s: line %zu has numbers only, it is no header; leave out header (or pass "
                     "over the line by skip_rows, if its numbers are names)",
                     path, line));
done:
    free(sorted);
    return result;
}
