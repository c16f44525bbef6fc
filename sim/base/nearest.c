/* Names at a small edit distance. */
#include "sim/base/nearest.h"

#include <string.h>
#include <strings.h>

/* Optimal string alignment distance: insert, delete, replace, or swap two neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 48 };
    size_t rows[3][LONGEST + 1], length = strlen(b);
    if (strlen(a) > LONGEST || length > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= length; j++)
        rows[0][j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[strlen(a) % 3][length];
}

struct nearest nearest_to(const char *wanted)
{
    /* Farther away is another word. */
    return (struct nearest){ .wanted = wanted, .distance = strlen(wanted) / 3 + 1 };
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t distance =
        strcasecmp(candidate, nearest->wanted) == 0 ? 0 : edit_distance(nearest->wanted, candidate);
    if (distance < nearest->distance || (distance == nearest->distance && nearest->found == NULL)) {
        nearest->distance = distance;
        nearest->found = candidate;
    }
}
