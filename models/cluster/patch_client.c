/* A PATCH or PUT of a client: read, admit, write. */
#include <stdlib.h>
#include <string.h>

#include "models/api/schema_print.h"
#include "models/cluster/admit.h"
#include "models/cluster/client_private.h"
#include "models/cluster/patch_request.h"

/* The record of an admitted document, with the fields of its kind in order. */
static struct object *load(struct cluster *cluster, struct value *admitted)
{
    const struct schema_kind *kind =
        schema_kind(value_text(value_get(admitted, "apiVersion"), NULL),
                    value_text(value_get(admitted, "kind"), NULL));
    struct value *document =
        kind != NULL ? schema_print(admitted, kind->type) : value_hold(admitted);
    const enum kind row = kind_find(value_text(value_get(document, "apiVersion"), ""),
                                    value_text(value_get(document, "kind"), ""));
    struct object *object = kind_infos[row].load(&cluster->codec, document);
    value_drop(document);
    return object;
}

static enum reply refused(const struct refusal *refusal, struct object_key key, struct error *error)
{
    if (refusal->code == 409 && strncmp(refusal->message, "the object has", 14) == 0)
        return reply_conflict(error, key, "%s", refusal->message);
    error_set(error, (struct place){ 0 }, "%s", refusal->message);
    return (enum reply)refusal->code;
}

/* Write what was admitted. Takes the reference. */
static enum reply write(struct client *client, const struct object *stored, struct value *admitted,
                        const struct patch_request *request, struct error *error)
{
    struct object *object = load(client->cluster, admitted);
    const char *sub = request->manager != NULL ? request->manager->subresource : NULL;
    value_drop(admitted);
    if (stored == NULL)
        return client_create(client, object, NULL, error);
    object->version = stored->version;
    return sub != NULL && strcmp(sub, "status") == 0 ? client_update_status(client, object, error)
                                                     : client_update(client, object, error);
}

enum reply patch_carry_out(struct client *client, struct object_key key, const struct value *patch,
                           const struct patch_request *request, bool dry_run,
                           struct error_list *warnings, struct error *error)
{
    struct cluster *cluster = client->cluster;
    const struct object *stored = client_read(client, key);
    const struct admission admission = cluster_admission(cluster, request->space);
    char time[TIME_TEXT];
    struct field_manager manager = { NULL, NULL, NULL };
    struct patch_request timed = *request;
    struct refusal refusal = { 0 };
    struct error_list faults = { 0 };
    if (stored == NULL && request->type != PATCH_APPLY)
        return reply_missing(error, key);
    if (request->manager != NULL) {
        manager = *request->manager;
        manager.time = time_print(client->now, cluster->codec.epoch_seconds, time);
        timed.manager = &manager;
    }
    struct value *live = stored != NULL ? cluster_print(cluster, stored) : NULL;
    struct value *admitted =
        admit_patch(&admission, live, patch, &timed, &refusal, &faults, warnings);
    enum reply reply = stored != NULL ? REPLY_OK : REPLY_CREATED;
    if (admitted == NULL)
        reply = refused(&refusal, key, error);
    else if (!dry_run)
        reply = write(client, stored, value_hold(admitted), request, error);
    value_drop(admitted);
    value_drop(live);
    refusal_close(&refusal);
    error_list_close(&faults);
    return reply;
}
