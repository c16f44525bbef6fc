/* What the files of objectives share: queries, and the sums over time they come to. */
#ifndef MODELS_METRICS_OBJECTIVES_PRIVATE_H
#define MODELS_METRICS_OBJECTIVES_PRIVATE_H

#include "models/cluster/openslo.h"
#include "models/metrics/metrics_private.h"

/* The other metrics that objectives look into; borrowed. */
struct objective_sources {
    struct cluster *cluster;
    void *workloads, *services;
};

/* What a metric of a query is of. */
enum query_source {
    QUERY_REPLICAS, /* a level of a workload or Service, from when its clock has started */
    QUERY_REQUESTS, /* requests that came, were or were not answered */
    QUERY_LATENCY,  /* of answers */
    QUERY_OBJECTS   /* a level summed over objects, as kube-state-metrics has it */
};
enum replica_level { AVAILABLE, READY_REPLICAS, WANTED_REPLICAS, MISSING_REPLICAS };
enum request_metric {
    REQUESTS,
    REQUESTS_OK,
    REQUESTS_FAILED,
    LATENCY,
    LATENCY_BUCKET,
    LATENCY_COUNT
};

/* A level over objects of a kind, kept up to date by their writes. */
struct object_level;

struct level_at {
    sim_time at;
    int64_t value;
};
/* Levels in order of time, the first of them at the beginning; none: there was nothing yet. */
struct levels {
    struct level_at *items; /* owned */
    size_t count, capacity;
};

struct objective_query {
    enum query_source source;
    int which; /* replica_level, request_metric */
    const char *text;
    struct place at;
    char *space;    /* owned; the namespace */
    char *name;     /* owned: of the workload or Service, or of the entry of `traffic`; NULL: any */
    enum kind kind; /* of the workload; KIND_COUNT: any */
    bool by_service;     /* name is a Service */
    char *entry;         /* owned: the traffic's name; NULL: all of the Service */
    double quantile, le; /* of latencies; 0 and negative: none */
    struct object_level *objects;
    size_t *logs; /* owned: numbers of the sources of requests it is of */
    size_t log_count, log_capacity;
};

/* Read a query and find what it is of. NULL with the error. Release with objective_query_free(). */
struct objective_query *objective_query_new(const struct value *text,
                                            const struct objective_sources *sources,
                                            struct error *error);
void objective_query_free(struct objective_query *query);

/* Is there such a workload or Service by now? False with the error, which knows a name like it. */
bool objective_query_check(const struct objective_query *query,
                           const struct objective_sources *sources, struct error *error);

/* Are both about the same? */
bool objective_query_same(const struct objective_query *a, const struct objective_query *b);

/* The level up to now, of QUERY_REPLICAS and QUERY_OBJECTS; the caller frees the items. */
struct levels objective_query_levels(const struct objective_query *query,
                                     const struct objective_sources *sources);

/* Forget what was before `now`. */
void objective_query_restart(struct objective_query *query, sim_time now);

/* One objective of one SLO as a row of the summary; takes nothing. `unit` is of the amounts;
 * `slices` NULL: there are none. */
struct objective_judgement {
    const struct slo *slo;
    size_t number; /* of the objective in the SLO */
    const struct spending *spending;
    const char *unit;
    const size_t *slices; /* how many, and how many bad */
    const struct zone *zone;
    int64_t epoch_seconds;
    sim_time measured_from;
};
void objective_print(const struct objective_judgement *judgement, struct value *row);

#endif
