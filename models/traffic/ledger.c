/* Failed requests, by what they failed of and by when. */
#include "models/traffic/ledger.h"

#include <stdlib.h>

#include "sim/base/memory.h"

#define APART SIM_SECOND /* two episodes, at least */
enum { MOST_EPISODES = 4000 };

const char *traffic_reason_name(enum traffic_reason reason)
{
    static const char *const names[] = { "no-endpoint", "refused", "reset", "timed-out" };
    return names[reason];
}

const char *traffic_fault_name(enum traffic_fault fault)
{
    static const char *const names[] = { "none-known", "starting",    "stopping", "ended",
                                         "node-down",  "network-cut", "slow" };
    return names[fault];
}

void ledger_init(struct ledger *ledger, const struct text *name, const struct text *space,
                 const struct text *service, bool drawn)
{
    *ledger = (struct ledger){ .name = name, .space = space, .service = service, .drawn = drawn };
    tally_init(&ledger->latency, TALLY_EXACT);
    table_init(&ledger->loss_table);
}

void ledger_close(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->loss_count; i++)
        free(ledger->losses[i]);
    free(ledger->losses);
    free(ledger->episodes);
    table_close(&ledger->loss_table);
    tally_close(&ledger->latency);
    text_drop(ledger->name);
    text_drop(ledger->space);
    text_drop(ledger->service);
}

void ledger_restart(struct ledger *ledger, sim_time now)
{
    for (size_t i = 0; i < ledger->loss_count; i++)
        ledger->losses[i]->requests = 0;
    ledger->episode_count = 0;
    ledger->requests = ledger->attempts = ledger->failed = 0;
    ledger->since = now;
    tally_close(&ledger->latency);
    tally_init(&ledger->latency, TALLY_EXACT);
}

static struct traffic_loss *loss_of(struct ledger *ledger, enum traffic_reason reason,
                                    enum traffic_fault fault, struct cause cause)
{
    const uint64_t hash =
        (((uint64_t)cause.root * 8 + reason) * 8 + fault) * UINT64_C(0x9e3779b97f4a7c15);
    struct table_node *node = table_first(&ledger->loss_table, hash);
    for (; node != NULL; node = table_again(node)) {
        struct traffic_loss *loss = (struct traffic_loss *)node; /* node is its first member */
        if (loss->cause.root == cause.root && loss->reason == reason && loss->fault == fault)
            return loss;
    }
    struct traffic_loss *loss = mem_new(sizeof *loss);
    loss->reason = reason;
    loss->fault = fault;
    loss->cause = cause;
    table_add(&ledger->loss_table, &loss->node, hash);
    MEM_GROW(ledger->losses, ledger->loss_count, ledger->loss_capacity);
    return ledger->losses[ledger->loss_count++] = loss;
}

static struct traffic_episode *episode_at(struct ledger *ledger, sim_time from, struct cause cause)
{
    struct traffic_episode *last =
        ledger->episode_count > 0 ? &ledger->episodes[ledger->episode_count - 1] : NULL;
    if (last != NULL && (from - last->end < APART || ledger->episode_count == MOST_EPISODES))
        return last;
    MEM_GROW(ledger->episodes, ledger->episode_count, ledger->episode_capacity);
    last = &ledger->episodes[ledger->episode_count++];
    *last = (struct traffic_episode){ .start = from, .end = from, .cause = cause };
    return last;
}

void ledger_fail(struct ledger *ledger, enum traffic_reason reason, enum traffic_fault fault,
                 struct cause cause, sim_time from, sim_time to, double requests)
{
    if (!(requests > 0))
        return;
    struct traffic_loss *loss = loss_of(ledger, reason, fault, cause);
    struct traffic_episode *episode = episode_at(ledger, from, cause);
    if (loss->requests == 0)
        loss->first = from;
    loss->last = to;
    loss->requests += requests;
    episode->end = to > episode->end ? to : episode->end;
    episode->requests += requests;
    episode->by_reason[reason] += requests;
    ledger->failed += requests;
}
