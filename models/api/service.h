/* Services and the endpoints behind them. */
#ifndef MODELS_API_SERVICE_H
#define MODELS_API_SERVICE_H

#include "models/api/meta.h"

struct service {
    struct meta meta;              /* meta.document: {spec: {...}}, the members below included */
    const struct labels *selector; /* NULL: none, endpoints are the user's */
    bool publish_not_ready_addresses;
    bool headless, external_name;
};

/* One address of an EndpointSlice. */
struct endpoint {
    const struct text *pod, *node, *zone;
    const struct text *hostname; /* its name below the Service's in DNS; NULL: none */
    struct uid uid;
    uint32_t address; /* IPv4, host byte order */
    bool ready, serving, terminating;
};

struct endpoints {
    uint32_t refs, count;
    struct endpoint items[];
};

struct endpoint_slice {
    struct meta meta; /* meta.document: {addressType, ports}, and endpoints a user wrote by hand */
    const struct text *service;
    const struct endpoints *endpoints; /* NULL: none */
};

/* Room for so many, with one reference, to be filled in before it is shared. */
struct endpoints *endpoints_new(size_t count);
void endpoints_drop(const struct endpoints *endpoints);
bool endpoints_equal(const struct endpoints *a, const struct endpoints *b);

extern const struct object_kind service_kind, endpoint_slice_kind;

#endif
