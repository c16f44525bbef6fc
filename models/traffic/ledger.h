/* What was counted of one source of requests. */
#ifndef MODELS_TRAFFIC_LEDGER_H
#define MODELS_TRAFFIC_LEDGER_H

#include "models/traffic/request_log.h"
#include "sim/base/table.h"
#include "sim/base/text.h"
#include "sim/base/time.h"
#include "sim/kernel/cause.h"
#include "sim/stat/tally.h"

/* What the client sees of a request's last attempt. */
enum traffic_reason { TRAFFIC_NO_ENDPOINT, TRAFFIC_REFUSED, TRAFFIC_RESET, TRAFFIC_TIMED_OUT };
enum { TRAFFIC_REASONS = TRAFFIC_TIMED_OUT + 1 };

/* What was the matter with whom it was sent to. */
enum traffic_fault {
    TRAFFIC_NONE_KNOWN,  /* the proxy knew no endpoint */
    TRAFFIC_STARTING,    /* its process does not listen yet */
    TRAFFIC_STOPPING,    /* its process was told to stop, and does not listen any more */
    TRAFFIC_ENDED,       /* its process ended by itself, or was killed */
    TRAFFIC_NODE_DOWN,   /* its node has no power */
    TRAFFIC_NETWORK_CUT, /* its node has no network */
    TRAFFIC_SLOW,        /* nothing: the answer takes longer than the time-out */
    TRAFFIC_DEGRADED     /* the same, of a machine or network that is not well */
};

const char *traffic_reason_name(enum traffic_reason reason); /* "timed-out" */
const char *traffic_fault_name(enum traffic_fault fault);    /* "node-down" */

/* Failed requests of one reason, fault and root of causes. A failure is dated when its last attempt
 * was lost: when it was sent to whom nobody answers for, or when whom it was sent to went. */
struct traffic_loss {
    struct table_node node;
    enum traffic_reason reason;
    enum traffic_fault fault;
    struct cause cause; /* of the first one */
    double requests;
    sim_time first, last;
};

/* Failures with less than a second between them. */
struct traffic_episode {
    sim_time start, end;
    double requests, by_reason[TRAFFIC_REASONS];
    struct cause cause; /* of the first one */
};

struct ledger {
    const struct text *name, *space, *service; /* held */
    bool drawn;                                /* counted one by one; otherwise expected */
    sim_time since;                            /* what is counted began then */
    double requests, attempts;                 /* an attempt is a request's first, or a retry */
    double failed;
    double waiting;       /* for their next attempt, at the end */
    struct tally latency; /* seconds until the answer, retries included; of drawn ones only */
    struct traffic_loss **losses; /* owned; in order of appearance; some may be 0 */
    size_t loss_count, loss_capacity;
    struct table loss_table;
    struct traffic_episode *episodes; /* owned; the first few thousand, then all in the last */
    size_t episode_count, episode_capacity;
    struct request_log *log; /* owned; NULL: nobody asks when what happened */
};

/* The texts are taken over. Release with ledger_close(). */
void ledger_init(struct ledger *ledger, const struct text *name, const struct text *space,
                 const struct text *service, bool drawn);
void ledger_close(struct ledger *ledger);
void ledger_restart(struct ledger *ledger, sim_time now);

/* So many requests failed, from one instant to another (or at one). */
void ledger_fail(struct ledger *ledger, enum traffic_reason reason, enum traffic_fault fault,
                 struct cause cause, sim_time from, sim_time to, double requests);

#endif
