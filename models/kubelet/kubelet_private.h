/* What the files of the kubelet share: its nodes, and the pods at work on them. */
#ifndef MODELS_KUBELET_KUBELET_PRIVATE_H
#define MODELS_KUBELET_KUBELET_PRIVATE_H

#include "models/api/image.h"
#include "models/api/machine.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/cluster/cluster.h"
#include "models/kubelet/back_off.h"
#include "models/kubelet/heartbeat.h"
#include "models/kubelet/images.h"
#include "models/kubelet/node_memory.h"
#include "models/kubelet/pod_addresses.h"
#include "models/kubelet/probes.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* The kubelets of a cluster's nodes. */
struct kubelet {
    struct cluster *cluster;
    struct table nodes_by_name, workers_by_uid;
    struct kubelet_node *nodes; /* in order of appearance, latest first */
    struct pool small_workers;  /* of pods with one container */
    struct pod_addresses addresses;
};

/* Do stages play with the pods of a node, or (KIND_NODE) with what it says of itself? */
static inline bool left_to_stages(const struct kubelet *kubelet, enum kind kind,
                                  const struct text *node)
{
    const struct cluster *cluster = kubelet->cluster;
    return cluster->plays_stages != NULL &&
           cluster->plays_stages(cluster->stages_context, kind, node);
}

/* Pods of this priority and above are the node's own: neither refused nor evicted for what it lacks. */
enum { CRITICAL_PRIORITY = 2000000000 };

/* What the pods of a node take. */
enum resource { CPU, MEMORY, EPHEMERAL_STORAGE, RESOURCES };
struct room {
    int64_t pods, used[RESOURCES];
};

struct kubelet_node {
    struct table_node by_name;
    struct kubelet_node *next;
    struct kubelet *kubelet;
    const struct text *name; /* held */
    struct client client;
    struct heartbeat heartbeat;
    struct image_cache images;
    struct room room;
    struct node_memory memory;
    struct pod_worker *first, *last;  /* in order of admission */
    bool present, powered, connected; /* its Node exists; its Machine's, as last heard */
    bool running;                     /* the kubelet's process */
    bool online;                      /* and it reaches the API server */
    sim_time online_since;            /* the phase of its status updates */
    event_id report_due;              /* the next one, if there is something to say */
    sim_time booted;                  /* when it started; -1: with the run, so long ago */
    const struct ailments *ailments;  /* held: its Machine's, as last heard */
    struct container_fault *faults;   /* heard of and not yet suffered, in order */
    size_t fault_count, fault_capacity;
    uint64_t last_fault; /* sequence number of the last one heard of */
    uint32_t address;
    struct node_volume *volumes; /* owned; latest first */
    event_id volumes_due;        /* of the status update that names them */
    struct cause volumes_cause;  /* of that */
    event_id due;                /* of what follows from a change of the above */
    struct cause cause;          /* of that */
};

/* Where one container of a pod is. What it reports is in the worker's statuses. */
enum run_state {
    RUN_WAITING,  /* for its turn, or (until `due`) for its back-off */
    RUN_PULLING,  /* for its image, there at `due` */
    RUN_CREATING, /* runs at `due` */
    RUN_RUNNING,  /* exits at `due` with `exit_code` */
    RUN_STOPPING, /* was told to stop; exits at `due` with `exit_code` */
    RUN_DONE      /* will not run any more */
};

struct container_run {
    sim_time due;
    sim_time passes_at;       /* from then on its process answers probes */
    struct back_off back_off; /* of its restarts, or of its image before it ran */
    int32_t exit_code;
    uint8_t state;              /* enum run_state */
    bool renewed;               /* its definition has changed: it starts anew without a back-off */
    bool troubled;              /* its probes are counted: answers have failed, or may */
    struct probe_counts counts; /* of ticked or counted probes, */
    sim_time ticked;            /* and when they were asked last */
};

enum pod_stage {
    STAGE_REFUSED, /* will be rejected */
    STAGE_VOLUMES, /* being attached and mounted */
    STAGE_SANDBOX, /* being made */
    STAGE_LIVE,
    STAGE_ENDING, /* containers are being stopped, for good */
    STAGE_ENDED,  /* nothing runs any more */
    STAGE_OVER    /* and that was reported; waits to see it in its cache */
};

/* What there is to report. */
enum report { REPORT_NOTHING, REPORT_MINOR, REPORT_NOW };

/* A volume of a CSI driver that pods of a node want, or that is not unmounted yet. */
struct node_volume {
    struct node_volume *next;
    const struct text *name; /* held: its unique name */
    bool attached;           /* it has to be attached before it is mounted */
    bool reported;           /* the last status update said that it is in use */
    uint32_t pods;           /* that want it */
    sim_time free_at;        /* it is unmounted then, unless another pod wants it */
};

/* A pod's volume. */
struct pod_mount {
    struct node_volume *volume;
    const struct text *name; /* held: of the PersistentVolume */
    sim_time first_try;      /* of the looks whether it is attached */
    sim_time due;            /* when to look next; UNDERWAY: when it is mounted */
    bool of_one_pod;         /* ReadWriteOncePod and nothing else */
    bool told;               /* users know that another pod has it */
    uint8_t state;
};
enum { MOUNT_UNREPORTED, MOUNT_UNATTACHED, MOUNT_UNDERWAY, MOUNT_DONE };

struct pod_mounts {
    sim_time began; /* the pod's looks whether all is mounted */
    sim_time retry; /* when the claims are looked at (again); SIM_FOREVER: they can be used */
    size_t retries;
    sim_time gone; /* ENDED: when the pod sees that all is unmounted */
    size_t count;
    struct pod_mount items[];
};

/* A pod at work on a node. Freed when its containers are gone for good. */
struct pod_worker {
    struct table_node by_uid;
    struct kubelet_node *node;
    struct pod_worker *previous, *next;  /* on its node */
    const struct pod *pod;               /* held: the version seen last */
    struct container_statuses *statuses; /* held: shared with the version written last */
    event_id due;
    struct cause cause;         /* of what happened to it last */
    const struct text *evicted; /* held: why the node gives it up; NULL: it does not */
    sim_time accepted;          /* by the kubelet: the phase of its probes */
    sim_time deadline;  /* LIVE: activeDeadlineSeconds; SANDBOX: made; ENDING: end of the grace */
    sim_time reconcile; /* when a status that others changed is put right; SIM_FOREVER: it is */
    uint32_t address;
    struct pod_mounts *mounts; /* owned; NULL: it has no claims */
    uint8_t stage;             /* enum pod_stage */
    uint8_t report;            /* enum report */
    bool initialized : 1; /* every init container has completed, every sidecar has started, once */
    bool first_start : 1; /* no container was created yet: that is part of the sandbox's time */
    bool overdue : 1;     /* ended by activeDeadlineSeconds */
    bool unmounting : 1;  /* its end was reported; its deletion waits for its volumes */
    bool charged : 1;     /* it takes room on its node */
    struct container_run runs[]; /* init containers first, then containers */
};

static inline size_t worker_count(const struct pod_worker *worker)
{
    return worker->pod->spec->init_container_count + worker->pod->spec->container_count;
}
static inline bool worker_is_init(const struct pod_worker *worker, size_t i)
{
    return i < worker->pod->spec->init_container_count;
}
/* The container of the template that a run is of. */
static inline const struct container *worker_container(const struct pod_worker *worker, size_t i)
{
    const struct pod_spec *spec = worker->pod->spec;
    return worker_is_init(worker, i) ? &spec->init_containers[i]
                                     : &spec->containers[i - spec->init_container_count];
}
static inline struct run *worker_run(const struct pod_worker *worker)
{
    return worker->node->kubelet->cluster->run;
}
static inline const struct settings *worker_settings(const struct pod_worker *worker)
{
    return &worker->node->kubelet->cluster->settings;
}

/* What is the matter with a pod and its connection to one peer. */
static inline struct strain worker_strain(const struct pod_worker *worker, enum machine_peer peer)
{
    return ailments_strain(worker->node->ailments, worker->pod->meta.uid, peer, NULL);
}

/* A status of the pod's containers, ready to be changed. */
struct container_status *worker_status(struct pod_worker *worker, size_t i);
/* Note that there is something to report; the most urgent note counts. */
static inline void worker_report(struct pod_worker *worker, enum report report)
{
    worker->report = report > worker->report ? report : worker->report;
}

/* Tell users about a pod, as an Event. */
#define WORKER_EVENT(worker, warning, reason, ...)                                                 \
    client_event(&(worker)->node->client, &(worker)->pod->meta.object, warning, reason, __VA_ARGS__)

/* Tell what the process of a container does from `at` on, to whoever listens. */
void worker_tell(const struct pod_worker *worker, size_t i, enum process_change change,
                 sim_time at);

/* --- luck.c ---------------------------------------------------------------------------- */

/* Draws of a pod's own luck, for a purpose, for the present run of a container. */
double pod_luck_uniform(const struct pod_worker *worker, const char *purpose, size_t container);
/* The same whatever run it is, until the kubelet takes the pod anew. */
double pod_luck_once(const struct pod_worker *worker, const char *purpose, size_t container);
sim_time pod_luck_time(const struct pod_worker *worker, const char *purpose, size_t container,
                       const struct distribution *distribution);

/* The stream they come from; `number` tells draws for one purpose and container apart. */
struct stream pod_stream(const struct pod_worker *worker, const char *purpose, size_t container,
                         uint64_t number);

/* --- pod_mounts.c ---------------------------------------------------------------------- */

/* The pod has claims, whose volumes will be mounted from `now` on; false when it has none. */
bool pod_mounts_begin(struct pod_worker *worker, sim_time now);
/* Go on with that. When to be called next; not later than `now`: the pod has seen that all is there. */
sim_time pod_mounts_advance(struct pod_worker *worker, sim_time now);
/* Unmount them; mounts->gone says when the pod sees that. */
void pod_mounts_end(struct pod_worker *worker, sim_time now);
/* Forget them, with node->volumes or after pod_mounts_end(). */
void pod_mounts_free(struct pod_worker *worker);

/* --- node_mounts.c --------------------------------------------------------------------- */

/* A pod wants a volume on the node, or wants it no more and has it unmounted at `free_at`. */
struct persistent_volume;
struct node_volume *node_volume_take(struct kubelet_node *node, const struct persistent_volume *of,
                                     bool attached, sim_time now);
void node_volume_give(struct kubelet_node *node, struct node_volume *volume, sim_time free_at,
                      sim_time now);
/* The kubelet has come online: say what is in use, if that was another thing before. */
void node_mounts_online(struct kubelet_node *node, sim_time now);
/* The Node has changed: pods may wait for what is attached now. */
void node_mounts_attached(struct kubelet_node *node, const struct watch_event *event);
/* The power went, or the node goes. */
void node_mounts_forget(struct kubelet_node *node);

/* --- containers.c ---------------------------------------------------------------------- */

/* Let everything happen to the containers that is due now. */
void containers_advance(struct pod_worker *worker, sim_time now);
/* When something happens to them next. */
sim_time containers_due(const struct pod_worker *worker, sim_time now);
/* The process of a running container ends now; `reason` NULL: by its exit code. */
void container_exit(struct pod_worker *worker, size_t i, int exit_code, const char *reason,
                    sim_time now);
/* Containers whose image is another one than before begin anew. */
void containers_renew(struct pod_worker *worker, const struct pod_spec *before, sim_time now);
/* Does a container that ended like this run again, by its restart policy? */
bool container_restarts(const struct pod_worker *worker, size_t i, int exit_code);
/* Did an init container fail for good? Have all containers ended for good? */
bool init_has_failed(const struct pod_worker *worker);
bool containers_are_done(const struct pod_worker *worker);

/* --- container_start.c ----------------------------------------------------------------- */

/* Begin to start a container: its image first. */
void container_begin(struct pod_worker *worker, size_t i, sim_time now);
/* Its image has arrived. */
void container_image_pulled(struct pod_worker *worker, size_t i, sim_time now);
/* Its image is there: create it. */
void container_create(struct pod_worker *worker, size_t i, sim_time now);
/* It is created: its process runs. */
void container_launch(struct pod_worker *worker, size_t i, sim_time now);

/* --- container_probes.c ---------------------------------------------------------------- */

/* When the probes of a running container have something to say, and what. */
sim_time container_probes_due(const struct pod_worker *worker, size_t i, sim_time now);
bool container_probes_act(struct pod_worker *worker, size_t i, sim_time now);
/* Its process has started: count its probes from now on, if they may fail. */
void container_probes_begin(struct pod_worker *worker, size_t i, sim_time now);
/* What answers go by is about to change for all containers of a pod: count what was before. True if it
 * has probes, and is to be looked at afterwards. */
bool container_probes_settle(struct pod_worker *worker, sim_time now);

/* --- probe_strain.c -------------------------------------------------------------------- */

/* The probability that an attempt of a probe fails under what is the matter with the pod. */
double probe_failure(const struct pod_worker *worker, const struct probe *probe);

/* --- termination.c --------------------------------------------------------------------- */

/* Stop one running container within a grace period; it exits by itself or is killed. */
void container_stop(struct pod_worker *worker, size_t i, sim_time grace, sim_time now);
/* Stop the whole pod for good. */
void termination_begin(struct pod_worker *worker, sim_time grace, sim_time now);
/* The grace period was cut. */
void termination_hurry(struct pod_worker *worker, sim_time grace, sim_time now);
/* Stop the sidecars whose turn has come; end the pod when nothing runs any more. */
void termination_advance(struct pod_worker *worker, sim_time now);

/* --- pod_status.c ---------------------------------------------------------------------- */

/* The phase as the containers' states have it. */
enum pod_phase pod_phase_of(const struct pod_worker *worker);
/* The pod is over: nothing of it waits any more. Follows TerminatePod in status_manager.go. */
void pod_status_close(struct pod_worker *worker);
/* Write the pod's status as it is now. */
void pod_status_write(struct pod_worker *worker, sim_time now);
/* Refuse a pod: status Failed with this reason. Takes the message. */
void pod_reject(struct kubelet_node *node, const struct pod *pod, const char *reason,
                char *message);

/* --- pod_admission.c ------------------------------------------------------------------- */

/* May the node run this pod beside those it has? Otherwise why not; the caller frees. */
bool pod_fits(const struct kubelet_node *node, const struct pod *pod, const char **reason,
              char **message);

/* The pod takes its room, or gives it back. */
void pod_worker_charge(struct pod_worker *worker, bool taken);

/* --- pod_worker.c ---------------------------------------------------------------------- */

struct pod_worker *pod_worker_find(const struct kubelet *kubelet, struct uid pod);
/* Take a pod bound to the node: start it, refuse it, or finish what was left of it. */
void pod_worker_accept(struct kubelet_node *node, const struct pod *pod, sim_time now);
/* The pod has a new version. May free the worker. */
void pod_worker_update(struct pod_worker *worker, const struct pod *pod);
/* One of its containers is made to fail; `reason` NULL: by its exit code. */
void pod_worker_fail(struct pod_worker *worker, size_t i, int exit_code, const char *reason,
                     struct cause cause);
/* Look at the worker again, in an event of its own, now. */
void pod_worker_wake(struct pod_worker *worker);
/* The same at a later time, when its node has written something. */
void pod_worker_wake_at(struct pod_worker *worker, sim_time at);
/* Containers and all that the kubelet knew are gone. */
void pod_worker_free(struct pod_worker *worker);

/* --- kubelet_node.c -------------------------------------------------------------------- */

struct kubelet_node *kubelet_node_find(const struct kubelet *kubelet, const struct text *name);
/* The node is there, or has changed, or is gone. */
void kubelet_node_seen(struct kubelet *kubelet, const struct object *node, bool present);
/* Its Machine has changed, or is gone: as if powered and connected. */
void kubelet_node_machine(struct kubelet *kubelet, const struct machine *machine, bool present);
/* The API server has gone away, or is back. */
void kubelet_api_server_turned(struct kubelet *kubelet, struct cause cause);
void kubelet_node_free(struct kubelet_node *node);

/* --- node_status.c --------------------------------------------------------------------- */

/* Report a kubelet that has just come online: conditions, labels. */
void node_status_register(struct kubelet_node *node, sim_time now);
/* Know the images that its Node says it has. */
void node_status_take_images(struct kubelet_node *node);
/* Its images have changed: say so at its next regular update. */
void node_status_changed(struct kubelet_node *node, sim_time now);

#endif
