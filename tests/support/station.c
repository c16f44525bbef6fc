/* Two kinds of events: a customer arrives, and a service ends. */
#include "tests/support/station.h"

#include <stdlib.h>

static void service_ends(void *subject, sim_time now);

/* ---- the line ---- */

static void line_grow(struct station *station)
{
    sim_time *line = mem_new(2 * station->places * sizeof *line);
    for (size_t i = 0; i < station->waiting; i++)
        line[i] = station->line[(station->first + i) & (station->places - 1)];
    free(station->line);
    station->line = line;
    station->first = 0;
    station->places *= 2;
}

static void line_join(struct station *station, sim_time now)
{
    if (station->waiting == station->places)
        line_grow(station);
    station->line[(station->first + station->waiting++) & (station->places - 1)] = now;
}

static sim_time line_leave(struct station *station)
{
    const sim_time arrived = station->line[station->first];
    station->first = (station->first + 1) & (station->places - 1);
    station->waiting--;
    return arrived;
}

/* ---- events ---- */

static struct delays delays_of(const struct run *run, const char *purpose,
                               const struct distribution *distribution)
{
    struct delays delays = { distribution, stream_of(run->seed, "", "station", purpose, 0), 0 };
    delays.next = distribution_sample_time(distribution, &delays.luck);
    return delays;
}

static void after(struct station *station, sim_time now, struct delays *delays, event_fn *act)
{
    run_at(station->run, sim_time_after(now, delays->next), PRIORITY_WORLD, act, station);
    delays->next = distribution_sample_time(delays->distribution, &delays->luck);
}

static void service_begins(struct station *station, sim_time now, sim_time arrived)
{
    station->left++;
    batches_add(&station->waits, sim_time_to_seconds(now - arrived));
    after(station, now, &station->service, service_ends);
}

static void customer_arrives(void *subject, sim_time now)
{
    struct station *station = subject;
    level_add(&station->inside_level, now, 1);
    if (station->machines == 0)
        after(station, now, &station->away, customer_arrives);
    if (station->busy == station->servers) {
        line_join(station, now);
        return;
    }
    level_set(&station->busy_level, now, ++station->busy);
    service_begins(station, now, now);
}

static void service_ends(void *subject, sim_time now)
{
    struct station *station = subject;
    level_add(&station->inside_level, now, -1);
    if (station->machines > 0)
        after(station, now, &station->away, customer_arrives);
    if (station->waiting > 0)
        service_begins(station, now, line_leave(station));
    else
        level_set(&station->busy_level, now, --station->busy);
}

/* ---- set up ---- */

static void station_init(struct station *station, struct run *run, int servers,
                         const struct distribution *away, const struct distribution *service)
{
    *station = (struct station){ .run = run, .servers = servers };
    station->away = delays_of(run, "arrival", away);
    station->service = delays_of(run, "service", service);
    station->places = 64;
    station->line = mem_new(station->places * sizeof *station->line);
    station_measure(station);
}

void station_open(struct station *station, struct run *run, int servers,
                  const struct distribution *between_arrivals, const struct distribution *service)
{
    station_init(station, run, servers, between_arrivals, service);
    after(station, run_now(run), &station->away, customer_arrives);
}

void station_closed(struct station *station, struct run *run, int servers, int machines,
                    const struct distribution *until_breakdown, const struct distribution *repair)
{
    station_init(station, run, servers, until_breakdown, repair);
    station->machines = machines;
    for (int i = 0; i < machines; i++)
        after(station, run_now(run), &station->away, customer_arrives);
}

void station_measure(struct station *station)
{
    const sim_time now = run_now(station->run);
    batches_init(&station->waits, 1024);
    level_init(&station->busy_level, now, station->busy);
    level_init(&station->inside_level, now, station->busy + (double)station->waiting);
}

void station_close(struct station *station)
{
    free(station->line);
}
