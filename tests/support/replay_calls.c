/* Steps that call the API directly: the few paths that recordings use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/quota.h"
#include "models/api/schema.h"
#include "models/cluster/admission.h"
#include "models/cluster/patch.h"
#include "sim/base/memory.h"
#include "tests/support/replay_private.h"

/* "DELETE /api/v1/namespaces/NS/pods/NAME/status" */
struct call {
    char *text; /* owned; the members below point into it */
    const char *method, *group, *space, *resource, *name, *subresource;
    const struct schema_kind
        *other; /* of a kind without a row; NULL: it has one, or there is none */
};

/* Cut off the next part of a path; NULL at its end. */
static char *next_part(char **path)
{
    return strsep(path, "/");
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
    struct call call = { .text = player_raw(player, text) };
    char *path = call.text;
    call.method = strsep(&path, " ");
    next_part(&path);                                       /* "" */
    const bool core = strcmp(next_part(&path), "api") == 0; /* or apis */
    call.group = core ? "" : next_part(&path);
    next_part(&path); /* the version */
    call.resource = next_part(&path);
    call.name = path != NULL ? next_part(&path) : NULL;
    if (call.resource != NULL && strcmp(call.resource, "namespaces") == 0 && path != NULL) {
        call.space = call.name;
        call.resource = next_part(&path);
        call.name = path != NULL ? next_part(&path) : NULL;
    }
    call.subresource = path != NULL ? next_part(&path) : NULL;
    if (call.resource != NULL && kind_of_resource(call.resource) == KIND_COUNT)
        call.other = find_other(call.group, call.resource);
    return call;
}

/* Is it a path of a kind that we know, with a body where one is needed? */
static bool is_playable(const struct call *call, const struct value *step)
{
    const bool needs_body = strcmp(call->method, "POST") == 0 ||
                            strcmp(call->method, "PATCH") == 0 || strcmp(call->method, "PUT") == 0;
    return call->resource != NULL &&
           (kind_of_resource(call->resource) != KIND_COUNT || call->other != NULL) &&
           !(needs_body && value_is_null(value_get(step, "body")));
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

/* --- verbs -------------------------------------------------------------------------------- */

static enum reply post(struct player *player, const struct call *call, const struct value *body,
                       struct error *error)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct cluster *cluster = player->cluster;
    struct refusal refusal = { 0 };
    struct object *object =
        cluster_admit_or_refuse(cluster, body, call->space, &refusal, &faults, &warnings);
    enum reply reply = (enum reply)refusal.code;
    if (object != NULL)
        reply = client_create(&cluster->admin, object, NULL, error);
    else
        error_set(error, (struct place){ 0 }, "%s", refusal.message);
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

static enum reply delete (struct player *player, struct object_key key, const struct value *body,
                          struct error *error) {
    struct delete_options options = delete_options_default();
    options.grace_seconds = value_int(value_get(body, "gracePeriodSeconds"), -1);
    options.propagation = propagation_of(body);
    return client_delete(&player->cluster->admin, key, options, error);
}

/* The stored document with a patch applied; NULL with the error. */
static struct value *patched(const struct value *document, const struct value *patch,
                             const char *type, struct error *error)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(document, "apiVersion"), ""),
                                                 value_text(value_get(document, "kind"), ""));
    if (strstr(type, "strategic-merge") != NULL)
        return patch_strategic(document, patch, kind != NULL ? kind->type : NULL, error);
    if (strstr(type, "json-patch") != NULL)
        return patch_json(document, patch, error);
    return patch_merge(document, patch);
}

static enum reply store(struct player *player, const struct object *stored,
                        const struct value *document, bool status, struct error *error)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct cluster *cluster = player->cluster;
    enum reply reply = REPLY_INVALID;
    if (status) {
        struct object *object = kind_infos[stored->kind].load(&cluster->codec, document);
        object->version = stored->version;
        return client_update_status(&cluster->admin, object, error);
    }
    struct object *object = cluster_admit_update(cluster, document, stored, &faults, &warnings);
    if (object != NULL)
        reply = client_update(&cluster->admin, object, error);
    else
        error_set(error, (struct place){ 0 }, "%s", faults.items[0].text);
    error_list_close(&faults);
    error_list_close(&warnings);
    return reply;
}

static enum reply patch(struct player *player, const struct call *call, struct object_key key,
                        const struct value *step, const struct value *body, struct error *error)
{
    const struct object *stored = client_read(&player->cluster->admin, key);
    if (stored == NULL)
        return REPLY_NOT_FOUND;
    struct value *document = cluster_print(player->cluster, stored);
    struct value *changed =
        patched(document, body, value_text(value_get(step, "contentType"), ""), error);
    const bool status = call->subresource != NULL && strcmp(call->subresource, "status") == 0;
    const enum reply reply =
        changed != NULL ? store(player, stored, changed, status, error) : REPLY_BAD_REQUEST;
    value_drop(changed);
    value_drop(document);
    return reply;
}

/* The body takes the place of what is stored. */
static enum reply put(struct player *player, struct object_key key, const struct value *body,
                      struct error *error)
{
    const struct object *stored = client_read(&player->cluster->admin, key);
    return stored != NULL ? store(player, stored, body, false, error) : REPLY_NOT_FOUND;
}

static enum reply act(struct player *player, const struct call *call, const struct value *step,
                      struct error *error)
{
    struct client *admin = &player->cluster->admin;
    struct object_key key = key_of(player, call);
    struct value *body = read_body(player, step);
    enum reply reply = REPLY_BAD_REQUEST;
    if (strcmp(call->method, "GET") == 0)
        reply = client_read(admin, key) != NULL ? REPLY_OK : REPLY_NOT_FOUND;
    else if (call->subresource != NULL && strcmp(call->subresource, "eviction") == 0)
        reply = client_evict(admin, key, -1, error);
    else if (strcmp(call->method, "POST") == 0)
        reply = post(player, call, body, error);
    else if (strcmp(call->method, "PUT") == 0)
        reply = put(player, key, body, error);
    else if (strcmp(call->method, "DELETE") == 0)
        reply = delete (player, key, body, error);
    else if (strcmp(call->method, "PATCH") == 0)
        reply = patch(player, call, key, step, body, error);
    value_drop(body);
    object_key_drop(key);
    return reply;
}

void player_call(struct player *player, const struct value *step)
{
    const char *text = value_text(value_get(step, "api"), "");
    struct error error = { 0 };
    struct call call = read_call(player, text);
    client_begin(&player->cluster->admin, run_root(player->run, run_now(player->run), "api", text));
    const int code = is_playable(&call, step) ? (int)act(player, &call, step, &error) % 1000 : 0;
    const int recorded = (int)value_int(value_get(step, "status"), 0);
    char *differs =
        mem_format("%d instead of %d, %s", code, recorded, error.text != NULL ? error.text : "");
    player_replied(player, text, code == recorded ? NULL : differs);
    free(differs);
    free(call.text);
    error_close(&error);
}
