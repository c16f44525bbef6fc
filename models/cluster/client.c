/* A client's identity, what it reads, its rate limit and its clock.
 *
 * The rate limit is client-go's (util/flowcontrol over golang.org/x/time/rate): a token bucket that
 * is full at first; a call that finds no token waits for the next one. */
#include "models/cluster/client_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "models/cluster/event_recorder.h"

/* What varies at most: how long a call takes, and how many fail. */
static const sim_time slowest_call = SIM_SECOND;
static const double often_fails = 0.1;

void client_init(struct client *client, struct cluster *cluster, const char *name, double qps,
                 int burst, void *owner)
{
    *client = (struct client){
        .cluster = cluster,
        .cache = cluster_cache(cluster, name),
        .name = name,
        .qps = qps,
        .burst = burst,
        .tokens = burst,
        .now = run_now(cluster->run),
        .stream = run_stream(cluster->run, cluster->id, name, "api-write", 0),
        .owner = owner,
    };
    client->luck = (struct luck_holder){ .stream = &client->stream };
    luck_hold(cluster->run, &client->luck);
    if (cluster->run->variation != NULL) {
        client->slow = varied_of(cluster->run, "api-slow", name);
        client->failing = varied_of(cluster->run, "api-fails", name);
    }
}

void client_close(struct client *client)
{
    luck_leave(&client->luck);
    client->cluster = NULL;
}

void client_begin(struct client *client, struct cause cause)
{
    client->now = run_now(client->cluster->run);
    client->cause = cause;
}

/* Take a token at `at`; returns when it is there. Tokens are handed out in the order of the
 * calls: one that asks earlier in time than the last was served queues behind it only
 * when the bucket is empty. */
static sim_time take_token(struct client *client, sim_time at)
{
    if (client->qps <= 0)
        return at;
    if (at > client->refilled) {
        const double gained = sim_time_to_seconds(at - client->refilled) * client->qps;
        client->tokens =
            client->tokens + gained < client->burst ? client->tokens + gained : client->burst;
        client->refilled = at;
    }
    client->tokens -= 1;
    if (client->tokens >= 0)
        return at;
    const sim_time served = client->refilled + sim_time_from_seconds(-client->tokens / client->qps);
    client->tokens = 0;
    client->refilled = served;
    return served;
}

/* A call may take longer than usual, and fail before it has done anything. */
static bool fails_by_chance(struct client *client)
{
    struct run *run = client->cluster->run;
    client->now = sim_time_after(client->now, varied_delay(&client->slow, run, slowest_call));
    return varied_happens(&client->failing, run, often_fails);
}

enum reply client_call(struct client *client, struct error *error)
{
    client->writes++;
    if (!client->free_of_charge) {
        client->now = take_token(client, client->now);
        client->now = sim_time_after(
            client->now,
            distribution_sample_time(client->cluster->settings.api_write, &client->stream));
    }
    if (client->cluster->api_server.away && !client->is_world)
        return reply_refuse(error, REPLY_UNAVAILABLE,
                            "dial tcp 10.96.0.1:443: connect: connection refused");
    if (client->cluster->run->variation != NULL && !client->free_of_charge &&
        fails_by_chance(client))
        return reply_refuse(error, REPLY_INTERNAL_ERROR, "etcdserver: request timed out");
    return REPLY_OK;
}

void client_wrote(const struct client *client, const struct object *before,
                  const struct object *after)
{
    const struct cluster *cluster = client->cluster;
    if (cluster->written != NULL)
        cluster->written(cluster->written_context,
                         &(struct write){ .by = client, .before = before, .after = after });
}

const struct object *client_get(const struct client *client, enum kind kind,
                                const struct text *space, const struct text *name)
{
    return cache_get(client->cache, (struct object_key){ (uint16_t)kind, space, name });
}

struct cache_cursor client_list(const struct client *client, enum kind kind)
{
    return cache_list(client->cache, (uint16_t)kind);
}

struct cache_cursor client_list_owned(const struct client *client, enum kind kind,
                                      struct uid controller)
{
    const int index = client->cluster->by_owner[kind];
    assert(index >= 0);
    return cache_listed(client->cache, (uint16_t)kind, index, controller.low);
}

struct cache_cursor client_list_jobs_of(const struct client *client, const struct text *space,
                                        const struct text *controller)
{
    return cache_listed(client->cache, KIND_JOB, client->cluster->jobs_by_owner_name,
                        owner_name_key(space, controller));
}

struct cache_cursor client_list_slices_of(const struct client *client, const struct text *space,
                                          const struct text *service)
{
    return cache_listed(client->cache, KIND_ENDPOINTSLICE, client->cluster->slices_by_service,
                        owner_name_key(space, service));
}

struct cache_cursor client_list_selecting(const struct client *client, const struct text *space,
                                          const struct label *label)
{
    return cache_listed(client->cache, KIND_SERVICE, client->cluster->services_by_label,
                        label_key(space, label));
}

size_t client_count_replicas(const struct client *client, struct uid replicaset,
                             enum replica_state state)
{
    return cache_listed_count(client->cache, KIND_POD, client->cluster->pods_of_replicasets,
                              replica_key(replicaset, state));
}

size_t client_count_orphans(const struct client *client, enum kind kind, const struct text *space)
{
    return cache_listed_count(client->cache, (uint16_t)kind, client->cluster->by_owner[kind],
                              orphan_key(space));
}

struct cache_cursor client_list_orphans(const struct client *client, enum kind kind,
                                        const struct text *space)
{
    const int index = client->cluster->by_owner[kind];
    assert(index >= 0);
    return cache_listed(client->cache, (uint16_t)kind, index, orphan_key(space));
}

struct cache_cursor client_list_on_node(const struct client *client, const struct text *node)
{
    return cache_listed(client->cache, KIND_POD, client->cluster->pods_by_node, node->hash);
}

struct cache_cursor client_list_namespace(const struct client *client, enum kind kind,
                                          const struct text *space)
{
    const int index = client->cluster->by_namespace[kind];
    assert(index >= 0);
    return cache_listed(client->cache, (uint16_t)kind, index, space->hash);
}

const struct object *client_read(const struct client *client, struct object_key key)
{
    return store_get(client->cluster->store, key);
}

struct object *client_edit(const struct object *version)
{
    return object_copy(version);
}

void client_event(struct client *client, const struct object *about, bool type_warning,
                  const char *reason, const char *format, ...)
{
    if (!client->cluster->settings.keep_events || client->cluster->api_server.away)
        return;
    char message[1024 + 1]; /* the API server refuses longer notes */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    event_recorder_note(client->cluster->events, client->name, about, type_warning, reason, message,
                        client->now, client->cause);
}
