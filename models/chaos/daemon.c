/* Machines written on behalf of experiments. */
#include "models/chaos/daemon.h"

#include <stdlib.h>
#include <string.h>

#include "models/failures/machines.h"
#include "sim/base/memory.h"

/* Something that was done and lasts. */
struct effect {
    struct effect *next;
    struct daemon *daemon;
    struct uid experiment;
    char *id;                  /* owned: of the record */
    struct object_key machine; /* held */
    struct cause cause;
    enum { EFFECT_AILMENT, EFFECT_POWER, EFFECT_NETWORK } type;
    uint64_t ailment;
    event_id over; /* it ends by itself */
};

/* CPU that was used beside a pod's processes. */
struct burn {
    uint64_t ailment;
    struct uid pod;
    double cores;
    sim_time from, to;
};

/* The root of an experiment. */
struct rooted {
    struct rooted *next;
    struct uid experiment;
    struct cause cause;
};

struct daemon {
    struct cluster *cluster;
    struct client client;
    struct effect *effects; /* latest first */
    struct rooted *roots;
    struct burn *burns; /* owned; in the order of their beginnings */
    size_t burn_count, burn_capacity;
};

struct daemon *chaos_daemon_of(const struct cluster *cluster)
{
    return cluster_component(cluster, chaos_daemon.name);
}

/* ---- causes ---- */

static const char *const root_kinds[] = {
    [0] = "pod-chaos", /* KIND_PODCHAOS */
    [KIND_NETWORKCHAOS - KIND_PODCHAOS] = "network-chaos",
    [KIND_STRESSCHAOS - KIND_PODCHAOS] = "stress-chaos",
    [KIND_IOCHAOS - KIND_PODCHAOS] = "io-chaos",
    [KIND_TIMECHAOS - KIND_PODCHAOS] = "time-chaos",
    [KIND_DNSCHAOS - KIND_PODCHAOS] = "dns-chaos",
    [KIND_HTTPCHAOS - KIND_PODCHAOS] = "http-chaos",
    [KIND_KERNELCHAOS - KIND_PODCHAOS] = "kernel-chaos",
    [KIND_JVMCHAOS - KIND_PODCHAOS] = "jvm-chaos",
    [KIND_BLOCKCHAOS - KIND_PODCHAOS] = "block-chaos",
    [KIND_AWSCHAOS - KIND_PODCHAOS] = "aws-chaos",
    [KIND_GCPCHAOS - KIND_PODCHAOS] = "gcp-chaos",
    [KIND_AZURECHAOS - KIND_PODCHAOS] = "azure-chaos",
    [KIND_PHYSICALMACHINECHAOS - KIND_PODCHAOS] = "physical-machine-chaos",
};

/* Under whose name it is told of: that of the Schedule or Workflow that made it, or its own. */
static const char *told_name(const struct object *experiment)
{
    const struct labels *labels = meta_of(experiment)->labels;
    const char *maker = labels_get(labels, "managed-by");
    if (maker == NULL)
        maker = labels_get(labels, "chaos-mesh.org/workflow");
    return maker != NULL ? maker : name_of(experiment);
}

struct cause daemon_cause(struct daemon *daemon, const struct object *experiment, sim_time now)
{
    const struct uid uid = meta_of(experiment)->uid;
    struct rooted *rooted = daemon->roots;
    while (rooted != NULL && !uid_equal(rooted->experiment, uid))
        rooted = rooted->next;
    if (rooted != NULL)
        return rooted->cause;
    struct run *run = daemon->cluster->run;
    char *name = mem_format("%s/%s", namespace_of(experiment), told_name(experiment));
    rooted = mem_new(sizeof *rooted);
    rooted->experiment = uid;
    rooted->cause = run_root(run, now, root_kinds[experiment->kind - KIND_PODCHAOS], name);
    rooted->next = daemon->roots;
    daemon->roots = rooted;
    free(name);
    return rooted->cause;
}

void daemon_forget(struct daemon *daemon, struct uid experiment)
{
    for (struct rooted **link = &daemon->roots; *link != NULL; link = &(*link)->next)
        if (uid_equal((*link)->experiment, experiment)) {
            struct rooted *gone = *link;
            *link = gone->next;
            free(gone);
            return;
        }
}

/* ---- CPU ---- */

static void burn_begins(struct daemon *daemon, const struct ailment *ailment, uint64_t id,
                        sim_time now)
{
    if (ailment->cores <= 0)
        return;
    MEM_GROW(daemon->burns, daemon->burn_count, daemon->burn_capacity);
    daemon->burns[daemon->burn_count++] =
        (struct burn){ id, ailment->pod, ailment->cores, now, SIM_FOREVER };
}

static void burn_ends(struct daemon *daemon, uint64_t ailment, sim_time now)
{
    for (size_t i = 0; i < daemon->burn_count; i++)
        if (daemon->burns[i].ailment == ailment)
            daemon->burns[i].to = now;
}

static double cpu_seconds(void *context, const struct pod *pod, sim_time from, sim_time to)
{
    const struct daemon *daemon = context;
    double sum = 0;
    for (size_t i = 0; i < daemon->burn_count; i++) {
        const struct burn *burn = &daemon->burns[i];
        const sim_time first = burn->from > from ? burn->from : from;
        const sim_time last = burn->to < to ? burn->to : to;
        if (first < last && uid_equal(burn->pod, pod->meta.uid))
            sum += burn->cores * sim_time_to_seconds(last - first);
    }
    return sum;
}

/* Nothing is promised once CPU has been burnt. */
static sim_time steady_until(void *context, const struct text *space)
{
    const struct daemon *daemon = context;
    (void)space;
    return daemon->burn_count > 0 ? run_now(daemon->cluster->run) : SIM_FOREVER;
}

/* ---- deeds ---- */

static struct blow blow_of(struct daemon *daemon, struct cause cause, sim_time now)
{
    client_begin(&daemon->client, cause);
    if (now > daemon->client.now)
        daemon->client.now = now;
    return (struct blow){ .failures = cluster_component(daemon->cluster, "failures"),
                          .client = &daemon->client };
}

static struct blow begin(struct daemon *daemon, struct deed deed)
{
    return blow_of(daemon, daemon_cause(daemon, deed.experiment, deed.now), deed.now);
}

static struct effect *note(struct daemon *daemon, struct deed deed, struct object_key machine)
{
    struct effect *effect = mem_new(sizeof *effect);
    effect->daemon = daemon;
    effect->experiment = meta_of(deed.experiment)->uid;
    effect->id = mem_text(deed.id, strlen(deed.id));
    effect->machine = object_key_hold(machine);
    effect->cause = daemon_cause(daemon, deed.experiment, deed.now);
    effect->next = daemon->effects;
    daemon->effects = effect;
    return effect;
}

static void effect_free(struct effect *effect)
{
    run_cancel(effect->daemon->cluster->run, &effect->over);
    object_key_drop(effect->machine);
    free(effect->id);
    free(effect);
}

static void undo(struct effect *effect, sim_time now)
{
    struct blow blow = blow_of(effect->daemon, effect->cause, now);
    if (effect->type == EFFECT_AILMENT)
        burn_ends(effect->daemon, effect->ailment, blow.client->now);
    if (effect->type == EFFECT_AILMENT)
        machine_heal(&blow, effect->machine, effect->ailment);
    else
        machine_give(&blow, effect->machine, effect->type == EFFECT_NETWORK);
}

void daemon_ail(struct daemon *daemon, struct deed deed, struct object_key machine,
                struct ailment ailment)
{
    struct blow blow = begin(daemon, deed);
    struct effect *effect = note(daemon, deed, machine);
    effect->type = EFFECT_AILMENT;
    effect->ailment = machine_ail(&blow, machine, ailment);
    burn_begins(daemon, &ailment, effect->ailment, blow.client->now);
}

void daemon_take(struct daemon *daemon, struct deed deed, const struct text *node, bool network)
{
    struct blow blow = begin(daemon, deed);
    struct effect *effect = note(daemon, deed, machine_of_node(node));
    effect->type = network ? EFFECT_NETWORK : EFFECT_POWER;
    machine_take(&blow, effect->machine, network);
}

static void effect_is_over(void *subject, sim_time now)
{
    struct effect *effect = subject;
    struct effect **link = &effect->daemon->effects;
    effect->over = 0;
    while (*link != effect)
        link = &(*link)->next;
    *link = effect->next;
    undo(effect, now);
    effect_free(effect);
}

void daemon_restart(struct daemon *daemon, struct deed deed, const struct text *node,
                    sim_time after)
{
    struct run *run = daemon->cluster->run;
    daemon_take(daemon, deed, node, false);
    daemon->effects->over = run_at(run, sim_time_after(deed.now, after), PRIORITY_WORLD,
                                   effect_is_over, daemon->effects);
}

void daemon_kill(struct daemon *daemon, struct deed deed, const struct text *node, struct uid pod,
                 int container)
{
    struct blow blow = begin(daemon, deed);
    machine_kill_container(&blow, node, pod, container);
}

void daemon_describe(struct daemon *daemon, struct deed deed, struct object *image)
{
    struct blow blow = begin(daemon, deed);
    client_create(blow.client, image, NULL, NULL);
}

static void undo_those(struct daemon *daemon, const struct deed *deed)
{
    for (struct effect **link = &daemon->effects; *link != NULL;) {
        struct effect *effect = *link;
        if (deed != NULL && (!uid_equal(effect->experiment, meta_of(deed->experiment)->uid) ||
                             strcmp(effect->id, deed->id) != 0)) {
            link = &effect->next;
            continue;
        }
        *link = effect->next;
        undo(effect, deed != NULL ? deed->now : 0);
        effect_free(effect);
    }
}

void daemon_recover(struct daemon *daemon, struct deed deed)
{
    undo_those(daemon, &deed);
}

void daemon_end(struct daemon *daemon)
{
    undo_those(daemon, NULL);
}

/* ---- the component ---- */

static void *daemon_start(struct cluster *cluster)
{
    struct daemon *daemon = mem_new(sizeof *daemon);
    daemon->cluster = cluster;
    client_init(&daemon->client, cluster, "chaos-daemon", 0, 0, daemon);
    daemon->client.free_of_charge = daemon->client.is_world = true;
    cluster_add_usage(cluster, (struct usage_source){ .context = daemon,
                                                      .cpu_seconds = cpu_seconds,
                                                      .steady_until = steady_until });
    return daemon;
}

static void daemon_stop(void *state)
{
    struct daemon *daemon = state;
    while (daemon->effects != NULL) {
        struct effect *effect = daemon->effects;
        daemon->effects = effect->next;
        effect_free(effect);
    }
    while (daemon->roots != NULL) {
        struct rooted *rooted = daemon->roots;
        daemon->roots = rooted->next;
        free(rooted);
    }
    client_close(&daemon->client);
    free(daemon->burns);
    free(daemon);
}

const struct component chaos_daemon = { "chaos-daemon", daemon_start, daemon_stop };
