/* The API server goes away: nobody's call is answered, and nobody hears of anything.
 *
 * Containers run on and Services go on as they were; what users, controllers, the scheduler and
 * kubelets would write waits. Controllers and the scheduler that lose their leases meanwhile begin
 * anew afterwards (models/cluster/leadership.h). */
#include "models/failures/machines.h"

#include "models/cluster/api_server.h"

static void api_outage_strike(struct blow *blow)
{
    const struct object_key machine = api_server_machine(blow->client->cluster);
    machine_take(blow, machine, false);
    object_key_drop(machine);
}

static void api_outage_mend(struct blow *blow)
{
    const struct object_key machine = api_server_machine(blow->client->cluster);
    machine_give(blow, machine, false);
    object_key_drop(machine);
}

const struct failure api_outage = {
    .name = "api-outage",
    .targets = TARGET_CLUSTER,
    .strike = api_outage_strike,
    .mend = api_outage_mend,
};
