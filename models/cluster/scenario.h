/* A Scenario (seatrial.dev/v1alpha1): what manifests cannot say.
 *
 * Nodes, duration, seed and start, timing models and settings, images, failures, a timeline of
 * what users do, and what is expected to come out. docs/scenario.md tells every field; scenario_shape.c has them as one table
 * that drives the checks and docs/scenario.schema.json. */
#ifndef MODELS_CLUSTER_SCENARIO_H
#define MODELS_CLUSTER_SCENARIO_H

#include "models/api/document_path.h"
#include "models/cluster/manifest.h"
#include "models/cluster/settings.h"
#include "models/cluster/workload.h"
#include "sim/base/time.h"

/* Something a user does at a moment: a kubectl command line without "kubectl", and the documents that
 * are given to it on standard input (-f -). Besides kubectl's verbs there are two of ours:
 *     fail KIND TARGET...      restore KIND TARGET...                                     */
struct scenario_action {
    sim_time at;
    char **argv; /* owned; ends with NULL */
    size_t argc;
    struct documents documents;
    struct place place;
};

/* What is to be true of the summary, or of an object, at a moment of the run. One of `is`, `least` and
 * `most`, or the last two; all are borrowed from the entry. */
struct scenario_expectation {
    struct value *entry;        /* owned: as the user wrote it */
    struct document_path *path; /* owned */
    sim_time at;                /* SIM_FOREVER: the end of the run */
    enum kind kind;             /* of the object; KIND_COUNT: the summary is meant */
    const char *name, *space;   /* of the object; `space` of the summary's rows as well */
    const struct value *is, *least, *most; /* NULL: no such bound */
};

struct scenario {
    char *name, *question; /* owned; question may be NULL */
    sim_time duration;     /* a day unless it says otherwise */
    uint64_t seed;         /* 1 */
    bool mirrored;         /* every draw is the mirror of the plain run's: sim/kernel/luck.h */
    sim_time measure_from; /* what happens earlier is not measured; 0 */
    struct settings settings;
    struct documents nodes;    /* Node objects made of `nodes` */
    struct manifest objects;   /* Images first, then the objects of manifests, in order */
    struct documents failures; /* each a map with the `kind` of failure; see models/failures */
    struct documents load;     /* each a map of what something uses; see models/load */
    struct documents traffic;  /* each a map of a source of requests; see models/traffic */
    struct workload workload;  /* pods that come and go */
    struct scenario_action *actions; /* by time, then in the order they stand */
    size_t action_count, action_capacity;
    struct scenario_expectation *expectations; /* as they stand */
    size_t expectation_count, expectation_capacity;
    char **file_names; /* of what was opened: places borrow them */
    size_t file_count, file_capacity;
};

/* How the caller opens what a scenario names: for every file behind `path` (one file, or those of
 * a directory), which is relative to the scenario, call scenario_take_file(). False with the
 * error when there is none. */
struct scenario_input;
struct scenario_opener {
    bool (*open)(void *context, const char *path, struct scenario_input *input,
                 struct error *error);
    void *context;
};

/* One opened file; bytes and name are copied where they are needed. */
void scenario_take_file(struct scenario_input *input, const char *bytes, size_t length,
                        const char *name);

/* The defaults: no nodes, no objects. Release with scenario_close(). */
void scenario_init(struct scenario *scenario);
void scenario_close(struct scenario *scenario);
/* Once a run of it has begun, and nobody will print it: its objects are the larger half. */
void scenario_forget_objects(struct scenario *scenario);

/* Read a text with one Scenario in it; other documents beside it are objects like those of
 * manifests. Each fault and warning is appended; false when there was a fault. `opener` may be
 * NULL: nothing can be opened. `name` outlives the scenario. */
bool scenario_load(struct scenario *scenario, const char *bytes, size_t length, const char *name,
                   const struct scenario_opener *opener, bool strict, struct error_list *faults,
                   struct error_list *warnings);

/* The same of documents that were read already, one of them a Scenario; takes no references. */
bool scenario_load_documents(struct scenario *scenario, const struct documents *documents,
                             const char *name, const struct scenario_opener *opener, bool strict,
                             struct error_list *faults, struct error_list *warnings);

/* Is one of the documents of this text a Scenario? The same of one document. */
bool scenario_document_is_one(const struct value *document);
bool scenario_is_one(const char *bytes, size_t length);

/* Take the KubeSchedulerConfiguration that a text holds, instead of one that was there. Each fault is
 * appended; false when there was one. The name is copied. */
bool scenario_configure_scheduler(struct scenario *scenario, const char *bytes, size_t length,
                                  const char *name, struct error_list *faults);

/* Add nodes from the compact text of --nodes: "6", "6x8cpu,32Gi", "6x8cpu,32Gi,3zones". */
bool scenario_add_nodes(struct scenario *scenario, const char *text, struct place at,
                        struct error *error);
/* Six such nodes in three zones, unless there are nodes by now. */
void scenario_complete(struct scenario *scenario);

/* Everything, with what was opened written out, as a Scenario that needs no other file; a new
 * reference. */
struct value *scenario_print(const struct scenario *scenario);

/* The JSON Schema of a Scenario (2020-12); a new reference. */
struct value *scenario_schema(void);

#endif
