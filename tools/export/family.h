/* Families of metrics: what a series is called, and how its value follows from an object.
 *
 * A family is one row in the table of its kind of object, one file a table. Names, labels and
 * values are those of kube-state-metrics where it has them (its docs/metrics), of the components of
 * Kubernetes where they have (scheduler_*, workqueue_*), and our own (seatrial_*). Adding one is one
 * row; docs/exports.md lists them. */
#ifndef TOOLS_EXPORT_FAMILY_H
#define TOOLS_EXPORT_FAMILY_H

#include <stddef.h>

#include "models/api/condition.h"
#include "models/api/kinds.h"
#include "models/api/pod_spec.h"

enum { FAMILY_LABELS = 12 };

enum family_type { GAUGE, COUNTER, HISTOGRAM };

/* How an object of the kind says it: by a function, or by a member of its record. */
enum family_from {
    FROM_FUNCTION,
    FROM_INT32,
    FROM_INT64,
    FROM_BOOL,
    FROM_TIME,    /* a sim_time: told as Unix time in whole seconds, as metav1.Time has it */
    FROM_NOWHERE, /* no object says it: it is sampled */
};

struct collector;

struct family {
    const char *name; /* of its samples; a counter's ends in _total, a histogram's has none of its
                       * endings */
    const char *help; /* one sentence */
    enum family_type type;
    const char *unit; /* "seconds", "bytes", "ratio", at the end of the name; NULL: none */
    const char *labels[FAMILY_LABELS]; /* in order; those of the object itself first */
    enum family_from from;
    size_t at; /* of the member */
    void (*collect)(struct collector *to, const void *record);
    bool is_time;    /* Unix times: where the object is gone there is none, and not 0 */
    bool every_step; /* told at every step although it does not change: for averages over time */
};

/* The families of one kind of object; ends with a row without a name. */
struct family_table {
    enum kind kind;    /* KIND_COUNT: of no object */
    bool named_by_uid; /* the uid is one of its own labels, after its name */
    const struct family *families;
};

extern const struct family_table family_tables[]; /* ends with one without families */

/* Tell a series of the family: the values of the labels behind those of the object, in the family's
 * order; one that is NULL is left out. Borrowed for the call. */
void tell_labelled(struct collector *to, double number, const char *const *values);
#define TELL(to, number, ...) tell_labelled((to), (number), (const char *const[]){ __VA_ARGS__ })
/* Of a family without labels of its own. */
void tell(struct collector *to, double number);
/* A time as Unix time in whole seconds. */
void tell_time(struct collector *to, sim_time at);
double unix_seconds(const struct collector *to, sim_time at);

/* For rows of any object: when it was created, as the record's metadata has it; who owns it, one row each. */
void tell_created(struct collector *to, const void *record);
void tell_owners(struct collector *to, const void *record);

/* For rows: a member of the record is the value. */
#define MEMBER(from_, type, member) .from = (from_), .at = offsetof(type, member)

/* A resource as kube-state-metrics names it ("nvidia_com_gpu"), and its unit ("core"). */
enum { RESOURCE_NAME = 256 };
const char *resource_label(const char *name, char label[RESOURCE_NAME]);
const char *resource_unit(const char *name);
/* Tell the amounts of a list: each with its resource and unit, behind one more label if it is not NULL,
 * or two. */
void tell_resources(struct collector *to, const struct resources *resources, const char *first,
                    const char *second);
/* Tell a condition: 1 under its status and 0 under the others, as kube-state-metrics does. */
void tell_condition(struct collector *to, const char *type, enum condition_status status);

/* The tables: one a file. */
extern const struct family kube_pod_families[], kube_node_families[], kube_deployment_families[],
    kube_replicaset_families[], kube_statefulset_families[], kube_daemonset_families[],
    kube_job_families[], kube_cronjob_families[], kube_autoscaler_families[],
    kube_budget_families[], kube_service_families[], kube_slice_families[], kube_claim_families[],
    kube_volume_families[], kube_namespace_families[], control_plane_families[],
    seatrial_families[];

#endif
