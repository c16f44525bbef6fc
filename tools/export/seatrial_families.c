/* What no component of Kubernetes tells: availability and what it was lost to, requests, evictions. The
 * metrics tell them at every step (metric.h); replicas follow from the summary's curves, and the share
 * of each step from two sums. */
#include "tools/export/family.h"

/* Of a row of the summary: `kind` is Deployment, Service, ... */
#define OF_ROW "kind", "namespace", "name"

const struct family seatrial_families[] = {
    { "seatrial_availability_ratio",
      "Share of the time since the sample before in which at least one replica was ready.",
      .unit = "ratio", .labels = { OF_ROW }, .from = FROM_NOWHERE, .every_step = true },
    { "seatrial_observed_seconds_total",
      "Time since all wanted replicas were ready the first time.", COUNTER, .unit = "seconds",
      .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_downtime_seconds_total", "Time with no replica ready and at least one wanted.",
      COUNTER, .unit = "seconds", .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_degraded_seconds_total", "Time with fewer replicas ready than wanted.", COUNTER,
      .unit = "seconds", .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_missing_replica_seconds_total", "Integral of wanted less ready replicas.", COUNTER,
      .unit = "seconds", .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_downtime_by_cause_seconds_total", "Downtime by the kind of its root cause.",
      COUNTER, .unit = "seconds", .labels = { OF_ROW, "cause" }, .from = FROM_NOWHERE },
    { "seatrial_outages_total", "Times without a ready replica.", COUNTER, .labels = { OF_ROW },
      .from = FROM_NOWHERE },
    { "seatrial_replicas_wanted", "Replicas that are wanted.", .labels = { OF_ROW },
      .from = FROM_NOWHERE },
    { "seatrial_replicas_ready", "Replicas that are ready.", .labels = { OF_ROW },
      .from = FROM_NOWHERE },
    { "seatrial_restarts_total", "Restarts of the containers of a workload.", COUNTER,
      .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_workload_pods_total", "Pods that were made for a workload.", COUNTER,
      .labels = { OF_ROW }, .from = FROM_NOWHERE },
    { "seatrial_pods_total", "What became of pods.", COUNTER, .labels = { "what" },
      .from = FROM_NOWHERE },
    { "seatrial_requests_total", "Requests by outcome: answered, or why they failed.", COUNTER,
      .labels = { "namespace", "name", "service", "outcome" }, .from = FROM_NOWHERE },
    { "seatrial_requests_waiting", "Requests that wait for a retry.",
      .labels = { "namespace", "name", "service" }, .from = FROM_NOWHERE },
    { "seatrial_request_attempts_total", "First attempts and retries.", COUNTER,
      .labels = { "namespace", "name", "service" }, .from = FROM_NOWHERE },
    { "seatrial_evictions_total", "Evictions by the answer of a budget.", COUNTER,
      .labels = { "namespace", "poddisruptionbudget", "answer" }, .from = FROM_NOWHERE },
    { "seatrial_evictions_blocked_seconds_total", "Time in which a budget allowed no eviction.",
      COUNTER, .unit = "seconds", .labels = { "namespace", "poddisruptionbudget" },
      .from = FROM_NOWHERE },
    { "seatrial_export_pods_left_out_total",
      "Pods without series of their own, as there were too many.", COUNTER, .from = FROM_NOWHERE },
    { 0 },
};
