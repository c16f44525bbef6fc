/* Stories: give a cluster in YAML, let time pass, expect what happened.
 *
 *     struct world *w = given("{apiVersion: v1, kind: Pod, ...}");
 *     until(w, 10);
 *     expect_trace(w, "pod/", "   1.005 pod/default/web bind bound to n0\n");
 *     expect_field(w, "pod/default/web", "status.phase", "Running");
 *     done(w);
 *
 * Faults of the YAML and missing objects fail the test at once. Times are seconds. */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "models/cluster/cluster.h"

struct world_line {
    double at;
    char *subject, *text;
};

struct world {
    struct run *run;
    struct cluster *cluster;
    struct client *user;      /* the cluster's admin */
    struct world_line *lines; /* of the trace since given() */
    size_t line_count, line_capacity;
    char *last_error; /* of the last call that was refused; NULL */
};

/* A cluster with these objects in it and all components, at time 0. */
struct world *given(const char *manifests);

/* The same with components of one's choice (NULL: all) and settings: "keep-events=true
 * node-monitor-period=1s". */
struct world *given_with(const char *manifests, const struct component *const *components,
                         const char *settings);
void done(struct world *world);

/* Let everything happen up to and including this time. */
void until(struct world *world, double seconds);

/* Create the objects of a YAML text as its user. */
void create(struct world *world, const char *manifests);

/* The present version of "pod/default/web" or "node/n0"; NULL when there is none. */
const struct object *find(struct world *world, const char *name);
/* Its key; good for as long as anybody holds its name. */
struct object_key key_of(struct world *world, const char *name);

/* Delete it, with the given propagation and the object's own grace. The reply is returned, and its
 * message kept in last_error. */
enum reply delete_object(struct world *world, const char *name, enum propagation propagation);

/* Expect from here on: the lines of the trace so far no longer count. */
void forget(struct world *world);

/* The lines of the trace since given() (or forget()) about subjects that begin with `about`, as text:
 * "%8.3f SUBJECT TEXT\n" each. */
void expect_trace(struct world *world, const char *about, const char *text);

/* A field of an object as it is printed: "status.phase", "spec.containers.0.image"; strings as
 * they are, numbers and booleans as in JSON, NULL for an absent field. */
void expect_field(struct world *world, const char *name, const char *path, const char *text);

#endif
