/* Services and EndpointSlices, as kube-state-metrics names them (docs/metrics/service). */
#include <stdio.h>

#include "models/api/service.h"
#include "tools/export/family.h"

#define OF_SERVICE "namespace", "service", "uid"
#define OF_SLICE   "namespace", "endpointslice"

/* ---- Services ---- */

static const char *service_spec(const void *record, const char *key)
{
    return value_text(value_path(((const struct meta *)record)->document, "spec", key, NULL), "");
}

static void service_info(struct collector *to, const void *record)
{
    TELL(to, 1, service_spec(record, "clusterIP"), service_spec(record, "externalName"),
         service_spec(record, "loadBalancerIP"));
}

static void service_type(struct collector *to, const void *record)
{
    TELL(to, 1, service_spec(record, "type"));
}

const struct family kube_service_families[] = {
    { "kube_service_info", "Information about a Service.",
      .labels = { OF_SERVICE, "cluster_ip", "external_name", "load_balancer_ip" },
      .collect = service_info },
    { "kube_service_created", "When a Service was created, in Unix time.", .labels = { OF_SERVICE },
      .collect = tell_created, .is_time = true },
    { "kube_service_spec_type", "The type of a Service.", .labels = { OF_SERVICE, "type" },
      .collect = service_type },
    { 0 },
};

/* ---- EndpointSlices ---- */

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void slice_info(struct collector *to, const void *record)
{
    TELL(to, 1, value_text(value_get(((const struct meta *)record)->document, "addressType"), ""));
}

static void endpoints(struct collector *to, const void *record)
{
    const struct endpoints *all = ((const struct endpoint_slice *)record)->endpoints;
    for (uint32_t i = 0; all != NULL && i < all->count; i++) {
        const struct endpoint *one = &all->items[i];
        const uint32_t ip = one->address;
        char address[16];
        snprintf(address, sizeof address, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
                 ip & 255);
        TELL(to, 1, address, truth(one->ready), truth(one->serving), truth(one->terminating),
             one->pod != NULL ? "Pod" : "", text_s(one->pod),
             one->pod != NULL ? namespace_of(record) : "", text_s(one->node), text_s(one->zone));
    }
}

const struct family kube_slice_families[] = {
    { "kube_endpointslice_info", "Information about an EndpointSlice.",
      .labels = { OF_SLICE, "addresstype" }, .collect = slice_info },
    { "kube_endpointslice_created", "When an EndpointSlice was created, in Unix time.",
      .labels = { OF_SLICE }, .collect = tell_created, .is_time = true },
    { "kube_endpointslice_endpoints", "The endpoints of an EndpointSlice.",
      .labels = { OF_SLICE, "address", "ready", "serving", "terminating", "targetref_kind",
                  "targetref_name", "targetref_namespace", "nodename", "endpoint_zone" },
      .collect = endpoints },
    { 0 },
};
