/* Put changes together and try them; see remedy.h. */
#include "tools/schedule/remedy.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/schedule/remedy_private.h"

void remedy_close(struct remedy *remedy)
{
    free(remedy->text);
    *remedy = (struct remedy){ 0 };
}

/* --- putting together ---------------------------------------------------------------------------- */

void attempted_say(struct attempted *attempted, const char *format, ...)
{
    va_list arguments;
    char *text;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    writer_format(&attempted->text, "%s%s", attempted->text.length > 0 ? " and " : "", text);
    free(text);
}

void attempted_let_leave(struct attempted *attempted, const struct pod *pod)
{
    MEM_GROW(attempted->leaving, attempted->leaving_count, attempted->leaving_capacity);
    attempted->leaving[attempted->leaving_count++] = object_hold(&pod->meta.object);
}

static void begin(struct attempted *attempted, struct trial *trial, const struct pod *pod,
                  const struct node_info *node)
{
    *attempted = (struct attempted){
        .trial = trial,
        .profile = scheduler_profile_of(trial->configuration, pod),
        .pod = pod,
        .node = node,
        .pod_document = cluster_print(trial->cluster, &pod->meta.object),
        .node_document = cluster_print(trial->cluster, &node->node->meta.object),
    };
}

static void end(struct attempted *attempted)
{
    for (size_t i = 0; i < attempted->leaving_count; i++)
        object_drop(attempted->leaving[i]);
    free(attempted->leaving);
    value_drop(attempted->pod_document);
    value_drop(attempted->node_document);
    writer_close(&attempted->text);
}

/* --- trying ----------------------------------------------------------------------------------------- */

static bool is_named(const struct prepared *prepared, const struct text *node)
{
    for (size_t i = 0; i < prepared->narrowed_count; i++)
        if (prepared->narrowed[i] == node)
            return true;
    return prepared->narrowed == NULL;
}

/* The last plain decision's plugins about one node. */
static bool passes(const struct attempted *attempted, const char *only)
{
    const struct prepared *prepared = attempted->trial->plain.prepared;
    const struct node_info *node =
        snapshot_find_node(attempted->trial->snapshot, attempted->node->name);
    if (prepared->rejected || node == NULL || (only == NULL && !is_named(prepared, node->name)))
        return false;
    for (size_t i = 0; i < prepared->filter_count; i++) {
        const struct sched_call call = prepared_call(prepared, prepared->filters[i]);
        const struct sched_plugin *plugin = prepared->profile->plugins[prepared->filters[i]].plugin;
        struct rejection rejection = { 0 };
        if ((only == NULL || strcmp(only, plugin->name) == 0) &&
            !plugin->filter(&call, node, &rejection))
            return false;
    }
    return true;
}

static void put_copy(struct attempted *attempted, const struct object *object)
{
    trial_put(attempted->trial, object_copy(object));
}

bool attempted_works(struct attempted *attempted, const char *plugin)
{
    struct trial *trial = attempted->trial;
    const struct codec *codec = &trial->cluster->codec;
    const struct object *node = object_hold(&attempted->node->node->meta.object);
    struct object *pod = kind_infos[KIND_POD].load(codec, attempted->pod_document);
    for (size_t i = 0; i < attempted->leaving_count; i++)
        trial_remove(trial, object_key(attempted->leaving[i]));
    if (attempted->node_changes)
        trial_put(trial, kind_infos[KIND_NODE].load(codec, attempted->node_document));
    trial_decide_plainly(trial, attempted->profile, pod_of(pod));
    const bool works = trial->plain.outcome != DECISION_ERROR &&
                       trial->plain.outcome != DECISION_NO_NODES && passes(attempted, plugin);
    if (attempted->node_changes)
        put_copy(attempted, node);
    for (size_t i = 0; i < attempted->leaving_count; i++)
        put_copy(attempted, attempted->leaving[i]);
    object_drop(pod);
    object_drop(node);
    return works;
}

/* --- nodes: taints and labels -------------------------------------------------------------------------- */

static bool keeps_away(const struct attempted *attempted, const struct taint *taint)
{
    return taint->effect != PREFER_NO_SCHEDULE && !taint_is_tolerated(taint, attempted->pod->spec);
}

static void say_taint(struct attempted *attempted, const char *before, const struct taint *taint,
                      const char *after)
{
    const char *value = text_s(taint->value);
    attempted_say(attempted, "%s%s%s%s:%s%s", before, text_s(taint->key), *value ? "=" : "", value,
                  taint_effect_name(taint->effect), after);
}

static struct value *toleration_of(const struct taint *taint)
{
    struct value *toleration = value_new_map();
    value_set(toleration, "key", value_new_string(text_s(taint->key)));
    value_set(toleration, "operator", value_new_string("Exists"));
    value_set(toleration, "effect", value_new_string(taint_effect_name(taint->effect)));
    return toleration;
}

static bool tolerate(struct attempted *attempted)
{
    const struct taints *taints = attempted->node->node->taints;
    struct value *spec = value_own(value_slot(value_own(&attempted->pod_document), "spec"));
    if (value_get(spec, "tolerations") == NULL)
        value_set(spec, "tolerations", value_new_list());
    struct value *list = value_own(value_slot(spec, "tolerations"));
    bool found = false;
    for (size_t i = 0; taints != NULL && i < taints->count; i++) {
        if (!keeps_away(attempted, &taints->items[i]))
            continue;
        value_add(list, toleration_of(&taints->items[i]));
        say_taint(attempted, "it tolerates ", &taints->items[i], "");
        found = true;
    }
    return found;
}

static bool take_taints(struct attempted *attempted)
{
    const struct taints *taints = attempted->node->node->taints;
    struct value *kept = value_new_list();
    const struct value *list = value_path(attempted->node_document, "spec", "taints", NULL);
    for (size_t i = 0; list != NULL && taints != NULL && i < taints->count; i++)
        if (keeps_away(attempted, &taints->items[i]))
            say_taint(attempted, "the taint ", &taints->items[i], " is gone");
        else
            value_add(kept, value_hold(value_at(list, i)));
    value_put(&attempted->node_document, kept, "spec", "taints", NULL);
    attempted->node_changes = true;
    return taints != NULL;
}

static bool uncordon(struct attempted *attempted)
{
    value_put(&attempted->node_document, value_new_bool(false), "spec", "unschedulable", NULL);
    attempted->node_changes = true;
    attempted_say(attempted, "%s is uncordoned", attempted->node->name->s);
    return true;
}

static void need_label(struct attempted *attempted, const char *key, const char *value)
{
    const char *has = labels_get(attempted->node->node->meta.labels, key);
    if (has != NULL && strcmp(has, value) == 0)
        return;
    value_put(&attempted->node_document, value_new_string(value), "metadata", "labels", key, NULL);
    attempted->node_changes = true;
    attempted_say(attempted, "%s has the label %s=%s", attempted->node->name->s, key, value);
}

/* The first required term, as far as it asks for labels. */
static void need_term(struct attempted *attempted)
{
    const struct value *terms =
        value_path(attempted->pod_document, "spec", "affinity", "nodeAffinity",
                   "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", NULL);
    const struct value *expressions = value_get(value_at(terms, 0), "matchExpressions");
    for (size_t i = 0; expressions != NULL && i < expressions->count; i++) {
        const struct value *one = expressions->items[i];
        const char *operator= value_text(value_get(one, "operator"), "");
        const char *key = value_text(value_get(one, "key"), "");
        const char *has = labels_get(attempted->node->node->meta.labels, key);
        const struct value *values = value_get(one, "values");
        bool matches = false;
        for (size_t j = 0; has != NULL && values != NULL && j < values->count; j++)
            matches |= strcmp(has, value_text(values->items[j], "")) == 0;
        if (strcmp(operator, "In") == 0 && !matches)
            need_label(attempted, key, value_text(value_at(values, 0), ""));
        else if (strcmp(operator, "Exists") == 0 && has == NULL)
            need_label(attempted, key, "");
    }
}

static bool label_node(struct attempted *attempted)
{
    const struct labels *wanted = attempted->pod->spec->node_selector;
    for (uint32_t i = 0; wanted != NULL && i < wanted->count; i++)
        need_label(attempted, text_s(wanted->items[i].key), text_s(wanted->items[i].value));
    need_term(attempted);
    return attempted->node_changes;
}

static bool drop_node_selection(struct attempted *attempted)
{
    struct value *spec = value_own(value_slot(value_own(&attempted->pod_document), "spec"));
    const bool selects = value_remove(spec, "nodeSelector");
    bool requires = false;
    if (value_path(spec, "affinity", "nodeAffinity", NULL) != NULL) {
        struct value *affinity = value_own(value_slot(spec, "affinity"));
        requires = value_remove(value_own(value_slot(affinity, "nodeAffinity")),
                                "requiredDuringSchedulingIgnoredDuringExecution");
    }
    if (selects || requires)
        attempted_say(attempted, "it has no %s%s%s", selects ? "nodeSelector" : "",
                      selects && requires ? " and no " : "",
                      requires ? "required node affinity" : "");
    return selects || requires;
}

/* --- host ports --------------------------------------------------------------------------------------------- */

static bool shares_port(const struct pod *pod, const struct pod *other)
{
    for (size_t i = 0; i < pod->spec->host_port_count; i++)
        for (size_t j = 0; j < other->spec->host_port_count; j++)
            if (pod->spec->host_ports[i].port == other->spec->host_ports[j].port)
                return true;
    return false;
}

static bool free_ports(struct attempted *attempted)
{
    for (const struct placed_pod *placed = attempted->node->first; placed; placed = placed->next)
        if (shares_port(attempted->pod, placed->pod)) {
            attempted_let_leave(attempted, placed->pod);
            attempted_say(attempted, "%s/%s leaves %s", namespace_of(placed->pod),
                          name_of(placed->pod), attempted->node->name->s);
        }
    return attempted->leaving_count > 0;
}

/* --- who changes what ------------------------------------------------------------------------------------------ */

static const struct {
    const char *plugin;
    remedy_change *of[2]; /* by side; NULL: nothing is known */
} changes[] = {
    { "NodeResourcesFit", { remedy_ask_for_less, remedy_make_room } },
    { "TaintToleration", { tolerate, take_taints } },
    { "NodeUnschedulable", { NULL, uncordon } },
    { "NodeAffinity", { drop_node_selection, label_node } },
    { "NodePorts", { NULL, free_ports } },
    { "PodTopologySpread", { remedy_relax_spread, NULL } },
    { "InterPodAffinity", { remedy_drop_affinity, remedy_remove_repelling } },
};

enum changed { CHANGED_NOTHING, CHANGED_THIS_SIDE, CHANGED_OTHER_SIDE };

static enum changed change(struct attempted *attempted, const char *plugin, enum remedy_side side)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(changes[i].plugin, plugin) != 0)
            continue;
        if (changes[i].of[side] != NULL && changes[i].of[side](attempted))
            return CHANGED_THIS_SIDE;
        if (changes[i].of[1 - side] != NULL && changes[i].of[1 - side](attempted))
            return CHANGED_OTHER_SIDE;
    }
    return CHANGED_NOTHING;
}

static bool rejects(const struct node_class *class, const char *plugin)
{
    for (size_t i = 0; i < class->plugin_count; i++)
        if (strcmp(class->plugins[i], plugin) == 0)
            return true;
    return false;
}

/* The node that is nearest to take it: by what it has left, or by how many pods would have to leave. */
static const struct node_info *nearest_node(const struct trial *trial, const struct pod *pod,
                                            const struct node_class *class, enum remedy_side side)
{
    const struct node_info *best = NULL;
    double best_fraction = 0;
    size_t best_count = 0;
    for (size_t i = 0; i < class->count; i++) {
        const struct node_info *node = snapshot_find_node(trial->snapshot, class->nodes[i]);
        if (node == NULL)
            continue;
        if (!rejects(class, "NodeResourcesFit"))
            return node;
        const double fraction = remedy_fraction_that_fits(pod, node);
        const size_t count = side == REMEDY_OF_CLUSTER ? remedy_pods_in_the_way(pod, node) : 0;
        if (best != NULL &&
            (side == REMEDY_OF_CLUSTER ? count >= best_count : fraction <= best_fraction))
            continue;
        best = node;
        best_fraction = fraction;
        best_count = count;
    }
    return best;
}

struct remedy remedy_find(struct trial *trial, const struct pod *pod,
                          const struct node_class *class, enum remedy_side side)
{
    const struct node_info *node = nearest_node(trial, pod, class, side);
    struct remedy remedy = { 0 };
    struct attempted attempted;
    if (node == NULL)
        return remedy;
    begin(&attempted, trial, pod, node);
    bool known = true, own = false;
    for (size_t i = 0; i < class->plugin_count && known; i++) {
        const enum changed changed = change(&attempted, class->plugins[i], side);
        known = changed != CHANGED_NOTHING;
        own |= changed == CHANGED_THIS_SIDE;
    }
    if (known && own && attempted.text.length > 0)
        remedy = (struct remedy){ .text = mem_format("%s", attempted.text.bytes),
                                  .node = node->name,
                                  .works = attempted_works(&attempted, NULL) };
    end(&attempted);
    return remedy;
}

/* --- one more node --------------------------------------------------------------------------------- */

enum { NEW_NODE_TRIES = 8 };

/* The node as it would come up: with another name, and nothing on it. */
static struct object *twin_of(const struct trial *trial, const struct node_info *node)
{
    struct value *document = cluster_print(trial->cluster, &node->node->meta.object);
    char *name = mem_format("%s-more", node->name->s);
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    value_put(&document, value_new_string(name), "metadata", "labels", "kubernetes.io/hostname",
              NULL);
    struct object *twin = kind_infos[KIND_NODE].load(&trial->cluster->codec, document);
    ((struct meta *)twin)->uid = (struct uid){ 0 };
    value_drop(document);
    free(name);
    return twin;
}

static bool takes(struct trial *trial, const struct pod *pod, const struct text *name)
{
    const struct attempted attempted = { .trial = trial,
                                         .node = snapshot_find_node(trial->snapshot, name) };
    trial_decide_plainly(trial, scheduler_profile_of(trial->configuration, pod), pod);
    return trial->plain.outcome != DECISION_ERROR && passes(&attempted, NULL);
}

struct remedy remedy_of_new_node(struct trial *trial, const struct pod *pod,
                                 const struct node_class *class)
{
    struct remedy remedy = { 0 };
    for (size_t i = 0; i < class->count && i < NEW_NODE_TRIES && remedy.text == NULL; i++) {
        const struct node_info *node = snapshot_find_node(trial->snapshot, class->nodes[i]);
        struct object *twin = node != NULL ? twin_of(trial, node) : NULL;
        if (twin == NULL || store_get(trial->cluster->store, object_key(twin)) != NULL) {
            object_drop(twin);
            continue;
        }
        const struct object_key key = object_key_hold(object_key(twin));
        trial_put(trial, twin);
        if (takes(trial, pod, key.name))
            remedy = (struct remedy){ .text = mem_format("there is one more node like %s",
                                                         class->nodes[i]->s),
                                      .node = class->nodes[i],
                                      .works = true };
        trial_remove(trial, key);
        object_key_drop(key);
    }
    return remedy;
}
