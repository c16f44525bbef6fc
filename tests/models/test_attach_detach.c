/* Volumes that follow their pods from node to node: attach, mount, unmount, detach, and what becomes of
 * them when a node dies.
 *
 * The times, in all stories: API calls, scheduling, images and provisioning take none; a driver attaches
 * and detaches in 3 s, mounts and unmounts in 0.5 s; a container takes 1 s to start and 3 s to stop. A
 * kubelet updates its node's status at 10 s, 20 s, ...; the attach/detach controller looks every 0.1 s. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/api/storage.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"

#define CLASS                                                                                      \
    "---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: csi}, "             \
    "provisioner: d.example, volumeBindingMode: WaitForFirstConsumer}\n"
#define SET                                                                                        \
    "---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, " \
    "selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: "         \
    "{containers: [{name: c, image: 'x:1'}]}}, volumeClaimTemplates: [{metadata: {name: data}, "   \
    "spec: {accessModes: [ReadWriteOnce], storageClassName: csi, resources: {requests: {storage: " \
    "1Gi}}}}]}}\n"
#define MACHINE(name, more)                                                                        \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name " " more "}, status: "              \
    "{allocatable: {cpu: '4', memory: 8Gi, pods: '10'}}}\n"
#define IN_ZONE(zone) ", labels: {topology.kubernetes.io/zone: " zone "}"
#define VOLUME(name, driver, mode)                                                                 \
    "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: " name "}, spec: {capacity: "  \
    "{storage: 1Gi}, accessModes: [" mode "], storageClassName: made, csi: {driver: " driver       \
    ", volumeHandle: " name "}}}\n"
#define CLAIM(name, volume, mode)                                                                  \
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name "}, spec: "        \
    "{accessModes: [" mode "], storageClassName: made, volumeName: " volume                        \
    ", resources: {requests: {storage: 1Gi}}}}\n"
#define USER(name, node, claim)                                                                    \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {nodeName: " node          \
    ", containers: [{name: c, image: 'x:1'}], volumes: [{name: v, persistentVolumeClaim: "         \
    "{claimName: " claim "}}]}}\n"
#define DRIVER(name, spec)                                                                         \
    "---\n{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: " name                 \
    "}, spec: {" spec "}}\n"

/* The SHA-256 of "disk", "d" and the node. */
#define ATTACHMENT_A                                                                               \
    "volumeattachment/csi-40980dcfad4a15210a963fc4da1babc558bb19a3869bb561ef9d8500060e574c"

static struct world *given_storage(const char *manifests, const char *flags)
{
    struct world *w = given_with("", NULL, flags);
    struct settings *settings = &w->cluster->settings;
    set_plain_times(w, 3);
    set_time(&settings->volume_provision, 0);
    create(w, manifests);
    return w;
}

static void expect_events(struct world *w, const char *reason, const char *const *messages)
{
    size_t found = 0;
    struct cache_cursor cursor = client_list(w->user, KIND_EVENT);
    while (cache_next(&cursor)) {
        struct value *event = cluster_print(w->cluster, cursor.object);
        const char *message = value_text(value_get(event, "message"), "");
        if (strcmp(value_text(value_get(event, "reason"), ""), reason) == 0) {
            cr_assert(messages[found] != NULL, "one more: %s", message);
            cr_expect_str_eq(message, messages[found]);
            found++;
        }
        value_drop(event);
    }
    cr_expect_null(messages[found], "missing: %s", messages[found]);
}
#define EXPECT_EVENTS(w, reason, ...)                                                              \
    expect_events(w, reason, (const char *const[]){ __VA_ARGS__, NULL })

/* --- the usual way ---------------------------------------------------------------------------- */

/* Accepted by the kubelet at 0; attached at 3; in use by its word at 10; then the volume is there and is
 * mounted at 10.5; the pod looks every 0.3 s: at 10.5. */
Test(attach_detach, a_pod_waits_for_its_volume)
{
    struct world *w = given_storage(MACHINE("a", "") VOLUME("disk", "d", "ReadWriteOnce")
                                        CLAIM("data", "disk", "ReadWriteOnce"),
                                    "keep-events=true");
    until(w, 0);
    create(w, USER("web", "a", "data"));
    until(w, 20);
    expect_trace(w, "volumeattachment/",
                 "   0.000 " ATTACHMENT_A " create\n"
                 "   0.000 " ATTACHMENT_A " patch\n"
                 "   3.000 " ATTACHMENT_A " patch attached\n");
    expect_field(w, "node/a", "status.volumesInUse", "[\"kubernetes.io/csi/d^disk\"]");
    expect_field(w, "node/a", "status.volumesAttached",
                 "[{\"devicePath\":\"\",\"name\":\"kubernetes.io/csi/d^disk\"}]");
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   0.000 pod/default/web patch\n"
                 "  11.500 pod/default/web patch Running, ready\n");
    EXPECT_EVENTS(w, "SuccessfulAttachVolume",
                  "AttachVolume.Attach succeeded for volume \"disk\" ");
    done(w);
}

/* Its driver says that nothing has to be attached: mounted at 0.5, seen at 0.6. */
Test(attach_detach, what_need_not_be_attached_is_mounted_at_once)
{
    struct world *w = given_storage(MACHINE("a", "") DRIVER("d", "attachRequired: false")
                                        VOLUME("disk", "d", "ReadWriteMany")
                                            CLAIM("data", "disk", "ReadWriteMany"),
                                    "");
    until(w, 0);
    create(w, USER("web", "a", "data"));
    until(w, 20);
    expect_trace(w, "volumeattachment/", "");
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.600 pod/default/web patch Running, ready\n");
    expect_field(w, "node/a", "status.volumesInUse", NULL);
    done(w);
}

/* The first pod is told to stop at 40, has stopped at 43 and is gone at 43.6, when it has seen, looking
 * every 0.3 s, that its volume is unmounted since 43.5. Its kubelet says so at 50; detached at 53,
 * attached to b at 56. The kubelet of b has looked since 30, when it had said that it wants the volume:
 * at 30, 30.6, 31.7, 33.8, 37.9, 46 and 62.1. Mounted at 62.6, seen at 20.05 + 142 * 0.3 = 62.65. */
Test(attach_detach, a_volume_goes_from_node_to_node)
{
    struct world *w =
        given_storage(MACHINE("a", "") MACHINE("b", "") VOLUME("disk", "d", "ReadWriteOnce")
                          CLAIM("data", "disk", "ReadWriteOnce"),
                      "keep-events=true");
    until(w, 0);
    create(w, USER("first", "a", "data"));
    until(w, 20.05);
    create(w, USER("second", "b", "data"));
    until(w, 40);
    delete_object(w, "pod/default/first", PROPAGATE_DEFAULT);
    until(w, 55);
    expect_field(w, "node/a", "status.volumesInUse", NULL);
    expect_field(w, "node/a", "status.volumesAttached", NULL);
    until(w, 70);
    expect_trace(w, "pod/default/first",
                 "   0.000 pod/default/first create\n"
                 "   0.000 pod/default/first patch\n"
                 "  11.500 pod/default/first patch Running, ready\n"
                 "  40.000 pod/default/first delete grace 30s\n"
                 "  43.000 pod/default/first patch Failed, not ready\n"
                 "  43.600 pod/default/first remove\n");
    expect_trace(w, ATTACHMENT_A,
                 "   0.000 " ATTACHMENT_A " create\n"
                 "   0.000 " ATTACHMENT_A " patch\n"
                 "   3.000 " ATTACHMENT_A " patch attached\n"
                 "  50.000 " ATTACHMENT_A " delete waits for external-attacher/d\n"
                 "  53.000 " ATTACHMENT_A " remove\n");
    expect_trace(w, "pod/default/second",
                 "  20.050 pod/default/second create\n"
                 "  20.050 pod/default/second patch\n"
                 "  63.650 pod/default/second patch Running, ready\n");
    EXPECT_EVENTS(w, "FailedAttachVolume",
                  "Multi-Attach error for volume \"disk\" Volume is already used by pod(s) first");
    done(w);
}

/* ReadWriteMany: nobody waits for anybody. */
Test(attach_detach, a_volume_of_many_is_attached_to_many)
{
    struct world *w =
        given_storage(MACHINE("a", "") MACHINE("b", "") VOLUME("disk", "d", "ReadWriteMany")
                          CLAIM("data", "disk", "ReadWriteMany"),
                      "keep-events=true");
    until(w, 0);
    create(w, USER("first", "a", "data") USER("second", "b", "data"));
    until(w, 20);
    expect_field(w, "pod/default/first", "status.phase", "Running");
    expect_field(w, "pod/default/second", "status.phase", "Running");
    expect_events(w, "FailedAttachVolume", (const char *const[]){ NULL });
    done(w);
}

/* The volume is in use by the kubelet's word when the second pod comes at 15 and finds it taken; the first
 * one has it unmounted at 33.5. The next looks: 15.6, 16.7, 18.8, 22.9, 31 and 47.1. Mounted at 47.6, seen
 * at 15 + 109 * 0.3 = 47.7. */
Test(attach_detach, a_volume_of_one_pod_waits_for_the_other_to_end)
{
    struct world *w = given_storage(MACHINE("a", "") VOLUME("disk", "d", "ReadWriteOncePod")
                                        CLAIM("data", "disk", "ReadWriteOncePod"),
                                    "keep-events=true");
    until(w, 0);
    create(w, USER("first", "a", "data"));
    until(w, 15);
    create(w, USER("second", "a", "data"));
    until(w, 30);
    delete_object(w, "pod/default/first", PROPAGATE_DEFAULT);
    until(w, 60);
    EXPECT_EVENTS(w, "FailedMount",
                  "MountVolume.SetUp failed for volume \"disk\" : volume uses the ReadWriteOncePod "
                  "access mode and is already in use by another pod");
    expect_trace(w, "pod/default/second",
                 "  15.000 pod/default/second create\n"
                 "  15.600 pod/default/second patch\n"
                 "  48.700 pod/default/second patch Running, ready\n");
    done(w);
}

/* --- dead nodes ---------------------------------------------------------------------------------- */

static bool add_taint(struct object *object, void *context)
{
    struct node *node = (struct node *)object;
    struct texts *texts = context;
    const struct taints *old = node->taints;
    node->taints = taints_with(
        old, (struct taint){ .key = text_intern(texts, "node.kubernetes.io/out-of-service"),
                             .value = text_intern(texts, "nodeshutdown"),
                             .effect = NO_EXECUTE });
    taints_drop(old);
    return true;
}

static void vouch_for_its_death(struct world *w, const char *node)
{
    client_begin(w->user, (struct cause){ 0 });
    client_patch(w->user, key_of(w, node), add_taint, w->run->texts, NULL);
}

static void force_delete(struct world *w, const char *pod)
{
    struct delete_options options = delete_options_default();
    options.grace_seconds = 0;
    client_begin(w->user, (struct cause){ 0 });
    cr_assert_eq(client_delete(w->user, key_of(w, pod), options, NULL), REPLY_OK);
}

/* db-0 runs on a since 11.5; only b is left for it. */
static struct world *given_a_dead_node(const char *flags)
{
    struct world *w = given_storage(CLASS MACHINE("a", ""), flags);
    until(w, 0);
    create(w, SET);
    until(w, 99);
    create(w, MACHINE("b", ""));
    until(w, 101);
    expect_field(w, "pod/default/db-0", "status.phase", "Running");
    forget(w);
    fail(w, "node-crash", "a");
    return w;
}

/* Renewed at 100 for the last time, unready at 150, tainted for eviction at 155, evicted 300 s later; and
 * nobody removes the pod, so that there is no other db-0, until somebody vouches that the node is out of
 * service: pod collection looks at 520, the volume is detached at 523 and attached to b at 526, which says
 * at 529 that it wants it and finds it at once; 529.5 mounted, seen at 520 + 32 * 0.3 = 529.6. (The kubelet
 * of b began at 99.) */
Test(attach_detach, a_dead_node_keeps_its_pod_until_it_is_out_of_service)
{
    struct world *w = given_a_dead_node("");
    until(w, 510);
    expect_trace(w, "pod/",
                 " 150.000 pod/default/db-0 patch not ready\n"
                 " 455.000 pod/default/db-0 patch\n"
                 " 455.000 pod/default/db-0 delete grace 30s\n");
    expect_trace(w, "volumeattachment/", "");
    forget(w);
    vouch_for_its_death(w, "node/a");
    until(w, 540);
    expect_trace(w, "pod/",
                 " 520.000 pod/default/db-0 patch Failed\n"
                 " 520.000 pod/default/db-0 remove\n"
                 " 520.000 pod/default/db-0 create\n"
                 " 520.000 pod/default/db-0 bind bound to b\n"
                 " 520.000 pod/default/db-0 patch\n"
                 " 530.600 pod/default/db-0 patch Running, ready\n");
    done(w);
}

/* Attachments that came and went: "860.1 + 863.1 -". */
static void expect_attachments(struct world *w, const char *want)
{
    struct writer text = { 0 };
    for (size_t i = 0; i < w->line_count; i++) {
        const bool made = strcmp(w->lines[i].text, "create") == 0;
        const bool gone = strcmp(w->lines[i].text, "remove") == 0;
        if (strncmp(w->lines[i].subject, "volumeattachment/", 17) == 0 && (made || gone))
            writer_format(&text, "%s%.1f %c", text.length > 0 ? " " : "", w->lines[i].at,
                          made ? '+' : '-');
    }
    char *have = writer_take(&text);
    cr_expect_str_eq(have, want);
    free(have);
}

/* The other way out: the pod is deleted by force. Its volume may still be mounted on a for all that is
 * known: the controller waits more than 6 minutes, until 860.1, and takes it then: detached at 863.1,
 * attached at 866.1. b has looked for it since 509; its looks 128.3, 250.4 and 372.5 s later find it at
 * 881.5. Mounted at 882, but the pod has a pause of 10 to 15 s now and then, and may see that later. */
Test(attach_detach, a_pod_deleted_by_force_leaves_its_volume_for_six_minutes)
{
    struct world *w = given_a_dead_node("keep-events=true");
    until(w, 500);
    force_delete(w, "pod/default/db-0");
    until(w, 882.9);
    expect_attachments(w, "863.1 - 863.1 +");
    expect_field(w, "pod/default/db-0", "status.phase", "Pending");
    until(w, 899);
    expect_field(w, "pod/default/db-0", "status.phase", "Running");
    const struct persistent_volume_claim *claim =
        claim_of(find(w, "persistentvolumeclaim/default/data-db-0"));
    char *conflict =
        mem_format("Multi-Attach error for volume \"%s\" Volume is already exclusively "
                   "attached to one node and can't be attached to another",
                   text_s(claim->volume_name));
    EXPECT_EVENTS(w, "FailedAttachVolume", conflict);
    free(conflict);
    done(w);
}

Test(attach_detach, without_force_it_stays_attached_for_ever)
{
    struct world *w = given_a_dead_node("disable-force-detach-on-timeout=true");
    until(w, 500);
    force_delete(w, "pod/default/db-0");
    until(w, 5000);
    expect_attachments(w, "");
    done(w);
}

/* It is back at 600, has nothing mounted any more and says so 10 s later. */
Test(attach_detach, a_node_that_returns_gives_the_volume_up)
{
    struct world *w = given_a_dead_node("");
    until(w, 500);
    force_delete(w, "pod/default/db-0");
    until(w, 600);
    restore(w, "node-crash", "a");
    until(w, 650);
    expect_attachments(w, "613.0 - 613.0 +");
    done(w);
}

/* The controller manager ends and begins anew while the pod is gone and its volume still attached: it finds
 * the attachment and what the kubelet says, but not since when the volume is to be detached: the six
 * minutes begin again. */
Test(attach_detach, a_new_controller_manager_finds_what_is_attached)
{
    struct world *w = given_a_dead_node("");
    until(w, 500);
    force_delete(w, "pod/default/db-0");
    until(w, 700);
    controller_manager_restart(w->cluster, (struct cause){ 0 });
    until(w, 1070);
    expect_attachments(w, "1063.1 - 1063.1 +");
    done(w);
}

/* --- zones --------------------------------------------------------------------------------------- */

/* The volume was made in the zone of the node that was chosen for the first pod. When that zone is down
 * and the pod is gone, no node of another zone will do. */
Test(attach_detach, a_pod_waits_for_the_zone_of_its_volume)
{
    struct world *w = given_storage(CLASS MACHINE("a", IN_ZONE("za")), "");
    until(w, 0);
    create(w, SET);
    until(w, 99);
    create(w, MACHINE("b", IN_ZONE("zb")));
    until(w, 101);
    fail(w, "zone-outage", "za");
    until(w, 500);
    force_delete(w, "pod/default/db-0");
    until(w, 3000);
    expect_field(w, "pod/default/db-0", "spec.nodeName", NULL);
    expect_field(w, "pod/default/db-0", "status.conditions.0.reason", "Unschedulable");
    expect_field(
        w, "pod/default/db-0", "status.conditions.0.message",
        "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 1 "
        "node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes "
        "are available: 2 Preemption is not helpful for scheduling.");
    restore(w, "zone-outage", "za");
    until(w, 3030);
    expect_field(w, "pod/default/db-0", "spec.nodeName", "a");
    expect_field(w, "pod/default/db-0", "status.phase", "Running");
    done(w);
}

/* --- failures of the driver ----------------------------------------------------------------------- */

/* Each attempt takes 3 s. The attacher tries again after 1 s, 2 s, ...; the controller finds the error at
 * 3, again after more than 0.5 s, 1 s, ... */
Test(attach_detach, says_that_a_volume_cannot_be_attached)
{
    struct world *w = given_storage(MACHINE("a", "") VOLUME("disk", "d", "ReadWriteOnce")
                                        CLAIM("data", "disk", "ReadWriteOnce"),
                                    "keep-events=true volume-attach-failures=1");
    until(w, 0);
    create(w, USER("web", "a", "data"));
    until(w, 60);
    EXPECT_EVENTS(
        w, "FailedAttachVolume",
        "AttachVolume.Attach failed for volume \"disk\" : rpc error: code = Internal desc = "
        "the driver could not attach the volume");
    expect_field(w, ATTACHMENT_A, "status.attached", "false");
    expect_field(w, ATTACHMENT_A, "status.attachError.message",
                 "rpc error: code = Internal desc = the driver could not attach the volume");
    expect_field(w, "pod/default/web", "status.phase", "Pending");
    w->cluster->settings.volume_attach_failures = 0;
    until(w, 300);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}

/* A driver that takes longer than two minutes is given up, and found to have succeeded later. */
Test(attach_detach, does_not_wait_for_a_driver_for_ever)
{
    struct world *w = given_storage(MACHINE("a", "") VOLUME("disk", "d", "ReadWriteOnce")
                                        CLAIM("data", "disk", "ReadWriteOnce"),
                                    "keep-events=true");
    set_time(&w->cluster->settings.volume_attach, 130);
    until(w, 0);
    create(w, USER("web", "a", "data"));
    until(w, 125);
    EXPECT_EVENTS(w, "FailedAttachVolume",
                  "AttachVolume.Attach failed for volume \"disk\" : timed out waiting for "
                  "external-attacher of d CSI driver to attach volume disk");
    until(w, 500);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}

Test(attach_detach, says_that_a_claim_cannot_be_used)
{
    struct world *w = given_storage(MACHINE("a", ""), "keep-events=true");
    until(w, 0);
    create(w, USER("web", "a", "data"));
    until(w, 5);
    EXPECT_EVENTS(
        w, "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], "
        "failed to process volumes=[v]: error processing PVC default/data: failed to fetch "
        "PVC from API server: persistentvolumeclaims \"data\" not found");
    create(w, VOLUME("disk", "d", "ReadWriteOnce") CLAIM("data", "disk", "ReadWriteOnce"));
    until(w, 45);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}
