/* The pods of a Job: claiming, deleting and creating them.
 *
 * Follows getPodsForJob, deleteActivePods, deleteJobPods and manageJob of
 * pkg/controller/job/job_controller.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"
#include "models/controllers/job_private.h"
#include "models/controllers/ownership.h"
#include "models/controllers/pod_ranking.h"
#include "sim/base/memory.h"

enum {
    BURST_PODS = 500,      /* pods created or deleted in one sync */
    LONGEST_NAME_BASE = 58 /* of a generated name, without its five random characters */
};

/* ---- claiming ---- */

static void add_pod(struct job_sync *sync, const struct pod *pod, bool adopted)
{
    MEM_GROW(sync->pods, sync->count, sync->capacity);
    sync->pods[sync->count++] = (struct job_pod){
        .pod = pod,
        .index = sync->job->indexed ? job_pod_index(pod) : NO_INDEX,
        .tracked = (adopted || finalizers_have(pod->meta.finalizers, JOB_FINALIZER)) &&
                   !job_record_expects_removal(sync->record, pod->meta.uid),
    };
}

static int by_index(const void *a, const void *b)
{
    const struct job_pod *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->pod->meta.uid.low > y->pod->meta.uid.low) -
           (x->pod->meta.uid.low < y->pod->meta.uid.low);
}

/* Those that do not match any more are given up. */
static bool claim_owned(struct job_sync *sync, struct claim *claim, struct error *error)
{
    bool done = true;
    struct cache_cursor owned = client_list_owned(sync->client, KIND_POD, sync->job->meta.uid);
    while (cache_next(&owned))
        if (claim_matches(claim, meta_of(owned.object)))
            add_pod(sync, pod_of(owned.object), false);
        else
            done &= claim_release(claim, meta_of(owned.object), error);
    return done;
}

static bool claim_orphans(struct job_sync *sync, struct claim *claim, struct error *error)
{
    bool done = true;
    struct cache_cursor orphans =
        client_list_orphans(sync->client, KIND_POD, sync->job->meta.object.space);
    while (cache_next(&orphans)) {
        bool adopted = false;
        if (claim_matches(claim, meta_of(orphans.object)))
            done &= claim_adopt(claim, meta_of(orphans.object), &adopted, error);
        if (adopted)
            add_pod(sync, pod_of(orphans.object), true);
    }
    return done;
}

bool job_pods_claim(struct job_sync *sync, struct error *error)
{
    struct claim claim = { .client = sync->client,
                           .owner = &sync->job->meta,
                           .api_version = "batch/v1",
                           .kind = "Job",
                           .selector = sync->job->selector,
                           .finalizer = JOB_FINALIZER };
    if (!claim_owned(sync, &claim, error) || !claim_orphans(sync, &claim, error))
        return false;
    if (sync->job->indexed && sync->count > 0)
        qsort(sync->pods, sync->count, sizeof *sync->pods, by_index);
    for (size_t i = 0; i < sync->count; i++)
        if (pod_is_active(sync->pods[i].pod))
            pod_list_add(&sync->active, sync->pods[i].pod);
    return true;
}

bool job_pod_has_failed(const struct job *job, const struct pod *pod)
{
    if (pod->phase == POD_FAILED)
        return true;
    return !job->replaces_failed_only && pod->meta.deleting && pod->phase != POD_SUCCEEDED;
}

/* ---- deleting ---- */

static bool remove_finalizer(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    if (!uid_equal(meta->uid, *(const struct uid *)context) ||
        !finalizers_have(meta->finalizers, JOB_FINALIZER))
        return false;
    const struct finalizers *before = meta->finalizers;
    meta->finalizers = finalizers_without(before, JOB_FINALIZER);
    finalizers_drop(before);
    return true;
}

bool job_pod_release(struct client *client, const struct pod *pod, struct error *error)
{
    struct uid uid = pod->meta.uid;
    struct error refused = { 0 };
    const enum reply reply =
        client_patch(client, object_key(&pod->meta.object), remove_finalizer, &uid, &refused);
    const bool done = reply == REPLY_OK || reply == REPLY_NOT_FOUND;
    if (!done)
        error_set(error, refused.at, "%s", refused.text);
    error_close(&refused);
    return done;
}

static struct pod_owner owner_of(const struct job_sync *sync)
{
    return (struct pod_owner){ .meta = &sync->job->meta,
                               .api_version = "batch/v1",
                               .kind = "Job",
                               .selector = sync->job->selector,
                               .template = sync->job->template,
                               .finalizer = JOB_FINALIZER };
}

/* Once a pod is being deleted it is neither active nor ready any more. */
static void note_deleted(struct job_sync *sync, const struct pod *pod)
{
    sync->active_count--;
    sync->terminating++;
    sync->ready -= pod_is_ready(pod);
}

/* The finalizers stay until the pods are counted. */
int32_t job_pods_delete_active(struct job_sync *sync, struct error *error)
{
    const struct pod_owner owner = owner_of(sync);
    int32_t deleted = 0;
    struct batch batch = client_batch(sync->client);
    for (size_t i = 0; i < sync->active.count; i++) {
        client_batch_next(sync->client, &batch);
        const enum reply reply = pod_delete(sync->client, &owner, sync->active.items[i], error);
        if (reply != REPLY_OK && reply != REPLY_NOT_FOUND)
            continue;
        note_deleted(sync, sync->active.items[i]);
        deleted++;
    }
    client_batch_end(sync->client, &batch);
    return deleted;
}

/* Pods that are given up are not counted: the finalizer goes first. */
static void delete_pods(struct job_sync *sync, const struct pod_list *pods, struct error *error)
{
    struct expectations *expectations = sync->expectations;
    const struct pod_owner owner = owner_of(sync);
    struct uid *uids = mem_new(pods->count * sizeof *uids);
    for (size_t i = 0; i < pods->count; i++)
        uids[i] = pods->items[i]->meta.uid;
    expectations_delete(expectations, sync->key, uids, pods->count, sync->client->now);
    struct batch batch = client_batch(sync->client);
    for (size_t i = 0; i < pods->count; i++) {
        client_batch_next(sync->client, &batch);
        enum reply reply = REPLY_INTERNAL_ERROR;
        if (job_pod_release(sync->client, pods->items[i], error))
            reply = pod_delete(sync->client, &owner, pods->items[i], error);
        if (reply != REPLY_OK)
            expectations_saw_deleted(expectations, sync->key, uids[i]);
        if (reply == REPLY_OK || reply == REPLY_NOT_FOUND)
            note_deleted(sync, pods->items[i]);
    }
    client_batch_end(sync->client, &batch);
    free(uids);
}

/* ---- choosing which to delete ---- */

/* The pods of a list in the order in which they are given up. */
static void rank(struct job_sync *sync, struct pod_list *pods, size_t from)
{
    const size_t count = pods->count - from;
    struct pod_rank *ranks = mem_new((count + 1) * sizeof *ranks);
    for (size_t i = 0; i < count; i++)
        ranks[i] = pod_rank_of(pods->items[from + i]);
    pod_ranks_sort(ranks, count, sync->client->now);
    for (size_t i = 0; i < count; i++)
        pods->items[from + i] = ranks[i].pod;
    free(ranks);
}

/* Of the active pods with one index all but the best are given up; without a valid one, all. */
static void give_up_repeated(struct job_sync *sync, struct pod_list *given_up,
                             struct pod_list *left)
{
    for (size_t i = 0, end; i < sync->active.count; i = end) {
        const int32_t index = job_pod_index(sync->active.items[i]);
        const size_t first = given_up->count;
        for (end = i; end < sync->active.count; end++) {
            if (job_pod_index(sync->active.items[end]) != index)
                break;
            pod_list_add(given_up, sync->active.items[end]);
        }
        if (!job_index_is_valid(sync->job, index))
            continue;
        rank(sync, given_up, first);
        pod_list_add(left, given_up->items[--given_up->count]);
    }
}

/* At least so many pods to be deleted. */
static struct pod_list pods_to_delete(struct job_sync *sync, size_t least)
{
    struct pod_list given_up = { 0 }, left = { 0 };
    if (sync->job->indexed)
        give_up_repeated(sync, &given_up, &left);
    else
        for (size_t i = 0; i < sync->active.count; i++)
            pod_list_add(&left, sync->active.items[i]);
    if (given_up.count < least)
        rank(sync, &left, 0);
    for (size_t i = 0; i < left.count && given_up.count < least; i++)
        pod_list_add(&given_up, left.items[i]);
    pod_list_close(&left);
    return given_up;
}

/* ---- creating ---- */

/* What the pods of an indexed Job need beyond the template. */
struct wardrobe {
    const struct job_sync *sync;
    const int32_t *indexes; /* of the pods to be made, in order */
    struct value *spec;     /* of all of them: with the index in the environment */
};

static struct value *index_variable(void)
{
    struct value *variable = value_new_map();
    value_set(variable, "name", value_new_string("JOB_COMPLETION_INDEX"));
    value_put(&variable, value_new_string("v1"), "valueFrom", "fieldRef", "apiVersion", NULL);
    value_put(&variable, value_new_string("metadata.labels['" JOB_INDEX "']"), "valueFrom",
              "fieldRef", "fieldPath", NULL);
    return variable;
}

static void add_variable(struct value **container)
{
    const struct value *list = value_get(*container, "env");
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), "JOB_COMPLETION_INDEX") == 0)
            return;
    if (value_is_null(list))
        value_set(value_own(container), "env", value_new_list());
    value_add(value_own(value_slot(value_own(container), "env")), index_variable());
}

static struct value *spec_with_variable(const struct pod_spec *from)
{
    static const char *const lists[] = { "initContainers", "containers" };
    struct value *spec = value_hold(from->document);
    for (size_t k = 0; k < 2; k++) {
        if (value_is_null(value_get(spec, lists[k])))
            continue;
        struct value *list = value_own(value_slot(value_own(&spec), lists[k]));
        for (size_t i = 0; i < list->count; i++)
            add_variable(&list->items[i]);
    }
    return spec;
}

static void annotate(struct texts *texts, struct pod *pod, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    const struct labels *before = pod->meta.annotations;
    pod->meta.annotations = labels_with(texts, before, key, text);
    labels_drop(before);
}

/* How often the index failed before. */
static void annotate_failures(const struct job_sync *sync, struct pod *pod, int32_t index)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    const struct pod *before = job_index_replaces(sync, index);
    int64_t failures = 0, ignored = 0;
    if (before != NULL) {
        const bool counts = job_failure_of(sync->job, before, NULL) != FAILURE_IGNORED;
        failures = (int64_t)job_index_failures(before) + counts;
        ignored = (int64_t)job_index_ignored_failures(before) + !counts;
    }
    annotate(texts, pod, JOB_FAILURES, failures);
    if (ignored > 0)
        annotate(texts, pod, JOB_IGNORED_FAILURES, ignored);
}

static void name_by_index(const struct job_sync *sync, struct pod *pod, int32_t index)
{
    const struct codec *codec = &sync->client->cluster->codec;
    const char *job = name_of(sync->job);
    char suffix[16];
    const int length = snprintf(suffix, sizeof suffix, "-%d-", index);
    text_drop(pod->meta.generate_name);
    pod->meta.generate_name =
        text_format(codec->texts, "%.*s%s", LONGEST_NAME_BASE - length, job, suffix);
}

static void dress(struct client *client, struct pod *pod, int number, const void *context)
{
    const struct wardrobe *wardrobe = context;
    const struct job_sync *sync = wardrobe->sync;
    const struct codec *codec = &client->cluster->codec;
    const int32_t index = wardrobe->indexes[number];
    char *hostname = mem_format("%s-%d", name_of(sync->job), index);
    struct value *spec = value_hold(wardrobe->spec);
    value_put(&spec, value_new_string(hostname), "hostname", NULL);
    pod_spec_drop(pod->spec);
    pod->spec = pod_spec_compile(codec->specs, spec);
    value_drop(spec);
    free(hostname);
    name_by_index(sync, pod, index);
    annotate(codec->texts, pod, JOB_INDEX, index);
    const struct labels *before = pod->meta.labels;
    pod->meta.labels =
        labels_with(codec->texts, before, JOB_INDEX, labels_get(pod->meta.annotations, JOB_INDEX));
    labels_drop(before);
    if (sync->job->backoff_limit_per_index >= 0)
        annotate_failures(sync, pod, index);
}

static void create(struct job_sync *sync, int32_t count, const int32_t *indexes,
                   struct error *error)
{
    struct expectations *expectations = sync->expectations;
    struct wardrobe wardrobe = { .sync = sync, .indexes = indexes };
    struct pod_owner owner = owner_of(sync);
    if (indexes != NULL) {
        wardrobe.spec = spec_with_variable(sync->job->template->spec);
        owner.dress = dress;
        owner.context = &wardrobe;
    }
    expectations_create(expectations, sync->key, count, sync->client->now);
    const int created = pods_create(sync->client, &owner, count, error);
    for (int skipped = created; skipped < count; skipped++)
        expectations_saw_created(expectations, sync->key);
    sync->active_count += created;
    value_drop(wardrobe.spec);
}

static void come_back_after(struct job_sync *sync, sim_time wait)
{
    controller_requeue_after(sync->client, sync->key,
                             wait > JOB_BATCH_PERIOD ? wait : JOB_BATCH_PERIOD);
}

static void create_missing(struct job_sync *sync, int32_t missing, struct error *error)
{
    sim_time wait = 0;
    int32_t *indexes = NULL;
    int32_t count = missing < BURST_PODS ? missing : BURST_PODS;
    if (sync->job->backoff_limit_per_index < 0)
        wait = job_back_off(sync->failures, sync->client->now);
    if (wait == 0 && sync->job->indexed)
        indexes = job_indexes_pending(sync, count, &count, &wait);
    if (wait > 0)
        come_back_after(sync, wait);
    else if (count > 0)
        create(sync, count, indexes, error);
    free(indexes);
}

/* ---- managing ---- */

/* A work queue needs no new pods once one has succeeded; otherwise not more than are missing. */
static int64_t wanted_pods(const struct job_sync *sync)
{
    const struct job *job = sync->job;
    if (job->suspend)
        return 0;
    if (job->completions < 0)
        return sync->succeeded > 0 ? sync->active_count : job->parallelism;
    const int64_t left = job->completions - sync->succeeded;
    return left < 0 ? 0 : left < job->parallelism ? left : job->parallelism;
}

void job_pods_manage(struct job_sync *sync, struct error *error)
{
    const int64_t wanted = wanted_pods(sync), surplus = sync->active_count - wanted;
    struct pod_list given_up = pods_to_delete(sync, surplus > 0 ? (size_t)surplus : 0);
    if (given_up.count > BURST_PODS && !sync->job->suspend)
        given_up.count = BURST_PODS;
    const bool deletes = given_up.count > 0;
    if (deletes)
        delete_pods(sync, &given_up, error);
    pod_list_close(&given_up);
    if (deletes || sync->job->suspend)
        return;
    const int64_t waited_for = sync->job->replaces_failed_only ? sync->terminating : 0;
    const int64_t missing = wanted - waited_for - sync->active_count;
    if (missing > 0)
        create_missing(sync, missing < BURST_PODS ? (int32_t)missing : BURST_PODS, error);
}
