/* What the attach/detach controller does about one link, and what it says of a node.
 *
 * Follows pkg/controller/volume/attachdetach/reconciler/reconciler.go and .../statusupdater, and, for what
 * an operation is, pkg/volume/csi/csi_attacher.go and pkg/util/goroutinemap/exponentialbackoff of the
 * release named in docs/fidelity.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/attach_detach_private.h"
#include "sim/base/memory.h"

#define LONGEST_UNMOUNT (360 * SIM_SECOND) /* ReconcilerMaxWaitForUnmountDuration */
#define LONGEST_CALL    (120 * SIM_SECOND) /* csiTimeout */
#define FIRST_WAIT      (500 * SIM_MILLISECOND)
#define LONGEST_WAIT    (122 * SIM_SECOND)

static const char out_of_service[] = "node.kubernetes.io/out-of-service";

static void look_again(struct client *client, const struct link *link, sim_time at)
{
    const struct object_key key = { KIND_PERSISTENTVOLUME, NULL, link->volume->name };
    controller_requeue_after(client, key, attach_detach_look(at) - client->now);
}

/* --- what there is ------------------------------------------------------------------------- */

const struct persistent_volume *link_volume(const struct client *client, const struct link *link)
{
    return persistent_volume_of(
        client_get(client, KIND_PERSISTENTVOLUME, NULL, link->volume->name));
}

static const struct volume_attachment *attachment_of(const struct client *client,
                                                     const struct persistent_volume *volume,
                                                     const struct link *link)
{
    struct texts *texts = client->cluster->run->texts;
    const struct text *name = volume_attachment_name(texts, &volume->csi, link->node->name);
    const struct object *found = client_get(client, KIND_VOLUMEATTACHMENT, NULL, name);
    text_drop(name);
    return volume_attachment_of(found);
}

/* One operation at a time for a volume that only one node can have, else one for each node. */
static bool is_busy(const struct link *link, bool exclusive)
{
    for (const struct link *l = exclusive ? link->volume->first : link; l != NULL;
         l = exclusive ? l->of_volume : NULL)
        if (l->state == LINK_ATTACHING || l->state == LINK_DETACHING)
            return true;
    return false;
}

/* --- the node's status ----------------------------------------------------------------------- */

static bool show_attached(struct object *object, void *context)
{
    struct node *node = (struct node *)object;
    const struct node_volumes *attached = context;
    if (node_volumes_equal(node->volumes_attached, attached))
        return false;
    node_volumes_drop(node->volumes_attached);
    node->volumes_attached = node_volumes_hold(attached);
    return true;
}

bool linked_node_report(struct client *client, const struct linked_node *node)
{
    const struct text **names = NULL;
    size_t count = 0, capacity = 0;
    for (const struct link *l = node->first; l != NULL; l = l->of_node) {
        const struct persistent_volume *volume = l->reported ? link_volume(client, l) : NULL;
        if (volume == NULL)
            continue;
        MEM_GROW(names, count, capacity);
        names[count++] = csi_volume_unique_name(client->cluster->run->texts, &volume->csi);
    }
    const struct node_volumes *attached = node_volumes_new(names, count);
    const struct object_key key = { KIND_NODE, NULL, node->name };
    const enum reply reply = client_patch(client, key, show_attached, (void *)attached, NULL);
    node_volumes_drop(attached);
    for (size_t i = 0; i < count; i++)
        text_drop(names[i]);
    free(names);
    return reply_settles(reply); /* gone: nobody to tell */
}

/* --- operations ------------------------------------------------------------------------------ */

static void fail(struct client *client, struct link *link, enum link_state operation)
{
    const sim_time doubled = 2 * link->wait < LONGEST_WAIT ? 2 * link->wait : LONGEST_WAIT;
    link->wait = link->failed == operation && link->wait > 0 ? doubled : FIRST_WAIT;
    link->failed = (uint8_t)operation;
    link->retry = client->now + link->wait;
    link->state = LINK_UNCERTAIN;
    look_again(client, link, link->retry + 1); /* more than the wait has to pass */
}

/* Users are told of attachments only. */
static void end_badly(struct client *client, struct link *link, enum link_state operation,
                      const char *why)
{
    if (operation == LINK_ATTACHING)
        link_tell_failure(client, link, why != NULL ? why : "");
    fail(client, link, operation);
}

static bool must_wait(struct client *client, const struct link *link, enum link_state operation)
{
    if (link->failed != operation || client->now > link->retry)
        return false;
    look_again(client, link, link->retry + 1);
    return true;
}

static void end_well(struct client *client, struct link *link, enum link_state state)
{
    link->state = (uint8_t)state;
    link->failed = LINK_DETACHED;
    link->wait = 0;
    link->conflict_told = false;
    look_again(client, link, client->now);
    if (state != LINK_ATTACHED)
        return;
    link->mounted = link->reported = true;
    link_tell_attached(client, link);
    controller_requeue_after(client, (struct object_key){ KIND_NODE, NULL, link->node->name },
                             attach_detach_look(client->now) - client->now);
}

/* Has the operation under way ended? */
void link_follow(struct client *client, struct link *link)
{
    const struct persistent_volume *volume = link_volume(client, link);
    const struct volume_attachment *is =
        volume != NULL ? attachment_of(client, volume, link) : NULL;
    const bool late = client->now >= link->deadline;
    char overdue[160];
    if (link->state == LINK_DETACHING) {
        if (is == NULL)
            end_well(client, link, LINK_DETACHED);
        else if (late)
            end_badly(client, link, LINK_DETACHING, NULL);
    } else if (link->state == LINK_ATTACHING && is != NULL && is->attached) {
        end_well(client, link, LINK_ATTACHED);
    } else if (link->state == LINK_ATTACHING && is != NULL && is->error != NULL) {
        end_badly(client, link, LINK_ATTACHING, is->error->s);
    } else if (link->state == LINK_ATTACHING && late && volume != NULL) {
        snprintf(overdue, sizeof overdue,
                 "timed out waiting for external-attacher of %s CSI driver to attach volume %s",
                 text_s(volume->csi.driver), text_s(volume->csi.handle));
        end_badly(client, link, LINK_ATTACHING, overdue);
    }
}

static void begin(struct client *client, struct link *link, const struct persistent_volume *volume,
                  enum link_state operation)
{
    const struct text *name =
        volume_attachment_name(client->cluster->run->texts, &volume->csi, link->node->name);
    const struct object_key key = { KIND_VOLUMEATTACHMENT, NULL, name };
    struct error error = { 0 };
    link->state = (uint8_t)operation;
    link->deadline = client->now + LONGEST_CALL;
    controller_requeue_after(client, key, LONGEST_CALL);
    if (operation == LINK_ATTACHING) {
        link->unwanted = -1;
        const enum reply reply = client_create(
            client, volume_attachment_new(&client->cluster->codec, volume, link->node->name), NULL,
            &error);
        if (reply == REPLY_CREATED || reply == REPLY_ALREADY_EXISTS) /* from a try before */
            link_follow(client, link);
        else
            end_badly(client, link, LINK_ATTACHING, error.text);
    } else {
        const enum reply reply = client_delete(client, key, delete_options_default(), &error);
        if (reply == REPLY_NOT_FOUND)
            end_well(client, link, LINK_DETACHED);
        else if (reply != REPLY_OK)
            end_badly(client, link, LINK_DETACHING, error.text);
    }
    error_close(&error);
    text_drop(name);
}

/* --- detaching --------------------------------------------------------------------------------- */

static bool has_taint(const struct node *node, const char *key)
{
    for (uint32_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (strcmp(text_s(node->taints->items[i].key), key) == 0)
            return true;
    return false;
}

/* What the kubelet says right now, past the cache. */
static bool is_in_use(const struct client *client, const struct link *link,
                      const struct persistent_volume *volume)
{
    const struct object *node =
        client_read(client, (struct object_key){ KIND_NODE, NULL, link->node->name });
    const struct text *name = csi_volume_unique_name(client->cluster->run->texts, &volume->csi);
    const bool used = node != NULL && node_volumes_have(node_of(node)->volumes_in_use, name);
    text_drop(name);
    return used;
}

void link_detach(struct client *client, struct link *link, const struct persistent_volume *volume)
{
    const struct object *object = client_get(client, KIND_NODE, NULL, link->node->name);
    const struct node *node = object != NULL ? node_of(object) : NULL;
    if (is_busy(link, persistent_volume_is_exclusive(volume)) ||
        must_wait(client, link, LINK_DETACHING))
        return;
    if (link->unwanted < 0)
        link->unwanted = client->now;
    const bool late = client->now - link->unwanted > LONGEST_UNMOUNT;
    const bool may_force = late && !client->cluster->settings.disable_force_detach_on_timeout;
    const bool abandoned = node != NULL && has_taint(node, out_of_service);
    const bool forced = may_force && (node == NULL || !node_is_ready(node));
    if (link->mounted && !forced && !abandoned) {
        if (!late)
            look_again(client, link, link->unwanted + LONGEST_UNMOUNT + 1);
        return; /* otherwise a change of the node will wake us */
    }
    link->reported = false;
    if (!linked_node_report(client, link->node)) {
        link->reported = true;
        look_again(client, link, client->now + 1);
        return;
    }
    if (!may_force && !abandoned && is_in_use(client, link, volume))
        fail(client, link, LINK_DETACHING);
    else
        begin(client, link, volume, LINK_DETACHING);
}

/* --- attaching --------------------------------------------------------------------------------- */

static bool is_elsewhere(const struct link *link)
{
    for (const struct link *l = link->volume->first; l != NULL; l = l->of_volume)
        if (l != link && l->state == LINK_ATTACHED)
            return true;
    return false;
}

void link_attach(struct client *client, struct link *link, const struct persistent_volume *volume)
{
    const bool exclusive = persistent_volume_is_exclusive(volume);
    if (is_busy(link, exclusive))
        return;
    if (link->state == LINK_ATTACHED)
        link->unwanted = -1;
    else if (exclusive && is_elsewhere(link))
        link_tell_conflict(client, link);
    else if (!must_wait(client, link, LINK_ATTACHING))
        begin(client, link, volume, LINK_ATTACHING);
}
