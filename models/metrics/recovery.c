/* Times of detection, rescheduling and recovery. */
#include "models/metrics/metrics_private.h"

void recovery_init(struct recovery *recovery)
{
    tally_init(&recovery->detect, TALLY_EXACT);
    tally_init(&recovery->reschedule, TALLY_EXACT);
    tally_init(&recovery->recover, TALLY_EXACT);
}

void recovery_close(struct recovery *recovery)
{
    tally_close(&recovery->detect);
    tally_close(&recovery->reschedule);
    tally_close(&recovery->recover);
}

void recovery_note(struct recovery *recovery, const struct run *run, const struct availability *of,
                   const struct vacancy *filled, uint64_t replica, sim_time scheduled, sim_time now)
{
    const uint32_t root = filled->cause.root;
    if (!of->counting || filled->since < of->began || filled->replica == 0 ||
        !root_is_failure(run, root))
        return;
    const sim_time struck = run->roots[root].at;
    tally_add(&recovery->detect, sim_time_to_seconds(filled->since - struck));
    tally_add(&recovery->recover, sim_time_to_seconds(now - struck));
    if (filled->replica != replica && scheduled >= struck) /* not by one that was there before */
        tally_add(&recovery->reschedule, sim_time_to_seconds(scheduled - struck));
}

void recovery_print(struct recovery *recovery, struct value *into)
{
    value_set(into, "detect", tally_print(&recovery->detect));
    value_set(into, "reschedule", tally_print(&recovery->reschedule));
    value_set(into, "recover", tally_print(&recovery->recover));
}
