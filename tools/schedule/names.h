/* Names of nodes as decisions list them: by slot, to be told in one order or another, or as a
 * hash. */
#ifndef TOOLS_SCHEDULE_NAMES_H
#define TOOLS_SCHEDULE_NAMES_H

#include "models/scheduler/trial/trial.h"

struct node_name {
    const struct text *name; /* borrowed */
    size_t rank;             /* in the order in which the nodes joined */
    size_t at;               /* in the list it was taken from */
};

struct names {
    struct node_name *items; /* owned */
    size_t count;
};

struct names names_of(const struct trial *trial, const uint32_t *slots, size_t count);
void names_close(struct names *names);

/* In the order in which the nodes joined. */
void names_sort_by_rank(struct names *names);
/* In byte order, each once. */
void names_sort_by_name(struct names *names);

/* A list of them, a new reference. */
struct value *names_list(const struct names *names);
/* FNV-1a 64 over the sorted names, each followed by a newline, as 16 digits; `counted`: with
 * "#COUNT:" before it. A new reference. */
struct value *names_hash(const struct names *names, bool counted);

#endif
