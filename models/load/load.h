/* What pods use, and what else is measured of a cluster: a model of load, and those who measure it.
 *
 * An entry of a scenario's `load` is about pods, about an object, or about neither:
 *
 *     - workload: deployment/web      pods that its selector finds; or
 *       service: web                  those behind a Service; or
 *       pods: "app=web"               those a label selector finds ("": all)
 *       namespace: default
 *       container: web                which of their containers works; absent: the first
 *       cpu: {diurnal: {...}}         cores that all of them use together: each pod that is ready
 *       memory: 4Gi                   takes an equal share
 *       metrics: [{name: requests, value: 250}]        custom metrics, shared in the same way
 *       perPod: {cpu: 10m, memory: 100Mi, metrics: []} what each running pod uses besides
 *     - object: ingress/main          custom metrics of an object
 *       metrics: [{name: requests, value: 250}]
 *     - external: [{name: queue, labels: {of: orders}, value: {spikes: {...}}}]
 *
 * Amounts are signals (sim/chance/signal.h) of quantities. A pod uses no more CPU than the limit of
 * its container. Loads of which several entries speak add up. Who serves requests may use CPU on top:
 * models/cluster/metrics_api.h.
 *
 * Measuring is what metrics-server does of resources and an adapter of metrics: a scrape every
 * `metric-resolution` from the start of the run on, answers from `metric-delay` after a scrape. CPU
 * is the mean between the last two scrapes; of a container that started between them, since its start
 * if that is 10 s ago: until then there are no figures of its pod. Everything else is what it was at
 * the last scrape. With a resolution of 0 whoever asks is told what is so at the moment, of those
 * pods that entries speak of. */
#ifndef MODELS_LOAD_LOAD_H
#define MODELS_LOAD_LOAD_H

#include "models/cluster/cluster.h"

extern const struct component load_component;

/* Let an entry count from now on. Its files have been written out. Each fault is appended; false
 * when there was one. */
bool load_plan(struct cluster *cluster, const struct value *entry, struct error_list *faults);

/* Check an entry without planning it. */
bool load_check(const struct value *entry, struct error_list *faults);

/* Forget all entries. */
void load_clear(struct cluster *cluster);

#endif
