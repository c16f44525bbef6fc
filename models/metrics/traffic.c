/* Requests to Services, as models/traffic counted them: a row for each entry of the scenario. */
#include <stdlib.h>
#include <string.h>

#include "models/metrics/metrics_private.h"
#include "models/traffic/traffic.h"

static void *start(struct cluster *cluster)
{
    return cluster; /* models/traffic counts, whether or not anybody asks */
}

static struct value *reasons_print(const double by_reason[TRAFFIC_REASONS])
{
    struct value *map = value_new_map();
    for (int reason = 0; reason < TRAFFIC_REASONS; reason++)
        value_set(map, traffic_reason_name((enum traffic_reason)reason),
                  number_print(by_reason[reason]));
    return map;
}

static void cause_print(const struct run *run, struct cause cause, struct value *into)
{
    char *name = root_print(run, cause.root);
    value_set(into, "cause", value_new_string(name));
    value_set(into, "line", value_new_int((int64_t)cause.id));
    free(name);
}

/* Losses of one reason, fault and kind of root, added up; `from` is the first of them. */
static struct value *loss_print(const struct ledger *ledger, const struct run *run, size_t from)
{
    const struct traffic_loss *first = ledger->losses[from];
    const char *kind = run->roots[first->cause.root].kind;
    struct traffic_loss sum = *first;
    int64_t roots = 1;
    for (size_t i = from + 1; i < ledger->loss_count; i++) {
        const struct traffic_loss *loss = ledger->losses[i];
        if (loss->reason != first->reason || loss->fault != first->fault || loss->requests == 0 ||
            strcmp(run->roots[loss->cause.root].kind, kind) != 0)
            continue;
        sum.requests += loss->requests;
        sum.first = loss->first < sum.first ? loss->first : sum.first;
        sum.last = loss->last > sum.last ? loss->last : sum.last;
        roots++;
    }
    struct value *map = value_new_map();
    value_set(map, "reason", value_new_string(traffic_reason_name(sum.reason)));
    value_set(map, "fault", value_new_string(traffic_fault_name(sum.fault)));
    value_set(map, "kind", value_new_string(kind));
    cause_print(run, first->cause, map);
    value_set(map, "roots", value_new_int(roots));
    value_set(map, "requests", number_print(sum.requests));
    value_set(map, "firstSeconds", seconds_print(sum.first));
    value_set(map, "lastSeconds", seconds_print(sum.last));
    return map;
}

static bool is_first_of_its_kind(const struct ledger *ledger, const struct run *run, size_t index)
{
    const struct traffic_loss *this = ledger->losses[index];
    for (size_t i = 0; i < index; i++) {
        const struct traffic_loss *loss = ledger->losses[i];
        if (loss->requests > 0 && loss->reason == this->reason && loss->fault == this->fault &&
            strcmp(run->roots[loss->cause.root].kind, run->roots[this->cause.root].kind) == 0)
            return false;
    }
    return this->requests > 0;
}

static struct value *losses_print(const struct ledger *ledger, const struct run *run)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < ledger->loss_count; i++)
        if (is_first_of_its_kind(ledger, run, i))
            value_add(list, loss_print(ledger, run, i));
    return list;
}

static struct value *episodes_print(const struct ledger *ledger, const struct run *run)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < ledger->episode_count; i++) {
        const struct traffic_episode *episode = &ledger->episodes[i];
        struct value *map = value_new_map();
        value_set(map, "startSeconds", seconds_print(episode->start));
        value_set(map, "endSeconds", seconds_print(episode->end));
        value_set(map, "failed", number_print(episode->requests));
        value_set(map, "reasons", reasons_print(episode->by_reason));
        cause_print(run, episode->cause, map);
        value_add(list, map);
    }
    return list;
}

static void reasons_of(const struct ledger *ledger, double by_reason[TRAFFIC_REASONS])
{
    for (int reason = 0; reason < TRAFFIC_REASONS; reason++)
        by_reason[reason] = 0;
    for (size_t i = 0; i < ledger->loss_count; i++)
        by_reason[ledger->losses[i]->reason] += ledger->losses[i]->requests;
}

static struct value *row_print(struct ledger *ledger, const struct run *run)
{
    struct value *row = value_new_map();
    double by_reason[TRAFFIC_REASONS];
    reasons_of(ledger, by_reason);
    value_set(row, "namespace", value_new_string(text_s(ledger->space)));
    value_set(row, "name", value_new_string(text_s(ledger->name)));
    value_set(row, "service", value_new_string(text_s(ledger->service)));
    value_set(row, "mode", value_new_string(ledger->drawn ? "requests" : "expected"));
    value_set(row, "requests", number_print(ledger->requests));
    value_set(row, "attempts", number_print(ledger->attempts));
    value_set(row, "failed", number_print(ledger->failed));
    value_set(row, "failedShare",
              ledger->requests > 0 ? number_print(ledger->failed / ledger->requests)
                                   : value_new_null());
    value_set(row, "waiting", number_print(ledger->waiting));
    value_set(row, "reasons", reasons_print(by_reason));
    value_set(row, "firstFailureSeconds",
              ledger->episode_count > 0 ? seconds_print(ledger->episodes[0].start)
                                        : value_new_null());
    value_set(row, "lastFailureSeconds",
              ledger->episode_count > 0
                  ? seconds_print(ledger->episodes[ledger->episode_count - 1].end)
                  : value_new_null());
    value_set(row, "latency", tally_print(&ledger->latency));
    value_set(row, "losses", losses_print(ledger, run));
    value_set(row, "episodes", episodes_print(ledger, run));
    return row;
}

static struct value *summary(void *state, sim_time now)
{
    const struct cluster *cluster = state;
    struct traffic *traffic = traffic_of(cluster);
    struct value *list = value_new_list();
    struct ledger *ledger;
    for (size_t i = 0; (ledger = traffic_counted(traffic, i, now)) != NULL; i++)
        value_add(list, row_print(ledger, cluster->run));
    return list;
}

static void restart(void *state, sim_time now)
{
    traffic_restart(traffic_of(state), now);
}

static void stop(void *state)
{
    (void)state;
}

static void sample(void *state, sim_time now, const struct sampler *to)
{
    const struct cluster *cluster = state;
    struct traffic *traffic = traffic_of(cluster);
    struct traffic_sums sums;
    for (size_t i = 0; traffic_glance(traffic, i, now, &sums); i++) {
        const char *space = text_s(sums.ledger->space), *name = text_s(sums.ledger->name),
                   *service = text_s(sums.ledger->service);
        double answered = sums.requests - sums.waiting;
        for (int reason = 0; reason < TRAFFIC_REASONS; reason++)
            answered -= sums.by_reason[reason];
        sample_take(to, "seatrial_requests_total", answered > 0 ? answered : 0, space, name,
                    service, "answered");
        for (int reason = 0; reason < TRAFFIC_REASONS; reason++)
            sample_take(to, "seatrial_requests_total", sums.by_reason[reason], space, name, service,
                        traffic_reason_name((enum traffic_reason)reason));
        sample_take(to, "seatrial_requests_waiting", sums.waiting, space, name, service);
        sample_take(to, "seatrial_request_attempts_total", sums.attempts, space, name, service);
    }
}

const struct metric traffic_metric = {
    .name = "traffic",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
    .sample = sample,
};
