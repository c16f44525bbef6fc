/* What one kube-proxy knows of a Service.
 *
 * Follows CategorizeEndpoints in pkg/proxy/topology.go of the release named in docs/fidelity.md, for
 * Services of the policy Cluster without hints: ready endpoints; none of those, the ones that serve
 * while they terminate. An endpoint that several slices list counts once. */
#include <assert.h>
#include <stdlib.h>

#include "models/traffic/traffic_private.h"

void proxy_init(struct proxy *proxy, struct source *source, size_t number)
{
    const struct cluster *cluster = source->traffic->cluster;
    char *entity =
        mem_format("service/%s/%s", text_s(source->ledger.space), text_s(source->ledger.service));
    proxy->source = source;
    proxy->delays = run_stream(cluster->run, cluster->id, entity, "endpoint-propagation", number);
    proxy->luck = (struct luck_holder){ .stream = &proxy->delays };
    luck_hold(cluster->run, &proxy->luck);
    table_init(&proxy->members);
    free(entity);
}

void proxy_close(struct proxy *proxy)
{
    luck_leave(&proxy->luck);
    for (int tier = READY; tier < TIERS; tier++)
        free(proxy->of[tier].items);
    while (proxy->groups != NULL) {
        struct group *group = proxy->groups;
        proxy->groups = group->next;
        free(group);
    }
    table_close(&proxy->members);
    expected_proxy_free(proxy->expected);
}

/* ---- groups ---- */

static struct group *group_get(struct proxy *proxy, enum answer answer, const struct pace *pace,
                               struct why why)
{
    struct group **link = &proxy->groups;
    for (; *link != NULL; link = &(*link)->next)
        if ((*link)->answer == answer && (*link)->pace == pace && (*link)->why.fault == why.fault &&
            (*link)->why.cause.root == why.cause.root)
            return *link;
    *link = mem_new(sizeof **link);
    (*link)->answer = answer;
    (*link)->pace = pace;
    (*link)->why = why;
    return *link;
}

static void group_free_if_empty(struct proxy *proxy, const struct group *group)
{
    struct group **link = &proxy->groups;
    if (group->members[READY] + group->members[TERMINATING] > 0)
        return;
    while (*link != group)
        link = &(*link)->next;
    struct group *empty = *link;
    *link = empty->next;
    free(empty);
}

/* ---- members ---- */

static struct member *member_find(const struct proxy *proxy, uint64_t pod)
{
    return (struct member *)table_first(&proxy->members, pod); /* by_uid is its first member */
}

static struct member *member_get(struct proxy *proxy, const struct endpoint *endpoint,
                                 struct cause cause)
{
    struct traffic *traffic = proxy->source->traffic;
    struct member *member = member_find(proxy, endpoint->uid.low);
    if (member != NULL)
        return member;
    member = pool_take(&traffic->member_pool);
    member->proxy = proxy;
    member->tier = UNUSED;
    member->server = server_get(traffic, endpoint->uid.low, endpoint->node, cause);
    member->next = member->server->members;
    member->server->members = member;
    table_add(&proxy->members, &member->by_uid, endpoint->uid.low);
    return member;
}

void member_free(struct member *member)
{
    struct traffic *traffic = member->proxy->source->traffic;
    assert(member->tier == UNUSED);
    drawn_settle(member, SIM_FOREVER);
    struct member **link = &member->server->members;
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    table_remove(&member->proxy->members, &member->by_uid);
    free(member->spans);
    free(member->flights);
    pool_give(&traffic->member_pool, member);
}

static void leave(struct member *member)
{
    struct proxy *proxy = member->proxy;
    const enum tier tier = member->tier;
    struct group *group = member->group;
    if (tier == UNUSED)
        return;
    struct member *last = proxy->of[tier].items[--proxy->of[tier].count];
    proxy->of[tier].items[member->place] = last;
    last->place = member->place;
    member->tier = UNUSED;
    member->group = NULL;
    if (group == NULL)
        return;
    proxy->of[tier].refusing -= group->answer == REFUSES;
    proxy->of[tier].silent -= group->answer == SILENT;
    group->members[tier]--;
    group_free_if_empty(proxy, group);
}

/* Under its strain: cut off, or at another pace. */
static enum answer strained_answer(const struct member *member, enum answer answer,
                                   const struct pace **pace, struct why *why)
{
    struct strain strain;
    *pace = NULL;
    if (answer == SILENT || !member_strain(member, &strain))
        return answer;
    if (strain.cut) {
        *why = (struct why){ TRAFFIC_NETWORK_CUT, strain.cause };
        return SILENT;
    }
    if (answer == LISTENS) {
        *pace = pace_of(member->proxy->source, &strain);
        *why = (struct why){ TRAFFIC_DEGRADED, strain.cause };
    }
    return answer;
}

static void enter(struct member *member, enum tier tier)
{
    struct proxy *proxy = member->proxy;
    struct why why;
    if (tier == UNUSED)
        return;
    MEM_GROW(proxy->of[tier].items, proxy->of[tier].count, proxy->of[tier].capacity);
    member->place = proxy->of[tier].count;
    proxy->of[tier].items[proxy->of[tier].count++] = member;
    member->tier = tier;
    const struct pace *pace;
    const enum answer answer = strained_answer(
        member, server_answer(member->server, proxy->source->shutdown, &why), &pace, &why);
    if (answer == LISTENS && pace == NULL)
        return;
    member->group = group_get(proxy, answer, pace, why);
    member->group->members[tier]++;
    proxy->of[tier].refusing += answer == REFUSES;
    proxy->of[tier].silent += answer == SILENT;
}

void member_look_again(struct member *member, sim_time at)
{
    const enum tier before = member->tier;
    const bool listened = member_listens(member);
    const struct pace *pace = member->group != NULL ? member->group->pace : NULL;
    const enum tier tier = member->ready_in > 0         ? READY
                           : member->terminating_in > 0 ? TERMINATING
                                                        : UNUSED;
    leave(member);
    enter(member, tier);
    const bool listens = member_listens(member);
    const bool same_pace = pace == (member->group != NULL ? member->group->pace : NULL);
    if (member->proxy->expected == NULL || (listens == listened && tier == before && same_pace))
        return;
    if (listened) {
        member->tier = before; /* whose part it was sent until now */
        expected_shut(member, at);
        member->tier = tier;
    }
    if (listens)
        expected_open(member, at);
}

static bool is_cut(const struct member *member)
{
    return member->group != NULL && member->group->answer == SILENT &&
           member->group->why.fault == TRAFFIC_NETWORK_CUT;
}

void member_strain_changed(struct member *member, sim_time at)
{
    const bool was_cut = is_cut(member);
    member_look_again(member, at);
    source_changed(member->proxy, at);
    if (is_cut(member) && !was_cut)
        source_lose(member, TRAFFIC_TIMED_OUT, member->group->why, at);
}

/* ---- slices ---- */

/* One more slice lists it, or one less. */
static void count(struct proxy *proxy, const struct endpoint *endpoint, int more,
                  struct cause cause)
{
    if (endpoint->uid.low == 0)
        return; /* of a user's own list: nobody knows what is there */
    struct member *member = member_get(proxy, endpoint, cause);
    member->in += more;
    member->ready_in += endpoint->ready ? more : 0;
    member->terminating_in += endpoint->serving && endpoint->terminating ? more : 0;
}

/* What is not alike in two versions of a slice: all but what they begin and end with in common. */
struct difference {
    const struct endpoint *items;
    size_t count;
    struct cause cause;
};

static bool is_alike(const struct endpoint *a, const struct endpoint *b)
{
    return a->uid.low == b->uid.low && a->ready == b->ready && a->serving == b->serving &&
           a->terminating == b->terminating;
}

static struct difference all_of(const struct endpoint_slice *slice)
{
    if (slice == NULL)
        return (struct difference){ 0 };
    const struct endpoints *endpoints = slice->endpoints;
    return (struct difference){ endpoints != NULL ? endpoints->items : NULL,
                                endpoints != NULL ? endpoints->count : 0,
                                slice->meta.object.cause };
}

static void cut_alike(struct difference *a, struct difference *b)
{
    while (a->count > 0 && b->count > 0 &&
           is_alike(&a->items[a->count - 1], &b->items[b->count - 1])) {
        a->count--;
        b->count--;
    }
    while (a->count > 0 && b->count > 0 && is_alike(a->items, b->items)) {
        a->items++;
        b->items++;
        a->count--;
        b->count--;
    }
}

static void count_all(struct proxy *proxy, const struct difference *listed, int more)
{
    for (size_t i = 0; i < listed->count; i++)
        count(proxy, &listed->items[i], more, listed->cause);
}

static void settle_all(struct proxy *proxy, const struct difference *listed, sim_time at)
{
    for (size_t i = 0; i < listed->count; i++) {
        struct member *member = member_find(proxy, listed->items[i].uid.low);
        if (member == NULL)
            continue;
        member_look_again(member, at);
        struct server *server = member->server;
        if (member->in > 0 || server->running)
            continue;
        member_free(member);
        server_let_go(proxy->source->traffic, server);
    }
}

void proxy_update(struct proxy *proxy, const struct endpoint_slice *before,
                  const struct endpoint_slice *after, sim_time at)
{
    struct difference old = all_of(before), new = all_of(after);
    cut_alike(&old, &new);
    if (old.count + new.count == 0)
        return;
    source_pass(proxy, at);
    const bool had = proxy_tier(proxy) != UNUSED;
    count_all(proxy, &new, 1);
    count_all(proxy, &old, -1);
    settle_all(proxy, &new, at);
    settle_all(proxy, &old, at);
    if (had && proxy_tier(proxy) == UNUSED)
        proxy->none_known =
            (struct why){ TRAFFIC_NONE_KNOWN, after != NULL ? new.cause : old.cause };
    source_changed(proxy, at);
}
