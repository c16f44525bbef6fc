/* Are two timelines the same story? The rules of COMPARING.md beside the recordings, for the
 * kinds that are simulated; one function for each rule or group of rules. */
#ifndef TESTS_SUPPORT_COMPARE_H
#define TESTS_SUPPORT_COMPARE_H

#include "sim/base/writer.h"
#include "tests/support/timeline.h"

struct comparison {
    const struct timeline *recorded, *ours;
    struct writer report; /* one line a difference */
    size_t differences;
};

/* All rules. The report is owned by the caller. */
struct comparison compare_timelines(const struct timeline *recorded, const struct timeline *ours);

/* The same for a recording of calls without pauses: section 4. */
struct comparison compare_calls_of(const struct timeline *recorded, const struct timeline *ours);

/* Add a line to the report. */
void compare_differs(struct comparison *comparison, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void compare_lives(struct comparison *comparison);       /* rules 1 to 5 */
void compare_checkpoints(struct comparison *comparison); /* rule 6 */
void compare_order(struct comparison *comparison);       /* rule 7 */
void compare_rollouts(struct comparison *comparison);    /* rule 8 */
void compare_events(struct comparison *comparison);      /* rule 9 */
void compare_calls(struct comparison *comparison);       /* section 4 */

/* --- what the rules share ----------------------------------------------------------------- */

/* The name under which lives are matched: pods with random or numbered names share one. The
 * caller drops it. */
const struct text *life_group(const struct timeline *timeline, const struct life *life);

/* The life of ours that corresponds to a recorded one by kind, name and how often the name was
 * used before; NULL when there is none. */
const struct life *life_counterpart(const struct comparison *comparison, size_t index);

/* Does an object count that only the emitted side may have? (Nodes, Namespaces never deleted.) */
bool life_counts(const struct comparison *comparison, const struct life *life);

/* ReplicaSets that belong to the same Deployment as this life (the Deployment's own, or its
 * siblings and itself). */
size_t replicasets_around(const struct timeline *timeline, const struct life *life);

/* A growing set of texts with counts, compared as a multiset. */
struct bag {
    struct bag_item {
        const struct text *text; /* one reference */
        long recorded, ours;
    } * items;
    size_t count, capacity;
};
struct bag_item *bag_item(struct bag *bag, const struct text *text); /* takes the reference */
void bag_close(struct bag *bag);

#endif
