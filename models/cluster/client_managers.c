/* Field managers of what components write.
 *
 * The API server notes every writer. Here only objects that a user made through a named manager have
 * entries (field_managers.h); of them a component takes what it changes of the spec and the metadata. What
 * it says of a status nobody else applies, and costs nothing. */
#include <string.h>

#include "models/api/schema.h"
#include "models/cluster/client_private.h"
#include "models/cluster/cluster.h"
#include "models/cluster/field_managers.h"

/* Whose program a client belongs to. */
static const char *program_of(const struct client *client)
{
    if (strcmp(client->name, "default-scheduler") == 0)
        return "kube-scheduler";
    if (strcmp(client->name, "kubelet") == 0 || strcmp(client->name, "kubectl") == 0)
        return client->name;
    return "kube-controller-manager";
}

/* Through which endpoint it writes. */
static const char *subresource_of(const struct client *client, const char *verb)
{
    if (strcmp(verb, "update-status") == 0)
        return "status";
    return strcmp(client->name, "horizontal-pod-autoscaler") == 0 ? "scale" : NULL;
}

static bool touches_owned(const struct meta *was, const struct meta *is)
{
    return was->generation != is->generation || was->labels != is->labels ||
           was->annotations != is->annotations || was->owners != is->owners ||
           was->finalizers != is->finalizers;
}

void client_note_manager(struct client *client, const char *verb, const struct object *before,
                         struct object *after)
{
    struct meta *is = (struct meta *)after;
    const struct meta *was = meta_of(before);
    if (was->managers == NULL || is->managers != was->managers || !touches_owned(was, is))
        return; /* a user's write came with its managers */
    char time[TIME_TEXT];
    struct cluster *cluster = client->cluster;
    const struct kind_info *info = &kind_infos[after->kind];
    const struct field_manager manager = { program_of(client), subresource_of(client, verb),
                                           time_print(client->now, cluster->codec.epoch_seconds,
                                                      time) };
    struct value *old = cluster_print(cluster, before), *new = cluster_print(cluster, after);
    value_drop(is->managers);
    is->managers = managers_updated(old, new, schema_kind(info->api_version, info->name), manager);
    value_drop(old);
    value_drop(new);
}
