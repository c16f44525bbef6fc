/* The nodes of a scenario: groups, and the compact text of --nodes, written out as Node objects. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/text_rules.h"
#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

enum { MOST_NODES = 100000, USUAL_ZONES = 3 };

static const struct {
    const char *name, *quantity;
} usual_capacity[] = {
    { "cpu", "8" }, { "memory", "32Gi" }, { "pods", "110" }, { "ephemeral-storage", "100Gi" }
};

/* Alike but for their names and zones. What points to values borrows them. */
struct group {
    const char *name;
    int64_t count;
    size_t first; /* the number of the first one */
    bool numbered;
    const struct value *labels, *annotations;
    const char *zone;
    const struct value *zones;                     /* a list of texts; NULL: none */
    struct value *capacity, *allocatable, *taints; /* owned */
    bool unschedulable;
    struct place at;
};

static void group_close(struct group *group)
{
    value_drop(group->capacity);
    value_drop(group->allocatable);
    value_drop(group->taints);
}

/* ── one node ── */

static const char *zone_of(const struct group *group, size_t index)
{
    if (group->zones == NULL || group->zones->count == 0)
        return group->zone;
    return value_text(group->zones->items[index % group->zones->count], "");
}

static void put_labels(struct value *labels, const struct group *group, const char *name,
                       const char *zone)
{
    value_set(labels, "kubernetes.io/arch", value_new_string("amd64"));
    value_set(labels, "kubernetes.io/os", value_new_string("linux"));
    value_set(labels, "kubernetes.io/hostname", value_new_string(name));
    if (zone != NULL)
        value_set(labels, "topology.kubernetes.io/zone", value_new_string(zone));
    for (size_t i = 0; group->labels != NULL && i < group->labels->count; i++) {
        const struct value_entry *entry = &group->labels->entries[i];
        char *text = shape_scalar_text(entry->value);
        struct value *label = value_new_string(text);
        label->at = entry->value->at;
        value_set_at(labels, mem_text(entry->key, strlen(entry->key)), entry->at, label);
        free(text);
    }
}

static struct value *metadata_of(const struct group *group, const char *name, const char *zone)
{
    struct value *metadata = value_new_map(), *labels = value_new_map();
    put_labels(labels, group, name, zone);
    value_set(metadata, "name", value_new_string(name));
    value_set(metadata, "labels", labels);
    if (group->annotations != NULL)
        value_set(metadata, "annotations", value_hold(group->annotations));
    return metadata;
}

static struct value *node_document(const struct group *group, const char *name, const char *zone)
{
    struct value *node = value_new_map(), *spec = value_new_map(), *status = value_new_map();
    node->at = group->at;
    if (group->taints->count > 0)
        value_set(spec, "taints", value_hold(group->taints));
    if (group->unschedulable)
        value_set(spec, "unschedulable", value_new_bool(true));
    value_set(status, "capacity", value_hold(group->capacity));
    value_set(status, "allocatable", value_hold(group->allocatable));
    value_set(node, "apiVersion", value_new_string("v1"));
    value_set(node, "kind", value_new_string("Node"));
    value_set(node, "metadata", metadata_of(group, name, zone));
    value_set(node, "spec", spec);
    value_set(node, "status", status);
    return node;
}

static void add_nodes(struct scenario *scenario, const struct group *group)
{
    struct documents *nodes = &scenario->nodes;
    for (size_t i = 0; i < (size_t)group->count; i++) {
        char *name = group->numbered ? mem_format("%s-%zu", group->name, group->first + i)
                                     : mem_format("%s", group->name);
        MEM_GROW(nodes->items, nodes->count, nodes->capacity);
        nodes->items[nodes->count++] = node_document(group, name, zone_of(group, group->first + i));
        free(name);
    }
}

/* ── capacity ── */

/* What the user says, filled up with what is usual. */
static struct value *capacity_of(const struct value *said)
{
    struct value *capacity = said == NULL ? value_new_map() : value_copy(said);
    for (size_t i = 0; i < sizeof usual_capacity / sizeof *usual_capacity; i++)
        if (value_get(capacity, usual_capacity[i].name) == NULL)
            value_set(capacity, usual_capacity[i].name,
                      value_new_string(usual_capacity[i].quantity));
    return capacity;
}

static struct value *allocatable_of(const struct value *said, const struct value *capacity)
{
    struct value *allocatable = value_copy(capacity);
    for (size_t i = 0; said != NULL && i < said->count; i++)
        value_set(allocatable, said->entries[i].key, value_hold(said->entries[i].value));
    return allocatable;
}

/* ── taints ── */

static bool is_effect(const char *text)
{
    return strcmp(text, "NoSchedule") == 0 || strcmp(text, "PreferNoSchedule") == 0 ||
           strcmp(text, "NoExecute") == 0;
}

/* key=value:Effect, key:Effect */
static bool load_taint(const struct value *from, struct value *taints, struct error_list *faults)
{
    const char *colon = strrchr(from->text, ':'), *equals = strchr(from->text, '=');
    if (colon == NULL || colon == from->text || !is_effect(colon + 1))
        return error_list_add(faults, from->at,
                              "\"%s\" is no taint (try dedicated=web:NoSchedule; effects are "
                              "NoSchedule, PreferNoSchedule and NoExecute)",
                              from->text);
    if (equals == NULL || equals > colon)
        equals = colon;
    struct value *taint = value_new_map();
    taint->at = from->at;
    value_set(taint, "key", value_new_text(from->text, (size_t)(equals - from->text)));
    if (equals < colon)
        value_set(taint, "value", value_new_text(equals + 1, (size_t)(colon - equals - 1)));
    value_set(taint, "effect", value_new_string(colon + 1));
    value_add(taints, taint);
    return true;
}

static bool load_taints(const struct value *list, struct value *taints, struct error_list *faults)
{
    bool good = true;
    for (size_t i = 0; i < shape_count(list); i++)
        good = load_taint(shape_at(list, i), taints, faults) && good;
    return good;
}

/* ── groups ── */

static bool check_name(const struct value *entry, const char *name, struct error_list *faults)
{
    char *problem = text_problem(name, text_dns_subdomain);
    if (problem == NULL)
        return true;
    error_list_add(faults, entry->at, "nodes: name \"%s\": %s", name, problem);
    free(problem);
    return false;
}

static bool is_taken(const struct scenario *scenario, const struct group *group)
{
    char *first = group->numbered ? mem_format("%s-%zu", group->name, group->first)
                                  : mem_format("%s", group->name);
    bool taken = false;
    for (size_t i = 0; i < scenario->nodes.count && !taken; i++)
        taken =
            strcmp(value_text(value_path(scenario->nodes.items[i], "metadata", "name", NULL), ""),
                   first) == 0;
    free(first);
    return taken;
}

static bool load_group(struct scenario_input *input, const struct value *entry)
{
    struct group group = { .at = entry->at,
                           .name = value_text(shape_get(entry, "name"), "node"),
                           .count = value_int(shape_get(entry, "count"), 1),
                           .numbered = shape_get(entry, "count") != NULL ||
                                       shape_get(entry, "name") == NULL,
                           .labels = shape_get(entry, "labels"),
                           .annotations = shape_get(entry, "annotations"),
                           .zone = value_text(shape_get(entry, "zone"), NULL),
                           .zones = shape_get(entry, "zones"),
                           .unschedulable = value_truth(shape_get(entry, "unschedulable"), false) };
    group.capacity = capacity_of(shape_get(entry, "capacity"));
    group.allocatable = allocatable_of(shape_get(entry, "allocatable"), group.capacity);
    group.taints = value_new_list();
    bool good = check_name(entry, group.name, input->faults);
    good = load_taints(shape_get(entry, "taints"), group.taints, input->faults) && good;
    if (good && group.zone != NULL && group.zones != NULL)
        good = error_list_add(input->faults, entry->at,
                              "nodes: both zone and zones (give one of them)");
    if (good && is_taken(input->scenario, &group))
        good = error_list_add(input->faults, entry->at, "nodes: two groups have the name \"%s\"",
                              group.name);
    if (good)
        add_nodes(input->scenario, &group);
    group_close(&group);
    return good;
}

/* ── the compact text ── */

static bool not_nodes(const char *text, struct place at, struct error *error)
{
    return error_set(error, at,
                     "\"%s\" does not describe nodes (try 6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones; in "
                     "quotes inside [])",
                     text);
}

static bool cut_suffix(char *text, const char *suffix)
{
    size_t length = strlen(text), cut = strlen(suffix);
    if (length <= cut || strcmp(text + length - cut, suffix) != 0)
        return false;
    text[length - cut] = '\0';
    return true;
}

static bool read_count(const char *text, int64_t most, int64_t *count)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *count = strtoll(text, &end, 10);
    return *end == '\0' && *count >= 1 && *count <= most;
}

static bool put_quantity(struct value *capacity, const char *name, const char *text)
{
    struct quantity quantity;
    if (!quantity_parse(text, &quantity, NULL) || quantity.nano <= 0)
        return false;
    value_set(capacity, name, value_new_string(text));
    return true;
}

/* 8cpu, 32Gi, 110pods, 3zones */
static bool read_part(char *part, struct value *capacity, int64_t *zones)
{
    if (cut_suffix(part, "cpu"))
        return put_quantity(capacity, "cpu", part);
    if (cut_suffix(part, "pods"))
        return put_quantity(capacity, "pods", part);
    if (cut_suffix(part, "zones") || cut_suffix(part, "zone"))
        return read_count(part, 1000, zones);
    bool has_unit = strpbrk(part, "kMGTPEi") != NULL;
    return has_unit && put_quantity(capacity, "memory", part);
}

/* Cuts `text` to pieces. */
static bool read_compact(char *text, struct group *group, int64_t *zones)
{
    char *parts = strchr(text, 'x');
    if (parts != NULL)
        *parts++ = '\0';
    if (!read_count(text, MOST_NODES, &group->count))
        return false;
    while (parts != NULL) {
        char *next = strchr(parts, ',');
        if (next != NULL)
            *next++ = '\0';
        if (!read_part(parts, group->capacity, zones))
            return false;
        parts = next;
    }
    return true;
}

/* zone-a, zone-b, ... */
static struct value *zones_of(int64_t count)
{
    struct value *zones = value_new_list();
    for (int64_t i = 0; i < count; i++) {
        char *name = count <= 26 ? mem_format("zone-%c", (char)('a' + i))
                                 : mem_format("zone-%lld", (long long)i + 1);
        value_add(zones, value_new_string(name));
        free(name);
    }
    return zones;
}

bool scenario_add_nodes(struct scenario *scenario, const char *text, struct place at,
                        struct error *error)
{
    struct group group = { .name = "node", .numbered = true, .at = at };
    int64_t zone_count = USUAL_ZONES;
    char *copy = mem_text(text, strlen(text));
    group.first = scenario->nodes.count;
    group.capacity = value_new_map();
    group.taints = value_new_list();
    bool good = read_compact(copy, &group, &zone_count);
    free(copy);
    if (good) {
        struct value *said = group.capacity, *zones = zones_of(zone_count);
        group.zones = zones;
        group.capacity = capacity_of(said);
        group.allocatable = value_hold(group.capacity);
        add_nodes(scenario, &group);
        value_drop(said);
        value_drop(zones);
    }
    group_close(&group);
    return good || not_nodes(text, at, error);
}

bool scenario_load_nodes(struct scenario_input *input, const struct value *entry)
{
    struct error error = { 0 };
    if (entry->type == VALUE_MAP)
        return load_group(input, entry);
    if (scenario_add_nodes(input->scenario, entry->text, entry->at, &error))
        return true;
    error_list_take(input->faults, &error);
    return false;
}
