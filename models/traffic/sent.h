/* How many attempts each listening member of a tier was sent by an instant, lately. */
#ifndef MODELS_TRAFFIC_SENT_H
#define MODELS_TRAFFIC_SENT_H

#include "models/traffic/traffic_private.h"

/* The numbers at one instant: sums since the beginning, which only grow. */
struct mark {
    sim_time at;
    double sent[TIERS][ATTEMPTS];
};

struct sent {
    struct mark
        *marks; /* owned; from old to new, at least one; those before `first` are done with */
    size_t first, count, capacity;
};

/* Nothing was sent by `at`. Release with sent_close(). */
void sent_init(struct sent *sent, sim_time at);
void sent_close(struct sent *sent);

/* The numbers at `at`, not before the last mark, to be added to: a row for each tier. What is older
 * than `kept` is forgotten. O(1) amortised. */
double (*sent_mark(struct sent *sent, sim_time at, sim_time kept))[ATTEMPTS];

/* The number of a tier and attempt at `at`. Between two marks it grows with the integral of the rate:
 * exact for first attempts, and for all where the rate is constant. O(log marks). */
double sent_read(const struct sent *sent, const struct arrivals *arrivals, enum tier tier,
                 int attempt, sim_time at);

#endif
