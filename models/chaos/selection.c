/* Selectors of pods, and modes. */
#include "models/chaos/selection.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/chaos.h"
#include "models/api/node.h"
#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

void selection_close(struct selection *selection)
{
    free(selection->items);
    *selection = (struct selection){ 0 };
}

static void add(struct selection *selection, const struct pod *pod)
{
    MEM_GROW(selection->items, selection->count, selection->capacity);
    selection->items[selection->count++] = pod;
}

static size_t size_of(const struct value *node)
{
    return node != NULL && (node->type == VALUE_LIST || node->type == VALUE_MAP) ? node->count : 0;
}

/* ── one pod ── */

bool list_allows(const struct value *list, const char *name)
{
    bool any = false, found = false;
    for (size_t i = 0; i < size_of(list); i++) {
        const char *item = value_text(list->items[i], "");
        if (*item == '!' && strcmp(item + 1, name) == 0)
            return false;
        any |= *item != '!';
        found |= strcmp(item, name) == 0;
    }
    return found || !any;
}

static bool map_matches(const struct value *wanted, const struct labels *labels)
{
    for (size_t i = 0; i < size_of(wanted); i++) {
        const char *present = labels_get(labels, wanted->entries[i].key);
        if (present == NULL || strcmp(present, value_text(wanted->entries[i].value, "")) != 0)
            return false;
    }
    return true;
}

/* "status.phase" in the document that users see. */
static bool field_matches(const struct value *document, const char *path, const char *wanted)
{
    char *copy = mem_text(path, strlen(path)), *rest = NULL;
    for (char *step = strtok_r(copy, ".", &rest); step != NULL; step = strtok_r(NULL, ".", &rest))
        document = value_get(document, step);
    free(copy);
    return strcmp(value_text(document, ""), wanted) == 0;
}

static bool fields_match(const struct client *client, const struct value *wanted,
                         const struct pod *pod)
{
    bool good = true;
    if (size_of(wanted) == 0)
        return true;
    struct value *document = cluster_print(client->cluster, &pod->meta.object);
    for (size_t i = 0; i < wanted->count && good; i++)
        good = field_matches(document, wanted->entries[i].key,
                             value_text(wanted->entries[i].value, ""));
    value_drop(document);
    return good;
}

static bool node_matches(const struct client *client, const struct value *selector,
                         const struct pod *pod)
{
    const struct value *names = value_get(selector, "nodes"),
                       *labels = value_get(selector, "nodeSelectors");
    if (size_of(names) + size_of(labels) == 0)
        return true;
    if (pod->node_name == NULL)
        return false;
    for (size_t i = 0; i < size_of(names); i++)
        if (strcmp(value_text(names->items[i], ""), text_s(pod->node_name)) == 0)
            return true;
    const struct object *node = client_get(client, KIND_NODE, NULL, pod->node_name);
    return size_of(labels) > 0 && node != NULL && map_matches(labels, meta_of(node)->labels);
}

/* The label selectors and expressions as one selector; NULL: none, or of no known operator. */
static const struct selector *labels_of(const struct client *client, const struct value *selector)
{
    const struct value *labels = value_get(selector, "labelSelectors"),
                       *expressions = value_get(selector, "expressionSelectors");
    if (size_of(labels) + size_of(expressions) == 0)
        return NULL;
    struct error error = { 0 };
    struct value *both = value_new_map();
    if (labels != NULL)
        value_set(both, "matchLabels", value_hold(labels));
    if (expressions != NULL)
        value_set(both, "matchExpressions", value_hold(expressions));
    const struct selector *read = selector_load(client->cluster->run->texts, both, &error);
    error_close(&error);
    value_drop(both);
    return read;
}

/* ── pods ── */

static void add_named(struct selection *selection, const struct client *client,
                      const struct value *pods)
{
    struct texts *texts = client->cluster->run->texts;
    for (size_t i = 0; i < pods->count; i++) {
        const struct text *space = text_find(texts, pods->entries[i].key);
        const struct value *names = pods->entries[i].value;
        for (size_t k = 0; k < size_of(names); k++) {
            const struct text *name = text_find(texts, value_text(names->items[k], ""));
            const struct object *pod =
                space != NULL && name != NULL ? client_get(client, KIND_POD, space, name) : NULL;
            if (pod != NULL)
                add(selection, pod_of(pod));
        }
    }
}

void selection_of_pods(struct selection *selection, const struct client *client,
                       const struct value *selector)
{
    const struct value *pods = value_get(selector, "pods");
    *selection = (struct selection){ 0 };
    if (size_of(pods) > 0) {
        add_named(selection, client, pods);
        return;
    }
    const struct selector *labels = labels_of(client, selector);
    const bool asks = size_of(value_get(selector, "labelSelectors")) +
                          size_of(value_get(selector, "expressionSelectors")) >
                      0;
    for (struct cache_cursor all = client_list(client, KIND_POD); cache_next(&all);) {
        const struct pod *pod = pod_of(all.object);
        if (list_allows(value_get(selector, "namespaces"), namespace_of(pod)) &&
            (!asks ||
             (labels != NULL && selector_matches(labels, labels_lookup, pod->meta.labels))) &&
            map_matches(value_get(selector, "annotationSelectors"), pod->meta.annotations) &&
            list_allows(value_get(selector, "podPhaseSelectors"), pod_phase_name(pod->phase)) &&
            node_matches(client, selector, pod) &&
            fields_match(client, value_get(selector, "fieldSelectors"), pod))
            add(selection, pod);
    }
    if (labels != NULL)
        selector_drop(labels);
}

/* ── modes ── */

size_t mode_count(struct run *run, const struct value *holder, const char *entity, size_t count)
{
    const char *mode = value_text(value_get(holder, "mode"), "");
    const double value = chaos_amount(value_get(holder, "value"), 0);
    const size_t fixed = value > 0 ? (size_t)value : 0;
    if (strcmp(mode, "all") == 0)
        return count;
    if (strcmp(mode, "one") == 0)
        return count < 1 ? count : 1;
    if (strcmp(mode, "fixed") == 0)
        return fixed < count ? fixed : count;
    if (strcmp(mode, "fixed-percent") == 0)
        return count * fixed / 100;
    const uint32_t percent = run_choose(run, "chaos-percent", entity, 0, (uint32_t)fixed + 1);
    return count * percent / 100;
}

char *selection_by_mode(struct selection *selection, struct run *run, const struct value *holder,
                        const char *entity)
{
    if (selection->count == 0)
        return mem_format("no pod is selected");
    const size_t wanted = mode_count(run, holder, entity, selection->count);
    if (strcmp(value_text(value_get(holder, "mode"), ""), "all") == 0)
        return NULL;
    for (size_t i = 0; i < wanted; i++) {
        const size_t left = selection->count - i;
        const size_t taken = i + run_choose(run, "chaos-target", entity, i, (uint32_t)left);
        const struct pod *pod = selection->items[taken];
        selection->items[taken] = selection->items[i];
        selection->items[i] = pod;
    }
    selection->count = wanted;
    return wanted > 0 ? NULL : mem_format("no target has been selected");
}
