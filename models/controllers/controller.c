/* The loop that runs controllers: work queues, workers, and who wakes whom.
 *
 * Follows client-go util/workqueue (the default controller rate limiter: 5 ms doubling up to
 * 1000 s; its overall limit of 10 retries a second is left out) and the workers of
 * kube-controller-manager of the release named in docs/fidelity.md. */
#include "models/controllers/controller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/leadership.h"
#include "models/controllers/consistency.h"
#include "sim/base/memory.h"

static const sim_time first_backoff = 5 * SIM_MILLISECOND, longest_backoff = 1000 * SIM_SECOND;
/* How long a worker may take to begin, in a run with a variation. */
static const sim_time slowest_worker = 2 * SIM_SECOND;

/* One of the workers of a controller, and the key it is at. */
struct worker {
    struct controller_run *run;
    bool busy;
    enum outcome outcome;
    struct object_key key; /* its texts are the work queue's until workqueue_done() */
    event_id event;        /* when it starts or ends */
};

struct controller_run {
    const struct controller *controller;
    const struct leadership *leadership; /* the manager's */
    struct cluster *cluster;
    struct client client;
    struct workqueue *queue;
    struct worker *workers;
    int worker_count;
    void *state;
    const struct text *kind_name; /* of what it reconciles: "ReplicaSet" */
    struct consistency written;   /* of one that awaits its own writes */
    struct varied
        ungated;        /* "gate-off": does not await its own writes, in a run with a variation */
    struct varied slow; /* in a run with a variation: "worker-slow" */
};

/* Who is woken by changes of one kind, in the order of the table of controllers. */
struct call {
    struct controller_run *run;
    void (*wake)(struct controller_run *controller, const struct watch_event *event);
};
struct calls {
    struct call *items;
    size_t count, capacity;
};

struct manager {
    struct cluster *cluster;
    struct leadership leadership;
    struct controller_run **runs;
    size_t count, capacity;
    struct listener *listeners; /* one for each cache that they read from */
    bool down;                  /* ended, and not begun again */
    struct varied restarts;     /* by chance, in a run with a variation */
    event_id ends, begins;      /* the next one of each */
    struct cause cause;         /* of the beginning */
};

/* What is heard from one cache. */
struct listener {
    struct listener *next;
    struct manager *manager;
    struct cache *cache;
    struct calls calls[KIND_COUNT];
    uint64_t kinds; /* bit k: somebody is woken by kind k */
};

/* --- workers -------------------------------------------------------------------------- */

static void worker_next(struct worker *worker);

static void worker_ends(void *subject, sim_time now)
{
    struct worker *worker = subject;
    (void)now;
    worker->event = 0;
    worker->busy = false;
    workqueue_done(worker->run->queue, worker->key, worker->outcome == RETRY);
    if (!worker->busy)
        worker_next(worker);
}

static enum outcome reconcile(struct controller_run *run, struct object_key key)
{
    const struct controller *controller = run->controller;
    const uint64_t before = run->client.writes;
    if (!run->leadership->works)
        return RETRY; /* without an API server the first call fails, and with it the reconcile */
    if (!controller->awaits_own_writes || run->ungated.strength > 0)
        return controller->reconcile(&run->client, key);
    if (!consistency_is_ready(&run->written, &run->client, key))
        return RETRY;
    const enum outcome outcome = controller->reconcile(&run->client, key);
    if (client_get(&run->client, (enum kind)key.kind, key.space, key.name) == NULL)
        consistency_forget(&run->written, key);
    else if (run->client.writes > before)
        consistency_wrote(&run->written, &run->client, key);
    return outcome;
}

/* Reconcile one key. The worker stays busy until the calls of the reconcile have ended, also for
 * keys that the reconcile itself puts into the queue. */
static void worker_starts(void *subject, sim_time now)
{
    struct worker *worker = subject;
    struct controller_run *run = worker->run;
    struct cause cause;
    worker->event = 0;
    if (!workqueue_take(run->queue, &worker->key, &cause)) {
        worker->busy = false;
        return;
    }
    client_begin(&run->client, cause);
    worker->outcome = reconcile(run, worker->key);
    assert(run->client.now >= now);
    if (run->client.now == now)
        worker_ends(worker, now);
    else
        worker->event =
            run_at(run->cluster->run, run->client.now, PRIORITY_WORK, worker_ends, worker);
}

/* Have an idle worker start as soon as everybody has heard of what happened up to now. */
static void worker_next(struct worker *worker)
{
    if (workqueue_length(worker->run->queue) == 0)
        return;
    struct run *run = worker->run->cluster->run;
    worker->busy = true;
    worker->event = run_at(
        run, sim_time_after(run_now(run), varied_delay(&worker->run->slow, run, slowest_worker)),
        PRIORITY_WORK, worker_starts, worker);
}

/* A key is there: the first idle worker will take it. */
static void key_is_ready(void *subject)
{
    struct controller_run *run = subject;
    for (int i = 0; i < run->worker_count; i++) {
        if (!run->workers[i].busy) {
            worker_next(&run->workers[i]);
            return;
        }
    }
}

/* --- what reconciles and wake functions use --------------------------------------------- */

void *controller_state(const struct client *client)
{
    return ((struct controller_run *)client->owner)->state;
}

void controller_requeue_after(struct client *client, struct object_key key, sim_time delay)
{
    struct controller_run *run = client->owner;
    const sim_time ahead = client->now - run_now(run->cluster->run);
    workqueue_add_after(run->queue, key, sim_time_after(ahead, delay), client->cause);
}

void controller_wake(struct controller_run *controller, struct object_key key, struct cause cause)
{
    workqueue_add(controller->queue, key, cause);
}

void controller_wake_after(struct controller_run *controller, struct object_key key, sim_time delay,
                           struct cause cause)
{
    workqueue_add_after(controller->queue, key, delay, cause);
}

void *controller_run_state(const struct controller_run *controller)
{
    return controller->state;
}

const struct client *controller_client(const struct controller_run *controller)
{
    return &controller->client;
}

void wake_self(struct controller_run *controller, const struct watch_event *event)
{
    controller_wake(controller, object_key(event->object), event->cause);
}

static const struct owner *owner_of(const struct controller_run *controller,
                                    const struct object *object)
{
    const struct owner *owner = object != NULL ? meta_controller(meta_of(object)) : NULL;
    return owner != NULL && owner->kind == controller->kind_name ? owner : NULL;
}

static void wake_one_owner(struct controller_run *controller, const struct watch_event *event,
                           const struct owner *owner)
{
    const struct object_key key = { (uint16_t)controller->controller->reconciles,
                                    event->object->space, owner->name };
    controller_wake(controller, key, event->cause);
}

void wake_owner(struct controller_run *controller, const struct watch_event *event)
{
    const struct owner *is = owner_of(controller, event->object);
    const struct owner *was = owner_of(controller, event->before);
    if (was != NULL && (is == NULL || is->uid.low != was->uid.low))
        wake_one_owner(controller, event, was);
    if (is != NULL)
        wake_one_owner(controller, event, is);
}

/* --- the component -------------------------------------------------------------------- */

static void plan_restart(struct manager *manager);

static void listener_hears(void *self, const struct watch_event *event)
{
    const struct listener *listener = self;
    const struct calls *calls = &listener->calls[event->object->kind];
    if (listener->manager->down)
        return;
    for (size_t i = 0; i < calls->count; i++)
        calls->items[i].wake(calls->items[i].run, event);
}

/* A process begins: it knows nothing and has done nothing. */
static void controller_run_begin(struct controller_run *run)
{
    const struct controller *controller = run->controller;
    struct cluster *cluster = run->cluster;
    run->queue = workqueue_new(cluster->run, first_backoff, longest_backoff, key_is_ready, run);
    if (cluster->run->variation != NULL)
        workqueue_vary(run->queue, controller->name);
    consistency_init(&run->written);
    run->state = controller->state_size > 0 ? mem_new(controller->state_size) : NULL;
    if (controller->init != NULL)
        controller->init(run->state, cluster);
}

static void controller_run_end(struct controller_run *run)
{
    for (int i = 0; i < run->worker_count; i++) {
        run_cancel(run->cluster->run, &run->workers[i].event);
        run->workers[i].busy = false;
    }
    if (run->queue == NULL)
        return; /* it has ended, and not begun again */
    if (run->controller->close != NULL)
        run->controller->close(run->state);
    free(run->state);
    consistency_close(&run->written);
    workqueue_free(run->queue);
    run->queue = NULL;
}

/* Those that come back by themselves after a call has failed. The others rely on what comes again anyway
 * in a real cluster, and does not here: resyncs, and heartbeats that say nothing new. */
static bool retries(const struct controller *controller)
{
    static const char *const names[] = {
        "deployment-controller",
        "replicaset-controller",
        "statefulset-controller",
        "daemonset-controller",
        "job-controller",
        "job-orphan-pods",
        "cronjob-controller",
        "disruption-controller",
        "garbage-collector-controller",
        "endpointslice-controller",
        "pod-garbage-collector-controller",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(controller->name, names[i]) == 0)
            return true;
    return false;
}

static struct controller_run *controller_run_new(const struct controller *controller,
                                                 struct cluster *cluster)
{
    struct controller_run *run = mem_new(sizeof *run);
    run->controller = controller;
    run->cluster = cluster;
    client_init(&run->client, cluster, controller->name, cluster->settings.kube_api_qps,
                cluster->settings.kube_api_burst, run);
    if (controller->source != NULL)
        run->client.name = controller->source;
    if (!retries(controller))
        run->client.failing = (struct varied){ 0 };
    run->worker_count = controller->workers != NULL ? controller->workers(&cluster->settings) : 1;
    run->workers = mem_new((size_t)run->worker_count * sizeof *run->workers);
    for (int i = 0; i < run->worker_count; i++)
        run->workers[i].run = run;
    if (controller->expects)
        run->ungated = varied_of(cluster->run, "gate-off", controller->name);
    run->slow = varied_of(cluster->run, "worker-slow", controller->name);
    run->kind_name = cluster_text(cluster, kind_infos[controller->reconciles].name);
    controller_run_begin(run);
    return run;
}

static void controller_run_free(struct controller_run *run)
{
    controller_run_end(run);
    free(run->workers);
    client_close(&run->client);
    text_drop(run->kind_name);
    free(run);
}

static void subscribe_to(struct listener *listener, enum kind kind, struct call call)
{
    struct calls *calls = &listener->calls[kind];
    MEM_GROW(calls->items, calls->count, calls->capacity);
    calls->items[calls->count++] = call;
    listener->kinds |= UINT64_C(1) << kind;
}

static void subscribe(struct listener *listener, struct controller_run *run)
{
    const struct wake *wakes = run->controller->wakes_on;
    for (int i = 0; i < CONTROLLER_WAKES && wakes[i].wake != NULL; i++) {
        const struct call call = { run, wakes[i].wake };
        if (wakes[i].kind != KIND_COUNT)
            subscribe_to(listener, wakes[i].kind, call);
        for (enum kind kind = 0; wakes[i].kind == KIND_COUNT && kind < KIND_COUNT; kind++)
            if (kind != KIND_EVENT && kind != KIND_LEASE)
                subscribe_to(listener, kind, call);
    }
}

/* The one at the cache that a controller reads from. */
static struct listener *listener_of(struct manager *manager, struct cache *cache)
{
    struct listener **end = &manager->listeners;
    for (; *end != NULL; end = &(*end)->next)
        if ((*end)->cache == cache)
            return *end;
    *end = mem_new(sizeof **end);
    (*end)->manager = manager;
    (*end)->cache = cache;
    return *end;
}

/* --- ends and begins again ------------------------------------------------------------- */

/* Tell of everything that is known, as new or as it was. */
static void tell_everything(struct listener *listener, enum watch_type type, struct cause cause)
{
    const sim_time now = run_now(listener->manager->cluster->run);
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++) {
        if (listener->calls[kind].count == 0)
            continue;
        for (struct cache_cursor all = cache_list(listener->cache, kind); cache_next(&all);) {
            const struct watch_event event = { .type = type,
                                               .object = all.object,
                                               .before = type == WATCH_ADDED ? NULL : all.object,
                                               .at = now,
                                               .cause = cause,
                                               .made = now };
            listener_hears(listener, &event);
        }
    }
}

/* The informers of a process that begins list what there is. */
static void list_everything(struct listener *listener, struct cause cause)
{
    if (listener->manager->cluster->run->variation != NULL)
        cache_relist(listener->cache); /* nobody else reads it */
    tell_everything(listener, WATCH_ADDED, cause);
}

void controller_manager_resync(struct cluster *cluster, struct cause cause)
{
    struct manager *manager = cluster_component(cluster, controller_manager.name);
    for (struct listener *listener = manager->listeners; listener; listener = listener->next)
        tell_everything(listener, WATCH_MODIFIED, cause);
}

static void manager_ends(struct manager *manager)
{
    for (size_t i = 0; i < manager->count; i++)
        controller_run_end(manager->runs[i]);
    manager->down = true;
}

static void manager_begins(struct manager *manager, struct cause cause)
{
    run_cancel(manager->cluster->run, &manager->begins);
    manager->down = false;
    for (size_t i = 0; i < manager->count; i++)
        controller_run_begin(manager->runs[i]);
    for (struct listener *listener = manager->listeners; listener; listener = listener->next)
        list_everything(listener, cause);
}

static void manager_restart(struct manager *manager, struct cause cause)
{
    manager_ends(manager);
    manager_begins(manager, cause);
}

void controller_manager_restart(struct cluster *cluster, struct cause cause)
{
    manager_restart(cluster_component(cluster, controller_manager.name), cause);
}

static void manager_is_back(void *self, bool anew, struct cause cause)
{
    if (anew)
        manager_restart(self, cause);
}

/* ---- by chance, in a run with a variation ---- */

/* At full strength one within so long; and how long nobody leads, at least. */
static const sim_time between_restarts = 2 * SIM_MINUTE, without_leader = 2 * SIM_SECOND;

static void leader_begins(void *subject, sim_time now)
{
    struct manager *manager = subject;
    (void)now;
    manager->begins = 0;
    manager_begins(manager, manager->cause);
}

/* Its last calls end before anybody else begins. */
static void leader_ends(void *subject, sim_time now)
{
    struct manager *manager = subject;
    manager->ends = 0;
    plan_restart(manager);
    if (manager->down)
        return;
    sim_time begin = sim_time_after(now, without_leader);
    for (size_t i = 0; i < manager->count; i++)
        if (manager->runs[i]->client.now > begin)
            begin = manager->runs[i]->client.now;
    manager->cause = run_root(manager->cluster->run, now, "controller-manager-restart", "");
    manager_ends(manager);
    manager->begins =
        run_at(manager->cluster->run, begin + 1, PRIORITY_WORLD, leader_begins, manager);
}

static void plan_restart(struct manager *manager)
{
    struct run *run = manager->cluster->run;
    if (manager->restarts.strength <= 0)
        return;
    const double u = stream_uniform(&manager->restarts.stream) / manager->restarts.strength;
    sim_time at = run_now(run) > run->variation->from ? run_now(run) : run->variation->from;
    at = sim_time_after(at, (sim_time)(u * (double)between_restarts));
    if (at < run->variation->until)
        manager->ends = run_at(run, at, PRIORITY_WORLD, leader_ends, manager);
}

/* --- start and stop -------------------------------------------------------------------- */

static void *manager_start(struct cluster *cluster)
{
    struct manager *manager = mem_new(sizeof *manager);
    manager->cluster = cluster;
    leadership_init(&manager->leadership, cluster, "kube-controller-manager", manager_is_back,
                    manager);
    for (size_t i = 0; controllers[i] != NULL; i++) {
        MEM_GROW(manager->runs, manager->count, manager->capacity);
        struct controller_run *run = controller_run_new(controllers[i], cluster);
        run->leadership = &manager->leadership;
        manager->runs[manager->count++] = run;
        subscribe(listener_of(manager, run->client.cache), run);
    }
    for (struct listener *listener = manager->listeners; listener; listener = listener->next)
        cache_watch_kinds(listener->cache, (struct watcher){ listener, listener_hears },
                          listener->kinds);
    manager->restarts = varied_of(cluster->run, "restart", controller_manager.name);
    plan_restart(manager);
    return manager;
}

static void manager_stop(void *state)
{
    struct manager *manager = state;
    for (size_t i = 0; i < manager->count; i++)
        controller_run_free(manager->runs[i]);
    leadership_close(&manager->leadership);
    while (manager->listeners != NULL) {
        struct listener *listener = manager->listeners;
        manager->listeners = listener->next;
        for (size_t i = 0; i < KIND_COUNT; i++)
            free(listener->calls[i].items);
        free(listener);
    }
    run_cancel(manager->cluster->run, &manager->ends);
    run_cancel(manager->cluster->run, &manager->begins);
    free(manager->runs);
    free(manager);
}

const struct component controller_manager = { "controller-manager", manager_start, manager_stop };
