/* PodTopologySpread, rule by rule: what it says of each node of a small cluster.
 *
 * Nodes and pods are written as "name key=value ...; name ...". In nodes H stands for the node's
 * own kubernetes.io/hostname, Z= for topology.kubernetes.io/zone, ! for a taint nobody tolerates.
 * Pods are "node key=value ..."; * is being deleted, @ names another namespace. Single quotes
 * in JSON stand for double ones. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/plugins/spread_counts.h"
#include "models/scheduler/decision/pod_class.h"
#include "models/scheduler/trial/trial.h"
#include "tests/support/rows.h"

/* --- the cluster ---------------------------------------------------------------------------- */

struct scene {
    struct trial *trial;
    const struct profile *profile;
    struct prepared prepared;
    size_t plugin; /* PodTopologySpread's place in the profile */
};

static struct value *parse(const char *text)
{
    char *json = mem_text(text, strlen(text));
    for (char *c = json; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    struct value *value = rows_parse(json);
    free(json);
    return value;
}

static struct scene scene_new(const char *args)
{
    struct scene scene = { 0 };
    struct error_list errors = { 0 };
    char *text = mem_format("{'profiles':[{'pluginConfig':[{'name':'PodTopologySpread',"
                            "'args':{%s}}]}]}",
                            args != NULL ? args : "");
    struct value *configuration = parse(text);
    scene.trial = trial_new(configuration, &errors);
    cr_assert_not_null(scene.trial);
    scene.profile = scene.trial->configuration->profiles[0];
    while (scene.profile->plugins[scene.plugin].plugin != &pod_topology_spread_plugin)
        scene.plugin++;
    value_drop(configuration);
    free(text);
    return scene;
}

static void put(struct scene *scene, enum kind kind, const char *text)
{
    struct value *document = parse(text);
    trial_put(scene->trial, kind_infos[kind].load(&scene->trial->cluster->codec, document));
    value_drop(document);
}

static void add_label(struct writer *labels, const char *key, size_t length, const char *value)
{
    writer_format(labels, "%s'%.*s':'%s'", labels->length > 0 ? "," : "", (int)length, key, value);
}

static void put_node(struct scene *scene, char *words)
{
    char *rest, *name = strtok_r(words, " ", &rest);
    struct writer labels = { 0 };
    const char *taints = "";
    for (char *word = strtok_r(NULL, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        const char *value = strchr(word, '=');
        if (*word == '!')
            taints = "{'key':'hard','effect':'NoSchedule'}";
        else if (strcmp(word, "H") == 0)
            add_label(&labels, "kubernetes.io/hostname", 22, name);
        else if (strncmp(word, "Z=", 2) == 0)
            add_label(&labels, "topology.kubernetes.io/zone", 27, value + 1);
        else
            add_label(&labels, word, (size_t)(value - word), value + 1);
    }
    char *text = mem_format("{'apiVersion':'v1','kind':'Node','metadata':{'name':'%s','labels':{%s}"
                            "},'spec':{'taints':[%s]},'status':{'allocatable':{'pods':'110'}}}",
                            name, labels.bytes != NULL ? labels.bytes : "", taints);
    put(scene, KIND_NODE, text);
    writer_close(&labels);
    free(text);
}

static struct object *make_pod(struct scene *scene, const char *name, char *words, bool bound,
                               const char *spec)
{
    char *rest, *node = bound ? strtok_r(words, " ", &rest) : NULL;
    const char *space = "default", *deleted = "";
    struct writer labels = { 0 };
    for (char *word = strtok_r(bound ? NULL : words, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        const char *value = strchr(word, '=');
        if (*word == '*')
            deleted = ",'deletionTimestamp':'2026-01-01T00:00:00Z'";
        else if (*word == '@')
            space = word + 1;
        else
            add_label(&labels, word, (size_t)(value - word), value + 1);
    }
    char *text = mem_format(
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'%s','labels':{%s}%s},"
        "'spec':{'schedulerName':'default-scheduler','containers':[],'nodeName':'%s'%s}}",
        name, space, labels.bytes != NULL ? labels.bytes : "", deleted, node != NULL ? node : "",
        spec);
    struct value *document = parse(text);
    struct object *pod = kind_infos[KIND_POD].load(&scene->trial->cluster->codec, document);
    value_drop(document);
    writer_close(&labels);
    free(text);
    return pod;
}

static void put_all(struct scene *scene, const char *list, bool pods)
{
    char *copy = mem_text(list, strlen(list)), *rest, name[16];
    size_t number = 0;
    for (char *item = strtok_r(copy, ";", &rest); item; item = strtok_r(NULL, ";", &rest)) {
        snprintf(name, sizeof name, "p%zu", number++);
        if (pods)
            trial_put(scene->trial, make_pod(scene, name, item, true, ""));
        else
            put_node(scene, item);
    }
    free(copy);
}

/* Prepare for the pod "asking", which is there. */
static void prepare(struct scene *scene)
{
    snapshot_refresh(scene->trial->snapshot);
    prepared_init(&scene->prepared, scene->profile,
                  pod_of(trial_find(scene->trial, KIND_POD, "default", "asking")),
                  scene->trial->snapshot);
    prepared_count_all(&scene->prepared);
    prepared_begin(&scene->prepared);
}

static void ask(struct scene *scene, const char *labels, const char *spec)
{
    char *words = mem_text(labels, strlen(labels));
    trial_put(scene->trial, make_pod(scene, "asking", words, false, spec));
    prepare(scene);
    free(words);
}

static void scene_close(struct scene *scene)
{
    prepared_close(&scene->prepared);
    trial_free(scene->trial);
}

/* --- what the plugin says --------------------------------------------------------------------- */

static const struct node_info *node_at(const struct scene *scene, size_t rank)
{
    const struct snapshot *snapshot = scene->trial->snapshot;
    for (size_t slot = 0; slot < snapshot->slot_count; slot++)
        if (snapshot->nodes[slot] != NULL && trial_node_rank(scene->trial, (uint32_t)slot) == rank)
            return snapshot->nodes[slot];
    return NULL;
}

static const char *verdict(const struct scene *scene, const struct node_info *node)
{
    const struct sched_call call = prepared_call(&scene->prepared, scene->plugin);
    struct rejection rejection = { 0 };
    if (!(scene->prepared.filtering >> scene->plugin & 1) ||
        pod_topology_spread_plugin.filter(&call, node, &rejection))
        return "fits";
    cr_assert_eq(rejection.count, 1);
    if (strcmp(rejection.reasons[0].text,
               "node(s) didn't match pod topology spread constraints (missing required label)") ==
        0)
        return rejection.code == UNRESOLVABLE ? "label" : "wrong code";
    cr_assert_str_eq(rejection.reasons[0].text,
                     "node(s) didn't match pod topology spread constraints");
    return rejection.code == UNSCHEDULABLE ? "skew" : "wrong code";
}

/* "a:fits b:skew", in the order of the nodes. */
static void print_verdicts(const struct scene *scene, struct writer *into)
{
    for (size_t i = 0; i < scene->trial->snapshot->node_count; i++) {
        const struct node_info *node = node_at(scene, i);
        writer_format(into, "%s%s:%s", i > 0 ? " " : "", text_s(node->name), verdict(scene, node));
    }
}

/* "a:100 b:33", normalized, without weight; "none" when it does not score. */
static void print_scores(struct scene *scene, struct writer *into)
{
    const size_t count = scene->trial->snapshot->node_count;
    struct candidate *items = mem_new(count * sizeof *items);
    int64_t *scores = mem_new(count * sizeof *scores);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct candidate){ node_at(scene, i), 1 };
    const struct candidates candidates = { items, count, count };
    prepared_begin_scores(&scene->prepared, &candidates);
    if (scene->prepared.scoring >> scene->plugin & 1) {
        const struct sched_call call = prepared_call(&scene->prepared, scene->plugin);
        for (size_t i = 0; i < count; i++)
            scores[i] = pod_topology_spread_plugin.score(&call, items[i].node);
        pod_topology_spread_plugin.normalize(&call, scores, count);
        for (size_t i = 0; i < count; i++)
            writer_format(into, "%s%s:%ld", i > 0 ? " " : "", text_s(items[i].node->name),
                          (long)scores[i]);
    } else {
        writer_format(into, "none");
    }
    free(items);
    free(scores);
}

/* --- hard constraints: trap 14 ------------------------------------------------------------------ */

#define CONSTRAINT(action, key, skew, more)                                                        \
    "{'whenUnsatisfiable':'" action "','topologyKey':'" key "','maxSkew':" #skew more "}"
#define HARD(key, skew, more) CONSTRAINT("DoNotSchedule", key, skew, more)
#define SOFT(key, skew, more) CONSTRAINT("ScheduleAnyway", key, skew, more)
#define SPREAD(constraints)   ",'topologySpreadConstraints':[" constraints "]"
#define WEB                   ",'labelSelector':{'matchLabels':{'app':'web'}}"
#define ZONE_WEB              SPREAD(HARD("zone", 1, WEB))
#define IN_ZONES_1_2                                                                               \
    ",'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{"              \
    "'nodeSelectorTerms':[{'matchExpressions':[{'key':'zone','operator':'In','values':["           \
    "'1','2']}]}]}}}"

static const struct {
    const char *why, *nodes, *pods, *labels, *spec, *want;
} filters[] = {
    { "a zone without pods: 1 + 1 - 0 > 1", "a zone=1;b zone=2", "a app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB)), "a:skew b:fits" },
    { "the fewest are 1 now: 1 + 1 - 1", "a zone=1;b zone=2", "a app=web;b app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits" },
    { "the pod itself is not counted: 1 + 0 - 0", "a zone=1;b zone=2", "a app=web", "app=db",
      SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits" },
    { "all nodes of a zone count together: 2 + 1 - 1 > 1", "a zone=1;b zone=1;c zone=2",
      "a app=web;b app=web;c app=web", "app=web", SPREAD(HARD("zone", 1, WEB)),
      "a:skew b:skew c:fits" },
    { "skew 2: 2 + 1 - 1", "a zone=1;b zone=1;c zone=2", "a app=web;b app=web;c app=web", "app=web",
      SPREAD(HARD("zone", 2, WEB)), "a:fits b:fits c:fits" },
    { "a node that affinity rules out makes no domain, so the fewest are 1",
      "a zone=1;b zone=2;c zone=3", "a app=web;b app=web", "app=web",
      IN_ZONES_1_2 SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits c:fits" },
    { "nor do its pods count: 0 + 1 - 1", "a zone=1;b zone=2;c zone=3",
      "a app=web;b app=web;c app=web;c app=web", "app=web",
      IN_ZONES_1_2 SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits c:fits" },
    { "unless affinity is ignored", "a zone=1;b zone=2;c zone=3", "a app=web;b app=web", "app=web",
      IN_ZONES_1_2 SPREAD(HARD("zone", 1, WEB ",'nodeAffinityPolicy':'Ignore'")),
      "a:skew b:skew c:fits" },
    { "taints are ignored: the tainted zone has the fewest", "a zone=1;b zone=2 !", "a app=web",
      "app=web", SPREAD(HARD("zone", 1, WEB)), "a:skew b:fits" },
    { "unless they are honored", "a zone=1;b zone=2 !", "a app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB ",'nodeTaintsPolicy':'Honor'")), "a:fits b:fits" },
    { "of three wanted domains there are two: the fewest are 0", "a zone=1;b zone=2",
      "a app=web;b app=web", "app=web", SPREAD(HARD("zone", 1, WEB ",'minDomains':3")),
      "a:skew b:skew" },
    { "two are enough for two", "a zone=1;b zone=2", "a app=web;b app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB ",'minDomains':2")), "a:fits b:fits" },
    { "no node counts, so the fewest are 0 and not without bound", "a zone=3;b zone=4", "a app=web",
      "app=web", IN_ZONES_1_2 SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits" },
    { "a node without the key", "a zone=1;b", "", "app=web", SPREAD(HARD("zone", 1, WEB)),
      "a:fits b:label" },
    { "a node that lacks the other key makes no domain of this one",
      "a zone=1 rack=x;b zone=2 rack=y;c zone=3", "a app=web;b app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB) "," HARD("rack", 5, WEB)), "a:fits b:fits c:label" },
    { "the first constraint that fails is told, here before the missing label",
      "a zone=1;b zone=2 rack=y", "a app=web;b app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB ",'minDomains':2") "," HARD("rack", 5, WEB)), "a:label b:skew" },
    { "soft constraints reject nobody", "a zone=1;b", "a app=web", "app=web",
      SPREAD(SOFT("zone", 1, WEB)), "a:fits b:fits" },
    { "pods of another namespace are not counted", "a zone=1;b zone=2", "a app=web @other",
      "app=web", SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits" },
    { "nor are those that are being deleted", "a zone=1;b zone=2", "a app=web *", "app=web",
      SPREAD(HARD("zone", 1, WEB)), "a:fits b:fits" },
    { "an empty selector counts no pod but the pod itself: 0 + 1 - 0", "a zone=1;b zone=2",
      "a app=web;a app=web", "app=web", SPREAD(HARD("zone", 1, ",'labelSelector':{}")),
      "a:fits b:fits" },
    { "no selector counts nothing at all", "a zone=1;b zone=2", "a app=web;a app=web", "app=web",
      SPREAD(HARD("zone", 1, "")), "a:fits b:fits" },
    { "matchLabelKeys: pods of another version are not counted", "a zone=1;b zone=2",
      "a app=web v=1;b app=web v=2", "app=web v=2",
      SPREAD(HARD("zone", 1, WEB ",'matchLabelKeys':['v']")), "a:fits b:skew" },
    { "a key the pod has not is left out", "a zone=1;b zone=2", "a app=web v=1", "app=web",
      SPREAD(HARD("zone", 1, WEB ",'matchLabelKeys':['v']")), "a:skew b:fits" },
    { "keys make something of an empty selector", "a zone=1;b zone=2", "a v=2", "v=2",
      SPREAD(HARD("zone", 1, ",'labelSelector':{},'matchLabelKeys':['v']")), "a:skew b:fits" },
    { "but nothing of none", "a zone=1;b zone=2", "a v=2", "v=2",
      SPREAD(HARD("zone", 1, ",'matchLabelKeys':['v']")), "a:fits b:fits" },
    { "an empty value is a domain as any other", "a zone=;b zone=2", "a app=web", "app=web",
      SPREAD(HARD("zone", 1, WEB)), "a:skew b:fits" },
    { "nodes of one hostname are one domain", "a H;b H;c", "a app=web", "app=web",
      SPREAD(HARD("kubernetes.io/hostname", 1, WEB)), "a:skew b:fits c:label" },
};

Test(pod_topology_spread, filters_by_hard_constraints)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct scene scene = scene_new(NULL);
        struct writer got = { 0 };
        put_all(&scene, filters[i].nodes, false);
        put_all(&scene, filters[i].pods, true);
        ask(&scene, filters[i].labels, filters[i].spec);
        print_verdicts(&scene, &got);
        cr_expect_str_eq(got.bytes, filters[i].want, "%s: %s", filters[i].why, got.bytes);
        writer_close(&got);
        scene_close(&scene);
    }
}

/* --- soft constraints: trap 15 ------------------------------------------------------------------ */

#define HOST "kubernetes.io/hostname"

static const struct {
    const char *why, *nodes, *pods, *spec, *want;
} scores[] = {
    { "ln(3 + 2) = 1.609 a pod: 3, 2 and 0, of which 100 (3 + 0 - s) / 3", "a H;b H;c H",
      "a app=web;a app=web;b app=web", SPREAD(SOFT(HOST, 1, WEB)), "a:0 b:33 c:100" },
    { "maxSkew - 1 waters that down: 7, 6 and 4, of which 100 (7 + 4 - s) / 7", "a H;b H;c H",
      "a app=web;a app=web;b app=web", SPREAD(SOFT(HOST, 5, WEB)), "a:57 b:71 c:100" },
    { "two zones weigh ln 4 = 1.386: round(4.159) = 4 and 0", "a zone=1;b zone=1;c zone=2",
      "a app=web;a app=web;b app=web", SPREAD(SOFT("zone", 1, WEB)), "a:0 b:0 c:100" },
    { "constraints add up before they are rounded: 2 ln 5 + 2 ln 4 = 5.99, 2 ln 4 = 2.77, 0",
      "a H zone=1;b H zone=1;c H zone=2", "a app=web;a app=web",
      SPREAD(SOFT(HOST, 1, WEB) "," SOFT("zone", 1, WEB)), "a:0 b:50 c:100" },
    { "a node that lacks a key scores 0 and is not among the two hostnames: 2 ln 4 = 2.77, 0",
      "a H zone=1;b H zone=2;c H", "a app=web", SPREAD(SOFT(HOST, 1, WEB) "," SOFT("zone", 1, WEB)),
      "a:0 b:100 c:0" },
    { "nor do its pods count", "a H zone=1;b H zone=2;c zone=2", "a app=web;c app=web;c app=web",
      SPREAD(SOFT(HOST, 1, WEB) "," SOFT("zone", 1, WEB)), "a:0 b:100 c:0" },
    { "nothing anywhere is as good everywhere", "a H;b H", "", SPREAD(SOFT(HOST, 1, WEB)),
      "a:100 b:100" },
    { "the same everywhere as well: 100 (1 + 1 - 1) / 1", "a H;b H", "a app=web;b app=web",
      SPREAD(SOFT(HOST, 1, WEB)), "a:100 b:100" },
    { "pods of nodes that taints rule out count for the zone only where they are not honored",
      "a zone=1;b zone=1 !;c zone=2", "b app=web;c app=web;c app=web",
      SPREAD(SOFT("zone", 1, WEB ",'nodeTaintsPolicy':'Honor'")), "a:100 b:100 c:0" },
    { "a hostname's own pods count in any case", "a H;b H !", "b app=web;b app=web;b app=web",
      SPREAD(SOFT(HOST, 1, WEB ",'nodeTaintsPolicy':'Honor'")), "a:100 b:0" },
    { "hard constraints do not score", "a zone=1", "", SPREAD(HARD("zone", 1, WEB)), "none" },
    { "a pod that belongs to nothing has no constraints", "a H", "", "", "none" },
};

Test(pod_topology_spread, scores_by_soft_constraints)
{
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        struct scene scene = scene_new(NULL);
        struct writer got = { 0 };
        put_all(&scene, scores[i].nodes, false);
        put_all(&scene, scores[i].pods, true);
        ask(&scene, "app=web", scores[i].spec);
        print_scores(&scene, &got);
        cr_expect_str_eq(got.bytes, scores[i].want, "%s: %s", scores[i].why, got.bytes);
        writer_close(&got);
        scene_close(&scene);
    }
}

/* --- defaults: trap 16 -------------------------------------------------------------------------- */

#define LIST(constraints) "'defaultingType':'List','defaultConstraints':[" constraints "]"
#define SERVICE(name, selector)                                                                    \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name "','namespace':'default'},"    \
    "'spec':{'selector':" selector "}}"
#define CONTROLLER(version, kind, selector)                                                        \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'web',"                      \
    "'namespace':'default'},'spec':{'selector':" selector "}}"

/* Two nodes of a zone, one without: 2 pods of version 1 on a, one of version 2 on b. */
static const struct {
    const char *why, *args;
    enum kind kind;
    const char *object;     /* NULL: none */
    const char *owner_kind; /* of the asking pod; NULL: none */
    const char *spec, *want;
} defaults[] = {
    /* a: 2 ln 5 + 2 + 3 ln 4 + 4 = 13.4, b: 1.6 + 2 + 4.2 + 4 = 11.8, c: 2; the missing zone is the
     * second of two */
    { "a Service: all pods of the app, and the node without a zone scores all the same", NULL,
      KIND_SERVICE, SERVICE("web", "{'app':'web'}"), NULL, "", "a:15 b:23 c:100" },
    { "a Service of others", NULL, KIND_SERVICE, SERVICE("web", "{'app':'db'}"), NULL, "", "none" },
    { "a Service without a selector takes nobody", NULL, KIND_SERVICE,
      "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'default'},"
      "'spec':{'ports':[{'port':80}]}}",
      NULL, "", "none" },
    /* a: 0 + 2 + ln 4 + 4 = 7.4, b: 1.6 + 2 + 1.4 + 4 = 9, c: 2 */
    { "a ReplicaSet: only the pods of its version", NULL, KIND_REPLICASET,
      CONTROLLER("apps/v1", "ReplicaSet", "{'matchLabels':{'v':'2'}}"), "apps/v1 ReplicaSet", "",
      "a:44 b:22 c:100" },
    { "a StatefulSet", NULL, KIND_STATEFULSET,
      CONTROLLER("apps/v1", "StatefulSet", "{'matchLabels':{'v':'2'}}"), "apps/v1 StatefulSet", "",
      "a:44 b:22 c:100" },
    { "a ReplicationController", NULL, KIND_REPLICATIONCONTROLLER,
      CONTROLLER("v1", "ReplicationController", "{'v':'2'}"), "v1 ReplicationController", "",
      "a:44 b:22 c:100" },
    { "a controller that is gone", NULL, KIND_COUNT, NULL, "apps/v1 ReplicaSet", "", "none" },
    { "a kind that does not count", NULL, KIND_REPLICASET,
      CONTROLLER("apps/v1", "ReplicaSet", "{'matchLabels':{'v':'2'}}"), "batch/v1 Job", "",
      "none" },
    { "constraints of its own, even hard ones, make the defaults void", NULL, KIND_SERVICE,
      SERVICE("web", "{'app':'web'}"), NULL, SPREAD(HARD("zone", 1, WEB)), "none" },
    /* hostnames: a and b, since c lacks the zone */
    { "in a profile's own list nodes need all keys: 2 ln 4 + 3 ln 3 = 6, ln 4 + 3 ln 3 = 5",
      LIST(SOFT(HOST, 1, "") "," SOFT("topology.kubernetes.io/zone", 1, "")), KIND_SERVICE,
      SERVICE("web", "{'app':'web'}"), NULL, "", "a:83 b:100 c:0" },
    { "an empty list", LIST(""), KIND_SERVICE, SERVICE("web", "{'app':'web'}"), NULL, "", "none" },
};

static void own(struct scene *scene, const char *owner_kind)
{
    const struct object *pod = trial_find(scene->trial, KIND_POD, "default", "asking");
    struct pod *owned = (struct pod *)object_copy(pod);
    const char *space = strchr(owner_kind, ' ');
    char *version = mem_text(owner_kind, (size_t)(space - owner_kind));
    char *text = mem_format("[{'apiVersion':'%s','kind':'%s','name':'web','controller':true}]",
                            version, space + 1);
    struct value *list = parse(text);
    owned->meta.owners = owners_from_value(scene->trial->cluster->run->texts, list);
    trial_put(scene->trial, &owned->meta.object);
    value_drop(list);
    free(version);
    free(text);
}

Test(pod_topology_spread, gives_defaults_to_pods_that_belong_to_something)
{
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        struct scene scene = scene_new(defaults[i].args);
        struct writer got = { 0 };
        char words[] = "app=web v=2";
        put_all(&scene, "a H Z=1;b H Z=1;c H", false);
        put_all(&scene, "a app=web v=1;a app=web v=1;b app=web v=2", true);
        if (defaults[i].object != NULL)
            put(&scene, defaults[i].kind, defaults[i].object);
        trial_put(scene.trial, make_pod(&scene, "asking", words, false, defaults[i].spec));
        if (defaults[i].owner_kind != NULL)
            own(&scene, defaults[i].owner_kind);
        prepare(&scene);
        print_scores(&scene, &got);
        cr_expect_str_eq(got.bytes, defaults[i].want, "%s: %s", defaults[i].why, got.bytes);
        writer_close(&got);
        scene_close(&scene);
    }
}

Test(pod_topology_spread, filters_by_hard_defaults_too)
{
    struct scene scene = scene_new(LIST(HARD("zone", 1, "")));
    struct writer got = { 0 };
    put_all(&scene, "a zone=1;b zone=2", false);
    put_all(&scene, "a app=web", true);
    put(&scene, KIND_SERVICE, SERVICE("web", "{'app':'web'}"));
    ask(&scene, "app=web", "");
    print_verdicts(&scene, &got);
    cr_expect_str_eq(got.bytes, "a:skew b:fits");
    writer_close(&got);
    scene_close(&scene);
}

/* A class is made anew when what its pods belong to has changed, and only then. */
Test(pod_topology_spread, notices_what_a_pod_belongs_to)
{
    struct scene scene = scene_new(NULL);
    put_all(&scene, "a H", false);
    ask(&scene, "app=web v=2", "");
    const struct sched_call call = prepared_call(&scene.prepared, scene.plugin);
    cr_expect_not(pod_topology_spread_plugin.by_identity(&call), "it belongs to nothing");
    cr_expect_not(prepared_is_stale(&scene.prepared));
    put(&scene, KIND_SERVICE, SERVICE("db", "{'app':'db'}"));
    cr_expect_not(prepared_is_stale(&scene.prepared), "another app's Service");
    put(&scene, KIND_SERVICE, SERVICE("web", "{'app':'web'}"));
    cr_expect(prepared_is_stale(&scene.prepared), "its own");
    cr_expect(pod_topology_spread_plugin.by_identity(&call));
    const uint64_t one = pod_topology_spread_plugin.epoch(&call);
    put(&scene, KIND_SERVICE, SERVICE("second", "{'v':'2'}"));
    const uint64_t two = pod_topology_spread_plugin.epoch(&call);
    cr_expect_neq(one, two, "a second one narrows what is counted");
    put(&scene, KIND_SERVICE, SERVICE("third", "{'v':'2'}"));
    cr_expect_eq(pod_topology_spread_plugin.epoch(&call), two, "a third one adds nothing");
    scene_close(&scene);
}

/* The pods of a template with the same labels are not alike when one belongs to a ReplicaSet, if only
 * by name. Both ways of deciding say so, for one after the other. */
Test(pod_topology_spread, tells_pods_of_different_owners_apart)
{
    struct scene scene = scene_new(NULL);
    char words[] = "app=web v=2";
    put_all(&scene, "a H Z=1;b H Z=1;c H", false);
    put_all(&scene, "a app=web v=2;b app=web v=2", true);
    put(&scene, KIND_REPLICASET, CONTROLLER("apps/v1", "ReplicaSet", "{'matchLabels':{'v':'2'}}"));
    trial_put(scene.trial, make_pod(&scene, "asking", words, false, ""));
    own(&scene, "apps/v1 ReplicaSet");
    prepare(&scene);
    const struct pod *owned = scene.prepared.pod;
    struct pod *orphan = (struct pod *)object_copy(&owned->meta.object);
    owners_drop(orphan->meta.owners);
    orphan->meta.owners = NULL;
    const struct pod *tried[] = { orphan, owned, orphan };
    for (size_t i = 0; i < 3; i++) {
        trial_decide(scene.trial, scene.profile, tried[i]);
        trial_decide_plainly(scene.trial, scene.profile, tried[i]);
        cr_expect(trial_agrees(scene.trial));
        cr_expect_eq(scene.trial->plain.top_count, tried[i] == owned ? 1 : 3);
    }
    object_drop(&orphan->meta.object);
    scene_close(&scene);
}

#define NUMBERED(n) "app=web apps.kubernetes.io/pod-index=" n

static const struct {
    const char *why, *first, *second, *spec, *service; /* NULL: none */
    bool alike;
} pairs[] = {
    { "labels may matter", "app=web v=1", "app=web v=2", ZONE_WEB, NULL, false },
    { "numbers do not", NUMBERED("0"), NUMBERED("1"), ZONE_WEB, NULL, true },
    { "nor do they for the defaults", NUMBERED("0"), NUMBERED("1"), "",
      SERVICE("web", "{'app':'web'}"), true },
    { "a Service for one of them", NUMBERED("0"), NUMBERED("1"), "",
      SERVICE("web", "{'apps.kubernetes.io/pod-index':'1'}"), false },
    { "a version", NUMBERED("0") " v=1", NUMBERED("1") " v=2",
      SPREAD(HARD("zone", 1, WEB ",'matchLabelKeys':['v']")), NULL, false },
    { "one is counted itself, the other is not", NUMBERED("0"),
      "app=db apps.kubernetes.io/pod-index=1", ZONE_WEB, NULL, false },
    { "another namespace", NUMBERED("0"), NUMBERED("1") " @other", ZONE_WEB, NULL, false },
    { "without rules nothing matters", "app=web v=1", "app=db v=2", "", NULL, true },
};

Test(pod_topology_spread, tells_which_pods_are_alike)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct scene scene = scene_new(NULL);
        char *words = mem_text(pairs[i].first, strlen(pairs[i].first));
        char *more = mem_text(pairs[i].second, strlen(pairs[i].second));
        const struct pod *first = pod_of(make_pod(&scene, "a", words, false, pairs[i].spec));
        const struct pod *second = pod_of(make_pod(&scene, "b", more, false, pairs[i].spec));
        if (pairs[i].service != NULL)
            put(&scene, KIND_SERVICE, pairs[i].service);
        const struct class_key a = class_key_of(scene.profile, first, scene.trial->snapshot);
        const struct class_key b = class_key_of(scene.profile, second, scene.trial->snapshot);
        cr_expect_eq(class_key_equal(&a, &b), pairs[i].alike, "%s", pairs[i].why);
        object_drop(&first->meta.object);
        object_drop(&second->meta.object);
        trial_free(scene.trial);
        free(words);
        free(more);
    }
}

static const struct {
    const char *args, *want;
} wrong[] = {
    { "'defaultingType':'Nothing'",
      "PodTopologySpreadArgs.defaultingType is \"Nothing\", not System or List" },
    { "'defaultConstraints':[" SOFT("zone", 1, "") "]",
      "PodTopologySpreadArgs.defaultConstraints need defaultingType List" },
    { LIST(SOFT("zone", 0, "")),
      "PodTopologySpreadArgs.defaultConstraints[0].maxSkew must be greater than 0" },
    { LIST(SOFT("", 1, "")),
      "PodTopologySpreadArgs.defaultConstraints[0].topologyKey can not be empty" },
    { LIST(CONSTRAINT("Never", "zone", 1, "")),
      "PodTopologySpreadArgs.defaultConstraints[0].whenUnsatisfiable is \"Never\", not "
      "DoNotSchedule or ScheduleAnyway" },
    { LIST(SOFT("zone", 1, WEB)),
      "PodTopologySpreadArgs.defaultConstraints[0] must not have a labelSelector: it follows from "
      "what each pod belongs to" },
    { LIST(SOFT("zone", 1, "") "," HARD("zone", 1, "") "," SOFT("zone", 2, "")),
      "PodTopologySpreadArgs.defaultConstraints[2] repeats the key and action of another one" },
};

Test(pod_topology_spread, refuses_wrong_arguments)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct texts *texts = texts_new();
        struct error_list errors = { 0 };
        char *text = mem_format("{%s}", wrong[i].args);
        struct value *args = parse(text);
        cr_expect_null(pod_topology_spread_plugin.configure(texts, args, &errors));
        cr_assert_eq(errors.count, 1, "%s", wrong[i].want);
        cr_expect_str_eq(errors.items[0].text, wrong[i].want);
        error_list_close(&errors);
        value_drop(args);
        free(text);
        texts_free(texts);
    }
}

/* --- what if: pods that preemption would remove ------------------------------------------------- */

static const struct {
    const char *why, *nodes, *pods, *spec;
    size_t removed; /* so many pods of the first node, in the order in which they came */
    const char *want;
} trials[] = {
    { "one of two gone: 1 + 1 - 1", "a zone=1;b zone=2", "a app=web;a app=web;b app=web",
      SPREAD(HARD("zone", 1, WEB)), 1, "a:fits b:fits" },
    { "both gone: the fewest are there now, and elsewhere 2 + 1 - 0", "a zone=1;b zone=2",
      "a app=web;a app=web;b app=web;b app=web", SPREAD(HARD("zone", 1, WEB)), 2, "a:fits b:skew" },
    { "the fewest are still elsewhere: 2 + 1 - 1", "a zone=1;b zone=2;c zone=3",
      "a app=web;a app=web;a app=web;b app=web;c app=web", SPREAD(HARD("zone", 1, WEB)), 1,
      "a:skew b:fits c:fits" },
    { "a pod of another app makes no difference", "a zone=1;b zone=2", "a app=db;a app=web",
      SPREAD(HARD("zone", 1, WEB)), 1, "a:skew b:fits" },
    { "nor does one on a node that does not count", "a zone=1 !;b zone=2;c zone=1",
      "a app=web;c app=web", SPREAD(HARD("zone", 1, WEB ",'nodeTaintsPolicy':'Honor'")), 1,
      "a:skew b:fits c:skew" },
    { "a pod that is being deleted is subtracted though it was not counted: 1 - 1 + 1 - 0",
      "a zone=1;b zone=2", "a app=web *;a app=web", SPREAD(HARD("zone", 1, WEB)), 1,
      "a:fits b:fits" },
    { "even below nothing: elsewhere 1 + 1 - -1", "a zone=1;b zone=2", "a app=web *;b app=web",
      SPREAD(HARD("zone", 2, WEB)), 1, "a:fits b:skew" },
    { "an empty selector counts none and subtracts all: elsewhere 0 + 1 - -1", "a zone=1;b zone=2",
      "a app=web;b app=web", SPREAD(HARD("zone", 1, ",'labelSelector':{}")), 1, "a:fits b:skew" },
};

Test(pod_topology_spread, counts_what_would_be_left_of_a_node)
{
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct scene scene = scene_new(NULL);
        struct writer before = { 0 }, got = { 0 }, after = { 0 };
        put_all(&scene, trials[i].nodes, false);
        put_all(&scene, trials[i].pods, true);
        ask(&scene, "app=web", trials[i].spec);
        const struct sched_call call = prepared_call(&scene.prepared, scene.plugin);
        const struct node_info *node = node_at(&scene, 0);
        print_verdicts(&scene, &before);
        const struct placed_pod *placed = node->first;
        for (size_t k = 0; k < trials[i].removed; k++, placed = placed->next)
            pod_topology_spread_plugin.pod_moved(&call, node, placed->pod, -1);
        print_verdicts(&scene, &got);
        cr_expect_str_eq(got.bytes, trials[i].want, "%s: %s", trials[i].why, got.bytes);
        placed = node->first;
        for (size_t k = 0; k < trials[i].removed; k++, placed = placed->next)
            pod_topology_spread_plugin.pod_moved(&call, node, placed->pod, 1);
        print_verdicts(&scene, &after);
        cr_expect_str_eq(after.bytes, before.bytes, "%s: undone", trials[i].why);
        writer_close(&before);
        writer_close(&got);
        writer_close(&after);
        scene_close(&scene);
    }
}

/* --- hints: traps 5, 9 to 11 and 16 of the queue ------------------------------------------------- */

static const struct {
    const char *why, *spec;
    const char *before, *after; /* pods as above; "-": not there; a node is written "node ..." */
    bool want;
} hints[] = {
    { "a pod that is counted is gone", ZONE_WEB, "a app=web", "-", true },
    { "another one is", ZONE_WEB, "a app=db", "-", false },
    { "one of another namespace", ZONE_WEB, "a app=web @other", "-", false },
    { "one that waited itself", ZONE_WEB, " app=web", "-", false },
    { "a pod that is counted starts to run", ZONE_WEB, "-", "a app=web", true },
    { "another one does", ZONE_WEB, "-", "a app=db", false },
    { "one that any of the hard constraints counts",
      SPREAD(HARD("zone", 1, WEB) "," HARD("rack", 1,
                                           ",'labelSelector':{'matchLabels':{'app':'db'}}")),
      "-", "a app=db", true },
    { "soft constraints do not count", SPREAD(SOFT("zone", 1, WEB)), "-", "a app=web", false },
    { "a version that is not the waiting pod's",
      SPREAD(HARD("zone", 1, WEB ",'matchLabelKeys':['v']")), "-", "a app=web v=2", false },
    { "its own", SPREAD(HARD("zone", 1, WEB ",'matchLabelKeys':['v']")), "-", "a app=web v=1",
      true },
    { "a running pod is counted from now on", ZONE_WEB, "a app=db", "a app=web", true },
    { "it was and is", ZONE_WEB, "a app=web", "a app=web v=7", false },
    { "a node with the key joins", ZONE_WEB, "-", "node zone=1", true },
    { "a node without it", ZONE_WEB, "-", "node rack=1", false },
    { "a node needs all keys", SPREAD(HARD("zone", 1, WEB) "," HARD("rack", 1, WEB)), "-",
      "node zone=1", false },
    { "a node with the key leaves", ZONE_WEB, "node zone=1", "-", true },
    { "it gets the key", ZONE_WEB, "node rack=1", "node zone=1", true },
    { "it loses the key", ZONE_WEB, "node zone=1", "node rack=1", true },
    { "it changes zones", ZONE_WEB, "node zone=1", "node zone=2", true },
    { "it changes something else", ZONE_WEB, "node zone=1", "node zone=1 rack=1", false },
    { "its taints change", ZONE_WEB, "node zone=1", "node zone=1 !", true },
    { "but it does not count", ZONE_WEB, "node rack=1", "node rack=1 !", false },
    { "without hard constraints every node counts", SPREAD(SOFT("zone", 1, WEB)), "-", "node",
      true },
};

static const struct object *seen(struct scene *scene, const char *text)
{
    char *words = mem_text(text, strlen(text));
    struct object *object = NULL;
    if (strncmp(text, "node", 4) == 0) {
        put_node(scene, words);
        object = object_copy(trial_find(scene->trial, KIND_NODE, "", "node"));
    } else if (*text == ' ') {
        object = make_pod(scene, "other", words, false, "");
    } else if (*text != '-') {
        object = make_pod(scene, "other", words, true, "");
    }
    if (object != NULL && object->kind == KIND_POD)
        ((struct pod *)object)->meta.uid.low = 777;
    free(words);
    return object;
}

static bool hint(const struct scene *scene, const struct object *before, const struct object *after)
{
    const struct plugin_event *event = pod_topology_spread_plugin.events;
    while (event->kind != (before != NULL ? before : after)->kind)
        event++;
    return event->hint(scene->profile->plugins[scene->plugin].args, scene->prepared.pod, before,
                       after);
}

Test(pod_topology_spread, wakes_pods_that_may_be_spread_now)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        struct scene scene = scene_new(NULL);
        ask(&scene, "app=web v=1", hints[i].spec);
        const struct object *before = seen(&scene, hints[i].before);
        const struct object *after = seen(&scene, hints[i].after);
        cr_expect_eq(hint(&scene, before, after), hints[i].want, "%s", hints[i].why);
        object_drop(before);
        object_drop(after);
        scene_close(&scene);
    }
}

static const struct {
    const char *why, *constraint, *labels, *more; /* what the waiting pod becomes */
    bool want;
} changes[] = {
    { "it is not counted any more", ZONE_WEB, "app=db", "", true },
    { "it is counted as before", ZONE_WEB, "app=web v=1", "", false },
    { "it tolerates more", ZONE_WEB, "app=web", ",'tolerations':[{'operator':'Exists'}]", false },
    { "and taints are honored", SPREAD(HARD("zone", 1, WEB ",'nodeTaintsPolicy':'Honor'")),
      "app=web", ",'tolerations':[{'operator':'Exists'}]", true },
};

Test(pod_topology_spread, wakes_a_pod_that_changes_itself)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct scene scene = scene_new(NULL);
        char words[32];
        ask(&scene, "app=web", changes[i].constraint);
        snprintf(words, sizeof words, "%s", changes[i].labels);
        char *spec = mem_format("%s%s", changes[i].constraint, changes[i].more);
        struct object *after = make_pod(&scene, "asking", words, false, spec);
        ((struct pod *)after)->meta.uid = scene.prepared.pod->meta.uid;
        cr_expect_eq(hint(&scene, &scene.prepared.pod->meta.object, after), changes[i].want, "%s",
                     changes[i].why);
        object_drop(after);
        free(spec);
        scene_close(&scene);
    }
}
