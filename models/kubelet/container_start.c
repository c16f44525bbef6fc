/* Starting a container: image, creation, process.
 *
 * Follows startContainer in pkg/kubelet/kuberuntime/kuberuntime_container.go and
 * EnsureImageExists in pkg/kubelet/images. How long a process runs and when it answers is said
 * by its pod's annotations, by the Image of its image, or by the timing models. */
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"

#define LONGEST_IMAGE_BACK_OFF (300 * SIM_SECOND)

static const char run_time_annotation[] = "seatrial.dev/run-time";
static const char exit_code_annotation[] = "seatrial.dev/exit-code";

/* --- image ----------------------------------------------------------------------------- */

static void image_wait(struct pod_worker *worker, size_t i, const char *reason,
                       const struct text *message)
{
    struct texts *texts = worker_run(worker)->texts;
    struct container_status *status = worker_status(worker, i);
    status->state = CONTAINER_WAITING;
    text_assign(&status->reason, text_intern(texts, reason));
    text_assign(&status->message, message);
    worker_report(worker, REPORT_MINOR);
}

/* The image cannot be pulled: try again after a back-off of its own, 10 s to 300 s. */
static void image_fails(struct pod_worker *worker, size_t i, const char *why, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    const struct container *container = worker_container(worker, i);
    WORKER_EVENT(worker, true, "Failed", "Failed to pull image \"%s\": %s",
                 text_s(container->image), why);
    image_wait(worker, i, "ImagePullBackOff",
               text_format(worker_run(worker)->texts, "Back-off pulling image \"%s\"",
                           text_s(container->image)));
    back_off_use(&run->back_off, now, LONGEST_IMAGE_BACK_OFF, now);
    run->due = now + run->back_off.length;
}

static void image_pull(struct pod_worker *worker, size_t i, sim_time now)
{
    struct kubelet_node *node = worker->node;
    const struct container *container = worker_container(worker, i);
    const struct strain strain =
        ailments_strain(node->ailments, (struct uid){ 0 }, PEER_REGISTRY, NULL);
    if (strain.cut || strain.disk_lost) {
        image_fails(worker, i, strain.cut ? "i/o timeout" : "input/output error", now);
        return;
    }
    client_event(&node->client, &worker->pod->meta.object, false, "Pulling", "Pulling image \"%s\"",
                 text_s(container->image));
    worker->runs[i].state = RUN_PULLING;
    worker->runs[i].due =
        image_cache_pull(&node->images, &node->client, &strain, container->image, now);
}

void container_begin(struct pod_worker *worker, size_t i, sim_time now)
{
    struct kubelet_node *node = worker->node;
    const struct container *container = worker_container(worker, i);
    const struct image *image = image_description(&node->client, container->image);
    const bool present = image_cache_has(&node->images, container->image, now);
    const enum pull_policy policy = container->pull_policy;
    if (policy == PULL_NEVER && !present) {
        worker->runs[i].due = SIM_FOREVER;
        image_wait(worker, i, "ErrImageNeverPull",
                   text_format(worker_run(worker)->texts,
                               "Container image \"%s\" is not present with pull policy of Never",
                               text_s(container->image)));
    } else if (image != NULL && image->pull_fails && (policy == PULL_ALWAYS || !present)) {
        image_fails(worker, i, "not found", now);
    } else if (present) {
        WORKER_EVENT(worker, false, "Pulled",
                     "Container image \"%s\" already present on machine and can be accessed by the "
                     "pod",
                     text_s(container->image));
        container_create(worker, i, now);
    } else {
        image_pull(worker, i, now);
    }
}

void container_image_pulled(struct pod_worker *worker, size_t i, sim_time now)
{
    const struct cached_image *image =
        image_cache_find(&worker->node->images, worker_container(worker, i)->image);
    const sim_time part = SIM_MILLISECOND;
    char pulled[SIM_TIME_TEXT], waited[SIM_TIME_TEXT];
    WORKER_EVENT(worker, false, "Pulled",
                 "Successfully pulled image \"%s\" in %s (%s including waiting). Image size: %lld "
                 "bytes.",
                 text_s(worker_container(worker, i)->image),
                 sim_time_print((image->ready_at - image->begun_at) / part * part, pulled),
                 sim_time_print((image->ready_at - image->asked_at) / part * part, waited),
                 (long long)image->size_bytes);
    node_status_changed(worker->node, now);
    container_create(worker, i, now);
}

/* --- creation -------------------------------------------------------------------------- */

void container_create(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    const struct container_status *status = &worker->statuses->items[i];
    const sim_time longest = worker_settings(worker)->max_container_backoff;
    run->state = RUN_CREATING;
    run->due = now;
    if (!worker->first_start) { /* the first one is part of the sandbox's time */
        const struct strain strain = worker_strain(worker, PEER_KUBELET);
        const sim_time time =
            pod_luck_time(worker, "container-start", i, worker_settings(worker)->container_start);
        run->due = sim_time_after(now, strained(time, strain.slowness * strain.disk_slowness));
    }
    worker->first_start = false;
    if (run->renewed)
        run->back_off.length = 0;
    else if (status->state == CONTAINER_TERMINATED)
        back_off_use(&run->back_off, status->finished_at, longest, now);
    else if (status->last != NULL) /* it waited for its back-off */
        back_off_use(&run->back_off, status->last->finished_at, longest, now);
    else
        run->back_off.length = 0; /* that of its image is over */
}

/* --- process --------------------------------------------------------------------------- */

static sim_time time_annotation(const struct pod_worker *worker, const char *key)
{
    const char *text = labels_get(worker->pod->meta.annotations, key);
    sim_time time = SIM_FOREVER;
    struct error error = { 0 };
    if (text != NULL)
        sim_time_parse(text, (struct place){ 0 }, &time, &error);
    error_close(&error); /* not a duration: as if it were not there */
    return time < 0 ? 0 : time;
}

static int exit_code_annotated(const struct pod_worker *worker)
{
    const char *text = labels_get(worker->pod->meta.annotations, exit_code_annotation);
    return text ? atoi(text) : 0;
}

/* How long the process runs, and how it ends. */
static void process_plan(struct pod_worker *worker, size_t i, const struct image *image,
                         sim_time now)
{
    struct container_run *run = &worker->runs[i];
    const bool init = worker_is_init(worker, i) && !worker_container(worker, i)->sidecar;
    sim_time time =
        worker_is_init(worker, i) ? SIM_FOREVER : time_annotation(worker, run_time_annotation);
    run->exit_code = time == SIM_FOREVER ? 0 : exit_code_annotated(worker);
    if (time == SIM_FOREVER && image != NULL && image->run_time != NULL) {
        time = pod_luck_time(worker, "run-time", i, image->run_time);
        run->exit_code = image->exit_code;
    } else if (time == SIM_FOREVER && init) {
        time = run->passes_at - now; /* it does its work and is done */
    }
    run->due = sim_time_after(now, time);
}

/* Does a start go wrong, by what its disk is like or is said of the image? */
static bool start_fails(const struct pod_worker *worker, size_t i, const struct image *image)
{
    const struct strain strain = worker_strain(worker, PEER_KUBELET);
    if (strain.crash ||
        (strain.disk_errors > 0 && pod_luck_uniform(worker, "disk-read", i) < strain.disk_errors))
        return true;
    return image != NULL && image->start_probability < 1 &&
           pod_luck_uniform(worker, "start", i) >= image->start_probability;
}

static void process_start(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    const struct image *image =
        image_description(&worker->node->client, worker_container(worker, i)->image);
    const struct distribution *ready = image != NULL && image->ready != NULL
                                           ? image->ready
                                           : worker_settings(worker)->container_ready;
    run->state = RUN_RUNNING;
    run->passes_at =
        sim_time_after(now, strained(pod_luck_time(worker, "container-ready", i, ready),
                                     worker_strain(worker, PEER_KUBELET).slowness));
    process_plan(worker, i, image, now);
    if ((image != NULL && image->never_ready) || worker_strain(worker, PEER_KUBELET).never_ready)
        run->passes_at = SIM_FOREVER;
    worker_tell(worker, i, PROCESS_STARTS, run->passes_at);
    memory_takes(worker, i, image, now);
    if (start_fails(worker, i, image)) {
        run->due = now;
        run->exit_code = 1;
    }
}

/* What ran before becomes lastState. */
static void status_turn_over(struct container_status *status)
{
    if (status->state == CONTAINER_TERMINATED)
        container_status_keep_end(status);
    if (status->last != NULL)
        status->restart_count++;
}

void container_launch(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_status *status = worker_status(worker, i);
    status_turn_over(status);
    worker->runs[i].renewed = false;
    status->state = CONTAINER_RUNNING;
    status->started_at = now;
    status->finished_at = 0;
    status->exit_code = 0;
    text_assign(&status->reason, NULL);
    text_assign(&status->message, NULL);
    worker->runs[i].counts = (struct probe_counts){ 0 };
    process_start(worker, i, now);
    container_probes_begin(worker, i, now);
    WORKER_EVENT(worker, false, "Created", "Container created");
    WORKER_EVENT(worker, false, "Started", "Container started");
    worker_report(worker, worker_is_init(worker, i) ? REPORT_MINOR : REPORT_NOW);
}
