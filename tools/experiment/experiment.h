/* An Experiment (seatrial.dev/v1alpha1): a scenario, what is varied of it, what is measured, and how often
 * it is played. docs/experiment.md tells every field.
 *
 * It is read into points, each a scenario of its own that is ready to be played, so that every fault of
 * every point is told before the first run. */
#ifndef TOOLS_EXPERIMENT_EXPERIMENT_H
#define TOOLS_EXPERIMENT_EXPERIMENT_H

#include "models/api/document_path.h"
#include "sim/experiment/study.h"
#include "tools/experiment/split.h"
#include "tools/experiment/variant.h"

struct experiment_level {
    char *name;       /* owned */
    struct edit edit; /* what it changes; borrows from the documents */
};

struct experiment_factor {
    const char *name;                /* borrowed from the documents */
    struct experiment_level *levels; /* owned; of a range, those that points were given */
    size_t count, capacity, baseline;
    const struct value *range; /* NULL: it has levels */
};

/* One number of each run. */
struct experiment_response {
    const char *name, *text;    /* what it is called; its path */
    const char *space;          /* of the row; NULL: any */
    struct document_path *path; /* owned */
    struct place at;
    const char *unit;   /* "s", "share", ...; NULL: a number */
    const char *better; /* "higher", "lower"; NULL: neither */
    struct study_response how;
};

/* One scenario of the design. */
struct experiment_point {
    char *name;                /* owned: "replicas=2 zones=a,b" */
    size_t *levels;            /* owned: of each factor, the number of its level */
    const struct edit **edits; /* owned, in the order in which they are applied */
    size_t edit_count;
    char *without;   /* owned: the cause that is switched off; NULL: none */
    struct edit off; /* how */
    struct inputs inputs;
    const char *policy; /* who schedules, as --policy has it; NULL: the scenario says */
};

/* How the interval of a mean comes about. */
enum experiment_estimate {
    BY_REPLICATIONS,
    BY_MSER5,
    BY_BATCH_MEANS,
    BY_REGENERATION,
    BY_SPLITTING
};

struct experiment {
    const char *name;     /* of the study */
    const char *question; /* NULL: none */
    uint64_t seed;
    struct base base;
    struct documents documents;   /* the Experiment, and what was made on the way */
    const struct value *document; /* the Experiment itself */
    const char *design;
    struct experiment_factor *factors;
    size_t factor_count;
    struct experiment_response *responses;
    size_t response_count, response_capacity;
    struct experiment_point *points;
    size_t point_count;
    size_t baseline; /* `point_count`: none */
    struct study_rule rule;
    sim_time most_time; /* wall clock after which no batch begins; 0: any */
    enum experiment_estimate estimate;
    sim_time every;             /* between two readings of the responses */
    struct document_path *when; /* of BY_REGENERATION: owned */
    const struct value *when_is;
    struct split_plan split; /* of BY_SPLITTING */
    bool wants_counterfactual;
    char **texts; /* owned: what was read or made */
    size_t text_count, text_capacity;
};

/* What a command line or another program says beside the document: 0 and NULL: nothing. */
struct experiment_options {
    size_t replications; /* exactly so many of each point */
    const char *seed;
    sim_time duration; /* of every run */
};

/* Read the file of an Experiment. Appends each fault and warning; false when there was a fault. Close the
 * experiment in either case. */
bool experiment_load(struct experiment *experiment, const char *path,
                     const struct experiment_options *options, struct error_list *faults,
                     struct error_list *warnings);
/* The same of a document that was read or made already, on a base that is taken over: `spec.scenario` is
 * absent. Takes no reference. */
bool experiment_make(struct experiment *experiment, struct base *base, const struct value *document,
                     const struct experiment_options *options, struct error_list *faults,
                     struct error_list *warnings);
void experiment_close(struct experiment *experiment);

/* The point others are compared with, or else the first. */
static inline const struct experiment_point *experiment_first(const struct experiment *experiment)
{
    return &experiment
                ->points[experiment->baseline < experiment->point_count ? experiment->baseline : 0];
}

/* A study of its points, nothing played. */
struct study *experiment_study(const struct experiment *experiment);

/* All that decides what a replication comes to, as 64 hexadecimal digits: the document, every point's
 * scenario, the program's version; not how many replications there are. The caller frees. */
char *experiment_identity(const struct experiment *experiment);

/* The JSON Schema of the document; a new reference. */
struct value *experiment_schema(void);

#endif
