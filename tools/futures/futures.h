/* One past, two futures: a run is played up to a moment, where its process forks, and goes on as it was in
 * one half and with a change in the other. Both have the same luck, unless they are given another one. */
#ifndef TOOLS_FUTURES_FUTURES_H
#define TOOLS_FUTURES_FUTURES_H

#include "tools/inputs.h"

enum { UNCHANGED, CHANGED, FUTURES };

struct futures_plan {
    struct inputs *inputs;            /* borrowed */
    sim_time at;                      /* where they part */
    const struct scenario *change;    /* its actions are done then */
    const char *directories[FUTURES]; /* what each leaves behind; NULL: nothing */
    size_t replications; /* futures with other luck than the first, beside it: one less */
};

/* The first lines of both traces that differ. */
struct divergence {
    bool differs;
    sim_time at;          /* the earlier one */
    char *lines[FUTURES]; /* owned: "deployment/default/web: updated"; NULL: it was over */
    sim_time times[FUTURES];
};

struct futures {
    struct divergence divergence;
    /* Summaries: of replication r and future f at [r * FUTURES + f]; owned. */
    struct value **summaries;
    size_t replications;
};

/* Play them. False after what went wrong was printed, in the command's name. Close in either case. */
bool futures_play(const struct futures_plan *plan, struct futures *futures);
void futures_close(struct futures *futures);

static inline const struct value *futures_summary(const struct futures *futures, size_t replication,
                                                  int future)
{
    return futures->summaries[replication * FUTURES + (size_t)future];
}

#endif
