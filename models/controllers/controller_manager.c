/* All controllers of the table as one component: who is woken by what is heard from which cache, and how
 * the program ends and begins again. */
#include <stdlib.h>

#include "models/controllers/controller_private.h"
#include "sim/base/memory.h"

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

void controller_manager_each_queue(const struct cluster *cluster,
                                   void (*visit)(void *context, const char *controller,
                                                 const struct workqueue *queue),
                                   void *context)
{
    const struct manager *manager = cluster_component(cluster, controller_manager.name);
    for (size_t i = 0; manager != NULL && i < manager->count; i++)
        if (manager->runs[i]->queue != NULL)
            visit(context, manager->runs[i]->controller->name, manager->runs[i]->queue);
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
