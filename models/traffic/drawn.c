/* Counting one by one: each request is drawn, and so is the endpoint that each attempt goes to.
 *
 * With `concurrency` a pod is a queueing station: so many servers, one queue, first come first
 * served. As a service time is known when its request arrives, so is when it will begin: when the
 * first server is free (Kiefer and Wolfowitz 1955). A client that gave up does not take its request
 * out of the queue. */
#include <stdlib.h>

#include "models/traffic/traffic_private.h"

struct drawn {
    struct stream choices, service_times, network;
    sim_time next; /* the next request comes */
    struct luck_holder luck;
};

/* One pod under the requests of one source. */
struct station {
    struct station *next; /* of the same pod */
    const struct source *source;
    sim_time free_at[]; /* of each server */
};

/* The next request comes when it was to come, those after it at other times. */
static void drawn_reseeded(void *subject, uint64_t salt)
{
    struct source *source = subject;
    arrivals_branch(source->arrivals, salt);
    source->drawn->choices = stream_branch(source->drawn->choices, salt);
    source->drawn->service_times = stream_branch(source->drawn->service_times, salt);
    source->drawn->network = stream_branch(source->drawn->network, salt);
}

struct drawn *drawn_new(struct source *source)
{
    const struct cluster *cluster = source->traffic->cluster;
    struct run *run = cluster->run;
    struct drawn *drawn = mem_new(sizeof *drawn);
    char *entity =
        mem_format("traffic/%s/%s", text_s(source->ledger.space), text_s(source->ledger.name));
    arrivals_begin(source->arrivals, source->passed,
                   run_stream(run, cluster->id, entity, "arrivals", 0));
    drawn->choices = run_stream(run, cluster->id, entity, "endpoint", 0);
    drawn->service_times = run_stream(run, cluster->id, entity, "service-time", 0);
    drawn->network = run_stream(run, cluster->id, entity, "network", 0);
    drawn->next = arrivals_next(source->arrivals);
    drawn->luck = (struct luck_holder){ .reseeded = drawn_reseeded, .subject = source };
    luck_hold(run, &drawn->luck);
    free(entity);
    return drawn;
}

void drawn_free(struct drawn *drawn)
{
    if (drawn != NULL)
        luck_leave(&drawn->luck);
    free(drawn);
}

/* ---- stations ---- */

void stations_free(struct server *server)
{
    while (server->stations != NULL) {
        struct station *station = server->stations;
        server->stations = station->next;
        free(station);
    }
}

void stations_empty(struct server *server)
{
    stations_free(server);
}

static struct station *station_get(struct server *server, const struct source *source)
{
    struct station *station = server->stations;
    while (station != NULL && station->source != source)
        station = station->next;
    if (station != NULL)
        return station;
    station = mem_new(sizeof *station + (size_t)source->concurrency * sizeof *station->free_at);
    station->source = source;
    station->next = server->stations;
    return server->stations = station;
}

/* When the answer of a request that comes now is given. */
static sim_time station_take(struct station *station, sim_time at, sim_time service_time)
{
    int64_t first = 0;
    for (int64_t i = 1; i < station->source->concurrency; i++)
        if (station->free_at[i] < station->free_at[first])
            first = i;
    const sim_time begins = station->free_at[first] > at ? station->free_at[first] : at;
    return station->free_at[first] = sim_time_after(begins, service_time);
}

/* ---- attempts ---- */

static void fail(struct proxy *proxy, const struct flight *attempt, enum traffic_reason reason,
                 struct why why, sim_time at)
{
    struct source *source = proxy->source;
    const sim_time noticed = reason == TRAFFIC_TIMED_OUT ? at + source->timeout : at;
    if (attempt->attempt == source->retries) {
        ledger_fail(&source->ledger, reason, why.fault, why.cause, at, at, 1);
        if (source->ledger.log != NULL)
            request_log_failed(source->ledger.log, attempt->since);
        return;
    }
    source->ledger.waiting++;
    agenda_add(&source->agenda,
               (struct item){ .at = noticed + source_back_off(source, attempt->attempt),
                              .number = attempt->attempt + 1,
                              .since = attempt->since,
                              .subject = proxy });
}

static void take(struct member *member, const struct group *group, struct flight flight,
                 sim_time at)
{
    struct source *source = member->proxy->source;
    const struct pace *pace = group != NULL ? group->pace : NULL;
    if (pace != NULL && pace->strain.resets > 0 &&
        stream_uniform(&source->drawn->network) < pace->strain.resets) {
        fail(member->proxy, &flight, TRAFFIC_RESET, group->why, at);
        return;
    }
    const sim_time usual =
        distribution_sample_time(source->service_time, &source->drawn->service_times);
    const sim_time service_time = pace != NULL ? strained(usual, pace->strain.slowness) : usual;
    flight.ends = source->concurrency > 0
                      ? station_take(station_get(member->server, source), at, service_time)
                      : sim_time_after(at, service_time);
    if (pace != NULL)
        flight.ends = sim_time_after(flight.ends, pace_draw_network(pace, &source->drawn->network));
    if (source->cpu_per_request > 0)
        server_use(member->server, at, source->cpu_per_request, source->memory);
    if (flight.ends - at > source->timeout) {
        fail(member->proxy, &flight, TRAFFIC_TIMED_OUT,
             group != NULL ? group->why : (struct why){ .fault = TRAFFIC_SLOW }, at);
        return;
    }
    if (member->flight_count == member->flight_capacity)
        drawn_settle(member, at);
    if (member->flight_count > member->flight_capacity / 2) {
        member->flight_capacity *= 2;
        member->flights =
            mem_resize(member->flights, member->flight_capacity * sizeof *member->flights);
    }
    MEM_GROW(member->flights, member->flight_count, member->flight_capacity);
    member->flights[member->flight_count++] = flight;
}

static void make_attempt(struct proxy *proxy, struct flight flight, sim_time at)
{
    struct source *source = proxy->source;
    const enum tier tier = proxy_tier(proxy);
    source->ledger.attempts++;
    if (tier == UNUSED) {
        fail(proxy, &flight, TRAFFIC_NO_ENDPOINT, proxy->none_known, at);
        return;
    }
    struct member *member =
        proxy->of[tier].items[stream_below(&source->drawn->choices, proxy->of[tier].count)];
    const struct group *group = member->group;
    if (group == NULL || group->answer == LISTENS)
        take(member, group, flight, at);
    else
        fail(proxy, &flight, group->answer == REFUSES ? TRAFFIC_REFUSED : TRAFFIC_TIMED_OUT,
             group->why, at);
}

/* A new request comes through any of the proxies. */
static void request(struct source *source, sim_time at)
{
    struct proxy *proxy =
        &source->proxies[source->proxy_count == 1
                             ? 0
                             : stream_below(&source->drawn->choices, source->proxy_count)];
    source->ledger.requests++;
    if (source->ledger.log != NULL)
        request_log_came(source->ledger.log, at);
    make_attempt(proxy, (struct flight){ .since = at }, at);
}

void drawn_pass(struct source *source, sim_time to)
{
    struct drawn *drawn = source->drawn;
    struct item item;
    for (;;) {
        const sim_time end = drawn->next < to ? drawn->next + 1 : to;
        if (agenda_take(&source->agenda, end, &item)) {
            source->ledger.waiting--;
            make_attempt(item.subject,
                         (struct flight){ .since = item.since, .attempt = item.number }, item.at);
        } else if (drawn->next < to) {
            const sim_time at = drawn->next;
            drawn->next = arrivals_next(source->arrivals);
            request(source, at);
        } else {
            break;
        }
    }
    source->passed = to > source->passed ? to : source->passed;
}

/* ---- ends ---- */

static void answered(struct ledger *ledger, const struct flight *flight)
{
    const double seconds = sim_time_to_seconds(flight->ends - flight->since);
    tally_add(&ledger->latency, seconds);
    if (ledger->log != NULL)
        request_log_answered(ledger->log, flight->since, seconds);
}

void drawn_settle(struct member *member, sim_time at)
{
    struct ledger *ledger = &member->proxy->source->ledger;
    size_t kept = 0;
    for (size_t i = 0; i < member->flight_count; i++) {
        const struct flight *flight = &member->flights[i];
        if (flight->ends > at)
            member->flights[kept++] = *flight;
        else if (flight->since >= ledger->since)
            answered(ledger, flight);
    }
    member->flight_count = kept;
}

void drawn_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at)
{
    drawn_settle(member, at);
    for (size_t i = 0; i < member->flight_count; i++)
        fail(member->proxy, &member->flights[i], reason, why, at);
    member->flight_count = 0;
}
