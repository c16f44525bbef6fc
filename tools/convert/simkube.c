/* SimKube's traces (github.com/acrlabs/simkube, sk-store): MessagePack, version 2, and its later form in
 * which the index holds the lives of pods.
 *
 *     {version, config: {trackedObjects}, events: [{ts, applied_objs, deleted_objs}],
 *      index: {GVK: {"ns/name": hash}}, pod_lifecycles: {[GVK, "ns/name"]: {hash: [life]}}}
 *     or index: {GVK: {"ns/name": {hash: [{lifecycle: life}]}}}
 *
 * A life is "Empty", {"Running": start} or {"Finished": [start, end]}, in Unix seconds. GVK is
 * "group/version.kind". Which pod spec a hash stands for is not said; lives belong to the version of
 * their owner that was the latest when they began. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/kinds.h"
#include "models/api/meta.h"
#include "sim/base/memory.h"
#include "tools/convert/formats.h"
#include "tools/convert/msgpack.h"
#include "tools/convert/objects.h"

#define MOST_SECONDS INT64_C(100000000000) /* a time of Unix beyond that is none */

static int role(const struct trace_input *input)
{
    const unsigned char head = input->head_length > 0 ? (unsigned char)input->head[0] : 0;
    const size_t look = input->head_length < 4096 ? input->head_length : 4096;
    return ((head & 0xf0) == 0x80 || head == 0xde || head == 0xdf) &&
           memmem(input->head, look, "\xa7version", 8) != NULL;
}

/* A pod that ran: of whom, from when, until when (Unix seconds; end < begin: it runs). */
struct life {
    char *owner; /* owned: "apps/v1.Deployment ns/name" */
    char *hash;  /* owned */
    int64_t begin, end;
};

struct trace {
    struct conversion *conversion;
    const char *name; /* of the file */
    struct value *document;
    struct life *lives; /* owned, by owner, then begin */
    size_t life_count, life_capacity;
    int64_t start; /* Unix seconds of time 0 */
};

static bool fault(const struct trace *trace, const char *what, size_t number)
{
    return error_list_add(trace->conversion->faults, (struct place){ .file = trace->name }, what,
                          number);
}

static size_t item_count(const struct value *list)
{
    return list != NULL && list->type == VALUE_LIST ? list->count : 0;
}

/* ── lives ── */

/* Anything else than the three forms of a life is none, which SimKube calls Empty. */
static void add_life(struct trace *trace, const char *owner, const char *hash,
                     const struct value *life)
{
    const struct value *finished = value_get(life, "Finished"),
                       *inner = value_get(life, "lifecycle");
    struct life found = { .begin = -1 };
    if (inner != NULL) {
        life = inner;
        finished = value_get(life, "Finished");
    }
    if (finished != NULL) {
        found.begin = value_int(value_at(finished, 0), -1);
        found.end = value_int(value_at(finished, 1), -1);
    } else {
        found.begin = value_int(value_get(life, "Running"), -1);
        found.end = -1;
    }
    if (found.begin < 0 || found.begin > MOST_SECONDS || found.end > MOST_SECONDS) {
        conversion_count(trace->conversion, "pods that never ran", 1);
        return;
    }
    conversion_count(trace->conversion,
                     found.end >= found.begin ? "pods that ran and ended" : "pods that ran on", 1);
    found.owner = mem_text(owner, strlen(owner));
    found.hash = mem_text(hash, strlen(hash));
    MEM_GROW(trace->lives, trace->life_count, trace->life_capacity);
    trace->lives[trace->life_count++] = found;
}

static void add_lives(struct trace *trace, const char *owner, const struct value *by_hash)
{
    if (by_hash->type != VALUE_MAP)
        return; /* the index of version 2 has a number here */
    for (size_t i = 0; i < by_hash->count; i++) {
        const struct value *list = by_hash->entries[i].value;
        for (size_t j = 0; list->type == VALUE_LIST && j < list->count; j++)
            add_life(trace, owner, by_hash->entries[i].key, list->items[j]);
    }
}

/* The key of version 2 is a list of two texts. */
static void read_lifecycles(struct trace *trace, const struct value *lifecycles)
{
    for (size_t i = 0; lifecycles != NULL && lifecycles->type == VALUE_MAP && i < lifecycles->count;
         i++) {
        const struct value_entry *entry = &lifecycles->entries[i];
        struct error ignored = { 0 };
        struct value *key =
            json_read(entry->key, strlen(entry->key), (struct place){ 0 }, NULL, &ignored);
        const char *gvk = value_text(value_at(key, 0), ""),
                   *name = value_text(value_at(key, 1), "");
        char *owner = mem_format("%s %s", gvk, name);
        if (*gvk == '\0' || *name == '\0')
            fault(trace, "pod_lifecycles: key %zu is no pair of a kind and a name", i);
        else
            add_lives(trace, owner, entry->value);
        error_close(&ignored);
        value_drop(key);
        free(owner);
    }
}

static void read_index(struct trace *trace, const struct value *index)
{
    for (size_t i = 0; index != NULL && index->type == VALUE_MAP && i < index->count; i++) {
        const struct value *names = index->entries[i].value;
        for (size_t j = 0; names->type == VALUE_MAP && j < names->count; j++) {
            char *owner = mem_format("%s %s", index->entries[i].key, names->entries[j].key);
            add_lives(trace, owner, names->entries[j].value);
            free(owner);
        }
    }
}

static int by_owner(const void *a, const void *b)
{
    const struct life *first = a, *second = b;
    const int order = strcmp(first->owner, second->owner);
    if (order != 0)
        return order;
    if (first->begin != second->begin)
        return first->begin < second->begin ? -1 : 1;
    return first->end < second->end ? -1 : first->end > second->end;
}

/* ── run times ── */

/* "batch/v1" and "Job" as "batch/v1.Job", and whose. */
static char *owner_of(const struct value *object)
{
    const char *space = object_space(object);
    return mem_format("%s.%s %s/%s", value_text(value_get(object, "apiVersion"), ""),
                      object_kind(object), *space != '\0' ? space : "default", object_name(object));
}

/* When the trace speaks of the same object again, for each applied object in the order of the trace;
 * INT64_MAX: never. The caller frees. */
static int64_t *next_words(const struct value *events)
{
    size_t count = 0, at;
    for (size_t i = 0; i < events->count; i++)
        count += item_count(value_get(events->items[i], "applied_objs"));
    int64_t *next = mem_new((count + 1) * sizeof *next);
    struct value *latest = value_new_map();
    at = count;
    for (size_t i = events->count; i-- > 0;) {
        const struct value *applied = value_get(events->items[i], "applied_objs");
        for (size_t j = item_count(applied); j-- > 0;) {
            char *owner = owner_of(applied->items[j]);
            next[--at] = value_int(value_get(latest, owner), INT64_MAX);
            value_set(latest, owner, value_hold(value_get(events->items[i], "ts")));
            free(owner);
        }
    }
    value_drop(latest);
    return next;
}

static int by_length(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

/* The median of how long pods of an owner ran that began in a window; -1: none ended. */
static int64_t run_time(struct trace *trace, const char *owner, int64_t from, int64_t until)
{
    int64_t *lengths = mem_new((trace->life_count + 1) * sizeof *lengths), median = -1;
    size_t count = 0;
    for (size_t i = 0; i < trace->life_count; i++) {
        const struct life *life = &trace->lives[i];
        if (strcmp(life->owner, owner) == 0 && life->end >= life->begin && life->begin >= from &&
            life->begin < until)
            lengths[count++] = life->end - life->begin;
    }
    qsort(lengths, count, sizeof *lengths, by_length);
    if (count > 0)
        median = lengths[(count - 1) / 2];
    for (size_t i = 0; i < count; i++)
        if (lengths[i] != median)
            conversion_count(trace->conversion, "run times that are not the median of their owner",
                             1);
    free(lengths);
    return median;
}

/* Pods of controllers that restart what exits do not end by themselves: their lives ended because
 * somebody deleted them, which the trace says in other ways. */
static bool ends_by_itself(const struct value *pod)
{
    const char *policy = value_text(value_path(pod, "spec", "restartPolicy", NULL), "Always");
    return strcmp(policy, "Always") != 0;
}

/* `first`: with the first event, as what was there already. */
static void annotate(struct trace *trace, struct value **object, int64_t now, int64_t until,
                     bool first)
{
    const bool is_pod = strcmp(object_kind(*object), "Pod") == 0;
    struct value **pod = object_template(object);
    char text[SIM_TIME_TEXT];
    if (pod == NULL || (!is_pod && !ends_by_itself(*pod)))
        return;
    char *owner = owner_of(*object);
    /* A pod that was there when the trace began has begun before. */
    const int64_t length = run_time(trace, owner, first || is_pod ? INT64_MIN : now, until);
    if (length >= 0) {
        value_put(pod, value_new_string(sim_time_print(length * SIM_SECOND, text)), "metadata",
                  "annotations", "seatrial.dev/run-time", NULL);
        conversion_count(trace->conversion, "objects whose pods got a run time", 1);
        if (is_pod && !ends_by_itself(*pod))
            value_put(pod, value_new_string("Never"), "spec", "restartPolicy", NULL);
    }
    free(owner);
}

/* ── the timeline ── */

static struct value *entry_at(const struct trace *trace, int64_t seconds)
{
    struct value *entry = value_new_map();
    char text[SIM_TIME_TEXT];
    value_set(entry, "at",
              value_new_string(sim_time_print((seconds - trace->start) * SIM_SECOND, text)));
    return entry;
}

static bool is_object(const struct value *object)
{
    return object->type == VALUE_MAP && *object_kind(object) != '\0' &&
           *object_name(object) != '\0';
}

/* `next` has the words that follow on each of them. */
static void add_applied(struct trace *trace, const struct value *event, size_t number,
                        const int64_t *next, struct value *objects)
{
    const struct value *applied = value_get(event, "applied_objs");
    const int64_t now = value_int(value_get(event, "ts"), 0);
    struct value *list = value_new_list();
    for (size_t i = 0; i < item_count(applied); i++) {
        if (!is_object(applied->items[i])) {
            fault(trace, "events[%zu]: an applied object has no kind or no name", number);
            continue;
        }
        struct value *object = object_as_applied(applied->items[i], false);
        annotate(trace, &object, now, next[i], number == 0);
        value_add(list, object);
        value_add(objects, value_hold(object));
        conversion_count(trace->conversion, "objects applied", 1);
    }
    if (list->count > 0) {
        struct value *entry = entry_at(trace, value_int(value_get(event, "ts"), 0));
        value_set(entry, "apply", value_hold(list));
        value_add(trace->conversion->timeline, entry);
    }
    value_drop(list);
}

static void add_deleted(struct trace *trace, const struct value *event, size_t number)
{
    const struct value *deleted = value_get(event, "deleted_objs");
    for (size_t i = 0; i < item_count(deleted); i++) {
        const struct value *object = deleted->items[i];
        if (!is_object(object)) {
            fault(trace, "events[%zu]: a deleted object has no kind or no name", number);
            continue;
        }
        if (kind_find(value_text(value_get(object, "apiVersion"), ""), object_kind(object)) ==
            KIND_OTHER) {
            conversion_count(trace->conversion,
                             "deletions of kinds that are not simulated: left out", 1);
            continue;
        }
        char *target = mem_format("%s/%s", object_kind(object), object_name(object));
        for (char *at = target; *at != '/'; at++)
            *at = (char)tolower((unsigned char)*at);
        struct value *entry = entry_at(trace, value_int(value_get(event, "ts"), 0));
        if (*object_space(object) != '\0')
            value_set(entry, "namespace", value_new_string(object_space(object)));
        value_set(entry, "delete", value_new_string(target));
        value_add(trace->conversion->timeline, entry);
        conversion_count(trace->conversion, "objects deleted", 1);
        free(target);
    }
}

static bool check_events(struct trace *trace, const struct value *events)
{
    int64_t before = INT64_MIN;
    if (events == NULL || events->type != VALUE_LIST || events->count == 0)
        return fault(trace, "no events in this trace", 0);
    for (size_t i = 0; i < events->count; i++) {
        const int64_t ts = value_int(value_get(events->items[i], "ts"), -1);
        if (ts < 0 || ts > MOST_SECONDS)
            return fault(trace, "events[%zu]: ts is not a time in Unix seconds", i);
        if (ts < before)
            return fault(trace, "events[%zu]: earlier than the event before it", i);
        before = ts;
    }
    return true;
}

/* ── lines of JSON: docs/traces.md ── */

static void add_line(struct trace *trace, struct value *line)
{
    char *text = json_text(line, (struct json_style){ 0 });
    writer_add(&trace->conversion->jsonl, text);
    writer_add_char(&trace->conversion->jsonl, '\n');
    value_drop(line);
    free(text);
}

static void write_lines(struct trace *trace, const struct value *events)
{
    static const struct {
        const char *from, *to;
    } sides[] = { { "applied_objs", "apply" }, { "deleted_objs", "delete" } };
    struct value *head = value_new_map();
    value_set(head, "schema", value_new_string("seatrial.dev/trace/v1"));
    value_set(head, "source", value_new_string("simkube"));
    value_set(head, "version", value_hold(value_get(trace->document, "version")));
    value_set(head, "start", value_new_int(trace->start));
    if (value_get(trace->document, "config") != NULL)
        value_set(head, "config", value_hold(value_get(trace->document, "config")));
    add_line(trace, head);
    for (size_t i = 0; i < events->count; i++)
        for (size_t side = 0; side < 2; side++) {
            const struct value *objects = value_get(events->items[i], sides[side].from);
            const int64_t ts = value_int(value_get(events->items[i], "ts"), 0);
            for (size_t j = 0; j < item_count(objects); j++) {
                struct value *line = value_new_map();
                value_set(line, "at", value_new_int(ts - trace->start));
                value_set(line, sides[side].to, value_hold(objects->items[j]));
                add_line(trace, line);
            }
        }
    for (size_t i = 0; i < trace->life_count; i++) {
        const struct life *life = &trace->lives[i];
        struct value *line = value_new_map(), *pod = value_new_map();
        const char *blank = strchr(life->owner, ' ');
        value_set(line, "at", value_new_int(life->begin - trace->start));
        value_set(pod, "kind", value_new_text(life->owner, (size_t)(blank - life->owner)));
        value_set(pod, "owner", value_new_string(blank + 1));
        value_set(pod, "hash", value_new_string(life->hash));
        if (life->end >= life->begin)
            value_set(pod, "until", value_new_int(life->end - trace->start));
        value_set(line, "pod", pod);
        add_line(trace, line);
    }
}

/* ── the whole ── */

static void convert_events(struct trace *trace, const struct value *events)
{
    struct conversion *conversion = trace->conversion;
    struct value *objects = value_new_list(); /* all that are ever applied */
    const int64_t end = value_int(value_get(events->items[events->count - 1], "ts"), 0);
    char start[TIME_TEXT];
    trace->start = value_int(value_get(events->items[0], "ts"), 0);
    if (trace->life_count > 0)
        qsort(trace->lives, trace->life_count, sizeof *trace->lives, by_owner);
    int64_t *next = next_words(events);
    size_t applied = 0;
    for (size_t i = 0; i < events->count; i++) {
        add_applied(trace, events->items[i], i, next + applied, objects);
        add_deleted(trace, events->items[i], i);
        applied += item_count(value_get(events->items[i], "applied_objs"));
    }
    free(next);
    conversion_count(conversion, "events", (int64_t)events->count);
    objects_add_namespaces(conversion->objects, objects);
    objects_complete(conversion->objects, objects);
    value_set(conversion->spec, "startTime", value_new_string(time_print(0, trace->start, start)));
    conversion->duration = (end - trace->start) * SIM_SECOND + 10 * SIM_MINUTE;
    write_lines(trace, events);
    value_drop(objects);
}

static void read_trace(struct trace *trace)
{
    const struct value *version = value_get(trace->document, "version");
    const struct value *events = value_get(trace->document, "events");
    const int64_t number = value_int(version, -1);
    if (number != 2 && number != 3)
        fault(trace, "not version 2 or 3 of SimKube's trace format", 0);
    else if (check_events(trace, events)) {
        read_lifecycles(trace, value_get(trace->document, "pod_lifecycles"));
        read_index(trace, value_get(trace->document, "index"));
        convert_events(trace, events);
    }
}

static void add_notes(struct conversion *conversion)
{
    conversion_note(conversion, "Time 0 is the first event. What it applies and deletes is the "
                                "timeline; namespaces, ServiceAccounts and PriorityClasses that "
                                "objects name are there from the start.");
    conversion_note(conversion, "Pods whose restartPolicy is not Always (Jobs, CronJobs) and bare "
                                "pods run for the median time of those of their owner that ended "
                                "in the trace and had begun under the same version of it; others "
                                "run until something deletes them.");
    conversion_note(conversion, "Lost: single run times where an owner's pods differ, why pods "
                                "ended. A SimKube trace has no nodes: give --nodes, or edit the "
                                "scenario.");
}

static void convert(struct conversion *conversion)
{
    struct trace_input *input = &conversion->inputs[0];
    struct trace trace = { .conversion = conversion, .name = input->name };
    struct error error = { 0 };
    size_t length;
    if (conversion->input_count > 1) {
        error_list_add(conversion->faults, (struct place){ .file = conversion->inputs[1].name },
                       "a second trace (one is read)");
        return;
    }
    char *bytes = trace_input_read_all(input, &length, &error);
    if (bytes != NULL)
        trace.document = msgpack_document(bytes, length, input->name, &error);
    if (trace.document != NULL)
        read_trace(&trace);
    error_list_take(conversion->faults, &error);
    add_notes(conversion);
    for (size_t i = 0; i < trace.life_count; i++) {
        free(trace.lives[i].owner);
        free(trace.lives[i].hash);
    }
    free(trace.lives);
    value_drop(trace.document);
    free(bytes);
}

const struct trace_format simkube_format = {
    .name = "simkube",
    .summary = "SimKube: what was applied and deleted in a cluster, and how long pods ran",
    .inputs = "one trace (MessagePack)",
    .role = role,
    .convert = convert,
};
