/* Shares of nodes and sums of domains, node by node; see spread_counts.h.
 *
 * Follows calPreFilterState and updateWithPod of filtering.go, and PreScore of scoring.go, in
 * pkg/scheduler/framework/plugins/podtopologyspread of the release named in docs/fidelity.md. */
#include "models/scheduler/plugins/spread_counts.h"

#include <assert.h>
#include <stdlib.h>

/* Up to so many domains a hard rule tells nodes apart by their domain, so that a placement does not
 * touch the other nodes of its domain; with more, by the pods of their domain, so that there are few
 * different nodes. Twice as many make it change its mind. */
enum { DOMAINS_BY_NUMBER = 64 };

/* Populations with numbers from here on are asked about each time: where there are so many, a class
 * rarely meets one twice. */
enum { MEMOS = 1024 };

enum { MOST_PODS = (1 << 30) - 1 }; /* of a node */

/* --- making and ending ---------------------------------------------------------------------- */

static void make_room_for_slots(struct spread_counts *counts, size_t slots)
{
    if (slots <= counts->slot_capacity)
        return;
    const size_t old = counts->slot_capacity * counts->count, new = slots * counts->count;
    counts->shares = mem_resize(counts->shares, new * sizeof *counts->shares);
    memset(counts->shares + old, 0, (new - old) * sizeof *counts->shares);
    counts->slot_capacity = slots;
}

static void make_room_for_domain(struct spread_count *count, uint32_t domain)
{
    if (!count->summed || domain < count->domain_capacity)
        return;
    const size_t old = count->domain_capacity;
    const size_t limit = count->topology->domain_limit;
    count->domain_capacity = limit > domain + 1 ? limit : (domain + 1) * 2;
    count->domains = mem_resize(count->domains, count->domain_capacity * sizeof *count->domains);
    memset(count->domains + old, 0, (count->domain_capacity - old) * sizeof *count->domains);
}

static void init_count(struct spread_count *count, const struct sched_call *call,
                       const struct spread_rule *rule, bool hard)
{
    /* The first to ask for a key makes its topology: all that changes is what is remembered. */
    struct snapshot *snapshot = (struct snapshot *)call->snapshot;
    count->topology = snapshot_topology(snapshot, rule->topology_key);
    count->summed = hard || !rule->by_node;
    count->by_number = !rule->by_node && count->topology->domain_count <= DOMAINS_BY_NUMBER;
    make_room_for_domain(count, 0);
}

void *spread_counts_new(const struct sched_call *call)
{
    const struct spread_rules *rules = call->compiled;
    if (rules->count == 0)
        return NULL;
    struct spread_counts *counts = mem_new(sizeof *counts);
    counts->count = rules->count;
    counts->matcher_count = rules->matcher_count;
    counts->items = mem_new(rules->count * sizeof *counts->items);
    counts->found = mem_new(rules->matcher_count * sizeof *counts->found);
    for (size_t i = 0; i < rules->count; i++)
        init_count(&counts->items[i], call, &rules->items[i], i < rules->hard_count);
    make_room_for_slots(counts, call->snapshot->slot_count);
    return counts;
}

void spread_counts_free(void *made)
{
    struct spread_counts *counts = made;
    if (counts == NULL)
        return;
    for (size_t i = 0; i < counts->count; i++) {
        free(counts->items[i].domains);
        free(counts->items[i].having);
    }
    free(counts->items);
    free(counts->shares);
    free(counts->found);
    free(counts->memos);
    free(counts->takes);
    free(counts);
}

/* --- pods of a node ------------------------------------------------------------------------- */

static bool is_taken(const struct spread_rules *rules, size_t matcher,
                     const struct population *population)
{
    return !spread_matcher_is_empty(&rules->matchers[matcher]) &&
           spread_matcher_takes(&rules->matchers[matcher], population->labels);
}

/* What each matcher says of a population with a small number: asked once, as its pods are alike. */
static const bool *takes_of(struct spread_counts *counts, const struct spread_rules *rules,
                            const struct population *population)
{
    const size_t number = population->number, width = counts->matcher_count;
    if (number >= counts->memo_capacity) {
        const size_t old = counts->memo_capacity;
        counts->memo_capacity = (number + 1) * 2 < MEMOS ? (number + 1) * 2 : MEMOS;
        counts->memos = mem_resize(counts->memos, counts->memo_capacity * sizeof *counts->memos);
        memset(counts->memos + old, 0, (counts->memo_capacity - old) * sizeof *counts->memos);
        counts->takes =
            mem_resize(counts->takes, counts->memo_capacity * width * sizeof *counts->takes);
    }
    bool *takes = &counts->takes[number * width];
    if (counts->memos[number].serial == population->serial)
        return takes;
    counts->memos[number].serial = population->serial;
    for (size_t m = 0; m < width; m++)
        takes[m] = is_taken(rules, m, population);
    return takes;
}

/* Pods that are being deleted are as good as gone. */
static void find_pods(struct spread_counts *counts, const struct spread_rules *rules,
                      const struct node_info *node)
{
    memset(counts->found, 0, counts->matcher_count * sizeof *counts->found);
    for (size_t i = 0; i < node->population_count; i++) {
        const struct node_population *here = &node->populations[i];
        if (here->population->deleting || here->population->space != rules->space)
            continue;
        const bool *takes =
            here->population->number < MEMOS ? takes_of(counts, rules, here->population) : NULL;
        for (size_t m = 0; m < counts->matcher_count; m++)
            if (takes != NULL ? takes[m] : is_taken(rules, m, here->population))
                counts->found[m] += here->pods;
    }
}

/* --- sums of domains ------------------------------------------------------------------------ */

static void note_having(struct spread_count *count, int64_t pods, int by)
{
    const size_t at = (size_t)pods;
    if (at >= count->having_capacity) {
        const size_t old = count->having_capacity;
        count->having_capacity = (at + 1) * 2;
        count->having = mem_resize(count->having, count->having_capacity * sizeof *count->having);
        memset(count->having + old, 0, (count->having_capacity - old) * sizeof *count->having);
    }
    count->having[at] += (uint32_t)by;
    count->domain_count += (size_t)by;
    if (by > 0 && (at < count->least || count->domain_count == 1))
        count->least = at;
}

/* A domain has so many pods and nodes more. */
static void change_domain(struct spread_count *count, uint32_t number, int64_t pods, int nodes,
                          bool hard)
{
    if (!count->summed)
        return; /* there are no domains yet */
    struct spread_domain *domain = &count->domains[number];
    if (hard && domain->nodes > 0)
        note_having(count, domain->pods, -1);
    domain->pods += pods;
    domain->nodes += (uint32_t)nodes;
    if (!hard)
        return;
    if (domain->nodes > 0)
        note_having(count, domain->pods, 1);
    while (count->domain_count > 0 && count->having[count->least] == 0)
        count->least++;
}

/* The other nodes of a domain are told apart by its pods, which have changed. */
static void add_neighbours(const struct spread_count *count, uint32_t number, uint32_t slot,
                           struct slot_list *others)
{
    if (number == 0 || number >= count->topology->domain_limit)
        return;
    const struct topology_domain *domain = &count->topology->domains[number];
    for (size_t i = 0; i < domain->count; i++)
        if (domain->slots[i] != slot)
            slot_list_add(others, domain->slots[i]);
}

static int64_t counted(const struct spread_share *share)
{
    return share->counts ? share->pods : 0;
}

static void replace_share(struct spread_count *count, uint32_t slot, struct spread_share *share,
                          struct spread_share now, bool hard, struct slot_list *others)
{
    const struct spread_share was = *share;
    *share = now;
    make_room_for_domain(count, now.domain);
    if (was.domain == now.domain) {
        const int64_t pods = counted(&now) - counted(&was);
        if (pods == 0 && was.counts == now.counts)
            return;
        change_domain(count, now.domain, pods, (int)now.counts - (int)was.counts, hard);
        if (hard && !count->by_number && pods != 0)
            add_neighbours(count, now.domain, slot, others);
        return;
    }
    if (was.counts)
        change_domain(count, was.domain, -counted(&was), -1, hard);
    if (now.counts)
        change_domain(count, now.domain, counted(&now), 1, hard);
    if (hard && !count->by_number && counted(&was) != 0)
        add_neighbours(count, was.domain, slot, others);
    if (hard && !count->by_number && counted(&now) != 0)
        add_neighbours(count, now.domain, slot, others);
}

/* --- shares of a node ----------------------------------------------------------------------- */

/* The domain of a node. Where soft rules also count nodes without the label, those are in one
 * domain with nodes whose label is empty, as kube-scheduler's map has it. */
static uint32_t domain_of(const struct spread_count *count, uint32_t slot, bool needs_label)
{
    const uint32_t domain = count->topology->domain_of[slot];
    return domain != 0 && !needs_label && count->topology->domains[domain].value == NULL ? 0
                                                                                         : domain;
}

static bool has_labels(const struct spread_counts *counts, uint32_t slot, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!spread_has_label(&counts->items[i], slot))
            return false;
    return true;
}

static bool is_included(const struct spread_rule *rule, const struct pod_spec *spec,
                        const struct node *node)
{
    const bool selects = spec->node_selector != NULL || spec->required_affinity != NULL;
    return (!rule->honors_affinity || !selects || node_is_selected(node, spec)) &&
           (!rule->honors_taints || taints_are_tolerated(node->taints, spec));
}

/* A hard rule with so many domains by now that nodes are better told apart by counts. */
static void reconsider(const struct sched_call *call, struct spread_count *count,
                       struct slot_list *others)
{
    if (!count->by_number || count->topology->domain_count <= 2 * DOMAINS_BY_NUMBER)
        return;
    count->by_number = false;
    for (uint32_t slot = 0; slot < call->snapshot->slot_count; slot++)
        if (call->snapshot->nodes[slot] != NULL)
            slot_list_add(others, slot);
}

void spread_counts_node(const struct sched_call *call, const struct node_info *node,
                        struct slot_list *others)
{
    const struct spread_rules *rules = call->compiled;
    struct spread_counts *counts = call->counts;
    const uint32_t slot = node->slot;
    if (slot >= counts->slot_capacity)
        make_room_for_slots(counts, call->snapshot->slot_capacity);
    struct spread_share *shares = &counts->shares[slot * counts->count];
    const bool there = node->node != NULL;
    const bool hard_labels = there && has_labels(counts, slot, 0, rules->hard_count);
    const bool soft_labels = there && (!rules->needs_all_keys ||
                                       has_labels(counts, slot, rules->hard_count, rules->count));
    if (there)
        find_pods(counts, rules, node);
    for (size_t i = 0; i < rules->count; i++) {
        const struct spread_rule *rule = &rules->items[i];
        const bool hard = i < rules->hard_count, labels = hard ? hard_labels : soft_labels;
        struct spread_share now = { .known = 1 };
        if (there) {
            now.domain = domain_of(&counts->items[i], slot, hard || rules->needs_all_keys);
            now.pods = counts->found[rule->matcher] & MOST_PODS;
            now.counts = labels && is_included(rule, call->spec, node->node);
        }
        replace_share(&counts->items[i], slot, &shares[i], now, hard, others);
        if (hard)
            reconsider(call, &counts->items[i], others);
    }
}

void spread_counts_soon(const struct sched_call *call, uint32_t slot)
{
    const struct spread_counts *counts = call->counts;
    if (slot < counts->slot_capacity)
        __builtin_prefetch(&counts->shares[slot * counts->count], 1);
}

/* --- all nodes at once ----------------------------------------------------------------------- */

const struct spread_share *spread_shares_of_new(const struct sched_call *call, uint32_t slot)
{
    const struct spread_rules *rules = call->compiled;
    struct spread_counts *counts = call->counts;
    if (slot >= counts->slot_capacity)
        make_room_for_slots(counts, call->snapshot->slot_capacity);
    struct spread_share *shares = &counts->shares[slot * counts->count];
    for (size_t i = 0; i < rules->count; i++) {
        const bool needs_label = i < rules->hard_count || rules->needs_all_keys;
        const uint32_t domain = domain_of(&counts->items[i], slot, needs_label);
        make_room_for_domain(&counts->items[i], domain);
        shares[i] = (struct spread_share){ .domain = domain, .known = 1 };
    }
    return shares;
}

/* The populations with the rarest label so far. */
struct rarest {
    const struct label_populations *populations; /* NULL: nobody has it */
    size_t count;                                /* SIZE_MAX: there is no label to go by */
};

static void consider(struct rarest *rarest, const struct snapshot *snapshot, const struct text *key,
                     const struct text *value)
{
    const struct label_populations *here = snapshot_populations_with(snapshot, key, value);
    const size_t count = here != NULL ? here->count : 0;
    if (count < rarest->count)
        *rarest = (struct rarest){ here, count };
}

/* Of the labels without which a matcher takes nothing, the rarest. */
static struct rarest find_rarest(const struct snapshot *snapshot,
                                 const struct spread_matcher *matcher)
{
    const struct selector *selector = matcher->selector;
    const struct labels *labels = matcher->labels;
    struct rarest rarest = { NULL, SIZE_MAX };
    for (size_t i = 0; selector != NULL && i < selector->count; i++) {
        const struct requirement *one = &selector->requirements[i];
        if (one->value_count == 1 &&
            (one->operator== OPERATOR_IN || one->operator== OPERATOR_EQUALS || one->operator==
             OPERATOR_DOUBLE_EQUALS))
            consider(&rarest, snapshot, one->key, one->values[0]);
    }
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++)
        consider(&rarest, snapshot, labels->items[i].key, labels->items[i].value);
    return rarest;
}

static void count_population(const struct sched_call *call, const struct population *population)
{
    for (const struct placed_pod *pod = population->first; pod != NULL; pod = pod->next_alike)
        if (pod->node->node != NULL)
            spread_counts_node(call, pod->node, NULL);
}

static void count_taken(const struct sched_call *call, size_t matcher,
                        const struct label_populations *populations)
{
    const struct spread_rules *rules = call->compiled;
    const struct population_label *here = populations != NULL ? populations->first : NULL;
    for (; here != NULL; here = here->next)
        if (!here->population->deleting && here->population->space == rules->space &&
            is_taken(rules, matcher, here->population))
            count_population(call, here->population);
}

/* Hard rules have to know every domain. */
bool spread_counts_all(const struct sched_call *call)
{
    enum { MATCHERS = 4 };
    const struct spread_rules *rules = call->compiled;
    struct rarest rarest[MATCHERS] = { { NULL, 0 } };
    if (rules->hard_count > 0 || rules->matcher_count > MATCHERS)
        return false;
    for (size_t m = 0; m < rules->matcher_count; m++) {
        if (!spread_matcher_is_empty(&rules->matchers[m]))
            rarest[m] = find_rarest(call->snapshot, &rules->matchers[m]);
        if (rarest[m].count == SIZE_MAX)
            return false;
    }
    for (size_t m = 0; m < rules->matcher_count; m++)
        count_taken(call, m, rarest[m].populations);
    return true;
}

size_t spread_counts_group(const struct sched_call *call, const struct node_info *node,
                           uint32_t *words)
{
    const struct spread_rules *rules = call->compiled;
    const struct spread_counts *counts = call->counts;
    const struct spread_share *shares = spread_shares(call, node->slot);
    if (rules->count > GROUP_WORDS) {
        words[0] = node->slot; /* nobody has so many constraints */
        return 1;
    }
    for (size_t i = 0; i < rules->count; i++) {
        const struct spread_count *count = &counts->items[i];
        const bool label = spread_has_label(count, node->slot);
        if (i >= rules->hard_count)
            words[i] = rules->items[i].by_node ? (label ? shares[i].pods + 1u : 0)
                                               : shares[i].domain << 1 | label;
        else if (count->by_number || !label)
            words[i] = shares[i].domain;
        else
            words[i] = (uint32_t)count->domains[shares[i].domain].pods + 1;
    }
    return rules->count;
}

/* --- what if -------------------------------------------------------------------------------- */

/* kube-scheduler asks only for the namespace and the selector here: a pod that is being deleted was
 * not counted, but is subtracted, and a selector that takes everything, which counts none, takes
 * every pod. */
void spread_counts_move(const struct sched_call *call, const struct node_info *node,
                        const struct pod *pod, int sign)
{
    const struct spread_rules *rules = call->compiled;
    struct spread_counts *counts = call->counts;
    const struct spread_share *shares = spread_shares(call, node->slot);
    if (pod->meta.object.space != rules->space)
        return;
    for (size_t i = 0; i < rules->hard_count; i++) {
        struct spread_count *count = &counts->items[i];
        if (!shares[i].counts ||
            !spread_matcher_takes(&rules->matchers[rules->items[i].matcher], pod->meta.labels))
            continue;
        assert(count->moved == 0 || count->moved_domain == shares[i].domain);
        count->moved_domain = shares[i].domain;
        count->moved += sign;
    }
}

int64_t spread_count_pods(const struct spread_count *count, uint32_t domain)
{
    return count->domains[domain].pods + (domain == count->moved_domain ? count->moved : 0);
}

/* The fewest pods in any other domain. */
static int64_t least_of_others(const struct spread_count *count, uint32_t domain)
{
    size_t pods = count->least;
    if ((int64_t)pods == count->domains[domain].pods && count->having[pods] == 1)
        for (pods++; pods < count->having_capacity && count->having[pods] == 0;)
            pods++;
    return pods < count->having_capacity ? (int64_t)pods : INT64_MAX;
}

/* kube-scheduler follows only the two smallest domains while pods are moved. As all of them are of
 * one node, that is enough: the domain that changes is one of the two as soon as it matters. */
int64_t spread_count_least(const struct spread_count *count, const struct spread_rule *rule)
{
    if (count->domain_count < (size_t)rule->min_domains)
        return 0;
    if (count->moved == 0)
        return (int64_t)count->least;
    const int64_t here = spread_count_pods(count, count->moved_domain);
    const int64_t others = least_of_others(count, count->moved_domain);
    return here < others ? here : others;
}
