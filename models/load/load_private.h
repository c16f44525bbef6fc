/* What the files of the load model share. */
#ifndef MODELS_LOAD_LOAD_PRIVATE_H
#define MODELS_LOAD_LOAD_PRIVATE_H

#include "models/load/load.h"
#include "sim/base/table.h"
#include "sim/chance/signal.h"

/* A metric with a name of its own. */
struct load_series {
    char *name;           /* owned */
    struct value *labels; /* a map of texts; held; NULL: none */
    struct signal *value; /* owned; in the metric's unit */
};

/* What pods use: cores, bytes, metrics. NULL: nothing. */
struct load_amounts {
    struct signal *cpu, *memory;
    struct load_series *series; /* owned */
    size_t series_count;
};

/* From an instant on so many pods share a load. */
struct load_share {
    sim_time from;
    uint32_t pods;
};

enum load_kind { LOAD_OF_PODS, LOAD_OF_OBJECT, LOAD_EXTERNAL };

struct load_entry {
    enum load_kind kind;
    char *space; /* owned; the namespace */
    char *object_kind,
        *object_name;  /* of an object; of a workload or Service: owned; NULL: `pods` */
    enum kind selects; /* the kind of that workload or Service */
    char *pods;        /* a label selector as text: owned; NULL: none */
    char *container;   /* owned; NULL: the first */
    struct load_amounts shared, each;

    const struct text *space_text;       /* held, as the two below */
    const struct selector *selector;     /* of `pods`, or of the workload as it was seen last */
    const struct labels *service_labels; /* of the Service */
    struct load_share *shares; /* how many were ready lately: from old to new, at least one */
    size_t share_count, share_capacity;
};

/* A time during which a pod was ready. */
struct load_interval {
    sim_time from, to; /* to SIM_FOREVER: it still is */
};

/* A pod that entries speak of. */
struct loaded_pod {
    struct table_node node;
    struct loaded_pod *next, **link;
    struct object_key key; /* held */
    bool ready;
    struct load_interval *intervals; /* owned; lately, from old to new */
    size_t interval_count, interval_capacity;
    struct load_entry **entries; /* owned */
    size_t entry_count, entry_capacity;
};

struct load {
    struct cluster *cluster;
    struct metrics_api api;
    struct load_entry **entries; /* owned */
    size_t entry_count, entry_capacity;
    struct table pods;
    struct loaded_pod *first;
    bool watching;
};

/* --- entries (load_entry.c) --- */

/* NULL when there is a fault, which is appended. */
struct load_entry *load_entry_read(const struct value *from, struct error_list *faults);
void load_entry_free(struct load_entry *entry);

/* --- shares (load_share.c) --- */

/* How long what was so is remembered. */
sim_time load_memory(const struct load *load);

/* So many pods share from now on. */
void load_share_set(struct load_entry *entry, uint32_t pods, sim_time now, sim_time memory);
/* The integral of a signal over a time, of each moment the share of one pod that is there. */
double load_share_integral(const struct load_entry *entry, const struct signal *signal,
                           sim_time from, sim_time to);
/* The share of one pod at an instant. */
double load_share_value(const struct load_entry *entry, const struct signal *signal, sim_time at);
/* Since when so many share as do now. */
sim_time load_share_since(const struct load_entry *entry);

void loaded_pod_set_ready(struct loaded_pod *pod, bool ready, sim_time now, sim_time memory);
bool loaded_pod_was_ready(const struct loaded_pod *pod, sim_time at);

/* --- who measures (load_metrics.c) --- */

struct loaded_pod *load_find_pod(const struct load *load, struct object_key key);
void load_metrics_init(struct load *load);

#endif
