/* Rows of timeline.jsonl and events.jsonl from what watchers see. */
#include "tests/support/emitted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/event.h"
#include "sim/base/memory.h"
#include "tests/support/emitted_fields.h"

struct emitted_row {
    struct object_key key; /* held */
    char *fields;          /* owned: the row without its time and type */
};

/* --- names -------------------------------------------------------------------------------- */

/* How many names of a prefix were given. */
static size_t count_names(const struct emitted *emitted, enum kind kind, const char *prefix)
{
    size_t count = 0;
    for (size_t i = 0; i < emitted->name_count; i++)
        count += emitted->names[i].kind == kind && strcmp(emitted->names[i].prefix, prefix) == 0;
    return count;
}

static void take_name(struct emitted *emitted, const struct object *object)
{
    const struct text *prefix = meta_of(object)->generate_name;
    const struct owner *owner = meta_controller(meta_of(object));
    if (prefix == NULL || (owner != NULL && strcmp(text_s(owner->kind), "StatefulSet") == 0))
        return; /* pods of a StatefulSet are named by their ordinals, prefix or not */
    const size_t number = count_names(emitted, object->kind, prefix->s) + 1;
    MEM_GROW(emitted->names, emitted->name_count, emitted->name_capacity);
    emitted->names[emitted->name_count++] = (struct emitted_name){
        .raw = mem_text(name_of(object), strlen(name_of(object))),
        .numbered = mem_format("%s<%zu>", prefix->s, number),
        .prefix = mem_text(prefix->s, prefix->length),
        .kind = object->kind,
    };
}

/* A text in which every name of one form stands in the other. */
static char *exchange(const struct emitted *emitted, const char *text, bool to_raw)
{
    struct writer out = { 0 };
    while (*text != '\0') {
        size_t taken = 0;
        for (size_t i = 0; i < emitted->name_count && taken == 0; i++) {
            const struct emitted_name *name = &emitted->names[i];
            const char *from = to_raw ? name->numbered : name->raw;
            const size_t length = strlen(from);
            if (strncmp(text, from, length) != 0)
                continue;
            writer_add(&out, to_raw ? name->raw : name->numbered);
            taken = length;
        }
        if (taken == 0)
            writer_add_bytes(&out, text, taken = 1);
        text += taken;
    }
    return writer_take(&out);
}

/* `pods "web-x2k9p" is forbidden`: that name was drawn for a pod that there never was. */
static char *without_drawn(char *text)
{
    static const char before[] = "pods \\\"", after[] = "\\\" is forbidden";
    enum { DRAWN = 5 };
    struct writer out = { 0 };
    const char *rest = text;
    for (const char *at; (at = strstr(rest, before)) != NULL;) {
        const char *name = at + strlen(before), *end = strstr(name, after);
        const size_t length = end != NULL ? (size_t)(end - name) : 0;
        const bool drawn = length > DRAWN && name[length - DRAWN - 1] == '-' &&
                           strspn(name + length - DRAWN, "bcdfghjklmnpqrstvwxz2456789") >= DRAWN;
        writer_add_bytes(&out, rest, (size_t)(name - rest) + (drawn ? length - DRAWN : 0));
        writer_add(&out, drawn ? "<?>" : "");
        rest = name + (drawn ? length : 0);
    }
    writer_add(&out, rest);
    free(text);
    return writer_take(&out);
}

char *emitted_numbered(const struct emitted *emitted, const char *text)
{
    return without_drawn(exchange(emitted, text, false));
}

char *emitted_raw(const struct emitted *emitted, const char *text)
{
    return exchange(emitted, text, true);
}

/* --- rows --------------------------------------------------------------------------------- */

static struct emitted_row *find_row(struct emitted *emitted, struct object_key key)
{
    for (size_t i = emitted->row_count; i-- > 0;)
        if (object_key_equal(emitted->rows[i].key, key))
            return &emitted->rows[i];
    return NULL;
}

static void forget_row(struct emitted *emitted, struct emitted_row *row)
{
    object_key_drop(row->key);
    free(row->fields);
    *row = emitted->rows[--emitted->row_count];
}

/* Are its fields other than in its last row? Keeps them; takes `fields`. */
static bool is_news(struct emitted *emitted, struct object_key key, char *fields)
{
    struct emitted_row *row = find_row(emitted, key);
    if (row == NULL) {
        MEM_GROW(emitted->rows, emitted->row_count, emitted->row_capacity);
        row = &emitted->rows[emitted->row_count++];
        *row = (struct emitted_row){ .key = object_key_hold(key) };
    }
    const bool news = row->fields == NULL || strcmp(row->fields, fields) != 0;
    free(row->fields);
    row->fields = fields;
    return news;
}

static void write_row(struct emitted *emitted, const struct watch_event *event)
{
    static const char *const types[] = { "ADDED", "MODIFIED", "DELETED" };
    struct value *document = cluster_print(emitted->cluster, event->object);
    struct value *row = emitted_fields(emitted, document);
    char *raw = json_text(row, (struct json_style){ 0 });
    char *fields = emitted_numbered(emitted, raw);
    char *line = mem_format("{\"t_ms\":%lld,\"type\":\"%s\",%s\n",
                            (long long)((event->at - emitted->begin) / SIM_MILLISECOND),
                            types[event->type], fields + 1);
    if (is_news(emitted, object_key(event->object), fields) || event->type == WATCH_DELETED) {
        writer_add(&emitted->timeline, line);
        emitted->last_row = event->at;
    }
    if (event->type == WATCH_DELETED)
        forget_row(emitted, find_row(emitted, object_key(event->object)));
    free(line);
    free(raw);
    value_drop(row);
    value_drop(document);
}

static void write_event(struct emitted *emitted, const struct watch_event *event)
{
    struct value *document = cluster_print(emitted->cluster, event->object);
    struct value *row = emitted_event_fields(document);
    char *raw = json_text(row, (struct json_style){ 0 });
    char *fields = emitted_numbered(emitted, raw);
    writer_format(&emitted->events, "{\"t_ms\":%lld,%s\n",
                  (long long)((event->at - emitted->begin) / SIM_MILLISECOND), fields + 1);
    free(fields);
    free(raw);
    value_drop(row);
    value_drop(document);
}

/* --- what counts ---------------------------------------------------------------------------- */

static bool is_ours(const struct emitted *emitted, const struct object *object)
{
    return object->space != NULL && strcmp(object->space->s, emitted->space) == 0;
}

/* A Node counts when it was made in the scenario, also after it is gone. */
static bool is_own_node(const struct emitted *emitted, const char *name)
{
    for (size_t i = 0; i < emitted->node_count; i++)
        if (strcmp(emitted->nodes[i], name) == 0)
            return true;
    return false;
}

static void take_node(struct emitted *emitted, const struct object *node)
{
    MEM_GROW(emitted->nodes, emitted->node_count, emitted->node_capacity);
    emitted->nodes[emitted->node_count++] = mem_text(name_of(node), strlen(name_of(node)));
}

static bool counts(const struct emitted *emitted, const struct watch_event *event)
{
    const struct object *object = event->object;
    switch (object->kind) {
    case KIND_NODE:
        return is_own_node(emitted, name_of(object));
    case KIND_NAMESPACE:
        return strcmp(name_of(object), emitted->space) == 0;
    case KIND_EVENT:
    case KIND_LEASE:
    case KIND_MACHINE:
    case KIND_IMAGE:
        return false;
    /* The recorder did not watch these. */
    case KIND_LIMITRANGE:
    case KIND_SECRET:
    case KIND_NETWORKPOLICY:
    case KIND_INGRESS:
    case KIND_STORAGECLASS:
    case KIND_OTHER:
        return false;
    /* Nor what every namespace gets. */
    case KIND_SERVICEACCOUNT:
        return is_ours(emitted, object) && strcmp(name_of(object), "default") != 0;
    case KIND_CONFIGMAP:
        return is_ours(emitted, object) && strcmp(name_of(object), "kube-root-ca.crt") != 0;
    default:
        return is_ours(emitted, object);
    }
}

/* An Event of the namespace, or one about a Node made in the scenario. */
static bool event_counts(const struct emitted *emitted, const struct object *object)
{
    const struct object_reference *about = &((const struct event_record *)object)->about;
    return is_ours(emitted, object) ||
           (strcmp(text_s(about->kind), "Node") == 0 && is_own_node(emitted, text_s(about->name)));
}

static void deliver(void *self, const struct watch_event *event)
{
    struct emitted *emitted = self;
    if (!emitted->listening)
        return;
    if (event->type == WATCH_ADDED && is_ours(emitted, event->object) &&
        event->object->kind != KIND_EVENT)
        take_name(emitted, event->object);
    if (event->type == WATCH_ADDED && event->object->kind == KIND_NODE)
        take_node(emitted, event->object);
    if (event->object->kind == KIND_EVENT) {
        if (event->type != WATCH_DELETED && event_counts(emitted, event->object))
            write_event(emitted, event);
    } else if (counts(emitted, event)) {
        write_row(emitted, event);
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

void emitted_init(struct emitted *emitted, struct cluster *cluster, const char *space)
{
    *emitted = (struct emitted){ .cluster = cluster, .space = mem_text(space, strlen(space)) };
    cache_watch(cluster->cache, (struct watcher){ emitted, deliver });
}

void emitted_begin(struct emitted *emitted)
{
    emitted->begin = emitted->last_row = run_now(emitted->cluster->run);
    emitted->listening = true;
}

void emitted_close(struct emitted *emitted)
{
    for (size_t i = 0; i < emitted->name_count; i++) {
        free(emitted->names[i].raw);
        free(emitted->names[i].numbered);
        free(emitted->names[i].prefix);
    }
    while (emitted->row_count > 0)
        forget_row(emitted, &emitted->rows[emitted->row_count - 1]);
    writer_close(&emitted->timeline);
    writer_close(&emitted->events);
    for (size_t i = 0; i < emitted->node_count; i++)
        free(emitted->nodes[i]);
    free(emitted->nodes);
    free(emitted->names);
    free(emitted->rows);
    free(emitted->space);
}
