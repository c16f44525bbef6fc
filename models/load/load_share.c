/* Shares of pods in a load, as they were lately. */
#include <string.h>

#include "models/load/load_private.h"
#include "sim/base/memory.h"

/* Two scrapes and the wait for their answers. */
sim_time load_memory(const struct load *load)
{
    const struct settings *settings = &load->cluster->settings;
    return 3 * settings->metric_resolution + settings->metric_delay + SIM_SECOND;
}

/* Leave out what ended before the oldest question. */
static void forget_shares(struct load_entry *entry, sim_time before)
{
    size_t gone = 0;
    while (gone + 1 < entry->share_count && entry->shares[gone + 1].from <= before)
        gone++;
    if (gone == 0)
        return;
    memmove(entry->shares, entry->shares + gone,
            (entry->share_count - gone) * sizeof *entry->shares);
    entry->share_count -= gone;
}

void load_share_set(struct load_entry *entry, uint32_t pods, sim_time now, sim_time memory)
{
    struct load_share *last =
        entry->share_count > 0 ? &entry->shares[entry->share_count - 1] : NULL;
    if (last != NULL && last->from == now) {
        last->pods = pods;
        return;
    }
    forget_shares(entry, now - memory);
    MEM_GROW(entry->shares, entry->share_count, entry->share_capacity);
    entry->shares[entry->share_count++] = (struct load_share){ now, pods };
}

double load_share_integral(const struct load_entry *entry, const struct signal *signal,
                           sim_time from, sim_time to)
{
    double sum = 0;
    for (size_t i = 0; i < entry->share_count; i++) {
        const struct load_share *share = &entry->shares[i];
        const sim_time end = i + 1 < entry->share_count ? share[1].from : SIM_FOREVER;
        const sim_time begin = share->from > from ? share->from : from;
        const sim_time until = end < to ? end : to;
        if (begin < until && share->pods > 0)
            sum += signal_integral(signal, begin, until) / share->pods;
    }
    return sum;
}

double load_share_value(const struct load_entry *entry, const struct signal *signal, sim_time at)
{
    uint32_t pods = 0;
    for (size_t i = 0; i < entry->share_count && entry->shares[i].from <= at; i++)
        pods = entry->shares[i].pods;
    return pods > 0 ? signal_value(signal, at) / pods : 0;
}

sim_time load_share_since(const struct load_entry *entry)
{
    return entry->shares[entry->share_count - 1].from;
}

/* ---- pods ---- */

static void forget_intervals(struct loaded_pod *pod, sim_time before)
{
    size_t gone = 0;
    while (gone < pod->interval_count && pod->intervals[gone].to <= before)
        gone++;
    if (gone == 0)
        return;
    memmove(pod->intervals, pod->intervals + gone,
            (pod->interval_count - gone) * sizeof *pod->intervals);
    pod->interval_count -= gone;
}

void loaded_pod_set_ready(struct loaded_pod *pod, bool ready, sim_time now, sim_time memory)
{
    if (pod->ready == ready)
        return;
    pod->ready = ready;
    if (!ready) {
        pod->intervals[pod->interval_count - 1].to = now;
        return;
    }
    forget_intervals(pod, now - memory);
    MEM_GROW(pod->intervals, pod->interval_count, pod->interval_capacity);
    pod->intervals[pod->interval_count++] = (struct load_interval){ now, SIM_FOREVER };
}

bool loaded_pod_was_ready(const struct loaded_pod *pod, sim_time at)
{
    for (size_t i = 0; i < pod->interval_count; i++)
        if (pod->intervals[i].from <= at && at < pod->intervals[i].to)
            return true;
    return false;
}
