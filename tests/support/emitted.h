/* Our own timeline: what a cluster does, in the form in which the real one was recorded.
 *
 * A row for every write to an object of one namespace, or to a Node made after the scenario began,
 * with the fields that the README.md beside the recordings names; rows that change none of them are
 * left out. Random names become <1>, <2>, ... by the order in which they were made. */
#ifndef TESTS_SUPPORT_EMITTED_H
#define TESTS_SUPPORT_EMITTED_H

#include "models/cluster/cluster.h"
#include "sim/base/writer.h"

/* A random name and its number among those of its prefix. */
struct emitted_name {
    char *raw, *numbered, *prefix; /* owned: "web-x2k9p", "web-<1>", "web-" */
    enum kind kind;
};

struct emitted {
    struct cluster *cluster;
    char *space;    /* owned: the namespace */
    sim_time begin; /* t_ms and "+0s" are counted from here */
    bool listening;
    struct writer timeline, events; /* lines of JSON */
    sim_time last_row;              /* when it was written */
    struct emitted_name *names;
    size_t name_count, name_capacity;
    char **nodes; /* owned: names of Nodes made since it began */
    size_t node_count, node_capacity;
    struct emitted_row *rows; /* the last one of each living object */
    size_t row_count, row_capacity;
};

/* Watch a cluster before anything is in it; release with emitted_close(), after the run. */
void emitted_init(struct emitted *emitted, struct cluster *cluster, const char *space);
void emitted_close(struct emitted *emitted);

/* Rows from now on; Nodes that are there already have none. */
void emitted_begin(struct emitted *emitted);

/* A text with numbered names instead of random ones, or the other way round. The caller
 * frees. */
char *emitted_numbered(const struct emitted *emitted, const char *text);
char *emitted_raw(const struct emitted *emitted, const char *text);

#endif
