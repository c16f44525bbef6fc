/* Every kind from its document into a record and back. */
#include "models/api/kinds.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/image.h"
#include "models/api/machine.h"
#include "models/api/pod.h"
#include "models/api/schema.h"
#include "models/api/schema_print.h"
#include "models/api/workloads.h"
#include "sim/base/writer.h"
#include "tests/support/rows.h"

enum { EPOCH = 1795420800 };

static struct codec codec;

static void open_codec(void)
{
    codec.texts = texts_new();
    codec.specs = pod_specs_new(codec.texts);
    codec.epoch_seconds = EPOCH;
}

/* Asserts that nothing holds a spec any more. */
static void close_codec(void)
{
    pod_specs_free(codec.specs);
    texts_free(codec.texts);
}

TestSuite(kinds, .init = open_codec, .fini = close_codec);

static enum kind kind_of(const struct value *tree)
{
    return kind_find(value_text(value_get(tree, "apiVersion"), ""),
                     value_text(value_get(tree, "kind"), ""));
}

static struct value *load_and_print(const struct value *tree)
{
    const struct kind_info *info = &kind_infos[kind_of(tree)];
    struct object *object = info->load(&codec, tree);
    struct value *printed = info->print(&codec, object);
    object_drop(object);
    return printed;
}

/* The document as the API server would show it. */
static struct value *canonical(const struct value *tree)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(tree, "apiVersion"), NULL),
                                                 value_text(value_get(tree, "kind"), NULL));
    return kind ? schema_print(tree, kind->type) : value_hold(tree);
}

static void expect_round_trip(const struct value *tree, const char *what)
{
    struct value *want = canonical(tree), *once = load_and_print(tree);
    struct value *twice = load_and_print(once);
    char *wanted = rows_print(want), *printed = rows_print(once);
    size_t same = 0;
    while (wanted[same] != '\0' && wanted[same] == printed[same])
        same++;
    cr_expect(value_equal(want, once), "%s\nwant %.300s\ngot  %.300s", what, wanted + same,
              printed + same);
    cr_expect(value_equal(once, twice), "%s: the second time differs", what);
    free(wanted);
    free(printed);
    value_drop(want);
    value_drop(once);
    value_drop(twice);
}

Test(kinds, show_the_recorded_objects_as_they_were_read)
{
    struct rows *rows = rows_open("tests/oracle/controllers/first-objects.jsonl.gz");
    struct value *row;
    int count = 0;
    for (; (row = rows_next(rows)) != NULL; count++) {
        expect_round_trip(value_get(row, "object"), value_text(value_get(row, "scenario"), ""));
        value_drop(row);
    }
    rows_close(rows);
    cr_expect_eq(count, 278);
}

/* The recordings write "<time>" and "<uid>" for what differs from run to run, and leave the
 * time of creation out. */
static struct value *without_placeholders(const struct value *tree)
{
    static const struct {
        const char *placeholder, *meant;
    } known[] = {
        { "<time>", "2026-11-23T08:20:16Z" },
        { "<uid>", "0d61fba5-b153-4b13-a4b6-5b8848655fd4" },
    };
    char *text = rows_print(tree);
    struct writer out = { 0 };
    for (const char *c = text; *c != '\0';) {
        size_t i = 0;
        while (i < 2 && strncmp(c, known[i].placeholder, strlen(known[i].placeholder)) != 0)
            i++;
        if (i == 2) {
            writer_add_char(&out, *c++);
            continue;
        }
        writer_add(&out, known[i].meant);
        c += strlen(known[i].placeholder);
    }
    struct value *meant = rows_parse(out.bytes);
    if (value_path(meant, "metadata", "uid", NULL) != NULL)
        value_put(&meant, value_new_string(known[0].meant), "metadata", "creationTimestamp", NULL);
    writer_close(&out);
    free(text);
    return meant;
}

Test(kinds, show_the_defaulted_objects_of_the_api_server)
{
    struct rows *rows = rows_open("tests/oracle/api/defaults.jsonl.gz");
    struct value *row;
    int count = 0;
    while ((row = rows_next(rows)) != NULL) {
        if (value_int(value_get(row, "status"), 0) == 201) {
            struct value *shown = without_placeholders(value_get(row, "response"));
            expect_round_trip(shown, value_text(value_get(row, "id"), ""));
            value_drop(shown);
            count++;
        }
        value_drop(row);
    }
    rows_close(rows);
    cr_expect_eq(count, 197);
}

static const struct {
    const char *why, *document;
} documents[] = {
    { "a running pod with everything the kubelet reports",
      "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'d','uid':"
      "'0d61fba5-b153-4b13-a4b6-5b8848655fd4','resourceVersion':'17','creationTimestamp':"
      "'2026-11-23T08:20:16Z','deletionTimestamp':'2026-11-23T08:21:16Z',"
      "'deletionGracePeriodSeconds':30,'finalizers':['a/b']},'spec':{'nodeName':'n0',"
      "'initContainers':[{'name':'i','image':'x:1','resources':{}}],"
      "'containers':[{'name':'c','image':'x:2','resources':{}}]},"
      "'status':{'phase':'Running','hostIP':'10.0.0.1','podIP':'10.1.0.7',"
      "'podIPs':[{'ip':'10.1.0.7'}],'startTime':'2026-11-23T08:20:17Z','qosClass':'BestEffort',"
      "'conditions':[{'type':'Initialized','status':'True','lastProbeTime':null,"
      "'lastTransitionTime':'2026-11-23T08:20:17Z'},{'type':'Ready','status':'False',"
      "'lastProbeTime':null,'lastTransitionTime':'2026-11-23T08:20:18Z',"
      "'reason':'ContainersNotReady','message':'containers with unready status: [c]'},"
      "{'type':'PodScheduled','status':'True','lastProbeTime':null,"
      "'lastTransitionTime':'2026-11-23T08:20:16Z'},{'type':'example.com/gate','status':'Unknown',"
      "'lastProbeTime':null,'lastTransitionTime':null}],"
      "'initContainerStatuses':[{'name':'i','image':'x:1','imageID':'sha256:1','ready':true,"
      "'started':false,'restartCount':0,'lastState':{},'state':{'terminated':{'exitCode':0,"
      "'reason':'Completed','startedAt':'2026-11-23T08:20:17Z',"
      "'finishedAt':'2026-11-23T08:20:18Z'}}}],"
      "'containerStatuses':[{'name':'c','image':'x:2','imageID':'','containerID':'cri://7',"
      "'ready':false,'started':true,'restartCount':3,'state':{'waiting':{'reason':"
      "'CrashLoopBackOff','message':'back-off 40s'}},'lastState':{'terminated':{'exitCode':137,"
      "'reason':'Error','startedAt':'2026-11-23T08:20:19Z','finishedAt':'2026-11-23T08:20:29Z'}}}]}"
      "}" },
    { "a node keeps the quantities as they were written",
      "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n0','labels':"
      "{'topology.kubernetes.io/zone':'a'}},'spec':{'providerID':'x://1','podCIDR':'10.1.0.0/24',"
      "'unschedulable':true,'taints':[{'key':'k','value':'v','effect':'NoExecute',"
      "'timeAdded':'2026-11-23T08:20:16Z'},{'key':'soft','effect':'PreferNoSchedule'}]},"
      "'status':{'capacity':{'cpu':'3500m','memory':'16Gi','pods':'110','example.com/gpu':'2'},"
      "'conditions':[{'type':'Ready','status':'Unknown','lastHeartbeatTime':"
      "'2026-11-23T08:20:16Z','lastTransitionTime':'2026-11-23T08:20:46Z','reason':"
      "'NodeStatusUnknown','message':'Kubelet stopped posting node status.'}],"
      "'images':[{'names':['x:1','x@sha256:1'],'sizeBytes':12345}]}}" },
    { "endpoints of a controller, and those a user wrote",
      "{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{'name':'e',"
      "'namespace':'d','labels':{'kubernetes.io/service-name':'web'}},'addressType':'IPv4',"
      "'endpoints':[{'addresses':['10.1.0.7'],'conditions':{'ready':false,'serving':true,"
      "'terminating':true},'targetRef':{'kind':'Pod','namespace':'d','name':'p','uid':"
      "'0d61fba5-b153-4b13-a4b6-5b8848655fd4'},'nodeName':'n0','zone':'a'}],"
      "'ports':[{'name':'http','port':80,'protocol':'TCP'}]}" },
    { "endpoints a user wrote",
      "{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{'name':'e',"
      "'namespace':'d'},'addressType':'FQDN','endpoints':[{'addresses':['a.example.com']}],"
      "'ports':[]}" },
    { "a budget with evictions on their way",
      "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'b','namespace':"
      "'d'},'spec':{'minAvailable':'50%','selector':{'matchLabels':{'a':'b'}},"
      "'unhealthyPodEvictionPolicy':'AlwaysAllow'},'status':{'observedGeneration':2,"
      "'disruptedPods':{'p':'2026-11-23T08:20:16Z'},'disruptionsAllowed':1,'currentHealthy':3,"
      "'desiredHealthy':2,'expectedPods':4,'conditions':[{'type':'DisruptionAllowed',"
      "'status':'True','observedGeneration':2,'lastTransitionTime':'2026-11-23T08:20:16Z',"
      "'reason':'SufficientPods','message':''}]}}" },
    { "an event",
      "{'apiVersion':'v1','kind':'Event','metadata':{'name':'p.1','namespace':'d'},"
      "'involvedObject':{'kind':'Pod','namespace':'d','name':'p','uid':"
      "'0d61fba5-b153-4b13-a4b6-5b8848655fd4','apiVersion':'v1','resourceVersion':'4',"
      "'fieldPath':'spec.containers{c}'},'reason':'BackOff','message':'Back-off','source':"
      "{'component':'kubelet','host':'n0'},'firstTimestamp':'2026-11-23T08:20:16Z',"
      "'lastTimestamp':'2026-11-23T08:20:46Z','count':4,'type':'Warning','eventTime':null,"
      "'reportingComponent':'kubelet','reportingInstance':'n0'}" },
    { "a lease",
      "{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'n0','namespace':"
      "'kube-node-lease'},'spec':{'holderIdentity':'n0','leaseDurationSeconds':40,'renewTime':"
      "'2026-11-23T08:20:16.250000Z'}}" },
    { "a machine whose container is to crash",
      "{'apiVersion':'seatrial.dev/v1alpha1','kind':'Machine','metadata':{'name':'n0'},'spec':"
      "{'powered':true,'connected':false,'containerFault':{'sequence':3,'pod':"
      "'0d61fba5-b153-4b13-a4b6-5b8848655fd4','container':1,'exitCode':137}}}" },
    { "a machine that ails",
      "{'apiVersion':'seatrial.dev/v1alpha1','kind':'Machine','metadata':{'name':'n0'},'spec':"
      "{'powered':true,'connected':true,'ailments':[{'id':4,'slowness':2.5,'disk':{'slowness':1,"
      "'errors':0.1,'lost':true}},{'id':7,'pod':'0d61fba5-b153-4b13-a4b6-5b8848655fd4','slowness':1"
      ",'network':{'peers':['controlPlane','clients'],'direction':'in','latency':'100ms','jitter':"
      "'10ms','loss':0.25,'cut':false,'clients':'app=front','clientsNamespace':'shop'},'disk':{"
      "'slowness':1,'errors':0,'lost':false}}]}}" },
    { "an image that is not well",
      "{'apiVersion':'seatrial.dev/v1alpha1','kind':'Image','metadata':{'name':'shop/web:2'},"
      "'spec':{'sizeBytes':104857600,'exitCode':1,'startProbability':0.5,'neverReady':true,"
      "'pullFails':false}}" },
    { "a custom kind",
      "{'apiVersion':'example.com/v1','kind':'Widget','metadata':{'name':'w','namespace':'d'},"
      "'spec':{'size':1.50,'parts':[null,'x']}}" },
    { "a built-in kind that has no row",
      "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':'r'},"
      "'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['pods']}]}" },
};

/* Documents in this file have single quotes, for the sake of the eyes. */
static struct value *parse(const char *text)
{
    char *json = strdup(text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value *tree = rows_parse(json);
    free(json);
    return tree;
}

Test(kinds, keep_what_a_record_has_no_place_for)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct value *tree = parse(documents[i].document);
        expect_round_trip(tree, documents[i].why);
        value_drop(tree);
    }
}

/* ---- random ---- */

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Take something away, somewhere. */
static void damage(struct value **slot, uint64_t *luck)
{
    if (*slot == NULL || (*slot)->count == 0)
        return;
    const size_t which = draw(luck) % (*slot)->count;
    const bool here = draw(luck) % 4 == 0;
    if ((*slot)->type == VALUE_MAP) {
        char *key = strdup((*slot)->entries[which].key);
        const bool identity = strcmp(key, "kind") == 0 || strcmp(key, "apiVersion") == 0;
        if (here && !identity)
            value_remove(value_own(slot), key);
        else
            damage(value_slot(value_own(slot), key), luck);
        free(key);
    } else if ((*slot)->type == VALUE_LIST) {
        if (here)
            value_cut(value_own(slot), which);
        else
            damage(&value_own(slot)->items[which], luck);
    }
}

static void expect_stable(const struct value *tree)
{
    struct value *once = load_and_print(tree), *twice = load_and_print(once);
    char *before = rows_print(once), *after = rows_print(twice);
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
    value_drop(once);
    value_drop(twice);
}

/* What a record makes of a document, however much is missing from it, it makes of its own print. */
Test(kinds, print_what_they_read_whatever_is_missing)
{
    struct rows *rows = rows_open("tests/oracle/controllers/first-objects.jsonl.gz");
    struct value *row;
    uint64_t luck = 1;
    while ((row = rows_next(rows)) != NULL) {
        for (int i = 0; i < 10; i++) {
            struct value *tree = value_hold(value_get(row, "object"));
            for (uint64_t cuts = 1 + draw(&luck) % 5; cuts > 0; cuts--)
                damage(&tree, &luck);
            expect_stable(tree);
            value_drop(tree);
        }
        value_drop(row);
    }
    rows_close(rows);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        for (int k = 0; k < 100; k++) {
            struct value *tree = parse(documents[i].document);
            for (uint64_t cuts = 1 + draw(&luck) % 5; cuts > 0; cuts--)
                damage(&tree, &luck);
            expect_stable(tree);
            value_drop(tree);
        }
}

Test(kinds, are_found_by_the_words_of_kubectl)
{
    static const struct {
        const char *word;
        enum kind kind;
    } words[] = {
        { "deploy", KIND_DEPLOYMENT },
        { "deployments", KIND_DEPLOYMENT },
        { "Deployment", KIND_DEPLOYMENT },
        { "deployment.apps", KIND_DEPLOYMENT },
        { "deployments.v1.apps", KIND_DEPLOYMENT },
        { "deployment.batch", KIND_COUNT },
        { "po", KIND_POD },
        { "pods.", KIND_POD },
        { "ev", KIND_EVENT },
        { "pdb", KIND_PODDISRUPTIONBUDGET },
        { "ingresses.networking.k8s.io", KIND_INGRESS },
        { "depl", KIND_COUNT },
        { "", KIND_COUNT },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_eq(kind_of_resource(words[i].word), words[i].kind, "%s", words[i].word);
    cr_expect_eq(kind_find("apps/v1", "Deployment"), KIND_DEPLOYMENT);
    cr_expect_eq(kind_find("extensions/v1beta1", "Deployment"), KIND_OTHER);
}

Test(kinds, are_named_as_kubectl_prints_them)
{
    static const struct {
        enum kind kind;
        const char *printed;
    } names[] = {
        { KIND_DEPLOYMENT, "deployment.apps/web" },
        { KIND_POD, "pod/web" },
        { KIND_ENDPOINTSLICE, "endpointslice.discovery.k8s.io/web" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *printed = kind_print_name(names[i].kind, "web");
        cr_expect_str_eq(printed, names[i].printed);
        free(printed);
    }
}

static struct object *load(const char *text)
{
    struct value *tree = parse(text);
    struct object *object = kind_infos[kind_of(tree)].load(&codec, tree);
    value_drop(tree);
    return object;
}

#define DEPLOYMENT(replicas, observed)                                                             \
    "{'apiVersion':'apps/"                                                                         \
    "v1','kind':'Deployment','metadata':{'name':'web'},'spec':{'replicas':" replicas               \
    ",'selector':{'matchLabels':{'a':'b'}},'template':{'spec':{'containers':[]}}},"                \
    "'status':{'observedGeneration':" observed "}}"

Test(kinds, tell_spec_from_status)
{
    const struct kind_info *info = &kind_infos[KIND_DEPLOYMENT];
    struct object *old = load(DEPLOYMENT("3", "1")), *observed = load(DEPLOYMENT("3", "7"));
    struct object *scaled = load(DEPLOYMENT("5", "1"));
    cr_expect_not(info->spec_changed(old, observed));
    cr_expect(info->spec_changed(old, scaled));
    info->take_status(scaled, observed);
    cr_expect_eq(((struct deployment *)scaled)->observed_generation, 7);
    cr_expect_eq(((struct deployment *)scaled)->replicas, 5);
    object_drop(old);
    object_drop(observed);
    object_drop(scaled);
}

#define POD(name, node)                                                                            \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" name "'},'spec':{'nodeName':'" node     \
    "','containers':[{'name':'c','image':'x:1','resources':{'requests':{'cpu':'1'}}}]}}"

Test(kinds, share_one_spec_between_pods_on_different_nodes)
{
    struct object *a = load(POD("a", "n0")), *b = load(POD("b", "n1"));
    cr_expect_eq(pod_of(a)->spec, pod_of(b)->spec);
    cr_expect_str_eq(text_s(pod_of(b)->node_name), "n1");
    cr_expect_not(kind_infos[KIND_POD].spec_changed(a, b));
    object_drop(a);
    object_drop(b);
}

Test(kinds, make_a_lease_of_renewals_that_nobody_ticks)
{
    struct lease lease = { .first = 3 * SIM_SECOND,
                           .period = 10 * SIM_SECOND,
                           .last = SIM_FOREVER };
    cr_expect_eq(lease_renew_time(&lease, 3 * SIM_SECOND), 3 * SIM_SECOND);
    cr_expect_eq(lease_renew_time(&lease, 13 * SIM_SECOND - 1), 3 * SIM_SECOND);
    cr_expect_eq(lease_renew_time(&lease, 13 * SIM_SECOND), 13 * SIM_SECOND);
    lease.last = 23 * SIM_SECOND;
    cr_expect_eq(lease_renew_time(&lease, 300 * SIM_SECOND), 23 * SIM_SECOND);
}
