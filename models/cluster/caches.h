/* Which client reads from which cache.
 *
 * In an ordinary run all share one. In a run with a variation the scheduler, the kubelets and the
 * garbage collector have caches of their own, and the other controllers share three, each one of them by
 * chance; users and failures look at what is there now. */
#ifndef MODELS_CLUSTER_CACHES_H
#define MODELS_CLUSTER_CACHES_H

#include "sim/store/cache.h"

struct cluster;
struct caches;

/* The caches of a run with a variation; NULL for an ordinary one. With caches_free(), before the
 * store. */
struct caches *caches_new(struct cluster *cluster);
void caches_free(struct caches *caches);

/* Call with each of them. */
void caches_each(const struct caches *caches, void (*visit)(void *context, struct cache *cache),
                 void *context);

/* The cache of a client of this name: cluster->cache in an ordinary run. */
struct cache *cluster_cache(const struct cluster *cluster, const char *client);

#endif
