/* Where the entries of a Jacobian go: to their weight, or by a map to the weights that it is a
 * combination of. */
#include "model/model.h"

/* to += factor x o y, and to = x o y. */
static void add(size_t n, double factor, const double *x, const double *y, double *to,
                size_t stride)
{
    for (size_t i = 0; i < n; i++)
        to[i * stride] += factor * (y ? x[i] * y[i] : x[i]);
}

static void store(size_t n, const double *x, const double *y, double *to, size_t stride)
{
    if (y && stride == 1)
        for (size_t i = 0; i < n; i++)
            to[i] = x[i] * y[i];
    else
        for (size_t i = 0; i < n; i++)
            to[i * stride] = y ? x[i] * y[i] : x[i];
}

static void add_mapped(const cpt_weight_map *map, const cpt_jacobian_layout *layout, size_t weight,
                       double factor, size_t n, const double *x, const double *y, double *to)
{
    for (size_t e = map->first[weight]; e < map->first[weight + 1]; e++) {
        double product = factor * map->values[e];
        if (map->next)
            add_mapped(map->next, layout, map->columns[e], product, n, x, y, to);
        else
            add(n, product, x, y, to + map->columns[e] * layout->weight, layout->sample);
    }
}

void cpt_jacobian_store(const cpt_jacobian_layout *layout, size_t weight, size_t n, const double *x,
                        const double *y, double *to)
{
    if (layout->map)
        add_mapped(layout->map, layout, weight, 1, n, x, y, to);
    else
        store(n, x, y, to + weight * layout->weight, layout->sample);
}

void cpt_jacobian_add(const cpt_jacobian_layout *layout, size_t weight, size_t n, const double *x,
                      const double *y, double *to)
{
    if (layout->map)
        add_mapped(layout->map, layout, weight, 1, n, x, y, to);
    else
        add(n, 1, x, y, to + weight * layout->weight, layout->sample);
}
