/* When the requests of one source came, failed and were answered: for those who measure shares of any
 * stretch of time. Kept only where somebody asks.
 *
 * Of requests that are expected, failures are kept as the stretches in which they came, and how many
 * came follows from the rate: a change costs the same however many requests come. Drawn ones are
 * counted by the second in which the request came, whenever its last attempt failed or was answered. */
#ifndef MODELS_TRAFFIC_REQUEST_LOG_H
#define MODELS_TRAFFIC_REQUEST_LOG_H

#include "sim/chance/arrivals.h"
#include "sim/stat/spending.h"

struct request_log;

/* `rate` NULL: the arrivals are given. Both are borrowed and outlive the log. */
struct request_log *request_log_new(const struct arrivals *arrivals, const struct signal *rate,
                                    bool drawn, sim_time since);
void request_log_free(struct request_log *log); /* NULL is fine */
/* Forget what came before `now`. */
void request_log_restart(struct request_log *log, sim_time now);

/* Are they drawn, so that their latencies are known? */
bool request_log_is_drawn(const struct request_log *log);

/* From now on, count answers that took at most so many seconds (`strictly`: less). Returns the number
 * of this bound. Before the first request. */
size_t request_log_bound(struct request_log *log, double seconds, bool strictly);

/* Expected requests that failed, evenly in their number: those that came a `lag` earlier. */
void request_log_lag(struct request_log *log, sim_time lag);
void request_log_fail(struct request_log *log, sim_time from, sim_time to, double requests);
/* A drawn one that came at an instant: it came; it failed; it was answered after so many seconds. */
void request_log_came(struct request_log *log, sim_time at);
void request_log_failed(struct request_log *log, sim_time came);
void request_log_answered(struct request_log *log, sim_time came, double seconds);

/* What is bad of what. */
enum request_count {
    FAILED_OF_REQUESTS, /* failures, of all that came */
    SLOW_OF_REQUESTS,   /* failures and answers beyond a bound, of all that have come to an end */
    SLOW_OF_ANSWERS     /* answers beyond a bound, of all answers */
};

/* From when the log began (or `from`) to `to`: requests. `bound` is looked at with SLOW_*. */
struct spending request_log_spending(const struct request_log *log, enum request_count count,
                                     size_t bound, sim_time from, sim_time to);

#endif
