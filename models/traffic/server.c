/* Pods and nodes as requests meet them.
 *
 * A process listens from some time after its start until it gets SIGTERM, or until its end if it
 * does not heed that. Who is asked before or after refuses: the machine is there and nobody has
 * the port. A machine without power or network answers nothing at all. */
#include <stdlib.h>

#include "models/api/machine.h"
#include "models/traffic/traffic_private.h"

/* ---- nodes ---- */

static struct host *host_get(struct traffic *traffic, const struct text *name)
{
    struct table_node *node = table_first(&traffic->hosts, name->hash);
    for (; node != NULL; node = table_again(node))
        if (((struct host *)node)->name == name) /* by_name is its first member */
            return (struct host *)node;
    struct host *host = mem_new(sizeof *host);
    host->name = text_hold(name);
    table_add(&traffic->hosts, &host->by_name, name->hash);
    MEM_GROW(traffic->host_list, traffic->host_count, traffic->host_capacity);
    traffic->host_list[traffic->host_count++] = host;
    return host;
}

/* ---- pods ---- */

struct server *server_find(const struct traffic *traffic, uint64_t pod)
{
    return (struct server *)table_first(&traffic->servers, pod); /* by_uid is its first member */
}

struct server *server_get(struct traffic *traffic, uint64_t pod, const struct text *node,
                          struct cause cause)
{
    struct server *server = server_find(traffic, pod);
    if (server == NULL) {
        server = pool_take(&traffic->server_pool);
        server->id = pod;
        server->cause = cause;
        /* Where nobody runs processes (recordings, stages of KWOK), they run as their endpoints say. */
        const struct cluster *cluster = traffic->cluster;
        server->running = server->listening =
            cluster->settings.stage_kubelet ||
            (cluster->plays_stages != NULL &&
             cluster->plays_stages(cluster->stages_context, KIND_POD, node));
        table_add(&traffic->servers, &server->by_uid, pod);
    }
    if (server->host == NULL) {
        server->host = host_get(traffic, node != NULL ? node : cluster_text(traffic->cluster, ""));
        server->next = server->host->servers;
        server->link = &server->host->servers;
        if (server->next != NULL)
            server->next->link = &server->next;
        server->host->servers = server;
    }
    return server;
}

void server_let_go(struct traffic *traffic, struct server *server)
{
    if (server->running || server->members != NULL)
        return;
    *server->link = server->next;
    if (server->next != NULL)
        server->next->link = server->link;
    stations_free(server);
    free(server->used);
    table_remove(&traffic->servers, &server->by_uid);
    pool_give(&traffic->server_pool, server);
}

static void server_close(struct server *server)
{
    for (struct member *member = server->members; member != NULL; member = member->next) {
        free(member->spans);
        free(member->flights);
    }
    stations_free(server);
    free(server->used);
}

void servers_close(struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->host_count; i++) {
        struct host *host = traffic->host_list[i];
        for (struct server *server = host->servers; server != NULL; server = server->next)
            server_close(server);
        text_drop(host->name);
        ailments_drop(host->ailments);
        free(host);
    }
    free(traffic->host_list);
    table_close(&traffic->hosts);
    table_close(&traffic->servers);
    pool_close(&traffic->server_pool);
    pool_close(&traffic->member_pool);
}

enum answer server_answer(const struct server *server, enum shutdown shutdown, struct why *why)
{
    const bool heeded = server->terminated && shutdown != SHUTDOWN_IGNORE;
    if (server->host->silent) {
        *why = server->host->why;
        return SILENT;
    }
    if (server->running && server->listening && !heeded)
        return LISTENS;
    *why = (struct why){ server->stopping && (!server->running || heeded) ? TRAFFIC_STOPPING
                         : server->running || server->number == 0         ? TRAFFIC_STARTING
                                                                          : TRAFFIC_ENDED,
                         server->cause };
    return REFUSES;
}

/* ---- what happens to them ---- */

static void pass_all(const struct server *server, sim_time at)
{
    for (const struct member *member = server->members; member != NULL; member = member->next)
        source_pass(member->proxy, at);
}

static void look_again_all(const struct server *server, sim_time at)
{
    for (struct member *member = server->members; member != NULL; member = member->next) {
        member_look_again(member, at);
        source_changed(member->proxy, at);
    }
}

static void lose_all(const struct server *server, enum traffic_reason reason, struct why why,
                     sim_time at)
{
    for (struct member *member = server->members; member != NULL; member = member->next)
        source_lose(member, reason, why, at);
}

static void starts(struct traffic *traffic, struct server *server,
                   const struct process_event *event, sim_time now)
{
    pass_all(server, now);
    server->number++;
    server->running = true;
    server->listening = server->stopping = server->terminated = false;
    server->cause = event->cause;
    stations_empty(server);
    look_again_all(server, now);
    if (event->at != SIM_FOREVER)
        agenda_add(&traffic->agenda, (struct item){ .at = event->at,
                                                    .kind = SERVER_LISTENS,
                                                    .id = server->id,
                                                    .number = (int)server->number });
}

void server_listens(struct traffic *traffic, const struct item *item)
{
    struct server *server = server_find(traffic, item->id);
    if (server == NULL || server->number != (uint32_t)item->number || !server->running)
        return;
    pass_all(server, item->at);
    server->listening = true;
    look_again_all(server, item->at);
}

static void stops(struct traffic *traffic, struct server *server, const struct process_event *event)
{
    server->stopping = true;
    server->cause = event->cause;
    agenda_add(&traffic->agenda, (struct item){ .at = event->at,
                                                .kind = SERVER_GETS_SIGTERM,
                                                .id = server->id,
                                                .number = (int)server->number });
}

void server_gets_sigterm(struct traffic *traffic, const struct item *item)
{
    struct server *server = server_find(traffic, item->id);
    if (server == NULL || server->number != (uint32_t)item->number || !server->running)
        return;
    pass_all(server, item->at);
    server->terminated = true;
    look_again_all(server, item->at);
    for (struct member *member = server->members; member != NULL; member = member->next)
        if (member->proxy->source->shutdown == SHUTDOWN_RESET)
            source_lose(member, TRAFFIC_RESET, (struct why){ TRAFFIC_STOPPING, server->cause },
                        item->at);
}

static void ends(struct traffic *traffic, struct server *server, const struct process_event *event,
                 sim_time now)
{
    if (!server->running)
        return;
    pass_all(server, now);
    server->running = server->listening = false;
    if (!server->stopping)
        server->cause = event->cause;
    look_again_all(server, now);
    lose_all(server, TRAFFIC_RESET,
             (struct why){ server->stopping ? TRAFFIC_STOPPING : TRAFFIC_ENDED, server->cause },
             now);
    struct member *next = NULL;
    for (struct member *member = server->members; member != NULL; member = next) {
        next = member->next;
        if (member->in == 0)
            member_free(member);
    }
    server_let_go(traffic, server);
}

/* The container that requests go to: the first one that declares a port, or the first one. */
static size_t serving_container(const struct pod_spec *spec)
{
    const struct value *containers = value_get(spec->document, "containers");
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *ports = value_get(containers->items[i], "ports");
        if (ports != NULL && ports->count > 0)
            return i;
    }
    return 0;
}

void server_hear(struct traffic *traffic, const struct process_event *event)
{
    const sim_time now = run_now(traffic->cluster->run);
    if (event->container != serving_container(event->pod->spec))
        return;
    struct server *server =
        server_get(traffic, event->pod->meta.uid.low, event->pod->node_name, event->cause);
    if (event->change == PROCESS_STARTS)
        starts(traffic, server, event, now);
    else if (event->change == PROCESS_STOPS)
        stops(traffic, server, event);
    else
        ends(traffic, server, event, now);
}

static void strain_changed_all(const struct server *server, sim_time at)
{
    for (struct member *member = server->members; member != NULL; member = member->next)
        member_strain_changed(member, at);
}

static void host_ails(struct host *host, const struct ailments *ailments,
                      const struct watch_event *event)
{
    if (ailments == host->ailments)
        return;
    for (struct server *server = host->servers; server != NULL; server = server->next)
        pass_all(server, event->at);
    ailments_drop(host->ailments);
    host->ailments = ailments_hold(ailments);
    for (struct server *server = host->servers; server != NULL; server = server->next)
        strain_changed_all(server, event->at);
}

/* The Machine of all clients; those of the control plane have none. */
void clients_hear(struct traffic *traffic, const struct watch_event *event)
{
    const struct machine *machine = (const struct machine *)event->object;
    const struct ailments *now = event->type != WATCH_DELETED ? machine->ailments : NULL;
    if (strcmp(text_s(event->object->name), "clients") != 0 || now == traffic->clients)
        return;
    for (size_t i = 0; i < traffic->source_count; i++)
        source_pass_all(traffic->sources[i], event->at);
    ailments_drop(traffic->clients);
    traffic->clients = ailments_hold(now);
    for (size_t i = 0; i < traffic->host_count; i++)
        for (struct server *server = traffic->host_list[i]->servers; server != NULL;
             server = server->next)
            strain_changed_all(server, event->at);
}

void host_hear(struct traffic *traffic, const struct watch_event *event)
{
    const struct machine *machine = (const struct machine *)event->object;
    const bool gone = event->type == WATCH_DELETED; /* as if powered and connected */
    struct host *host = host_get(traffic, machine->meta.object.name);
    const bool silent = !gone && !(machine->powered && machine->connected);
    host_ails(host, gone ? NULL : machine->ailments, event);
    if (silent == host->silent)
        return;
    for (struct server *server = host->servers; server != NULL; server = server->next)
        pass_all(server, event->at);
    host->silent = silent;
    if (silent)
        host->why = (struct why){ machine->powered ? TRAFFIC_NETWORK_CUT : TRAFFIC_NODE_DOWN,
                                  event->cause };
    for (struct server *server = host->servers; server != NULL; server = server->next) {
        look_again_all(server, event->at);
        if (silent)
            lose_all(server, TRAFFIC_TIMED_OUT, host->why, event->at);
    }
}
