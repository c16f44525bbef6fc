/* The component: hears of slices, machines and processes, and keeps what is due later.
 *
 * A change of the cluster is dealt with when it is heard of, after what was due before it. What
 * is due when nothing is heard of waits until somebody asks: the run has no events for it. */
#include "models/traffic/traffic.h"

#include <stdlib.h>

#include "models/traffic/traffic_private.h"

/* ---- what is due ---- */

static void keep(struct traffic *traffic, const struct item *item)
{
    if (item->kind == SERVER_LISTENS) {
        server_listens(traffic, item);
    } else if (item->kind == SERVER_GETS_SIGTERM) {
        server_gets_sigterm(traffic, item);
    } else {
        proxy_update(item->subject, item->before, item->after, item->at);
        object_drop(item->before);
        object_drop(item->after);
    }
}

void traffic_advance(struct traffic *traffic, sim_time end)
{
    struct item item;
    while (agenda_take(&traffic->agenda, end, &item))
        keep(traffic, &item);
}

/* ---- what is heard ---- */

/* Each proxy learns of it after a time of its own, of one write after the other. */
static void slice_heard(struct traffic *traffic, const struct watch_event *event)
{
    const struct distribution *delay = traffic->cluster->settings.endpoint_propagation;
    const struct endpoint_slice *slice = (const struct endpoint_slice *)event->object;
    const bool gone = event->type == WATCH_DELETED;
    for (size_t i = 0; i < traffic->source_count; i++) {
        struct source *source = traffic->sources[i];
        if (source->ledger.space != slice->meta.object.space ||
            source->ledger.service != slice->service)
            continue;
        for (size_t j = 0; j < source->proxy_count; j++) {
            struct proxy *proxy = &source->proxies[j];
            const sim_time at =
                sim_time_after(event->at, distribution_sample_time(delay, &proxy->delays));
            proxy->last_update = at > proxy->last_update ? at : proxy->last_update;
            agenda_add(&traffic->agenda,
                       (struct item){ .at = proxy->last_update,
                                      .kind = PROXY_LEARNS,
                                      .subject = proxy,
                                      .before = object_hold(gone ? event->object : event->before),
                                      .after = gone ? NULL : object_hold(event->object) });
        }
    }
}

static void notice(void *self, const struct watch_event *event)
{
    struct traffic *traffic = self;
    traffic_advance(traffic, event->at);
    if (event->object->kind == KIND_ENDPOINTSLICE)
        slice_heard(traffic, event);
    else if (event->object->space != NULL)
        clients_hear(traffic, event);
    else
        host_hear(traffic, event);
}

static bool is_concerned(const struct traffic *traffic, const struct text *space)
{
    for (size_t i = 0; i < traffic->source_count; i++)
        if (traffic->sources[i]->ledger.space == space)
            return true;
    return false;
}

static void hear(void *self, const struct process_event *event)
{
    struct traffic *traffic = self;
    if (!is_concerned(traffic, event->pod->meta.object.space))
        return;
    traffic_advance(traffic, run_now(traffic->cluster->run));
    server_hear(traffic, event);
}

/* ---- the component ---- */

static void *traffic_start(struct cluster *cluster)
{
    struct traffic *traffic = mem_new(sizeof *traffic);
    traffic->cluster = cluster;
    table_init(&traffic->servers);
    table_init(&traffic->hosts);
    pool_init(&traffic->server_pool, sizeof(struct server));
    pool_init(&traffic->member_pool, sizeof(struct member));
    usage_offer(traffic);
    return traffic;
}

static void traffic_stop(void *state)
{
    struct traffic *traffic = state;
    if (traffic->watching)
        traffic->cluster->hear_process = NULL;
    for (size_t i = 0; i < traffic->agenda.count; i++) {
        object_drop(traffic->agenda.items[i].before);
        object_drop(traffic->agenda.items[i].after);
    }
    servers_close(traffic);
    for (size_t i = 0; i < traffic->source_count; i++)
        source_free(traffic->sources[i]);
    free(traffic->sources);
    ailments_drop(traffic->clients);
    agenda_close(&traffic->agenda);
    free(traffic);
}

const struct component traffic_component = {
    .name = "traffic",
    .start = traffic_start,
    .stop = traffic_stop,
};

struct traffic *traffic_of(const struct cluster *cluster)
{
    return cluster_component(cluster, traffic_component.name);
}

/* Nobody is listened to while nobody sends anything. */
static void watch(struct traffic *traffic)
{
    struct cluster *cluster = traffic->cluster;
    if (traffic->watching)
        return;
    traffic->watching = true;
    store_watch_kinds(cluster->store, (struct watcher){ .self = traffic, .deliver = notice },
                      UINT64_C(1) << KIND_ENDPOINTSLICE | UINT64_C(1) << KIND_MACHINE);
    cluster->hear_process = hear;
    cluster->process_listener = traffic;
}

bool traffic_plan(struct cluster *cluster, const struct value *entry, struct error_list *faults)
{
    struct traffic *traffic = traffic_of(cluster);
    struct source *source = source_new(traffic, entry, faults);
    if (source == NULL)
        return false;
    MEM_GROW(traffic->sources, traffic->source_count, traffic->source_capacity);
    traffic->sources[traffic->source_count++] = source;
    watch(traffic);
    return true;
}

/* ---- what is asked ---- */

struct ledger *traffic_counted(struct traffic *traffic, size_t number, sim_time now)
{
    if (traffic == NULL || number >= traffic->source_count)
        return NULL;
    struct source *source = traffic->sources[number];
    traffic_advance(traffic, now + 1);
    source_pass_all(source, now);
    for (size_t i = 0; i < source->proxy_count; i++)
        for (int tier = READY; tier < TIERS; tier++)
            for (size_t j = 0; j < source->proxies[i].of[tier].count; j++)
                drawn_settle(source->proxies[i].of[tier].items[j], now);
    return &source->ledger;
}

bool traffic_keep_log(struct traffic *traffic, size_t number)
{
    if (traffic == NULL || number >= traffic->source_count)
        return false;
    struct source *source = traffic->sources[number];
    if (source->ledger.log == NULL)
        source->ledger.log =
            request_log_new(source->arrivals, source->rate, source->drawn != NULL, source->passed);
    return true;
}

bool traffic_glance(struct traffic *traffic, size_t number, sim_time now, struct traffic_sums *sums)
{
    if (traffic == NULL || number >= traffic->source_count)
        return false;
    struct source *source = traffic->sources[number];
    traffic_advance(traffic, now);
    for (size_t i = 0; i < source->proxy_count; i++)
        if (source->expected == NULL)
            source_pass(&source->proxies[i], now);
        else
            expected_catch_up(&source->proxies[i], now);
    *sums = (struct traffic_sums){ source->ledger.requests,
                                   source->ledger.attempts,
                                   source->ledger.waiting,
                                   { 0 },
                                   &source->ledger };
    for (size_t i = 0; i < source->ledger.loss_count; i++)
        sums->by_reason[source->ledger.losses[i]->reason] += source->ledger.losses[i]->requests;
    for (size_t i = 0; source->expected != NULL && i < source->proxy_count; i++)
        expected_glance(&source->proxies[i], now, sums);
    return true;
}

void traffic_restart(struct traffic *traffic, sim_time now)
{
    if (traffic == NULL)
        return;
    traffic_advance(traffic, now);
    for (size_t i = 0; i < traffic->source_count; i++) {
        source_pass_all(traffic->sources[i], now);
        ledger_restart(&traffic->sources[i]->ledger, now);
    }
}
