/* Reading what a replay takes over from a recording. */
#include "tests/support/recorded.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* --- files -------------------------------------------------------------------------------- */

/* The bytes of NAME or NAME.gz; NULL when there is neither. The caller frees. */
static char *read_file(const char *directory, const char *name)
{
    char *plain = mem_format("%s/%s", directory, name), *zipped = mem_format("%s.gz", plain);
    gzFile file = gzopen(access(plain, R_OK) == 0 ? plain : zipped, "rb");
    struct writer bytes = { 0 };
    char block[8192];
    free(plain);
    free(zipped);
    if (file == NULL)
        return NULL;
    for (int got; (got = gzread(file, block, sizeof block)) > 0;)
        writer_add_bytes(&bytes, block, (size_t)got);
    gzclose(file);
    return writer_take(&bytes);
}

/* A file with one document, or (`lines`) one a line as a list. NULL with the error. */
static struct value *read_documents(const char *directory, const char *name, bool lines,
                                    struct error *error)
{
    struct place at = { directory, 1, 1 };
    char *bytes = read_file(directory, name);
    if (bytes == NULL) {
        error_set(error, (struct place){ .file = directory }, "%s is not there", name);
        return NULL;
    }
    const char *rest = bytes;
    size_t length = strlen(bytes);
    struct value *list = lines ? value_new_list() : NULL, *document = NULL;
    do {
        document = length > 0 ? json_read_next(&rest, &length, &at, NULL, error) : NULL;
        if (lines && document != NULL)
            value_add(list, document);
    } while (lines && document != NULL);
    free(bytes);
    return lines ? list : document;
}

/* --- uids --------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    return mem_text(text, strlen(text));
}

static void add_uid(struct recorded *recorded, const char *kind, const char *name, const char *uid)
{
    MEM_GROW(recorded->uids, recorded->uid_count, recorded->uid_capacity);
    recorded->uids[recorded->uid_count++] =
        (struct recorded_uid){ copy(kind), copy(name), copy(uid), false };
}

const char *recorded_take_uid(struct recorded *recorded, const char *kind, const char *name)
{
    for (size_t i = 0; i < recorded->uid_count; i++) {
        struct recorded_uid *uid = &recorded->uids[i];
        if (uid->used || strcmp(uid->kind, kind) != 0 || strcmp(uid->name, name) != 0)
            continue;
        uid->used = true;
        return uid->uid;
    }
    return NULL;
}

/* Objects made by calls of the API have theirs in the reply, a document or its text. */
static void take_reply_uid(struct recorded *recorded, const struct value *step)
{
    const char *call = value_text(value_get(step, "api"), "");
    const struct value *response = value_get(step, "response");
    struct error error = { 0 };
    if (strncmp(call, "POST ", 5) != 0 || value_int(value_get(step, "status"), 0) != 201)
        return;
    struct value *reply =
        response->type == VALUE_STRING
            ? json_read(response->text, response->count, (struct place){ 0 }, NULL, &error)
            : value_hold(response);
    const char *uid = value_text(value_path(reply, "metadata", "uid", NULL), NULL);
    if (uid != NULL)
        add_uid(recorded, value_text(value_get(reply, "kind"), ""),
                value_text(value_path(reply, "metadata", "name", NULL), ""), uid);
    value_drop(reply);
    error_close(&error);
}

/* --- nodes -------------------------------------------------------------------------------- */

/* What the API server's admission puts on a new Node. */
static bool is_first_taint(const struct value *taint)
{
    return strcmp(value_text(value_get(taint, "key"), ""), "node.kubernetes.io/not-ready") == 0;
}

static struct value *node_document(const struct value *row)
{
    static const struct {
        const char *resource, *amount;
    } amounts[] = {
        { "cpu", "8" }, { "memory", "32Gi" }, { "ephemeral-storage", "100Gi" }, { "pods", "250" }
    };
    struct value *node = value_new_map(), *taints = value_new_list();
    const struct value *given = value_path(row, "spec", "taints", NULL);
    for (size_t i = 0; given != NULL && i < given->count; i++)
        if (!is_first_taint(given->items[i]))
            value_add(taints, value_hold(given->items[i]));
    value_put(&node, value_new_string("v1"), "apiVersion", NULL);
    value_put(&node, value_new_string("Node"), "kind", NULL);
    value_put(&node, value_hold(value_get(row, "name")), "metadata", "name", NULL);
    if (value_get(row, "labels") != NULL)
        value_put(&node, value_hold(value_get(row, "labels")), "metadata", "labels", NULL);
    value_put(&node, taints, "spec", "taints", NULL);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        value_put(&node, value_new_string(amounts[i].amount), "status", "capacity",
                  amounts[i].resource, NULL);
        value_put(&node, value_new_string(amounts[i].amount), "status", "allocatable",
                  amounts[i].resource, NULL);
    }
    return node;
}

/* Nodes whose joining the recording did not see: pods are on them, so they have what the pods'
 * template asks for, and its taints are tolerated. */
static bool is_known_node(const struct recorded *recorded, const char *name)
{
    const bool from_the_start =
        name[0] == 'n' && strspn(name + 1, "0123456789") == 1 && name[2] == '\0';
    for (size_t i = 0; i < recorded->nodes->count; i++)
        if (strcmp(value_text(
                       value_path(recorded->nodes->items[i], "document", "metadata", "name", NULL),
                       ""),
                   name) == 0)
            return true;
    return from_the_start;
}

/* The PodSpec of the first template that selects nodes; NULL when there is none. */
static const struct value *selective_spec(const struct value *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        const struct value *spec =
            value_path(documents->items[i], "spec", "template", "spec", NULL);
        if (value_get(spec, "nodeSelector") != NULL)
            return spec;
    }
    return NULL;
}

static void add_known_node(struct recorded *recorded, const char *name, const struct value *spec)
{
    const struct value *tolerations = value_get(spec, "tolerations");
    struct value *row = value_new_map(), *labels = value_copy(value_get(spec, "nodeSelector"));
    struct value *taints = value_new_list(), *node = value_new_map();
    for (size_t i = 0; tolerations != NULL && i < tolerations->count; i++) {
        struct value *taint = value_copy(tolerations->items[i]);
        const bool is_equal = value_get(taint, "value") != NULL;
        value_remove(taint, "operator");
        if (is_equal)
            value_add(taints, taint);
        else
            value_drop(taint);
    }
    value_set(labels, "oracle-managed", value_new_string("yes"));
    value_set(row, "name", value_new_string(name));
    value_set(row, "labels", labels);
    value_put(&row, taints, "spec", "taints", NULL);
    value_set(node, "at_ms", value_new_int(-1)); /* before the scenario */
    value_set(node, "document", node_document(row));
    value_add(recorded->nodes, node);
    value_drop(row);
}

/* --- the second --------------------------------------------------------------------------- */

/* The latest "+Ns" among the times of a row's conditions; -1: none. */
static long latest_offset(const struct value *row)
{
    static const char *const keys[] = { "lastUpdateTime", "lastTransitionTime" };
    const struct value *conditions = value_path(row, "status", "conditions", NULL);
    long latest = -1;
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++)
        for (size_t k = 0; k < 2; k++) {
            const char *text = value_text(value_get(conditions->items[i], keys[k]), "");
            const long offset = *text == '+' ? strtol(text + 1, NULL, 10) : -1;
            latest = offset > latest ? offset : latest;
        }
    return latest;
}

/* A condition that changed at t has a time of floor(t + fraction) seconds. The row came a little
 * after the write. */
enum { WRITE_TO_ROW_MS = 10 };

static void narrow(const struct value *rows, long *least, long *most)
{
    long seen = -1;
    for (size_t i = 0; i < rows->count; i++) {
        const struct value *row = rows->items[i];
        const long offset = latest_offset(row), at = (long)value_int(value_get(row, "t_ms"), 0);
        if (offset <= seen)
            continue;
        seen = offset;
        const long low = offset * 1000 - at, high = low + 1000 + WRITE_TO_ROW_MS;
        *least = low > *least ? low : *least;
        *most = high < *most ? high : *most;
    }
}

static sim_time find_fraction(const struct value *rows)
{
    long least = 0, most = 1000;
    narrow(rows, &least, &most);
    return (least + most) / 2 * SIM_MILLISECOND;
}

/* "+50s" of a CronJob whose Job is named by its minute: "hist-29923661". -1: the row says nothing. */
static int64_t find_beginning(const struct value *row)
{
    const struct value *status = value_get(row, "status"), *active = value_get(status, "active");
    const char *offset = value_text(value_get(status, "lastScheduleTime"), "");
    if (strcmp(value_text(value_get(row, "kind"), ""), "CronJob") != 0 || *offset != '+' ||
        active == NULL || active->count == 0)
        return -1;
    const char *minute = strrchr(value_text(active->items[active->count - 1], ""), '-');
    return minute == NULL ? -1 : strtoll(minute + 1, NULL, 10) * 60 - strtoll(offset + 1, NULL, 10);
}

/* --- rows --------------------------------------------------------------------------------- */

static const char *find_choice(const struct recorded_choices *choices, const char *pod)
{
    for (size_t i = 0; i < choices->count; i++)
        if (strcmp(choices->items[i].pod, pod) == 0)
            return choices->items[i].chosen;
    return NULL;
}

/* Takes `chosen`. */
static void add_choice(struct recorded_choices *choices, const char *pod, char *chosen)
{
    MEM_GROW(choices->items, choices->count, choices->capacity);
    choices->items[choices->count++] = (struct recorded_choice){ copy(pod), chosen };
}

static void close_choices(struct recorded_choices *choices)
{
    for (size_t i = 0; i < choices->count; i++) {
        free(choices->items[i].pod);
        free(choices->items[i].chosen);
    }
    free(choices->items);
}

const char *recorded_budget(const struct recorded *recorded, const char *pod)
{
    return find_choice(&recorded->budgets_of_pods, pod);
}

const char *recorded_node(const struct recorded *recorded, const char *pod)
{
    return find_choice(&recorded->nodes_of_pods, pod);
}

size_t recorded_deletion(const struct recorded *recorded, const char *pod)
{
    for (size_t i = 0; i < recorded->deletions.count; i++)
        if (strcmp(recorded->deletions.items[i].pod, pod) == 0)
            return i;
    return SIZE_MAX;
}

static void take_row(struct recorded *recorded, const struct value *row)
{
    const char *kind = value_text(value_get(row, "kind"), "");
    const char *name = value_text(value_get(row, "name"), "");
    const char *uid = value_text(value_get(row, "uid"), NULL);
    const char *node = value_text(value_get(row, "nodeName"), NULL);
    if (node != NULL && recorded_node(recorded, name) == NULL)
        add_choice(&recorded->nodes_of_pods, name, copy(node));
    if (strcmp(kind, "Pod") == 0 && value_get(row, "deletionTimestamp") != NULL &&
        recorded_deletion(recorded, name) == SIZE_MAX)
        add_choice(&recorded->deletions, name, NULL);
    if (strcmp(value_text(value_get(row, "type"), ""), "ADDED") != 0)
        return;
    if (uid != NULL)
        add_uid(recorded, kind, name, uid);
    if (strcmp(kind, "Node") == 0) {
        struct value *joined = value_new_map();
        value_set(joined, "at_ms", value_hold(value_get(row, "t_ms")));
        value_set(joined, "document", node_document(row));
        value_add(recorded->nodes, joined);
    }
}

static void take_event(struct recorded *recorded, const struct value *row)
{
    static const char chose[] = "Chose \"";
    const char *object = value_text(value_get(row, "object"), "");
    const char *message = value_text(value_get(row, "message"), ""), *at = strstr(message, chose);
    if (strcmp(value_text(value_get(row, "reason"), ""), "MultiplePodDisruptionBudgets") != 0 ||
        at == NULL || strncmp(object, "Pod/", 4) != 0)
        return;
    at += sizeof chose - 1;
    add_choice(&recorded->budgets_of_pods, object + 4, mem_text(at, strcspn(at, "\"")));
}

/* The namespace: as the notes name it, or the directory. */
static char *find_space(const char *directory)
{
    char *notes = read_file(directory, "notes.md");
    const char *found = notes ? strstr(notes, "\nnamespace ") : NULL;
    char *space = NULL;
    if (found != NULL) {
        found += strlen("\nnamespace ");
        space = mem_text(found, strcspn(found, "; \n"));
    } else {
        size_t length = strlen(directory);
        while (length > 1 && directory[length - 1] == '/')
            length--;
        const char *end = directory + length, *begin = end;
        while (begin > directory && begin[-1] != '/')
            begin--;
        space = mem_text(begin, (size_t)(end - begin));
    }
    free(notes);
    return space;
}

static void find_known_nodes(struct recorded *recorded)
{
    struct value *documents = value_new_list();
    for (size_t i = 0; recorded->steps != NULL && i < recorded->steps->count; i++) {
        const struct value *text = value_get(recorded->steps->items[i], "stdin");
        struct error error = { 0 };
        struct value *document = value_is_null(text) ? NULL
                                                     : json_read(text->text, text->count,
                                                                 (struct place){ 0 }, NULL, &error);
        error_close(&error);
        if (document != NULL)
            value_add(documents, document);
    }
    const struct value *spec = selective_spec(documents);
    for (size_t i = 0; spec != NULL && i < recorded->nodes_of_pods.count; i++)
        if (!is_known_node(recorded, recorded->nodes_of_pods.items[i].chosen))
            add_known_node(recorded, recorded->nodes_of_pods.items[i].chosen, spec);
    value_drop(documents);
}

bool recorded_load(struct recorded *recorded, const char *directory, struct error *error)
{
    *recorded = (struct recorded){ .nodes = value_new_list(), .began = -1 };
    recorded->space = find_space(directory);
    recorded->steps = read_documents(directory, "steps.json", false, error);
    struct value *rows = read_documents(directory, "timeline.jsonl", true, error);
    struct error no_events = { 0 };
    struct value *events = read_documents(directory, "events.jsonl", true, &no_events);
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        take_row(recorded, rows->items[i]);
        if (recorded->began < 0)
            recorded->began = find_beginning(rows->items[i]);
    }
    for (size_t i = 0; events != NULL && i < events->count; i++)
        take_event(recorded, events->items[i]);
    for (size_t i = 0; recorded->steps != NULL && i < recorded->steps->count; i++)
        take_reply_uid(recorded, recorded->steps->items[i]);
    find_known_nodes(recorded);
    if (rows != NULL)
        recorded->fraction = find_fraction(rows);
    error_close(&no_events);
    value_drop(events);
    value_drop(rows);
    return error->text == NULL;
}

void recorded_close(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->uid_count; i++) {
        free(recorded->uids[i].kind);
        free(recorded->uids[i].name);
        free(recorded->uids[i].uid);
    }
    close_choices(&recorded->nodes_of_pods);
    close_choices(&recorded->budgets_of_pods);
    close_choices(&recorded->deletions);
    free(recorded->uids);
    free(recorded->space);
    value_drop(recorded->steps);
    value_drop(recorded->nodes);
}
