/* From a user's document to a record: admission, asked of this cluster. */
#include <inttypes.h>
#include <stdlib.h>

#include "models/api/policy.h"
#include "models/api/schema_print.h"
#include "models/cluster/admission.h"
#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

enum {
    FIRST_ADDRESS = 10 << 24 | 96 << 16 | 1 << 8, /* 10.96.1.0: below are those of the system */
    FIRST_NODE_PORT = 30000,
};

/* ── what admission asks ── */

static struct priority_class describe(const struct priority_class_object *class)
{
    return (struct priority_class){ name_of(class), class->value, class->preempts };
}

/* The global default; of several the lowest, and of equal ones the oldest. */
static const struct priority_class_object *default_class(const struct cluster *cluster)
{
    const struct priority_class_object *found = NULL;
    for (struct cache_cursor c = client_list(&cluster->admin, KIND_PRIORITYCLASS);
         cache_next(&c);) {
        const struct priority_class_object *class = (const struct priority_class_object *)c.object;
        if (class->global_default && (found == NULL || class->value < found->value))
            found = class;
    }
    return found;
}

static bool find_priority_class(void *context, const char *name, struct priority_class *found)
{
    struct cluster *cluster = context;
    const struct priority_class_object *class = NULL;
    if (name == NULL) {
        class = default_class(cluster);
    } else {
        const struct text *text = cluster_text(cluster, name);
        const struct object_key key = { KIND_PRIORITYCLASS, NULL, text };
        class = (const struct priority_class_object *)store_get(cluster->store, key);
        text_drop(text);
    }
    if (class != NULL)
        *found = describe(class);
    return class != NULL;
}

/* Service addresses are given one after the other, so that a run is repeatable; the API server
 * draws them. */
static char *allocate_ip(void *context)
{
    struct cluster *cluster = context;
    const uint32_t ip = FIRST_ADDRESS + cluster->service_addresses++;
    return mem_format("%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static int allocate_node_port(void *context, const char *protocol)
{
    (void)protocol;
    return FIRST_NODE_PORT + (int)((struct cluster *)context)->node_ports++;
}

static struct admission admission_of(struct cluster *cluster, const char *default_namespace)
{
    return (struct admission){
        .default_namespace = default_namespace,
        .find_priority_class = find_priority_class,
        .allocate_ip = allocate_ip,
        .allocate_node_port = allocate_node_port,
        .max_unavailable_stateful_set = cluster->settings.max_unavailable_stateful_set,
        .zones = cluster->settings.zones,
        .context = cluster,
    };
}

/* ── admission ── */

struct value *cluster_admit_template(void *context, struct value *spec)
{
    const struct admission admission = admission_of(context, "default");
    struct refusal refusal = { 0 };
    char *name = mem_format("%016" PRIx64, value_hash(spec));
    struct value *admitted = admission_pod_spec(&admission, spec, "", name, &refusal);
    refusal_close(&refusal);
    free(name);
    return admitted;
}

/* As the API server stores it: fields in order and none missing, so that equal objects are equal
 * documents however they were written. Consumes the reference. */
static struct value *canonical(struct value *admitted)
{
    const struct schema_kind *kind =
        schema_kind(value_text(value_get(admitted, "apiVersion"), NULL),
                    value_text(value_get(admitted, "kind"), NULL));
    if (kind == NULL)
        return admitted;
    struct value *printed = schema_print(admitted, kind->type);
    value_drop(admitted);
    return printed;
}

static struct object *load(struct cluster *cluster, struct value *admitted)
{
    struct value *document = canonical(admitted);
    const enum kind kind = kind_find(value_text(value_get(document, "apiVersion"), ""),
                                     value_text(value_get(document, "kind"), ""));
    struct object *object = kind_infos[kind].load(&cluster->codec, document);
    value_drop(document);
    return object;
}

struct object *cluster_admit(struct cluster *cluster, const struct value *document,
                             const char *default_namespace, struct error_list *errors,
                             struct error_list *warnings)
{
    const struct admission admission = admission_of(cluster, default_namespace);
    struct refusal refusal = { 0 };
    struct value *admitted = admit_create(&admission, document, &refusal, errors, warnings);
    refusal_close(&refusal);
    return admitted != NULL ? load(cluster, admitted) : NULL;
}

/* A copy of the stored object instead of a record that says the same in other memory. */
static struct object *unless_same(struct cluster *cluster, struct object *object,
                                  const struct value *old, const struct object *stored)
{
    struct value *new = cluster_print(cluster, object);
    const bool same = value_equal(old, new);
    value_drop(new);
    if (!same)
        return object;
    object_drop(object);
    return object_copy(stored);
}

struct object *cluster_admit_update(struct cluster *cluster, const struct value *document,
                                    const struct object *stored, struct error_list *errors,
                                    struct error_list *warnings)
{
    const struct admission admission = admission_of(cluster, text_s(stored->space));
    struct refusal refusal = { 0 };
    struct value *old = cluster_print(cluster, stored);
    struct value *admitted = admit_update(&admission, document, old, &refusal, errors, warnings);
    struct object *object = admitted != NULL ? load(cluster, admitted) : NULL;
    refusal_close(&refusal);
    if (object != NULL) {
        object->version = stored->version;
        object = unless_same(cluster, object, old, stored);
    }
    value_drop(old);
    return object;
}
