/* The table of invariants, and who asks them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/invariants/census.h"
#include "models/invariants/invariant.h"
#include "sim/base/memory.h"

extern const struct invariant invariant_budget, invariant_max_surge, invariant_max_unavailable;
extern const struct invariant invariant_replicas, invariant_available, invariant_recreate;
extern const struct invariant invariant_ordinal, invariant_stateful_order;
extern const struct invariant invariant_daemon_node, invariant_daemon_rollout;
extern const struct invariant invariant_one_node, invariant_allocatable, invariant_living_owner;
extern const struct invariant invariant_job_count, invariant_job_parallelism;
extern const struct invariant invariant_converged, invariant_scheduled;

const struct invariant *const invariants[] = {
    &invariant_budget,         &invariant_max_surge,      &invariant_max_unavailable,
    &invariant_recreate,       &invariant_replicas,       &invariant_available,
    &invariant_ordinal,        &invariant_stateful_order, &invariant_daemon_node,
    &invariant_daemon_rollout, &invariant_one_node,       &invariant_allocatable,
    &invariant_living_owner,   &invariant_job_count,      &invariant_job_parallelism,
    &invariant_converged,      &invariant_scheduled,      NULL,
};

struct invariants_run {
    struct cluster *cluster;
    struct census *census;
    bool stop;
    struct inspection inspection;
    const struct invariant *asked;
    struct violation *found;
    size_t count, capacity;
};

void invariant_broken(struct inspection *inspection, const char *format, ...)
{
    struct invariants_run *run = inspection->run;
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    const int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    MEM_GROW(run->found, run->count, run->capacity);
    run->found[run->count++] =
        (struct violation){ run->asked, inspection->at, inspection->cause, text };
    if (run->stop)
        run_stop(run->cluster->run);
}

static void take_write(void *context, const struct write *write)
{
    struct invariants_run *run = context;
    const struct object *object = write->after != NULL ? write->after : write->before;
    run->inspection.cause = write->after != NULL ? object->cause : write->by->cause;
    run->inspection.at = write->by->now;
    census_take(run->census, write);
    for (size_t i = 0; invariants[i] != NULL; i++) {
        run->asked = invariants[i];
        if (invariants[i]->kinds >> object->kind & 1)
            invariants[i]->written(&run->inspection, write);
    }
}

static void take_present(void *context, const struct object *object)
{
    struct invariants_run *run = context;
    census_take(run->census, &(struct write){ .by = &run->cluster->admin, .after = object });
}

struct invariants_run *invariants_start(struct cluster *cluster, bool stop)
{
    struct invariants_run *run = mem_new(sizeof *run);
    run->cluster = cluster;
    run->census = census_new(cluster);
    run->stop = stop;
    run->inspection = (struct inspection){ .cluster = cluster, .census = run->census, .run = run };
    /* Owners and nodes before their pods: Deployments have a higher number than ReplicaSets. */
    store_each(cluster->store, KIND_NODE, take_present, run);
    for (uint16_t kind = KIND_COUNT; kind-- > 0;)
        if (kind != KIND_NODE)
            store_each(cluster->store, kind, take_present, run);
    cluster->written = take_write;
    cluster->written_context = run;
    return run;
}

void invariants_stop(struct invariants_run *run)
{
    if (run == NULL)
        return;
    run->cluster->written = NULL;
    for (size_t i = 0; i < run->count; i++)
        free(run->found[i].text);
    free(run->found);
    census_free(run->census);
    free(run);
}

void invariants_rest(struct invariants_run *run)
{
    run->inspection.cause = (struct cause){ 0 };
    run->inspection.at = run_now(run->cluster->run);
    for (size_t i = 0; invariants[i] != NULL; i++) {
        run->asked = invariants[i];
        if (invariants[i]->rest != NULL)
            invariants[i]->rest(&run->inspection);
    }
}

const struct violation *invariants_found(const struct invariants_run *run, size_t *count)
{
    *count = run->count;
    return run->found;
}
