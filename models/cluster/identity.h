/* Names and uids of new objects.
 *
 * Both are drawn from what the object is (cluster, kind, namespace, prefix), not from how
 * many objects were made before it, so that one Deployment more does not rename the pods
 * of another: pods draw their luck by name. */
#ifndef MODELS_CLUSTER_IDENTITY_H
#define MODELS_CLUSTER_IDENTITY_H

#include "models/api/meta.h"

struct run;
struct identities;

/* Release with identities_free(). `cluster` is borrowed. */
struct identities *identities_new(struct run *run, const char *cluster);
void identities_free(struct identities *identities);

/* The next name for an object with a generateName: the prefix (58 bytes at most) and five random
 * characters, as the API server does. One reference. */
const struct text *identity_name(struct identities *identities, const struct meta *object);

/* A uid for an object that is made at `at`; never given twice. */
struct uid identity_uid(struct identities *identities, const struct meta *object, sim_time at);

#endif
