/* How volumes are made, given up and deleted: provisioners, reclaim policies, protection. API calls take no
 * time here, a driver 3 s to make a volume and 1 s to delete one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/storage.h"
#include "sim/base/memory.h"
#include "tests/support/kubelet_stories.h"

#define CLASS(name, provisioner, more)                                                             \
    "---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name              \
    "}, provisioner: " provisioner more "}\n"
#define CLAIM(name, class)                                                                         \
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name                    \
    "}, spec: {accessModes: [ReadWriteOnce], storageClassName: " class ", resources: {requests: "  \
                                                                       "{storage: 1Gi}}}}\n"
#define CLAIM_OF(name, volume, size)                                                               \
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name                    \
    "}, spec: {accessModes: [ReadWriteOnce], storageClassName: made, volumeName: " volume          \
    ", resources: {requests: {storage: " size "}}}}\n"
#define VOLUME(name, policy, source)                                                               \
    "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: " name "}, spec: {capacity: "  \
    "{storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: made, "                       \
    "persistentVolumeReclaimPolicy: " policy ", " source "}}\n"
#define CSI "csi: {driver: d, volumeHandle: x}"
#define USER(name, claim)                                                                          \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name                                      \
    "}, spec: {containers: [{name: c, image: i}], volumes: [{name: v, persistentVolumeClaim: "     \
    "{claimName: " claim "}}]}}\n"
#define ZONED(name, zone)                                                                          \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {zone: " zone            \
    "}}, status: {allocatable: {cpu: '4', memory: 8Gi, pods: '10'}}}\n"                            \
    "---\n{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: " name                   \
    "}, spec: {drivers: [{name: d, nodeID: " name ", topologyKeys: [zone]}]}}\n"

static struct world *given_volumes(const char *manifests, const char *flags)
{
    char *all = mem_format("keep-events=true %s", flags);
    struct world *w = given_with("", NULL, all);
    set_time(&w->cluster->settings.api_write, 0);
    set_time(&w->cluster->settings.image_size, 0);
    create(w, manifests);
    free(all);
    return w;
}

/* The only event about an object with this reason: its message and count; NULL: there is none. */
static void expect_event(struct world *w, const char *about, const char *reason,
                         const char *message, int64_t count)
{
    const char *found = NULL;
    struct value *event = NULL;
    int64_t times = 0;
    struct cache_cursor cursor = client_list(w->user, KIND_EVENT);
    while (cache_next(&cursor)) {
        struct value *printed = cluster_print(w->cluster, cursor.object);
        const char *name = value_text(value_path(printed, "involvedObject", "name", NULL), "");
        if (strcmp(name, about) == 0 &&
            strcmp(value_text(value_get(printed, "reason"), ""), reason) == 0) {
            value_drop(event);
            event = value_hold(printed);
            found = value_text(value_get(event, "message"), "");
            times = value_int(value_get(event, "count"), 0);
        }
        value_drop(printed);
    }
    if (message == NULL) {
        cr_expect_null(found, "%s", found);
    } else {
        cr_expect_str_eq(found != NULL ? found : "", message);
        cr_expect_eq(times, count, "%lld times, not %lld: %s", (long long)times, (long long)count,
                     message);
    }
    value_drop(event);
}

/* The volume of a claim, as "persistentvolume/..."; the caller frees. */
static char *volume_of(struct world *w, const char *claim)
{
    const struct persistent_volume_claim *found = claim_of(find(w, claim));
    cr_assert_not_null(found->volume_name);
    return mem_format("persistentvolume/%s", text_s(found->volume_name));
}

/* --- provisioning --------------------------------------------------------------------------------- */

/* Asked at 0, made at 3. */
Test(volume_lifecycle, a_provisioner_makes_a_volume)
{
    struct world *w = given_volumes(
        CLASS("fast", "d", ", mountOptions: [ro], reclaimPolicy: Retain") CLAIM("data", "fast"),
        "");
    until(w, 2.9);
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Pending");
    until(w, 3);
    char *volume = volume_of(w, "persistentvolumeclaim/default/data");
    expect_field(w, volume, "spec.csi.driver", "d");
    expect_field(w, volume, "spec.mountOptions", "[\"ro\"]");
    expect_field(w, volume, "spec.persistentVolumeReclaimPolicy", "Retain");
    expect_field(w, volume, "spec.claimRef.name", "data");
    expect_field(w, volume, "metadata.finalizers", "[\"kubernetes.io/pv-protection\"]");
    expect_field(w, volume, "status.phase", "Bound");
    expect_event(w, "data", "ExternalProvisioning",
                 "Waiting for a volume to be created either by the external provisioner 'd' or "
                 "manually by the system administrator. If volume creation is delayed, please "
                 "verify that the provisioner is running and correctly registered.",
                 2);
    expect_event(w, "data", "Provisioning",
                 "External provisioner is provisioning volume for claim \"default/data\"", 1);
    char *said = mem_format("Successfully provisioned volume %s", strchr(volume, '/') + 1);
    expect_event(w, "data", "ProvisioningSucceeded", said, 1);
    free(said);
    free(volume);
    done(w);
}

/* Failures at 3, 7, 12 and 19: after 1 s, 2 s, 4 s, 8 s it is tried again; the fifth try is at 27. */
Test(volume_lifecycle, a_provisioner_tries_again)
{
    struct world *w =
        given_volumes(CLASS("fast", "d", "") CLAIM("data", "fast"), "volume-provision-failures=1");
    until(w, 26);
    expect_event(
        w, "data", "ProvisioningFailed",
        "failed to provision volume with StorageClass \"fast\": rpc error: code = Internal "
        "desc = the driver could not create the volume",
        4);
    w->cluster->settings.volume_provision_failures = 0;
    until(w, 29.9);
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Pending");
    until(w, 30);
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Bound");
    done(w);
}

/* Classes that nothing is made of. */
static const struct {
    const char *why, *class, *reason, *message;
} hopeless[] = {
    { "for volumes made by hand", CLASS("fast", "kubernetes.io/no-provisioner", ""),
      "ProvisioningFailed", "no volume plugin matched name: kubernetes.io/no-provisioner" },
    { "a plugin that is no more", CLASS("fast", "kubernetes.io/glusterfs", ""),
      "ProvisioningFailed", "no volume plugin matched name: kubernetes.io/glusterfs" },
    { "nobody uses the claim yet", CLASS("fast", "d", ", volumeBindingMode: WaitForFirstConsumer"),
      "WaitForFirstConsumer", "waiting for first consumer to be created before binding" },
};

Test(volume_lifecycle, some_classes_make_none)
{
    for (size_t i = 0; i < sizeof hopeless / sizeof *hopeless; i++) {
        char *manifests = mem_format("%s%s", hopeless[i].class, CLAIM("data", "fast"));
        struct world *w = given_volumes(manifests, "");
        until(w, 100);
        expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Pending");
        expect_event(w, "data", hopeless[i].reason, hopeless[i].message, 1);
        done(w);
        free(manifests);
    }
}

/* A plugin that moved to a CSI driver is provisioned by that. */
Test(volume_lifecycle, a_plugin_that_moved_is_provisioned_by_its_driver)
{
    struct world *w =
        given_volumes(CLASS("gp2", "kubernetes.io/aws-ebs", "") CLAIM("data", "gp2"), "");
    until(w, 4);
    char *volume = volume_of(w, "persistentvolumeclaim/default/data");
    expect_field(w, volume, "spec.csi.driver", "ebs.csi.aws.com");
    free(volume);
    done(w);
}

static void expect_zone(struct world *w, const char *claim, const char *zone)
{
    char *volume = volume_of(w, claim);
    expect_field(w, volume,
                 "spec.nodeAffinity.required.nodeSelectorTerms.0.matchExpressions.0.values.0",
                 zone);
    free(volume);
}

/* The claims of a StatefulSet have the zones in turn: FNV-1("db") is 1836525763, so that that of db-0 has the
 * second one of north and south. */
Test(volume_lifecycle, claims_of_a_set_are_spread_over_zones)
{
    struct world *w = given_volumes(ZONED("a", "south") ZONED("b", "north") ZONED("c", "south")
                                        CLASS("fast", "d", "") CLAIM("data-db-0", "fast")
                                            CLAIM("data-db-1", "fast") CLAIM("data-db-2", "fast"),
                                    "");
    until(w, 4);
    expect_zone(w, "persistentvolumeclaim/default/data-db-0", "south");
    expect_zone(w, "persistentvolumeclaim/default/data-db-1", "north");
    expect_zone(w, "persistentvolumeclaim/default/data-db-2", "south");
    done(w);
}

Test(volume_lifecycle, a_class_allows_zones)
{
    struct world *w = given_volumes(
        ZONED("a", "south") ZONED("b", "north")
            CLASS("fast", "d",
                  ", allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [south]}]}]")
                CLAIM("data-db-0", "fast") CLAIM("data-db-1", "fast"),
        "");
    until(w, 4);
    expect_zone(w, "persistentvolumeclaim/default/data-db-0", "south");
    expect_zone(w, "persistentvolumeclaim/default/data-db-1", "south");
    done(w);
}

/* The node that was chosen for the pod goes while its volume is being made: chosen anew. */
Test(volume_lifecycle, a_volume_is_made_where_the_pod_can_be)
{
    struct world *w = given_volumes(
        ZONED("a", "north") CLASS("fast", "d", ", volumeBindingMode: WaitForFirstConsumer")
            CLAIM("data", "fast") USER("web", "data"),
        "");
    until(w, 1);
    create(w, ZONED("b", "south"));
    delete_object(w, "node/a", PROPAGATE_DEFAULT);
    until(w, 60);
    expect_event(w, "data", "ProvisioningFailed", "failed to get target node: node \"a\" not found",
                 1);
    expect_zone(w, "persistentvolumeclaim/default/data", "south");
    expect_field(w, "pod/default/web", "spec.nodeName", "b");
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}

/* --- giving volumes up ------------------------------------------------------------------------------ */

/* What becomes of a volume made by hand whose claim is deleted. */
static const struct {
    const char *why, *volume, *phase, *reason, *message;
} policies[] = {
    { "it is kept for somebody to look at", VOLUME("x", "Retain", CSI), "Released", "", NULL },
    { "no plugin of Kubernetes' own deletes it", VOLUME("x", "Delete", CSI), "Failed",
      "VolumeFailedDelete",
      "error getting deleter volume plugin for volume \"x\": no deletable volume plugin matched" },
    { "paths below /tmp can be deleted", VOLUME("x", "Delete", "hostPath: {path: /tmp/x}"), NULL,
      "", NULL },
    { "others cannot", VOLUME("x", "Delete", "hostPath: {path: /data}"), "Failed",
      "VolumeFailedDelete", "host_path deleter only supports /tmp/.+ but received provided /data" },
    { "an old policy, of few plugins", VOLUME("x", "Recycle", CSI), "Failed", "VolumeFailedRecycle",
      "No recycler plugin found for the volume!" },
    { "and one of them", VOLUME("x", "Recycle", "hostPath: {path: /data}"), "Available",
      "VolumeRecycled", "Volume recycled" },
};

Test(volume_lifecycle, a_volume_is_given_up_as_its_policy_says)
{
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        char *manifests = mem_format("%s%s", policies[i].volume, CLAIM_OF("data", "x", "1Gi"));
        struct world *w = given_volumes(manifests, "");
        until(w, 1);
        expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Bound");
        delete_object(w, "persistentvolumeclaim/default/data", PROPAGATE_DEFAULT);
        until(w, 60);
        if (policies[i].phase == NULL)
            cr_expect_null(find(w, "persistentvolume/x"), "%s", policies[i].why);
        else
            expect_field(w, "persistentvolume/x", "status.phase", policies[i].phase);
        expect_event(w, "x", policies[i].reason, policies[i].message, 1);
        done(w);
        free(manifests);
    }
}

/* Its claim is deleted at 60 with its pod, whose container stops at once; unmounted at 60.5, out of use by
 * the kubelet's word at 70, detached at 73. The provisioner, which must not delete it before, has looked at
 * 60, 61, 63, 67 and 75; deleted at 76. */
Test(volume_lifecycle, a_volume_is_deleted_when_it_is_detached)
{
    struct world *w = given_volumes(
        NODE("a") CLASS("fast", "d", "") CLAIM("data", "fast") USER("web", "data"), "");
    until(w, 59);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    char *volume = volume_of(w, "persistentvolumeclaim/default/data");
    set_time(&w->cluster->settings.container_stop, 0);
    until(w, 60);
    delete_object(w, "pod/default/web", PROPAGATE_DEFAULT);
    delete_object(w, "persistentvolumeclaim/default/data", PROPAGATE_DEFAULT);
    until(w, 61);
    cr_expect_null(find(w, "persistentvolumeclaim/default/data"));
    expect_field(w, volume, "status.phase", "Released");
    char *said =
        mem_format("persistentvolume %s is still attached to node a", strchr(volume, '/') + 1);
    until(w, 75);
    expect_event(w, strchr(volume, '/') + 1, "VolumeFailedDelete", said, 4);
    cr_expect_not_null(find(w, volume));
    until(w, 80);
    cr_expect_null(find(w, volume));
    free(said);
    free(volume);
    done(w);
}

/* Somebody deletes the volume first: it stays while it is bound, and goes with its claim. */
Test(volume_lifecycle, a_bound_volume_is_protected)
{
    struct world *w = given_volumes(CLASS("fast", "d", "") CLAIM("data", "fast"), "");
    until(w, 10);
    char *volume = volume_of(w, "persistentvolumeclaim/default/data");
    delete_object(w, volume, PROPAGATE_DEFAULT);
    until(w, 20);
    expect_field(w, volume, "status.phase", "Bound");
    expect_field(w, volume, "metadata.deletionGracePeriodSeconds", "0");
    delete_object(w, "persistentvolumeclaim/default/data", PROPAGATE_DEFAULT);
    until(w, 20.9);
    expect_field(w, volume, "status.phase", "Released");
    until(w, 21);
    cr_expect_null(find(w, volume));
    free(volume);
    done(w);
}

/* --- claims that name a volume --------------------------------------------------------------------- */

Test(volume_lifecycle, a_claim_says_why_its_volume_will_not_do)
{
    struct world *w = given_volumes(
        VOLUME("x", "Retain", CSI) CLAIM_OF("first", "x", "1Gi") CLAIM_OF("second", "x", "1Gi")
            VOLUME("small", "Retain", "csi: {driver: d, volumeHandle: s}")
                CLAIM_OF("greedy", "small", "2Gi"),
        "");
    until(w, 5);
    expect_field(w, "persistentvolumeclaim/default/first", "status.phase", "Bound");
    expect_field(w, "persistentvolumeclaim/default/second", "status.phase", "Pending");
    expect_event(w, "greedy", "VolumeMismatch",
                 "Cannot bind to requested volume \"small\": requested PV is too small", 2);
    done(w);
}

static bool free_of_finalizers(struct object *object, void *context)
{
    (void)context;
    return meta_drop_finalizer((struct meta *)object, VOLUME_PROTECTION);
}

Test(volume_lifecycle, a_claim_can_lose_its_volume)
{
    struct world *w = given_volumes(VOLUME("x", "Retain", CSI) CLAIM_OF("data", "x", "1Gi"), "");
    until(w, 5);
    client_begin(w->user, (struct cause){ 0 });
    client_patch(w->user, key_of(w, "persistentvolume/x"), free_of_finalizers, NULL, NULL);
    delete_object(w, "persistentvolume/x", PROPAGATE_DEFAULT);
    until(w, 6);
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Lost");
    expect_event(w, "data", "ClaimLost",
                 "Bound claim has lost its PersistentVolume. Data on the volume is lost!", 1);
    done(w);
}
