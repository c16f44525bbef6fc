/* KubeSchedulerConfiguration as users write it: what is taken, in which order plugins then run,
 * and every fault with its field, its place and a hint. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/yaml.h"
#include "models/scheduler/configuration/profile.h"

/* --- reading ------------------------------------------------------------------------------------ */

static struct value *read_yaml(const char *text)
{
    const struct yaml_piece piece = { text, strlen(text), { "k.yaml", 1, 1 } };
    struct error error = { 0 };
    struct value *document = yaml_read(piece, NULL, NULL, &error);
    cr_assert_not_null(document, "%s", error.text);
    return document;
}

#define V1 "{apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration, "

/* The lines of all faults. */
static char *faults_of(const char *text)
{
    struct value *document = read_yaml(text);
    struct error_list errors = { 0 };
    struct writer out = { 0 };
    scheduler_configuration_check(document, &errors);
    for (size_t i = 0; i < errors.count; i++) {
        char *line = error_print(&errors.items[i]);
        writer_format(&out, "%s%s", i > 0 ? "\n" : "", line);
        free(line);
    }
    error_list_close(&errors);
    value_drop(document);
    return writer_take(&out);
}

/* --- what is refused ------------------------------------------------------------------------------ */

#define ONE_PROFILE(rest)  V1 "profiles: [{" rest "}]}"
#define PLUGINS(rest)      ONE_PROFILE("plugins: {" rest "}")
#define ARGS(plugin, rest) ONE_PROFILE("pluginConfig: [{name: " plugin ", args: {" rest "}}]")

static const struct {
    const char *why, *text, *want; /* want: how the first line begins, or all of it */
} refused[] = {
    { "the document says what it is", "{kind: Pod}",
      "k.yaml:1:1: no KubeSchedulerConfiguration (it begins with apiVersion: "
      "kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration)" },
    { "a version that never was",
      "{apiVersion: kubescheduler.config.k8s.io/v2, kind: KubeSchedulerConfiguration}",
      "k.yaml:1:14: apiVersion: no version that is read (use kubescheduler.config.k8s.io/v1)" },
    { "strict decoding", V1 "percentOfNodesToScore: 50}",
      "k.yaml:1:80: percentOfNodesToScore: unknown field (did you mean "
      "percentageOfNodesToScore?)" },
    { "of a profile as well", ONE_PROFILE("schedulerNane: x"),
      "k.yaml:1:92: profiles[0].schedulerNane: unknown field (did you mean schedulerName?)" },
    { "validatePercentageOfNodesToScore: 0 to 100", V1 "percentageOfNodesToScore: 101}",
      "k.yaml:1:106: percentageOfNodesToScore: 101 is not between 0 and 100" },
    { "the same of a profile", ONE_PROFILE("percentageOfNodesToScore: -1"),
      "k.yaml:1:118: profiles[0].percentageOfNodesToScore: -1 is not between 0 and 100" },
    { "parallelism is above zero", V1 "parallelism: 0}",
      "k.yaml:1:93: parallelism: 0 is not between 1 and 1000000" },
    { "podInitialBackoffSeconds is above zero", V1 "podInitialBackoffSeconds: 0}",
      "k.yaml:1:106: podInitialBackoffSeconds: 0 is not between 1 and 1000000000" },
    { "the longest back-off is 10 s when it is not given", V1 "podInitialBackoffSeconds: 11}",
      "k.yaml:1:106: podMaxBackoffSeconds: is less than podInitialBackoffSeconds" },
    { "the path of the plugin's name, and the nearest one",
      PLUGINS("score: {enabled: [{name: TaintTolerations}]}"),
      "k.yaml:1:127: profiles[0].plugins.score.enabled[0].name: unknown scheduler plugin "
      "\"TaintTolerations\" (did you mean TaintToleration? known: SchedulingGates, "
      "PrioritySort, " },
    { "also where it is disabled, since a typing error would have no effect",
      PLUGINS("score: {disabled: [{name: ImageLocalty}]}"),
      "k.yaml:1:128: profiles[0].plugins.score.disabled[0].name: unknown scheduler plugin "
      "\"ImageLocalty\" (did you mean ImageLocality? known: " },
    { "a plugin of v1beta1", PLUGINS("score: {enabled: [{name: NodeResourcesMostAllocated}]}"),
      "k.yaml:1:127: profiles[0].plugins.score.enabled[0].name: unknown scheduler plugin "
      "\"NodeResourcesMostAllocated\" (of an old version; today there is NodeResourcesFit with "
      "scoringStrategy MostAllocated)" },
    { "a plugin where it does nothing", PLUGINS("filter: {enabled: [{name: ImageLocality}]}"),
      "k.yaml:1:128: profiles[0].plugins.filter.enabled[0].name: ImageLocality has nothing to do "
      "at filter" },
    { "twice at one point",
      PLUGINS("filter: {enabled: [{name: NodeName}, {name: NodePorts}, {name: NodeName}]}"),
      "k.yaml:1:165: profiles[0].plugins.filter.enabled[2].name: is enabled here before" },
    { "an extension point that there is not", PLUGINS("prescore: {}"),
      "k.yaml:1:102: profiles[0].plugins.prescore: unknown field (did you mean preScore?)" },
    { "nobody sorts the queue", PLUGINS("queueSort: {disabled: [{name: '*'}]}"),
      "k.yaml:1:91: profiles[0]: exactly one QueueSort plugin is to be enabled" },
    { "nobody binds", PLUGINS("bind: {disabled: [{name: DefaultBinder}]}"),
      "k.yaml:1:91: profiles[0]: at least one Bind plugin is to be enabled" },
    { "two profiles of one name", V1 "profiles: [{schedulerName: a}, {schedulerName: a}]}",
      "k.yaml:1:127: profiles[1].schedulerName: is that of another profile" },
    { "of several profiles each has a name", V1 "profiles: [{schedulerName: a}, {}]}",
      "k.yaml:1:111: profiles[1].schedulerName: is missing: there are several profiles" },
    { "arguments of an unknown plugin", ARGS("NodeResourceFit", ""),
      "k.yaml:1:114: profiles[0].pluginConfig[0].name: unknown scheduler plugin "
      "\"NodeResourceFit\" (did you mean NodeResourcesFit? known: " },
    { "arguments given twice", ONE_PROFILE("pluginConfig: [{name: NodeName}, {name: NodeName}]"),
      "k.yaml:1:132: profiles[0].pluginConfig[1].name: has arguments before" },
    { "arguments of another plugin", ARGS("NodeAffinity", "kind: NodeResourcesFitArgs"),
      "k.yaml:1:141: profiles[0].pluginConfig[0].args.kind: is not NodeAffinityArgs, the "
      "arguments of this plugin" },
    { "strict decoding of arguments", ARGS("DefaultPreemption", "minCandidateNodesAbsolut: 1"),
      "k.yaml:1:140: profiles[0].pluginConfig[0].args.minCandidateNodesAbsolut: unknown field (did "
      "you "
      "mean minCandidateNodesAbsolute?)" },
    { "no candidate at all",
      ARGS("DefaultPreemption", "minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0"),
      "k.yaml:1:169: profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: is 0, as "
      "minCandidateNodesAbsolute: no candidates" },
    { "validateHardPodAffinityWeight: 0 to 100", ARGS("NodeAffinity", "addedAffinity: {x: 1}"),
      "k.yaml:1:151: profiles[0].pluginConfig[0].args.addedAffinity: x: unknown field" },
    { "a scoring strategy that there is not",
      ARGS("NodeResourcesFit", "scoringStrategy: {type: MostAlocated}"),
      "k.yaml:1:163: profiles[0].pluginConfig[0].args.scoringStrategy.type: \"MostAlocated\" is "
      "unknown (did you mean MostAllocated?)" },
    { "a shape without its type",
      ARGS("NodeResourcesFit", "scoringStrategy: {type: LeastAllocated, "
                               "requestedToCapacityRatio: {shape: []}}"),
      "k.yaml:1:205: profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: "
      "goes with the type RequestedToCapacityRatio only" },
    { "a type without its shape",
      ARGS("NodeResourcesFit", "scoringStrategy: {type: RequestedToCapacityRatio}"),
      "k.yaml:1:156: profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: "
      "is missing: the type is RequestedToCapacityRatio" },
    { "a shape of no points",
      ARGS("NodeResourcesFit", "scoringStrategy: {type: RequestedToCapacityRatio, "
                               "requestedToCapacityRatio: {shape: []}}"),
      "k.yaml:1:223: profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio."
      "shape: has no points" },
    { "a shape that does not rise",
      ARGS("NodeResourcesFit",
           "scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: "
           "[{utilization: 50, score: 1}, {utilization: 50, score: 2}]}}"),
      "k.yaml:1:253: profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio."
      "shape[1].utilization: utilization does not rise" },
    { "weights of resources: 1 to 100, 0 stands for 1",
      ARGS("NodeResourcesFit",
           "scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 101}]}"),
      "k.yaml:1:210: profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: 101 is "
      "not between 0 and 100" },
    { "groups of resources are the part before the /",
      ARGS("NodeResourcesFit", "ignoredResourceGroups: [example.com/a]"),
      "k.yaml:1:163: profiles[0].pluginConfig[0].args.ignoredResourceGroups[0]: the name of a "
      "group has no /" },
    { "a resource is balanced once",
      ARGS("NodeResourcesBalancedAllocation", "resources: [{name: cpu}, {name: cpu}]"),
      "k.yaml:1:179: profiles[0].pluginConfig[0].args.resources[1]: this resource stands here "
      "before" },
    { "and with weight 1",
      ARGS("NodeResourcesBalancedAllocation", "resources: [{name: cpu, weight: 2}]"),
      "k.yaml:1:186: profiles[0].pluginConfig[0].args.resources[0].weight: 2 is not between 0 and "
      "1" },
    { "default constraints are those of a list",
      ARGS("PodTopologySpread", "defaultConstraints: [{maxSkew: 1, topologyKey: zone, "
                                "whenUnsatisfiable: ScheduleAnyway}]"),
      "k.yaml:1:160: profiles[0].pluginConfig[0].args.defaultConstraints: go with "
      "defaultingType: List only" },
    { "default constraints select by themselves",
      ARGS("PodTopologySpread",
           "defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: zone, "
           "whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}]"),
      "k.yaml:1:183: profiles[0].pluginConfig[0].args.defaultConstraints[0]: labelSelector must "
      "not be there: it follows from each pod's Services" },
    { "a shape of storage while its gate is off",
      ARGS("VolumeBinding", "shape: [{utilization: 0, score: 0}]"),
      "k.yaml:1:143: profiles[0].pluginConfig[0].args.shape: needs the feature gate "
      "StorageCapacityScoring, which is off" },
    { "an extender that scores has a weight",
      V1 "extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]}",
      "k.yaml:1:92: an extender with a prioritizeVerb must have a positive weight" },
};

Test(configuration, refuses_what_kube_scheduler_refuses)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char *got = faults_of(refused[i].text);
        cr_expect(strncmp(got, refused[i].want, strlen(refused[i].want)) == 0,
                  "%s:\n got %s\nwant %s", refused[i].why, got, refused[i].want);
        free(got);
    }
}

Test(configuration, tells_every_fault_in_one_go)
{
    char *got = faults_of(V1 "parallelism: -1, profiles: [{schedulerName: ''}], nonsense: 1}");
    cr_expect_str_eq(got, "k.yaml:1:93: parallelism: -1 is not between 1 and 1000000\n"
                          "k.yaml:1:124: profiles[0].schedulerName: an empty text\n"
                          "k.yaml:1:130: nonsense: unknown field");
    free(got);
}

/* --- what is taken ---------------------------------------------------------------------------------- */

static const struct {
    const char *why, *text, *filters, *scores;
} taken[] = {
    { "weights given at the point go before those of multiPoint; none given is 1, not the default",
      ONE_PROFILE("plugins: {multiPoint: {enabled: [{name: NodeAffinity, weight: 9}]}, "
                  "score: {disabled: [{name: '*'}], enabled: [{name: TaintToleration}, "
                  "{name: NodeAffinity, weight: 4}]}}"),
      NULL, "TaintToleration*1 NodeAffinity*4" },
    { "enabled again without a weight: the default one does not come back",
      ONE_PROFILE("plugins: {multiPoint: {disabled: [{name: '*'}], enabled: [{name: PrioritySort}, "
                  "{name: DefaultBinder}, {name: NodeName}, {name: TaintToleration}]}}"),
      "NodeName TaintToleration", "TaintToleration*1" },
    { "disabled and enabled at one point: behind the rest of multiPoint",
      ONE_PROFILE("plugins: {multiPoint: {disabled: [{name: '*'}], enabled: [{name: PrioritySort}, "
                  "{name: DefaultBinder}, {name: NodeName}, {name: NodePorts}]}, "
                  "filter: {disabled: [{name: NodeName}], enabled: [{name: NodeName}]}}"),
      "NodePorts NodeName", "" },
    { "enabled again at a point: before the rest of multiPoint",
      ONE_PROFILE("plugins: {multiPoint: {disabled: [{name: '*'}], enabled: [{name: PrioritySort}, "
                  "{name: DefaultBinder}, {name: NodeName}, {name: NodePorts}]}, "
                  "filter: {enabled: [{name: NodePorts}]}}"),
      "NodePorts NodeName", "" },
    { "points at which plugins of Kubernetes take part and ours do not",
      ONE_PROFILE("plugins: {preBind: {enabled: [{name: DynamicResources}]}, "
                  "multiPoint: {disabled: [{name: '*'}], enabled: [{name: PrioritySort}, "
                  "{name: DefaultBinder}]}}"),
      "", "" },
    { "as kube-scheduler --write-config-to prints it",
      V1 "clientConnection: {acceptContentTypes: '', burst: 100, contentType: "
         "application/vnd.kubernetes.protobuf, kubeconfig: '', qps: 50}, "
         "enableContentionProfiling: true, enableProfiling: true, delayCacheUntilActive: false, "
         "leaderElection: {leaderElect: true, leaseDuration: 15s, renewDeadline: 10s, "
         "resourceLock: leases, resourceName: kube-scheduler, resourceNamespace: kube-system, "
         "retryPeriod: 2s}, parallelism: 16, percentageOfNodesToScore: 0, extenders: null, "
         "podInitialBackoffSeconds: 1, podMaxBackoffSeconds: 10, profiles: [{schedulerName: "
         "default-scheduler, plugins: {multiPoint: {disabled: [{name: '*'}], enabled: [{name: "
         "PrioritySort, weight: 0}, {name: DefaultBinder, weight: 0}]}, preFilter: {}}, "
         "pluginConfig: [{name: DefaultPreemption, args: {apiVersion: "
         "kubescheduler.config.k8s.io/v1, kind: DefaultPreemptionArgs, minCandidateNodesAbsolute: "
         "100}}]}]}",
      "", "" },
};

static char *plugins_at(const struct profile *profile, enum extension_point at)
{
    const struct point *point = &profile->points[at];
    struct writer out = { 0 };
    for (size_t i = 0; i < point->count; i++) {
        writer_format(&out, "%s%s", i > 0 ? " " : "",
                      profile->plugins[point->items[i].plugin].plugin->name);
        if (at == POINT_SCORE)
            writer_format(&out, "*%lld", (long long)point->items[i].weight);
    }
    return writer_take(&out);
}

static void expect_plugins(const struct profile *profile, enum extension_point at, const char *want,
                           const char *why)
{
    char *got = plugins_at(profile, at);
    if (want != NULL)
        cr_expect_str_eq(got, want, "%s: %s", why, got);
    free(got);
}

Test(configuration, orders_plugins_as_kube_scheduler_does)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct texts *texts = texts_new();
        struct error_list errors = { 0 };
        struct value *document = read_yaml(taken[i].text);
        struct scheduler_configuration *configuration =
            scheduler_configuration_load(texts, document, &errors);
        cr_assert_not_null(configuration, "%s: %s", taken[i].why,
                           errors.count > 0 ? errors.items[0].text : "");
        expect_plugins(configuration->profiles[0], POINT_FILTER, taken[i].filters, taken[i].why);
        expect_plugins(configuration->profiles[0], POINT_SCORE, taken[i].scores, taken[i].why);
        scheduler_configuration_free(configuration);
        value_drop(document);
        error_list_close(&errors);
        texts_free(texts);
    }
}

static int64_t weight_of(const struct profile *profile, const char *name)
{
    const struct point *point = &profile->points[POINT_SCORE];
    for (size_t i = 0; i < point->count; i++)
        if (strcmp(profile->plugins[point->items[i].plugin].plugin->name, name) == 0)
            return point->items[i].weight;
    return -1;
}

Test(configuration, weights_were_1_before_v1beta3_but_that_of_topology_spread)
{
    static const struct {
        const char *version;
        int64_t taints, affinity, fit, spread;
    } rows[] = { { "v1", 3, 2, 1, 2 },
                 { "v1beta3", 3, 2, 1, 2 },
                 { "v1beta2", 1, 1, 1, 2 },
                 { "v1beta1", 1, 1, 1, 2 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = mem_format("{apiVersion: kubescheduler.config.k8s.io/%s, "
                                "kind: KubeSchedulerConfiguration}",
                                rows[i].version);
        struct texts *texts = texts_new();
        struct value *document = read_yaml(text);
        struct error_list errors = { 0 };
        struct scheduler_configuration *configuration =
            scheduler_configuration_load(texts, document, &errors);
        cr_assert_not_null(configuration);
        const struct profile *profile = configuration->profiles[0];
        cr_expect_eq(weight_of(profile, "TaintToleration"), rows[i].taints, "%s", rows[i].version);
        cr_expect_eq(weight_of(profile, "NodeAffinity"), rows[i].affinity, "%s", rows[i].version);
        cr_expect_eq(weight_of(profile, "NodeResourcesFit"), rows[i].fit, "%s", rows[i].version);
        cr_expect_eq(weight_of(profile, "PodTopologySpread"), rows[i].spread, "%s",
                     rows[i].version);
        scheduler_configuration_free(configuration);
        value_drop(document);
        texts_free(texts);
        free(text);
    }
}

Test(configuration, a_profile_has_the_global_percentage_unless_it_has_its_own)
{
    struct texts *texts = texts_new();
    struct error_list errors = { 0 };
    struct value *document =
        read_yaml(V1 "percentageOfNodesToScore: 30, parallelism: 4, podInitialBackoffSeconds: 2, "
                     "podMaxBackoffSeconds: 20, clientConnection: {qps: 12.5, burst: 25}, "
                     "profiles: [{schedulerName: a}, {schedulerName: b, "
                     "percentageOfNodesToScore: 70}]}");
    struct scheduler_configuration *configuration =
        scheduler_configuration_load(texts, document, &errors);
    cr_assert_not_null(configuration);
    cr_expect_eq(configuration->profiles[0]->percentage_of_nodes_to_score, 30);
    cr_expect_eq(configuration->profiles[1]->percentage_of_nodes_to_score, 70);
    cr_expect_str_eq(configuration->profiles[1]->scheduler_name->s, "b");
    cr_expect_eq(configuration->parallelism, 4);
    cr_expect_eq(configuration->pod_initial_backoff, 2 * SIM_SECOND);
    cr_expect_eq(configuration->pod_max_backoff, 20 * SIM_SECOND);
    cr_expect_eq(configuration->qps, 12.5);
    cr_expect_eq(configuration->burst, 25);
    scheduler_configuration_free(configuration);
    value_drop(document);
    texts_free(texts);
}
