/* DefaultBinder: binds through the API server's binding subresource.
 *
 * Follows pkg/scheduler/framework/plugins/defaultbinder of the release named in
 * docs/fidelity.md. */
#include "models/cluster/client.h"
#include "models/scheduler/plugins/plugins.h"

static enum reply default_binder_bind(struct client *client, const struct pod *pod,
                                      const struct text *node, const struct labels *annotations,
                                      struct error *error)
{
    return client_bind(client, object_key(&pod->meta.object), node, annotations, error);
}

const struct sched_plugin default_binder_plugin = {
    .name = "DefaultBinder",
    .bind = default_binder_bind,
};
