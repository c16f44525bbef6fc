/* From a user's document to a record: admission, asked of this cluster. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/policy.h"
#include "models/api/schema_print.h"
#include "models/cluster/admit.h"
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

static const struct object *find_stored(const struct cluster *cluster, enum kind kind,
                                        const char *space, const char *name)
{
    const struct object_key key = { (uint16_t)kind,
                                    space != NULL ? text_find(cluster->run->texts, space) : NULL,
                                    text_find(cluster->run->texts, name) };
    return key.name != NULL ? store_get(cluster->store, key) : NULL;
}

/* In a cluster where nobody works, which is looked at and not run, what is not shown may be there. */
static bool is_looked_at(const struct cluster *cluster)
{
    return cluster->component_count == 0;
}

/* Every namespace gets its account "default" within moments, for which the API server waits (up to
 * ten times 0.1 to 0.2 s); a template is admitted outside of namespaces. */
static bool find_service_account(void *context, const char *space, const char *name,
                                 const struct object **found)
{
    *found = *space != '\0' ? find_stored(context, KIND_SERVICEACCOUNT, space, name) : NULL;
    return *found != NULL || *space == '\0' || strcmp(name, "default") == 0 ||
           is_looked_at(context);
}

static bool find_runtime_class(void *context, const char *name, const struct object **found)
{
    char *full = mem_format("node.k8s.io/RuntimeClass/%s", name);
    *found = find_stored(context, KIND_OTHER, NULL, full);
    free(full);
    return *found != NULL || is_looked_at(context);
}

/* Somebody who looks at LimitRanges of one namespace. */
struct looker {
    const struct text *space;
    void (*show)(void *to, const struct object *limit_range);
    void *to;
};

static void look(void *context, const struct object *limit_range)
{
    const struct looker *looker = context;
    if (limit_range->space == looker->space)
        looker->show(looker->to, limit_range);
}

/* From the cache's index, unless one has been written that it does not know yet. */
static void each_limit_range(void *context, const char *space,
                             void (*show)(void *to, const struct object *limit_range), void *to)
{
    struct cluster *cluster = context;
    struct looker looker = { text_find(cluster->run->texts, space), show, to };
    const size_t count = store_count(cluster->store, KIND_LIMITRANGE);
    if (count == 0 || looker.space == NULL)
        return;
    if (count != cache_count(cluster->cache, KIND_LIMITRANGE)) {
        store_each(cluster->store, KIND_LIMITRANGE, look, &looker);
        return;
    }
    struct cache_cursor cursor =
        client_list_namespace(&cluster->admin, KIND_LIMITRANGE, looker.space);
    while (cache_next(&cursor)) {
        const struct object *stored = store_get(cluster->store, object_key(cursor.object));
        if (stored != NULL)
            show(to, stored);
    }
}

static const struct labels *namespace_labels(void *context, const char *space)
{
    const struct object *found = find_stored(context, KIND_NAMESPACE, NULL, space);
    return found != NULL ? meta_of(found)->labels : NULL;
}

bool account_is_silent(const struct object *account)
{
    const struct value *document = meta_of(account)->document;
    const struct value *pulls = value_get(document, "imagePullSecrets");
    return value_truth(value_get(document, "automountServiceAccountToken"), true) &&
           (pulls == NULL || pulls->count == 0) &&
           labels_get(meta_of(account)->annotations, "kubernetes.io/enforce-mountable-secrets") ==
               NULL;
}

struct admission cluster_admission(struct cluster *cluster, const char *default_namespace)
{
    return (struct admission){
        .default_namespace = default_namespace,
        .find_priority_class = find_priority_class,
        .find_service_account = find_service_account,
        .find_runtime_class = find_runtime_class,
        .each_limit_range = each_limit_range,
        .namespace_labels = namespace_labels,
        .allocate_ip = allocate_ip,
        .allocate_node_port = allocate_node_port,
        .max_unavailable_stateful_set = cluster->settings.max_unavailable_stateful_set,
        .no_hpa_tolerance = !cluster->settings.hpa_configurable_tolerance,
        .manager = cluster->manager,
        .zones = cluster->settings.zones,
        .context = cluster,
    };
}

/* ── admission ── */

struct value *cluster_admit_template(void *context, struct value *spec)
{
    const struct admission admission = cluster_admission(context, "default");
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

struct object *cluster_admit_or_refuse(struct cluster *cluster, const struct value *document,
                                       const char *default_namespace, struct refusal *refusal,
                                       struct error_list *errors, struct error_list *warnings)
{
    const struct admission admission = cluster_admission(cluster, default_namespace);
    struct value *admitted = admit_create(&admission, document, refusal, errors, warnings);
    return admitted != NULL ? load(cluster, admitted) : NULL;
}

struct object *cluster_admit(struct cluster *cluster, const struct value *document,
                             const char *default_namespace, struct error_list *errors,
                             struct error_list *warnings)
{
    struct refusal refusal = { 0 };
    struct object *object =
        cluster_admit_or_refuse(cluster, document, default_namespace, &refusal, errors, warnings);
    refusal_close(&refusal);
    return object;
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
    const struct admission admission = cluster_admission(cluster, text_s(stored->space));
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
