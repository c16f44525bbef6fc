/* From documents to records and back: what the files of the kinds share.
 *
 * A record holds what is simulated; meta.document holds the rest of the tree, so that nothing
 * a user wrote is lost. Loading cuts what the record has taken over out of that rest; printing
 * puts the record's fields over it, and the schema table gives the order. */
#ifndef MODELS_API_KINDS_PRIVATE_H
#define MODELS_API_KINDS_PRIVATE_H

#include "models/api/kinds.h"

/* A new record with its metadata and, as meta.document, the whole rest of the tree. */
struct object *record_new(const struct codec *codec, enum kind kind, const struct value *tree);

/* Take what stands at a path of keys away from *root, and the maps that this leaves empty. */
void document_cut(struct value **root, ...) __attribute__((sentinel));
/* Take the keys (ends with NULL) away from the map at one key of *root. */
void document_cut_keys(struct value **root, const char *key, const char *const *keys);

/* The tree of an object with apiVersion, kind, metadata and the rest its record does not hold... */
struct value *record_print_begin(const struct codec *codec, const struct object *object);
/* ... and the same with everything laid over, in the API's order of fields. Takes the tree. */
struct value *record_print_end(struct value *tree);

struct value *text_value(const struct text *text); /* a string, "" for NULL */
struct value *time_value(const struct codec *codec, sim_time at);

/* Put a string or time at a path, unless there is none. */
#define PUT_TEXT(root, text, ...)                                                                  \
    do {                                                                                           \
        if ((text) != NULL)                                                                        \
            value_put((root), text_value(text), __VA_ARGS__, NULL);                                \
    } while (0)
#define PUT_INT(root, number, ...) value_put((root), value_new_int(number), __VA_ARGS__, NULL)

/* Texts of a document, interned: NULL when absent or empty. */
const struct text *intern_value(const struct codec *codec, const struct value *value);
/* A time of a document; false when it is absent or none. */
bool time_of_value(const struct codec *codec, const struct value *value, sim_time *at);

/* Whether the spec of two documents differs, and the exchange of their status. */
bool document_spec_changed(const struct object *before, const struct object *after);
void document_take_status(struct object *into, const struct object *from);

#define DECLARE_KIND(kind)                                                                         \
    struct object *kind##_load(const struct codec *codec, const struct value *tree);               \
    struct value *kind##_print(const struct codec *codec, const struct object *object)

DECLARE_KIND(document);
DECLARE_KIND(other);
DECLARE_KIND(namespace);
DECLARE_KIND(node);
DECLARE_KIND(pod);
DECLARE_KIND(replicaset);
DECLARE_KIND(deployment);
DECLARE_KIND(daemonset);
DECLARE_KIND(statefulset);
DECLARE_KIND(job);
DECLARE_KIND(cronjob);
DECLARE_KIND(autoscaler);
DECLARE_KIND(service);
DECLARE_KIND(endpoint_slice);
DECLARE_KIND(pod_disruption_budget);
DECLARE_KIND(priority_class);
DECLARE_KIND(event);
DECLARE_KIND(lease);
DECLARE_KIND(machine);
DECLARE_KIND(image);
DECLARE_KIND(persistent_volume_claim);
DECLARE_KIND(persistent_volume);
DECLARE_KIND(storage_class);
DECLARE_KIND(csi_driver);
DECLARE_KIND(csi_node);
DECLARE_KIND(csi_storage_capacity);
DECLARE_KIND(volume_attachment);

bool pod_spec_changed(const struct object *before, const struct object *after);
bool replicaset_spec_changed(const struct object *before, const struct object *after);
bool deployment_spec_changed(const struct object *before, const struct object *after);
bool priority_class_changed(const struct object *before, const struct object *after);
bool daemonset_spec_changed(const struct object *before, const struct object *after);
bool statefulset_spec_changed(const struct object *before, const struct object *after);
bool cronjob_spec_changed(const struct object *before, const struct object *after);
bool job_spec_changed(const struct object *before, const struct object *after);
bool endpoint_slice_changed(const struct object *before, const struct object *after);
bool pod_disruption_budget_spec_changed(const struct object *before, const struct object *after);

void namespace_take_status(struct object *into, const struct object *from);
void node_take_status(struct object *into, const struct object *from);
void pod_take_status(struct object *into, const struct object *from);
void replicaset_take_status(struct object *into, const struct object *from);
void deployment_take_status(struct object *into, const struct object *from);
void daemonset_take_status(struct object *into, const struct object *from);
void statefulset_take_status(struct object *into, const struct object *from);
void autoscaler_take_status(struct object *into, const struct object *from);
void cronjob_take_status(struct object *into, const struct object *from);
void job_take_status(struct object *into, const struct object *from);
void persistent_volume_take_status(struct object *into, const struct object *from);
void persistent_volume_claim_take_status(struct object *into, const struct object *from);
void volume_attachment_take_status(struct object *into, const struct object *from);
void pod_disruption_budget_take_status(struct object *into, const struct object *from);

#endif
