/* kubectl's verbs in process: what they print, and what they do. Texts are those of the real kubectl,
 * as recorded in tests/oracle/controllers. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "models/api/node.h"
#include "sim/base/memory.h"
#include "tests/support/desk.h"

static struct desk *sit(const char *manifests)
{
    return desk_at(given(manifests));
}

static void leave(struct desk *desk)
{
    struct world *world = desk->world;
    desk_leave(desk);
    done(world);
}

static void expect_reply(struct desk *desk, const char *command, int rc, const char *printed)
{
    cr_expect_eq(desk->rc, rc, "%s: exit code %d", command, desk->rc);
    cr_expect_str_eq(desk->printed, printed, "%s", command);
}

static const char deployment[] =
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: "
    "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "
    "[{name: c, image: 'app:1'}]}}}}\n";

static const char nodes[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {capacity: {cpu: 8, memory: 32Gi, "
    "pods: 110}, allocatable: {cpu: 8, memory: 32Gi, pods: 110}}}\n---\n"
    "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {capacity: {cpu: 8, memory: 32Gi, "
    "pods: 110}, allocatable: {cpu: 8, memory: 32Gi, pods: 110}}}\n---\n";

Test(actions, print_what_kubectl_prints)
{
    static const struct {
        const char *command;
        int rc;
        const char *printed;
    } rows[] = {
        { "scale deployment/web --replicas=3", 0, "deployment.apps/web scaled\n" },
        { "scale deploy web --current-replicas=2 --replicas=4", 1,
          "error: Expected replicas to be 2, was 3\n" },
        { "scale deployment/nope --replicas=3", 1,
          "Error from server (NotFound): deployments.apps \"nope\" not found\n" },
        { "autoscale deployment/web --min=2 --max=9 --cpu=70%", 0,
          "horizontalpodautoscaler.autoscaling/web autoscaled\n" },
        { "autoscale deployment web --max=9 --cpu=70%", 1,
          "Error from server (AlreadyExists): horizontalpodautoscalers.autoscaling \"web\" already "
          "exists\n" },
        { "autoscale deployment web --max=9 --cpu-percent=50 --name=x", 0,
          "horizontalpodautoscaler.autoscaling/x autoscaled\nFlag --cpu-percent has been "
          "deprecated, "
          "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or "
          "'500m' for milliCPU).\n" },
        { "autoscale node/n0 --max=3", 1,
          "error: cannot autoscale a Node: could not find scale subresource for nodes\n" },
        { "autoscale deployment web", 1, "error: autoscale: required flag(s) \"max\" not set\n" },
        { "autoscale deployment web --max=0", 1,
          "error: autoscale: --max=MAXPODS is required and must be at least 1, max: 0\n" },
        { "autoscale deployment web --max=2 --min=3", 1,
          "error: autoscale: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 2, min: "
          "3\n" },
        { "autoscale deployment web --max=2 --cpu=x%", 1,
          "error: autoscale: invalid percentage value: x\n" },
        { "autoscale deployment web --max=2 --memory=1Zi", 1,
          "error: autoscale: invalid resource memory value: 1Zi\n" },
        { "set image deployment/web c=app:2", 0, "deployment.apps/web image updated\n" },
        { "set image deployment/web c=app:2", 0, "" },
        { "set image deployment/web d=app:2", 1, "error: unable to find container named \"d\"\n" },
        { "set env deployment/web A=b", 0, "deployment.apps/web env updated\n" },
        { "set resources deployment/web --requests=cpu=10m", 0,
          "deployment.apps/web resource requirements updated\n" },
        { "rollout pause deployment/web", 0, "deployment.apps/web paused\n" },
        { "rollout pause deployment/web", 1,
          "error: deployments.apps \"web\" is already paused\n" },
        { "rollout resume deployment/web", 0, "deployment.apps/web resumed\n" },
        { "rollout restart deployment/web", 0, "deployment.apps/web restarted\n" },
        { "patch deployment web --type=merge -p '{\"spec\": {\"replicas\": 1}}'", 0,
          "deployment.apps/web patched\n" },
        { "patch deployment web -p '{\"spec\": {\"replicas\": 1}}'", 0,
          "deployment.apps/web patched (no change)\n" },
        { "label node n0 a=b c=d", 0, "node/n0 labeled\n" },
        { "label node n0 a=x", 1,
          "error: 'a' already has a value (b), and --overwrite is false\n" },
        { "label node n0 a- e=f", 0, "node/n0 modified\n" },
        { "label node n0 c-", 0, "node/n0 unlabeled\n" },
        { "annotate node n0 a=b", 0, "node/n0 annotated\n" },
        { "taint node n0 a=b:NoSchedule c:PreferNoSchedule", 0, "node/n0 tainted\n" },
        { "taint node n0 a=z:NoSchedule", 1,
          "error: node n0 already has a taint(s) with same effect(s) and --overwrite is false\n" },
        { "taint node n0 a=z:NoSchedule --overwrite", 0, "node/n0 modified\n" },
        { "taint node n0 a-", 0, "node/n0 untainted\n" },
        { "taint node n0 a-", 1, "error: taint \"a\" not found\n" },
        { "cordon n0", 0, "node/n0 cordoned\n" },
        { "cordon n0", 0, "node/n0 already cordoned\n" },
        { "uncordon n0", 0, "node/n0 uncordoned\n" },
        { "delete deployment web", 0, "deployment.apps \"web\" deleted from default namespace\n" },
        { "delete node n1", 0, "node \"n1\" deleted\n" },
        { "delete pod nope", 1, "Error from server (NotFound): pods \"nope\" not found\n" },
        { "create quota q --hard=pods=3,requests.cpu=2 --scopes=NotBestEffort", 0,
          "resourcequota/q created\n" },
        { "create quota q --hard=pods=3", 1,
          "Error from server (AlreadyExists): failed to create quota: resourcequotas \"q\" already "
          "exists\n" },
        { "create quota r --hard=foo=3", 1,
          "The ResourceQuota \"r\" is invalid: \n"
          "* spec.hard[foo]: Invalid value: \"foo\": must be a standard resource type or fully "
          "qualified\n"
          "* spec.hard[foo]: Invalid value: \"foo\": must be a standard resource for quota\n" },
        { "create quota r --hard=pods", 1,
          "error: create quota: Invalid argument syntax pods, expected <resource>=<value>\n" },
        { "create quota", 1, "error: create quota: exactly one NAME is required, got 0\n" },
        { "describe quota q", 0,
          "Name:       q\nNamespace:  default\nScopes:     NotBestEffort\n"
          "Resource    Used  Hard\n--------    ----  ----\n" },
        { "describe pod a", 1,
          "error: describe: only quotas are described here: describe quota NAME\n" },
        { "scale deployment/web", 1, "error: scale: The --replicas=COUNT flag is required\n" },
        { "delete deploymnt web", 1,
          "error: delete: the server doesn't have a resource type \"deploymnt\" (did you mean "
          "deployments?)\n" },
        { "drain n0 --ignore-daemonset", 1,
          "error: drain: unknown flag: --ignore-daemonset (did you mean --ignore-daemonsets?)\n" },
        { "rollout und deployment/web", 1,
          "error: unknown command \"rollout und\" (did you mean rollout undo?)\n" },
    };
    char *manifests = mem_format("%s%s", nodes, deployment);
    struct desk *desk = sit(manifests);
    free(manifests);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kubectl(desk, rows[i].command, NULL);
        expect_reply(desk, rows[i].command, rows[i].rc, rows[i].printed);
    }
    leave(desk);
}

Test(actions, change_what_they_say)
{
    static const char web[] = "deployment/default/web";
    static const struct {
        const char *command, *object, *path, *value;
    } rows[] = {
        { "scale deployment/web --replicas 5", web, "spec.replicas", "5" },
        { "autoscale deployment web --max=9 --cpu=500 --memory=60% --min=2", "hpa/default/web",
          "spec.metrics.0.resource.target.averageValue", "500m" },
        { "autoscale deployment web --max=9 --cpu=40% --name=y", "hpa/default/y",
          "spec.metrics.0.resource.target.averageUtilization", "40" },
        { "set image deployment web *=app:3", web, "spec.template.spec.containers.0.image",
          "app:3" },
        { "set env deployment/web A=one", web, "spec.template.spec.containers.0.env.0.value",
          "one" },
        { "set env deployment/web A=two B=b", web, "spec.template.spec.containers.0.env.0.value",
          "two" },
        { "set env deployment/web A-", web, "spec.template.spec.containers.0.env.0.name", "B" },
        { "set resources deploy web --limits=cpu=1,memory=64Mi --requests cpu=10m", web,
          "spec.template.spec.containers.0.resources.limits.memory", "64Mi" },
        { "rollout pause deploy/web", web, "spec.paused", "true" },
        { "patch deploy web --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/paused\"}]'", web,
          "spec.paused", NULL },
        { "patch deploy web -p 'spec: {template: {spec: {containers: [{name: d, image: app:4}]}}}'",
          web, "spec.template.spec.containers.1.name", "c" },
        { "annotate deploy -l app=none a=b", web, "metadata.annotations.a", NULL },
        { "label node --all a=b", "node/n1", "metadata.labels.a", "b" },
        { "cordon -l a=b", "node/n1", "spec.unschedulable", "true" },
        { "uncordon node/n1", "node/n1", "spec.unschedulable", NULL },
        { "taint nodes n1 k=v:NoExecute", "node/n1", "spec.taints.0.effect", "NoExecute" },
        { "taint nodes n1 k:NoExecute-", "node/n1", "spec.taints", NULL },
        { "delete deploy web --cascade=foreground", web, "metadata.finalizers.0",
          "foregroundDeletion" },
    };
    char *manifests = mem_format("%s%s", nodes, deployment);
    struct desk *desk = sit(manifests);
    free(manifests);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kubectl(desk, rows[i].command, NULL);
        cr_expect_eq(desk->rc, 0, "%s: %s", rows[i].command, desk->printed);
        expect_field(desk->world, rows[i].object, rows[i].path, rows[i].value);
    }
    leave(desk);
}

Test(actions, deletion_has_the_grace_that_was_asked_for)
{
    static const struct {
        const char *flags, *grace; /* NULL: gone at once */
    } rows[] = {
        { "", "30" },
        { "--grace-period=7", "7" },
        { "--now", "1" },
        { "--grace-period=0", "1" }, /* nothing is killed unseen without --force */
        { "--force", NULL },
    };
    static const char pod[] =
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: n0, "
        "containers: [{name: c, image: 'app:1'}]}}";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk *desk = sit(nodes);
        kubectl(desk, "create -f -", pod);
        until(desk->world, 60);
        char *command = mem_format("delete pod p %s", rows[i].flags);
        kubectl(desk, command, NULL);
        free(command);
        if (rows[i].grace != NULL)
            expect_field(desk->world, "pod/default/p", "metadata.deletionGracePeriodSeconds",
                         rows[i].grace);
        else
            cr_expect_null(find(desk->world, "pod/default/p"));
        leave(desk);
    }
}

/* The root that a write of a command goes back to. */
Test(actions, begin_a_root_of_their_own)
{
    struct desk *desk = sit(nodes);
    kubectl(desk, "apply -f -", deployment);
    const struct root *root =
        run_root_of(desk->world->run, find(desk->world, "deployment/default/web")->cause);
    cr_expect_str_eq(root->kind, "apply");
    cr_expect_str_eq(text_s(root->name), "apply/deployment.apps/web");
    kubectl(desk, "set image deploy/web c=app:2", NULL);
    root = run_root_of(desk->world->run, find(desk->world, "deployment/default/web")->cause);
    cr_expect_str_eq(root->kind, "set-image");
    cr_expect_str_eq(text_s(root->name), "set-image/deploy/web c=app:2");
    leave(desk);
}

Test(actions, fail_and_restore_are_ours)
{
    struct desk *desk = sit(nodes);
    kubectl(desk, "fail node-crash n0", NULL);
    expect_reply(desk, "fail", 0, "node-crash/n0 struck\n");
    until(desk->world, 100);
    cr_expect_not(node_is_ready(node_of(find(desk->world, "node/n0"))));
    kubectl(desk, "restore node-crash n0", NULL);
    expect_reply(desk, "restore", 0, "node-crash/n0 mended\n");
    until(desk->world, 200);
    cr_expect(node_is_ready(node_of(find(desk->world, "node/n0"))));
    kubectl(desk, "restore node-crash n0", NULL);
    cr_expect_eq(desk->rc, 1);
    leave(desk);
}

Test(actions, apply_merges_three_ways)
{
    static const char with_key[] =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: one, b: two}}";
    static const char without_key[] =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: three}}";
    struct desk *desk = sit(nodes);
    kubectl(desk, "apply -f -", with_key);
    expect_reply(desk, "apply", 0, "configmap/c created\n");
    kubectl(desk, "apply -f -", with_key);
    expect_reply(desk, "apply again", 0, "configmap/c unchanged\n");
    kubectl(desk, "patch configmap c -p 'data: {other: kept}'", NULL);
    kubectl(desk, "apply -f -", without_key);
    expect_reply(desk, "apply less", 0, "configmap/c configured\n");
    expect_field(desk->world, "configmap/default/c", "data.a", "three");
    expect_field(desk->world, "configmap/default/c", "data.b", NULL);
    expect_field(desk->world, "configmap/default/c", "data.other", "kept");
    kubectl(desk, "create -f -", with_key);
    expect_reply(desk, "create", 1,
                 "Error from server (AlreadyExists): error when creating \"STDIN\": configmaps "
                 "\"c\" already exists\n");
    leave(desk);
}

Test(actions, undo_returns_to_the_revision_before)
{
    struct desk *desk = sit(nodes);
    kubectl(desk, "apply -f -", deployment);
    until(desk->world, 60);
    kubectl(desk, "rollout undo deployment/web --to-revision=7", NULL);
    cr_expect_eq(desk->rc, 1);
    kubectl(desk, "set image deployment/web c=app:2", NULL);
    until(desk->world, 120);
    kubectl(desk, "rollout history deployment/web", NULL);
    expect_reply(desk, "history", 0,
                 "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         "
                 "<none>\n\n");
    kubectl(desk, "rollout undo deployment/web", NULL);
    expect_reply(
        desk, "undo", 0,
        "deployment.apps/web rolled back\nWarning: resource deployments/web was previously "
        "managed with 'kubectl apply'. Rolling back will not update the "
        "kubectl.kubernetes.io/last-applied-configuration annotation, which may cause "
        "unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl "
        "apply' with your previous configuration file instead.\n");
    expect_field(desk->world, "deployment/default/web", "spec.template.spec.containers.0.image",
                 "app:1");
    kubectl(desk, "rollout status deployment/web", NULL);
    cr_expect_eq(desk->rc, -1, "the rollout goes on");
    until(desk->world, 180);
    cr_expect_eq(desk->rc, 0);
    kubectl(desk, "rollout history deployment/web", NULL);
    expect_reply(desk, "history", 0,
                 "deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         <none>\n3         "
                 "<none>\n\n");
    leave(desk);
}

static const char budget[] =
    "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: p}, spec: "
    "{minAvailable: 1, selector: {matchLabels: {app: web}}}}\n";

Test(actions, drain_asks_again_where_a_budget_refuses)
{
    struct desk *desk = sit(nodes);
    kubectl(desk, "cordon n1", NULL);
    kubectl(desk, "apply -f -", deployment);
    kubectl(desk, "apply -f -", budget);
    until(desk->world, 60);
    kubectl(desk, "uncordon n1", NULL);
    kubectl(desk, "drain n0 --timeout=2m", NULL);
    cr_expect_eq(desk->rc, -1, "the second pod must wait for the first one's replacement");
    until(desk->world, 64);
    cr_expect_eq(desk->rc, -1);
    until(desk->world, 140);
    cr_expect_eq(desk->rc, 0, "%s", desk->printed);
    cr_expect_not_null(strstr(desk->printed, "(will retry after 5s): Cannot evict pod as it would "
                                             "violate the pod's disruption budget.\n"));
    cr_expect_not_null(strstr(desk->printed, "node/n0 drained\n"));
    leave(desk);
}

Test(actions, drain_stops_at_its_timeout)
{
    struct desk *desk = sit(nodes);
    kubectl(desk, "cordon n1", NULL);
    kubectl(desk, "apply -f -", deployment);
    kubectl(desk, "apply -f -", budget);
    until(desk->world, 60);
    kubectl(desk, "drain n0 --timeout=7s", NULL);
    until(desk->world, 66);
    cr_expect_eq(desk->rc, -1);
    until(desk->world, 68);
    cr_expect_eq(desk->rc, 1);
    cr_expect_not_null(strstr(desk->printed, "global timeout reached: 7s"), "%s", desk->printed);
    cr_expect_not_null(strstr(desk->printed, "There are pending nodes to be drained:\n n0\n"));
    leave(desk);
}
