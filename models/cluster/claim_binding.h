/* What becomes of a claim: the rules of the PV controller and of whoever makes claims for pods,
 * without their writes.
 *
 * Follows pkg/controller/volume/persistentvolume and .../ephemeral of the release named in
 * docs/fidelity.md. A class that nobody wrote is taken to have a provisioner that works, so that what
 * was published for clusters with a default class runs here. */
#ifndef MODELS_CLUSTER_CLAIM_BINDING_H
#define MODELS_CLUSTER_CLAIM_BINDING_H

#include "models/api/kinds.h"
#include "models/api/pod.h"
#include "models/api/storage.h"
#include "sim/store/cache.h"

/* The class a claim names; NULL when it names none, or one that is not there. */
const struct storage_class *claim_class(const struct cache *cache,
                                        const struct persistent_volume_claim *claim);
/* The class that a claim gets that names none: of several default ones the newest; NULL: none. */
const struct storage_class *claim_default_class(const struct cache *cache,
                                                const struct persistent_volume_claim *claim);

enum claim_fate {
    CLAIM_GETS_VOLUME,    /* *volume */
    CLAIM_IS_PROVISIONED, /* as its class does it */
    CLAIM_WAITS_FOR_POD,  /* for the scheduler's word */
    CLAIM_HAS_NO_PLUGIN,  /* its class names a plugin of Kubernetes' own that makes no volumes */
    CLAIM_FINDS_NOTHING   /* until somebody makes a volume */
};

/* Of a claim that names no volume. A volume bound to it beforehand goes before the smallest free one;
 * of equal ones the first that appeared. O(volumes). */
enum claim_fate claim_decide(const struct cache *cache, const struct persistent_volume_claim *claim,
                             const struct persistent_volume **volume);

/* The claim that a volume of a pod names, or that is made for it; NULL when there is none. */
const struct persistent_volume_claim *claim_of_pod_volume(const struct cache *cache,
                                                          const struct texts *texts,
                                                          const struct pod *pod,
                                                          const struct pod_volume *volume);
/* Is the volume attached to nodes before it is mounted? Those of CSI drivers are, unless the CSIDriver
 * says attachRequired: false. */
bool volume_is_attached(const struct cache *cache, const struct persistent_volume *volume);

/* The claim of a pod's ephemeral volume, owned by the pod; one reference. NULL when the volume has no
 * template. */
struct object *claim_for_ephemeral(const struct codec *codec, const struct pod *pod,
                                   const struct pod_volume *volume);

#endif
