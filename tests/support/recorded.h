/* What a recording says, as far as a replay must know it: its steps, and what was left to chance.
 *
 * Names and uids are random in a real cluster, but ties are broken by them; the fraction of a second
 * at which the scenario began decides what falls into one second. Both are taken from the
 * recording, so that a replay can make the same choices. */
#ifndef TESTS_SUPPORT_RECORDED_H
#define TESTS_SUPPORT_RECORDED_H

#include "models/api/kinds.h"
#include "sim/base/value.h"

/* The uid of an object, by its name with a number instead of random letters. */
struct recorded_uid {
    char *kind, *name, *uid; /* owned */
    bool used;
};

/* What was chosen for a pod: one of equal nodes, one of several budgets ("Chose "q1" arbitrarily"). */
struct recorded_choice {
    char *pod; /* owned; its name with its number */
    char *chosen;
};

struct recorded_choices {
    struct recorded_choice *items;
    size_t count, capacity;
};

struct recorded {
    char *space;         /* owned: the namespace */
    struct value *steps; /* a list */
    struct value *nodes; /* Nodes made in the scenario: a list of {at_ms, document} */
    struct recorded_uid *uids;
    size_t uid_count, uid_capacity;
    struct recorded_choices nodes_of_pods, budgets_of_pods;
    struct recorded_choices deletions; /* pods in the order in which their deletion was asked */
    sim_time fraction;                 /* of a second, at its beginning */
    int64_t began; /* the Unix second of its beginning; -1: nothing depends on it */
};

/* Read a recorded directory, its files plain or gzipped. False with the error. */
bool recorded_load(struct recorded *recorded, const char *directory, struct error *error);
void recorded_close(struct recorded *recorded);

/* The next uid of this kind and numbered name; NULL when the recording has none. */
const char *recorded_take_uid(struct recorded *recorded, const char *kind, const char *name);
/* What was chosen for a pod; NULL when nothing is said. Of a name that was used several times,
 * the first life. */
const char *recorded_budget(const struct recorded *recorded, const char *pod);
const char *recorded_node(const struct recorded *recorded, const char *pod);
/* How many pods were deleted before this one; SIZE_MAX: it stays. */
size_t recorded_deletion(const struct recorded *recorded, const char *pod);

#endif
