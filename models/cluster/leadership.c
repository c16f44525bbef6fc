/* Leaving and winning a lease. */
#include "models/cluster/leadership.h"

static const double jitter_factor = 1.2; /* JitterFactor: waits of up to 2.2 periods */

/* One wait between two tries to take a lease. */
static sim_time jittered_wait(struct leadership *leadership)
{
    const sim_time period = leadership->cluster->settings.leader_elect_retry_period;
    const double more = jitter_factor * stream_uniform(&leadership->stream);
    return period + (sim_time)(more * (double)period);
}

/* When a process that tries to lead from `from` on does, given when the server answers again. */
static sim_time leads_at(struct leadership *leadership, sim_time from, sim_time answers)
{
    const sim_time duration = leadership->cluster->settings.leader_elect_lease_duration;
    sim_time now = from;
    while (now < answers)
        now += jittered_wait(leadership);
    const sim_time seen = now;
    while (now <= seen + duration)
        now += jittered_wait(leadership);
    return now;
}

static void leads_again(void *subject, sim_time now)
{
    struct leadership *leadership = subject;
    (void)now;
    leadership->due = 0;
    leadership->works = true;
    leadership->back(leadership->self, true, leadership->cause);
}

/* When the process gives up that cannot renew since then: it tries once a period. */
static sim_time gives_up_at(struct leadership *leadership, sim_time since)
{
    const struct settings *settings = &leadership->cluster->settings;
    const double wait = stream_uniform(&leadership->stream);
    return since + settings->leader_elect_renew_deadline +
           (sim_time)(wait * (double)settings->leader_elect_retry_period);
}

/* Nothing can be renewed any more. One that does not lead yet is a new process already. */
static void lose_touch(struct leadership *leadership, sim_time now)
{
    leadership->gives_up = leadership->works ? gives_up_at(leadership, now) : now;
    leadership->works = false;
    run_cancel(leadership->cluster->run, &leadership->due);
}

static void get_in_touch(struct leadership *leadership, sim_time now, struct cause cause)
{
    const struct settings *settings = &leadership->cluster->settings;
    leadership->cause = cause;
    if (settings->leader_elect && now >= leadership->gives_up) {
        leadership->due =
            run_at(leadership->cluster->run, leads_at(leadership, leadership->gives_up, now),
                   PRIORITY_WORLD, leads_again, leadership);
        return;
    }
    leadership->works = true;
    leadership->back(leadership->self, false, cause);
}

static void machine_heard(void *self, const struct watch_event *event)
{
    struct leadership *leadership = self;
    const struct api_server *server = &leadership->cluster->api_server;
    if (!api_server_runs_on(event->object) || server->away == leadership->away)
        return;
    leadership->away = server->away;
    if (server->away)
        lose_touch(leadership, event->at);
    else
        get_in_touch(leadership, event->at, event->cause);
}

void leadership_init(struct leadership *leadership, struct cluster *cluster, const char *name,
                     void (*back)(void *self, bool anew, struct cause cause), void *self)
{
    *leadership = (struct leadership){
        .cluster = cluster,
        .stream = run_stream(cluster->run, cluster->id, name, "leader-election", 0),
        .works = true,
        .back = back,
        .self = self,
    };
    leadership->luck = (struct luck_holder){ .stream = &leadership->stream };
    luck_hold(cluster->run, &leadership->luck);
    store_watch_kinds(cluster->store, (struct watcher){ leadership, machine_heard },
                      UINT64_C(1) << KIND_MACHINE);
}

void leadership_close(struct leadership *leadership)
{
    luck_leave(&leadership->luck);
    run_cancel(leadership->cluster->run, &leadership->due);
}
