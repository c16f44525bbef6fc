/* What the attach/detach controller tells the users of a volume, in its own words.
 *
 * Follows reportMultiAttachError in pkg/controller/volume/attachdetach/reconciler/reconciler.go and
 * pkg/volume/util/operationexecutor of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/controllers/attach_detach_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

static const struct object *pod_of_key(const struct client *client, struct object_key key)
{
    return client_get(client, KIND_POD, key.space, key.name);
}

static void tell(struct client *client, struct object_key key, bool warning, const char *reason,
                 const struct link *link, const char *what, const char *more)
{
    const struct object *pod = pod_of_key(client, key);
    if (pod != NULL)
        client_event(client, pod, warning, reason, "%s for volume \"%s\" %s", what,
                     text_s(link->volume->name), more);
}

void link_tell_attached(struct client *client, const struct link *link)
{
    for (size_t i = 0; i < link->pod_count; i++)
        tell(client, link->pods[i], false, "SuccessfulAttachVolume", link,
             "AttachVolume.Attach succeeded", "");
}

void link_tell_failure(struct client *client, const struct link *link, const char *error)
{
    char *more = mem_format(": %s", error);
    for (size_t i = 0; i < link->pod_count; i++)
        tell(client, link->pods[i], true, "FailedAttachVolume", link, "AttachVolume.Attach failed",
             more);
    free(more);
}

/* "Volume is already used by pod(s) a, b and 1 pod(s) in different namespaces": who uses it on other
 * nodes, without the names of those in other namespaces. The caller frees. */
static char *conflict_of(const struct link *link, struct object_key pod)
{
    struct writer names = { 0 };
    size_t others = 0, count = 0;
    for (const struct link *l = link->volume->first; l != NULL; l = l->of_volume)
        for (size_t i = 0; l != link && l->state == LINK_ATTACHED && i < l->pod_count; i++) {
            const bool own = l->pods[i].space == pod.space;
            count++;
            others += !own;
            if (own)
                writer_format(&names, "%s%s", names.length > 0 ? ", " : "",
                              text_s(l->pods[i].name));
        }
    char *text;
    if (count == 0)
        text = mem_format("Volume is already exclusively attached to one node and can't be "
                          "attached to another");
    else if (names.length == 0)
        text = mem_format("Volume is already used by %zu pod(s) in different namespaces", others);
    else if (others == 0)
        text = mem_format("Volume is already used by pod(s) %s", names.bytes);
    else
        text = mem_format("Volume is already used by pod(s) %s and %zu pod(s) in different "
                          "namespaces",
                          names.bytes, others);
    writer_close(&names);
    return text;
}

void link_tell_conflict(struct client *client, struct link *link)
{
    for (size_t i = 0; !link->conflict_told && i < link->pod_count; i++) {
        char *conflict = conflict_of(link, link->pods[i]);
        tell(client, link->pods[i], true, "FailedAttachVolume", link, "Multi-Attach error",
             conflict);
        free(conflict);
    }
    link->conflict_told = true;
}
