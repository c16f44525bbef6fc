/* Pods with a name, an order and claims of their own. What they do step by step is in the recordings
 * (tests/validation/test_replay.c); here is what those do not show. */
#include "models/api/statefulset.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/controllers/statefulset_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/desk.h"
#include "tests/support/kubelet_stories.h"
#include "tests/support/rows.h"

#define TEMPLATE                                                                                   \
    "template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: 'x:1'}]}}"
#define SET(spec)                                                                                  \
    "---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: "     \
    "peers, selector: {matchLabels: {app: db}}, " TEMPLATE ", " spec "}}\n"
#define CLAIMS                                                                                     \
    "volumeClaimTemplates: [{metadata: {name: data, labels: {kind: disk}}, spec: {accessModes: "   \
    "[ReadWriteOnce], storageClassName: csi, resources: {requests: {storage: 1Gi}}}}]"
#define CLASS                                                                                      \
    "---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: csi}, "             \
    "provisioner: d}\n---\n{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}, " \
    "spec: {attachRequired: false}}\n"
#define PEERS                                                                                      \
    "---\n{apiVersion: v1, kind: Service, metadata: {name: peers}, spec: {clusterIP: None, "       \
    "selector: {app: db}, ports: [{port: 80}]}}\n"
#define NODES NODE("n0") NODE("n1") NODE("n2")

/* Calls take no time; a container takes 1 s to start and 3 s to stop. */
static struct world *given_cluster(const char *manifests, const char *flags)
{
    struct world *w = given_with("", NULL, flags);
    struct settings *settings = &w->cluster->settings;
    set_plain_times(w, 3);
    set_time(&settings->volume_provision, 0);
    set_time(&settings->volume_mount, 0);
    set_time(&settings->volume_unmount, 0);
    create(w, manifests);
    until(w, 0);
    return w;
}

/* What a command prints that ends at once. */
static void expect_kubectl(struct world *w, const char *command, const char *want)
{
    char *said = kubectl_prints(w, command);
    cr_expect_str_eq(said, want);
    free(said);
}

static const struct statefulset *set_of(struct world *w)
{
    return statefulset_of(find(w, "statefulset/default/db"));
}

/* "db-0 db-1!": its pods that are not ready or on their way out have a mark. */
static void expect_pods(struct world *w, const char *want)
{
    struct writer text = { 0 };
    struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
    while (cache_next(&cursor)) {
        const struct pod *pod = pod_of(cursor.object);
        writer_format(&text, "%s%s%s", text.length > 0 ? " " : "", name_of(pod),
                      pod_is_ready(pod) && !pod->meta.deleting ? "" : "!");
    }
    char *pods = writer_take(&text);
    cr_expect_str_eq(pods, want);
    free(pods);
}

/* ---- revisions ---- */

/* TRAPS.md, rule 3: FNV-1 over the raw data and a "0". Templates, data and hashes are those of the
 * real controller. */
Test(statefulset, hashes_its_revisions_as_the_real_one)
{
    struct rows *rows = rows_open("tests/oracle/pod-template-hash/controllerrevisions.jsonl.gz");
    int compared = 0;
    for (struct value *row; (row = rows_next(rows)) != NULL; value_drop(row), compared++) {
        char hash[11];
        struct value *data = stateful_revision_data(value_get(row, "defaulted_template"));
        char *text = json_text(data, (struct json_style){ .sort_keys = true, .escape_html = true });
        stateful_revision_hash(data, 0, hash);
        cr_expect_str_eq(text, value_text(value_get(row, "data_raw"), ""));
        cr_expect_str_eq(hash, value_text(value_get(row, "label"), ""), "%s",
                         value_text(value_get(row, "owner"), ""));
        free(text);
        value_drop(data);
    }
    rows_close(rows);
    cr_expect_eq(compared, 20);
}

/* Two old ones stay beside the present one: of 1, 2, 3, 4 the first goes. */
Test(statefulset, forgets_the_oldest_revisions)
{
    struct world *w = given_cluster(NODES SET("replicas: 1, revisionHistoryLimit: 2"), "");
    until(w, 10);
    expect_kubectl(w, "set image sts/db c=x:2", "statefulset.apps/db image updated\n");
    until(w, 20);
    expect_kubectl(w, "set image sts/db c=x:3", "statefulset.apps/db image updated\n");
    until(w, 30);
    expect_kubectl(w, "rollout history sts/db",
                   "statefulset.apps/db \nREVISION  CHANGE-CAUSE\n1         <none>\n"
                   "2         <none>\n3         <none>\n\n");
    expect_kubectl(w, "set image sts/db c=x:4", "statefulset.apps/db image updated\n");
    until(w, 40);
    expect_kubectl(w, "rollout history sts/db",
                   "statefulset.apps/db \nREVISION  CHANGE-CAUSE\n2         <none>\n"
                   "3         <none>\n4         <none>\n\n");
    expect_kubectl(w, "rollout undo sts/db --to-revision=3", "statefulset.apps/db rolled back\n");
    until(w, 50);
    expect_kubectl(w, "rollout history sts/db",
                   "statefulset.apps/db \nREVISION  CHANGE-CAUSE\n2         <none>\n"
                   "4         <none>\n5         <none>\n\n");
    expect_field(w, "pod/default/db-0", "spec.containers.0.image", "x:3");
    done(w);
}

/* ---- identity ---- */

Test(statefulset, gives_its_pods_names_and_places)
{
    struct world *w =
        given_cluster(NODES CLASS SET("replicas: 2, ordinals: {start: 7}, " CLAIMS), "");
    until(w, 10);
    expect_pods(w, "db-7 db-8");
    const char *pod = "pod/default/db-8";
    expect_field(w, pod, "metadata.generateName", "db-");
    expect_field(w, pod, "metadata.labels.statefulset.kubernetes.io/pod-name", NULL);
    cr_expect_str_eq(
        labels_get(meta_of(find(w, pod))->labels, "statefulset.kubernetes.io/pod-name"), "db-8");
    cr_expect_str_eq(labels_get(meta_of(find(w, pod))->labels, "apps.kubernetes.io/pod-index"),
                     "8");
    expect_field(w, pod, "spec.hostname", "db-8");
    expect_field(w, pod, "spec.subdomain", "peers");
    expect_field(w, pod, "spec.volumes.0",
                 "{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data-db-8\"}}");
    const char *claim = "persistentvolumeclaim/default/data-db-8";
    expect_field(w, claim, "metadata.labels", "{\"app\":\"db\",\"kind\":\"disk\"}");
    expect_field(w, claim, "status.phase", "Bound");
    done(w);
}

static const struct {
    const char *why, *pod;
    int64_t want;
} ordinals[] = {
    { "the number behind the name", "db-12", 12 },
    { "no number", "db-x", -1 },
    { "nothing behind the dash", "db-", -1 },
    { "of another set", "db2-1", -1 },
    { "of a set whose name begins alike", "db-a-1", -1 },
    { "the greatest int32", "db-2147483647", 2147483647 },
    { "no int32 any more", "db-2147483648", -1 },
    { "zeros in front do not count", "db-007", 7 },
};

Test(statefulset, knows_its_pods_by_their_names)
{
    struct world *w = given_cluster(SET("replicas: 0"), "");
    for (size_t i = 0; i < sizeof ordinals / sizeof *ordinals; i++)
        cr_expect_eq(statefulset_ordinal(set_of(w), ordinals[i].pod), ordinals[i].want, "%s",
                     ordinals[i].why);
    done(w);
}

#define ORPHAN(name)                                                                               \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name                                      \
    ", labels: {app: db}}, spec: {containers: [{name: c, image: 'x:1'}]}}\n"

/* db-1 is there before its set, which names it as its own; what is no ordinal is left alone. */
Test(statefulset, adopts_what_has_its_labels_and_a_name_of_its)
{
    struct world *w = given_cluster(NODES ORPHAN("db-1") ORPHAN("db-x")
                                        SET("replicas: 2, updateStrategy: {type: OnDelete}"),
                                    "");
    const char *pod = "pod/default/db-1";
    until(w, 20);
    expect_pods(w, "db-1 db-0");
    cr_expect_str_eq(
        labels_get(meta_of(find(w, pod))->labels, "statefulset.kubernetes.io/pod-name"), "db-1");
    expect_field(w, "pod/default/db-x", "metadata.ownerReferences", NULL);
    done(w);
}

/* db-0.peers.default.svc: as the endpoints of the headless Service say. */
Test(statefulset, has_names_in_dns_through_its_service)
{
    struct world *w = given_cluster(NODES PEERS SET("replicas: 1"), "keep-events=true");
    until(w, 20);
    struct cache_cursor slices = client_list(w->user, KIND_ENDPOINTSLICE);
    cr_assert(cache_next(&slices));
    char *slice = mem_format("endpointslice/default/%s", name_of(slices.object));
    expect_field(w, slice, "endpoints.0.hostname", "db-0");
    expect_field(w, "endpoints/default/peers", "subsets.0.addresses.0.hostname", "db-0");
    free(slice);
    done(w);
}

/* ---- claims ---- */

/* Who owns the claims of db-0, which stays, and of db-1, which is scaled away and whose node keeps
 * it from going: under each retention policy. */
static const struct {
    const char *why, *spec, *of_0, *of_1;
} policies[] = {
    { "the default keeps them", "whenDeleted: Retain, whenScaled: Retain", NULL, NULL },
    { "with the set, whatever the scale", "whenDeleted: Delete, whenScaled: Retain", "StatefulSet",
      "StatefulSet" },
    { "with the pod that is scaled away", "whenDeleted: Retain, whenScaled: Delete", NULL, "Pod" },
    { "with either, never with both", "whenDeleted: Delete, whenScaled: Delete", "StatefulSet",
      "Pod" },
};

Test(statefulset, owns_claims_as_the_retention_policy_says)
{
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        char *set = mem_format(NODES CLASS SET("replicas: 2, persistentVolumeClaimRetentionPolicy: "
                                               "{%s}, " CLAIMS),
                               policies[i].spec);
        struct world *w = given_cluster(set, "");
        until(w, 10);
        expect_kubectl(w, "scale sts/db --replicas=1", "statefulset.apps/db scaled\n");
        until(w, 11);
        expect_pods(w, "db-0 db-1!");
        expect_field(w, "persistentvolumeclaim/default/data-db-0",
                     "metadata.ownerReferences.0.kind", policies[i].of_0);
        expect_field(w, "persistentvolumeclaim/default/data-db-1",
                     "metadata.ownerReferences.0.kind", policies[i].of_1);
        until(w, 20);
        const bool stays = find(w, "persistentvolumeclaim/default/data-db-1") != NULL;
        cr_expect_eq(stays, policies[i].of_1 == NULL || strcmp(policies[i].of_1, "Pod") != 0, "%s",
                     policies[i].why);
        done(w);
        free(set);
    }
}

Test(statefulset, keeps_a_deleted_claim_while_its_pod_is_there)
{
    struct world *w = given_cluster(NODES CLASS SET("replicas: 1, " CLAIMS), "");
    const char *claim = "persistentvolumeclaim/default/data-db-0";
    until(w, 10);
    cr_expect_eq(delete_object(w, claim, PROPAGATE_DEFAULT), REPLY_OK);
    until(w, 20);
    cr_expect(meta_of(find(w, claim))->deleting);
    cr_expect_eq(delete_object(w, "pod/default/db-0", PROPAGATE_DEFAULT), REPLY_OK);
    const struct uid before = meta_of(find(w, claim))->uid;
    until(w, 40);
    expect_pods(w, "db-0");
    cr_expect_not(meta_of(find(w, claim))->deleting, "the new pod has a new claim");
    cr_expect_not(uid_equal(meta_of(find(w, claim))->uid, before));
    done(w);
}

/* ---- order ---- */

/* A pod is made once the one before it is ready; from the highest on they go. */
Test(statefulset, goes_up_and_down_one_by_one)
{
    struct world *w = given_cluster(NODES SET("replicas: 3"), "");
    until(w, 1.5);
    expect_pods(w, "db-0 db-1!");
    until(w, 10);
    expect_pods(w, "db-0 db-1 db-2");
    expect_kubectl(w, "scale sts/db --replicas=1", "statefulset.apps/db scaled\n");
    until(w, 11);
    expect_pods(w, "db-0 db-1 db-2!");
    until(w, 14);
    expect_pods(w, "db-0 db-1!");
    until(w, 20);
    expect_pods(w, "db-0");
    done(w);
}

Test(statefulset, goes_up_and_down_at_once_when_parallel)
{
    struct world *w = given_cluster(NODES SET("replicas: 3, podManagementPolicy: Parallel"), "");
    until(w, 0.5);
    expect_pods(w, "db-0! db-1! db-2!");
    until(w, 10);
    expect_kubectl(w, "scale sts/db --replicas=1", "statefulset.apps/db scaled\n");
    until(w, 11);
    expect_pods(w, "db-0 db-1! db-2!");
    done(w);
}

/* The node of db-1 loses its power at 10 s. Its pod is marked for deletion 300 s after the node
 * is found unreachable, and nobody confirms that it has ended: no second db-1 may run. Only the
 * word that the node is out of service lets it go. */
Test(statefulset, does_not_replace_a_pod_that_may_still_run)
{
    struct world *w = given_cluster(NODES SET("replicas: 2"), "");
    until(w, 10);
    const char *node = text_s(pod_of(find(w, "pod/default/db-1"))->node_name);
    char *taint =
        mem_format("taint node %s node.kubernetes.io/out-of-service=nodeshutdown:NoExecute", node);
    char *said = mem_format("node/%s tainted\n", node);
    fail(w, "node-crash", node);
    until(w, 2000);
    cr_expect(meta_of(find(w, "pod/default/db-1"))->deleting);
    expect_pods(w, "db-0 db-1!");
    expect_kubectl(w, taint, said);
    until(w, 2100);
    expect_pods(w, "db-0 db-1");
    free(taint);
    free(said);
    done(w);
}

/* ---- rolling update ---- */

/* How many pods are missing at once while all are replaced. */
static int most_missing(struct world *w)
{
    int most = 0;
    expect_kubectl(w, "set image sts/db c=x:2", "statefulset.apps/db image updated\n");
    for (int tenths = 0; tenths < 800; tenths++) {
        int ready = 0;
        until(w, 20 + tenths / 10.0);
        struct cache_cursor cursor = client_list_owned(w->user, KIND_POD, set_of(w)->meta.uid);
        while (cache_next(&cursor))
            ready += pod_is_ready(pod_of(cursor.object)) && !meta_of(cursor.object)->deleting;
        most = set_of(w)->replicas - ready > most ? set_of(w)->replicas - ready : most;
    }
    cr_expect_eq(set_of(w)->updated, set_of(w)->replicas);
    cr_expect_eq(set_of(w)->current_revision, set_of(w)->update_revision);
    return most;
}

#define GATE "feature-gates/MaxUnavailableStatefulSet=true"

/* TRAPS.md, rules 4 and 5. */
static const struct {
    const char *why, *gate, *unavailable;
    int want;
} bounds[] = {
    { "the gate is off: one at a time", "", "maxUnavailable: 3", 1 },
    { "the gate is on", GATE, "maxUnavailable: 3", 3 },
    { "floor(50 % of 5)", GATE, "maxUnavailable: 50%", 2 },
    { "floor(10 % of 5) is 0, and at least 1", GATE, "maxUnavailable: 10%", 1 },
    { "1 by default", GATE, "partition: 0", 1 },
};

Test(statefulset, replaces_as_many_as_may_be_missing)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        char *set = mem_format(NODES SET("replicas: 5, podManagementPolicy: Parallel, "
                                         "updateStrategy: {type: RollingUpdate, rollingUpdate: "
                                         "{%s}}"),
                               bounds[i].unavailable);
        struct world *w = given_cluster(set, bounds[i].gate);
        until(w, 20);
        cr_expect_eq(most_missing(w), bounds[i].want, "%s", bounds[i].why);
        if (*bounds[i].gate == '\0')
            expect_field(w, "statefulset/default/db", "spec.updateStrategy.rollingUpdate",
                         "{\"partition\":0}");
        done(w);
        free(set);
    }
}

Test(statefulset, says_how_far_its_rollout_is)
{
    struct world *w = given_cluster(NODES SET("replicas: 3"), "");
    until(w, 20);
    const char *status = "rollout status sts/db --watch=false";
    expect_kubectl(w, status, "partitioned roll out complete: 3 new pods have been updated...\n");
    expect_kubectl(w,
                   "patch sts db --type=merge -p "
                   "'{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":1}}}}'",
                   "statefulset.apps/db patched\n");
    expect_kubectl(w, "set image sts/db c=x:2", "statefulset.apps/db image updated\n");
    expect_kubectl(w, status, "Waiting for statefulset spec update to be observed...\n");
    until(w, 23.5);
    expect_kubectl(w, status, "Waiting for 1 pods to be ready...\n");
    until(w, 24.5);
    expect_kubectl(w, status,
                   "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been "
                   "updated...\n");
    until(w, 40);
    expect_kubectl(w, status, "partitioned roll out complete: 2 new pods have been updated...\n");
    expect_field(w, "pod/default/db-0", "spec.containers.0.image", "x:1");
    expect_kubectl(w, "rollout restart sts/db", "statefulset.apps/db restarted\n");
    done(w);
}

/* A budget finds the scale of its set: 25 % of 5 may be missing, rounded up. */
Test(statefulset, is_counted_by_its_budget)
{
    struct world *w = given_cluster(
        NODES SET("replicas: 5, podManagementPolicy: Parallel") "---\n{apiVersion: policy/v1, "
                                                                "kind: PodDisruptionBudget, "
                                                                "metadata: {name: b}, spec: "
                                                                "{maxUnavailable: 25%, selector: "
                                                                "{matchLabels: {app: db}}}}\n",
        "");
    until(w, 20);
    expect_field(w, "poddisruptionbudget/default/b", "status.expectedPods", "5");
    expect_field(w, "poddisruptionbudget/default/b", "status.disruptionsAllowed", "2");
    done(w);
}
