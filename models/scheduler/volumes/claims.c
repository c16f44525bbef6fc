/* A pod's claims; see claims.h.
 *
 * Follows component-helpers storage/ephemeral of the release named in docs/fidelity.md. */
#include "models/scheduler/volumes/claims.h"

#include <stdlib.h>

#include "models/scheduler/snapshot/listers.h"

bool volume_has_claim(const struct pod_volume *volume)
{
    return volume->type == POD_VOLUME_CLAIM || volume->type == POD_VOLUME_EPHEMERAL;
}

bool claims_are_mounted(const struct pod_spec *spec, bool made)
{
    for (size_t i = 0; i < spec->volume_count; i++)
        if (spec->volumes[i].type == POD_VOLUME_CLAIM ||
            (made && spec->volumes[i].type == POD_VOLUME_EPHEMERAL))
            return true;
    return false;
}

char *volume_claim_name(const struct pod *pod, const struct pod_volume *volume)
{
    if (volume->type == POD_VOLUME_CLAIM)
        return mem_format("%s", text_s(volume->id));
    return mem_format("%s-%s", name_of(pod), text_s(volume->name));
}

const struct persistent_volume_claim *volume_claim(const struct snapshot *snapshot,
                                                   const struct pod *pod,
                                                   const struct pod_volume *volume)
{
    const struct text *name = volume->id;
    if (volume->type == POD_VOLUME_EPHEMERAL) {
        char *made = volume_claim_name(pod, volume);
        name = text_find(snapshot->texts, made); /* a name that nobody holds is nobody's */
        free(made);
    }
    return claim_of(lister_get(snapshot, KIND_PERSISTENTVOLUMECLAIM, pod->meta.object.space, name));
}

bool volume_is_of_claim(const struct pod *pod, const struct pod_volume *volume, const char *name)
{
    if (!volume_has_claim(volume))
        return false;
    char *own = volume_claim_name(pod, volume);
    const bool same = strcmp(own, name) == 0;
    free(own);
    return same;
}

bool claim_is_made_for(const struct persistent_volume_claim *claim, const struct pod *pod)
{
    const struct owner *controller = meta_controller(&claim->meta);
    return controller != NULL && uid_equal(controller->uid, pod->meta.uid);
}

size_t claims_traits(const struct sched_call *call, uint64_t *words)
{
    if (!claims_are_mounted(call->spec, true))
        return 0;
    words[0] = (uintptr_t)call->pod->meta.object.space;
    words[1] = 0;
    for (size_t i = 0; i < call->spec->volume_count; i++)
        if (call->spec->volumes[i].type == POD_VOLUME_EPHEMERAL)
            words[1] = call->pod->meta.uid.low;
    return 2;
}

bool claim_is_of_pod(const struct object *claim, const struct pod *pod, bool made)
{
    const struct pod_spec *spec = pod->spec;
    if (claim->space != pod->meta.object.space)
        return false;
    for (size_t i = 0; i < spec->volume_count; i++)
        if ((made || spec->volumes[i].type == POD_VOLUME_CLAIM) &&
            volume_is_of_claim(pod, &spec->volumes[i], name_of(claim)))
            return true;
    return false;
}
