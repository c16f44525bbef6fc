/* Caches of runs with a variation, by the name of the client. */
#include "models/cluster/caches.h"

#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

enum { PRESENT, SCHEDULER, KUBELETS, COLLECTOR, API, FIRST_GROUP, GROUPS = 3 };

static const char *const names[] = {
    NULL,     "scheduler",     "kubelets",      "garbage-collector",
    "others", "controllers-1", "controllers-2", "controllers-3",
};
enum { CACHES = sizeof names / sizeof *names };

struct caches {
    struct cache *items[CACHES]; /* owned */
};

/* What is below the API is not watched, and heartbeats are no events here. */
static const uint64_t prompt = UINT64_C(1) << KIND_MACHINE | UINT64_C(1) << KIND_IMAGE |
                               UINT64_C(1) << KIND_LEASE | UINT64_C(1) << KIND_EVENT;

struct caches *caches_new(struct cluster *cluster)
{
    if (cluster->run->variation == NULL)
        return NULL;
    struct caches *caches = mem_new(sizeof *caches);
    caches->items[PRESENT] = cache_new(cluster->run, cluster->store, "", NULL);
    for (int i = PRESENT + 1; i < CACHES; i++)
        caches->items[i] = cache_new_varied(cluster->run, cluster->store, names[i], prompt);
    return caches;
}

void caches_free(struct caches *caches)
{
    for (int i = 0; caches != NULL && i < CACHES; i++)
        cache_free(caches->items[i]);
    free(caches);
}

void caches_each(const struct caches *caches, void (*visit)(void *context, struct cache *cache),
                 void *context)
{
    for (int i = 0; caches != NULL && i < CACHES; i++)
        visit(context, caches->items[i]);
}

static int cache_number(struct run *run, const char *client)
{
    static const struct {
        const char *client;
        int cache;
    } own[] = {
        { "kubectl", PRESENT },
        { "failures", PRESENT },
        { "workload", PRESENT },
        { "default-scheduler", SCHEDULER },
        { "kubelet", KUBELETS },
        { "garbage-collector-controller", COLLECTOR },
        { "", API },
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(client, own[i].client) == 0)
            return own[i].cache;
    /* One program part in kube-controller-manager. */
    const bool is_job = strcmp(client, "job-orphan-pods") == 0;
    struct stream stream = run_stream(run, "", is_job ? "job-controller" : client, "cache", 0);
    return FIRST_GROUP + (int)stream_below(&stream, GROUPS);
}

struct cache *cluster_cache(const struct cluster *cluster, const char *client)
{
    if (cluster->caches == NULL)
        return cluster->cache;
    return cluster->caches->items[cache_number(cluster->run, client)];
}
