/* A station: customers stand in one line, first come first served, before a few servers.
 *
 * Built on the public engine as any model would be: events of a run, streams by name,
 * distributions. Customers come from outside (an open station: M/M/1, M/M/c, M/G/1), or they
 * are machines that work, break down, and work again when they are repaired (a closed one).
 *
 *     struct station station;
 *     station_open(&station, run, servers, between_arrivals, service);
 *     run_until(run, SIM_HOUR);
 *     station_close(&station);
 */
#ifndef TESTS_SUPPORT_STATION_H
#define TESTS_SUPPORT_STATION_H

#include "sim/sim.h"

/* Delays from one distribution and one stream, drawn one ahead: while the model goes on, the
 * processor works on the next one. */
struct delays {
    const struct distribution *distribution;
    struct stream luck;
    sim_time next;
};

struct station {
    struct run *run;
    int servers, busy;
    int machines;       /* 0: customers come from outside */
    struct delays away; /* between arrivals, or until a machine breaks down */
    struct delays service;

    sim_time *line; /* when those who wait arrived: a ring of 2^n places */
    size_t first, waiting, places;

    uint64_t left;        /* customers whose service has begun */
    struct batches waits; /* of those, in seconds, since the last station_measure() */
    struct level busy_level, inside_level; /* servers at work; customers waiting or served */
};

/* Customers arrive from now on. The distributions are borrowed. */
void station_open(struct station *station, struct run *run, int servers,
                  const struct distribution *between_arrivals, const struct distribution *service);

/* `machines` of them work from now on, and are looked after by the servers. */
void station_closed(struct station *station, struct run *run, int servers, int machines,
                    const struct distribution *until_breakdown, const struct distribution *repair);

/* Forget what was measured so far: the warm-up is over. */
void station_measure(struct station *station);

void station_close(struct station *station);

#endif
