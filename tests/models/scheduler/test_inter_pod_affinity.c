/* InterPodAffinity: what it counts by single changes against a walk over all pods and terms. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/inter_pod_affinity_private.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/trial/trial.h"
#include "tests/support/rows.h"

static struct value *parse(const char *text)
{
    char *json = strdup(text);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    struct value *tree = rows_parse(json);
    free(json);
    return tree;
}

/* --- the walk's objects ------------------------------------------------------------------------ */

#define TERM(key, app) "{'topologyKey':'" key "','labelSelector':{'matchLabels':{'app':'" app "'}}}"
#define TERM_IN(key, app, more)                                                                    \
    "{'topologyKey':'" key "','labelSelector':{'matchLabels':{'app':'" app "'}}," more "}"
#define WEIGHTED(weight, term) "{'weight':" #weight ",'podAffinityTerm':" term "}"
#define MUST                   "'requiredDuringSchedulingIgnoredDuringExecution':"
#define MAY                    "'preferredDuringSchedulingIgnoredDuringExecution':"

/* `affinity` of the pods' templates. */
static const char *const templates[] = {
    "{}",
    "{'podAffinity':{" MUST "[" TERM("zone", "a") "]}}",
    "{'podAffinity':{" MUST "[" TERM("zone", "a") "," TERM("rack", "a") "]}}",
    "{'podAntiAffinity':{" MUST "[" TERM("host", "b") "]}}",
    "{'podAntiAffinity':{" MUST "[" TERM("zone", "c") "," TERM("host", "a") "]}}",
    "{'podAffinity':{" MAY "[" WEIGHTED(10, TERM("zone", "a")) "," WEIGHTED(
        3, TERM("host", "b")) "]},'podAntiAffinity':{" MAY "[" WEIGHTED(7, TERM("rack", "c")) "]}}",
    "{'podAffinity':{" MUST
    "[" TERM_IN("zone", "b", "'namespaces':['s0','s1']") "]," MAY "[" WEIGHTED(
        10, TERM_IN("zone", "a", "'namespaceSelector':{}")) "]}}",
    "{'podAntiAffinity':{" MUST "[" TERM_IN(
        "rack", "a",
        "'namespaceSelector':{'matchLabels':{'env':'prod'}}") "]," MAY
                                                              "[" WEIGHTED(
                                                                  100,
                                                                  TERM_IN(
                                                                      "host", "c",
                                                                      "'namespaceSelector':{'"
                                                                      "matchExpressions':[{'key':'"
                                                                      "env','operator':"
                                                                      "'DoesNotExist'}]}")) "]}}",
};
enum { TEMPLATES = sizeof templates / sizeof *templates };
enum { NODES = 24, PODS = 60, APPS = 4, SPACES = 3, STEPS = 1500 };

static struct object *load(struct trial *trial, enum kind kind, char *text)
{
    struct value *document = parse(text);
    struct object *object = kind_infos[kind].load(&trial->cluster->codec, document);
    value_drop(document);
    free(text);
    return object;
}

static const struct pod *make_pod(struct trial *trial, const char *name, size_t space, size_t app,
                                  size_t template)
{
    return pod_of(load(
        trial, KIND_POD,
        mem_format("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'s%zu',"
                   "'labels':{'app':'%c'}},'spec':{'schedulerName':'default-scheduler',"
                   "'containers':[{'name':'c','image':'i'}],'affinity':%s}}",
                   name, space, (char)('a' + app), templates[template])));
}

struct walk {
    struct trial *trial;
    struct stream stream;
};

static size_t below(struct walk *walk, size_t limit)
{
    return stream_below(&walk->stream, limit);
}

/* One of three zones and eight racks, or none; host names are the nodes' own. */
static void change_node(struct walk *walk)
{
    const size_t number = below(walk, NODES), zone = below(walk, 4), rack = below(walk, 9);
    char *name = mem_format("n%zu", number);
    if (below(walk, 3) == 0) {
        const struct text *text = text_intern(walk->trial->run->texts, name);
        trial_remove(walk->trial, (struct object_key){ KIND_NODE, NULL, text });
        text_drop(text);
    } else {
        char *zone_label = zone == 3 ? mem_format("'x':'y'") : mem_format("'zone':'z%zu'", zone);
        char *rack_label = rack == 8 ? mem_format("'u':'v'") : mem_format("'rack':'r%zu'", rack);
        trial_put(walk->trial,
                  load(walk->trial, KIND_NODE,
                       mem_format("{'apiVersion':'v1','kind':'Node','metadata':{'name':'%s',"
                                  "'labels':{%s,%s,'host':'%s'}},'spec':{},'status':{}}",
                                  name, zone_label, rack_label, name)));
        free(zone_label);
        free(rack_label);
    }
    free(name);
}

static void change_pod(struct walk *walk)
{
    char *name = mem_format("p%zu", below(walk, PODS));
    const struct object *present = NULL;
    for (size_t space = 0; space < SPACES && present == NULL; space++) {
        char in[8];
        snprintf(in, sizeof in, "s%zu", space);
        present = trial_find(walk->trial, KIND_POD, in, name);
    }
    if (present != NULL) {
        trial_remove(walk->trial, object_key(present));
    } else {
        struct pod *pod = (struct pod *)make_pod(walk->trial, name, below(walk, SPACES),
                                                 below(walk, APPS), below(walk, TEMPLATES));
        pod->node_name = text_format(walk->trial->run->texts, "n%zu", below(walk, NODES));
        trial_put(walk->trial, &pod->meta.object);
    }
    free(name);
}

static void change_namespace(struct walk *walk)
{
    char *text =
        mem_format("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'s%zu','labels':%s}}",
                   below(walk, SPACES), below(walk, 2) ? "{'env':'prod'}" : "{}");
    trial_put(walk->trial, load(walk->trial, KIND_NAMESPACE, text));
}

/* --- the plain way: all pods, all terms -------------------------------------------------------- */

enum verdict { FITS, NO_AFFINITY, ANTI_AFFINITY, EXISTING_ANTI_AFFINITY };

struct opinion {
    enum verdict verdict;
    int64_t score;
    bool skips, scores; /* Filter is skipped; somebody has a preference */
};

/* A pod that counts, and its node; or one more. */
struct counted {
    const struct pod *pod;
    const struct node *node;
};

static const char *label(const struct node *node, const struct affinity_term *term)
{
    return labels_get(node->meta.labels, text_s(term->topology_key));
}

static bool same_domain(const struct affinity_term *term, const struct node *a,
                        const struct node *b)
{
    const char *left = label(a, term), *right = label(b, term);
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

static const struct labels *labels_of_space(const struct snapshot *snapshot,
                                            const struct text *space, bool *exists)
{
    const struct object *found = lister_get(snapshot, KIND_NAMESPACE, NULL, space);
    *exists = found != NULL;
    return found != NULL ? meta_of(found)->labels : NULL;
}

/* Of the pod that is scheduled: namespaces that exist are looked up. */
static bool mine(const struct snapshot *snapshot, const struct affinity_term *term,
                 const struct pod *pod, const struct pod *other)
{
    bool exists;
    const struct text *space = other->meta.object.space;
    const struct labels *labels = labels_of_space(snapshot, space, &exists);
    if (!exists)
        return affinity_term_reaches(term, pod->meta.object.space, space) &&
               affinity_term_selects(term, other->meta.labels);
    return affinity_term_matches(term, pod->meta.object.space, space, labels, other->meta.labels);
}

static bool theirs(const struct snapshot *snapshot, const struct affinity_term *term,
                   const struct pod *owner, const struct pod *pod)
{
    bool exists;
    const struct labels *labels = labels_of_space(snapshot, pod->meta.object.space, &exists);
    return affinity_term_matches(term, owner->meta.object.space, pod->meta.object.space, labels,
                                 pod->meta.labels);
}

static bool matches_all(const struct snapshot *snapshot, const struct affinity_terms *terms,
                        const struct pod *pod, const struct pod *other)
{
    for (size_t i = 0; i < terms->count; i++)
        if (!mine(snapshot, &terms->items[i], pod, other))
            return false;
    return terms->count > 0;
}

static const struct pod_affinity nothing;

static const struct pod_affinity *affinity_of(const struct pod *pod)
{
    return pod->spec->pod_affinity != NULL ? pod->spec->pod_affinity : &nothing;
}

static bool has_affinity(const struct snapshot *snapshot, const struct pod *pod,
                         const struct node *node, const struct counted *all, size_t count)
{
    const struct affinity_terms *terms = &affinity_of(pod)->required;
    bool anywhere = false, everywhere = true;
    for (size_t i = 0; i < terms->count; i++) {
        bool here = false;
        if (label(node, &terms->items[i]) == NULL)
            return false;
        for (size_t k = 0; k < count; k++) {
            if (!matches_all(snapshot, terms, pod, all[k].pod))
                continue;
            anywhere |= label(all[k].node, &terms->items[i]) != NULL;
            here |= same_domain(&terms->items[i], node, all[k].node);
        }
        everywhere &= here;
    }
    return everywhere || (!anywhere && matches_all(snapshot, terms, pod, pod));
}

static void add_scores(struct opinion *answer, const struct snapshot *snapshot,
                       const struct affinity_terms *terms, int32_t weight, int sign, bool own,
                       const struct pod *pod, const struct node *node, const struct counted *other)
{
    for (size_t i = 0; i < terms->count; i++) {
        const struct affinity_term *term = &terms->items[i];
        if (!(own ? mine(snapshot, term, pod, other->pod)
                  : theirs(snapshot, term, other->pod, pod)) ||
            label(other->node, term) == NULL)
            continue;
        answer->scores = true;
        if (same_domain(term, node, other->node))
            answer->score += sign * (weight != 0 ? weight : term->weight);
    }
}

static struct opinion ask_plainly(const struct snapshot *snapshot, const struct affinity_args *args,
                                  const struct pod *pod, const struct node *node,
                                  const struct counted *all, size_t count)
{
    const struct pod_affinity *own = affinity_of(pod);
    struct opinion answer = { .skips = own->required.count + own->required_anti.count == 0 };
    bool anti = false, existing = false;
    const bool ignores = args->ignore_preferred_terms_of_existing_pods &&
                         own->preferred.count + own->preferred_anti.count == 0;
    for (size_t k = 0; k < count; k++) {
        const struct pod_affinity *other = affinity_of(all[k].pod);
        for (size_t i = 0; i < own->required_anti.count; i++)
            anti |= mine(snapshot, &own->required_anti.items[i], pod, all[k].pod) &&
                    same_domain(&own->required_anti.items[i], node, all[k].node);
        for (size_t i = 0; i < other->required_anti.count; i++) {
            const struct affinity_term *term = &other->required_anti.items[i];
            if (!theirs(snapshot, term, all[k].pod, pod) || label(all[k].node, term) == NULL)
                continue;
            answer.skips = false;
            existing |= same_domain(term, node, all[k].node);
        }
        if (ignores)
            continue;
        add_scores(&answer, snapshot, &own->preferred, 0, 1, true, pod, node, &all[k]);
        add_scores(&answer, snapshot, &own->preferred_anti, 0, -1, true, pod, node, &all[k]);
        if (args->hard_pod_affinity_weight > 0)
            add_scores(&answer, snapshot, &other->required, args->hard_pod_affinity_weight, 1,
                       false, pod, node, &all[k]);
        add_scores(&answer, snapshot, &other->preferred, 0, 1, false, pod, node, &all[k]);
        add_scores(&answer, snapshot, &other->preferred_anti, 0, -1, false, pod, node, &all[k]);
    }
    if (own->required.count > 0 && !has_affinity(snapshot, pod, node, all, count))
        answer.verdict = NO_AFFINITY;
    else if (anti)
        answer.verdict = ANTI_AFFINITY;
    else if (existing)
        answer.verdict = EXISTING_ANTI_AFFINITY;
    return answer;
}

static size_t count_pods(const struct snapshot *snapshot, struct counted *all)
{
    size_t count = 0;
    for (size_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *info = snapshot->nodes[slot];
        if (info == NULL || info->node == NULL)
            continue;
        for (const struct placed_pod *placed = info->first; placed != NULL; placed = placed->next)
            all[count++] = (struct counted){ placed->pod, info->node };
    }
    return count;
}

/* --- the plugin, kept up to date ----------------------------------------------------------------- */

static const struct sched_plugin *plugin = &inter_pod_affinity_plugin;

/* One pod that asks again and again. */
struct asking {
    const struct pod *pod;
    struct sched_call call;
    bool concerned;
    uint64_t epoch, seen;
    struct words {
        size_t count; /* SIZE_MAX: no node */
        uint32_t items[GROUP_WORDS];
    } words[NODES * 2]; /* by slot, as of the last time somebody told of the node */
};

static void look_again(struct asking *asking, uint32_t slot)
{
    const struct node_info *info = asking->call.snapshot->nodes[slot];
    struct words *words = &asking->words[slot];
    words->count = SIZE_MAX;
    if (info != NULL && info->node != NULL)
        words->count = plugin->group(&asking->call, info, words->items);
}

static void count_slots(struct asking *asking, uint64_t from)
{
    const struct snapshot *snapshot = asking->call.snapshot;
    struct slot_list others = { 0 };
    for (uint64_t i = from; i < snapshot->change_count; i++) {
        const uint32_t slot = snapshot->changes[i % snapshot->change_capacity];
        static const struct node_info gone;
        struct node_info nobody = gone;
        nobody.slot = slot;
        plugin->count_node(&asking->call,
                           snapshot->nodes[slot] != NULL ? snapshot->nodes[slot] : &nobody,
                           &others);
        slot_list_add(&others, slot);
    }
    for (size_t i = 0; i < others.count; i++)
        look_again(asking, others.items[i]);
    free(others.items);
    asking->seen = snapshot->change_count;
}

static void catch_up(struct asking *asking)
{
    const struct snapshot *snapshot = asking->call.snapshot;
    struct sched_call call = asking->call;
    call.counts = NULL;
    const bool concerned = plugin->by_identity(&call);
    const uint64_t epoch = plugin->epoch(&call);
    if (asking->call.counts != NULL && asking->concerned == concerned && asking->epoch == epoch) {
        count_slots(asking, asking->seen);
        return;
    }
    if (asking->call.counts != NULL)
        plugin->count_free(asking->call.counts);
    asking->concerned = concerned;
    asking->epoch = epoch;
    asking->call.counts = plugin->count_new(&call);
    for (size_t slot = 0; slot < NODES * 2; slot++)
        asking->words[slot].count = SIZE_MAX;
    struct slot_list others = { 0 };
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
        if (snapshot->nodes[slot] != NULL)
            plugin->count_node(&asking->call, snapshot->nodes[slot], &others);
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++)
        look_again(asking, slot);
    asking->seen = snapshot->change_count;
    free(others.items);
}

static struct opinion ask(const struct asking *asking, const struct node_info *node)
{
    static const char *const texts[] = { "", "node(s) didn't match pod affinity rules",
                                         "node(s) didn't match pod anti-affinity rules",
                                         ("node(s) didn't satisfy existing pods anti-affinity "
                                          "rules") };
    struct rejection rejection = { 0 };
    struct opinion answer = { 0 };
    answer.skips = plugin->pre_filter(&asking->call, NULL, &rejection) == PRE_FILTER_SKIP;
    answer.scores = plugin->pre_score(&asking->call, NULL);
    answer.score = plugin->score(&asking->call, node);
    if (plugin->filter(&asking->call, node, &rejection))
        return answer;
    cr_assert_eq(rejection.count, 1);
    for (answer.verdict = NO_AFFINITY;
         strcmp(texts[answer.verdict], rejection.reasons[0].text) != 0;)
        answer.verdict++;
    cr_assert_eq(rejection.code, answer.verdict == NO_AFFINITY ? UNRESOLVABLE : UNSCHEDULABLE);
    return answer;
}

static void expect_same(struct opinion got, struct opinion want, const char *what, size_t step)
{
    cr_assert_eq(got.verdict, want.verdict, "%s %zu: verdict %d, not %d", what, step, got.verdict,
                 want.verdict);
    cr_assert_eq(got.skips, want.skips, "%s %zu", what, step);
    cr_assert_eq(got.scores, want.scores, "%s %zu", what, step);
    cr_assert_eq(got.score, want.score, "%s %zu: score %ld, not %ld", what, step, (long)got.score,
                 (long)want.score);
}

/* Nodes that were told alike are: nobody forgot to tell of a node whose words changed. */
static void check_words(struct asking *asking, size_t step)
{
    for (uint32_t slot = 0; slot < asking->call.snapshot->slot_count; slot++) {
        const struct words told = asking->words[slot];
        look_again(asking, slot);
        cr_assert_eq(told.count, asking->words[slot].count, "step %zu, slot %u", step, slot);
        if (told.count != SIZE_MAX)
            cr_assert_arr_eq(told.items, asking->words[slot].items, told.count * sizeof *told.items,
                             "step %zu, slot %u", step, slot);
    }
}

static void check_groups(const struct asking *asking, const struct opinion *answers, size_t step)
{
    const size_t slots = asking->call.snapshot->slot_count;
    for (size_t a = 0; a < slots; a++)
        for (size_t b = 0; b < a; b++) {
            const struct words *left = &asking->words[a], *right = &asking->words[b];
            if (left->count == SIZE_MAX || left->count != right->count ||
                memcmp(left->items, right->items, left->count * sizeof *left->items) != 0)
                continue;
            cr_assert_eq(answers[a].verdict, answers[b].verdict, "step %zu", step);
            cr_assert_eq(answers[a].score, answers[b].score, "step %zu", step);
        }
}

static void check(struct walk *walk, struct asking *asking, size_t step)
{
    const struct snapshot *snapshot = walk->trial->snapshot;
    struct counted all[PODS + 1];
    struct opinion answers[NODES * 2] = { 0 };
    const size_t count = count_pods(snapshot, all);
    for (uint32_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *info = snapshot->nodes[slot];
        if (info == NULL || info->node == NULL)
            continue;
        answers[slot] = ask(asking, info);
        expect_same(answers[slot],
                    ask_plainly(snapshot, asking->call.args, asking->pod, info->node, all, count),
                    "step", step);
    }
    check_words(asking, step);
    check_groups(asking, answers, step);
}

/* What if one more pod were on a node? And all is as before once it is not. */
static void check_what_if(struct walk *walk, struct asking *asking, size_t step)
{
    const struct snapshot *snapshot = walk->trial->snapshot;
    const uint32_t at = (uint32_t)below(walk, snapshot->slot_count);
    const struct node_info *info = snapshot->nodes[at];
    struct rejection rejection = { 0 };
    if (info == NULL || info->node == NULL ||
        plugin->pre_filter(&asking->call, NULL, &rejection) == PRE_FILTER_SKIP)
        return;
    const struct pod *pod = make_pod(walk->trial, "more", below(walk, SPACES), below(walk, APPS),
                                     below(walk, TEMPLATES));
    struct counted all[PODS + 1];
    size_t count = count_pods(snapshot, all);
    all[count++] = (struct counted){ pod, info->node };
    plugin->pod_moved(&asking->call, info, pod, 1);
    cr_assert_eq(
        ask(asking, info).verdict,
        ask_plainly(snapshot, asking->call.args, asking->pod, info->node, all, count).verdict,
        "what if, step %zu", step);
    plugin->pod_moved(&asking->call, info, pod, -1);
    object_drop(&pod->meta.object);
}

static void walk_with(uint64_t seed, const char *arguments)
{
    struct error_list errors = { 0 };
    struct walk walk = { .trial = trial_new(NULL, &errors) };
    struct asking *asking = mem_new(TEMPLATES * sizeof *asking);
    struct value *document = parse(arguments);
    void *args = plugin->configure(walk.trial->run->texts, document, &errors);
    size_t rejected = 0;
    walk.stream = stream_of(seed, "", "walk", "affinity", 0);
    for (size_t i = 0; i < TEMPLATES; i++) {
        asking[i].pod = make_pod(walk.trial, "asking", i % SPACES, i % APPS, i);
        asking[i].call = (struct sched_call){ .spec = asking[i].pod->spec,
                                              .pod = asking[i].pod,
                                              .snapshot = walk.trial->snapshot,
                                              .args = args };
    }
    for (size_t step = 0; step < STEPS; step++) {
        const size_t choice = below(&walk, 40);
        if (choice == 0)
            change_namespace(&walk);
        else if (choice < 8)
            change_node(&walk);
        else
            change_pod(&walk);
        snapshot_refresh(walk.trial->snapshot);
        for (size_t i = 0; i < TEMPLATES; i++) {
            if (below(&walk, 3) == 0) /* it does not ask at every step */
                continue;
            catch_up(&asking[i]);
            if (step % 5 == 0)
                check(&walk, &asking[i], step);
            check_what_if(&walk, &asking[i], step);
        }
        rejected += asking[4].call.counts != NULL;
    }
    cr_expect_gt(rejected, 0);
    for (size_t i = 0; i < TEMPLATES; i++) {
        if (asking[i].call.counts != NULL)
            plugin->count_free(asking[i].call.counts);
        object_drop(&asking[i].pod->meta.object);
    }
    plugin->release(args);
    value_drop(document);
    free(asking);
    trial_free(walk.trial);
}

Test(inter_pod_affinity, counts_by_single_changes_as_by_all_pods)
{
    walk_with(1, "{}");
    walk_with(2, "{'hardPodAffinityWeight':7}");
    walk_with(3, "{'hardPodAffinityWeight':0,'ignorePreferredTermsOfExistingPods':true}");
}
