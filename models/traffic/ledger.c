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
                                         "node-down",  "network-cut", "slow",     "degraded" };
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
    request_log_free(ledger->log);
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
    if (ledger->log != NULL)
        request_log_restart(ledger->log, now);
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

/* Episodes from `first` on, and before `end`, become one. */
static void merge(struct ledger *ledger, size_t first, size_t end)
{
    struct traffic_episode *into = &ledger->episodes[first];
    for (size_t i = first + 1; i < end; i++) {
        const struct traffic_episode *next = &ledger->episodes[i];
        into->end = next->end > into->end ? next->end : into->end;
        into->requests += next->requests;
        for (int reason = 0; reason < TRAFFIC_REASONS; reason++)
            into->by_reason[reason] += next->by_reason[reason];
    }
    if (end > first + 1) {
        memmove(into + 1, &ledger->episodes[end], (ledger->episode_count - end) * sizeof *into);
        ledger->episode_count -= end - first - 1;
    }
}

/* The episode of failures from one instant to another. They come nearly in order: proxies are
 * counted up one by one. */
static struct traffic_episode *episode_at(struct ledger *ledger, sim_time from, sim_time to,
                                          struct cause cause)
{
    size_t end = ledger->episode_count;
    while (end > 0 && ledger->episodes[end - 1].start - to >= APART)
        end--;
    size_t first = end;
    while (first > 0 && from - ledger->episodes[first - 1].end < APART)
        first--;
    if (first == end && ledger->episode_count == MOST_EPISODES) {
        first = end > 0 ? end - 1 : 0;
    } else if (first == end) {
        MEM_GROW(ledger->episodes, ledger->episode_count, ledger->episode_capacity);
        memmove(&ledger->episodes[first + 1], &ledger->episodes[first],
                (ledger->episode_count++ - first) * sizeof *ledger->episodes);
        ledger->episodes[first] =
            (struct traffic_episode){ .start = from, .end = to, .cause = cause };
    } else {
        merge(ledger, first, end);
    }
    struct traffic_episode *episode = &ledger->episodes[first];
    if (from < episode->start) {
        episode->start = from;
        episode->cause = cause;
    }
    episode->end = to > episode->end ? to : episode->end;
    return episode;
}

void ledger_fail(struct ledger *ledger, enum traffic_reason reason, enum traffic_fault fault,
                 struct cause cause, sim_time from, sim_time to, double requests)
{
    if (!(requests > 0))
        return;
    struct traffic_loss *loss = loss_of(ledger, reason, fault, cause);
    struct traffic_episode *episode = episode_at(ledger, from, to, cause);
    loss->first = loss->requests == 0 || from < loss->first ? from : loss->first;
    loss->last = loss->requests == 0 || to > loss->last ? to : loss->last;
    loss->requests += requests;
    episode->requests += requests;
    episode->by_reason[reason] += requests;
    ledger->failed += requests;
    if (ledger->log != NULL && !ledger->drawn)
        request_log_fail(ledger->log, from, to, requests);
}
