/* Nodes by the reasons for which they reject a pod, and what would change their mind; see
 * why_pending.h. */
#include "tools/schedule/why_pending.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/nearest.h"
#include "tools/report/table.h"
#include "tools/schedule/explain.h"
#include "tools/schedule/placement.h"
#include "tools/schedule/remedy.h"

enum { SHOWN_NAMES = 5 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* --- the pod ------------------------------------------------------------------------------------- */

static bool not_found(const struct trial *trial, const char *name, struct error *error)
{
    const char *slash = strchr(name, '/');
    struct nearest near = nearest_to(slash != NULL ? slash + 1 : name);
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_POD); cache_next(&c);)
        nearest_offer(&near, name_of(c.object));
    if (near.found != NULL)
        return error_set(error, (struct place){ 0 }, "no pod %s (did you mean %s?)", name,
                         near.found);
    return error_set(error, (struct place){ 0 }, "no pod %s", name);
}

const struct pod *why_pending_find(const struct trial *trial, const char *name, struct error *error)
{
    const struct pod *found = NULL;
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        if (!placement_is_named(pod, name))
            continue;
        if (found != NULL) {
            error_set(error, (struct place){ 0 }, "there are several pods %s: say %s/%s or %s/%s",
                      name, namespace_of(found), name_of(found), namespace_of(pod), name_of(pod));
            return NULL;
        }
        found = pod;
    }
    if (found == NULL)
        not_found(trial, name, error);
    return found;
}

/* --- classes of nodes ------------------------------------------------------------------------------ */

struct classes {
    struct class_of_nodes {
        struct node_class nodes;
        struct value *rejected_by; /* owned: [{plugin, reasons}] */
    } * items;
    size_t count, capacity;
};

static void classes_close(struct classes *classes)
{
    for (size_t i = 0; i < classes->count; i++) {
        free(classes->items[i].nodes.nodes);
        free(classes->items[i].nodes.plugins);
        value_drop(classes->items[i].rejected_by);
    }
    free(classes->items);
}

/* Every plugin that rejects the node, the one that did it in the decision among them. */
static struct value *rejecting(const struct value *node)
{
    const struct value *filters = value_get(node, "filters");
    struct value *list = value_new_list();
    for (size_t i = 0; filters != NULL && i < filters->count; i++) {
        const char *verdict = value_text(filters->entries[i].value, "");
        if (strcmp(verdict, "passed") == 0)
            continue;
        struct value *one = value_new_map();
        value_set(one, "plugin", value_new_string(filters->entries[i].key));
        value_set(one, "reasons", value_new_string(verdict));
        value_add(list, one);
    }
    return list;
}

static struct class_of_nodes *find_class(struct classes *classes, struct value *rejected_by)
{
    for (size_t i = 0; i < classes->count; i++)
        if (value_equal(classes->items[i].rejected_by, rejected_by)) {
            value_drop(rejected_by);
            return &classes->items[i];
        }
    MEM_GROW(classes->items, classes->count, classes->capacity);
    struct class_of_nodes *class = &classes->items[classes->count++];
    *class = (struct class_of_nodes){ .rejected_by = rejected_by };
    class->nodes.plugins = mem_new((rejected_by->count + 1) * sizeof *class->nodes.plugins);
    for (size_t i = 0; i < rejected_by->count; i++)
        class->nodes.plugins[class->nodes.plugin_count++] =
            text_of(rejected_by->items[i], "plugin");
    return class;
}

static struct classes classify(const struct trial *trial, const struct value *explanation)
{
    const struct value *nodes = value_get(explanation, "nodes");
    struct classes classes = { 0 };
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++) {
        struct node_class *class = &find_class(&classes, rejecting(nodes->items[i]))->nodes;
        MEM_GROW(class->nodes, class->count, class->capacity);
        class->nodes[class->count++] =
            text_find(trial->run->texts, text_of(nodes->items[i], "node"));
    }
    return classes;
}

static int by_effort(const void *a, const void *b)
{
    const struct node_class *first = &((const struct class_of_nodes *)a)->nodes;
    const struct node_class *second = &((const struct class_of_nodes *)b)->nodes;
    if (first->plugin_count != second->plugin_count)
        return first->plugin_count < second->plugin_count ? -1 : 1;
    return first->count != second->count ? (first->count > second->count ? -1 : 1) : 0;
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void add_change(struct value *changes, struct remedy *remedy)
{
    bool known = remedy->text == NULL;
    for (size_t i = 0; i < changes->count && !known; i++)
        known = strcmp(text_of(changes->items[i], "change"), remedy->text) == 0;
    if (!known) {
        struct value *change = value_new_map();
        value_set(change, "node", value_new_string(remedy->node->s));
        value_set(change, "change", value_new_string(remedy->text));
        value_set(change, "verified", value_new_bool(remedy->works));
        value_add(changes, change);
    }
    remedy_close(remedy);
}

static struct value *class_value(struct trial *trial, const struct pod *pod,
                                 const struct class_of_nodes *class)
{
    struct value *told = value_new_map(), *names = value_new_list(), *changes = value_new_list();
    for (size_t i = 0; i < class->nodes.count; i++)
        value_add(names, value_new_string(class->nodes.nodes[i]->s));
    for (enum remedy_side side = REMEDY_OF_POD; side <= REMEDY_OF_CLUSTER; side++) {
        struct remedy remedy = remedy_find(trial, pod, &class->nodes, side);
        add_change(changes, &remedy);
    }
    struct remedy more = remedy_of_new_node(trial, pod, &class->nodes);
    if (more.text != NULL)
        value_set(told, "newNode", value_new_string(more.node->s));
    remedy_close(&more);
    value_set(told, "nodes", value_new_int((int64_t) class->nodes.count));
    value_set(told, "names", names);
    value_set(told, "rejectedBy", value_hold(class->rejected_by));
    value_set(told, "changes", changes);
    return told;
}

static void tell_classes(struct trial *trial, const struct pod *pod, struct value *answer)
{
    struct value *explanation = explain_decision(trial, pod), *list = value_new_list();
    struct classes classes = classify(trial, explanation);
    if (classes.count > 0)
        qsort(classes.items, classes.count, sizeof *classes.items, by_effort);
    for (size_t i = 0; i < classes.count; i++)
        value_add(list, class_value(trial, pod, &classes.items[i]));
    value_set(answer, "nodeClasses", list);
    classes_close(&classes);
    value_drop(explanation);
}

static void tell_decision(struct trial *trial, const struct profile *profile, const struct pod *pod,
                          struct value *answer)
{
    trial_decide_plainly(trial, profile, pod);
    if (trial->plain.outcome == DECISION_FOUND) {
        value_set(answer, "state", value_new_string("fits"));
        value_set(answer, "node",
                  value_new_string(trial->snapshot->nodes[trial->plain.top[0]]->name->s));
        return;
    }
    value_set(answer, "state", value_new_string("unschedulable"));
    if (trial->plain.outcome == DECISION_ERROR) {
        value_set(answer, "message", value_new_string(trial->plain.error.text));
        return;
    }
    struct post_filter_round round = { .decision = &trial->plain, .pod = pod };
    char *message = decision_message(&trial->plain, &round);
    value_set(answer, "message", value_new_string(message));
    free(message);
    post_filter_close(&round);
    tell_classes(trial, pod, answer);
}

static void tell(struct trial *trial, const struct pod *pod, struct value *answer)
{
    const struct profile *profile = scheduler_profile_of(trial->configuration, pod);
    struct writer why = { 0 };
    if (pod->node_name != NULL || pod_is_terminal(pod)) {
        value_set(answer, "state", value_new_string(pod->node_name != NULL ? "bound" : "ended"));
        if (pod->node_name != NULL)
            value_set(answer, "node", value_new_string(pod->node_name->s));
    } else if (profile == NULL) {
        char *text = mem_format("no profile has the schedulerName \"%s\" of this pod",
                                text_s(pod->spec->scheduler_name));
        value_set(answer, "state", value_new_string("ignored"));
        value_set(answer, "message", value_new_string(text));
        free(text);
    } else if (trial_gate(trial, profile, pod, &why) != NULL) {
        value_set(answer, "state", value_new_string("gated"));
        value_set(answer, "message", value_new_string(why.bytes));
    } else {
        tell_decision(trial, profile, pod, answer);
    }
    writer_close(&why);
}

struct value *why_pending(struct trial *trial, const struct pod *pod)
{
    const struct object *held = object_hold(&pod->meta.object);
    struct value *answer = value_new_map();
    char *key = mem_format("%s/%s", namespace_of(pod), name_of(pod));
    value_set(answer, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(answer, "kind", value_new_string("WhyPending"));
    value_set(answer, "pod", value_new_string(key));
    tell(trial, pod_of(held), answer);
    object_drop(held);
    free(key);
    return answer;
}

/* --- text ----------------------------------------------------------------------------------------------- */

static void print_lines(struct writer *out, const char *text)
{
    text_wrapped(text, 4, out);
}

static void print_names(const struct value *names, struct writer *out)
{
    struct writer line = { 0 };
    for (size_t i = 0; i < names->count && i < SHOWN_NAMES; i++)
        writer_format(&line, "%s%s", i > 0 ? ", " : "", value_text(names->items[i], ""));
    if (names->count > SHOWN_NAMES)
        writer_format(&line, " and %zu more", names->count - SHOWN_NAMES);
    print_lines(out, line.bytes);
    writer_close(&line);
}

static void print_class(const struct value *class, struct writer *out)
{
    const struct value *by = value_get(class, "rejectedBy"), *changes = value_get(class, "changes");
    const int64_t nodes = value_int(value_get(class, "nodes"), 0);
    writer_format(out, "\n%lld node%s\n", (long long)nodes, nodes == 1 ? "" : "s");
    print_names(value_get(class, "names"), out);
    for (size_t i = 0; i < by->count; i++) {
        char *line = mem_format("rejected by %s: %s", text_of(by->items[i], "plugin"),
                                text_of(by->items[i], "reasons"));
        print_lines(out, line);
        free(line);
    }
    for (size_t i = 0; i < changes->count; i++) {
        const struct value *change = changes->items[i];
        const bool verified = value_truth(value_get(change, "verified"), false);
        char *line = mem_format("%s %s%s%s", verified ? "fits on" : "may fit on",
                                text_of(change, "node"), " if ", text_of(change, "change"));
        print_lines(out, line);
        free(line);
    }
    if (value_get(class, "newNode") != NULL) {
        char *line = mem_format("fits on one more node like %s", text_of(class, "newNode"));
        print_lines(out, line);
        free(line);
    } else if (changes->count == 0) {
        print_lines(out, "no change that is known here would help");
    }
}

void why_pending_print(const struct value *answer, struct writer *out)
{
    const char *state = text_of(answer, "state"), *node = text_of(answer, "node");
    const struct value *classes = value_get(answer, "nodeClasses");
    writer_add(out, text_of(answer, "pod"));
    if (strcmp(state, "bound") == 0)
        writer_format(out, " does not wait: it is on %s\n", node);
    else if (strcmp(state, "ended") == 0)
        writer_add(out, " does not wait: it has ended\n");
    else if (strcmp(state, "fits") == 0)
        writer_format(out, " waits for its turn only: it fits on %s\n", node);
    else
        writer_format(out, " is %s\n", state);
    if (value_get(answer, "message") != NULL)
        print_lines(out, text_of(answer, "message"));
    for (size_t i = 0; classes != NULL && i < classes->count; i++)
        print_class(classes->items[i], out);
}
