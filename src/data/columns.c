/* Parsing lists of columns into ascending ranges. */
#include "data/columns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int compare_ranges(const void *a, const void *b)
{
    const column_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* Reads digits from *cursor; false if there are none or they do not fit. */
static bool read_number(const char **cursor, size_t *number)
{
    const char *start = *cursor;
    size_t value = 0;
    for (; **cursor >= '0' && **cursor <= '9'; ++*cursor) {
        size_t digit = (size_t)(**cursor - '0');
        if (value > (SIZE_MAX - 1 - digit) / 10)
            return false;
        value = 10 * value + digit;
    }
    *number = value;
    return *cursor > start;
}

/* One of N, N-M, N-, -M. */
static bool read_range(const char **cursor, column_range *range)
{
    bool has_first = read_number(cursor, &range->first);
    if (!has_first)
        range->first = 0;
    range->last = range->first;
    if (**cursor != '-')
        return has_first;
    ++*cursor;
    if (**cursor >= '0' && **cursor <= '9')
        return read_number(cursor, &range->last) && range->last >= range->first;
    range->last = SIZE_MAX;
    return has_first;
}

static void sort_and_merge(column_list *list)
{
    qsort(list->ranges, list->n_ranges, sizeof *list->ranges, compare_ranges);
    size_t n = 0;
    for (size_t i = 1; i < list->n_ranges; i++) {
        column_range *last = &list->ranges[n], *next = &list->ranges[i];
        if (last->last == SIZE_MAX || next->first <= last->last + 1)
            last->last = last->last > next->last ? last->last : next->last;
        else
            list->ranges[++n] = *next;
    }
    list->n_ranges = n + 1;
}

outcome data_columns_parse(column_list *list, const char *text, const char *where)
{
    *list = (column_list){0, NULL};
    size_t capacity = 0;
    const char *cursor = text ? text : "0-";
    outcome result = DONE;
    for (;;) {
        TRY(cli_grow(&list->ranges, &capacity, list->n_ranges + 1, sizeof *list->ranges));
        if (!read_range(&cursor, &list->ranges[list->n_ranges]) || (*cursor && *cursor != ','))
            TRY(cli_fail(
                BAD_INPUT,
                "%s: \"%s\" is not a list of columns; write it as cut does, counted from 0: "
                "\"0-12,14\" or \"3-\"; names of a header go in an array, [\"t\", \"x2\"]",
                where, text));
        list->n_ranges++;
        if (!*cursor++)
            break;
    }
    sort_and_merge(list);
done:
    if (result != DONE)
        data_columns_free(list);
    return result;
}

bool data_columns_contain(const column_list *list, size_t column)
{
    size_t low = 0, high = list->n_ranges; /* ranges before low end before the column */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->ranges[middle].last < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n_ranges && column >= list->ranges[low].first;
}

void data_columns_free(column_list *list)
{
    free(list->ranges);
    *list = (column_list){0, NULL};
}
