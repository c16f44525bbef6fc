/* What the files of traffic share: pods as requests meet them, what proxies know of them, and the
 * two ways to count.
 *
 *     traffic.c   hears of slices, machines and processes, and keeps what is due later
 *     server.c    pods and nodes: who listens, who is gone
 *     proxy.c     the endpoints one proxy knows
 *     source.c    an entry of the scenario: the requests to one Service
 *     usage.c     what requests cost pods
 *     pace.c      how long answers take where machine or network are not well
 *     expected.c, drawn.c   count what happened between two changes, and who was lost at one
 *     sent.c      how many an endpoint was sent, for expected.c
 *
 * Everything runs behind the run: on hearing of a change, what was due before it is made up for
 * first. Of what happens at one instant, changes come before retries, and retries before new
 * requests. */
#ifndef MODELS_TRAFFIC_TRAFFIC_PRIVATE_H
#define MODELS_TRAFFIC_TRAFFIC_PRIVATE_H

#include "models/api/ailment.h"
#include "models/api/service.h"
#include "models/traffic/agenda.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "sim/chance/arrivals.h"

/* Why somebody does not answer. */
struct why {
    enum traffic_fault fault;
    struct cause cause;
};

/* The kinds of items in the agenda of the traffic. */
enum { PROXY_LEARNS, SERVER_LISTENS, SERVER_GETS_SIGTERM };

/* --- server.c: pods and their nodes ----------------------------------------------------- */

enum answer { LISTENS, REFUSES, SILENT };
enum shutdown { SHUTDOWN_DRAIN, SHUTDOWN_RESET, SHUTDOWN_IGNORE };

struct host {
    struct table_node by_name;
    const struct text *name; /* held */
    bool silent;             /* no power, or no network */
    struct why why;
    const struct ailments *ailments; /* held: its machine's */
    struct server *servers;          /* on it */
};

struct server {
    struct table_node by_uid;
    uint64_t id; /* of the pod: uid.low */
    struct host *host;
    struct server *next, **link; /* among the host's */
    bool running, listening;
    bool stopping, terminated; /* it was told to stop; it got SIGTERM */
    uint32_t number;           /* of its runs: what was planned for an earlier one does not count */
    struct cause cause;        /* of how it is */
    struct member *members;
    struct station *stations;
    struct second *used; /* owned; lately, from old to new; drawn requests only */
    size_t used_count, used_capacity;
};

/* What an application that takes SIGTERM like this answers; `why` is set if it does not. */
enum answer server_answer(const struct server *server, enum shutdown shutdown, struct why *why);
struct server *server_find(const struct traffic *traffic, uint64_t pod);
/* The same, or a new one on a node (NULL: on one that never fails). */
struct server *server_get(struct traffic *traffic, uint64_t pod, const struct text *node,
                          struct cause cause);
/* Forget it if it neither runs nor is known to a proxy. */
void server_let_go(struct traffic *traffic, struct server *server);
/* All of them, with their members and nodes. */
void servers_close(struct traffic *traffic);

void server_hear(struct traffic *traffic, const struct process_event *event);
/* What was planned for the processes is due: kinds of items of the agenda. */
void server_listens(struct traffic *traffic, const struct item *item);
void server_gets_sigterm(struct traffic *traffic, const struct item *item);
void clients_hear(struct traffic *traffic, const struct watch_event *event);
void host_hear(struct traffic *traffic, const struct watch_event *event);

/* --- proxy.c: the endpoints one proxy knows ----------------------------------------------- */

enum tier { READY, TERMINATING, TIERS, UNUSED = TIERS };

/* Members that do not answer as usual for one reason. */
struct group {
    struct group *next;
    enum answer answer;      /* LISTENS: they do, at their pace */
    const struct pace *pace; /* of those; otherwise NULL */
    struct why why;
    size_t members[TIERS];
};

/* CPU that drawn requests took of a pod, within a second. */
struct second {
    int64_t number; /* from the start of the run */
    double cpu_seconds;
};

/* While a member listened in one tier: it was sent its part of all requests. */
struct span {
    sim_time from, to;
    enum tier tier;
    const struct pace *pace; /* at which it answered; NULL: the usual one */
    bool lost;               /* nothing of it is in flight any more */
};

/* A drawn attempt that was taken. */
struct flight {
    sim_time since, ends; /* when its request came, when its answer is given */
    int attempt;
};

/* An endpoint as one proxy knows it. */
struct member {
    struct table_node by_uid;
    struct member *next; /* of its server */
    struct server *server;
    struct proxy *proxy;
    enum tier tier;
    size_t place;                     /* in its tier */
    int ready_in, terminating_in, in; /* so many slices */
    struct group *group;              /* NULL: it listens and answers as usual */
    struct span *spans;               /* owned; expected: what may be in flight still */
    size_t span_count, span_capacity;
    struct flight *flights; /* owned; drawn: in flight, or answered and not cleared away yet */
    size_t flight_count, flight_capacity;
};

struct proxy {
    struct source *source;
    struct {
        struct member **items;
        size_t count, capacity;
        size_t refusing, silent; /* of them */
    } of[TIERS];
    struct table members;
    struct group *groups;
    struct why none_known;
    sim_time last_update; /* when the newest update of slices so far arrives */
    struct stream delays;
    struct luck_holder luck;         /* of that */
    struct expected_proxy *expected; /* owned; NULL: requests are drawn */
};

/* Whom requests go to now: READY, TERMINATING, or UNUSED when there is nobody. */
static inline enum tier proxy_tier(const struct proxy *proxy)
{
    return proxy->of[READY].count > 0         ? READY
           : proxy->of[TERMINATING].count > 0 ? TERMINATING
                                              : UNUSED;
}
static inline bool member_listens(const struct member *member)
{
    return member->tier != UNUSED && (member->group == NULL || member->group->answer == LISTENS);
}

void proxy_init(struct proxy *proxy, struct source *source, size_t number);
void proxy_close(struct proxy *proxy);
/* A slice has changed from one version to another (NULL: there was none, it is gone). */
void proxy_update(struct proxy *proxy, const struct endpoint_slice *before,
                  const struct endpoint_slice *after, sim_time at);
/* The slices that list it, or what its server answers, may have changed; the caller tells the
 * source when all have been looked at. */
void member_look_again(struct member *member, sim_time at);
/* Its machine, or its clients', is well or not: look again, and lose what a cut network loses. */
void member_strain_changed(struct member *member, sim_time at);
/* No slice lists it and nothing is in flight to it: forget it. */
void member_free(struct member *member);

/* --- pace.c ------------------------------------------------------------------------------ */

/* Answers under a strain: what is in time of them, and when it comes. */
struct pace {
    struct pace *next;
    struct strain strain;
    double in_time; /* share of answers before the time-out; strain.resets of requests are reset */
    struct {
        sim_time time;
        double weight;
    } * points; /* owned; their times, with weights that add up to in_time */
    size_t count, capacity;
};

/* Of a source under a strain: one for each; NULL: as usual. */
const struct pace *pace_of(struct source *source, const struct strain *strain);
void paces_free(struct source *source);
/* What the network adds to one answer: drawn from a stream, three numbers of it. */
sim_time pace_draw_network(const struct pace *pace, struct stream *stream);
/* The strain between the clients of a member's source and its server; false: there is none. */
bool member_strain(const struct member *member, struct strain *strain);

/* --- source.c ---------------------------------------------------------------------------- */

enum { MOST_RETRIES = 5, ATTEMPTS = MOST_RETRIES + 1 };

struct source {
    struct traffic *traffic;
    struct ledger ledger; /* with the names */
    struct signal *rate;
    struct arrivals *arrivals;
    struct distribution *service_time;
    sim_time timeout; /* of one attempt */
    double in_time;   /* share of service times that are not longer */
    int retries;
    sim_time back_off; /* before the first retry; each is twice as long */
    enum shutdown shutdown;
    double cpu_per_request;   /* CPU seconds */
    sim_time memory;          /* how long it is remembered who was sent how much; 0: nobody asks */
    int64_t concurrency;      /* of one pod; 0: no limit */
    struct client_labels who; /* who sends them; held; all NULL: somebody outside */
    struct pace *paces;       /* owned */
    struct proxy *proxies;
    size_t proxy_count;
    sim_time passed;           /* drawn up to here */
    struct agenda agenda;      /* of drawn retries */
    struct expected *expected; /* owned; one of these two */
    struct drawn *drawn;       /* owned */
};

/* The share of service times that are at most so long. */
double share_in_time(const struct distribution *service_time, sim_time timeout);
/* NULL with the faults of the entry appended. Free with source_free(), without members. */
struct source *source_new(struct traffic *traffic, const struct value *entry,
                          struct error_list *faults);
void source_free(struct source *source);
/* Count what went through the proxy up to an instant, at which something changes. */
void source_pass(struct proxy *proxy, sim_time to);
void source_pass_all(struct source *source, sim_time to);
/* Whom the proxy knows, or what they answer, has changed. */
void source_changed(struct proxy *proxy, sim_time at);
/* What is in flight to a member is lost. */
void source_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at);
/* How long after the beginning of an attempt, or its time-out, the next one is made. */
sim_time source_back_off(const struct source *source, int attempt);

/* --- expected.c -------------------------------------------------------------------------- */

struct expected *expected_new(const struct source *source);
void expected_free(struct expected *expected);
/* Answers may take as long as at this pace, from now on. */
void expected_know_pace(struct expected *expected, const struct pace *pace);
void expected_proxy_new(struct proxy *proxy); /* sets proxy->expected */
void expected_proxy_free(struct expected_proxy *proxy);
void expected_pass(struct proxy *proxy, sim_time to);
/* Deal with what comes back in between: what expected_pass() would do first. And add what it would count
 * then, without counting it. */
void expected_catch_up(struct proxy *proxy, sim_time to);
void expected_glance(const struct proxy *proxy, sim_time to, struct traffic_sums *sums);
void expected_changed(struct proxy *proxy, sim_time at);
void expected_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at);
/* A member begins or ceases to be sent requests that it takes. */
void expected_open(struct member *member, sim_time at);
void expected_shut(struct member *member, sim_time at);
/* How many attempts a member took from one instant to another, lately. */
double expected_taken(const struct member *member, sim_time from, sim_time to);
/* Requests a second that one listening member of the tier in use is sent. */
double expected_rate(const struct proxy *proxy, sim_time at);

/* --- drawn.c ----------------------------------------------------------------------------- */

struct drawn *drawn_new(struct source *source);
void drawn_free(struct drawn *drawn);
void drawn_pass(struct source *source, sim_time to);
void drawn_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at);
/* Count the answers that were given by now. */
void drawn_settle(struct member *member, sim_time at);
/* The process has started anew, with nobody waiting. */
void stations_empty(struct server *server);
void stations_free(struct server *server);

/* --- usage.c: what requests cost pods ----------------------------------------------------- */

/* A request was drawn that costs its pod so much. */
void server_use(struct server *server, sim_time at, double cpu_seconds, sim_time memory);
/* Who measures may ask for it. */
void usage_offer(struct traffic *traffic);

/* --- traffic.c --------------------------------------------------------------------------- */

/* Make up for everything that is due before `end`. */
void traffic_advance(struct traffic *traffic, sim_time end);

struct traffic {
    struct cluster *cluster;
    bool watching;
    struct source **sources; /* owned; in the order of planning */
    size_t source_count, source_capacity;
    struct table servers, hosts;
    struct pool server_pool, member_pool;
    const struct ailments *clients; /* held: of who sends requests */
    struct host **host_list;        /* owned */
    size_t host_count, host_capacity;
    struct agenda agenda; /* proxies that will learn, processes that will listen or stop to */
};

#endif
