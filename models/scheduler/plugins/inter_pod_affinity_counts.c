/* What InterPodAffinity counts: for a class of pods, by the domains of each topology key, the pods
 * that matter to it.
 *
 * Which terms match which pods is found once for each population; then a node that changed is a few
 * additions. Of a key with few domains (zones) a node's domain tells it apart, as the sums are read
 * anew for each; of one with many (host names) the sums themselves do, so that all nodes with
 * equal sums stay together, and only nodes of a domain whose sums changed are told apart anew. */
#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/plugins/inter_pod_affinity_private.h"

enum {
    LEAST_FINE = 5,   /* domains of which the sums tell nodes apart, at least */
    COARSE_LIMIT = 24 /* keys of which the domains do, at most: each is a word of the group */
};

/* --- dimensions ------------------------------------------------------------------------------------ */

static size_t coarse_dimensions(const struct affinity_counts *counts)
{
    size_t coarse = 0;
    for (size_t i = 0; i < counts->dimension_count; i++)
        coarse += !counts->dimensions[i].fine;
    return coarse;
}

/* Are the sums to tell nodes apart? A placement costs a look at each domain if the domains do, and
 * at each node of a domain if the sums do: the fewer of both. What is one sort becomes the other
 * only when it is far from it, as all nodes are then told apart anew. */
static bool should_be_fine(const struct sched_call *call, const struct dimension *dimension,
                           bool is_new)
{
    enum { FAR = 4 };
    const size_t domains = dimension->topology->domain_count, nodes = call->snapshot->node_count;
    if (dimension->fine)
        return domains * domains * FAR >= nodes || coarse_dimensions(call->counts) >= COARSE_LIMIT;
    return domains >= LEAST_FINE && domains * domains > nodes * (is_new ? 1 : FAR);
}

/* The dimension of a kind and a key, made when it is not there. */
uint32_t affinity_dimension(const struct sched_call *call, enum affinity_count kind,
                            const struct text *key)
{
    struct affinity_counts *counts = call->counts;
    for (size_t i = 0; i < counts->dimension_count; i++)
        if (counts->dimensions[i].kind == kind && counts->dimensions[i].topology->key == key)
            return (uint32_t)i;
    /* The snapshot makes a topology when it is first asked for. */
    const struct topology *topology = snapshot_topology((struct snapshot *)call->snapshot, key);
    struct dimension made = { .kind = kind, .topology = topology };
    made.fine = coarse_dimensions(counts) >= COARSE_LIMIT || should_be_fine(call, &made, true);
    MEM_GROW(counts->dimensions, counts->dimension_count, counts->dimension_capacity);
    counts->dimensions[counts->dimension_count] = made;
    return (uint32_t)counts->dimension_count++;
}

uint32_t affinity_domain(const struct dimension *dimension, const struct node_info *node)
{
    return node->node != NULL ? dimension->topology->domain_of[node->slot] : 0;
}

struct affinity_sum affinity_sum_of(const struct dimension *dimension, uint32_t domain)
{
    return domain < dimension->sum_count ? dimension->sums[domain] : (struct affinity_sum){ 0 };
}

static void add_to_domain(struct affinity_counts *counts, struct dimension *dimension,
                          uint32_t domain, int64_t pods, int64_t weight)
{
    if (domain == 0)
        return;
    if (domain >= dimension->sum_count) {
        const size_t count = dimension->topology->domain_limit * 2;
        dimension->sums = mem_resize(dimension->sums, count * sizeof *dimension->sums);
        memset(dimension->sums + dimension->sum_count, 0,
               (count - dimension->sum_count) * sizeof *dimension->sums);
        dimension->sum_count = count;
    }
    dimension->sums[domain].pods += pods;
    dimension->sums[domain].weight += weight;
    counts->totals[dimension->kind] += pods;
}

/* --- beginning and end ---------------------------------------------------------------------------------- */

/* Dimensions of the pod's own requirements are there even if nothing counts in them, and those of
 * pods that count already need not be told of later. */
static void make_dimensions(const struct sched_call *call)
{
    struct affinity_counts *counts = call->counts;
    const struct pod_affinity *own = call->spec->pod_affinity;
    for (size_t i = 0; own != NULL && i < own->required.count; i++)
        affinity_dimension(call, MATCHING, own->required.items[i].topology_key);
    for (size_t i = 0; own != NULL && i < own->required_anti.count; i++)
        affinity_dimension(call, REPELLED, own->required_anti.items[i].topology_key);
    for (size_t i = 0; own != NULL && i < own->preferred.count; i++)
        affinity_dimension(call, PREFERENCE, own->preferred.items[i].topology_key);
    for (size_t i = 0; own != NULL && i < own->preferred_anti.count; i++)
        affinity_dimension(call, PREFERENCE, own->preferred_anti.items[i].topology_key);
    struct effects theirs = { 0 };
    for (size_t i = 0; i < call->snapshot->with_terms_count; i++)
        affinity_add_all_theirs(call, &theirs, call->snapshot->with_terms[i]->terms,
                                call->snapshot->with_terms[i]->space);
    free(theirs.items);
    for (size_t i = 0; i < counts->dimension_count; i++)
        counts->dimensions[i].grouped = true;
}

void *affinity_counts_new(const struct sched_call *call)
{
    struct affinity_counts *counts = mem_new(sizeof *counts);
    struct sched_call with_counts = *call;
    const struct pod_affinity *own = call->spec->pod_affinity;
    with_counts.counts = counts;
    counts->concerned = affinity_concerns(call);
    if (!counts->concerned)
        return counts;
    counts->matches_itself =
        own != NULL && affinity_own_terms_match(call, &own->required, call->pod->meta.object.space,
                                                call->pod->meta.labels);
    make_dimensions(&with_counts);
    return counts;
}

void affinity_counts_free(void *from)
{
    struct affinity_counts *counts = from;
    for (size_t i = 0; i < counts->dimension_count; i++) {
        free(counts->dimensions[i].sums);
        free(counts->dimensions[i].shares);
    }
    for (size_t i = 0; i < counts->known_count; i++)
        free(counts->known[i].effects.items);
    free(counts->dimensions);
    free(counts->known);
    free(counts);
}

/* --- counting a node -------------------------------------------------------------------------------------- */

static void add_everybody(const struct snapshot *snapshot, struct slot_list *others)
{
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
        if (snapshot->nodes[slot] != NULL && snapshot->nodes[slot]->node != NULL)
            slot_list_add(others, slot);
}

static void add_neighbours(const struct topology *topology, uint32_t domain, uint32_t slot,
                           struct slot_list *others)
{
    if (domain == 0)
        return;
    const struct topology_domain *of = &topology->domains[domain];
    for (size_t i = 0; i < of->count; i++)
        if (of->slots[i] != slot)
            slot_list_add(others, of->slots[i]);
}

static struct share *share_of(const struct snapshot *snapshot, struct dimension *dimension,
                              uint32_t slot)
{
    if (slot >= dimension->share_count) {
        const size_t count = snapshot->slot_capacity;
        dimension->shares = mem_resize(dimension->shares, count * sizeof *dimension->shares);
        memset(dimension->shares + dimension->share_count, 0,
               (count - dimension->share_count) * sizeof *dimension->shares);
        dimension->share_count = count;
    }
    return &dimension->shares[slot];
}

/* The first pods of a kind set nodes apart that were alike, and so does a key that has far more or
 * fewer domains than before. */
static bool regroups(const struct sched_call *call, struct dimension *dimension,
                     const struct share *present)
{
    const bool begins = !dimension->grouped && present->domain != 0;
    const bool turns = dimension->fine != should_be_fine(call, dimension, false);
    dimension->grouped |= begins;
    dimension->fine ^= turns;
    return (begins || turns) && dimension->grouped;
}

static void replace_share(const struct sched_call *call, struct dimension *dimension, uint32_t slot,
                          struct share present, struct slot_list *others)
{
    struct affinity_counts *counts = call->counts;
    struct share *former = share_of(call->snapshot, dimension, slot);
    if (regroups(call, dimension, &present))
        add_everybody(call->snapshot, others);
    if (former->domain == present.domain && former->pods == present.pods &&
        former->weight == present.weight)
        return;
    add_to_domain(counts, dimension, former->domain, -(int64_t)former->pods, -former->weight);
    add_to_domain(counts, dimension, present.domain, present.pods, present.weight);
    if (dimension->fine && dimension->grouped) {
        add_neighbours(dimension->topology, present.domain, slot, others);
        if (former->domain != present.domain)
            add_neighbours(dimension->topology, former->domain, slot, others);
    }
    *former = present;
}

/* Sum up what the pods of a node add to each dimension. */
static void sum_up(const struct sched_call *call, const struct node_info *node)
{
    struct affinity_counts *counts = call->counts;
    for (size_t i = 0; node->node != NULL && i < node->population_count; i++) {
        const struct node_population *present = &node->populations[i];
        const struct effects *effects = affinity_effects_of(call, present->population);
        for (size_t k = 0; k < effects->count; k++) {
            const struct effect *effect = &effects->items[k];
            struct affinity_sum *found = &counts->dimensions[effect->dimension].found;
            found->pods += (int64_t)present->pods * effect->pods;
            found->weight += (int64_t)present->pods * effect->weight;
        }
    }
}

void affinity_count_node(const struct sched_call *call, const struct node_info *node,
                         struct slot_list *others)
{
    struct affinity_counts *counts = call->counts;
    if (!counts->concerned)
        return;
    sum_up(call, node);
    for (size_t i = 0; i < counts->dimension_count; i++) {
        struct dimension *dimension = &counts->dimensions[i];
        const uint32_t domain = affinity_domain(dimension, node);
        struct share present = { 0 };
        if (domain != 0 && dimension->found.pods > 0)
            present =
                (struct share){ domain, (uint32_t)dimension->found.pods, dimension->found.weight };
        dimension->found = (struct affinity_sum){ 0 };
        replace_share(call, dimension, node->slot, present, others);
    }
}

/* --- groups ------------------------------------------------------------------------------------------------ */

/* What the fine dimensions together say of a node. */
struct verdict {
    bool lacks_label, lacks_match, repelled, repelling;
    int64_t weight;
};

static void judge(const struct dimension *dimension, uint32_t domain, struct verdict *verdict)
{
    const struct affinity_sum sum = affinity_sum_of(dimension, domain);
    switch (dimension->kind) {
    case MATCHING:
        verdict->lacks_label |= domain == 0;
        verdict->lacks_match |= sum.pods == 0;
        break;
    case REPELLED:
        verdict->repelled |= sum.pods > 0;
        break;
    case REPELLING:
        verdict->repelling |= sum.pods > 0;
        break;
    default:
        verdict->weight += sum.weight;
    }
}

/* Has an earlier dimension written the node's domain of this key? */
static bool is_written(const struct affinity_counts *counts, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const struct dimension *dimension = &counts->dimensions[i];
        if (dimension->grouped && !dimension->fine &&
            dimension->topology == counts->dimensions[at].topology)
            return true;
    }
    return false;
}

size_t affinity_group(const struct sched_call *call, const struct node_info *node, uint32_t *words)
{
    const struct affinity_counts *counts = call->counts;
    struct verdict verdict = { 0 };
    bool any_fine = false;
    size_t count = 0;
    for (size_t i = 0; i < counts->dimension_count; i++) {
        const struct dimension *dimension = &counts->dimensions[i];
        const uint32_t domain = affinity_domain(dimension, node);
        if (!dimension->grouped)
            continue;
        any_fine |= dimension->fine;
        if (dimension->fine)
            judge(dimension, domain, &verdict);
        else if (!is_written(counts, i))
            words[count++] = domain;
    }
    if (any_fine) {
        words[count++] = (uint32_t)(verdict.lacks_label | verdict.lacks_match << 1 |
                                    verdict.repelled << 2 | verdict.repelling << 3);
        words[count++] = (uint32_t)(uint64_t)verdict.weight;
        words[count++] = (uint32_t)((uint64_t)verdict.weight >> 32);
    }
    assert(count <= GROUP_WORDS);
    return count;
}

/* --- what if ------------------------------------------------------------------------------------------------- */

/* Scores are not asked for in a trial. */
void affinity_pod_moved(const struct sched_call *call, const struct node_info *node,
                        const struct pod *pod, int sign)
{
    struct affinity_counts *counts = call->counts;
    struct effects effects = { 0 };
    if (!counts->concerned)
        return;
    affinity_find_effects(call, &effects, pod->spec, pod->meta.object.space, pod->meta.labels);
    for (size_t i = 0; i < effects.count; i++) {
        struct dimension *dimension = &counts->dimensions[effects.items[i].dimension];
        if (dimension->kind != PREFERENCE)
            add_to_domain(counts, dimension, affinity_domain(dimension, node),
                          sign * (int64_t)effects.items[i].pods, 0);
    }
    free(effects.items);
}
