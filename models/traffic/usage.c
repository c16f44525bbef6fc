/* What requests cost pods: how many they are sent, and the CPU they take.
 *
 * A request costs `cpuPerRequest` of the first container, when it is taken, whether or not its
 * answer is waited for. Who measures (models/cluster/metrics_api.h) asks for times that are over. */
#include <stdlib.h>

#include "models/traffic/traffic_private.h"

/* ---- drawn requests ---- */

void server_use(struct server *server, sim_time at, double cpu_seconds, sim_time memory)
{
    const int64_t number = at / SIM_SECOND;
    size_t gone = 0;
    if (server->used_count > 0 && server->used[server->used_count - 1].number == number) {
        server->used[server->used_count - 1].cpu_seconds += cpu_seconds;
        return;
    }
    while (gone < server->used_count && (server->used[gone].number + 1) * SIM_SECOND <= at - memory)
        gone++;
    server->used_count -= gone;
    if (gone > 0)
        memmove(server->used, server->used + gone, server->used_count * sizeof *server->used);
    MEM_GROW(server->used, server->used_count, server->used_capacity);
    server->used[server->used_count++] = (struct second){ number, cpu_seconds };
}

/* Of a second that lies partly outside, so much of what it used. */
static double server_used(const struct server *server, sim_time from, sim_time to)
{
    double sum = 0;
    for (size_t i = 0; i < server->used_count; i++) {
        const sim_time begin = server->used[i].number * SIM_SECOND, end = begin + SIM_SECOND;
        const sim_time first = begin > from ? begin : from, last = end < to ? end : to;
        if (first < last)
            sum += server->used[i].cpu_seconds * sim_time_to_seconds(last - first);
    }
    return sum;
}

/* ---- those who ask ---- */

static double cpu_seconds(void *context, const struct pod *pod, sim_time from, sim_time to)
{
    struct traffic *traffic = context;
    const sim_time now = run_now(traffic->cluster->run);
    double sum = 0;
    if (traffic->source_count == 0)
        return 0;
    traffic_advance(traffic, now);
    const struct server *server = server_find(traffic, pod->meta.uid.low);
    for (struct member *member = server != NULL ? server->members : NULL; member != NULL;
         member = member->next) {
        const double cost = member->proxy->source->cpu_per_request;
        if (cost == 0)
            continue;
        source_pass(member->proxy, now);
        if (member->proxy->expected != NULL)
            sum += cost * expected_taken(member, from, to);
    }
    return server != NULL ? sum + server_used(server, from, to) : 0;
}

/* Where requests cost something, nothing is promised: proxies learn later than pods change. */
static sim_time steady_until(void *context, const struct text *space)
{
    const struct traffic *traffic = context;
    for (size_t i = 0; i < traffic->source_count; i++)
        if (traffic->sources[i]->ledger.space == space && traffic->sources[i]->cpu_per_request > 0)
            return run_now(traffic->cluster->run);
    return SIM_FOREVER;
}

void usage_offer(struct traffic *traffic)
{
    cluster_add_usage(traffic->cluster, (struct usage_source){ .context = traffic,
                                                               .cpu_seconds = cpu_seconds,
                                                               .steady_until = steady_until });
}

double traffic_pod_rate(struct traffic *traffic, struct uid pod, sim_time now)
{
    traffic_advance(traffic, now);
    const struct server *server = server_find(traffic, pod.low);
    double rate = 0;
    for (const struct member *member = server != NULL ? server->members : NULL; member != NULL;
         member = member->next) {
        const struct proxy *proxy = member->proxy;
        if (!member_listens(member) || member->tier != proxy_tier(proxy))
            continue;

        if (proxy->expected != NULL)
            rate += expected_rate(proxy, now);
        else
            rate += arrivals_rate(proxy->source->arrivals, now) /
                    ((double)proxy->source->proxy_count * (double)proxy->of[member->tier].count);
    }
    return rate;
}
