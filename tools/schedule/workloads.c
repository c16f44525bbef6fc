/* From templates to pods; see workloads.h. Names end as the controllers' do, but five characters that
 * these draw are counted here: web-7984c657f-00001. */
#include "tools/schedule/workloads.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/pod_template_hash.h"

/* A workload that is being expanded. */
struct expansion {
    const struct trial *trial;
    const struct value *owner; /* of the pods: the workload, or a Deployment's ReplicaSet */
    const struct value *template;
    struct documents *into;
};

static const char *text_at(const struct value *document, const char *key)
{
    return value_text(value_get(document, key), "");
}

static const char *metadata_of(const struct value *document, const char *key)
{
    return value_text(value_path(document, "metadata", key, NULL), "");
}

static int64_t number_at(const struct value *document, const char *key, int64_t otherwise)
{
    return value_int(value_path(document, "spec", key, NULL), otherwise);
}

static void give(struct documents *into, struct value *document)
{
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = document;
}

/* --- one pod ---------------------------------------------------------------------------------- */

/* Owners are told apart by uid, which nobody has given them yet: the text of what they are. */
static struct value *owner_reference(const struct value *owner)
{
    struct value *list = value_new_list(), *reference = value_new_map();
    const uint64_t bits = value_hash(value_get(owner, "metadata"));
    char uid[UID_TEXT];
    uid_print(uid_from_bits(bits, ~bits), uid);
    value_set(reference, "apiVersion", value_hold(value_get(owner, "apiVersion")));
    value_set(reference, "kind", value_hold(value_get(owner, "kind")));
    value_set(reference, "name", value_hold(value_path(owner, "metadata", "name", NULL)));
    value_set(reference, "uid", value_new_string(uid));
    value_set(reference, "controller", value_new_bool(true));
    value_set(reference, "blockOwnerDeletion", value_new_bool(true));
    value_add(list, reference);
    return list;
}

/* An object of the template's metadata, owned by the workload. */
static struct value *owned(const struct expansion *expansion, const char *api_version,
                           const char *kind, const char *name)
{
    struct value *object = value_new_map();
    const struct value *meta = value_get(expansion->template, "metadata");
    object->at = expansion->owner->at;
    value_set(object, "apiVersion", value_new_string(api_version));
    value_set(object, "kind", value_new_string(kind));
    value_set(object, "metadata", meta != NULL ? value_hold(meta) : value_new_map());
    value_put(&object, value_new_string(name), "metadata", "name", NULL);
    value_put(&object, value_new_string(metadata_of(expansion->owner, "namespace")), "metadata",
              "namespace", NULL);
    value_put(&object, owner_reference(expansion->owner), "metadata", "ownerReferences", NULL);
    return object;
}

/* Takes the name. */
static struct value *new_pod(const struct expansion *expansion, char *name)
{
    struct value *pod = owned(expansion, "v1", "Pod", name);
    value_set(pod, "spec", value_hold(value_get(expansion->template, "spec")));
    free(name);
    return pod;
}

static void give_pods(const struct expansion *expansion, int64_t count)
{
    for (int64_t i = 1; i <= count; i++)
        give(expansion->into,
             new_pod(expansion,
                     mem_format("%s-%05lld", metadata_of(expansion->owner, "name"), (long long)i)));
}

/* --- kinds --------------------------------------------------------------------------------------- */

static void expand_replicas(const struct expansion *expansion)
{
    give_pods(expansion, number_at(expansion->owner, "replicas", 1));
}

/* spec with one label more, in its selector and its template. */
static void add_hash(struct value **set, const char *hash)
{
    static const char label[] = "pod-template-hash";
    value_put(set, value_new_string(hash), "metadata", "labels", label, NULL);
    value_put(set, value_new_string(hash), "spec", "selector", "matchLabels", label, NULL);
    value_put(set, value_new_string(hash), "spec", "template", "metadata", "labels", label, NULL);
}

static void expand_deployment(const struct expansion *expansion)
{
    const struct value *spec = value_get(expansion->owner, "spec");
    char hash[POD_TEMPLATE_HASH_SIZE];
    pod_template_hash(expansion->template, NULL, hash);
    char *name = mem_format("%s-%s", metadata_of(expansion->owner, "name"), hash);
    struct value *set = owned(expansion, "apps/v1", "ReplicaSet", name);
    static const char *const members[] = { "replicas", "selector", "template" };
    for (size_t i = 0; i < 3; i++)
        if (value_get(spec, members[i]) != NULL)
            value_put(&set, value_hold(value_get(spec, members[i])), "spec", members[i], NULL);
    add_hash(&set, hash);
    give(expansion->into, set);
    struct expansion inner = *expansion;
    inner.owner = set;
    inner.template = value_path(set, "spec", "template", NULL);
    expand_replicas(&inner);
    free(name);
}

static void expand_statefulset(const struct expansion *expansion)
{
    const int64_t count = number_at(expansion->owner, "replicas", 1);
    const int64_t first =
        value_int(value_path(expansion->owner, "spec", "ordinals", "start", NULL), 0);
    for (int64_t i = first; i < first + count; i++) {
        char *name = mem_format("%s-%lld", metadata_of(expansion->owner, "name"), (long long)i);
        char *index = mem_format("%lld", (long long)i);
        struct value *pod = new_pod(expansion, mem_format("%s", name));
        value_put(&pod, value_new_string(name), "metadata", "labels",
                  "statefulset.kubernetes.io/pod-name", NULL);
        value_put(&pod, value_new_string(index), "metadata", "labels",
                  "apps.kubernetes.io/pod-index", NULL);
        give(expansion->into, pod);
        free(index);
        free(name);
    }
}

static void expand_job(const struct expansion *expansion)
{
    const int64_t parallelism = number_at(expansion->owner, "parallelism", 1);
    const int64_t completions = number_at(expansion->owner, "completions", parallelism);
    if (!value_truth(value_path(expansion->owner, "spec", "suspend", NULL), false))
        give_pods(expansion, parallelism < completions ? parallelism : completions);
}

/* The pod of a DaemonSet for a node wants just this one (daemon/util.ReplaceDaemonSetPodNodeNameNodeAffinity). */
static void want_node(struct value **pod, const char *node)
{
    struct value *field = value_new_map(), *names = value_new_list();
    struct value *fields = value_new_list(), *terms = value_new_list(), *term = value_new_map();
    value_add(names, value_new_string(node));
    value_set(field, "key", value_new_string("metadata.name"));
    value_set(field, "operator", value_new_string("In"));
    value_set(field, "values", names);
    value_add(fields, field);
    value_set(term, "matchFields", fields);
    value_add(terms, term);
    value_put(pod, terms, "spec", "affinity", "nodeAffinity",
              "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", NULL);
}

/* Of daemon/util.AddOrUpdateDaemonPodTolerations: what holds for all pods. */
static void tolerate_trouble(struct value **pod)
{
    static const struct {
        const char *key, *effect;
    } rows[] = { { "not-ready", "NoExecute" },           { "unreachable", "NoExecute" },
                 { "disk-pressure", "NoSchedule" },      { "memory-pressure", "NoSchedule" },
                 { "pid-pressure", "NoSchedule" },       { "unschedulable", "NoSchedule" },
                 { "network-unavailable", "NoSchedule" } };
    const bool on_host = value_truth(value_path(*pod, "spec", "hostNetwork", NULL), false);
    struct value *spec = value_own(value_slot(value_own(pod), "spec"));
    if (value_get(spec, "tolerations") == NULL)
        value_set(spec, "tolerations", value_new_list());
    struct value *list = value_own(value_slot(spec, "tolerations"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows - !on_host; i++) {
        struct value *toleration = value_new_map();
        char *key = mem_format("node.kubernetes.io/%s", rows[i].key);
        value_set(toleration, "key", value_new_string(key));
        value_set(toleration, "operator", value_new_string("Exists"));
        value_set(toleration, "effect", value_new_string(rows[i].effect));
        value_add(list, toleration);
        free(key);
    }
}

/* One pod for each node: that it fits there is left to the scheduler, whose message tells why not. */
static void expand_daemonset(const struct expansion *expansion)
{
    for (struct cache_cursor c = cache_list(expansion->trial->cluster->cache, KIND_NODE);
         cache_next(&c);) {
        char *name = mem_format("%s-%s", metadata_of(expansion->owner, "name"), name_of(c.object));
        struct value *pod = new_pod(expansion, name);
        want_node(&pod, name_of(c.object));
        tolerate_trouble(&pod);
        give(expansion->into, pod);
    }
}

static const struct {
    const char *api_version, *kind;
    void (*expand)(const struct expansion *expansion);
} kinds[] = {
    { "apps/v1", "Deployment", expand_deployment },
    { "apps/v1", "ReplicaSet", expand_replicas },
    { "apps/v1", "StatefulSet", expand_statefulset },
    { "apps/v1", "DaemonSet", expand_daemonset },
    { "batch/v1", "Job", expand_job },
    { "v1", "ReplicationController", expand_replicas },
};

static size_t row_of(const struct value *document)
{
    size_t i = 0;
    while (i < sizeof kinds / sizeof *kinds &&
           (strcmp(kinds[i].api_version, text_at(document, "apiVersion")) != 0 ||
            strcmp(kinds[i].kind, text_at(document, "kind")) != 0))
        i++;
    return i;
}

bool workload_is_one(const struct value *document)
{
    return row_of(document) < sizeof kinds / sizeof *kinds;
}

void workload_expand(const struct trial *trial, const struct value *document,
                     struct documents *into)
{
    const struct expansion expansion = { .trial = trial,
                                         .owner = document,
                                         .template = value_path(document, "spec", "template", NULL),
                                         .into = into };
    if (expansion.template != NULL)
        kinds[row_of(document)].expand(&expansion);
}
