/* The claims of a pod's volumes, as the volume plugins look them up.
 *
 * What a claim is called follows from the template, or, where it is made for the pod, from the
 * pod's name; whose it is, from the namespace. Pods without claims are asked for nothing. */
#ifndef MODELS_SCHEDULER_CLAIMS_H
#define MODELS_SCHEDULER_CLAIMS_H

#include "models/api/storage.h"
#include "models/scheduler/plugin.h"

/* Does the template mount a claim; if `made` is set, one that is made for the pod counts, too? */
bool claims_are_mounted(const struct pod_spec *spec, bool made);

/* Has the volume a claim? */
bool volume_has_claim(const struct pod_volume *volume);
/* What it is called: "data", or "pod-volume" where it is made for the pod; the caller frees. */
char *volume_claim_name(const struct pod *pod, const struct pod_volume *volume);
/* The claim; NULL when there is none. Borrowed until the next event. */
const struct persistent_volume_claim *volume_claim(const struct snapshot *snapshot,
                                                   const struct pod *pod,
                                                   const struct pod_volume *volume);
/* Is this the name of the volume's claim? */
bool volume_is_of_claim(const struct pod *pod, const struct pod_volume *volume, const char *name);
/* Was the claim made for the pod? ephemeral.VolumeIsForPod. */
bool claim_is_made_for(const struct persistent_volume_claim *claim, const struct pod *pod);

/* For struct sched_plugin: pods with claims are a class for each namespace, those with claims of
 * their own one each. */
size_t claims_traits(const struct sched_call *call, uint64_t *words);

/* A claim of the pod appeared or has changed; `made` as above. For hints. */
bool claim_is_of_pod(const struct object *claim, const struct pod *pod, bool made);

#endif
