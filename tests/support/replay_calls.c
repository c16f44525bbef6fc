/* Steps that call the API directly: the paths that recordings use.
 *
 * What has no answer below HTTP is not asked: lists, watches, tables, discovery, and bodies that
 * are no documents. Of what is asked the code must be the recorded one, and of a refusal its text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/quota.h"
#include "models/api/schema.h"
#include "models/cluster/admission.h"
#include "models/cluster/patch_request.h"
#include "sim/base/memory.h"
#include "tests/support/replay_private.h"

/* "DELETE /api/v1/namespaces/NS/pods/NAME/status?dryRun=All" */
struct call {
    char *text; /* owned; the members below point into it */
    const char *method, *group, *version, *space, *resource, *name, *subresource;
    const char *query; /* "a=b&c=d"; "" for none */
    const struct schema_kind
        *other; /* of a kind without a row; NULL: it has one, or there is none */
};

/* Cut off the next part of a path; NULL at its end. */
static char *next_part(char **path)
{
    return *path != NULL ? strsep(path, "/") : NULL;
}

/* The kind of Kubernetes with this resource that has no row of ours; NULL when there is none. */
static const struct schema_kind *find_other(const char *group, const char *resource)
{
    char *wanted = mem_format("%s.%s", resource, group);
    const struct schema_kind *found = NULL;
    for (size_t i = 0; i < schema_kind_count() && found == NULL; i++) {
        const struct schema_kind *kind = schema_kind_at(i);
        char *name =
            quota_resource(kind->group, strlen(kind->group), kind->kind, strlen(kind->kind));
        found = strcmp(name, wanted) == 0 ? kind : NULL;
        free(name);
    }
    free(wanted);
    return found;
}

static struct call read_call(const struct player *player, const char *text)
{
    struct call call = { .text = player_raw(player, text), .group = "" };
    char *path = call.text;
    call.method = strsep(&path, " ");
    char *query = strchr(path, '?');
    call.query = query != NULL ? query + 1 : "";
    if (query != NULL)
        *query = '\0';
    next_part(&path); /* "" */
    const char *root = next_part(&path);
    if (root != NULL && strcmp(root, "apis") == 0)
        call.group = next_part(&path);
    call.version = next_part(&path);
    call.resource = next_part(&path);
    call.name = next_part(&path);
    if (call.resource != NULL && strcmp(call.resource, "namespaces") == 0 && path != NULL) {
        call.space = call.name;
        call.resource = next_part(&path);
        call.name = next_part(&path);
    }
    call.subresource = next_part(&path);
    if (call.resource != NULL && kind_of_resource(call.resource) == KIND_COUNT)
        call.other = find_other(call.group, call.resource);
    return call;
}

/* A value of the query; the caller frees, NULL: it is not there. */
static char *query_value(const struct call *call, const char *key)
{
    const size_t length = strlen(key);
    for (const char *at = call->query; *at != '\0'; at += strcspn(at, "&"), at += *at == '&')
        if (strncmp(at, key, length) == 0 && at[length] == '=')
            return mem_text(at + length + 1, strcspn(at + length + 1, "&"));
    return NULL;
}

static bool query_says(const struct call *call, const char *key, const char *value)
{
    char *said = query_value(call, key);
    const bool says = said != NULL && strcmp(said, value) == 0;
    free(said);
    return says;
}

static bool is(const char *text, const char *other)
{
    return text != NULL && strcmp(text, other) == 0;
}

/* An object of a kind that we know is read, or written with a document. */
static bool is_playable(const struct call *call, const struct value *step)
{
    const struct value *body = value_get(step, "body");
    const char *type = value_text(value_get(step, "contentType"), "");
    const bool is_patch = is(call->method, "PATCH"), is_post = is(call->method, "POST");
    const bool is_document = body != NULL && (body->type == VALUE_MAP || body->type == VALUE_LIST);
    if (call->resource == NULL ||
        (kind_of_resource(call->resource) == KIND_COUNT && call->other == NULL))
        return false;
    if (is_patch && strstr(type, "patch") == NULL)
        return false;
    if (is_post || is_patch || is(call->method, "PUT"))
        return is_document &&
               (is_post ? call->name == NULL || call->subresource != NULL : call->name != NULL);
    return call->name != NULL;
}

static struct object_key key_of(const struct player *player, const struct call *call)
{
    const struct cluster *cluster = player->cluster;
    if (call->other != NULL) {
        const char *name = call->name != NULL ? call->name : "";
        return (struct object_key){
            KIND_OTHER, call->space ? cluster_text(cluster, call->space) : NULL,
            text_format(cluster->run->texts, "%s/%s/%s", call->group, call->other->kind, name)
        };
    }
    return (struct object_key){ (uint16_t)kind_of_resource(call->resource),
                                call->space ? cluster_text(cluster, call->space) : NULL,
                                call->name ? cluster_text(cluster, call->name) : NULL };
}

/* The body with raw names in it; a new reference, NULL for none. */
static struct value *read_body(const struct player *player, const struct value *step)
{
    const struct value *body = value_get(step, "body");
    struct error error = { 0 };
    if (value_is_null(body))
        return NULL;
    char *text = json_text(body, (struct json_style){ 0 });
    char *raw = player_raw(player, text);
    struct value *read = json_read(raw, strlen(raw), (struct place){ 0 }, NULL, &error);
    free(text);
    free(raw);
    return read;
}

/* The manager of fields that the query names, or the one the recorder's client was taken for. */
struct named_manager {
    struct field_manager manager;
    char *text; /* owned */
};

static struct named_manager manager_of(const struct call *call)
{
    struct named_manager named = { .text = query_value(call, "fieldManager") };
    named.manager.name = named.text != NULL ? named.text : "oracle";
    named.manager.subresource = call->subresource;
    return named;
}

/* --- verbs -------------------------------------------------------------------------------- */

/* What the decoder of a path says of another kind's document. */
static enum reply refuse_kind(const struct call *call, const struct value *body,
                              struct error *error)
{
    const char *version = value_text(value_get(body, "apiVersion"), "");
    const char *kind = value_text(value_get(body, "kind"), "");
    const char *wanted =
        call->other != NULL ? call->other->kind : kind_infos[kind_of_resource(call->resource)].name;
    return reply_refuse(error, REPLY_BAD_REQUEST,
                        "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is "
                        "registered for version \"%s\" in scheme \"pkg/runtime/scheme.go:111\"",
                        kind, version, wanted, kind, version);
}

static bool is_of_kind(const struct call *call, const struct value *body)
{
    if (call->other != NULL)
        return strcmp(value_text(value_get(body, "kind"), ""), call->other->kind) == 0;
    const struct kind_info *info = &kind_infos[kind_of_resource(call->resource)];
    return strcmp(value_text(value_get(body, "kind"), ""), info->name) == 0 &&
           strcmp(value_text(value_get(body, "apiVersion"), ""), info->api_version) == 0;
}

static enum reply post(struct player *player, const struct call *call, const struct value *body,
                       struct error *error)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct cluster *cluster = player->cluster;
    struct refusal refusal = { 0 };
    const bool strict = query_says(call, "fieldValidation", "Strict");
    const char *space = value_text(value_path(body, "metadata", "namespace", NULL), "");
    if (!is_of_kind(call, body))
        return refuse_kind(call, body, error);
    if (*space != '\0' && call->space != NULL && strcmp(space, call->space) != 0)
        return reply_refuse(error, REPLY_BAD_REQUEST,
                            "the namespace of the provided object does not match the namespace "
                            "sent on the request");
    struct named_manager named = manager_of(call);
    cluster->manager = &named.manager;
    struct object *object = cluster_admit_or_refuse(cluster, body, call->space, &refusal, &faults,
                                                    strict ? NULL : &warnings);
    cluster->manager = NULL;
    enum reply reply = (enum reply)refusal.code;
    if (object != NULL)
        reply = client_create(&cluster->admin, object, NULL, error);
    else
        error_set(error, (struct place){ 0 }, "%s", refusal.message);
    free(named.text);
    refusal_close(&refusal);
    error_list_close(&faults);
    error_list_close(&warnings);
    return reply;
}

static enum propagation propagation_of(const struct value *body)
{
    const char *policy = value_text(value_get(body, "propagationPolicy"), "");
    return strcmp(policy, "Foreground") == 0   ? PROPAGATE_FOREGROUND
           : strcmp(policy, "Background") == 0 ? PROPAGATE_BACKGROUND
           : strcmp(policy, "Orphan") == 0     ? PROPAGATE_ORPHAN
                                               : PROPAGATE_DEFAULT;
}

static enum reply delete (struct player *player, const struct call *call, struct object_key key,
                          const struct value *body, struct error *error) {
    struct delete_options options = delete_options_default();
    const struct value *wanted = value_get(body, "preconditions");
    const char *version = value_text(value_get(wanted, "resourceVersion"), NULL);
    const struct uid uid = uid_from_text(value_text(value_get(wanted, "uid"), ""));
    char *grace = query_value(call, "gracePeriodSeconds");
    options.grace_seconds = value_int(value_get(body, "gracePeriodSeconds"), -1);
    if (grace != NULL) options.grace_seconds = strtol(grace, NULL, 10);
    if (value_get(wanted, "uid") != NULL) options.uid = &uid;
    if (version != NULL) options.version = strtoull(version, NULL, 10);
    options.propagation = propagation_of(body);
    free(grace);
    return client_delete(&player->cluster->admin, key, options, error);
}

static enum patch_type patch_type_of(const char *method, const char *content)
{
    return strcmp(method, "PUT") == 0           ? PATCH_PUT
           : strstr(content, "strategic-merge") ? PATCH_STRATEGIC
           : strstr(content, "json-patch")      ? PATCH_JSON
           : strstr(content, "apply-patch")     ? PATCH_APPLY
                                                : PATCH_MERGE;
}

static enum reply patch(struct player *player, const struct call *call, struct object_key key,
                        const struct value *step, const struct value *body, struct error *error)
{
    const char *content = value_text(value_get(step, "contentType"), "");
    struct named_manager named = manager_of(call);
    const enum patch_type type = patch_type_of(call->method, content);
    const struct patch_request request = {
        .type = type,
        .name = call->name,
        .space = call->space,
        .manager = named.text != NULL || type != PATCH_APPLY ? &named.manager : NULL,
        .force = query_says(call, "force", "true"),
    };
    struct error_list warnings = { 0 };
    const bool strict = query_says(call, "fieldValidation", "Strict");
    const enum reply reply =
        patch_carry_out(&player->cluster->admin, key, body, &request,
                        query_says(call, "dryRun", "All"), strict ? NULL : &warnings, error);
    error_list_close(&warnings);
    free(named.text);
    return reply;
}

/* POST of a Binding. */
static enum reply bind(struct player *player, struct object_key key, const struct value *body,
                       struct error *error)
{
    const char *name = value_text(value_path(body, "target", "name", NULL), "");
    const struct text *node = cluster_text(player->cluster, name);
    const enum reply reply = client_bind(&player->cluster->admin, key, node, NULL, error);
    text_drop(node);
    return reply;
}

static enum reply act(struct player *player, const struct call *call, const struct value *step,
                      struct error *error)
{
    struct client *admin = &player->cluster->admin;
    struct object_key key = key_of(player, call);
    struct value *body = read_body(player, step);
    enum reply reply = REPLY_BAD_REQUEST;
    if (is(call->method, "GET"))
        reply = client_read(admin, key) != NULL ? REPLY_OK : reply_missing(error, key);
    else if (is(call->subresource, "eviction"))
        reply = client_evict(admin, key, -1, error);
    else if (is(call->subresource, "binding"))
        reply = bind(player, key, body, error);
    else if (is(call->method, "POST"))
        reply = post(player, call, body, error);
    else if (is(call->method, "DELETE"))
        reply = delete (player, call, key, body, error);
    else
        reply = patch(player, call, key, step, body, error);
    value_drop(body);
    object_key_drop(key);
    return reply;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The parts of "...: [a, b]" in byte order: labels are looked at in the order of a Go map. */
static char *in_order(const char *text)
{
    char *copy = mem_text(text, strlen(text)), *rest = copy;
    char **parts = NULL;
    size_t count = 0, capacity = 0;
    for (char *at; (at = strpbrk(rest, "[]")) != NULL;)
        memmove(at, at + 1, strlen(at));
    for (char *next; (next = strstr(rest, ", metadata.labels")) != NULL; rest = next + 2) {
        MEM_GROW(parts, count, capacity);
        parts[count++] = rest;
        *next = '\0';
    }
    MEM_GROW(parts, count, capacity);
    parts[count++] = rest;
    char *first = strstr(parts[0], "metadata.labels");
    if (count > 1 && first != NULL)
        parts[0] = first;
    qsort(parts, count, sizeof *parts, by_text);
    struct writer out = { 0 };
    for (size_t i = 0; i < count; i++)
        writer_format(&out, "%s\n", parts[i]);
    free(parts);
    free(copy);
    return writer_take(&out);
}

/* Texts of refusals, without uids, versions and nodes, which are drawn. */
static bool same_text(const struct player *player, const char *ours, const char *recorded)
{
    char *numbered = emitted_numbered(&player->emitted, ours);
    char *left = in_order(numbered), *right = in_order(recorded);
    const char *a = left, *b = right;
    bool same = true;
    while (same && (*a != '\0' || *b != '\0')) {
        const size_t x = strspn(a, "0123456789abcdef-"), y = strspn(b, "0123456789abcdef-");
        const bool drawn =
            (x == 36 && y == 36) || (x > 0 && y > 0 && strspn(a, "0123456789") == x &&
                                     strspn(b, "0123456789") == y && b[y] == ')');
        same = drawn || *a == *b;
        a += drawn ? x : *a != '\0';
        b += drawn ? y : *b != '\0';
    }
    free(numbered);
    free(left);
    free(right);
    return same;
}

void player_call(struct player *player, const struct value *step)
{
    const char *text = value_text(value_get(step, "api"), "");
    const int recorded = (int)value_int(value_get(step, "status"), 0);
    const char *message = value_text(value_path(step, "response", "message", NULL), NULL);
    struct error error = { 0 };
    struct call call = read_call(player, text);
    client_begin(&player->cluster->admin, run_root(player->run, run_now(player->run), "api", text));
    if (is_playable(&call, step)) {
        const int code = (int)act(player, &call, step, &error) % 1000;
        const char *said = error.text != NULL ? error.text : "";
        char *differs = mem_format("%d instead of %d, %s", code, recorded, said);
        const bool same = code == recorded &&
                          (message == NULL || recorded < 400 || same_text(player, said, message));
        player_replied(player, text, same ? NULL : differs);
        free(differs);
    }
    free(call.text);
    error_close(&error);
}
