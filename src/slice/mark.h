/* A point of the file that lies on the slice. */
#ifndef SLICE_MARK_H
#define SLICE_MARK_H

#include <stddef.h>

typedef struct slice_mark {
    size_t point;
    double place[2];    /* s, t */
    double loss, index; /* index NaN: not known */
    const char *kind;   /* NULL: not known */
} slice_mark;

#endif
