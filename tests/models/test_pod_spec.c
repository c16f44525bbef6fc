/* What a pod requests, and its QoS class, worked out by hand. */
#include "models/api/pod_spec.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/rows.h"

static struct texts *texts;
static struct pod_specs *specs;

static void open_specs(void)
{
    texts = texts_new();
    specs = pod_specs_new(texts);
}

static void close_specs(void)
{
    pod_specs_free(specs);
    texts_free(texts);
}

TestSuite(pod_spec, .init = open_specs, .fini = close_specs);

/* Single quotes stand for double ones. */
static const struct pod_spec *compile(const char *text)
{
    char *json = strdup(text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value *tree = rows_parse(json);
    const struct pod_spec *spec = pod_spec_compile(specs, tree);
    value_drop(tree);
    free(json);
    return spec;
}

#define CPU(amount)     "{'resources':{'requests':{'cpu':'" amount "'}}}"
#define SIDECAR(amount) "{'restartPolicy':'Always','resources':{'requests':{'cpu':'" amount "'}}}"
enum { MIB = 1 << 20 };

static const struct {
    const char *why, *spec;
    int64_t cpu, nonzero_cpu, scored_cpu, memory, nonzero_memory, scored_memory;
} rows[] = {
    { "containers run together", "{'containers':[" CPU("100m") "," CPU("1") "]}", 1100, 1100, 1100,
      0, 400 * MIB, 400 * MIB },
    { "fractions of a milli add up before they are rounded up",
      "{'containers':[" CPU("100.4m") "," CPU("100.4m") "]}", 201, 201, 201, 0, 400 * MIB,
      400 * MIB },
    { "init containers run one after the other, the largest counts",
      "{'initContainers':[" CPU("700m") "," CPU("900m") "],'containers':[" CPU("400m") "]}", 900,
      900, 900, 0, 200 * MIB, 200 * MIB },
    { "a sidecar runs beside the containers: 400 + 300",
      "{'initContainers':[" SIDECAR("300m") "],'containers':[" CPU("400m") "]}", 700, 700, 700, 0,
      400 * MIB, 400 * MIB },
    { "an init container runs beside the sidecars before it: 900 + 300",
      "{'initContainers':[" CPU("950m") "," SIDECAR("300m") "," CPU("900m") "," SIDECAR(
          "50m") "],'containers':[" CPU("400m") "]}",
      1200, 1200, 1200, 0, 600 * MIB, 600 * MIB },
    { "overhead comes on top",
      "{'containers':[" CPU("400m") "],'overhead':{'cpu':'50m',"
                                    "'memory':'7Mi'}}",
      450, 450, 450, 7 * MIB, 207 * MIB, 207 * MIB },
    { "an explicit zero stays zero",
      "{'containers':[{'resources':{'requests':{'cpu':'0','memory':'0'}}}]}", 0, 0, 0, 0, 0, 0 },
    { "nothing is counted as 100m and 200 MiB for each container", "{'containers':[{},{}]}", 0, 200,
      200, 0, 400 * MIB, 400 * MIB },
    { "the pod's own request replaces that of its containers, for its resource only; the score of "
      "NodeResourcesFit goes by containers all the same: 400 + 100",
      "{'resources':{'requests':{'cpu':'2'}},'containers':[" CPU("400m") ",{}]}", 2000, 2000, 500,
      0, 400 * MIB, 400 * MIB },
    { "beside a pod-level request only that score fills in for the second container",
      "{'resources':{'requests':{'cpu':'2'}},'containers':[{'resources':{'requests':{'memory':"
      "'30Mi'}}},{}]}",
      2000, 2000, 200, 30 * MIB, 30 * MIB, 230 * MIB },
};

Test(pod_spec, sums_up_what_the_pod_requests)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pod_spec *spec = compile(rows[i].spec);
        cr_expect_eq(spec->requests.cpu_milli, rows[i].cpu, "%s: %ld", rows[i].why,
                     (long)spec->requests.cpu_milli);
        cr_expect_eq(spec->nonzero_cpu_milli, rows[i].nonzero_cpu, "%s: %ld", rows[i].why,
                     (long)spec->nonzero_cpu_milli);
        cr_expect_eq(spec->scored_cpu_milli, rows[i].scored_cpu, "%s", rows[i].why);
        cr_expect_eq(spec->requests.memory_bytes, rows[i].memory, "%s", rows[i].why);
        cr_expect_eq(spec->nonzero_memory_bytes, rows[i].nonzero_memory, "%s", rows[i].why);
        cr_expect_eq(spec->scored_memory_bytes, rows[i].scored_memory, "%s", rows[i].why);
        pod_spec_drop(spec);
    }
}

#define BOTH(requests, limits) "{'resources':{'requests':{" requests "},'limits':{" limits "}}}"

static const struct {
    const char *why, *spec;
    enum qos_class class;
} classes[] = {
    { "nothing is asked for", "{'containers':[{},{}]}", QOS_BEST_EFFORT },
    { "zero is nothing", "{'containers':[" CPU("0") "]}", QOS_BEST_EFFORT },
    { "devices do not make a class",
      "{'containers':[" BOTH("'example.com/gpu':'1'", "'example.com/gpu':'1'") "]}",
      QOS_BEST_EFFORT },
    { "limits equal requests",
      "{'containers':[" BOTH("'cpu':'1','memory':'1Gi'", "'cpu':'1000m','memory':'1024Mi'") "]}",
      QOS_GUARANTEED },
    { "one container has no limits",
      "{'containers':[" BOTH("'cpu':'1','memory':'1Gi'", "'cpu':'1','memory':'1Gi'") ",{}]}",
      QOS_BURSTABLE },
    { "an init container counts, too",
      "{'initContainers':[" CPU("1") "],'containers':[" BOTH("'cpu':'1','memory':'1Gi'",
                                                             "'cpu':'1','memory':'1Gi'") "]}",
      QOS_BURSTABLE },
    { "the limit is higher",
      "{'containers':[" BOTH("'cpu':'1','memory':'1Gi'", "'cpu':'2','memory':'1Gi'") "]}",
      QOS_BURSTABLE },
    { "the pod's own resources speak for all containers",
      "{'resources':{'requests':{'cpu':'1','memory':'1Gi'},'limits':{'cpu':'1','memory':'1Gi'}},"
      "'containers':[{}]}",
      QOS_GUARANTEED },
};

Test(pod_spec, knows_the_class_of_service)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const struct pod_spec *spec = compile(classes[i].spec);
        cr_expect_eq(spec->qos, classes[i].class, "%s", classes[i].why);
        pod_spec_drop(spec);
    }
}

Test(pod_spec, compiles_equal_documents_once)
{
    const struct pod_spec *a = compile("{'containers':[{'name':'c','image':'x'}]}");
    const struct pod_spec *b = compile("{'containers':[{'image':'x','name':'c'}]}");
    const struct pod_spec *c = compile("{'containers':[{'name':'c','image':'y'}]}");
    cr_expect_eq(a, b);
    cr_expect_neq(a, c);
    cr_expect_neq(a->id, c->id);
    cr_expect_eq(pod_spec_compile(specs, a->document), a, "found by address");
    for (int i = 0; i < 3; i++)
        pod_spec_drop(a);
    pod_spec_drop(c);
}

Test(pod_spec, reads_what_scheduler_and_kubelet_ask_for)
{
    const struct pod_spec *spec = compile(
        "{'nodeName':'n7','priority':-5,'preemptionPolicy':'Never','restartPolicy':'OnFailure',"
        "'terminationGracePeriodSeconds':7,'activeDeadlineSeconds':9,'hostNetwork':true,"
        "'nodeSelector':{'disk':'ssd'},'schedulingGates':[{'name':'g'}],"
        "'tolerations':[{'operator':'Exists'},{'key':'k','operator':'Exists','effect':'NoExecute',"
        "'tolerationSeconds':3}],'initContainers':[{'name':'i','ports':[{'hostPort':1}]}],"
        "'containers':[{'name':'c','ports':[{'hostPort':80,'protocol':'UDP','hostIP':'0.0.0.0'},"
        "{'containerPort':81}],'lifecycle':{'preStop':{'sleep':{'seconds':4}}},"
        "'readinessProbe':{'initialDelaySeconds':2,'periodSeconds':5}}]}");
    cr_expect_str_eq(text_s(spec->node_name), "n7");
    cr_expect_null(value_get(spec->document, "nodeName"));
    cr_expect_eq(spec->priority, -5);
    cr_expect_not(spec->preempts);
    cr_expect_eq(spec->restart_policy, RESTART_ON_FAILURE);
    cr_expect_eq(spec->termination_grace_seconds, 7);
    cr_expect_eq(spec->active_deadline_seconds, 9);
    cr_expect_str_eq(labels_get(spec->node_selector, "disk"), "ssd");
    cr_expect_eq(spec->scheduling_gate_count, 1);
    cr_expect_eq(spec->host_port_count, 1, "an ordinary init container's port does not count");
    cr_expect_null(spec->host_ports[0].ip);
    cr_expect_eq(spec->containers[0].pre_stop, 4 * SIM_SECOND);
    cr_expect_eq(spec->containers[0].readiness->period, 5 * SIM_SECOND);
    cr_expect_eq(spec->containers[0].readiness->failure_threshold, 3);
    cr_expect_null(spec->containers[0].liveness);
    cr_expect(spec->tolerations[0].forever);
    cr_expect_eq(spec->tolerations[1].seconds, 3);
    pod_spec_drop(spec);
}

Test(pod_spec, tolerates_by_key_value_and_effect)
{
    const struct text *key = text_intern(texts, "k"), *other = text_intern(texts, "o");
    const struct text *value = text_intern(texts, "v");
    const struct toleration everything = { .exists = true }, equal = { .key = key, .value = value },
                            drained = { .key = key, .exists = true, .effect = NO_EXECUTE };
    cr_expect(toleration_tolerates(&everything, key, value, NO_SCHEDULE));
    cr_expect(toleration_tolerates(&equal, key, value, NO_SCHEDULE));
    cr_expect_not(toleration_tolerates(&equal, key, NULL, NO_SCHEDULE));
    cr_expect_not(toleration_tolerates(&equal, other, value, NO_SCHEDULE));
    cr_expect(toleration_tolerates(&drained, key, value, NO_EXECUTE));
    cr_expect_not(toleration_tolerates(&drained, key, value, NO_SCHEDULE));
    text_drop(key);
    text_drop(other);
    text_drop(value);
}

Test(pod_spec, reads_spread_constraints_with_their_defaults)
{
    const struct pod_spec *spec =
        compile("{'containers':[],'topologySpreadConstraints':["
                "{'maxSkew':3,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule'},"
                "{'maxSkew':2,'topologyKey':'rack','whenUnsatisfiable':'ScheduleAnyway',"
                "'minDomains':4,'nodeAffinityPolicy':'Ignore','nodeTaintsPolicy':'Honor',"
                "'labelSelector':{},'matchLabelKeys':['a','b']}]}");
    cr_assert_eq(spec->spread_count, 2);
    const struct spread_constraint *plain = &spec->spread[0], *full = &spec->spread[1];
    cr_expect_eq(plain->max_skew, 3);
    cr_expect_eq(plain->min_domains, 1);
    cr_expect(plain->hard && plain->honors_affinity && !plain->honors_taints);
    cr_expect(plain->selector->nothing, "no labelSelector matches nothing");
    cr_expect_str_eq(text_s(full->topology_key), "rack");
    cr_expect_eq(full->min_domains, 4);
    cr_expect(!full->hard && !full->honors_affinity && full->honors_taints);
    cr_expect(selector_is_empty(full->selector), "an empty one matches everything");
    cr_assert_eq(full->match_label_key_count, 2);
    cr_expect_str_eq(text_s(full->match_label_keys[1]), "b");
    pod_spec_drop(spec);
}

Test(pod_spec, keeps_the_volumes_that_have_a_say_in_placement)
{
    const struct pod_spec *spec = compile("{'containers':[" CPU(
        "1") "],'volumes':[{'name':'config','configMap':{'name':'x'}},"
             "{'name':'data','persistentVolumeClaim':{'claimName':'disk-1','readOnly':true}},"
             "{'name':'scratch','ephemeral':{'volumeClaimTemplate':{}}},"
             "{'name':'old','awsElasticBlockStore':{'volumeID':'aws://us-east-1a/vol-7'}},"
             "{'name':'image','rbd':{'image':'i','pool':'p','monitors':['m1','m2'],'readOnly':true}"
             "},"
             "{'name':'empty','emptyDir':{}},{'name':'secrets','csi':{'driver':'secrets.example'}}]"
             "}");
    cr_assert_eq(spec->volume_count, 5, "not the ConfigMap and the emptyDir");
    cr_expect_eq(spec->volumes[0].type, POD_VOLUME_CLAIM);
    cr_expect_str_eq(text_s(spec->volumes[0].id), "disk-1");
    cr_expect(spec->volumes[0].read_only);
    cr_expect_eq(spec->volumes[1].type, POD_VOLUME_EPHEMERAL);
    cr_expect_str_eq(text_s(spec->volumes[1].name), "scratch");
    cr_expect_eq(spec->volumes[2].type, POD_VOLUME_DISK);
    cr_expect_str_eq(text_s(spec->volumes[2].id), "aws://us-east-1a/vol-7");
    cr_expect_str_eq(text_s(spec->volumes[2].handle), "vol-7", "as the driver knows it");
    cr_expect_eq(spec->volumes[3].type, POD_VOLUME_RBD);
    cr_expect_eq(spec->volumes[3].monitor_count, 2);
    cr_expect_str_eq(text_s(spec->volumes[3].pool), "p");
    cr_expect_eq(spec->volumes[4].type, POD_VOLUME_CSI);
    cr_expect_str_eq(text_s(spec->volumes[4].id), "secrets.example");
    pod_spec_drop(spec);
}

/* --- resize in place ------------------------------------------------------------------------------ */

#define WANTS_1_CPU                                                                                \
    "{'containers':[{'name':'c','resources':{'requests':{'cpu':'1','memory':'1Gi'}}}]}"
#define REPORTED(in_force, allocated)                                                              \
    "'containerStatuses':[{'resources':{'requests':{'cpu':'" in_force                              \
    "','memory':'1Gi'}},'allocatedResources':{'cpu':'" allocated "'}}]"
#define PENDING(reason) ",'conditions':[{'type':'PodResizePending','reason':'" reason "'}]"

static const struct {
    const char *why, *spec, *status;
    int64_t cpu, nonzero_cpu; /* 0: what the template says */
} resizes[] = {
    { "all three are the same", WANTS_1_CPU, REPORTED("1", "1"), 0, 0 },
    { "nothing reported", WANTS_1_CPU, "'containerStatuses':[{'allocatedResources':{'cpu':'3'}}]",
      0, 0 },
    { "the container still has what it gives up", WANTS_1_CPU, REPORTED("2", "1500m"), 2000, 2000 },
    { "the kubelet has allocated more", WANTS_1_CPU, REPORTED("500m", "3"), 3000, 3000 },
    { "it waits for more", WANTS_1_CPU, REPORTED("200m", "300m"), 0, 0 },
    { "and waits longer", WANTS_1_CPU, REPORTED("200m", "300m") PENDING("Deferred"), 0, 0 },
    { "it will never have what it wants", WANTS_1_CPU,
      REPORTED("200m", "300m") PENDING("Infeasible"), 300, 300 },
    { "each container by itself: 2 + 3", "{'containers':[" CPU("2") "," CPU("1") "]}",
      "'containerStatuses':[{'resources':{'requests':{'cpu':'1'}}},"
      "{'resources':{'requests':{'cpu':'3'}}}]",
      5000, 5000 },
    { "sidecars are resized, other init containers are not: 4 + 1",
      "{'initContainers':[" CPU("1") "," SIDECAR("1") "],'containers':[" CPU("1") "]}",
      "'initContainerStatuses':[{'resources':{'requests':{'cpu':'9'}}},"
      "{'resources':{'requests':{'cpu':'4'}}}]",
      5000, 5000 },
    { "the pod as a whole, not its containers",
      "{'resources':{'requests':{'cpu':'2'}},'containers':[" CPU("1") "]}",
      "'resources':{'requests':{'cpu':'3'}},'allocatedResources':{'cpu':'2500m'},"
      "'containerStatuses':[{'resources':{'requests':{'cpu':'7'}}}]",
      3000, 3000 },
};

Test(pod_spec, counts_the_most_in_the_middle_of_a_resize)
{
    for (size_t i = 0; i < sizeof resizes / sizeof *resizes; i++) {
        const struct pod_spec *spec = compile(resizes[i].spec);
        char *text = mem_format("{%s}", resizes[i].status);
        for (char *c = text; *c != '\0'; c++)
            if (*c == '\'')
                *c = '"';
        struct value *status = rows_parse(text);
        struct resized *resized = pod_spec_resized(spec, status);
        cr_expect_eq(resized != NULL, resizes[i].cpu != 0, "%s", resizes[i].why);
        if (resized != NULL) {
            cr_expect_eq(resized->requests.cpu_milli, resizes[i].cpu, "%s", resizes[i].why);
            cr_expect_eq(resized->nonzero_cpu_milli, resizes[i].nonzero_cpu, "%s", resizes[i].why);
        }
        resized_drop(resized);
        value_drop(status);
        free(text);
        pod_spec_drop(spec);
    }
}

Test(pod_spec, knows_how_long_a_pre_stop_hook_sleeps)
{
    static const struct {
        const char *why, *hook;
        double want; /* seconds; -1: as the timing model says */
    } hooks[] = {
        { "the action sleep", "{'sleep':{'seconds':4}}", 4 },
        { "an exec of sleep", "{'exec':{'command':['sleep','5']}}", 5 },
        { "by its path", "{'exec':{'command':['/bin/sleep','0.5']}}", 0.5 },
        { "with a unit", "{'exec':{'command':['sleep','2m']}}", 120 },
        { "in a shell", "{'exec':{'command':['/bin/sh','-c','sleep 15']}}", 15 },
        { "before something quick", "{'exec':{'command':['sh','-c','sleep 15; nginx -s quit']}}",
          15 },
        { "not first", "{'exec':{'command':['sh','-c','nginx -s quit; sleep 15']}}", -1 },
        { "of a time that is none", "{'exec':{'command':['sleep','forever']}}", -1 },
        { "another command", "{'exec':{'command':['nap','5']}}", -1 },
        { "a request", "{'httpGet':{'port':80}}", -1 },
    };
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        char *text =
            mem_format("{'containers':[{'name':'c','lifecycle':{'preStop':%s}}]}", hooks[i].hook);
        const struct pod_spec *spec = compile(text);
        cr_expect_eq(spec->containers[0].pre_stop,
                     hooks[i].want < 0 ? -1 : (sim_time)(hooks[i].want * SIM_SECOND), "%s",
                     hooks[i].why);
        cr_expect(spec->containers[0].has_pre_stop, "%s", hooks[i].why);
        pod_spec_drop(spec);
        free(text);
    }
}
