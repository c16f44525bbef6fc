/* Requests and limits: names of resources, amounts, and how they go together.
 *
 * Follows validateResourceRequirements() of pkg/apis/core/validation and the names in
 * pkg/apis/core/helper. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_hugepages(const char *name)
{
    return starts_with(name, "hugepages-");
}

/* Names without a domain, and those of Kubernetes' own. */
static bool is_native(const char *name)
{
    return strchr(name, '/') == NULL || strstr(name, "kubernetes.io/") != NULL;
}

static bool is_extended(const char *name)
{
    if (is_native(name) || starts_with(name, "requests."))
        return false;
    char *in_quota = mem_format("requests.%s", name);
    bool fits = text_fits(in_quota, text_label_key);
    free(in_quota);
    return fits;
}

bool may_be_overcommitted(const char *name)
{
    return is_native(name) && !is_hugepages(name);
}

static bool is_standard(const char *name)
{
    static const char *const names[] = { "cpu",
                                         "memory",
                                         "ephemeral-storage",
                                         "requests.cpu",
                                         "requests.memory",
                                         "requests.ephemeral-storage",
                                         "limits.cpu",
                                         "limits.memory",
                                         "limits.ephemeral-storage",
                                         "pods",
                                         "resourcequotas",
                                         "services",
                                         "replicationcontrollers",
                                         "secrets",
                                         "configmaps",
                                         "persistentvolumeclaims",
                                         "storage",
                                         "requests.storage",
                                         "services.nodeports",
                                         "services.loadbalancers",
                                         NULL };
    return one_of(name, names) || is_hugepages(name) || starts_with(name, "requests.hugepages-");
}

static bool is_counted(const char *name)
{
    static const char *const names[] = { "pods",
                                         "resourcequotas",
                                         "services",
                                         "replicationcontrollers",
                                         "secrets",
                                         "configmaps",
                                         "persistentvolumeclaims",
                                         "services.nodeports",
                                         "services.loadbalancers",
                                         NULL };
    return one_of(name, names) || is_extended(name);
}

static struct quantity amount_of(const struct value *amount)
{
    struct quantity quantity = { 0 };
    if (amount == NULL || !quantity_load(amount, &quantity, NULL))
        return (struct quantity){ 0 };
    return quantity;
}

void invalid_amount(struct field_errors *errors, const struct field_path *path,
                    const struct value *amount, const char *detail)
{
    char text[QUANTITY_TEXT];
    char *quoted = field_quote(quantity_print(amount_of(amount), text));
    field_invalid_printed(errors, path, amount, quoted, "%s", detail);
    free(quoted);
}

void check_quantity(struct field_errors *errors, const char *resource, const struct value *amount,
                    const struct field_path *path)
{
    struct quantity quantity = amount_of(amount);
    if (quantity.nano < 0)
        invalid_amount(errors, path, amount, "must be greater than or equal to 0");
    if (is_counted(resource) && quantity_milli(quantity) % 1000 != 0)
        invalid_amount(errors, path, amount, "must be an integer");
}

/* One name of a requests or limits map. */
struct resource {
    const char *name, *quoted;
    const struct value *amount;
    const struct field_path *path;
};

/* A qualified name; without a domain one that Kubernetes knows. */
static bool check_resource_name(struct field_errors *errors, struct resource resource)
{
    struct complaints complaints = { 0 };
    text_label_key(&complaints, resource.name);
    for (size_t i = 0; i < complaints.count; i++)
        field_invalid_printed(errors, resource.path, resource.amount, resource.quoted, "%s",
                              complaints.items[i]);
    bool fits = complaints.count == 0;
    complaints_close(&complaints);
    if (!fits || strchr(resource.name, '/') != NULL || is_standard(resource.name))
        return fits;
    field_invalid_printed(errors, resource.path, resource.amount, resource.quoted,
                          "must be a standard resource type or fully qualified");
    return false;
}

static void check_container_name(struct field_errors *errors, struct resource resource)
{
    static const char *const names[] = { "cpu", "memory", "ephemeral-storage", NULL };
    check_resource_name(errors, resource);
    if (strchr(resource.name, '/') == NULL) {
        if (!one_of(resource.name, names) && !is_hugepages(resource.name))
            field_invalid_printed(errors, resource.path, resource.amount, resource.quoted,
                                  "must be a standard resource for containers");
    } else if (!is_native(resource.name) && !is_extended(resource.name)) {
        field_invalid_printed(errors, resource.path, resource.amount, resource.quoted,
                              "doesn't follow extended resource name standard");
    }
}

void check_container_resource_name(struct field_errors *errors, const struct value *name,
                                   const struct field_path *path)
{
    char *quoted = field_quote(name->text);
    check_container_name(errors, (struct resource){ name->text, quoted, name, path });
    free(quoted);
}

bool is_quota_resource(const char *name)
{
    return is_standard(name) && strcmp(name, "storage") != 0;
}

void check_quota_resource(struct field_errors *errors, const char *name, const struct value *amount,
                          const struct field_path *path)
{
    char *quoted = field_quote(name);
    check_resource_name(errors, (struct resource){ name, quoted, amount, path });
    if (strchr(name, '/') == NULL && !is_quota_resource(name))
        field_invalid_printed(errors, path, amount, quoted,
                              "must be a standard resource for quota");
    free(quoted);
}

void check_limited_resource(struct field_errors *errors, const char *name,
                            const struct value *amount, const struct field_path *path,
                            bool of_containers)
{
    char *quoted = field_quote(name);
    const struct resource resource = { name, quoted, amount, path };
    if (of_containers)
        check_container_name(errors, resource);
    else
        check_resource_name(errors, resource);
    free(quoted);
}

static void check_pod_name(struct field_errors *errors, struct resource resource)
{
    static const char *const supported[] = { "cpu", "hugepages-", "memory", NULL };
    if (check_resource_name(errors, resource) && !one_of(resource.name, supported) &&
        !is_hugepages(resource.name))
        field_unsupported(errors, resource.path, resource.amount, resource.quoted, supported);
}

/* The amount of huge pages is a whole number of pages. */
static void check_pages(struct field_errors *errors, struct resource resource)
{
    struct quantity page = { 0 };
    char text[QUANTITY_TEXT];
    struct quantity amount = amount_of(resource.amount);
    bool known = quantity_parse(resource.name + strlen("hugepages-"), &page, NULL);
    if (known && page.nano > 0 && amount.nano > 0 && amount.nano % page.nano == 0)
        return;
    char *detail = mem_format("%s is not positive integer multiple of %s",
                              quantity_print(amount, text), resource.name);
    invalid_amount(errors, resource.path, resource.amount, detail);
    free(detail);
}

static void check_name_and_amount(struct field_errors *errors, struct resource resource,
                                  bool pod_level)
{
    char *quoted = field_quote(resource.name);
    resource.quoted = quoted;
    (pod_level ? check_pod_name : check_container_name)(errors, resource);
    check_quantity(errors, resource.name, resource.amount, resource.path);
    free(quoted);
}

/* A request may not pass its limit; what cannot be overcommitted must equal it. */
static void check_against_limit(struct field_errors *errors, const struct value *requirements,
                                struct resource request, const struct field_path *path)
{
    const struct value *limit = value_get(value_get(requirements, "limits"), request.name);
    bool elastic = may_be_overcommitted(request.name);
    char text[QUANTITY_TEXT];
    if (limit == NULL) {
        if (!elastic)
            field_required(errors, CHILD(path, "limits"), requirements,
                           "Limit must be set for non overcommitable resources");
        return;
    }
    int order = quantity_compare(amount_of(request.amount), amount_of(limit));
    if (order == 0 || (elastic && order < 0))
        return;
    char *detail =
        mem_format("must be %s %s limit of %s", elastic ? "less than or equal to" : "equal to",
                   request.name, quantity_print(amount_of(limit), text));
    invalid_amount(errors, CHILD(path, "requests"), request.amount, detail);
    free(detail);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the pod's claims in their order, for a message; the caller frees. */
static char *names_of_claims(const struct value *given)
{
    size_t count = 0;
    const char **names = mem_new((size_of(given) + 1) * sizeof *names);
    for (size_t i = 0; i < size_of(given); i++)
        if (*text_at(given->items[i], "name") != '\0')
            names[count++] = text_at(given->items[i], "name");
    qsort(names, count, sizeof *names, compare_names);
    struct writer text = { 0 };
    writer_add(&text, "must be one of the names in pod.spec.resourceClaims");
    writer_add(&text, count == 0 ? " which is empty" : ": ");
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            writer_format(&text, "%s%s", i > 0 ? ", " : "", names[i]);
    free(names);
    return writer_take(&text);
}

static void check_claim_is_given(struct pod_check *check, const struct value *claim,
                                 const struct field_path *path)
{
    const struct value *given = value_get(check->spec, "resourceClaims");
    for (size_t i = 0; i < size_of(given); i++)
        if (strcmp(text_at(given->items[i], "name"), text_at(claim, "name")) == 0)
            return;
    char *detail = names_of_claims(given);
    field_not_found(check->errors, path, value_get(claim, "name"), detail);
    free(detail);
}

/* A claim as a whole, or one request of it, at most once. */
static void check_claims(struct pod_check *check, const struct value *claims,
                         const struct field_path *path)
{
    for (size_t i = 0; i < size_of(claims); i++) {
        const struct value *claim = claims->items[i], *name = value_get(claim, "name");
        const struct field_path *item = ITEM(path, i);
        bool again = false;
        if (*value_text(name, "") == '\0') {
            field_required(check->errors, item, claim, "%s", "");
            continue;
        }
        check_optional_text(check->errors, claim, "request", item, text_dns_label);
        for (size_t j = 0; j < i; j++)
            again |= strcmp(text_at(claims->items[j], "name"), name->text) == 0 &&
                     strcmp(text_at(claims->items[j], "request"), text_at(claim, "request")) == 0;
        if (again) {
            const char *request = text_at(claim, "request");
            char *key = mem_format("\"%s%s%s\"", name->text, *request ? "/" : "", request);
            field_duplicate(check->errors, item, claim, key);
            free(key);
        }
        check_claim_is_given(check, claim, item);
    }
}

void check_resources(struct pod_check *check, const struct value *requirements,
                     const struct field_path *path, bool pod_level)
{
    static const char *const kinds[] = { "limits", "requests" };
    bool computes = false, pages = false;
    for (size_t k = 0; k < 2; k++) {
        const struct value *amounts = value_get(requirements, kinds[k]);
        for (size_t i = 0; i < size_of(amounts); i++) {
            const struct value_entry *entry = &amounts->entries[i];
            struct resource resource = { entry->key, NULL, entry->value,
                                         KEY(CHILD(path, kinds[k]), entry->key) };
            check_name_and_amount(check->errors, resource, pod_level);
            if (k == 1)
                check_against_limit(check->errors, requirements, resource, path);
            if (is_hugepages(entry->key))
                check_pages(check->errors, resource);
            pages |= is_hugepages(entry->key);
            computes |= strcmp(entry->key, "cpu") == 0 || strcmp(entry->key, "memory") == 0;
        }
    }
    if (pages && !computes)
        field_forbidden(check->errors, path, requirements, "HugePages require cpu or memory");
    check_claims(check, value_get(requirements, "claims"), CHILD(path, "claims"));
}

static void check_container_limits(struct pod_check *check, const struct field_path *path)
{
    const struct value *containers = value_get(check->spec, "containers");
    const struct value *limits = value_path(check->spec, "resources", "limits", NULL);
    char text[QUANTITY_TEXT];
    for (size_t i = 0; i < size_of(containers); i++) {
        const struct value *own = value_path(containers->items[i], "resources", "limits", NULL);
        for (size_t j = 0; j < size_of(own); j++) {
            const struct value_entry *limit = &own->entries[j];
            const struct value *most = value_get(limits, limit->key);
            if (most == NULL || quantity_compare(amount_of(limit->value), amount_of(most)) <= 0)
                continue;
            char *detail = mem_format("must be less than or equal to pod limits of %s",
                                      quantity_print(amount_of(most), text));
            invalid_amount(check->errors,
                           CHILD(KEY(ITEM(CHILD(path, "containers"), i), limit->key), "limits"),
                           limit->value, detail);
            free(detail);
        }
    }
}

static void add_requests(struct quantity *sum, const struct value *containers, const char *name,
                         bool sidecars_only)
{
    for (size_t i = 0; i < size_of(containers); i++) {
        bool is_sidecar = strcmp(text_at(containers->items[i], "restartPolicy"), "Always") == 0;
        if (!sidecars_only || is_sidecar)
            *sum = quantity_add(*sum, amount_of(value_path(containers->items[i], "resources",
                                                           "requests", name, NULL)));
    }
}

/* What the containers that run together request must fit into the pod's own requests. */
static void check_requests_fit(struct pod_check *check, const char *name,
                               const struct field_path *path)
{
    const struct value *own = value_path(check->spec, "resources", "requests", name, NULL);
    struct quantity sum = { 0 };
    char text[QUANTITY_TEXT];
    add_requests(&sum, value_get(check->spec, "containers"), name, false);
    add_requests(&sum, value_get(check->spec, "initContainers"), name, true);
    if (quantity_compare(sum, amount_of(own)) <= 0)
        return;
    char *detail = mem_format("must be greater than or equal to aggregate container requests of %s",
                              quantity_print(sum, text));
    invalid_amount(check->errors, KEY(CHILD(path, "requests"), name), own, detail);
    free(detail);
}

void check_pod_resources(struct pod_check *check, const struct field_path *path)
{
    const struct value *resources = value_get(check->spec, "resources");
    if (value_is_null(resources))
        return;
    if (has(resources, "claims"))
        field_forbidden(check->errors, CHILD(path, "claims"), value_get(resources, "claims"),
                        "claims cannot be set for Resources at pod-level");
    check_resources(check, resources, path, true);
    check_requests_fit(check, "cpu", path);
    check_requests_fit(check, "memory", path);
    check_container_limits(check, path);
}
