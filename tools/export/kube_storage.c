/* Claims and volumes, as kube-state-metrics names them (docs/metrics/storage). */
#include "models/api/storage.h"
#include "tools/export/family.h"

#define OF_CLAIM "namespace", "persistentvolumeclaim"

static void claim_info(struct collector *to, const void *record)
{
    const struct persistent_volume_claim *claim = record;
    TELL(to, 1, text_s(claim->class_name), text_s(claim->volume_name),
         claim->block ? "Block" : "Filesystem");
}

static void claim_phase(struct collector *to, const void *record)
{
    const uint8_t phase = ((const struct persistent_volume_claim *)record)->phase;
    TELL(to, phase == CLAIM_LOST, "Lost");
    TELL(to, phase == CLAIM_BOUND, "Bound");
    TELL(to, phase == CLAIM_PENDING, "Pending");
}

static void access_modes(struct collector *to, uint8_t modes)
{
    static const char *const names[] = { "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                                         "ReadWriteOncePod" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (modes >> i & 1)
            TELL(to, 1, names[i]);
}

static void claim_access(struct collector *to, const void *record)
{
    access_modes(to, ((const struct persistent_volume_claim *)record)->access_modes);
}

const struct family kube_claim_families[] = {
    { "kube_persistentvolumeclaim_info", "Information about a claim.",
      .labels = { OF_CLAIM, "storageclass", "volumename", "volumemode" }, .collect = claim_info },
    { "kube_persistentvolumeclaim_created", "When a claim was created, in Unix time.",
      .labels = { OF_CLAIM }, .collect = tell_created, .is_time = true },
    { "kube_persistentvolumeclaim_status_phase", "The phase of a claim.",
      .labels = { OF_CLAIM, "phase" }, .collect = claim_phase },
    { "kube_persistentvolumeclaim_access_mode", "How a claim is to be mounted.",
      .labels = { OF_CLAIM, "access_mode" }, .collect = claim_access },
    { "kube_persistentvolumeclaim_resource_requests_storage_bytes",
      "The size that a claim asks for.", .unit = "bytes", .labels = { OF_CLAIM },
      MEMBER(FROM_INT64, struct persistent_volume_claim, request_bytes) },
    { 0 },
};

static void volume_phase(struct collector *to, const void *record)
{
    static const struct {
        const char *name;
        enum volume_phase phase;
    } phases[] = { { "Pending", VOLUME_PENDING },
                   { "Available", VOLUME_AVAILABLE },
                   { "Bound", VOLUME_BOUND },
                   { "Released", VOLUME_RELEASED },
                   { "Failed", VOLUME_FAILED } };
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        TELL(to, ((const struct persistent_volume *)record)->phase == phases[i].phase,
             phases[i].name);
}

static void claim_ref(struct collector *to, const void *record)
{
    const struct persistent_volume *volume = record;
    if (volume->claimed)
        TELL(to, 1, text_s(volume->claim_space), text_s(volume->claim_name));
}

const struct family kube_volume_families[] = {
    { "kube_persistentvolume_created", "When a volume was created, in Unix time.",
      .labels = { "persistentvolume" }, .collect = tell_created, .is_time = true },
    { "kube_persistentvolume_status_phase", "The phase of a volume.",
      .labels = { "persistentvolume", "phase" }, .collect = volume_phase },
    { "kube_persistentvolume_capacity_bytes", "The size of a volume.", .unit = "bytes",
      .labels = { "persistentvolume" },
      MEMBER(FROM_INT64, struct persistent_volume, capacity_bytes) },
    { "kube_persistentvolume_claim_ref", "The claim that a volume is bound to.",
      .labels = { "persistentvolume", "claim_namespace", "name" }, .collect = claim_ref },
    { 0 },
};
