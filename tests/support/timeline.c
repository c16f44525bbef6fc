/* Reading and normalising timelines. */
#include "tests/support/timeline.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/leftovers.h"
#include "tests/support/rows.h"

/* ---- texts ---- */

/* Digits and marks of an ISO time: 2026-11-01T10:00:00Z or with a fraction. */
static size_t iso_time(const char *at)
{
    int read = 0, parts[6];
    if (sscanf(at, "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts[0], &parts[1], &parts[2], &parts[3],
               &parts[4], &parts[5], &read) != 6 ||
        read < 19)
        return 0;
    read += (int)strspn(at + read, ".0123456789");
    return (size_t)read + (at[read] == 'Z');
}

/* "+12s" */
static size_t offset_time(const char *at)
{
    size_t digits = strspn(at + 1, "0123456789.");
    return *at == '+' && digits > 0 && at[1 + digits] == 's' ? digits + 2 : 0;
}

static size_t uid_length(const char *at)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == 'x' ? !isxdigit((unsigned char)at[i]) : at[i] != '-')
            return 0;
    return sizeof shape - 1;
}

/* "<3>" or "<?>": the number of a random name. */
static size_t name_number(const char *at)
{
    size_t digits = strspn(at + 1, "0123456789?");
    return *at == '<' && digits > 0 && at[1 + digits] == '>' ? digits + 2 : 0;
}

static const struct text *normalise(struct texts *texts, const char *from)
{
    struct writer out = { 0 };
    while (*from != '\0') {
        size_t length;
        if ((length = iso_time(from)) > 0 || (length = offset_time(from)) > 0)
            writer_add(&out, "<t>");
        else if ((length = uid_length(from)) > 0)
            writer_add(&out, "<uid>");
        else if ((length = name_number(from)) > 0)
            writer_add(&out, "<n>");
        else
            writer_add_bytes(&out, from, length = 1);
        from += length;
    }
    const struct text *text = text_intern(texts, out.bytes ? out.bytes : "");
    writer_close(&out);
    return text;
}

/* A value as canonical text: sorted keys, lists in byte order of their items. */
static void print_canonical(const struct value *value, struct writer *out);

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_items(char **items, size_t count, const char *ends, struct writer *out)
{
    qsort(items, count, sizeof *items, by_text);
    writer_add_char(out, ends[0]);
    for (size_t i = 0; i < count; i++) {
        writer_add(out, i ? "," : "");
        writer_add(out, items[i]);
        free(items[i]);
    }
    writer_add_char(out, ends[1]);
    free(items);
}

static void print_canonical(const struct value *value, struct writer *out)
{
    if (value->type != VALUE_LIST && value->type != VALUE_MAP) {
        json_print(out, value, (struct json_style){ 0 });
        return;
    }
    char **items = mem_resize(NULL, (value->count + 1) * sizeof *items);
    for (size_t i = 0; i < value->count; i++) {
        struct writer item = { 0 };
        if (value->type == VALUE_MAP)
            writer_format(&item, "%s:", value->entries[i].key);
        print_canonical(value->type == VALUE_MAP ? value->entries[i].value : value->items[i],
                        &item);
        items[i] = writer_take(&item);
    }
    print_items(items, value->count, value->type == VALUE_MAP ? "{}" : "[]", out);
}

static const struct text *canonical(struct texts *texts, const struct value *value)
{
    struct writer out = { 0 };
    if (value == NULL)
        return NULL;
    print_canonical(value, &out);
    const struct text *text = normalise(texts, out.bytes);
    writer_close(&out);
    return text;
}

/* ---- lives ---- */

const struct field *life_field(const struct life *life, const char *name)
{
    for (size_t i = 0; i < life->field_count; i++)
        if (strcmp(text_s(life->fields[i].name), name) == 0)
            return &life->fields[i];
    return NULL;
}

const struct text *field_before(const struct field *field, size_t row)
{
    const struct text *value = NULL;
    for (size_t i = 0; field != NULL && i < field->count && field->steps[i].row < row; i++)
        value = field->steps[i].value;
    return value;
}

bool life_is_alive(const struct life *life, size_t row)
{
    return life->first_row < row && life->last_row >= row;
}

long text_number(const struct text *text, long otherwise)
{
    const char *s = text_s(text);
    s += *s == '"';
    char *end;
    long number = strtol(s, &end, 10);
    return end == s ? otherwise : number;
}

struct field_choice {
    enum field_rule rule;
    bool in_state;
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Section 3 of COMPARING.md for the kinds that are simulated. */
static struct field_choice choose_field(const struct life *life, const char *name)
{
    const char *kind = text_s(life->kind);
    bool owned_set = strcmp(kind, "ReplicaSet") == 0 && life->owner != NULL;
    bool is_endpoints = has_prefix(kind, "Endpoint");
    if (owned_set &&
        (strcmp(name, "generation") == 0 || strcmp(name, "status.observedGeneration") == 0))
        return (struct field_choice){ FIELD_FREE, false };
    if (owned_set && (strcmp(name, "spec.replicas") == 0 || has_prefix(name, "annotation.")))
        return (struct field_choice){ FIELD_TURNING, true };
    if (is_endpoints && strcmp(name, "generation") == 0)
        return (struct field_choice){ FIELD_FREE, false };
    if (strcmp(name, "daemon node") == 0) /* which node is first is free, which nodes is not */
        return (struct field_choice){ FIELD_FREE, false };
    if (strcmp(kind, "HorizontalPodAutoscaler") == 0 && strcmp(name, "status.currentMetrics") == 0)
        return (struct field_choice){ FIELD_PATH, false };
    if (strcmp(name, "status.uncountedTerminatedPods") == 0)
        return (struct field_choice){ FIELD_LAST, true };
    if (has_prefix(name, "status.") || has_prefix(name, "condition.") || is_endpoints)
        return (struct field_choice){ FIELD_PATH, true };
    return (struct field_choice){ FIELD_EXACT, true };
}

static struct field *field_of(struct life *life, struct texts *texts, const char *name)
{
    for (size_t i = 0; i < life->field_count; i++)
        if (strcmp(text_s(life->fields[i].name), name) == 0)
            return &life->fields[i];
    MEM_GROW(life->fields, life->field_count, life->field_capacity);
    struct field *field = &life->fields[life->field_count++];
    struct field_choice choice = choose_field(life, name);
    *field = (struct field){ .name = text_intern(texts, name),
                             .rule = choice.rule,
                             .in_state = choice.in_state };
    return field;
}

/* ---- one row ---- */

/* A row being taken in: fields that are not set by it have become missing. */
struct intake {
    struct timeline *timeline;
    struct life *life;
    size_t row;
    long at_ms;
    bool is_scheduled_later; /* PodScheduled=False does not count if it becomes True */
};

static void set_field(struct intake *intake, const char *name, const struct text *value)
{
    struct field *field = field_of(intake->life, intake->timeline->texts, name);
    const struct text *last = field->count ? field->steps[field->count - 1].value : NULL;
    if (value == last) {
        text_drop(value);
        return;
    }
    MEM_GROW(field->steps, field->count, field->capacity);
    field->steps[field->count++] = (struct field_step){ value, intake->row, intake->at_ms };
}

static void clear_missing(struct intake *intake, const struct value *row);

static bool is_under_way(const char *reason)
{
    return strcmp(reason, "NewReplicaSetCreated") == 0 ||
           strcmp(reason, "FoundNewReplicaSet") == 0 || strcmp(reason, "ReplicaSetUpdated") == 0;
}

/* The random end of a name, behind what the names of `life` begin with. */
static size_t raw_suffix(const char *at, const struct life *life)
{
    static const char drawn[] =
        "bcdfghjklmnpqrstvwxz2456789"; /* of k8s.io/apimachinery util/rand */
    const char *name = text_s(life->name), *random = strstr(name, "<n>");
    if (random == NULL || strncmp(at, name, (size_t)(random - name)) != 0)
        return 0;
    at += random - name;
    return strspn(at, drawn) == 5 && !isalnum((unsigned char)at[5]) ? (size_t)(random - name) : 0;
}

/* A message in which pods are named as the recorder left it: "pod ns/j-lqclw failed". */
static char *without_raw_suffixes(const struct timeline *timeline, const char *message)
{
    struct writer out = { 0 };
    while (*message != '\0') {
        size_t begins = 0;
        const bool may_begin = out.length == 0 || strchr(" /\"", out.bytes[out.length - 1]);
        for (size_t i = 0; may_begin && begins == 0 && i < timeline->life_count; i++)
            begins = raw_suffix(message, &timeline->lives[i]);
        writer_add_bytes(&out, message, begins > 0 ? begins : 1);
        writer_add(&out, begins > 0 ? "<n>" : "");
        message += begins > 0 ? begins + 5 : 1;
    }
    return writer_take(&out);
}

static void set_conditions(struct intake *intake, const struct value *conditions)
{
    struct texts *texts = intake->timeline->texts;
    bool is_deployment = strcmp(text_s(intake->life->kind), "Deployment") == 0;
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++) {
        const struct value *condition = conditions->items[i];
        const char *type = value_text(value_get(condition, "type"), "");
        const char *reason = value_text(value_get(condition, "reason"), "");
        char *message =
            without_raw_suffixes(intake->timeline, value_text(value_get(condition, "message"), ""));
        const char *status = value_text(value_get(condition, "status"), "");
        bool under_way = is_deployment && strcmp(type, "Progressing") == 0 && is_under_way(reason);
        char *name = mem_format("condition.%s", type);
        char *text = under_way ? mem_format("%s/under way", status)
                               : mem_format("%s/%s/%s", status, reason, message);
        set_field(intake, name, normalise(texts, text));
        free(message);
        free(text);
        free(name);
        if (under_way) { /* which of these reasons were seen is compared apart */
            name = mem_format("seen.%s", reason);
            field_of(intake->life, texts, name)->rule = FIELD_LAST;
            field_of(intake->life, texts, name)->in_state = false;
            set_field(intake, name, text_intern(texts, "yes"));
            free(name);
        }
    }
}

/* A list of conditions: in status, or (of a Namespace) in the row itself. */
static const struct value *conditions_of(const struct value *row)
{
    const struct value *own = value_get(row, "conditions");
    return own != NULL && own->type == VALUE_LIST ? own
                                                  : value_path(row, "status", "conditions", NULL);
}

static void set_members(struct intake *intake, const char *prefix, const struct value *map)
{
    for (size_t i = 0; map != NULL && map->type == VALUE_MAP && i < map->count; i++) {
        if (strcmp(map->entries[i].key, "conditions") == 0)
            continue;
        char *name = mem_format("%s.%s", prefix, map->entries[i].key);
        set_field(intake, name, canonical(intake->timeline->texts, map->entries[i].value));
        free(name);
    }
}

/* Labels and annotations without what does not count; the Deployment's counters apart. */
static void set_annotations(struct intake *intake, const struct value *annotations)
{
    struct value *rest = value_copy(annotations);
    static const char *const counters[] = { "desired-replicas", "max-replicas" };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        char *key = mem_format("deployment.kubernetes.io/%s", counters[i]);
        char *name = mem_format("annotation.%s", counters[i]);
        if (value_get(rest, key) != NULL) {
            set_field(intake, name, canonical(intake->timeline->texts, value_get(rest, key)));
            value_remove(rest, key);
        }
        free(name);
        free(key);
    }
    value_remove(rest, "endpoints.kubernetes.io/last-change-trigger-time");
    if (rest->count > 0)
        set_field(intake, "annotations", canonical(intake->timeline->texts, rest));
    value_drop(rest);
}

static void set_pod_fields(struct intake *intake, const struct value *row)
{
    struct texts *texts = intake->timeline->texts;
    struct value *conditions = value_copy(value_get(row, "conditions"));
    const char *scheduled = value_text(value_get(conditions, "PodScheduled"), "");
    if (has_prefix(scheduled, "False") && intake->is_scheduled_later)
        value_remove(conditions, "PodScheduled");
    set_field(intake, "nodeName",
              value_get(row, "nodeName") ? text_intern(texts, "assigned") : NULL);
    if (conditions != NULL && conditions->count > 0)
        set_field(intake, "conditions", canonical(texts, conditions));
    value_drop(conditions);
    if (has_prefix(text_s(intake->life->owner), "DaemonSet/") && value_get(row, "nodeName"))
        set_field(intake, "daemon node", canonical(texts, value_get(row, "nodeName")));
}

static void set_labels(struct intake *intake, const struct value *labels)
{
    struct value *rest = value_copy(labels);
    if (strcmp(text_s(intake->life->kind), "Pod") == 0)
        value_remove(rest, "topology.kubernetes.io/zone");
    if (rest->count > 0)
        set_field(intake, "labels", canonical(intake->timeline->texts, rest));
    value_drop(rest);
}

static void set_spec(struct intake *intake, const struct value *spec)
{
    struct value *rest = value_copy(spec);
    if (strcmp(text_s(intake->life->kind), "ReplicaSet") == 0) {
        set_field(intake, "spec.replicas",
                  canonical(intake->timeline->texts, value_get(spec, "replicas")));
        value_remove(rest, "replicas");
    }
    if (strcmp(text_s(intake->life->kind), "PersistentVolumeClaim") == 0 &&
        value_get(rest, "volumeName") != NULL)
        value_set(rest, "volumeName", value_new_string("bound"));
    set_field(intake, "spec", canonical(intake->timeline->texts, rest));
    value_drop(rest);
}

static bool is_handled_apart(const char *key)
{
    static const char *const keys[] = { "t_ms", "type",       "kind",   "name",
                                        "uid",  "nodeName",   "labels", "annotations",
                                        "spec", "conditions", "status", "deletionTimestamp" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void take_fields(struct intake *intake, const struct value *row)
{
    struct texts *texts = intake->timeline->texts;
    bool is_pod = strcmp(text_s(intake->life->kind), "Pod") == 0;
    clear_missing(intake, row);
    for (size_t i = 0; i < row->count; i++)
        if (!is_handled_apart(row->entries[i].key))
            set_field(intake, row->entries[i].key, canonical(texts, row->entries[i].value));
    if (value_get(row, "deletionTimestamp") != NULL)
        set_field(intake, "deletionTimestamp", text_intern(texts, "set"));
    if (value_get(row, "labels") != NULL)
        set_labels(intake, value_get(row, "labels"));
    if (value_get(row, "annotations") != NULL)
        set_annotations(intake, value_get(row, "annotations"));
    if (value_get(row, "spec") != NULL)
        set_spec(intake, value_get(row, "spec"));
    if (is_pod)
        set_pod_fields(intake, row);
    else
        set_members(intake, "condition", value_get(row, "conditions"));
    set_members(intake, "status", value_get(row, "status"));
    set_conditions(intake, conditions_of(row));
}

/* Does a row still have this field? */
static bool row_has(const struct value *row, const char *field)
{
    const struct value *status = value_get(row, "status");
    if (has_prefix(field, "seen.") || strcmp(field, "daemon node") == 0)
        return true;
    if (has_prefix(field, "annotation.")) {
        char *key = mem_format("deployment.kubernetes.io/%s", field + strlen("annotation."));
        bool has = value_get(value_get(row, "annotations"), key) != NULL;
        free(key);
        return has;
    }
    if (has_prefix(field, "status."))
        return value_get(status, field + strlen("status.")) != NULL;
    if (strcmp(field, "spec.replicas") == 0)
        return value_path(row, "spec", "replicas", NULL) != NULL;
    if (has_prefix(field, "condition.")) {
        const char *type = field + strlen("condition.");
        const struct value *list = conditions_of(row);
        for (size_t i = 0; list != NULL && i < list->count; i++)
            if (strcmp(value_text(value_get(list->items[i], "type"), ""), type) == 0)
                return true;
        return value_get(value_get(row, "conditions"), type) != NULL;
    }
    return value_get(row, field) != NULL;
}

static void clear_missing(struct intake *intake, const struct value *row)
{
    for (size_t i = 0; i < intake->life->field_count; i++) {
        const char *name = text_s(intake->life->fields[i].name);
        if (!row_has(row, name))
            set_field(intake, name, NULL);
    }
}

/* ---- rows ---- */

static size_t find_life(const struct timeline *timeline, const struct text *kind, const char *raw,
                        char *const *raw_names)
{
    for (size_t i = timeline->life_count; i-- > 0;)
        if (timeline->lives[i].kind == kind && !timeline->lives[i].deleted &&
            strcmp(raw_names[i], raw) == 0)
            return i;
    return SIZE_MAX;
}

static const struct text *owner_of_row(struct texts *texts, const struct value *row)
{
    const struct value *owners = value_get(row, "ownerReferences");
    for (size_t i = 0; owners != NULL && i < owners->count; i++) {
        const struct value *owner = owners->items[i];
        if (!value_truth(value_get(owner, "controller"), false))
            continue;
        char *text = mem_format("%s/%s", value_text(value_get(owner, "kind"), ""),
                                value_text(value_get(owner, "name"), ""));
        const struct text *interned = normalise(texts, text);
        free(text);
        return interned;
    }
    return NULL;
}

static size_t begin_life(struct timeline *timeline, const struct value *row, long at_ms)
{
    MEM_GROW(timeline->lives, timeline->life_count, timeline->life_capacity);
    struct life *life = &timeline->lives[timeline->life_count];
    *life = (struct life){ .first_row = timeline->row_count,
                           .last_row = SIZE_MAX,
                           .deletion_row = SIZE_MAX,
                           .begin_ms = at_ms };
    life->kind = text_intern(timeline->texts, value_text(value_get(row, "kind"), ""));
    life->name = normalise(timeline->texts, value_text(value_get(row, "name"), ""));
    life->owner = owner_of_row(timeline->texts, row);
    return timeline->life_count++;
}

/* A write by a user: an object without owner made, its generation raised, its deletion asked. */
static bool is_users_write(const struct life *life, enum row_type type, size_t row)
{
    const struct field *generation = life_field(life, "generation");
    bool raised = generation != NULL && generation->count > 1 &&
                  generation->steps[generation->count - 1].row == row;
    if (life->owner != NULL || life->kind == NULL || type == ROW_DELETED)
        return false;
    return type == ROW_ADDED || raised || life->deletion_row == row;
}

struct names {
    char **raw;
    size_t count, capacity;
};

/* Does this object come to be scheduled in one of the later rows of its life? */
static bool is_scheduled_later(const struct value *rows, size_t index)
{
    const struct value *row = rows->items[index];
    for (size_t i = index + 1; i < rows->count; i++) {
        const struct value *later = rows->items[i];
        if (!value_equal(value_get(later, "name"), value_get(row, "name")) ||
            !value_equal(value_get(later, "kind"), value_get(row, "kind")))
            continue;
        if (strcmp(value_text(value_path(later, "conditions", "PodScheduled", NULL), ""), "True") ==
            0)
            return true;
        if (strcmp(value_text(value_get(later, "type"), ""), "DELETED") == 0)
            return false;
    }
    return false;
}

static void take_row(struct timeline *timeline, const struct value *rows, size_t at,
                     struct names *names)
{
    const struct value *row = rows->items[at];
    const char *type = value_text(value_get(row, "type"), "");
    long at_ms = (long)value_int(value_get(row, "t_ms"), 0);
    const struct text *kind = text_intern(timeline->texts, value_text(value_get(row, "kind"), ""));
    const char *raw = value_text(value_get(row, "name"), "");
    size_t index = find_life(timeline, kind, raw, names->raw);
    enum row_type is = strcmp(type, "DELETED") == 0 ? ROW_DELETED
                       : index == SIZE_MAX          ? ROW_ADDED
                                                    : ROW_MODIFIED;
    text_drop(kind);
    if (index == SIZE_MAX) {
        index = begin_life(timeline, row, at_ms);
        MEM_GROW(names->raw, names->count, names->capacity);
        names->raw[names->count++] = mem_text(raw, strlen(raw));
    }
    struct life *life = &timeline->lives[index];
    struct intake intake = { timeline, life, timeline->row_count, at_ms,
                             is_scheduled_later(rows, at) };
    const struct text *owner = owner_of_row(timeline->texts, row);
    if (life->owner == NULL)
        text_assign(&life->owner, owner);
    else
        text_drop(owner);
    take_fields(&intake, row);
    if (life->deletion_row == SIZE_MAX && value_get(row, "deletionTimestamp") != NULL)
        life->deletion_row = timeline->row_count;
    if (is == ROW_DELETED) {
        life->deleted = true;
        life->last_row = timeline->row_count;
        life->end_ms = at_ms;
    }
    bool by_user = is_users_write(life, is, timeline->row_count);
    MEM_GROW(timeline->rows, timeline->row_count, timeline->row_capacity);
    timeline->rows[timeline->row_count++] = (struct timeline_row){ at_ms, is, index, by_user };
    timeline->end_ms = at_ms > timeline->end_ms ? at_ms : timeline->end_ms;
}

/* Are all pods of this (normalised) name assigned in the end? */
static bool all_assigned(const struct timeline *timeline, const char *pod)
{
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        if (strcmp(text_s(life->kind), "Pod") == 0 && strcmp(text_s(life->name), pod) == 0 &&
            field_before(life_field(life, "nodeName"), SIZE_MAX) == NULL)
            return false;
    }
    return true;
}

static void take_event(struct timeline *timeline, const struct value *row)
{
    struct texts *texts = timeline->texts;
    static const char combined[] = "(combined from similar events): ";
    const char *message = value_text(value_get(row, "message"), "");
    const char *reason = value_text(value_get(row, "reason"), "");
    if (has_prefix(message, combined))
        message += sizeof combined - 1;
    if (strcmp(reason, "FailedScheduling") == 0) {
        const struct text *object = normalise(texts, value_text(value_get(row, "object"), ""));
        bool in_vain = has_prefix(text_s(object), "Pod/") &&
                       all_assigned(timeline, text_s(object) + strlen("Pod/"));
        text_drop(object);
        if (in_vain)
            return;
    }
    MEM_GROW(timeline->events, timeline->event_count, timeline->event_capacity);
    timeline->events[timeline->event_count++] = (struct occurrence){
        .object = normalise(texts, value_text(value_get(row, "object"), "")),
        .type = normalise(texts, value_text(value_get(row, "type"), "")),
        .reason = normalise(texts, value_text(value_get(row, "reason"), "")),
        .message = normalise(texts, message),
        .source = normalise(texts, value_text(value_get(row, "source"), "")),
    };
}

/* ---- files ---- */

static struct rows *open_file(const char *directory, const char *name)
{
    char *plain = mem_format("%s/%s", directory, name), *zipped = mem_format("%s.gz", plain);
    const char *found = access(plain, R_OK) == 0    ? plain
                        : access(zipped, R_OK) == 0 ? zipped
                                                    : NULL;
    struct rows *rows = found ? rows_open(found) : NULL;
    free(plain);
    free(zipped);
    return rows;
}

bool timeline_load(struct timeline *timeline, struct texts *texts, const char *directory)
{
    *timeline = (struct timeline){ .texts = texts };
    struct rows *rows = open_file(directory, "timeline.jsonl");
    struct names names = { 0 };
    if (rows == NULL)
        return false;
    struct value *read = value_new_list(), *leftovers = value_new_list();
    for (struct value *row; (row = rows_next(rows)) != NULL;)
        value_add(read, row);
    rows_close(rows);
    struct value *all = leftovers_cut(read, leftovers);
    value_drop(read);
    for (size_t i = 0; i < all->count; i++)
        take_row(timeline, all, i, &names);
    value_drop(all);
    for (size_t i = 0; i < names.count; i++)
        free(names.raw[i]);
    free(names.raw);
    for (size_t i = 0; i < timeline->life_count; i++)
        if (!timeline->lives[i].deleted)
            timeline->lives[i].end_ms = timeline->end_ms;
    rows = open_file(directory, "events.jsonl");
    for (struct value *row; rows != NULL && (row = rows_next(rows)) != NULL; value_drop(row))
        if (!leftovers_made(leftovers, row))
            take_event(timeline, row);
    value_drop(leftovers);
    if (rows != NULL)
        rows_close(rows);
    return true;
}

static void life_close(struct life *life)
{
    text_drop(life->kind);
    text_drop(life->name);
    text_drop(life->owner);
    for (size_t i = 0; i < life->field_count; i++) {
        text_drop(life->fields[i].name);
        for (size_t j = 0; j < life->fields[i].count; j++)
            text_drop(life->fields[i].steps[j].value);
        free(life->fields[i].steps);
    }
    free(life->fields);
}

void timeline_close(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->life_count; i++)
        life_close(&timeline->lives[i]);
    for (size_t i = 0; i < timeline->event_count; i++) {
        const struct occurrence *event = &timeline->events[i];
        const struct text *const texts[] = { event->object, event->type, event->reason,
                                             event->message, event->source };
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            text_drop(texts[j]);
    }
    free(timeline->lives);
    free(timeline->rows);
    free(timeline->events);
    *timeline = (struct timeline){ 0 };
}
