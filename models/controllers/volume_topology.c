/* Topologies of provisioned volumes; see volume_topology.h. */
#include "models/controllers/volume_topology.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* Topologies to choose from, each a map of labels. */
struct choices {
    struct value **items; /* owned */
    size_t count, capacity;
};

static void choices_close(struct choices *choices)
{
    for (size_t i = 0; i < choices->count; i++)
        value_drop(choices->items[i]);
    free(choices->items);
}

static void add(struct choices *choices, struct value *topology)
{
    MEM_GROW(choices->items, choices->count, choices->capacity);
    choices->items[choices->count++] = topology;
}

/* By keys, then values, label by label; what is shorter comes first. */
static int compare(const void *a, const void *b)
{
    const struct value *left = *(const struct value *const *)a;
    const struct value *right = *(const struct value *const *)b;
    for (size_t i = 0; i < left->count && i < right->count; i++) {
        int order = strcmp(left->entries[i].key, right->entries[i].key);
        if (order == 0)
            order = strcmp(value_text(left->entries[i].value, ""),
                           value_text(right->entries[i].value, ""));
        if (order != 0)
            return order;
    }
    return (left->count > right->count) - (left->count < right->count);
}

/* --- of nodes ------------------------------------------------------------------------------ */

/* The node's labels of these keys; NULL when it lacks one. */
static struct value *topology_of(const struct value *keys, const struct labels *labels)
{
    struct value *topology = value_new_map();
    for (size_t i = 0; i < keys->count; i++) {
        const char *key = value_text(keys->items[i], "");
        const char *value = labels_get(labels, key);
        if (value == NULL) {
            value_drop(topology);
            return NULL;
        }
        value_set(topology, key, value_new_string(value));
    }
    return topology;
}

static const struct value *keys_of(const struct client *client, const struct text *node,
                                   const struct text *driver)
{
    return csi_node_topology_keys(
        (const struct csi_node *)client_get(client, KIND_CSINODE, NULL, node), driver);
}

static struct value *topology_of_node(const struct client *client, const struct object *node,
                                      const struct text *driver)
{
    const struct labels *labels = meta_of(node)->labels;
    const struct value *keys = keys_of(client, node->name, driver);
    return keys != NULL
               ? topology_of(keys, labels)
               : volume_topology_of_zone(labels_get(labels, "topology.kubernetes.io/zone"));
}

static void add_nodes(struct choices *choices, const struct client *client,
                      const struct text *driver)
{
    struct cache_cursor c = client_list(client, KIND_CSINODE);
    while (cache_next(&c)) {
        const struct value *keys =
            csi_node_topology_keys((const struct csi_node *)c.object, driver);
        const struct object *node = client_get(client, KIND_NODE, NULL, c.object->name);
        struct value *topology =
            keys != NULL && node != NULL ? topology_of(keys, meta_of(node)->labels) : NULL;
        if (topology != NULL)
            add(choices, topology);
    }
}

/* --- of the class -------------------------------------------------------------------------- */

/* All ways to take one value for each expression, from the one at `at` on. */
static void add_product(struct choices *choices, const struct value *expressions, size_t at,
                        struct value *labels)
{
    if (at == (expressions != NULL ? expressions->count : 0)) {
        add(choices, value_copy(labels));
        return;
    }
    const struct value *values = value_get(expressions->items[at], "values");
    const char *key = value_text(value_get(expressions->items[at], "key"), "");
    for (size_t i = 0; values != NULL && i < values->count; i++) {
        value_set(labels, key, value_hold(values->items[i]));
        add_product(choices, expressions, at + 1, labels);
    }
}

static void add_allowed(struct choices *choices, const struct storage_class *class)
{
    const struct value *terms =
        class != NULL ? value_get(class->meta.document, "allowedTopologies") : NULL;
    for (size_t i = 0; terms != NULL && i < terms->count; i++) {
        struct value *labels = value_new_map();
        add_product(choices, value_get(terms->items[i], "matchLabelExpressions"), 0, labels);
        value_drop(labels);
    }
}

/* --- the choice ---------------------------------------------------------------------------- */

/* FNV-1 of the name without what a claim template and an ordinal add, plus the ordinal: "data-db-2"
 * is hash("db") + 2. getPVCNameHashAndIndexOffset. */
static uint32_t turn_of(const char *claim)
{
    const char *first = claim, *end = claim + strlen(claim), *dash = strrchr(claim, '-');
    uint32_t hash = 2166136261U, ordinal = 0;
    if (dash != NULL && dash[1] != '\0' && strspn(dash + 1, "0123456789") == strlen(dash + 1)) {
        ordinal = (uint32_t)strtoul(dash + 1, NULL, 10);
        end = dash;
        for (const char *c = claim; c < dash; c++)
            if (*c == '-')
                first = c + 1;
    }
    for (const char *c = first; c < end; c++)
        hash = hash * 16777619U ^ (unsigned char)*c;
    return hash + ordinal;
}

static size_t without_doubles(struct choices *choices)
{
    size_t count = 0;
    for (size_t i = 0; i < choices->count; i++)
        if (count == 0 || compare(&choices->items[i], &choices->items[count - 1]) != 0) {
            struct value *taken = choices->items[i];
            choices->items[i] = choices->items[count];
            choices->items[count++] = taken;
        }
    return count;
}

struct value *volume_topology(const struct client *client,
                              const struct persistent_volume_claim *claim,
                              const struct storage_class *class, const struct object *node)
{
    struct choices choices = { 0 };
    struct value *chosen = NULL;
    const struct text *driver = cluster_text(client->cluster, storage_class_provisioner(class));
    if (node != NULL) {
        chosen = topology_of_node(client, node, driver);
    } else {
        add_allowed(&choices, class);
        if (choices.count == 0)
            add_nodes(&choices, client, driver);
        if (choices.count > 0) {
            qsort(choices.items, choices.count, sizeof *choices.items, compare);
            const size_t count = without_doubles(&choices);
            chosen = value_hold(choices.items[turn_of(name_of(claim)) % count]);
        }
    }
    text_drop(driver);
    choices_close(&choices);
    return chosen;
}
