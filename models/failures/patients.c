/* The nodes and pods of a blow. What a strike wrote is remembered in blow->memory, one block: pods may
 * be gone, and labels changed, when it is mended. */
#include "models/failures/patients.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "sim/base/memory.h"

struct patients {
    size_t count, capacity;
    struct patient {
        struct object_key machine; /* borrowed: the holds keep it */
        uint64_t id;
    } items[];
};

/* --- pods ------------------------------------------------------------------------------ */

static bool names_pod(const char *target, const struct pod *pod)
{
    const char *slash = strchr(target, '/');
    const char *space = slash ? target : "default";
    const size_t length = slash ? (size_t)(slash - target) : strlen(space);
    return strcmp(slash ? slash + 1 : target, name_of(pod)) == 0 &&
           strlen(namespace_of(pod)) == length && memcmp(namespace_of(pod), space, length) == 0;
}

static bool is_running(const struct pod *pod)
{
    return pod->phase == POD_RUNNING && pod->node_name != NULL && !pod->meta.deleting;
}

static struct victims running(const struct blow *blow, const struct selector *selector,
                              const char *space)
{
    struct victims victims = { 0 };
    for (struct cache_cursor all = client_list(blow->client, KIND_POD); cache_next(&all);) {
        const struct pod *pod = pod_of(all.object);
        const bool meant = selector == NULL
                               ? names_pod(blow->target, pod)
                               : (space == NULL || strcmp(space, namespace_of(pod)) == 0) &&
                                     selector_matches(selector, labels_lookup, pod->meta.labels);
        if (!is_running(pod) || !meant)
            continue;
        MEM_GROW(victims.items, victims.count, victims.capacity);
        victims.items[victims.count++] = pod;
    }
    return victims;
}

struct victims victims_matching(const struct blow *blow, const char *text, const char *space)
{
    struct texts *texts = blow->client->cluster->run->texts;
    struct error error = { 0 };
    const struct selector *selector = selector_parse(texts, text, (struct place){ 0 }, &error);
    const bool good = error.text == NULL;
    error_close(&error); /* an entry's selector was checked; another matches no pod */
    if (!good)
        return (struct victims){ 0 };
    const struct victims victims = running(blow, selector, space);
    selector_drop(selector);
    return victims;
}

struct victims victims_find(const struct blow *blow)
{
    if (strpbrk(blow->target, "=,!") == NULL && blow->options == NULL)
        return running(blow, NULL, NULL);
    return victims_matching(blow, blow->target,
                            value_text(value_get(blow->options, "namespace"), NULL));
}

void selector_check(const struct value *options, const char *field, struct error_list *faults)
{
    const struct value *pods = value_get(options, field);
    struct texts *texts = texts_new();
    struct error error = { 0 };
    if (pods != NULL)
        selector_drop(selector_parse(texts, value_text(pods, ""), pods->at, &error));
    if (error.text != NULL)
        error_wrap(&error, "%s", field);
    error_list_take(faults, &error);
    texts_free(texts);
}

/* --- nodes ----------------------------------------------------------------------------- */

static bool is_in(const struct blow *blow, const struct node *node)
{
    const char *group = NULL;
    if (blow->targets == TARGET_NODES)
        group = name_of(node);
    else if (blow->targets == TARGET_ZONES)
        group = node->zone != NULL ? text_s(node->zone) : NULL;
    else if (blow->targets == TARGET_GROUPS)
        group = labels_get(node->meta.labels, failure_group_label(blow->options));
    return group != NULL && strcmp(group, blow->target) == 0;
}

/* Each node has luck of its own in every strike of its group. */
static bool is_spared(const struct blow *blow, const struct node *node)
{
    const struct cluster *cluster = blow->client->cluster;
    const double share = value_double(value_get(blow->options, "share"), 1);
    if (share >= 1)
        return false;
    char *entity = mem_format("node/%s", name_of(node));
    struct stream stream =
        run_stream(cluster->run, cluster->id, entity, "share-of-group", blow->number);
    free(entity);
    return stream_uniform(&stream) >= share;
}

const struct text **nodes_find(const struct blow *blow, size_t *count)
{
    const struct text **nodes = NULL;
    size_t capacity = 0;
    *count = 0;
    for (struct cache_cursor all = client_list(blow->client, KIND_NODE); cache_next(&all);) {
        if (!is_in(blow, node_of(all.object)) || is_spared(blow, node_of(all.object)))
            continue;
        MEM_GROW(nodes, *count, capacity);
        nodes[(*count)++] = all.object->name;
    }
    return nodes;
}

/* --- patients -------------------------------------------------------------------------- */

static void add(struct blow *blow, struct object_key machine, struct ailment ailment)
{
    struct patients *patients = blow->memory;
    const size_t count = patients != NULL ? patients->count : 0;
    if (patients == NULL || count == patients->capacity) {
        const size_t capacity = count > 0 ? 2 * count : 4;
        patients = mem_resize(patients, sizeof *patients + capacity * sizeof *patients->items);
        patients->capacity = capacity;
        patients->count = count;
        blow->memory = patients;
    }
    const struct object_key kept = machine_keep(blow, machine);
    const uint64_t id = machine_ail(blow, kept, ailment);
    patients->items[patients->count++] = (struct patient){ kept, id };
}

void patients_add_node(struct blow *blow, const struct text *node, struct ailment ailment)
{
    add(blow, machine_of_node(node), ailment);
}

void patients_add_pod(struct blow *blow, const struct pod *pod, struct ailment ailment)
{
    ailment.pod = pod->meta.uid;
    add(blow, machine_of_node(pod->node_name), ailment);
}

void patients_add_clients(struct blow *blow, struct ailment ailment)
{
    const struct object_key machine = machine_of_clients(blow->client->cluster);
    add(blow, machine, ailment);
    object_key_drop(machine);
}

static void add_pods(struct blow *blow, struct ailment ailment)
{
    struct run *run = blow->client->cluster->run;
    struct victims victims = victims_find(blow);
    const int64_t all = (int64_t)victims.count;
    int64_t wanted = value_int(value_get(blow->options, "count"), all);
    while (wanted-- > 0 && victims.count > 0) {
        const uint32_t i =
            wanted + 1 >= (int64_t)victims.count
                ? 0
                : run_choose(run, "failure-pod", blow->target, blow->number << 16 | victims.count,
                             (uint32_t)victims.count);
        patients_add_pod(blow, victims.items[i], ailment);
        memmove(&victims.items[i], &victims.items[i + 1],
                (--victims.count - i) * sizeof *victims.items);
    }
    free(victims.items);
}

void patients_add_all(struct blow *blow, struct ailment ailment)
{
    size_t count;
    if (blow->targets == TARGET_NAMED) {
        add_pods(blow, ailment);
        return;
    }
    const struct text **nodes = nodes_find(blow, &count);
    for (size_t i = 0; i < count; i++)
        patients_add_node(blow, nodes[i], ailment);
    free(nodes);
}

void patients_heal(struct blow *blow)
{
    const struct patients *patients = blow->memory;
    for (size_t i = 0; patients != NULL && i < patients->count; i++)
        machine_heal(blow, patients->items[i].machine, patients->items[i].id);
}
