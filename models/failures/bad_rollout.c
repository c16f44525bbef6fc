/* A roll-out goes wrong, by chance: each new revision of a workload is bad with a probability.
 *
 * The first pod of a revision decides for all of them: the n-th roll-out of a workload has the same luck
 * however it is rolled out, so that strategies are compared on the same bad releases. The revision that
 * a workload begins with is good, and so is one that it had before and was good. Pods of a bad one are
 * never ready (`effect`), crash, or are `factor` times as slow; what is left as it is is the old
 * revision, also where both have the same image. Revisions are told apart as controllers do: by the
 * pod-template-hash of ReplicaSets, the controller-revision-hash of the others. */
#include <stdlib.h>
#include <string.h>

#include "models/failures/failures_private.h"
#include "models/failures/machines.h"
#include "sim/base/memory.h"

struct revision {
    const struct text *hash; /* held */
    bool bad;
};

struct history {
    const struct text *workload; /* held: "shop/web" */
    struct revision *revisions;  /* owned, as they came */
    size_t count, capacity;
    struct cause cause; /* of the last bad one */
};

struct histories {
    struct history *items;
    size_t count, capacity;
};

static void forget(void *memory)
{
    struct histories *all = memory;
    for (size_t i = 0; i < all->count; i++) {
        for (size_t k = 0; k < all->items[i].count; k++)
            text_drop(all->items[i].revisions[k].hash);
        free(all->items[i].revisions);
        text_drop(all->items[i].workload);
    }
    free(all->items);
    free(all);
}

/* --- whose pod it is ------------------------------------------------------------------- */

static const char *hash_of(const struct pod *pod)
{
    const char *hash = labels_get(pod->meta.labels, "pod-template-hash");
    return hash != NULL ? hash : labels_get(pod->meta.labels, "controller-revision-hash");
}

/* "shop/web": of a ReplicaSet without the hash at its end. NULL: it has no controller. */
static const struct text *workload_of(struct texts *texts, const struct pod *pod)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const char *hash = labels_get(pod->meta.labels, "pod-template-hash");
    if (owner == NULL)
        return NULL;
    size_t length = strlen(text_s(owner->name));
    if (hash != NULL && length > strlen(hash) + 1 &&
        strcmp(text_s(owner->name) + length - strlen(hash), hash) == 0)
        length -= strlen(hash) + 1;
    return text_format(texts, "%s/%.*s", namespace_of(pod), (int)length, text_s(owner->name));
}

static bool is_meant(const struct failure_plan *plan, const struct text *workload,
                     const struct pod *pod)
{
    const char *name = value_text(value_get(plan->entry, "workload"), NULL);
    const char *space = value_text(value_get(plan->entry, "namespace"), NULL);
    const char *bare = strchr(text_s(workload), '/') + 1;
    if (space != NULL && strcmp(space, namespace_of(pod)) != 0)
        return false;
    if (name == NULL)
        return true;
    const char *slash = strchr(name, '/'); /* "deployment/web" */
    return strcmp(slash != NULL ? slash + 1 : name, bare) == 0;
}

/* --- its revision ---------------------------------------------------------------------- */

static struct history *history_of(struct failure_plan *plan, const struct text *workload)
{
    struct histories *all = plan->memory;
    if (all == NULL)
        all = plan->memory = mem_new(sizeof *all);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].workload == workload)
            return &all->items[i];
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count] = (struct history){ .workload = text_hold(workload) };
    return &all->items[all->count++];
}

static bool is_unlucky(struct failures *failures, const struct failure_plan *plan,
                       const struct history *history)
{
    const struct cluster *cluster = failures_cluster(failures);
    char *entity = mem_format("workload/%s", text_s(history->workload));
    struct stream stream = run_stream(cluster->run, cluster->id, entity, "bad-rollout",
                                      plan->branch + (history->count << 32));
    free(entity);
    return stream_uniform(&stream) < value_double(value_get(plan->entry, "probability"), 1);
}

static const struct revision *revision_of(struct failures *failures, struct failure_plan *plan,
                                          struct history *history, const char *hash)
{
    for (size_t i = 0; i < history->count; i++)
        if (strcmp(text_s(history->revisions[i].hash), hash) == 0)
            return &history->revisions[i];
    const bool bad = history->count > 0 && is_unlucky(failures, plan, history);
    MEM_GROW(history->revisions, history->count, history->capacity);
    history->revisions[history->count] =
        (struct revision){ cluster_text(failures_cluster(failures), hash), bad };
    if (bad)
        history->cause = failures_strike_planned(failures, plan, text_s(history->workload));
    return &history->revisions[history->count++];
}

/* --- what becomes of its pods ---------------------------------------------------------- */

static struct ailment ailment_of(const struct failure_plan *plan)
{
    const char *effect = value_text(value_get(plan->entry, "effect"), "never-ready");
    struct ailment ailment = ailment_none();
    ailment.crash = strcmp(effect, "crash") == 0;
    ailment.never_ready = strcmp(effect, "never-ready") == 0;
    if (strcmp(effect, "slow") == 0)
        ailment.slowness = value_double(value_get(plan->entry, "factor"), 2);
    return ailment;
}

static void pod_bound(struct failures *failures, struct failure_plan *plan, const struct pod *pod)
{
    const char *hash = hash_of(pod);
    const struct text *workload = workload_of(failures_cluster(failures)->run->texts, pod);
    if (hash != NULL && workload != NULL && is_meant(plan, workload, pod)) {
        struct history *history = history_of(plan, workload);
        if (revision_of(failures, plan, history, hash)->bad) {
            struct blow blow = failures_blow(failures, plan, text_s(workload), history->cause);
            struct ailment ailment = ailment_of(plan);
            ailment.pod = pod->meta.uid;
            machine_ail(&blow, machine_of_node(pod->node_name), ailment);
        }
    }
    text_drop(workload);
}

/* The revision is bad; its pods hear of it when they are bound. */
static void bad_rollout_strike(struct blow *blow)
{
    (void)blow;
}

static void bad_rollout_check(const struct value *options, struct error_list *faults)
{
    const struct value *effect = value_get(options, "effect"), *lasts = value_get(options, "lasts");
    const char *text = value_text(effect, "never-ready");
    if (strcmp(text, "never-ready") != 0 && strcmp(text, "crash") != 0 && strcmp(text, "slow") != 0)
        error_list_add(faults, effect->at, "effect: \"%s\" is not one of never-ready, crash, slow",
                       text);
    if (lasts != NULL)
        error_list_add(faults, lasts->at, "lasts: a bad revision stays bad; roll it back");
}

const struct failure bad_rollout = {
    .name = "bad-rollout",
    .targets = TARGET_NAMED,
    .target_field = "workload",
    .target_optional = true,
    .follows = true,
    .check = bad_rollout_check,
    .strike = bad_rollout_strike,
    .pod_bound = pod_bound,
    .forget = forget,
};
