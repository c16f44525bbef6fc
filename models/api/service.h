/* Services and the endpoints behind them. */
#ifndef MODELS_API_SERVICE_H
#define MODELS_API_SERVICE_H

#include "models/api/meta.h"

struct service {
    struct meta meta;              /* meta.document: {spec: {...}} */
    const struct labels *selector; /* NULL: none, endpoints are the user's */
    bool publish_not_ready_addresses;
    bool headless, external_name;
};

/* One address of an EndpointSlice. */
struct endpoint {
    const struct text *pod, *node, *zone;
    struct uid uid;
    uint32_t address; /* IPv4, host byte order */
    bool ready, serving, terminating;
};

struct endpoints {
    uint32_t refs, count;
    struct endpoint items[];
};

struct endpoint_slice {
    struct meta meta; /* meta.document: {addressType, ports} */
    const struct text *service;
    const struct endpoints *endpoints;
};

extern const struct object_kind service_kind, endpoint_slice_kind;

#endif
