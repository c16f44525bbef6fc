/* What the endpoint controllers see of a Service: its pods and its ports.
 *
 * Follows staging/src/k8s.io/endpointslice/util/controller_utils.go and utils.go of the release
 * named in docs/fidelity.md. */
#ifndef MODELS_CONTROLLERS_SERVICE_PODS_H
#define MODELS_CONTROLLERS_SERVICE_PODS_H

#include "models/api/service.h"
#include "models/controllers/controller.h"

static inline const struct service *service_of(const struct object *object)
{
    return (const struct service *)object;
}

/* Does a controller keep endpoints for it? Not without a selector, nor for an external name. */
bool service_has_pods(const struct service *service);
bool service_selects(const struct service *service, const struct pod *pod);

/* An address that traffic may be sent to, now or once the pod is ready: it has an IP and has
 * not ended. Pods being deleted count. */
bool pod_has_endpoint(const struct pod *pod);

/* The pod's name below the Service's in DNS: its hostname, if the Service is its subdomain. NULL: it
 * has none. */
const struct text *service_hostname(const struct service *service, const struct pod *pod);

/* For wakes_on pods: wake the Services that select the pod, or did before the change, when
 * anything of its endpoint changed. */
void wake_services_of_pod(struct controller_run *controller, const struct watch_event *event);
/* The same Services, for whoever wants to know more: called before each is woken. O(labels of the pod +
 * Services that ask for one of them). */
typedef void service_of_pod_fn(struct controller_run *controller, const struct object *service,
                               const struct watch_event *event);
void wake_services_of_pod_and(struct controller_run *controller, const struct watch_event *event,
                              service_of_pod_fn *hear);

/* The ports of the Service as pods of this spec serve them, as a list of EndpointPorts: named
 * target ports are looked up in the containers, those not found are left out. A new list. */
struct value *service_ports(const struct service *service, const struct pod_spec *spec);
/* Whether that depends on the pod. */
bool service_has_named_ports(const struct service *service);

#endif
