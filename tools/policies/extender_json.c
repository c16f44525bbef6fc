/* To and from the documents of scheduler extenders; see extender_json.h. */
#include "tools/policies/extender_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static const struct place nowhere = { 0 };

/* --- questions --------------------------------------------------------------------------------- */

void node_texts_close(struct node_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i].text);
    free(texts->items);
    *texts = (struct node_texts){ 0 };
}

static void add_object(struct writer *into, const struct codec *codec, const struct object *object)
{
    struct value *document = kind_infos[object->kind].print(codec, object);
    json_print(into, document, (struct json_style){ 0 });
    value_drop(document);
}

static const char *node_text(struct node_texts *texts, const struct extender_call *call,
                             uint32_t slot)
{
    const struct object *node = &call->snapshot->nodes[slot]->node->meta.object;
    if (slot >= texts->count) {
        const size_t count = call->snapshot->slot_capacity;
        texts->items = mem_resize(texts->items, count * sizeof *texts->items);
        memset(texts->items + texts->count, 0, (count - texts->count) * sizeof *texts->items);
        texts->count = count;
    }
    struct node_text *text = &texts->items[slot];
    if (text->text == NULL || text->version != node->version) {
        struct writer printed = { 0 };
        add_object(&printed, call->codec, node);
        free(text->text);
        *text = (struct node_text){ node->version, writer_take(&printed) };
    }
    return text->text;
}

static void add_string(struct writer *into, const char *text)
{
    json_print_string(into, text, strlen(text), false);
}

static const char *name_of_slot(const struct extender_call *call, size_t i)
{
    return call->snapshot->nodes[call->slots[i]]->name->s;
}

void extender_json_arguments(struct writer *into, const struct extender_call *call, bool names_only,
                             struct node_texts *nodes)
{
    writer_add(into, "{\"Pod\":");
    add_object(into, call->codec, &call->pod->meta.object);
    writer_add(into, names_only ? ",\"Nodes\":null,\"NodeNames\":["
                                : ",\"Nodes\":{\"metadata\":{},\"items\":[");
    for (size_t i = 0; i < call->count; i++) {
        writer_add(into, i > 0 ? "," : "");
        if (names_only)
            add_string(into, name_of_slot(call, i));
        else
            writer_add(into, node_text(nodes, call, call->slots[i]));
    }
    writer_add(into, names_only ? "]}" : "]},\"NodeNames\":null}");
}

static void add_uid(struct writer *into, const struct pod *pod)
{
    char uid[UID_TEXT];
    add_string(into, uid_print(pod->meta.uid, uid));
}

static void add_victims(struct writer *into, const struct extender_call *call,
                        const struct extender_victims *victims, bool uids_only)
{
    writer_add(into, "{\"Pods\":[");
    for (size_t i = 0; i < victims->count; i++) {
        writer_add(into, i > 0 ? "," : "");
        if (uids_only) {
            writer_add(into, "{\"UID\":");
            add_uid(into, victims->pods[i]);
            writer_add(into, "}");
        } else {
            add_object(into, call->codec, &victims->pods[i]->meta.object);
        }
    }
    writer_format(into, "],\"NumPDBViolations\":%" PRId64 "}", victims->pdb_violations);
}

void extender_json_victims(struct writer *into, const struct extender_call *call,
                           const struct extender_victims *candidates, bool uids_only)
{
    writer_add(into, "{\"Pod\":");
    add_object(into, call->codec, &call->pod->meta.object);
    writer_add(into, uids_only ? ",\"NodeNameToVictims\":null,\"NodeNameToMetaVictims\":{"
                               : ",\"NodeNameToVictims\":{");
    for (size_t i = 0; i < call->count; i++) {
        writer_add(into, i > 0 ? "," : "");
        add_string(into, name_of_slot(call, i));
        writer_add(into, ":");
        add_victims(into, call, &candidates[i], uids_only);
    }
    writer_add(into, uids_only ? "}}" : "},\"NodeNameToMetaVictims\":null}");
}

void extender_json_binding(struct writer *into, const struct pod *pod, const struct text *node)
{
    writer_add(into, "{\"PodName\":");
    add_string(into, pod->meta.object.name->s);
    writer_add(into, ",\"PodNamespace\":");
    add_string(into, text_s(pod->meta.object.space));
    writer_add(into, ",\"PodUID\":");
    add_uid(into, pod);
    writer_add(into, ",\"Node\":");
    add_string(into, node->s);
    writer_add(into, "}");
}

/* --- answers ----------------------------------------------------------------------------------- */

const struct value *extender_json_get(const struct value *map, const char *key)
{
    const struct value *exact = value_get(map, key);
    if (exact != NULL || map == NULL || map->type != VALUE_MAP)
        return exact;
    for (size_t i = 0; i < map->count; i++)
        if (strcasecmp(map->entries[i].key, key) == 0)
            return map->entries[i].value;
    return NULL;
}

/* Which of the nodes in question has this name: nodes may be many, and answers as long. */
struct asked_nodes {
    struct asked_node {
        const char *name;
        size_t at;
    } * items; /* by name */
    size_t count;
};

static int compare_asked(const void *a, const void *b)
{
    return strcmp(((const struct asked_node *)a)->name, ((const struct asked_node *)b)->name);
}

static struct asked_nodes asked_nodes_of(const struct extender_call *call)
{
    struct asked_nodes asked = { mem_new((call->count + 1) * sizeof *asked.items), call->count };
    for (size_t i = 0; i < call->count; i++)
        asked.items[i] = (struct asked_node){ name_of_slot(call, i), i };
    qsort(asked.items, asked.count, sizeof *asked.items, compare_asked);
    return asked;
}

static bool find_asked(const struct asked_nodes *asked, const char *name, size_t *at)
{
    const struct asked_node key = { name, 0 };
    const struct asked_node *found =
        bsearch(&key, asked->items, asked->count, sizeof *asked->items, compare_asked);
    if (found != NULL)
        *at = found->at;
    return found != NULL;
}

static bool is_of_type(const struct value *value, enum value_type type)
{
    return value == NULL || value->type == type || value->type == VALUE_NULL;
}

/* The name of the i-th node that an answer keeps; NULL when it has none. */
static const char *kept_name(const struct value *names, const struct value *items, size_t i)
{
    if (names != NULL)
        return value_text(value_at(names, i), NULL);
    return value_text(extender_json_get(extender_json_get(value_at(items, i), "metadata"), "name"),
                      NULL);
}

/* Everybody is out until the answer names them. */
static bool take_kept(const struct value *answer, const struct asked_nodes *asked, bool names_only,
                      struct extender_verdict *verdicts, struct error *error)
{
    const struct value *names = names_only ? extender_json_get(answer, "NodeNames") : NULL;
    const struct value *nodes = extender_json_get(answer, "Nodes");
    const struct value *items = extender_json_get(nodes, "items");
    if (value_is_null(names))
        names = NULL;
    if (!is_of_type(names, VALUE_LIST) || !is_of_type(nodes, VALUE_MAP) ||
        !is_of_type(items, VALUE_LIST))
        return error_set(error, nowhere, "answered nonsense (its nodes are no list)");
    for (size_t i = 0; i < asked->count; i++)
        verdicts[i].sort = EXTENDER_NEVER_ACCEPTS;
    const struct value *list = names != NULL ? names : items;
    for (size_t i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++) {
        const char *name = kept_name(names, items, i);
        size_t at;
        if (name == NULL)
            return error_set(error, nowhere, "answered nonsense (a node without a name)");
        if (!find_asked(asked, name, &at))
            return error_set(error, nowhere,
                             "claims a filtered node \"%.200s\" which is not found in the input "
                             "node list",
                             name);
        verdicts[at].sort = EXTENDER_KEEPS;
    }
    return true;
}

/* Why nodes failed. A node that the answer keeps as well is kept. */
static bool take_failed(const struct value *failed, const struct extender_call *call,
                        const struct asked_nodes *asked, int sort,
                        struct extender_verdict *verdicts, struct error *error)
{
    if (!is_of_type(failed, VALUE_MAP))
        return error_set(error, nowhere, "answered nonsense (failed nodes are no map)");
    for (size_t i = 0; failed != NULL && failed->type == VALUE_MAP && i < failed->count; i++) {
        const struct value *reason = failed->entries[i].value;
        size_t at;
        if (reason->type != VALUE_STRING)
            return error_set(error, nowhere, "answered nonsense (a reason that is no text)");
        if (!find_asked(asked, failed->entries[i].key, &at) || verdicts[at].reason != NULL ||
            verdicts[at].sort == EXTENDER_KEEPS)
            continue;
        verdicts[at].sort = sort;
        verdicts[at].reason = text_intern(call->snapshot->texts, reason->text);
    }
    return true;
}

enum extender_reply extender_json_filtered(const struct value *answer,
                                           const struct extender_call *call, bool names_only,
                                           struct extender_verdict *verdicts, struct error *error)
{
    const char *fault = value_text(extender_json_get(answer, "Error"), "");
    if (*fault != '\0') {
        error_set(error, nowhere, "%s", fault);
        return EXTENDER_REFUSED;
    }
    struct asked_nodes asked = asked_nodes_of(call);
    const bool fine = take_kept(answer, &asked, names_only, verdicts, error) &&
                      take_failed(extender_json_get(answer, "FailedAndUnresolvableNodes"), call,
                                  &asked, EXTENDER_NEVER_ACCEPTS, verdicts, error) &&
                      take_failed(extender_json_get(answer, "FailedNodes"), call, &asked,
                                  EXTENDER_REJECTS, verdicts, error);
    free(asked.items);
    return fine ? EXTENDER_ANSWERED : EXTENDER_BROKEN;
}

/* Priorities run from 0 to 10; the real one does not look, and neither do we within reason. */
static bool take_priority(const struct value *item, const struct asked_nodes *asked, int64_t factor,
                          int64_t *scores, struct error *error)
{
    enum { PRIORITY_LIMIT = 1000000 };
    const char *host = value_text(extender_json_get(item, "Host"), NULL);
    const struct value *given = extender_json_get(item, "Score");
    int64_t score = 0;
    size_t at;
    if (host == NULL)
        return error_set(error, nowhere, "answered nonsense (a priority without a Host)");
    if ((given != NULL && !value_as_int(given, &score)) || score < -PRIORITY_LIMIT ||
        score > PRIORITY_LIMIT)
        return error_set(error, nowhere,
                         "answered nonsense (the Score of node \"%.200s\" is not a whole number "
                         "from 0 to 10)",
                         host);
    if (!find_asked(asked, host, &at))
        return error_set(error, nowhere,
                         "gives a score to the node \"%.200s\", about which it was not asked",
                         host);
    scores[at] += score * factor;
    return true;
}

enum extender_reply extender_json_priorities(const struct value *answer,
                                             const struct extender_call *call, int64_t factor,
                                             int64_t *scores, struct error *error)
{
    struct asked_nodes asked = asked_nodes_of(call);
    bool fine = true;
    for (size_t i = 0; fine && answer->type == VALUE_LIST && i < answer->count; i++)
        fine = take_priority(value_at(answer, i), &asked, factor, scores, error);
    free(asked.items);
    return fine ? EXTENDER_ANSWERED : EXTENDER_BROKEN;
}

/* --- preemption -------------------------------------------------------------------------------- */

static const struct pod *pod_with_uid(const struct node_info *node, const char *text)
{
    struct uid uid;
    if (!uid_parse(text, &uid))
        return NULL;
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next)
        if (uid_equal(placed->pod->meta.uid, uid))
            return placed->pod;
    return NULL;
}

/* Nothing is changed before the whole answer has been checked (`candidate` NULL). */
static bool take_victims(const struct value *victims, const struct node_info *node,
                         struct extender_victims *candidate, struct error *error)
{
    const struct value *pods = extender_json_get(victims, "Pods");
    const size_t count = pods != NULL && pods->type == VALUE_LIST ? pods->count : 0;
    if (candidate != NULL) {
        candidate->pods = mem_resize(candidate->pods, (count + 1) * sizeof *candidate->pods);
        candidate->count = 0;
        candidate->pdb_violations = value_int(extender_json_get(victims, "NumPDBViolations"), 0);
    }
    for (size_t i = 0; i < count; i++) {
        const char *uid = value_text(extender_json_get(value_at(pods, i), "UID"), "");
        const struct pod *pod = pod_with_uid(node, uid);
        if (pod == NULL)
            return error_set(error, nowhere,
                             "claims to preempt pod (UID: %.100s) on node: %s, but the pod is not "
                             "found on that node",
                             uid, node->name->s);
        if (candidate != NULL)
            candidate->pods[candidate->count++] = pod;
    }
    return true;
}

/* One pass over the answer: to check it (`candidates` NULL), or to take it. */
static bool take_agreed(const struct value *agreed, const struct extender_call *call,
                        const struct asked_nodes *asked, struct extender_victims *candidates,
                        struct error *error)
{
    for (size_t i = 0; agreed != NULL && agreed->type == VALUE_MAP && i < agreed->count; i++) {
        const char *name = agreed->entries[i].key;
        size_t at;
        if (!find_asked(asked, name, &at))
            return error_set(error, nowhere,
                             "agrees to victims on the node \"%.200s\", about which it was not "
                             "asked",
                             name);
        if (candidates != NULL)
            candidates[at].kept = true;
        if (!take_victims(agreed->entries[i].value, call->snapshot->nodes[call->slots[at]],
                          candidates != NULL ? &candidates[at] : NULL, error))
            return false;
    }
    return true;
}

enum extender_reply extender_json_agreed(const struct value *answer,
                                         const struct extender_call *call,
                                         struct extender_victims *candidates, struct error *error)
{
    const struct value *agreed = extender_json_get(answer, "NodeNameToMetaVictims");
    if (!is_of_type(agreed, VALUE_MAP)) {
        error_set(error, nowhere, "answered nonsense (NodeNameToMetaVictims is no map)");
        return EXTENDER_BROKEN;
    }
    struct asked_nodes asked = asked_nodes_of(call);
    const bool fine = take_agreed(agreed, call, &asked, NULL, error);
    for (size_t i = 0; fine && i < call->count; i++)
        candidates[i].kept = false;
    if (fine)
        take_agreed(agreed, call, &asked, candidates, error);
    free(asked.items);
    return fine ? EXTENDER_ANSWERED : EXTENDER_BROKEN;
}
