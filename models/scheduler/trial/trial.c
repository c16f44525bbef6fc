/* Objects on which the scheduler is tried; see trial.h. */
#include "models/scheduler/trial/trial.h"

#include <stdlib.h>

#include "models/scheduler/decision/assume.h"

/* --- what the snapshot hears of ------------------------------------------------------------- */

static void note_rank(struct trial *trial, const struct text *name)
{
    const uint32_t slot = snapshot_find_node(trial->snapshot, name)->slot;
    if (slot >= trial->rank_capacity) {
        trial->rank_capacity = slot * 2 + 64;
        trial->ranks = mem_resize(trial->ranks, trial->rank_capacity * sizeof *trial->ranks);
    }
    trial->ranks[slot] = trial->next_rank++;
}

static void hear_node(struct trial *trial, const struct watch_event *event)
{
    if (event->type == WATCH_DELETED) {
        snapshot_remove_node(trial->snapshot, event->object->name);
        return;
    }
    snapshot_set_node(trial->snapshot, node_of(event->object));
    if (event->type == WATCH_ADDED)
        note_rank(trial, event->object->name);
}

/* A waiting pod may be promised room. */
static void hear_nomination(struct trial *trial, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (event->type == WATCH_DELETED || !trial_is_pending(pod))
        nominator_remove(trial->nominator, pod);
    else if (event->before == NULL)
        nominator_add(trial->nominator, pod, NOMINATION_UNCHANGED, NULL);
    else
        nominator_update(trial->nominator, pod_of(event->before), pod);
}

/* The scheduler does not see pods that have ended. */
static void hear_pod(struct trial *trial, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    hear_nomination(trial, event);
    if (event->type != WATCH_DELETED && pod->node_name != NULL && !pod_is_terminal(pod))
        snapshot_place(trial->snapshot, pod, pod->node_name, false);
    else
        snapshot_remove_pod(trial->snapshot, pod->meta.object.space, pod->meta.object.name);
}

static void hear(void *self, const struct watch_event *event)
{
    struct trial *trial = self;
    if (event->object->kind == KIND_NODE)
        hear_node(trial, event);
    else if (event->object->kind == KIND_POD)
        hear_pod(trial, event);
    else
        snapshot_note_object(trial->snapshot, event->object->kind);
}

/* --- objects ---------------------------------------------------------------------------------- */

/* Let everybody learn what was written: time stands still. */
static void settle(struct trial *trial)
{
    run_until(trial->run, run_now(trial->run));
}

void trial_put(struct trial *trial, struct object *object)
{
    struct store *store = trial->cluster->store;
    struct meta *meta = (struct meta *)object;
    if (meta->uid.low == 0 && meta->uid.high == 0)
        meta->uid.low = ++trial->uids;
    if (store_get(store, object_key(object)) != NULL)
        store_replace(store, object, run_now(trial->run));
    else
        store_create(store, object, run_now(trial->run));
    settle(trial);
}

bool trial_remove(struct trial *trial, struct object_key key)
{
    const struct object *object = store_get(trial->cluster->store, key);
    if (object == NULL)
        return false;
    store_remove(trial->cluster->store, object_copy(object), run_now(trial->run));
    settle(trial);
    return true;
}

void trial_remove_node(struct trial *trial, const struct text *name)
{
    const struct node_info *info = snapshot_find_node(trial->snapshot, name);
    while (info != NULL && info->first != NULL)
        if (!trial_remove(trial, object_key(&info->first->pod->meta.object)))
            abort(); /* what counts on a node is in the store */
    trial_remove(trial, (struct object_key){ KIND_NODE, NULL, name });
}

const struct object *trial_find(const struct trial *trial, enum kind kind, const char *space,
                                const char *name)
{
    const struct text *in = *space != '\0' ? cluster_text(trial->cluster, space) : NULL;
    const struct text *of = cluster_text(trial->cluster, name);
    const struct object *found =
        store_get(trial->cluster->store, (struct object_key){ kind, in, of });
    text_drop(in);
    text_drop(of);
    return found;
}

void trial_bind(struct trial *trial, const struct profile *profile, const struct pod *pod,
                const struct text *node, sim_time started)
{
    const struct node_info *info = snapshot_find_node(trial->snapshot, node);
    struct assumed assumed = assume_pod(profile, trial->snapshot, pod, info, trial->run);
    struct pod *bound = (struct pod *)object_copy(&assumed.pod->meta.object);
    text_assign(&bound->node_name, text_hold(node));
    bound->started = true;
    bound->start_time = started;
    trial_put(trial, &bound->meta.object);
    assumed_close(&assumed);
}

/* --- attempts ----------------------------------------------------------------------------------- */

bool trial_is_pending(const struct pod *pod)
{
    return pod->node_name == NULL && !pod_is_terminal(pod);
}

/* The first profile's QueueSort: all profiles have the same. */
static int compare_waiting(const struct trial *trial, const struct pod *a, const struct pod *b)
{
    const struct profile *profile = trial->configuration->profiles[0];
    const struct point *sort = &profile->points[POINT_QUEUE_SORT];
    return profile->plugins[sort->items[0].plugin].plugin->compare(a, b);
}

/* Bring the pods of a range into order: a merge sort, so that equal ones stay as they are. */
static void sort_waiting(const struct trial *trial, const struct pod **pods, size_t count,
                         const struct pod **room)
{
    const size_t half = count / 2;
    size_t left = 0, right = half;
    if (count < 2)
        return;
    sort_waiting(trial, pods, half, room);
    sort_waiting(trial, pods + half, count - half, room);
    memcpy(room, pods, count * sizeof *pods);
    for (size_t i = 0; i < count; i++) {
        const bool from_right =
            left == half || (right < count && compare_waiting(trial, room[right], room[left]) < 0);
        pods[i] = from_right ? room[right++] : room[left++];
    }
}

const struct pod **trial_queue(const struct trial *trial, size_t *count)
{
    const size_t all = cache_count(trial->cluster->cache, KIND_POD);
    const struct pod **pods = mem_new((all + 1) * sizeof *pods);
    const struct pod **room = mem_new((all + 1) * sizeof *room);
    *count = 0;
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_POD); cache_next(&c);)
        if (trial_is_pending(pod_of(c.object)))
            pods[(*count)++] = pod_of(c.object);
    sort_waiting(trial, pods, *count, room);
    free(room);
    return pods;
}

const struct sched_plugin *trial_gate(const struct trial *trial, const struct profile *profile,
                                      const struct pod *pod, struct writer *why)
{
    const struct point *point = &profile->points[POINT_PRE_ENQUEUE];
    for (size_t i = 0; i < point->count; i++) {
        const struct sched_plugin *plugin = profile->plugins[point->items[i].plugin].plugin;
        writer_clear(why);
        if (!plugin->pre_enqueue(pod, trial->nominator, why))
            return plugin;
    }
    return NULL;
}

void trial_decide(struct trial *trial, const struct profile *profile, const struct pod *pod)
{
    snapshot_refresh(trial->snapshot);
    decide(trial->templates, profile, trial->snapshot, pod, trial->next_start, &trial->fast);
    decision_list(&trial->fast);
}

void trial_decide_plainly(struct trial *trial, const struct profile *profile, const struct pod *pod)
{
    snapshot_refresh(trial->snapshot);
    decide_plainly(trial->templates, profile, trial->snapshot, pod, trial->next_start,
                   &trial->plain);
}

void trial_next(struct trial *trial, const struct decision *decision)
{
    trial->next_start = decision_next_start(decision);
}

bool trial_agrees(const struct trial *trial)
{
    const struct decision *a = &trial->fast, *b = &trial->plain;
    if (a->known)
        return b->outcome == DECISION_REJECTED && a->rejecting == b->rejecting &&
               decision_evaluated(a) == decision_evaluated(b);
    if (a->outcome == DECISION_ERROR)
        return b->outcome == DECISION_ERROR && strcmp(a->error.text, b->error.text) == 0;
    if (a->outcome != b->outcome || a->feasible_count != b->feasible_count ||
        a->rejected_count != b->rejected_count || a->top_count != b->top_count ||
        (a->outcome == DECISION_REJECTED && a->rejecting != b->rejecting))
        return false;
    for (size_t i = 0; i < a->feasible_count; i++)
        if (a->feasible[i] != b->feasible[i] || a->totals[i] != b->totals[i])
            return false;
    for (size_t i = 0; i < a->rejected_count; i++)
        if (a->rejected[i].slot != b->rejected[i].slot ||
            a->rejected[i].rejection != b->rejected[i].rejection)
            return false;
    for (size_t i = 0; i < a->top_count; i++)
        if (a->top[i] != b->top[i])
            return false;
    return true;
}

/* --- preemption ---------------------------------------------------------------------------------- */

static void nominate(struct trial *trial, const struct pod *pod, const struct text *node)
{
    struct pod *changed = (struct pod *)object_copy(&pod->meta.object);
    pod_set_nominated_node(changed, text_hold(node));
    trial_put(trial, &changed->meta.object);
}

static void clear_lower_nominations(struct trial *trial, const struct pod *pod,
                                    const struct text *node)
{
    const struct pod *lower;
    while ((lower = nominator_lower(trial->nominator, node, pod->spec->priority)) != NULL)
        nominate(trial, lower, NULL);
}

static void evict(struct trial *trial, const struct pod *pod, bool terminate)
{
    if (!terminate) {
        trial_remove(trial, object_key(&pod->meta.object));
        return;
    }
    if (pod->meta.deleting)
        return;
    struct pod *changed = (struct pod *)object_copy(&pod->meta.object);
    changed->meta.deleting = true;
    pod_set_condition(changed, trial->run->texts, POD_DISRUPTION_TARGET, true,
                      "PreemptionByScheduler", NULL, run_now(trial->run));
    trial_put(trial, &changed->meta.object);
}

void trial_carry_out(struct trial *trial, const struct post_filter_round *round, bool terminate)
{
    const struct preemption *preemption = &round->preemption;
    const struct object *pod = object_hold(&round->pod->meta.object);
    const struct text *node = text_hold(round->node);
    if (round->nomination == NOMINATION_SET) {
        const struct extender_victims *victims = &preemption->candidates[preemption->chosen];
        clear_lower_nominations(trial, pod_of(pod), node);
        for (size_t i = 0; i < victims->count; i++)
            evict(trial, victims->pods[i], terminate);
    }
    if (round->nomination != NOMINATION_UNCHANGED)
        nominate(trial, pod_of(pod), node);
    text_drop(node);
    object_drop(pod);
}

size_t trial_node_rank(const struct trial *trial, uint32_t slot)
{
    return trial->ranks[slot];
}

/* --- beginning and end ---------------------------------------------------------------------------- */

#define USUAL_START INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

static struct cluster *empty_cluster(struct run *run)
{
    static const struct component *const none[] = { NULL };
    struct settings settings;
    settings_init(&settings);
    settings.epoch_seconds = USUAL_START;
    return cluster_new_with(run, "", settings, none);
}

struct trial *trial_new(const struct value *configuration, struct error_list *errors)
{
    struct trial *trial = mem_new(sizeof *trial);
    trial->run = run_new(1);
    trial->cluster = empty_cluster(trial->run);
    trial->snapshot = snapshot_new(trial->run->texts, trial->cluster->cache);
    trial->nominator = nominator_new();
    trial->snapshot->nominator = trial->nominator;
    trial->templates = template_cache_new();
    cache_watch(trial->cluster->cache, (struct watcher){ trial, hear });
    settle(trial);
    trial->configuration = scheduler_configuration_load(trial->run->texts, configuration, errors);
    if (trial->configuration != NULL)
        return trial;
    trial_free(trial);
    return NULL;
}

void trial_ask_extenders(struct trial *trial, struct extenders *extenders)
{
    if (extenders == NULL)
        return;
    extenders->codec = &trial->cluster->codec;
    for (size_t i = 0; i < trial->configuration->profile_count; i++)
        trial->configuration->profiles[i]->extenders = extenders;
}

void trial_free(struct trial *trial)
{
    if (trial == NULL)
        return;
    decision_close(&trial->fast);
    decision_close(&trial->plain);
    template_cache_free(trial->templates);
    snapshot_free(trial->snapshot);
    nominator_free(trial->nominator);
    if (trial->configuration != NULL)
        scheduler_configuration_free(trial->configuration);
    cluster_free(trial->cluster);
    run_free(trial->run);
    free(trial->ranks);
    free(trial);
}
