/* Lines of JSON to a policy and back; see json_lines.h. */
#include "tools/policies/json_lines.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/policies/fixed_score.h"
#include "tools/policies/peer.h"

struct json_lines {
    struct extender extender;
    struct peer peer;
    sim_time limit;
    struct writer out;

    /* The nodes as the policy knows them: those of the last "nodes", in its order. */
    struct known_node {
        uint32_t slot;
        uint64_t version; /* of the node's object */
    } * nodes;
    size_t node_count, node_capacity;
    struct writer told; /* the last "nodes" */
    char **resources;   /* owned: extended ones that some node has, by name */
    size_t resource_count, resource_capacity;

    uint64_t attempts;
    int64_t *scores; /* by slot: of the last answer */
    size_t slots;
};

static const struct place nowhere = { 0 };

/* --- nodes ------------------------------------------------------------------------------------ */

static bool nodes_have_changed(const struct json_lines *policy, const struct snapshot *snapshot)
{
    size_t at = 0;
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *info = snapshot->nodes[slot];
        if (info == NULL || info->node == NULL)
            continue;
        if (at == policy->node_count || policy->nodes[at].slot != slot ||
            policy->nodes[at].version != info->node->meta.object.version)
            return true;
        at++;
    }
    return at != policy->node_count;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void know_resources(struct json_lines *policy, const struct node_resources *allocatable)
{
    for (size_t i = 0; allocatable != NULL && i < allocatable->resources.extended_count; i++) {
        const struct text *name = allocatable->resources.extended[i].name;
        size_t at = 0;
        while (at < policy->resource_count && strcmp(policy->resources[at], name->s) != 0)
            at++;
        if (at < policy->resource_count)
            continue;
        MEM_GROW(policy->resources, policy->resource_count, policy->resource_capacity);
        policy->resources[policy->resource_count++] = mem_text(name->s, name->length);
        qsort(policy->resources, policy->resource_count, sizeof *policy->resources, compare_texts);
    }
}

static void know_nodes(struct json_lines *policy, const struct snapshot *snapshot)
{
    policy->node_count = 0;
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *info = snapshot->nodes[slot];
        if (info == NULL || info->node == NULL)
            continue;
        MEM_GROW(policy->nodes, policy->node_count, policy->node_capacity);
        policy->nodes[policy->node_count++] =
            (struct known_node){ slot, info->node->meta.object.version };
        know_resources(policy, info->node->allocatable);
    }
}

static void add_string(struct writer *out, const struct text *text)
{
    json_print_string(out, text_s(text), text != NULL ? text->length : 0, false);
}

static void add_labels(struct writer *out, const struct labels *labels)
{
    writer_add(out, "{");
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++) {
        writer_add(out, i > 0 ? "," : "");
        add_string(out, labels->items[i].key);
        writer_add(out, ":");
        add_string(out, labels->items[i].value);
    }
    writer_add(out, "}");
}

static void add_amounts(struct writer *out, const struct resources *amounts, int64_t pods)
{
    writer_format(out,
                  "{\"cpu\":%" PRId64 ",\"memory\":%" PRId64 ",\"ephemeral-storage\":%" PRId64
                  ",\"pods\":%" PRId64,
                  amounts->cpu_milli, amounts->memory_bytes, amounts->ephemeral_storage_bytes,
                  pods);
    for (size_t i = 0; i < amounts->extended_count; i++) {
        writer_add(out, ",");
        add_string(out, amounts->extended[i].name);
        writer_format(out, ":%" PRId64, amounts->extended[i].amount);
    }
    writer_add(out, "}");
}

static void print_nodes(const struct json_lines *policy, const struct snapshot *snapshot,
                        struct writer *out)
{
    static const struct resources none = { 0 };
    writer_add(out, "{\"type\":\"nodes\",\"nodes\":[");
    for (size_t i = 0; i < policy->node_count; i++) {
        const struct node_info *info = snapshot->nodes[policy->nodes[i].slot];
        const struct node_resources *allocatable = info->node->allocatable;
        writer_add(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        add_string(out, info->name);
        writer_add(out, ",\"labels\":");
        add_labels(out, info->node->meta.labels);
        writer_add(out, ",\"allocatable\":");
        add_amounts(out, allocatable != NULL ? &allocatable->resources : &none,
                    allocatable != NULL ? allocatable->pods : 0);
        writer_add(out, "}");
    }
    writer_add(out, "]}\n");
}

/* A write to a node (its heartbeat) need not change what the policy knows of it. */
static void tell_nodes(struct json_lines *policy, const struct snapshot *snapshot)
{
    struct writer text = { 0 };
    if (!nodes_have_changed(policy, snapshot))
        return;
    know_nodes(policy, snapshot);
    print_nodes(policy, snapshot, &text);
    if (text.length != policy->told.length ||
        memcmp(text.bytes, policy->told.bytes, text.length) != 0)
        writer_add_bytes(&policy->out, text.bytes, text.length);
    writer_close(&policy->told);
    policy->told = text;
}

/* Thousands of these stand in one question: printf() would take most of its time. */
static void add_number(struct writer *out, int64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    writer_add_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

/* --- attempts ---------------------------------------------------------------------------------- */

static void add_pod(struct writer *out, const struct pod *pod)
{
    writer_add(out, "{\"namespace\":");
    add_string(out, pod->meta.object.space);
    writer_add(out, ",\"name\":");
    add_string(out, pod->meta.object.name);
    writer_add(out, ",\"labels\":");
    add_labels(out, pod->meta.labels);
    writer_format(out, ",\"priority\":%" PRId32 ",\"requests\":", pod->spec->priority);
    add_amounts(out, &pod->spec->requests, 1);
    writer_add(out, "}");
}

static void add_feasible(const struct json_lines *policy, const struct extender_call *call,
                         struct writer *out)
{
    char *feasible = mem_new(call->snapshot->slot_count);
    for (size_t i = 0; i < call->count; i++)
        feasible[call->slots[i]] = 1;
    writer_add(out, ",\"feasible\":[");
    for (size_t i = 0; i < policy->node_count; i++) {
        writer_add(out, i > 0 ? "," : "");
        writer_add_char(out, feasible[policy->nodes[i].slot] ? '1' : '0');
    }
    writer_add(out, "]");
    free(feasible);
}

/* What is left on a node of a resource: the common ones by number, the others behind them. */
static int64_t free_amount(const struct json_lines *policy, const struct node_info *info,
                           size_t resource)
{
    const struct node_resources *has = info->node->allocatable;
    if (has == NULL)
        return 0;
    switch (resource) {
    case 0:
        return has->resources.cpu_milli - info->requested.cpu_milli;
    case 1:
        return has->resources.memory_bytes - info->requested.memory_bytes;
    case 2:
        return has->resources.ephemeral_storage_bytes - info->requested.ephemeral_storage_bytes;
    case 3:
        return has->pods - (int64_t)info->pod_count;
    default:
        return resources_get(&has->resources, policy->resources[resource - 4]) -
               resources_get(&info->requested, policy->resources[resource - 4]);
    }
}

static void add_free(const struct json_lines *policy, const struct snapshot *snapshot,
                     struct writer *out)
{
    static const char *const common[] = { "cpu", "memory", "ephemeral-storage", "pods" };
    writer_add(out, ",\"free\":{");
    for (size_t resource = 0; resource < 4 + policy->resource_count; resource++) {
        const char *name = resource < 4 ? common[resource] : policy->resources[resource - 4];
        writer_add(out, resource > 0 ? "," : "");
        json_print_string(out, name, strlen(name), false);
        writer_add(out, ":[");
        for (size_t i = 0; i < policy->node_count; i++) {
            writer_add(out, i > 0 ? "," : "");
            add_number(out, free_amount(policy, snapshot->nodes[policy->nodes[i].slot], resource));
        }
        writer_add(out, "]");
    }
    writer_add(out, "}");
}

static void write_attempt(struct json_lines *policy, const struct extender_call *call)
{
    struct writer *out = &policy->out;
    writer_clear(out);
    tell_nodes(policy, call->snapshot);
    writer_format(out, "{\"type\":\"attempt\",\"id\":%" PRIu64 ",\"time\":%.9g,\"waiting\":%zu",
                  ++policy->attempts, (double)call->now / SIM_SECOND, call->waiting);
    writer_add(out, ",\"pod\":");
    add_pod(out, call->pod);
    add_feasible(policy, call, out);
    add_free(policy, call->snapshot, out);
    writer_add(out, "}\n");
}

/* --- answers ----------------------------------------------------------------------------------- */

/* What it said, short enough for a message. */
static bool is_nonsense(struct error *error, const char *line, size_t length, const char *why)
{
    enum { SHOWN = 60 };
    return error_set(error, nowhere, "answered nonsense (%s): %.*s%s", why,
                     (int)(length < SHOWN ? length : SHOWN), line, length > SHOWN ? "..." : "");
}

/* The next line as a map; NULL with the error. */
static struct value *read_map(struct json_lines *policy, sim_time limit, struct error *error)
{
    size_t length;
    struct error fault = { 0 };
    const char *line = peer_read_line(&policy->peer, &length, limit, error);
    if (line == NULL)
        return NULL;
    struct value *map =
        json_read(line, length, (struct place){ .line = 1, .column = 1 }, NULL, &fault);
    if (map == NULL || map->type != VALUE_MAP) {
        is_nonsense(error, line, length, map == NULL ? fault.text : "it is no JSON object");
        value_drop(map);
        map = NULL;
    }
    error_close(&fault);
    return map;
}

/* The place in the last "nodes" of what it calls a node, by name or by number. */
static bool find_node(const struct json_lines *policy, const struct extender_call *call,
                      const struct value *node, uint32_t *slot, struct error *error)
{
    int64_t number;
    if (value_as_int(node, &number)) {
        if (number < 0 || number >= (int64_t)policy->node_count)
            return error_set(error, nowhere,
                             "answered the unknown node number %" PRId64 " of %zu for pod %s",
                             number, policy->node_count, call->pod->meta.object.name->s);
        *slot = policy->nodes[number].slot;
        return true;
    }
    if (node->type != VALUE_STRING)
        return error_set(error, nowhere, "answered nonsense (node is neither a name nor a number)");
    for (size_t i = 0; i < policy->node_count; i++) {
        *slot = policy->nodes[i].slot;
        if (strcmp(call->snapshot->nodes[*slot]->name->s, node->text) == 0)
            return true;
    }
    return error_set(error, nowhere, "answered the unknown node \"%.200s\" for pod %s", node->text,
                     call->pod->meta.object.name->s);
}

static struct extender_verdict rejects(const struct json_lines *policy,
                                       const struct extender_call *call, const char *reason)
{
    struct texts *texts = call->snapshot->texts;
    return (struct extender_verdict){
        EXTENDER_REJECTS,
        *reason != '\0' ? text_intern(texts, reason)
                        : text_format(texts, "node(s) rejected by policy %s", policy->extender.name)
    };
}

static bool take_node(struct json_lines *policy, const struct extender_call *call,
                      const struct value *node, struct error *error)
{
    uint32_t slot = 0;
    if (!find_node(policy, call, node, &slot, error))
        return false;
    bool is_feasible = false;
    for (size_t i = 0; i < call->count; i++) {
        policy->scores[call->slots[i]] = call->slots[i] == slot;
        is_feasible |= call->slots[i] == slot;
    }
    return is_feasible ||
           error_set(error, nowhere, "answered node %s for pod %s, which is not feasible",
                     call->snapshot->nodes[slot]->name->s, call->pod->meta.object.name->s);
}

/* Scores stand in the order of the nodes; those of nodes that are not feasible do not matter. */
static bool take_scores(struct json_lines *policy, const struct extender_call *call,
                        const struct value *scores, const char *reason,
                        struct extender_verdict *verdicts, struct error *error)
{
    if (scores->type != VALUE_LIST || scores->count != policy->node_count)
        return error_set(error, nowhere, "answered nonsense (%zu scores for %zu nodes)",
                         scores->type == VALUE_LIST ? scores->count : 0, policy->node_count);
    const struct value **by_slot = mem_new(policy->slots * sizeof *by_slot);
    bool fine = true;
    for (size_t i = 0; i < policy->node_count; i++)
        by_slot[policy->nodes[i].slot] = scores->items[i];
    for (size_t i = 0; fine && i < call->count; i++) {
        const struct value *score = by_slot[call->slots[i]];
        if (score->type == VALUE_NULL)
            verdicts[i] = rejects(policy, call, reason);
        else
            fine = fixed_score(value_double(score, NAN), &policy->scores[call->slots[i]]) ||
                   error_set(error, nowhere,
                             "answered a score for node %s that is not a number from -1e12 to 1e12",
                             call->snapshot->nodes[call->slots[i]]->name->s);
    }
    free(by_slot);
    return fine;
}

static bool take_answer(struct json_lines *policy, const struct extender_call *call,
                        const struct value *answer, struct extender_verdict *verdicts,
                        struct error *error)
{
    const struct value *node = value_get(answer, "node"), *scores = value_get(answer, "scores");
    const char *reason = value_text(value_get(answer, "reason"), "");
    if (value_int(value_get(answer, "id"), -1) != (int64_t)policy->attempts)
        return error_set(error, nowhere, "answered nonsense (not to attempt %" PRIu64 ")",
                         policy->attempts);
    if (scores != NULL)
        return take_scores(policy, call, scores, reason, verdicts, error);
    if (node == NULL)
        return error_set(error, nowhere, "answered nonsense (neither node nor scores)");
    if (node->type != VALUE_NULL)
        return take_node(policy, call, node, error);
    for (size_t i = 0; i < call->count; i++)
        verdicts[i] = rejects(policy, call, reason);
    return true;
}

static enum extender_reply filter(void *state, const struct extender_call *call,
                                  struct extender_verdict *verdicts, struct error *error)
{
    struct json_lines *policy = state;
    if (policy->slots < call->snapshot->slot_capacity) {
        policy->slots = call->snapshot->slot_capacity;
        policy->scores = mem_resize(policy->scores, policy->slots * sizeof *policy->scores);
    }
    write_attempt(policy, call);
    if (!peer_write(&policy->peer, policy->out.bytes, policy->out.length, policy->limit, error))
        return EXTENDER_BROKEN;
    struct value *answer = read_map(policy, policy->limit, error);
    const bool fine = answer != NULL && take_answer(policy, call, answer, verdicts, error);
    value_drop(answer);
    return fine ? EXTENDER_ANSWERED : EXTENDER_BROKEN;
}

/* They came with the answer to the filter. */
static enum extender_reply prioritize(void *state, const struct extender_call *call,
                                      int64_t *scores, struct error *error)
{
    const struct json_lines *policy = state;
    (void)error;
    for (size_t i = 0; i < call->count; i++)
        scores[i] = policy->scores[call->slots[i]];
    return EXTENDER_ANSWERED;
}

/* --- begin and end ----------------------------------------------------------------------------- */

static bool greet(struct json_lines *policy, const struct outside_options *options,
                  struct error *error)
{
    struct writer *out = &policy->out;
    writer_format(out, "{\"type\":\"hello\",\"protocol\":%d,\"scenario\":", JSON_LINES_PROTOCOL);
    json_print_string(out, options->scenario, strlen(options->scenario), false);
    writer_format(out, ",\"seed\":%" PRIu64 "}\n", options->seed);
    if (!peer_write(&policy->peer, out->bytes, out->length, options->start_limit, error))
        return false;
    struct value *answer = read_map(policy, options->start_limit, error);
    const int64_t protocol = value_int(value_get(answer, "protocol"), 0);
    const bool fine =
        answer != NULL && (protocol == JSON_LINES_PROTOCOL ||
                           error_set(error, nowhere, "speaks protocol %" PRId64 ", this program %d",
                                     protocol, JSON_LINES_PROTOCOL));
    value_drop(answer);
    return fine;
}

/* "fd:3,4": somebody has started us and listens. */
static bool is_descriptors(const char *command, int *read, int *write)
{
    int end = 0;
    return sscanf(command, "fd:%d,%d%n", read, write, &end) == 2 && command[end] == '\0' &&
           *read >= 0 && *write >= 0;
}

struct json_lines *json_lines_open(const char *name, const char *command,
                                   const struct outside_options *options, struct error *error)
{
    struct json_lines *policy = mem_new(sizeof *policy);
    int from, to;
    policy->extender = (struct extender){
        .name = name, .state = policy, .filter = filter, .prioritize = prioritize
    };
    policy->limit = options->limit;
    policy->peer = (struct peer){ .to = -1, .from = -1 };
    if (is_descriptors(command, &from, &to))
        peer_of(&policy->peer, to, from);
    else if (!peer_start(&policy->peer, command, error))
        goto fail;
    if (greet(policy, options, error))
        return policy;
fail:
    json_lines_close(policy);
    return NULL;
}

void json_lines_end(struct json_lines *policy, sim_time now, const struct value *pods)
{
    struct writer *out = &policy->out;
    struct error error = { 0 };
    writer_clear(out);
    writer_format(out, "{\"type\":\"end\",\"time\":%.9g,\"pods\":", (double)now / SIM_SECOND);
    if (pods != NULL)
        json_print(out, pods, (struct json_style){ 0 });
    else
        writer_add(out, "null");
    writer_add(out, "}\n");
    peer_write(&policy->peer, out->bytes, out->length, policy->limit, &error);
    error_close(&error); /* it may have gone already: nothing depends on it any more */
}

void json_lines_close(struct json_lines *policy)
{
    if (policy == NULL)
        return;
    peer_close(&policy->peer);
    for (size_t i = 0; i < policy->resource_count; i++)
        free(policy->resources[i]);
    free(policy->resources);
    free(policy->nodes);
    free(policy->scores);
    writer_close(&policy->out);
    writer_close(&policy->told);
    free(policy);
}

const struct extender *json_lines_extender(struct json_lines *policy)
{
    return &policy->extender;
}
