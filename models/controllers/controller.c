/* The loop that runs controllers: work queues, workers, and who wakes whom.
 *
 * Follows client-go util/workqueue (the default controller rate limiter: 5 ms doubling up to
 * 1000 s; its overall limit of 10 retries a second is left out) and the workers of
 * kube-controller-manager of the release named in docs/fidelity.md. */
#include "models/controllers/controller_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static const sim_time first_backoff = 5 * SIM_MILLISECOND, longest_backoff = 1000 * SIM_SECOND;
/* How long a worker may take to begin, in a run with a variation. */
static const sim_time slowest_worker = 2 * SIM_SECOND;

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

/* --- a process ---------------------------------------------------------------------- */

void controller_run_begin(struct controller_run *run)
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

void controller_run_end(struct controller_run *run)
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

struct controller_run *controller_run_new(const struct controller *controller,
                                          struct cluster *cluster)
{
    struct controller_run *run = mem_new(sizeof *run);
    run->controller = controller;
    run->cluster = cluster;
    const bool own = controller->qps > 0;
    client_init(&run->client, cluster, controller->name,
                own ? controller->qps : cluster->settings.kube_api_qps,
                own ? controller->burst : cluster->settings.kube_api_burst, run);
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

void controller_run_free(struct controller_run *run)
{
    controller_run_end(run);
    free(run->workers);
    client_close(&run->client);
    text_drop(run->kind_name);
    free(run);
}
