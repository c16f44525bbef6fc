#include "models/api/pod_usage.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/pod_spec_private.h"
#include "sim/base/memory.h"

static void charge(struct pod_usage *usage, struct texts *texts, const char *prefix,
                   const char *resource, struct quantity quantity)
{
    const struct text *name = text_format(texts, "%s%s", prefix, resource);
    usage->names = mem_resize(usage->names, (usage->name_count + 1) * sizeof *usage->names);
    usage->names[usage->name_count++] = name;
    amounts_set(&usage->amounts, name->s, quantity);
}

static bool is_hugepages(const char *resource)
{
    return strncmp(resource, "hugepages-", strlen("hugepages-")) == 0;
}

/* Resources of somebody's own domain, whose quota is one of requests only. */
static bool is_extended(const char *resource)
{
    return strchr(resource, '/') != NULL && strstr(resource, "kubernetes.io/") == NULL;
}

static bool is_compute(const char *resource)
{
    return strcmp(resource, "cpu") == 0 || strcmp(resource, "memory") == 0 ||
           strcmp(resource, "ephemeral-storage") == 0;
}

struct pod_usage pod_usage_of(struct texts *texts, const struct amounts *requests,
                              const struct amounts *limits)
{
    struct pod_usage usage = { .names = NULL };
    charge(&usage, texts, "", "pods", quantity_of_units(1, QUANTITY_DECIMAL_SI));
    for (size_t i = 0; i < requests->count; i++) {
        const struct amount *request = &requests->items[i];
        const bool native = is_compute(request->name) || is_hugepages(request->name);
        if (native)
            charge(&usage, texts, "", request->name, request->quantity);
        if (native || is_extended(request->name))
            charge(&usage, texts, "requests.", request->name, request->quantity);
    }
    for (size_t i = 0; i < limits->count; i++)
        if (is_compute(limits->items[i].name))
            charge(&usage, texts, "limits.", limits->items[i].name, limits->items[i].quantity);
    return usage;
}

void pod_usage_close(struct pod_usage *usage)
{
    for (size_t i = 0; i < usage->name_count; i++)
        text_drop(usage->names[i]);
    free(usage->names);
    amounts_close(&usage->amounts);
    *usage = (struct pod_usage){ .names = NULL };
}

const struct amounts *pod_spec_usage(const struct pod_spec *spec)
{
    if (spec->usage.name_count == 0) {
        struct amounts requests = pod_spec_requests(spec->document);
        struct amounts limits = pod_spec_limits(spec->document);
        /* Known from the document alone: a template that has it is the same template. */
        ((struct pod_spec *)spec)->usage = pod_usage_of(pod_spec_texts(spec), &requests, &limits);
        amounts_close(&requests);
        amounts_close(&limits);
    }
    return &spec->usage.amounts;
}
