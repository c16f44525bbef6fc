/* Quotas, limit ranges and accounts in a cluster at work. The usage is worked out by hand beside each
 * expectation; refusals are in the words of tests/oracle. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/controllers/quota_counts.h"
#include "sim/base/memory.h"
#include "tests/support/desk.h"
#include "tests/support/world.h"

#define NODE                                                                                       \
    "{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {capacity: {cpu: '64', memory: "   \
    "256Gi, pods: '500'}}}\n---\n"
#define QUOTA(hard)                                                                                \
    "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: " hard "}}\n---\n"
#define IN_SHOP(kind, name, rest)                                                                  \
    "{apiVersion: v1, kind: " kind ", metadata: {name: " name "}, " rest "}\n---\n"
#define ROLE(name)                                                                                 \
    "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: " name                \
    ", namespace: default}}"
#define WEB(replicas, strategy, container)                                                         \
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: " replicas    \
    ", strategy: " strategy                                                                        \
    ", selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "     \
    "{containers: [{name: c, image: 'app:1'" container "}]}}}}\n---\n"
#define SURGING "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"
#define GIVING  "{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"

static void expect_used(struct world *w, const char *name, const char *amount)
{
    /* Names of resources have dots in them, so expect_field() will not do. */
    const struct object *quota = find(w, "quota/default/q");
    cr_assert_not_null(quota);
    const char *used =
        value_text(value_path(meta_of(quota)->document, "status", "used", name, NULL), "none");
    cr_expect_str_eq(used, amount, "%s is %s, not %s, at %.3f s", name, used, amount,
                     sim_time_to_seconds(run_now(w->run)));
}

static enum reply try_create(struct world *w, const char *text, char **message)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct error error = { 0 };
    enum reply reply = REPLY_INVALID;
    documents_read(&documents, text, strlen(text), "test", &faults);
    client_begin(w->user, (struct cause){ 0, 0 });
    struct object *object =
        cluster_admit(w->cluster, documents.items[0], "default", &faults, &warnings);
    if (object != NULL)
        reply = client_create(w->user, object, NULL, &error);
    *message = error.text != NULL ? error.text
               : faults.count > 0 ? mem_format("%s", faults.items[0].text)
                                  : mem_format("%s", "");
    error_list_close(&faults);
    error_list_close(&warnings);
    documents_close(&documents);
    return reply;
}

static void expect_refused(struct world *w, const char *text, const char *why)
{
    char *message;
    const enum reply reply = try_create(w, text, &message);
    cr_expect_neq(reply, REPLY_CREATED);
    cr_expect_str_eq(message, why);
    free(message);
}

static void say(struct world *w, const char *line)
{
    free(kubectl_prints(w, line));
}

static int64_t number_at(struct world *w, const char *name, const char *field)
{
    struct value *printed = cluster_print(w->cluster, find(w, name));
    const int64_t number = value_int(value_path(printed, "status", field, NULL), 0);
    value_drop(printed);
    return number;
}

static size_t pods(const struct world *w)
{
    return store_count(w->cluster->store, KIND_POD);
}

/* ── what counts ── */

Test(resource_quota, counts_what_is_there_when_it_is_made)
{
    struct world *w = given(
        NODE
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {initContainers: [{name: i, "
        "image: 'i:1', resources: {requests: {cpu: '2'}}}], containers: [{name: c, image: 'i:1', "
        "resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: '1'}}}, {name: d, image: "
        "'i:1', resources: {requests: {cpu: 250m, memory: 512Mi}}}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, ports: "
        "[{name: a, port: 1}, {name: b, port: 2}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: t}, spec: {ports: [{port: 1}]}}\n---\n"
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: v}, spec: "
        "{storageClassName: gold, accessModes: [ReadWriteOnce], resources: {requests: {storage: "
        "10Gi}}}}\n---\n"
        "{apiVersion: v1, kind: Secret, metadata: {name: k}}\n---\n"
        "{apiVersion: oracle.example/v1, kind: Widget, metadata: {name: x, namespace: default}}");
    until(w, 10);
    create(w,
           QUOTA("{pods: '9', count/pods: '9', requests.cpu: '9', cpu: '9', memory: 9Gi, "
                 "limits.cpu: '9', services: '9', services.nodeports: '9', "
                 "services.loadbalancers: '9', persistentvolumeclaims: '9', requests.storage: "
                 "90Gi, gold.storageclass.storage.k8s.io/requests.storage: 90Gi, "
                 "silver.storageclass.storage.k8s.io/persistentvolumeclaims: '9', secrets: '9', "
                 "configmaps: '9', count/serviceaccounts: '9', count/widgets.oracle.example: '9', "
                 "count/nosuch.example: '9', resourcequotas: '9'}"));
    until(w, 11);
    expect_used(w, "pods", "1");
    expect_used(w, "count/pods", "1");
    expect_used(w, "requests.cpu", "2"); /* the init container needs more than 500m + 250m */
    expect_used(w, "cpu", "2");
    expect_used(w, "memory", "1536Mi"); /* 1024 + 512 */
    expect_used(w, "limits.cpu", "1");  /* of the one that has a limit */
    expect_used(w, "services", "2");
    expect_used(w, "services.nodeports", "2");
    expect_used(w, "services.loadbalancers", "0");
    expect_used(w, "persistentvolumeclaims", "1");
    expect_used(w, "requests.storage", "10Gi");
    expect_used(w, "gold.storageclass.storage.k8s.io/requests.storage", "10Gi");
    expect_used(w, "silver.storageclass.storage.k8s.io/persistentvolumeclaims", "0");
    expect_used(w, "secrets", "1");
    expect_used(w, "configmaps", "1");              /* kube-root-ca.crt */
    expect_used(w, "count/serviceaccounts", "1");   /* default */
    expect_used(w, "resourcequotas", "1");          /* itself */
    expect_used(w, "count/nosuch.example", "none"); /* nobody knows what that is */
    done(w);
}

Test(resource_quota, has_no_say_before_it_is_counted)
{
    struct world *w = given(NODE QUOTA("{pods: '0'}") IN_SHOP(
        "Pod", "a", "spec: {containers: [{name: c, image: 'i:1'}]}"));
    until(w, 1);
    expect_used(w, "pods", "1");
    expect_refused(w, IN_SHOP("Pod", "b", "spec: {containers: [{name: c, image: 'i:1'}]}"),
                   "pods \"b\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, "
                   "limited: pods=0");
    done(w);
}

/* A pod that has ended needs nothing, but is still an object. */
Test(resource_quota, does_not_count_pods_that_have_ended)
{
    struct world *w = given(NODE QUOTA(
        "{pods: '1', count/pods: '5', requests.cpu: '1'}") "{apiVersion: seatrial.dev/v1alpha1, "
                                                           "kind: Image, metadata: {name: "
                                                           "'task:1'}, spec: "
                                                           "{runTime: 20s}}\n---\n");
    until(w, 1);
    create(w, "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {restartPolicy: Never, "
              "containers: [{name: c, image: 'task:1', resources: {requests: {cpu: 700m}}}]}}");
    until(w, 5);
    expect_used(w, "pods", "1");
    expect_used(w, "requests.cpu", "700m");
    until(w, 60);
    expect_field(w, "pod/default/a", "status.phase", "Succeeded");
    expect_used(w, "pods", "0");
    expect_used(w, "count/pods", "1");
    expect_used(w, "requests.cpu", "0");
    done(w);
}

/* Its node is gone, so nobody ends it: its grace of 30 s is over at 130.0, and counts twice. */
Test(resource_quota, forgets_a_pod_that_cannot_end_after_twice_its_grace)
{
    struct world *w = given_with(NODE QUOTA("{pods: '5'}"), NULL, "resource-quota-sync-period=10s");
    until(w, 1);
    create(w, IN_SHOP("Pod", "a", "spec: {containers: [{name: c, image: 'i:1'}]}"));
    until(w, 60);
    say(w, "fail node-crash n0");
    until(w, 100);
    delete_object(w, "pod/default/a", PROPAGATE_DEFAULT);
    until(w, 160);
    cr_expect_not_null(find(w, "pod/default/a"));
    expect_used(w, "pods", "1");
    until(w, 171); /* looked at again at 170 */
    cr_expect_not_null(find(w, "pod/default/a"));
    expect_used(w, "pods", "0");
    done(w);
}

Test(resource_quota, names_objects_of_any_kind_as_users_do)
{
    struct world *w = given(QUOTA("{count/roles.rbac.authorization.k8s.io: '1'}"));
    until(w, 1);
    create(w, ROLE("a"));
    expect_used(w, "count/roles.rbac.authorization.k8s.io", "1");
    expect_refused(
        w, ROLE("b"),
        "roles.rbac.authorization.k8s.io \"b\" is forbidden: exceeded quota: q, requested: "
        "count/roles.rbac.authorization.k8s.io=1, used: count/roles.rbac.authorization.k8s.io=1, "
        "limited: "
        "count/roles.rbac.authorization.k8s.io=1");
    done(w);
}

/* What was charged for an object that there was already comes back when all is counted again. */
Test(resource_quota, charges_a_name_that_is_taken_until_it_counts_again)
{
    struct world *w = given(QUOTA("{configmaps: '5'}"));
    until(w, 1);
    create(w, IN_SHOP("ConfigMap", "a", "data: {}"));
    expect_used(w, "configmaps", "2");
    expect_refused(w, IN_SHOP("ConfigMap", "a", "data: {}"), "configmaps \"a\" already exists");
    expect_used(w, "configmaps", "3");
    until(w, 299);
    expect_used(w, "configmaps", "3");
    until(w, 301);
    expect_used(w, "configmaps", "2");
    done(w);
}

Test(resource_quota, gives_back_what_a_service_no_longer_has)
{
    struct world *w =
        given(QUOTA("{services.nodeports: '2'}") IN_SHOP("Service", "s",
                                                         "spec: {type: NodePort, ports: [{port: 1, "
                                                         "name: a}, {port: 2, name: b}]}"));
    until(w, 1);
    expect_used(w, "services.nodeports", "2");
    say(w, "patch svc s -p '{\"spec\":{\"type\":\"ClusterIP\"}}'");
    until(w, 2);
    expect_used(w, "services.nodeports", "0");
    say(w, "patch svc s -p '{\"spec\":{\"type\":\"LoadBalancer\"}}'");
    expect_used(w, "services.nodeports", "2");
    done(w);
}

Test(resource_quota, scopes_let_in_whom_they_name)
{
    static const struct {
        const char *scope, *pod;
        const char *used; /* of pods: 9 */
    } rows[] = {
        { "scopes: [BestEffort]", "containers: [{name: c, image: 'i:1'}]", "1" },
        { "scopes: [NotBestEffort]", "containers: [{name: c, image: 'i:1'}]", "0" },
        { "scopes: [Terminating]",
          "activeDeadlineSeconds: 600, containers: [{name: c, image: 'i:1'}]", "1" },
        { "scopes: [NotTerminating]",
          "activeDeadlineSeconds: 600, containers: [{name: c, image: 'i:1'}]", "0" },
        { "scopes: [NotTerminating, BestEffort]", "containers: [{name: c, image: 'i:1'}]", "1" },
        { "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: "
          "[system-node-critical]}]}",
          "priorityClassName: system-node-critical, containers: [{name: c, image: 'i:1'}]", "1" },
        { "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: "
          "[system-node-critical]}]}",
          "containers: [{name: c, image: 'i:1'}]", "1" },
        { "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: "
          "DoesNotExist}]}",
          "priorityClassName: system-node-critical, containers: [{name: c, image: 'i:1'}]", "0" },
        { "scopeSelector: {matchExpressions: [{scopeName: CrossNamespacePodAffinity, operator: "
          "Exists}]}",
          "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
          "z, namespaces: [x], labelSelector: {}}]}}, containers: [{name: c, image: 'i:1'}]",
          "1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *quota = mem_format("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: "
                                 "{hard: {pods: '9'}, %s}}",
                                 rows[i].scope);
        char *pod =
            mem_format("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {%s}}", rows[i].pod);
        struct world *w = given(quota);
        until(w, 1);
        create(w, pod); /* charged as it is admitted... */
        expect_used(w, "pods", rows[i].used);
        struct quota_counts counts; /* ... and counted alike */
        quota_counts_init(&counts);
        const struct object *stored = find(w, "quota/default/q");
        until(w, 2);
        quota_counts_renew(&counts, stored);
        client_begin(w->user, (struct cause){ 0, 0 });
        char text[QUANTITY_TEXT];
        cr_expect_str_eq(
            quantity_print(amounts_get(quota_counts_used(&counts, w->user, stored), "pods"), text),
            rows[i].used, "%s", rows[i].scope);
        quota_counts_close(&counts);
        done(w);
        free(quota);
        free(pod);
    }
}

/* ── the two ways to count ── */

/* A random walk over everything that a quota counts: what is kept up to date change by change is
 * what counting all anew gives, at every step. */
Test(resource_quota, is_the_same_counted_anew)
{
    struct world *w = given_with(
        NODE QUOTA(
            "{pods: '30', count/pods: '90', requests.cpu: '20', limits.memory: 9Gi, "
            "services: '9', services.nodeports: '9', configmaps: '30', requests.storage: "
            "90Gi, count/deployments.apps: '9'}") "{apiVersion: seatrial.dev/v1alpha1, kind: "
                                                  "Image, metadata: {name: 'task:1'}, spec: "
                                                  "{runTime: 7s}}\n---\n",
        NULL, "");
    uint64_t luck = 12345;
    for (int step = 0; step < 400; step++) {
        luck = luck * 6364136223846793005u + 1442695040888963407u;
        const int what = (int)(luck >> 33) % 7, which = (int)(luck >> 45) % 6;
        char *text = NULL, *message = NULL;
        if (what == 0)
            text = mem_format("{apiVersion: v1, kind: Pod, metadata: {name: p%d}, spec: "
                              "{restartPolicy: Never, containers: [{name: c, image: 'task:1', "
                              "resources: {requests: {cpu: %dm}, limits: {cpu: '1', memory: "
                              "%dMi}}}]}}",
                              which, 100 * which + 7, 16 << which);
        else if (what == 1)
            text = mem_format("{apiVersion: v1, kind: Service, metadata: {name: s%d}, spec: {type: "
                              "%s, ports: [{port: 1}]}}",
                              which, which % 2 ? "NodePort" : "ClusterIP");
        else if (what == 2)
            text = mem_format("{apiVersion: v1, kind: ConfigMap, metadata: {name: m%d}}", which);
        else if (what == 3)
            text =
                mem_format("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: v%d}, "
                           "spec: {storageClassName: gold, accessModes: [ReadWriteOnce], "
                           "resources: {requests: {storage: %dGi}}}}",
                           which, which + 1);
        static const char *const kinds[] = { "pod/default/p", "svc/default/s", "cm/default/m",
                                             "pvc/default/v" };
        char *name = mem_format("%s%d", kinds[text != NULL ? what : (int)(luck >> 50) % 4], which);
        const bool present = find(w, name) != NULL; /* a taken name would be charged all the same */
        if (text != NULL && !present)
            try_create(w, text, &message);
        else if (text == NULL && present)
            delete_object(w, name, PROPAGATE_DEFAULT);
        free(name);
        free(text);
        free(message);
        until(w, (step + 1) * 1.5);
        const struct object *stored = find(w, "quota/default/q");
        struct quota_counts counts;
        struct quota quota = quota_read(stored);
        quota_counts_init(&counts);
        quota_counts_renew(&counts, stored);
        client_begin(w->user, (struct cause){ 0, 0 });
        const struct amounts *anew = quota_counts_used(&counts, w->user, stored);
        cr_assert(amounts_equal(anew, &quota.used), "step %d", step);
        quota_close(&quota);
        quota_counts_close(&counts);
    }
    done(w);
}

/* ── rollouts ── */

/* Three pods of three allowed. With maxUnavailable 0 an old pod may go only when a new one is ready,
 * and a new one may come only when an old one has gone. */
Test(resource_quota, a_surge_without_room_hangs_and_says_why)
{
    struct world *w = given(NODE QUOTA("{pods: '3'}"));
    until(w, 1);
    create(w, WEB("3", SURGING, ""));
    until(w, 60);
    cr_expect_eq(number_at(w, "deploy/default/web", "readyReplicas"), 3);
    say(w, "set image deployment/web c=app:2");
    until(w, 600);
    cr_expect_eq(number_at(w, "deploy/default/web", "readyReplicas"), 3);
    cr_expect_eq(number_at(w, "deploy/default/web", "updatedReplicas"), 0);
    cr_expect_eq(pods(w), 3);
    until(w, 700);
    struct value *printed = cluster_print(w->cluster, find(w, "deploy/default/web"));
    const struct value *conditions = value_path(printed, "status", "conditions", NULL);
    bool failed = false, overdue = false;
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++) {
        const struct value *condition = conditions->items[i];
        const char *reason = value_text(value_get(condition, "reason"), "");
        const char *message = value_text(value_get(condition, "message"), "");
        failed |= strcmp(reason, "FailedCreate") == 0 &&
                  strstr(message, "is forbidden: exceeded quota: q, requested: pods=1, used: "
                                  "pods=3, limited: pods=3") != NULL;
        overdue |= strcmp(reason, "ProgressDeadlineExceeded") == 0;
    }
    cr_expect(failed, "ReplicaFailure tells of the quota");
    cr_expect(overdue, "600 s after the last progress");
    value_drop(printed);
    /* More room: the ReplicaSet comes back after its own back-off, which has grown to 5 ms * 2^n. */
    say(w, "patch quota q -p '{\"spec\":{\"hard\":{\"pods\":\"4\"}}}'");
    until(w, 2500);
    cr_expect_eq(number_at(w, "deploy/default/web", "updatedReplicas"), 3);
    cr_expect_eq(number_at(w, "deploy/default/web", "readyReplicas"), 3);
    expect_used(w, "pods", "3");
    done(w);
}

Test(resource_quota, a_rollout_that_first_takes_one_away_passes)
{
    struct world *w = given(NODE QUOTA("{pods: '3'}"));
    until(w, 1);
    create(w, WEB("3", GIVING, ""));
    until(w, 60);
    say(w, "set image deployment/web c=app:2");
    until(w, 400);
    cr_expect_eq(number_at(w, "deploy/default/web", "updatedReplicas"), 3);
    cr_expect_eq(number_at(w, "deploy/default/web", "readyReplicas"), 3);
    done(w);
}

/* ── limit ranges ── */

#define RANGE(limits)                                                                              \
    "{apiVersion: v1, kind: LimitRange, metadata: {name: lr}, spec: {limits: [" limits "]}}\n---"  \
    "\n"

Test(limit_range, pods_of_a_template_get_what_it_sets)
{
    struct world *w = given(
        NODE RANGE("{type: Container, default: {cpu: 400m, memory: 64Mi}, defaultRequest: {cpu: "
                   "100m}}") QUOTA("{requests.cpu: '1', limits.memory: 1Gi}"));
    until(w, 1);
    create(w, WEB("2", SURGING, ""));
    until(w, 30);
    cr_expect_eq(pods(w), 2);
    expect_used(w, "requests.cpu", "200m");   /* 2 * 100m */
    expect_used(w, "limits.memory", "128Mi"); /* 2 * 64Mi */
    for (struct cache_cursor c = client_list(w->user, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        cr_expect_str_eq(labels_get(pod->meta.annotations, "kubernetes.io/limit-ranger"),
                         "LimitRanger plugin set: cpu, memory request for container c; cpu, memory "
                         "limit for container c");
        cr_expect_eq(pod->spec->requests.cpu_milli, 100);
        cr_expect_eq(pod->spec->requests.memory_bytes, 64 << 20, "the limit, as nothing is said");
        cr_expect_eq(pod->spec->qos, QOS_BURSTABLE);
    }
    struct value *printed = cluster_print(w->cluster, find(w, "deploy/default/web"));
    const struct value *containers =
        value_path(printed, "spec", "template", "spec", "containers", NULL);
    cr_expect_eq(value_get(value_get(containers->items[0], "resources"), "limits"), NULL,
                 "the template stays as it was written");
    value_drop(printed);
    done(w);
}

/* Nothing wakes a ReplicaSet whose pods are refused but its own back-off. */
Test(limit_range, refuses_pods_of_a_template_until_it_is_gone)
{
    struct world *w =
        given_with(NODE RANGE("{type: Pod, max: {cpu: '1'}}"), NULL, "keep-events=true");
    create(w, WEB("1", SURGING, ", resources: {limits: {cpu: '2'}}"));
    until(w, 20);
    cr_expect_eq(pods(w), 0);
    bool told = false;
    for (struct cache_cursor c = client_list(w->user, KIND_EVENT); cache_next(&c);) {
        struct value *event = cluster_print(w->cluster, c.object);
        const char *message = value_text(value_get(event, "message"), "");
        told |= strncmp(message, "Error creating: pods \"web-", 26) == 0 &&
                strstr(message,
                       "\" is forbidden: maximum cpu usage per Pod is 1, but limit is 2") != NULL;
        value_drop(event);
    }
    cr_expect(told);
    delete_object(w, "limits/default/lr", PROPAGATE_DEFAULT);
    until(w, 120);
    cr_expect_eq(pods(w), 1);
    done(w);
}

Test(limit_range, claims_have_a_smallest_and_a_largest_size)
{
    static const char claim[] = "spec: {accessModes: [ReadWriteOnce], resources: {requests: "
                                "{storage: %s}}}}";
    struct world *w =
        given(RANGE("{type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 10Gi}}"));
    static const struct {
        const char *size, *why;
    } rows[] = {
        { "500Mi", "persistentvolumeclaims \"v\" is forbidden: minimum storage usage per "
                   "PersistentVolumeClaim is 1Gi, but request is 500Mi" },
        { "11Gi", "persistentvolumeclaims \"v\" is forbidden: maximum storage usage per "
                  "PersistentVolumeClaim is 10Gi, but request is 11Gi" },
    };
    until(w, 1);
    for (size_t i = 0; i < 2; i++) {
        char *rest = mem_format(claim, rows[i].size);
        char *text = mem_format(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: v}, %s", rest);
        expect_refused(w, text, rows[i].why);
        free(text);
        free(rest);
    }
    done(w);
}

/* ── accounts ── */

Test(service_account, every_namespace_has_one_and_gets_it_again)
{
    struct world *w = given("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    until(w, 1);
    cr_assert_not_null(find(w, "sa/shop/default"));
    cr_assert_not_null(find(w, "cm/shop/kube-root-ca.crt"));
    cr_assert_not_null(find(w, "sa/kube-system/default"));
    delete_object(w, "sa/shop/default", PROPAGATE_DEFAULT);
    delete_object(w, "cm/shop/kube-root-ca.crt", PROPAGATE_DEFAULT);
    until(w, 2);
    cr_expect_not_null(find(w, "sa/shop/default"));
    cr_expect_not_null(find(w, "cm/shop/kube-root-ca.crt"));
    delete_object(w, "ns/shop", PROPAGATE_DEFAULT);
    until(w, 30);
    cr_expect_null(find(w, "ns/shop"), "what is given again does not keep it");
    done(w);
}

/* The pods' name is not drawn yet when the account is looked for. */
Test(service_account, pods_wait_for_theirs)
{
    struct world *w = given_with(NODE, NULL, "keep-events=true");
    create(w, "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: r}, spec: {replicas: 1, "
              "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: "
              "{serviceAccountName: clerk, containers: [{name: c, image: 'i:1'}]}}}}");
    until(w, 10);
    cr_expect_eq(pods(w), 0);
    bool told = false;
    for (struct cache_cursor c = client_list(w->user, KIND_EVENT); cache_next(&c);) {
        struct value *event = cluster_print(w->cluster, c.object);
        told |= strcmp(value_text(value_get(event, "message"), ""),
                       "Error creating: pods \"r-\" is forbidden: error looking up service account "
                       "default/clerk: serviceaccount \"clerk\" not found") == 0;
        value_drop(event);
    }
    cr_expect(told);
    create(w, "{apiVersion: v1, kind: ServiceAccount, metadata: {name: clerk}, "
              "automountServiceAccountToken: false, imagePullSecrets: [{name: reg}]}");
    until(w, 60);
    cr_assert_eq(pods(w), 1);
    struct cache_cursor c = client_list(w->user, KIND_POD);
    cache_next(&c);
    const struct value *spec = pod_of(c.object)->spec->document;
    cr_expect_null(value_get(spec, "volumes"), "no token");
    cr_expect_str_eq(
        value_text(value_get(value_at(value_get(spec, "imagePullSecrets"), 0), "name"), ""), "reg");
    done(w);
}

/* ── Pod Security ── */

/* What is forbidden does not come; what is only warned of comes with a warning. */
Test(pod_security, pods_of_a_template_are_held_to_their_namespace)
{
    struct world *w = given_with(
        NODE
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: "
        "{pod-security.kubernetes.io/enforce: baseline}}}\n---\n"
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: r, namespace: shop}, spec: "
        "{replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, "
        "spec: {hostPID: true, containers: [{name: c, image: 'i:1'}]}}}}",
        NULL, "keep-events=true");
    bool told = false;
    until(w, 10);
    cr_expect_eq(pods(w), 0);
    for (struct cache_cursor c = client_list(w->user, KIND_EVENT); cache_next(&c);) {
        struct value *event = cluster_print(w->cluster, c.object);
        const char *message = value_text(value_get(event, "message"), "");
        told |= strncmp(message, "Error creating: pods \"r-", 24) == 0 &&
                strstr(message, "\" is forbidden: violates PodSecurity \"baseline:latest\": host "
                                "namespaces (hostPID=true)") != NULL;
        value_drop(event);
    }
    cr_expect(told);
    say(w, "label ns shop pod-security.kubernetes.io/enforce=privileged --overwrite");
    until(w, 60);
    cr_expect_eq(pods(w), 1);
    done(w);
}

Test(pod_security, a_namespace_names_levels_that_there_are)
{
    struct world *w = given(NODE);
    expect_refused(
        w,
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: "
        "{pod-security.kubernetes.io/warn: strict}}}",
        "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"strict\": must "
        "be one of privileged, baseline, restricted");
    done(w);
}
