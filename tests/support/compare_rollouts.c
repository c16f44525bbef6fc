/* Rule 8: what a Deployment does to its ReplicaSets, and how far it goes. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

enum { MOST_EVENTS = 25 }; /* of one source about one object */

static bool is_kind(const struct life *life, const char *kind)
{
    return strcmp(text_s(life->kind), kind) == 0;
}

/* "Deployment/web" of a Deployment. */
static const struct text *own_name(const struct timeline *timeline, const struct life *life)
{
    return text_format(timeline->texts, "%s/%s", text_s(life->kind), text_s(life->name));
}

static bool is_ready_text(const struct text *conditions)
{
    return strstr(text_s(conditions), ",Ready:\"True") != NULL ||
           strstr(text_s(conditions), "{Ready:\"True") != NULL;
}

static bool pod_is_ready_before(const struct life *pod, size_t row)
{
    return is_ready_text(field_before(life_field(pod, "conditions"), row));
}

/* A pod that has ended lives no more, although its object is still there for some milliseconds:
 * how many of those overlap with their successors differs from run to run. */
static bool pod_lives_before(const struct life *pod, size_t row)
{
    const char *phase = text_s(field_before(life_field(pod, "phase"), row));
    return strcmp(phase, "\"Succeeded\"") != 0 && strcmp(phase, "\"Failed\"") != 0;
}

/* Does a pod belong to an owner, directly or through a ReplicaSet? */
static bool is_pod_of(const struct timeline *timeline, const struct life *pod,
                      const struct text *owner)
{
    if (!is_kind(pod, "Pod") || pod->owner == NULL)
        return false;
    if (pod->owner == owner)
        return true;
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *set = &timeline->lives[i];
        if (set->owner != owner || !is_kind(set, "ReplicaSet"))
            continue;
        const struct text *name = own_name(timeline, set);
        bool is_it = pod->owner == name;
        text_drop(name);
        if (is_it)
            return true;
    }
    return false;
}

/* ---- at once after a user's write ---- */

static bool ends_window(const struct timeline *timeline, size_t row, size_t deployment,
                        const struct text *owner)
{
    const struct timeline_row *at = &timeline->rows[row];
    const struct life *life = &timeline->lives[at->life];
    if (at->life == deployment)
        return at->by_user;
    if (!is_pod_of(timeline, life, owner))
        return false;
    return at->type == ROW_DELETED ||
           pod_is_ready_before(life, row) != pod_is_ready_before(life, row + 1);
}

/* "web-1 0→3, web-2 3→2" from the row after a user's write until a pod changes readiness. */
static char *first_moves(const struct timeline *timeline, size_t written, size_t deployment)
{
    struct writer text = { 0 };
    const struct text *owner = own_name(timeline, &timeline->lives[deployment]);
    for (size_t row = written + 1;
         row < timeline->row_count && !ends_window(timeline, row, deployment, owner); row++) {
        const struct life *set = &timeline->lives[timeline->rows[row].life];
        if (set->owner != owner || !is_kind(set, "ReplicaSet"))
            continue;
        const struct field *replicas = life_field(set, "spec.replicas");
        long from = text_number(field_before(replicas, row), 0);
        long to = text_number(field_before(replicas, row + 1), 0);
        if (from != to)
            writer_format(&text, "%s %ld→%ld, ", text_s(set->name), from, to);
    }
    text_drop(owner);
    return writer_take(&text);
}

/* The n-th write of a user to a Deployment; SIZE_MAX when there are no more. */
static size_t nth_write(const struct timeline *timeline, size_t deployment, size_t n)
{
    for (size_t row = 0; row < timeline->row_count; row++)
        if (timeline->rows[row].life == deployment && timeline->rows[row].by_user && n-- == 0)
            return row;
    return SIZE_MAX;
}

static void compare_first_moves(struct comparison *comparison, size_t theirs, size_t mine)
{
    size_t recorded, ours;
    for (size_t n = 0; (recorded = nth_write(comparison->recorded, theirs, n)) != SIZE_MAX &&
                       (ours = nth_write(comparison->ours, mine, n)) != SIZE_MAX;
         n++) {
        char *a = first_moves(comparison->recorded, recorded, theirs);
        char *b = first_moves(comparison->ours, ours, mine);
        size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
        if (strncmp(a, b, shorter) != 0 || (shorter == 0 && strcmp(a, b) != 0))
            compare_differs(comparison, "Deployment/%s after write %zu: recorded: %s; ours: %s",
                            text_s(comparison->ours->lives[mine].name), n, a, b);
        free(a);
        free(b);
    }
}

/* ---- extremes of each generation ---- */

struct extremes {
    long surge, fewest_ready, most_pods, most_unready;
};

static struct extremes at_row(const struct timeline *timeline, const struct text *owner, size_t row)
{
    struct extremes now = { 0 };
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        if (!life_is_alive(life, row))
            continue;
        if (life->owner == owner && is_kind(life, "ReplicaSet"))
            now.surge += text_number(field_before(life_field(life, "spec.replicas"), row), 0);
        if (is_pod_of(timeline, life, owner)) {
            now.fewest_ready += life->deletion_row >= row && pod_is_ready_before(life, row);
            now.most_pods += pod_lives_before(life, row);
            now.most_unready += pod_lives_before(life, row) && !pod_is_ready_before(life, row);
        }
    }
    return now;
}

static struct extremes of_generation(const struct timeline *timeline, const struct life *life,
                                     size_t from, size_t to)
{
    const struct text *owner = own_name(timeline, life);
    struct extremes most = { .fewest_ready = INT32_MAX };
    for (size_t row = from + 1; row <= to && row <= timeline->row_count; row++) {
        struct extremes now = at_row(timeline, owner, row);
        most.surge = now.surge > most.surge ? now.surge : most.surge;
        most.most_pods = now.most_pods > most.most_pods ? now.most_pods : most.most_pods;
        most.most_unready =
            now.most_unready > most.most_unready ? now.most_unready : most.most_unready;
        if (now.fewest_ready < most.fewest_ready)
            most.fewest_ready = now.fewest_ready;
    }
    text_drop(owner);
    return most;
}

static void compare_generation(struct comparison *comparison, const struct life *recorded,
                               const struct life *ours, size_t step)
{
    const struct field *theirs = life_field(recorded, "generation");
    const struct field *mine = life_field(ours, "generation");
    size_t their_end =
        step + 1 < theirs->count ? theirs->steps[step + 1].row : comparison->recorded->row_count;
    size_t our_end =
        step + 1 < mine->count ? mine->steps[step + 1].row : comparison->ours->row_count;
    struct extremes a =
        of_generation(comparison->recorded, recorded, theirs->steps[step].row, their_end);
    struct extremes b = of_generation(comparison->ours, ours, mine->steps[step].row, our_end);
    bool is_more = is_kind(recorded, "Deployment")  ? a.surge != b.surge
                   : is_kind(recorded, "DaemonSet") ? a.most_unready != b.most_unready
                                                    : a.most_pods != b.most_pods;
    if (is_more || a.fewest_ready != b.fewest_ready)
        compare_differs(comparison,
                        "%s/%s generation %zu: recorded surge %ld, fewest ready %ld, most pods "
                        "%ld, most unready %ld; ours %ld, %ld, %ld, %ld",
                        text_s(recorded->kind), text_s(recorded->name), step + 1, a.surge,
                        a.fewest_ready, a.most_pods, a.most_unready, b.surge, b.fewest_ready,
                        b.most_pods, b.most_unready);
}

/* ---- an event for each step ---- */

static size_t count_events(const struct timeline *timeline, const char *message)
{
    size_t count = 0;
    for (size_t i = 0; i < timeline->event_count; i++)
        count += strcmp(text_s(timeline->events[i].message), message) == 0;
    return count;
}

static void compare_step_events(struct comparison *comparison, const struct life *set)
{
    const struct field *replicas = life_field(set, "spec.replicas");
    long from = 0;
    for (size_t i = 0; replicas != NULL && i < replicas->count && i < MOST_EVENTS; i++) {
        long to = text_number(replicas->steps[i].value, 0);
        char *message = mem_format("Scaled %s replica set %s from %ld to %ld",
                                   to > from ? "up" : "down", text_s(set->name), from, to);
        if (to != from && count_events(comparison->ours, message) == 0)
            compare_differs(comparison, "ours has no event: %s", message);
        free(message);
        from = to;
    }
}

/* ---- all of it ---- */

void compare_rollouts(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->recorded->life_count; i++) {
        const struct life *recorded = &comparison->recorded->lives[i];
        const struct life *ours = life_counterpart(comparison, i);
        bool is_deployment = is_kind(recorded, "Deployment");
        bool is_bare_set = is_kind(recorded, "ReplicaSet") && recorded->owner == NULL;
        if (ours == NULL || (!is_deployment && !is_bare_set && !is_kind(recorded, "DaemonSet")))
            continue;
        const struct field *theirs = life_field(recorded, "generation");
        const struct field *mine = life_field(ours, "generation");
        for (size_t step = 0; theirs && mine && step < theirs->count && step < mine->count; step++)
            compare_generation(comparison, recorded, ours, step);
        if (is_deployment)
            compare_first_moves(comparison, i, (size_t)(ours - comparison->ours->lives));
    }
    for (size_t i = 0; i < comparison->ours->life_count; i++)
        if (is_kind(&comparison->ours->lives[i], "ReplicaSet") &&
            strncmp(text_s(comparison->ours->lives[i].owner), "Deployment/", 11) == 0)
            compare_step_events(comparison, &comparison->ours->lives[i]);
}
