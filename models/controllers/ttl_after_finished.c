/* Delete Jobs so many seconds after they have finished as ttlSecondsAfterFinished says.
 *
 * Follows pkg/controller/ttlafterfinished of kube-controller-manager, in the release named in
 * docs/fidelity.md. */
#include "models/api/job.h"
#include "models/controllers/controller.h"

static bool is_to_go(const struct job *job)
{
    return !job->meta.deleting && job->ttl_seconds_after_finished >= 0 && job_finish(job) != NULL;
}

/* How long it may stay; less than 1 when that is over. */
static sim_time time_left(const struct job *job, sim_time now)
{
    return job_finish(job)->transition + job->ttl_seconds_after_finished * SIM_SECOND - now;
}

/* The version of the API server decides: a user may have prolonged the stay. */
static enum outcome ttl_after_finished_reconcile(struct client *client, struct object_key key)
{
    const struct object *seen = client_get(client, KIND_JOB, key.space, key.name);
    if (seen == NULL || !is_to_go(job_of(seen)))
        return RECONCILED;
    const struct object *fresh = client_read(client, key);
    if (fresh == NULL || !is_to_go(job_of(fresh)))
        return RECONCILED;
    const sim_time left = time_left(job_of(fresh), client->now);
    if (left > 0) {
        controller_requeue_after(client, key, left);
        return RECONCILED;
    }
    struct delete_options options = delete_options_default();
    const struct uid uid = meta_of(fresh)->uid;
    options.propagation = PROPAGATE_FOREGROUND;
    options.uid = &uid;
    const enum reply reply = client_delete(client, key, options, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

static void wake_for_job(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED && is_to_go(job_of(event->object)))
        controller_wake(controller, object_key(event->object), event->cause);
}

static int ttl_after_finished_workers(const struct settings *settings)
{
    return settings->concurrent_ttl_after_finished_syncs;
}

const struct controller ttl_after_finished_controller = {
    .name = "ttl-after-finished-controller",
    .reconciles = KIND_JOB,
    .wakes_on = { { KIND_JOB, wake_for_job } },
    .reconcile = ttl_after_finished_reconcile,
    .workers = ttl_after_finished_workers,
};
