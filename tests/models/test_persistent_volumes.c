/* Claims, volumes and the pods that wait for each other. */
#include <criterion/criterion.h>

#include "models/scheduler/scheduler.h"
#include "tests/support/world.h"

#define NODES                                                                                      \
    "{apiVersion: v1, kind: Node, metadata: {name: a, labels: {kubernetes.io/hostname: a,"         \
    " topology.kubernetes.io/zone: za}}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}}"  \
    "\n---\n"                                                                                      \
    "{apiVersion: v1, kind: Node, metadata: {name: b, labels: {kubernetes.io/hostname: b,"         \
    " topology.kubernetes.io/zone: zb}}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}}"  \
    "\n---\n"
#define CLASS(name, provisioner, mode, rest)                                                       \
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name                   \
    "}, provisioner: " provisioner ", volumeBindingMode: " mode rest "}\n---\n"
#define CLAIM(name, class)                                                                         \
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name                         \
    "}, spec: {accessModes:"                                                                       \
    " [ReadWriteOnce], resources: {requests: {storage: 1Gi}}" class "}}\n---\n"
#define OF(class) ", storageClassName: " class
#define POD(name, volume)                                                                          \
    "{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image:" \
    " i}], tolerations: [{operator: Exists}], volumes: [{name: v, " volume "}]}}\n"
#define MOUNTS(claim) "persistentVolumeClaim: {claimName: " claim "}"

/* An attempt takes next to nothing, each write 5 ms, a call of the driver 3 s: the scheduler writes the
 * node; the PV controller asks the provisioner, which makes the volume; the PV controller binds it and then
 * the claim; the scheduler looks every second after its write. The kubelet says at 10 s that it wants the
 * volume, which is attached by then, looks at 10.1 s, mounts it in 0.5 s; the pod sees that at
 * 4.01 + 22 * 0.3 = 10.61, and takes 1 s for its sandbox and 2 s for its image. */
Test(persistent_volumes, a_claim_that_waits_is_provisioned_for_the_node_of_its_pod)
{
    struct world *w = given(NODES CLASS("csi", "d", "WaitForFirstConsumer", "")
                                CLAIM("data", OF("csi")) POD("web", MOUNTS("data")));
    until(w, 20);
    expect_trace(w, "persistentvolumeclaim/",
                 "   0.005 persistentvolumeclaim/default/data update to be provisioned for a\n"
                 "   0.010 persistentvolumeclaim/default/data patch\n"
                 "   3.025 persistentvolumeclaim/default/data patch bound to "
                 "pvc-9b29a9de-f841-4a21-b1ef-b37a075f1de9\n");
    expect_trace(w, "pod/",
                 "   4.010 pod/default/web bind bound to a\n"
                 "   4.015 pod/default/web patch\n"
                 "  11.615 pod/default/web patch\n"
                 "  13.615 pod/default/web patch Running, ready\n");
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Bound");
    expect_field(w, "persistentvolumeclaim/default/data", "status.capacity.storage", "1Gi");
    done(w);
}

Test(persistent_volumes, a_claim_without_a_class_does_not_wait_for_a_pod)
{
    struct world *w = given(NODES CLAIM("data", "") POD("web", MOUNTS("data")));
    until(w, 4);
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Bound");
    until(w, 20);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}

Test(persistent_volumes, a_pod_follows_the_volume_that_was_made_by_hand)
{
    struct world *w = given(NODES CLASS(
        "local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer",
        "") "{apiVersion: v1, kind: PersistentVolume, metadata: {name: disk}, spec: {capacity: "
            "{storage:"
            " 5Gi}, accessModes: [ReadWriteOnce], storageClassName: local, local: {path: /disk},"
            " nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key:"
            " kubernetes.io/hostname, operator: In, values: [b]}]}]}}}}\n---\n" CLAIM(
                "one", OF("local")) CLAIM("two", OF("local")));
    until(w, 1); /* the volume is Available before anybody looks for one */
    create(w, POD("first", MOUNTS("one")) "---\n" POD("second", MOUNTS("two")));
    until(w, 6);
    expect_field(w, "pod/default/first", "spec.nodeName", "b");
    expect_field(w, "persistentvolumeclaim/default/one", "spec.volumeName", "disk");
    expect_field(w, "persistentvolume/disk", "spec.claimRef.name", "one");
    expect_field(w, "persistentvolume/disk", "status.phase", "Bound");
    expect_field(w, "pod/default/second", "spec.nodeName", NULL);
    delete_object(w, "pod/default/first", PROPAGATE_DEFAULT);
    delete_object(w, "persistentvolumeclaim/default/one", PROPAGATE_DEFAULT);
    until(w, 60);
    expect_field(w, "persistentvolume/disk", "status.phase", "Released");
    expect_field(w, "pod/default/second", "spec.nodeName", NULL);
    done(w);
}

Test(persistent_volumes, claims_of_the_default_class_get_it_when_it_comes)
{
    struct world *w = given(NODES CLASS("slow", "kubernetes.io/no-provisioner", "Immediate", "")
                                CLAIM("data", OF("slow")) POD("web", MOUNTS("data")));
    until(w, 3);
    expect_field(w, "pod/default/web", "spec.nodeName", NULL);
    create(w,
           "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: csi, annotations:"
           " {storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: d}\n---\n" CLAIM(
               "other", ""));
    until(w, 9);
    expect_field(w, "persistentvolumeclaim/default/other", "spec.storageClassName", "csi");
    expect_field(w, "persistentvolumeclaim/default/other", "status.phase", "Bound");
    expect_field(w, "persistentvolumeclaim/default/data", "status.phase", "Pending");
    done(w);
}

Test(persistent_volumes, the_claim_of_an_ephemeral_volume_comes_and_goes_with_its_pod)
{
    struct world *w = given(NODES CLASS("csi", "d", "WaitForFirstConsumer", "") POD(
        "web", "ephemeral: {volumeClaimTemplate: {metadata: {labels: {of: web}}, spec:"
               " {accessModes: [ReadWriteOnce], storageClassName: csi, resources: {requests:"
               " {storage: 2Gi}}}}}"));
    until(w, 20);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    expect_field(w, "persistentvolumeclaim/default/web-v", "status.phase", "Bound");
    expect_field(w, "persistentvolumeclaim/default/web-v", "metadata.labels.of", "web");
    expect_field(w, "persistentvolumeclaim/default/web-v", "metadata.ownerReferences.0.name",
                 "web");
    delete_object(w, "pod/default/web", PROPAGATE_DEFAULT);
    until(w, 60);
    cr_expect_null(find(w, "persistentvolumeclaim/default/web-v"), "the garbage collector's");
    done(w);
}

/* Nobody provisions for this class: the binding ends when bindTimeoutSeconds are over, the pod
 * fails with an error, and is tried again. */
Test(persistent_volumes, waiting_for_a_volume_ends)
{
    struct world *w =
        given_with(NODES CLASS("csi", "d", "WaitForFirstConsumer", "") CLAIM("data", OF("csi"))
                       POD("web", MOUNTS("data")),
                   (const struct component *const[]){ &scheduler_component, NULL }, "");
    until(w, 599);
    expect_field(w, "pod/default/web", "status.conditions", NULL);
    until(w, 602);
    expect_field(w, "pod/default/web", "status.conditions.0.reason", "SchedulerError");
    expect_field(w, "pod/default/web", "status.conditions.0.message",
                 "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline "
                 "exceeded");
    done(w);
}
