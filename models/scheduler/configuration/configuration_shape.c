/* The tables of fields; see configuration_shape.h. What runs through several fields is checked in
 * configuration_check.c. */
#include "models/scheduler/configuration/configuration_shape.h"

#include <stdint.h>
#include <string.h>

/* --- plugins -------------------------------------------------------------------------------- */

static const struct shape_field plugin_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the plugin", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("weight", SHAPE_COUNT, "of its scores", .least = INT32_MIN, .most = INT32_MAX),
    SHAPE_END,
};
static const struct shape plugin_shape = { .name = "Plugin", .fields = plugin_fields };

static const struct shape_field plugin_set_fields[] = {
    SHAPE_FIELD("enabled", SHAPE_STRUCT, "who takes part beside the default plugins",
                .of = &plugin_shape, .form = SHAPE_LIST),
    SHAPE_FIELD("disabled", SHAPE_STRUCT, "default plugins that do not; * for all",
                .of = &plugin_shape, .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape plugin_set_shape = { .name = "PluginSet", .fields = plugin_set_fields };

#define POINT_FIELD(name) SHAPE_FIELD(name, SHAPE_STRUCT, "plugins", .of = &plugin_set_shape)
static const struct shape_field plugins_fields[] = {
    POINT_FIELD("preEnqueue"), POINT_FIELD("queueSort"),
    POINT_FIELD("preFilter"),  POINT_FIELD("filter"),
    POINT_FIELD("postFilter"), POINT_FIELD("preScore"),
    POINT_FIELD("score"),      POINT_FIELD("reserve"),
    POINT_FIELD("permit"),     POINT_FIELD("preBind"),
    POINT_FIELD("bind"),       POINT_FIELD("postBind"),
    POINT_FIELD("multiPoint"), SHAPE_END,
};
static const struct shape plugins_shape = { .name = "Plugins", .fields = plugins_fields };

static const struct shape_field plugin_config_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the plugin", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("args", SHAPE_VALUE, "its arguments"),
    SHAPE_END,
};
static const struct shape plugin_config_shape = { .name = "PluginConfig",
                                                  .fields = plugin_config_fields };

#define PERCENTAGE_FIELD                                                                           \
    SHAPE_FIELD("percentageOfNodesToScore", SHAPE_COUNT,                                           \
                "how many feasible nodes end the search; 0: adaptive", .least = 0, .most = 100)

static const struct shape_field profile_fields[] = {
    SHAPE_FIELD("schedulerName", SHAPE_TEXT, "of the pods it is responsible for"),
    PERCENTAGE_FIELD,
    SHAPE_FIELD("plugins", SHAPE_STRUCT, "who takes part", .of = &plugins_shape),
    SHAPE_FIELD("pluginConfig", SHAPE_STRUCT, "arguments", .of = &plugin_config_shape,
                .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape profile_shape = { .name = "KubeSchedulerProfile",
                                            .fields = profile_fields };

/* --- extenders ------------------------------------------------------------------------------ */

static const struct shape_field managed_resource_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of an extended resource", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("ignoredByScheduler", SHAPE_BOOL, "NodeResourcesFit leaves it to the extender"),
    SHAPE_END,
};
static const struct shape managed_resource_shape = { .name = "ExtenderManagedResource",
                                                     .fields = managed_resource_fields };

static const struct shape_field tls_fields[] = {
    SHAPE_FIELD("insecure", SHAPE_BOOL, "without a look at the certificate"),
    SHAPE_FIELD("serverName", SHAPE_TEXT, "expected in the certificate", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("certFile", SHAPE_TEXT, "a client certificate", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("keyFile", SHAPE_TEXT, "its key", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("caFile", SHAPE_TEXT, "who may sign", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("certData", SHAPE_TEXT, "the same in base64", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("keyData", SHAPE_TEXT, "the same in base64", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("caData", SHAPE_TEXT, "the same in base64", .form = SHAPE_OR_EMPTY),
    SHAPE_END,
};
static const struct shape tls_shape = { .name = "ExtenderTLSConfig", .fields = tls_fields };

static const struct shape_field extender_fields[] = {
    SHAPE_FIELD("urlPrefix", SHAPE_TEXT, "where it listens", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("filterVerb", SHAPE_TEXT, "empty: it does not filter", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("prioritizeVerb", SHAPE_TEXT, "empty: it does not score", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("preemptVerb", SHAPE_TEXT, "empty: it has no say", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("bindVerb", SHAPE_TEXT, "empty: it does not bind", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("weight", SHAPE_COUNT, "of its scores", .least = -1e15, .most = 1e15),
    SHAPE_FIELD("enableHTTPS", SHAPE_BOOL, "it is spoken to over TLS"),
    SHAPE_FIELD("tlsConfig", SHAPE_STRUCT, "how", .of = &tls_shape),
    SHAPE_FIELD("httpTimeout", SHAPE_DURATION, "for one call", .standard = "5s"),
    SHAPE_FIELD("nodeCacheCapable", SHAPE_BOOL, "it is sent names of nodes only"),
    SHAPE_FIELD("managedResources", SHAPE_STRUCT, "pods that ask for none are not its business",
                .of = &managed_resource_shape, .form = SHAPE_LIST),
    SHAPE_FIELD("ignorable", SHAPE_BOOL, "when it fails, go on without it"),
    SHAPE_END,
};
static const struct shape extender_shape = { .name = "Extender", .fields = extender_fields };

/* --- the whole -------------------------------------------------------------------------------- */

static const struct shape_field leader_election_fields[] = {
    SHAPE_FIELD("leaderElect", SHAPE_BOOL, "has no effect here: there is one scheduler"),
    SHAPE_FIELD("leaseDuration", SHAPE_DURATION, "has no effect here"),
    SHAPE_FIELD("renewDeadline", SHAPE_DURATION, "has no effect here"),
    SHAPE_FIELD("retryPeriod", SHAPE_DURATION, "has no effect here"),
    SHAPE_FIELD("resourceLock", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("resourceName", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("resourceNamespace", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_END,
};
static const struct shape leader_election_shape = { .name = "LeaderElectionConfiguration",
                                                    .fields = leader_election_fields };

static const struct shape_field client_fields[] = {
    SHAPE_FIELD("kubeconfig", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("acceptContentTypes", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("contentType", SHAPE_TEXT, "has no effect here", .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("qps", SHAPE_NUMBER, "API calls per second", .least = -1, .most = 1e6,
                .standard = "50"),
    SHAPE_FIELD("burst", SHAPE_COUNT, "API calls at once", .least = 0, .most = 1e6,
                .standard = "100"),
    SHAPE_END,
};
static const struct shape client_shape = { .name = "ClientConnectionConfiguration",
                                           .fields = client_fields };

static const struct shape_field configuration_fields[] = {
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "the version of this format"),
    SHAPE_FIELD("kind", SHAPE_TEXT, "KubeSchedulerConfiguration",
                .choices = (const char *const[]){ "KubeSchedulerConfiguration", NULL }),
    SHAPE_FIELD("parallelism", SHAPE_COUNT, "workers that ask plugins about nodes", .least = 1,
                .most = 1e6, .standard = "16"),
    PERCENTAGE_FIELD,
    SHAPE_FIELD("podInitialBackoffSeconds", SHAPE_COUNT, "the first back-off", .least = 1,
                .most = 1e9, .standard = "1"),
    SHAPE_FIELD("podMaxBackoffSeconds", SHAPE_COUNT, "the longest back-off", .least = 1,
                .most = 1e9, .standard = "10"),
    SHAPE_FIELD("profiles", SHAPE_STRUCT, "the schedulers in this one", .of = &profile_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("extenders", SHAPE_STRUCT, "who else is asked", .of = &extender_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("leaderElection", SHAPE_STRUCT, "has no effect here", .of = &leader_election_shape),
    SHAPE_FIELD("clientConnection", SHAPE_STRUCT, "how it calls the API server",
                .of = &client_shape),
    SHAPE_FIELD("enableProfiling", SHAPE_BOOL, "has no effect here"),
    SHAPE_FIELD("enableContentionProfiling", SHAPE_BOOL, "has no effect here"),
    SHAPE_FIELD("delayCacheUntilActive", SHAPE_BOOL, "has no effect here"),
    SHAPE_FIELD("healthzBindAddress", SHAPE_TEXT, "of old versions; has no effect here",
                .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("metricsBindAddress", SHAPE_TEXT, "of old versions; has no effect here",
                .form = SHAPE_OR_EMPTY),
    SHAPE_END,
};
const struct shape configuration_shape = { .name = "KubeSchedulerConfiguration",
                                           .fields = configuration_fields };

/* --- arguments -------------------------------------------------------------------------------- */

/* Arguments may say what they are. */
static const struct shape_field type_fields[] = {
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "as that of the configuration"),
    SHAPE_FIELD("kind", SHAPE_TEXT, "the plugin's name and Args"),
    SHAPE_END,
};
static const struct shape type_shape = { .name = "TypeMeta", .fields = type_fields };

static const struct shape_field preemption_fields[] = {
    SHAPE_FIELD("minCandidateNodesPercentage", SHAPE_COUNT, "of the nodes, are candidates",
                .least = 0, .most = 100, .standard = "10"),
    SHAPE_FIELD("minCandidateNodesAbsolute", SHAPE_COUNT, "nodes, at least, are candidates",
                .least = 0, .most = INT32_MAX, .standard = "100"),
    SHAPE_END,
};
static const struct shape preemption_shape = { .name = "DefaultPreemptionArgs",
                                               .fields = preemption_fields,
                                               .also = &type_shape };

static const struct shape_field inter_pod_fields[] = {
    SHAPE_FIELD("hardPodAffinityWeight", SHAPE_COUNT,
                "of required terms of pods that are there, in scores", .least = 0, .most = 100,
                .standard = "1"),
    SHAPE_FIELD("ignorePreferredTermsOfExistingPods", SHAPE_BOOL, "unless the pod has its own"),
    SHAPE_END,
};
static const struct shape inter_pod_shape = { .name = "InterPodAffinityArgs",
                                              .fields = inter_pod_fields,
                                              .also = &type_shape };

static const struct shape_field affinity_fields[] = {
    SHAPE_FIELD("addedAffinity", SHAPE_VALUE, "a node affinity that every pod gets"),
    SHAPE_END,
};
static const struct shape affinity_shape = { .name = "NodeAffinityArgs",
                                             .fields = affinity_fields,
                                             .also = &type_shape };

static const struct shape_field balanced_resource_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the resource", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("weight", SHAPE_COUNT, "1", .least = 0, .most = 1),
    SHAPE_END,
};
static const struct shape balanced_resource_shape = { .name = "ResourceSpec",
                                                      .fields = balanced_resource_fields };

static const struct shape_field balanced_fields[] = {
    SHAPE_FIELD("resources", SHAPE_STRUCT, "to be balanced", .of = &balanced_resource_shape,
                .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape balanced_shape = { .name = "NodeResourcesBalancedAllocationArgs",
                                             .fields = balanced_fields,
                                             .also = &type_shape };

static const struct shape_field resource_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the resource", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("weight", SHAPE_COUNT, "0 stands for 1", .least = 0, .most = 100),
    SHAPE_END,
};
static const struct shape resource_shape = { .name = "ResourceSpec", .fields = resource_fields };

static const struct shape_field point_fields[] = {
    SHAPE_FIELD("utilization", SHAPE_COUNT, "percent", .least = 0, .most = 100),
    SHAPE_FIELD("score", SHAPE_COUNT, "0 to 10", .least = 0, .most = 10),
    SHAPE_END,
};
static const struct shape point_shape = { .name = "UtilizationShapePoint", .fields = point_fields };

static const struct shape_field ratio_fields[] = {
    SHAPE_FIELD("shape", SHAPE_STRUCT, "points of a broken line", .of = &point_shape,
                .form = SHAPE_LIST | SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape ratio_shape = { .name = "RequestedToCapacityRatioParam",
                                          .fields = ratio_fields };

static const struct shape_field strategy_fields[] = {
    SHAPE_FIELD("type", SHAPE_TEXT, "how room is scored", .form = SHAPE_REQUIRED,
                .choices = (const char *const[]){ "LeastAllocated", "MostAllocated",
                                                  "RequestedToCapacityRatio", NULL }),
    SHAPE_FIELD("resources", SHAPE_STRUCT, "which count, and how much", .of = &resource_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("requestedToCapacityRatio", SHAPE_STRUCT, "of that type", .of = &ratio_shape),
    SHAPE_END,
};
static const struct shape strategy_shape = { .name = "ScoringStrategy", .fields = strategy_fields };

static const struct shape_field fit_fields[] = {
    SHAPE_FIELD("ignoredResources", SHAPE_TEXT, "extended resources left to others",
                .form = SHAPE_LIST),
    SHAPE_FIELD("ignoredResourceGroups", SHAPE_TEXT, "what stands before the / in their names",
                .form = SHAPE_LIST),
    SHAPE_FIELD("scoringStrategy", SHAPE_STRUCT, "how nodes are scored", .of = &strategy_shape),
    SHAPE_END,
};
static const struct shape fit_shape = { .name = "NodeResourcesFitArgs",
                                        .fields = fit_fields,
                                        .also = &type_shape };

static const struct shape_field spread_fields[] = {
    SHAPE_FIELD("defaultConstraints", SHAPE_VALUE, "for pods that have none"),
    SHAPE_FIELD("defaultingType", SHAPE_TEXT, "whose constraints they get",
                .choices = (const char *const[]){ "System", "List", NULL }, .standard = "System"),
    SHAPE_END,
};
static const struct shape spread_shape = { .name = "PodTopologySpreadArgs",
                                           .fields = spread_fields,
                                           .also = &type_shape };

static const struct shape_field volume_fields[] = {
    SHAPE_FIELD("bindTimeoutSeconds", SHAPE_COUNT, "how long a pod waits for its volumes",
                .least = 0, .most = 1e15),
    SHAPE_FIELD("shape", SHAPE_STRUCT, "refused: behind a feature gate that is off",
                .of = &point_shape, .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape volume_shape = { .name = "VolumeBindingArgs",
                                           .fields = volume_fields,
                                           .also = &type_shape };

static const struct shape_field dynamic_fields[] = {
    SHAPE_FIELD("filterTimeout", SHAPE_DURATION, "has no effect here"),
    SHAPE_FIELD("bindingTimeout", SHAPE_DURATION, "has no effect here"),
    SHAPE_END,
};
static const struct shape dynamic_shape = { .name = "DynamicResourcesArgs",
                                            .fields = dynamic_fields,
                                            .also = &type_shape };

const struct shape *plugin_args_shape(const char *plugin)
{
    static const struct shape *const shapes[] = {
        &preemption_shape, &inter_pod_shape, &affinity_shape, &balanced_shape,
        &fit_shape,        &spread_shape,    &volume_shape,   &dynamic_shape,
    };
    const size_t length = strlen(plugin);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strncmp(shapes[i]->name, plugin, length) == 0 &&
            strcmp(shapes[i]->name + length, "Args") == 0)
            return shapes[i];
    return NULL;
}
