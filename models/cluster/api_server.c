/* Whether the API server answers, told by its Machine. */
#include "models/cluster/api_server.h"

#include <string.h>

#include "models/api/machine.h"
#include "models/cluster/cluster.h"

static const char namespace_name[] = "kube-system", machine_name[] = "kube-apiserver";

bool api_server_runs_on(const struct object *machine)
{
    return machine->space != NULL && strcmp(machine->space->s, namespace_name) == 0 &&
           strcmp(machine->name->s, machine_name) == 0;
}

struct object_key api_server_machine(const struct cluster *cluster)
{
    return (struct object_key){ KIND_MACHINE, cluster_text(cluster, namespace_name),
                                cluster_text(cluster, machine_name) };
}

static void machine_heard(void *self, const struct watch_event *event)
{
    struct cluster *cluster = self;
    const struct machine *machine = (const struct machine *)event->object;
    if (!api_server_runs_on(event->object))
        return;
    const bool away = event->type != WATCH_DELETED && !(machine->powered && machine->connected);
    if (away != cluster->api_server.away)
        cluster->api_server = (struct api_server){ away, event->at };
}

void api_server_follow(struct cluster *cluster)
{
    store_watch_kinds(cluster->store, (struct watcher){ cluster, machine_heard },
                      UINT64_C(1) << KIND_MACHINE);
}
