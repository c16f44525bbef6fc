/* The table of tables, in the order in which families are written; and what rows share. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/api/condition.h"
#include "models/api/pod_spec.h"
#include "tools/export/family.h"

const struct family_table family_tables[] = {
    { KIND_NAMESPACE, false, kube_namespace_families },
    { KIND_NODE, false, kube_node_families },
    { KIND_DEPLOYMENT, false, kube_deployment_families },
    { KIND_REPLICASET, false, kube_replicaset_families },
    { KIND_STATEFULSET, false, kube_statefulset_families },
    { KIND_DAEMONSET, false, kube_daemonset_families },
    { KIND_JOB, false, kube_job_families },
    { KIND_CRONJOB, false, kube_cronjob_families },
    { KIND_HORIZONTALPODAUTOSCALER, false, kube_autoscaler_families },
    { KIND_PODDISRUPTIONBUDGET, false, kube_budget_families },
    { KIND_SERVICE, true, kube_service_families },
    { KIND_ENDPOINTSLICE, false, kube_slice_families },
    { KIND_PERSISTENTVOLUMECLAIM, false, kube_claim_families },
    { KIND_PERSISTENTVOLUME, false, kube_volume_families },
    { KIND_POD, true, kube_pod_families },
    { KIND_COUNT, false, control_plane_families },
    { KIND_COUNT, false, seatrial_families },
    { 0 },
};

const char *resource_label(const char *name, char label[RESOURCE_NAME])
{
    snprintf(label, RESOURCE_NAME, "%s", name);
    for (char *c = label; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return label;
}

const char *resource_unit(const char *name)
{
    if (strcmp(name, "cpu") == 0)
        return "core";
    const bool bytes = strcmp(name, "memory") == 0 || strstr(name, "storage") != NULL ||
                       strncmp(name, "hugepages-", strlen("hugepages-")) == 0;
    return bytes ? "byte" : "integer";
}

static void tell_amount(struct collector *to, const char *name, double amount, const char *first,
                        const char *second)
{
    char label[RESOURCE_NAME];
    const char *values[4];
    size_t count = 0;
    if (first != NULL)
        values[count++] = first;
    if (second != NULL)
        values[count++] = second;
    values[count++] = resource_label(name, label);
    values[count++] = resource_unit(name);
    tell_labelled(to, amount, values);
}

void tell_resources(struct collector *to, const struct resources *resources, const char *first,
                    const char *second)
{
    if (resources->cpu_milli != 0)
        tell_amount(to, "cpu", (double)resources->cpu_milli / 1000, first, second);
    if (resources->memory_bytes != 0)
        tell_amount(to, "memory", (double)resources->memory_bytes, first, second);
    if (resources->ephemeral_storage_bytes != 0)
        tell_amount(to, "ephemeral-storage", (double)resources->ephemeral_storage_bytes, first,
                    second);
    for (size_t i = 0; i < resources->extended_count; i++)
        tell_amount(to, text_s(resources->extended[i].name), (double)resources->extended[i].amount,
                    first, second);
}

void tell_condition(struct collector *to, const char *type, enum condition_status status)
{
    TELL(to, status == CONDITION_TRUE, type, "true");
    TELL(to, status == CONDITION_FALSE, type, "false");
    TELL(to, status == CONDITION_UNKNOWN, type, "unknown");
}

void tell_created(struct collector *to, const void *record)
{
    tell_time(to, ((const struct meta *)record)->created);
}

void tell_owners(struct collector *to, const void *record)
{
    const struct owners *all = ((const struct meta *)record)->owners;
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        TELL(to, 1, text_s(all->items[i].kind), text_s(all->items[i].name),
             all->items[i].controller ? "true" : "false");
    if (all == NULL)
        TELL(to, 1, "", "", "");
}
