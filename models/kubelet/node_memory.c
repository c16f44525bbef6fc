/* Usage, and what the kernel does about it. */
#include "models/kubelet/node_memory.h"

#include <math.h>
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

#define LOOKS_EVERY (10 * SIM_SECOND) /* evictionMonitoringPeriod */

enum { EXIT_KILLED = 128 + 9 };

static void memory_due(void *subject, sim_time now);

/* --- usage ----------------------------------------------------------------------------- */

double memory_user_bytes(const struct memory_user *user, sim_time now)
{
    return user->bytes + user->stress + user->per_second * sim_time_to_seconds(now - user->since);
}

double memory_used(const struct kubelet_node *node, sim_time now)
{
    double sum = 0;
    for (size_t i = 0; i < node->memory.count; i++)
        sum += memory_user_bytes(&node->memory.users[i], now);
    return sum;
}

double memory_used_by(const struct pod_worker *worker, sim_time now)
{
    const struct node_memory *memory = &worker->node->memory;
    double sum = 0;
    for (size_t i = 0; i < memory->count; i++)
        if (memory->users[i].worker == worker)
            sum += memory_user_bytes(&memory->users[i], now);
    return sum;
}

double memory_room(const struct kubelet_node *node)
{
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    const struct node *known = object != NULL ? node_of(object) : NULL;
    if (known == NULL || known->allocatable == NULL)
        return INFINITY;
    const double allocatable = (double)known->allocatable->resources.memory_bytes;
    const double capacity =
        known->capacity != NULL ? (double)known->capacity->resources.memory_bytes : allocatable;
    /* Pods may use what is not reserved; the threshold is reserved as well. */
    return fmin(allocatable + memory_threshold(node), capacity);
}

double memory_threshold(const struct kubelet_node *node)
{
    return node->kubelet->cluster->settings.eviction_hard_memory;
}

/* --- when something happens -------------------------------------------------------------- */

/* When a line reaches a height: `now` if it has, SIM_FOREVER if it never does. */
static sim_time reached_at(double height, double level, double per_second, sim_time now)
{
    if (height >= level)
        return now;
    const double seconds = (level - height) / per_second;
    if (!(per_second > 0) || seconds > 1e9)
        return SIM_FOREVER;
    const sim_time after = (sim_time)ceil(seconds * (double)SIM_SECOND);
    return now + (after > 0 ? after : 1);
}

static double limit_of(const struct memory_user *user)
{
    const int64_t limit = worker_container(user->worker, user->container)->limits.memory_bytes;
    return limit > 0 ? (double)limit : INFINITY;
}

static sim_time earlier(sim_time a, sim_time b)
{
    return a < b ? a : b;
}

/* The first look that is not before `from`, and after the last one. */
static sim_time look_from(const struct node_memory *memory, sim_time from)
{
    const sim_time since = from - memory->looked;
    const sim_time looks = since <= 0 ? 1 : (since + LOOKS_EVERY - 1) / LOOKS_EVERY;
    return memory->looked + (looks > 0 ? looks : 1) * LOOKS_EVERY;
}

static sim_time next_look(const struct kubelet_node *node, double sum, double growth, sim_time now)
{
    const struct node_memory *memory = &node->memory;
    const struct settings *settings = &node->kubelet->cluster->settings;
    if (memory->gives_up != 0)
        return memory->asks;
    const sim_time low = reached_at(sum, memory_room(node) - memory_threshold(node), growth, now);
    sim_time look = low != SIM_FOREVER ? look_from(memory, low) : SIM_FOREVER;
    if (memory->pressure)
        look = earlier(look, look_from(memory, memory->pressed +
                                                   settings->eviction_pressure_transition_period));
    return look;
}

/* Have an event at the next instant at which something happens. */
static void plan(struct kubelet_node *node, sim_time now)
{
    struct node_memory *memory = &node->memory;
    struct run *run = node->kubelet->cluster->run;
    double sum = 0, growth = 0;
    sim_time at = SIM_FOREVER;
    run_cancel(run, &memory->due);
    if (memory->count == 0 && !memory->pressure)
        return;
    for (size_t i = 0; i < memory->count; i++) {
        const struct memory_user *user = &memory->users[i];
        const double bytes = memory_user_bytes(user, now);
        sum += bytes;
        growth += user->per_second;
        at = earlier(at, reached_at(bytes, limit_of(user), user->per_second, now));
    }
    if (memory->count > 0)
        at = earlier(at, reached_at(sum, memory_room(node), growth, now));
    at = earlier(at, next_look(node, sum, growth, now));
    if (at != SIM_FOREVER)
        memory->due = run_at(run, at, PRIORITY_WORLD, memory_due, node);
}

/* --- the kernel -------------------------------------------------------------------------- */

/* A process dies by itself, as far as the cluster knows: a chain of causes begins. Unless somebody
 * puts memory under stress: the container's, or the node's. */
static void kill_process(const struct memory_user *user, const struct memory_user *by, sim_time now)
{
    const struct memory_user *stressed = by != NULL && by->stress > 0 ? by : NULL;
    struct pod_worker *worker = user->worker;
    const size_t container = user->container;
    if (stressed != NULL) {
        pod_worker_fail(worker, container, EXIT_KILLED, "OOMKilled", stressed->cause);
        return;
    }
    char *name = mem_format("%s/%s", namespace_of(worker->pod), name_of(worker->pod));
    const struct cause cause = run_root(worker_run(worker), now, "out-of-memory", name);
    free(name);
    pod_worker_fail(worker, container, EXIT_KILLED, "OOMKilled", cause);
}

/* At its limit the process goes, whatever there is beside it. */
static bool kill_over_limit(struct kubelet_node *node, sim_time now)
{
    for (size_t i = 0; i < node->memory.count; i++) {
        const struct memory_user *user = &node->memory.users[i];
        if (memory_user_bytes(user, now) >= limit_of(user) &&
            user->worker->runs[user->container].state == RUN_RUNNING) {
            kill_process(user, user, now);
            return true;
        }
    }
    return false;
}

/* The kernel's badness: thousandths of the memory, moved by what the kubelet wrote to
 * oom_score_adj. */
static double badness(const struct memory_user *user, double room, sim_time now)
{
    const struct pod_spec *spec = user->worker->pod->spec;
    const double asked =
        (double)worker_container(user->worker, user->container)->requests.memory_bytes;
    double adjustment = 1000;
    if (spec->priority >= CRITICAL_PRIORITY || spec->qos == QOS_GUARANTEED)
        adjustment = -997;
    else if (spec->qos == QOS_BURSTABLE)
        adjustment = fmin(fmax(2, floor(1000 - 1000 * asked / room)), 999);
    return 1000 * memory_user_bytes(user, now) / room + adjustment;
}

static const struct memory_user *most_stressed(const struct kubelet_node *node)
{
    const struct memory_user *most = NULL;
    for (size_t i = 0; i < node->memory.count; i++)
        if (most == NULL || node->memory.users[i].stress > most->stress)
            most = &node->memory.users[i];
    return most;
}

static void kill_worst(struct kubelet_node *node, double room, sim_time now)
{
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    const struct memory_user *worst = NULL;
    for (size_t i = 0; i < node->memory.count; i++) {
        const struct memory_user *user = &node->memory.users[i];
        if (user->worker->runs[user->container].state == RUN_RUNNING &&
            (worst == NULL || badness(user, room, now) > badness(worst, room, now)))
            worst = user;
    }
    if (worst == NULL)
        return;
    if (object != NULL && node->online)
        client_event(&node->client, object, true, "SystemOOM", "System OOM encountered");
    kill_process(worst, most_stressed(node), now);
}

static void memory_due(void *subject, sim_time now)
{
    struct kubelet_node *node = subject;
    struct node_memory *memory = &node->memory;
    const double room = memory_room(node);
    memory->due = 0;
    client_begin(&node->client, node->cause);
    while (kill_over_limit(node, now))
        ;
    if (memory->count > 0 && memory_used(node, now) >= room)
        kill_worst(node, room, now);
    if (next_look(node, memory_used(node, now), 0, now) <= now)
        eviction_look(node, now);
    plan(node, now);
}

/* --- processes come and go --------------------------------------------------------------- */

void memory_takes(struct pod_worker *worker, size_t container, const struct image *image,
                  sim_time now)
{
    struct node_memory *memory = &worker->node->memory;
    if (image == NULL || (image->memory == 0 && image->memory_per_hour == 0))
        return;
    MEM_GROW(memory->users, memory->count, memory->capacity);
    memory->users[memory->count++] =
        (struct memory_user){ .worker = worker,
                              .container = container,
                              .since = now,
                              .bytes = (double)image->memory,
                              .per_second = (double)image->memory_per_hour / 3600 };
    plan(worker->node, now);
}

static struct memory_user *user_of(struct node_memory *memory, const struct pod_worker *worker,
                                   size_t container)
{
    for (size_t i = 0; i < memory->count; i++)
        if (memory->users[i].worker == worker && memory->users[i].container == container)
            return &memory->users[i];
    return NULL;
}

void memory_stress(struct pod_worker *worker, size_t container, double bytes, struct cause cause)
{
    struct node_memory *memory = &worker->node->memory;
    struct memory_user *user = user_of(memory, worker, container);
    const sim_time now = run_now(worker_run(worker));
    if (worker->runs[container].state != RUN_RUNNING || (user == NULL && bytes < 0))
        return; /* it was killed with the process */
    if (user == NULL) {
        MEM_GROW(memory->users, memory->count, memory->capacity);
        user = &memory->users[memory->count++];
        *user = (struct memory_user){ .worker = worker, .container = container, .since = now };
    }
    user->stress = user->stress + bytes > 0 ? user->stress + bytes : 0;
    user->cause = cause;
    plan(worker->node, now);
}

void memory_gives(struct pod_worker *worker, size_t container)
{
    struct node_memory *memory = &worker->node->memory;
    for (size_t i = 0; i < memory->count; i++) {
        if (memory->users[i].worker != worker || memory->users[i].container != container)
            continue;
        for (memory->count--; i < memory->count; i++)
            memory->users[i] = memory->users[i + 1];
        plan(worker->node, run_now(worker_run(worker)));
        return;
    }
}

void memory_begin(struct kubelet_node *node, sim_time now)
{
    node->memory.looked = now;
    node->memory.pressure = false;
    node->memory.gives_up = 0;
}

void memory_close(struct kubelet_node *node)
{
    run_cancel(node->kubelet->cluster->run, &node->memory.due);
    free(node->memory.users);
}
