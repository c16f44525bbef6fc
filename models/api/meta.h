/* ObjectMeta: what every object of the cluster carries.
 *
 * Follows apimachinery pkg/apis/meta/v1/types.go of the release named in docs/fidelity.md. */
#ifndef MODELS_API_META_H
#define MODELS_API_META_H

#include "models/api/labels.h"
#include "sim/base/time.h"
#include "sim/store/object.h"

/* A random identity; `low` alone is unique within a run. All zero: not created yet. */
struct uid {
    uint64_t high, low;
};

/* The version 4 UUID with these random bits (six of them give way to version and variant). */
struct uid uid_from_bits(uint64_t high, uint64_t low);
static inline bool uid_equal(struct uid a, struct uid b)
{
    return a.low == b.low && a.high == b.high;
}

/* The 36 characters of a UUID, and back; all bits count. */
enum { UID_TEXT = 37 };
char *uid_print(struct uid uid, char text[UID_TEXT]);
bool uid_parse(const char *text, struct uid *uid);
/* Of any text: what is no UUID stands for itself. */
struct uid uid_from_text(const char *text);

/* One owner reference. */
struct owner {
    const struct text *api_version, *kind, *name;
    struct uid uid;
    bool controller, block_owner_deletion;
    bool says_controller, says_block; /* a false one was written out, and stays */
};

/* Owner references, shared: all pods of one ReplicaSet point at the same list. */
struct owners {
    uint32_t refs, count;
    struct owner items[];
};

/* Finalizers, in the order they were added; shared. */
struct finalizers {
    uint32_t refs, count;
    const struct text *items[];
};

struct meta {
    struct object object; /* kind, namespace, name, resourceVersion */
    struct uid uid;
    int64_t generation;
    sim_time created;               /* creationTimestamp; printed in whole seconds */
    sim_time deletion;              /* deletionTimestamp (request + grace); valid when deleting */
    int32_t deletion_grace_seconds; /* -1: a Namespace, which has none */
    bool deleting;
    const struct labels *labels, *annotations;
    const struct owners *owners;
    const struct finalizers *finalizers;
    const struct text *generate_name;
    struct value
        *managers; /* managedFields, shared; NULL: none, as of all that nobody wrote by hand */
    struct value *document; /* what the record does not hold: the rest of the object's tree,
                             * without apiVersion, kind, metadata; shared, never changed */
};

/* For struct object_kind: references of the members above. Call them from each kind's own. */
void meta_hold(struct meta *meta);
void meta_close(struct meta *meta);

/* Read metadata into a new record (name, namespace, labels, ... , uid, version and times if
 * given; `epoch_seconds` is the Unix time of the run's start). */
void meta_load(struct meta *meta, struct texts *texts, const struct value *metadata,
               int64_t epoch_seconds);
/* metadata as a tree, in the API's order of fields. What has no uid has no time of creation,
 * what was never stored no resourceVersion. */
struct value *meta_print(const struct meta *meta, int64_t epoch_seconds);

/* The owner with controller: true, or NULL. */
const struct owner *meta_controller(const struct meta *meta);
/* A list with one controller reference to `owner` of the given kind; one reference. */
const struct owners *owners_of_controller(struct texts *texts, const struct meta *owner,
                                          const char *api_version, const char *kind);
/* With a controller reference to `owner` at the end, or without those to a uid (NULL when none is
 * left); a new reference. */
const struct owners *owners_with_controller(struct texts *texts, const struct owners *from,
                                            const struct meta *owner, const char *api_version,
                                            const char *kind);
const struct owners *owners_without(const struct owners *from, struct uid uid);
const struct owners *owners_from_value(struct texts *texts, const struct value *list);
struct value *owners_to_value(const struct owners *owners); /* NULL for none */
const struct owners *owners_hold(const struct owners *owners);
void owners_drop(const struct owners *owners);
bool owners_equal(const struct owners *a, const struct owners *b);

bool finalizers_have(const struct finalizers *finalizers, const char *name);
/* With one added at the end, or removed; a new reference, NULL when empty. */
const struct finalizers *finalizers_with(struct texts *texts, const struct finalizers *from,
                                         const char *name);
const struct finalizers *finalizers_without(const struct finalizers *from, const char *name);
const struct finalizers *finalizers_from_value(struct texts *texts, const struct value *list);
struct value *finalizers_to_value(const struct finalizers *finalizers); /* NULL for none */
const struct finalizers *finalizers_hold(const struct finalizers *finalizers);
void finalizers_drop(const struct finalizers *finalizers);
/* Add a finalizer to an unshared object, or take it away; false when it had it, or had not. */
bool meta_add_finalizer(struct meta *meta, struct texts *texts, const char *name);
bool meta_drop_finalizer(struct meta *meta, const char *name);
bool finalizers_equal(const struct finalizers *a, const struct finalizers *b);

/* RFC 3339 in whole seconds, as metav1.Time prints. */
enum { TIME_TEXT = 48 };
char *time_print(sim_time at, int64_t epoch_seconds, char text[TIME_TEXT]);
/* The same with microseconds, as metav1.MicroTime. */
char *time_print_micro(sim_time at, int64_t epoch_seconds, char text[TIME_TEXT]);
/* False when the text is no RFC 3339 time. Fractions are kept. */
bool time_parse(const char *text, int64_t epoch_seconds, sim_time *at);

/* Shorthands for the members everybody asks for; any record begins with a struct meta. */
static inline const struct meta *meta_of(const struct object *object)
{
    return (const struct meta *)object;
}
static inline const char *name_of(const void *record)
{
    return text_s(((const struct object *)record)->name);
}
static inline const char *namespace_of(const void *record)
{
    return text_s(((const struct object *)record)->space);
}

/* A key for indexes of caches: objects of one namespace share it; 0: it has none. */
uint64_t object_namespace_key(const struct object *object);

#endif
