/* Free pods from the finalizer of a Job that will not count them any more: it is gone or finished, or
 * they are not its own any more. The other half of the Job controller, with a queue of its own.
 *
 * Follows syncOrphanPod of pkg/controller/job/job_controller.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. */
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/job_private.h"
#include "models/controllers/ownership.h"

/* The Job that controls a pod; NULL when there is none with the uid of the reference. */
static const struct job *job_of_pod(const struct client *client, const struct pod *pod)
{
    const struct object *job =
        owner_object(client, KIND_JOB, pod->meta.object.space, meta_controller(&pod->meta));
    return job != NULL ? job_of(job) : NULL;
}

static bool is_orphan(const struct client *client, const struct pod *pod)
{
    const struct owner *owner = meta_controller(&pod->meta);
    if (owner == NULL)
        return true;
    if (strcmp(text_s(owner->kind), "Job") != 0)
        return false;
    const struct job *job = job_of_pod(client, pod);
    return job == NULL || (job_finish(job) != NULL && !job->managed_elsewhere);
}

static enum outcome orphan_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_POD, key.space, key.name);
    if (object == NULL || !finalizers_have(meta_of(object)->finalizers, JOB_FINALIZER) ||
        !is_orphan(client, pod_of(object)))
        return RECONCILED;
    struct error error = { 0 };
    const bool done = job_pod_release(client, pod_of(object), &error);
    error_close(&error);
    return done ? RECONCILED : RETRY;
}

/* While the Job lives, its own sync removes the finalizers. */
static void wake_for_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (event->type == WATCH_DELETED || !finalizers_have(pod->meta.finalizers, JOB_FINALIZER))
        return;
    if (meta_controller(&pod->meta) == NULL ||
        (pod->meta.deleting && is_orphan(controller_client(controller), pod)))
        controller_wake(controller, object_key(event->object), event->cause);
}

static void wake_for_job(struct controller_run *controller, const struct watch_event *event)
{
    const struct job *job = job_of(event->object);
    if (event->type != WATCH_DELETED && job_finish(job) == NULL)
        return;
    struct cache_cursor pods =
        client_list_owned(controller_client(controller), KIND_POD, job->meta.uid);
    while (cache_next(&pods))
        if (finalizers_have(meta_of(pods.object)->finalizers, JOB_FINALIZER))
            controller_wake(controller, object_key(pods.object), event->cause);
}

const struct controller job_orphan_pods_controller = {
    .name = "job-orphan-pods",
    .source = "job-controller",
    .reconciles = KIND_POD,
    .wakes_on = { { KIND_POD, wake_for_pod }, { KIND_JOB, wake_for_job } },
    .reconcile = orphan_reconcile,
};
