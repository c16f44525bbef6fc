/* The admission plugin LimitRanger: requests and limits where a container names none, and what is
 * too much or too little.
 *
 * Follows plugin/pkg/admission/limitranger/admission.go of the release named in docs/fidelity.md. Of
 * several names of one list Go takes any first; here they come in byte order. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quota.h"
#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define ANNOTATION "kubernetes.io/limit-ranger"

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── what is set ── */

/* "cpu, memory request for container c; ...": what was set, for the annotation. */
struct note {
    struct writer text;
};

static void note_set(struct note *note, const struct writer *names, const char *what,
                     const struct value *container)
{
    if (names->length > 0)
        writer_format(&note->text, "%s%s %s %s", note->text.length > 0 ? "; " : "", names->bytes,
                      what, text_of(container, "name"));
}

/* Set each amount that the container has not got; the names of those that were set. */
static struct writer set_missing(struct value **container, const char *key,
                                 const struct amounts *usual)
{
    struct writer names = { 0 };
    for (size_t i = 0; i < usual->count; i++) {
        const char *name = usual->items[i].name;
        char text[QUANTITY_TEXT];
        if (value_path(*container, "resources", key, name, NULL) != NULL)
            continue;
        value_put(container, value_new_string(quantity_print(usual->items[i].quantity, text)),
                  "resources", key, name, NULL);
        writer_format(&names, "%s%s", names.length > 0 ? ", " : "", name);
    }
    return names;
}

static void set_on_containers(struct value **spec, const char *list, const char *word,
                              const struct amounts *requests, const struct amounts *limits,
                              struct note *note)
{
    const struct value *containers = value_get(*spec, list);
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        struct value *own = value_own(value_slot(value_own(spec), list));
        struct value **container = &own->items[i];
        struct writer limited = set_missing(container, "limits", limits);
        struct writer requested = set_missing(container, "requests", requests);
        char *request_of = mem_format("request for %s", word);
        char *limit_of = mem_format("limit for %s", word);
        note_set(note, &requested, request_of, *container);
        note_set(note, &limited, limit_of, *container);
        free(request_of);
        free(limit_of);
        writer_close(&limited);
        writer_close(&requested);
    }
}

static void set_limits(void *document, const struct object *limit_range)
{
    struct limits limits = limits_read(limit_range);
    struct amounts requests = { 0 }, most = { 0 };
    struct note note = { { 0 } };
    for (size_t i = 0; i < limits.count; i++) {
        const struct limit *limit = &limits.items[i];
        if (strcmp(limit->type, "Container") != 0)
            continue;
        for (size_t j = 0; j < limit->usual_request.count; j++)
            amounts_set(&requests, limit->usual_request.items[j].name,
                        limit->usual_request.items[j].quantity);
        for (size_t j = 0; j < limit->usual.count; j++)
            amounts_set(&most, limit->usual.items[j].name, limit->usual.items[j].quantity);
    }
    amounts_sort(&requests);
    amounts_sort(&most);
    struct value **spec = value_slot(value_own(document), "spec");
    set_on_containers(spec, "containers", "container", &requests, &most, &note);
    set_on_containers(spec, "initContainers", "init container", &requests, &most, &note);
    if (note.text.length > 0) {
        char *text = mem_format("LimitRanger plugin set: %s", note.text.bytes);
        value_put(document, value_new_string(text), "metadata", "annotations", ANNOTATION, NULL);
        free(text);
    }
    writer_close(&note.text);
    amounts_close(&requests);
    amounts_close(&most);
    limits_close(&limits);
}

void admission_set_limits(const struct admission *admission, struct value **pod)
{
    const char *space = text_of(value_get(*pod, "metadata"), "namespace");
    if (admission->each_limit_range != NULL)
        admission->each_limit_range(admission->context, space, set_limits, pod);
}

/* ── what is wrong ── */

/* Complaints about one object, each once. */
struct complaints_of {
    const struct value *document;
    bool is_pod;
    char **items;
    size_t count, capacity;
    bool done; /* a LimitRange before this one complained */
};

static void complain(struct complaints_of *all, char *complaint)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i], complaint) == 0) {
            free(complaint);
            return;
        }
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count++] = complaint;
}

/* What is asked for: a container's, or the sum of a pod. */
struct asked {
    struct amounts requests, limits;
};

static void check_minimum(struct complaints_of *all, const struct limit *limit,
                          const struct asked *asked)
{
    for (size_t i = 0; i < limit->min.count; i++) {
        const struct amount *min = &limit->min.items[i];
        const struct quantity *request = amounts_find(&asked->requests, min->name);
        const struct quantity *most = amounts_find(&asked->limits, min->name);
        char least[QUANTITY_TEXT], other[QUANTITY_TEXT];
        quantity_print(min->quantity, least);
        if (request == NULL)
            complain(all, mem_format("minimum %s usage per %s is %s.  No request is specified",
                                     min->name, limit->type, least));
        else if (quantity_compare(*request, min->quantity) < 0)
            complain(all, mem_format("minimum %s usage per %s is %s, but request is %s", min->name,
                                     limit->type, least, quantity_print(*request, other)));
        else if (most != NULL && quantity_compare(*most, min->quantity) < 0)
            complain(all, mem_format("minimum %s usage per %s is %s, but limit is %s", min->name,
                                     limit->type, least, quantity_print(*most, other)));
    }
}

static void check_maximum(struct complaints_of *all, const struct limit *limit,
                          const struct asked *asked)
{
    for (size_t i = 0; i < limit->max.count; i++) {
        const struct amount *max = &limit->max.items[i];
        const struct quantity *request = amounts_find(&asked->requests, max->name);
        const struct quantity *most = amounts_find(&asked->limits, max->name);
        char bound[QUANTITY_TEXT], other[QUANTITY_TEXT];
        quantity_print(max->quantity, bound);
        if (all->is_pod && most == NULL)
            complain(all, mem_format("maximum %s usage per %s is %s.  No limit is specified",
                                     max->name, limit->type, bound));
        else if (!all->is_pod && request == NULL)
            complain(all, mem_format("maximum %s usage per %s is %s.  No request is specified",
                                     max->name, limit->type, bound));
        else if (most != NULL && quantity_compare(*most, max->quantity) > 0)
            complain(all, mem_format("maximum %s usage per %s is %s, but limit is %s", max->name,
                                     limit->type, bound, quantity_print(*most, other)));
        else if (request != NULL && quantity_compare(*request, max->quantity) > 0)
            complain(all, mem_format("maximum %s usage per %s is %s, but request is %s", max->name,
                                     limit->type, bound, quantity_print(*request, other)));
    }
}

static double number_of(struct quantity quantity)
{
    return (double)quantity.nano / 1e9; /* amounts beyond 1e29 are not told apart here */
}

static void check_ratio(struct complaints_of *all, const struct limit *limit,
                        const struct asked *asked)
{
    for (size_t i = 0; i < limit->ratio.count; i++) {
        const struct amount *ratio = &limit->ratio.items[i];
        const struct quantity request = amounts_get(&asked->requests, ratio->name);
        const struct quantity most = amounts_get(&asked->limits, ratio->name);
        char bound[QUANTITY_TEXT];
        quantity_print(ratio->quantity, bound);
        if (request.nano == 0)
            complain(all, mem_format("%s max limit to request ratio per %s is %s, but no request "
                                     "is specified or request is 0",
                                     ratio->name, limit->type, bound));
        else if (most.nano == 0)
            complain(all, mem_format("%s max limit to request ratio per %s is %s, but no limit is "
                                     "specified or limit is 0",
                                     ratio->name, limit->type, bound));
        else if (number_of(most) / number_of(request) > number_of(ratio->quantity))
            complain(all, mem_format("%s max limit to request ratio per %s is %s, but provided "
                                     "ratio is %f",
                                     ratio->name, limit->type, bound,
                                     number_of(most) / number_of(request)));
    }
}

static void check_asked(struct complaints_of *all, const struct limit *limit, struct asked asked)
{
    check_minimum(all, limit, &asked);
    check_maximum(all, limit, &asked);
    if (all->is_pod)
        check_ratio(all, limit, &asked);
    amounts_close(&asked.requests);
    amounts_close(&asked.limits);
}

static void check_containers(struct complaints_of *all, const struct limit *limit, const char *list)
{
    const struct value *containers = value_path(all->document, "spec", list, NULL);
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *resources = value_get(containers->items[i], "resources");
        check_asked(all, limit,
                    (struct asked){ amounts_load(value_get(resources, "requests")),
                                    amounts_load(value_get(resources, "limits")) });
    }
}

/* A pod's sums are those that quotas charge, without its overhead. */
static struct asked asked_of_pod(const struct value *spec)
{
    struct value *bare = value_hold(spec);
    if (value_get(bare, "overhead") != NULL)
        value_remove(value_own(&bare), "overhead");
    const struct asked asked = { pod_spec_requests(bare), pod_spec_limits(bare) };
    value_drop(bare);
    return asked;
}

static void check_limits(void *to, const struct object *limit_range)
{
    struct complaints_of *all = to;
    const struct value *spec = value_get(all->document, "spec");
    struct limits limits = limits_read(limit_range);
    for (size_t i = 0; i < limits.count && !all->done; i++) {
        const struct limit *limit = &limits.items[i];
        if (all->is_pod && strcmp(limit->type, "Container") == 0) {
            check_containers(all, limit, "containers");
            check_containers(all, limit, "initContainers");
        } else if (all->is_pod && strcmp(limit->type, "Pod") == 0) {
            check_asked(all, limit, asked_of_pod(spec));
        } else if (!all->is_pod && strcmp(limit->type, "PersistentVolumeClaim") == 0) {
            const struct value *requests = value_path(spec, "resources", "requests", NULL);
            check_asked(all, limit, (struct asked){ amounts_load(requests), { 0 } });
        }
    }
    all->done = all->count > 0;
    limits_close(&limits);
}

bool admission_check_limits(const struct admission *admission, const struct value *document,
                            struct refusal *refusal)
{
    const struct value *meta = value_get(document, "metadata");
    const char *name =
        *text_of(meta, "name") != '\0' ? text_of(meta, "name") : text_of(meta, "generateName");
    struct complaints_of all = { .document = document,
                                 .is_pod = strcmp(text_of(document, "kind"), "Pod") == 0 };
    struct writer text = { 0 };
    if (admission->each_limit_range != NULL)
        admission->each_limit_range(admission->context, text_of(meta, "namespace"), check_limits,
                                    &all);
    for (size_t i = 0; i < all.count; i++) {
        writer_format(&text, "%s%s", i > 0 ? ", " : "", all.items[i]);
        free(all.items[i]);
    }
    if (all.count > 0)
        refuse_document(refusal, 403, "%s \"%s\" is forbidden: %s%s%s",
                        all.is_pod ? "pods" : "persistentvolumeclaims", name,
                        all.count > 1 ? "[" : "", text.bytes, all.count > 1 ? "]" : "");
    writer_close(&text);
    free(all.items);
    return all.count == 0;
}
