/* Objects as commands see them: their names as kubectl prints them, and their documents. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/cluster/admission.h"
#include "models/cluster/field_managers.h"
#include "models/cluster/reply.h"
#include "sim/base/memory.h"

const char last_applied[] = "kubectl.kubernetes.io/last-applied-configuration";

char *printed_name(struct object_key key)
{
    return kind_print_name((enum kind)key.kind, text_s(key.name));
}

struct value *action_print(const struct action *action, const struct object *object)
{
    return cluster_print(action->cluster, object);
}

/* What stands in the documents of an API object before its metadata. */
static enum kind kind_of_document(const struct value *document)
{
    return kind_find(value_text(value_get(document, "apiVersion"), ""),
                     value_text(value_get(document, "kind"), ""));
}

/* The name of a custom resource is that of its record: "group/Kind/name". */
static char *stored_name(enum kind kind, const struct value *document)
{
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    const char *version = value_text(value_get(document, "apiVersion"), "");
    if (kind != KIND_OTHER)
        return mem_text(name, strlen(name));
    const char *slash = strchr(version, '/');
    return mem_format("%.*s/%s/%s", (int)(slash != NULL ? slash - version : 0), version,
                      value_text(value_get(document, "kind"), ""), name);
}

struct object_key action_key(const struct action *action, const struct value *document)
{
    const enum kind kind = kind_of_document(document);
    const char *space =
        value_text(value_path(document, "metadata", "namespace", NULL), action->space);
    const bool spaced = document_is_namespaced(document);
    char *name = stored_name(kind, document);
    struct object_key key = { (uint16_t)kind, spaced ? cluster_text(action->cluster, space) : NULL,
                              cluster_text(action->cluster, name) };
    free(name);
    return key;
}

/* "Deployment "web" is invalid: spec.replicas: ...": the faults of a document as one text. */
static void refuse_faults(struct action *action, const struct value *document,
                          struct error_list *faults)
{
    struct error error = { 0 };
    struct writer text = { 0 };
    for (size_t i = 0; i < faults->count; i++)
        writer_format(&text, "%s%s", faults->count > 1 ? "\n* " : "", faults->items[i].text);
    error_set(&error, (struct place){ 0 }, "%s \"%s\" is invalid: %s",
              value_text(value_get(document, "kind"), ""),
              value_text(value_path(document, "metadata", "name", NULL), ""), text.bytes);
    action_refused(action, REPLY_INVALID, NULL, &error);
    error_list_close(faults);
    writer_close(&text);
}

static void warn_all(struct action *action, struct error_list *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        action_warn(action, "%s", warnings->items[i].text);
    error_list_close(warnings);
}

/* Whose the fields are that a command writes: "kubectl-create", "kubectl-client-side-apply". */
struct writing {
    struct field_manager manager;
    char name[64];
};

static void begin_writing(struct action *action, struct writing *writing)
{
    const char *verb = action->command.verb->name;
    const int length = (int)strcspn(verb, " ");
    const bool scales = strcmp(verb, "scale") == 0;
    if (scales)
        snprintf(writing->name, sizeof writing->name, "kubectl");
    else if (strcmp(verb, "apply") == 0)
        snprintf(writing->name, sizeof writing->name, "kubectl-client-side-apply");
    else
        snprintf(writing->name, sizeof writing->name, "kubectl-%.*s", length, verb);
    writing->manager = (struct field_manager){ writing->name, scales ? "scale" : NULL, NULL };
    action->cluster->manager = &writing->manager;
}

static void end_writing(struct action *action)
{
    action->cluster->manager = NULL;
}

enum edit action_replace(struct action *action, const struct object *stored, struct value *document)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct error error = { 0 };
    const uint64_t before = store_version(action->cluster->store);
    struct writing writing;
    begin_writing(action, &writing);
    struct object *object =
        cluster_admit_update(action->cluster, document, stored, &faults, &warnings);
    end_writing(action);
    warn_all(action, &warnings);
    if (object == NULL) {
        refuse_faults(action, document, &faults);
        value_drop(document);
        return EDIT_FAILED;
    }
    value_drop(document);
    const enum reply reply = client_update(action->client, object, &error);
    if (reply != REPLY_OK) {
        action_refused(action, reply, NULL, &error);
        return EDIT_FAILED;
    }
    return store_version(action->cluster->store) != before ? EDIT_DONE : EDIT_NOTHING;
}

enum edit action_replace_status(struct action *action, const struct object *stored,
                                struct value *document)
{
    struct error error = { 0 };
    const uint64_t before = store_version(action->cluster->store);
    const struct kind_info *info = &kind_infos[stored->kind];
    if (info->take_status == NULL) {
        value_drop(document);
        error_set(&error, (struct place){ 0 }, "the server could not find the requested resource");
        action_refused(action, REPLY_NOT_FOUND, NULL, &error);
        return EDIT_FAILED;
    }
    struct object *object = info->load(&action->cluster->codec, document);
    object->version = stored->version;
    value_drop(document);
    const enum reply reply = client_update_status(action->client, object, &error);
    if (reply != REPLY_OK) {
        action_refused(action, reply, NULL, &error);
        return EDIT_FAILED;
    }
    return store_version(action->cluster->store) != before ? EDIT_DONE : EDIT_NOTHING;
}

/* No record came of a document: an admission plugin forbade it, or it has faults. */
static void refuse_document_of(struct action *action, const struct value *document,
                               const char *doing, const struct refusal *refusal,
                               struct error_list *faults)
{
    struct error error = { 0 };
    if (refusal->code != REPLY_FORBIDDEN) {
        refuse_faults(action, document, faults);
        return;
    }
    error_set(&error, (struct place){ 0 }, "%s", refusal->message);
    action_refused(action, REPLY_FORBIDDEN, doing, &error);
    error_list_close(faults);
}

bool action_create(struct action *action, const struct value *document)
{
    return action_create_as(action, document, "error when creating \"STDIN\": ");
}

bool action_create_as(struct action *action, const struct value *document, const char *doing)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct refusal refusal = { 0 };
    struct error error = { 0 };
    struct writing writing;
    begin_writing(action, &writing);
    struct object *object = cluster_admit_or_refuse(action->cluster, document, action->space,
                                                    &refusal, &faults, &warnings);
    end_writing(action);
    warn_all(action, &warnings);
    if (object == NULL)
        refuse_document_of(action, document, doing, &refusal, &faults);
    refusal_close(&refusal);
    if (object == NULL)
        return false;
    const enum reply reply = client_create(action->client, object, NULL, &error);
    if (reply != REPLY_CREATED)
        action_refused(action, reply, doing, &error);
    return reply == REPLY_CREATED;
}
