/* Who is promised room where: lists of nominated pods, and who has to respect them. */
#include "models/scheduler/snapshot/nominator.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/writer.h"
#include "tests/support/scheduler_objects.h"

struct world {
    struct run *run;
    struct codec codec;
    struct nominator *nominator;
};

static struct world world_new(bool names_only)
{
    struct world world = { .run = run_new(1), .nominator = nominator_new() };
    world.codec = codec_new(world.run);
    world.nominator->names_only = names_only;
    return world;
}

static void world_close(struct world *world)
{
    nominator_free(world->nominator);
    codec_close(&world->codec);
    run_free(world->run);
}

/* NULL for "-". Lives as long as the run's texts. */
static const struct text *node_name(const struct world *world, const char *node)
{
    const struct text *name = strcmp(node, "-") != 0 ? text_intern(world->run->texts, node) : NULL;
    return name;
}

/* A version of a pod whose status nominates a node; "-": none. One reference. */
static const struct pod *version(const struct world *world, const char *name, int priority,
                                 const char *node)
{
    char spec[160];
    snprintf(spec, sizeof spec, "\"priority\":%d,%s", priority, requests("1", "1Gi"));
    const struct pod *pod = pod_make(&world->codec, name, spec);
    pod_set_nominated_node((struct pod *)pod, node_name(world, node));
    return pod;
}

/* --- steps as words ----------------------------------------------------------------------------- */

/* "says POD NODE": it is queued, and its status says NODE. "set POD NODE", "clear POD -": it failed.
 * "update POD OLD NEW": a new version, with what the statuses say. "remove POD -". */
static void step(const struct world *world, const char *text)
{
    char verb[16], name[16], first[16], second[16] = "-";
    cr_assert_geq(sscanf(text, "%15s %15s %15s %15s", verb, name, first, second), 3, "%s", text);
    const bool update = strcmp(verb, "update") == 0, set = strcmp(verb, "set") == 0;
    const struct pod *pod = version(world, name, 0, set ? "-" : first);
    const struct pod *after = version(world, name, 0, second);
    if (update)
        nominator_update(world->nominator, pod, after);
    else if (strcmp(verb, "remove") == 0)
        nominator_remove(world->nominator, pod);
    else if (set) {
        const struct text *node = node_name(world, first);
        nominator_add(world->nominator, pod, NOMINATION_SET, node);
        text_drop(node);
    } else
        nominator_add(world->nominator, pod,
                      strcmp(verb, "clear") == 0 ? NOMINATION_CLEARED : NOMINATION_UNCHANGED, NULL);
    object_drop(&pod->meta.object);
    object_drop(&after->meta.object);
}

/* "n1: web db, "": late" */
static char *print(const struct nominator *nominator)
{
    struct writer line = { 0 };
    for (const struct nominated_node *node = nominator->first; node != NULL; node = node->next) {
        writer_format(&line, "%s%s:", node->previous != NULL ? ", " : "",
                      node->name != NULL ? node->name->s : "\"\"");
        cr_expect_eq(nominator_find(nominator, node->name), node);
        for (const struct nominee *nominee = node->first; nominee != NULL; nominee = nominee->next)
            writer_format(&line, " %s", name_of(nominee->pod));
    }
    return writer_take(&line);
}

static const struct {
    const char *why;
    const char *steps[5];
    const char *lists;
} rows[] = {
    { "a pod that was never nominated is not listed", { "says web -" }, "" },
    { "its status nominates it", { "says web n1" }, "n1: web" },
    { "the order is that of nomination",
      { "says web n1", "says db n1", "says late n2" },
      "n1: web db, n2: late" },
    { "who is nominated again goes to the end",
      { "says web n1", "says db n1", "says web n1" },
      "n1: db web" },
    { "what the scheduler decided goes before what the status says",
      { "set web n1", "says db n1" },
      "n1: web db" },
    { "a pod is on one node", { "says web n1", "says db n1", "set web n2" }, "n1: db, n2: web" },
    { "the last one takes its node along", { "says web n1", "set web n2" }, "n2: web" },
    { "trap 23: a cleared nomination lists the pod under the node \"\"",
      { "says web n1", "clear web -" },
      "\"\": web" },
    { "it does so even if there was none", { "clear web -" }, "\"\": web" },
    { "an unchanged one says no more than the status: from \"\" the pod goes off the lists",
      { "clear web -", "says web -" },
      "" },
    { "assumed or deleted: off the lists",
      { "says web n1", "says db n1", "remove web -" },
      "n1: db" },
    { "off the node \"\", too", { "clear web -", "remove web -" }, "" },
    { "who is not listed can be removed", { "says web n1", "remove db -" }, "n1: web" },
    { "a status that moves moves the pod",
      { "says web n1", "says db n1", "update web n1 n2" },
      "n1: db, n2: web" },
    { "a status that is cleared takes it off", { "says web n1", "update web n1 -" }, "" },
    { "a status that is set puts it on", { "says web -", "update web - n1" }, "n1: web" },
    { "a version that does not know the nomination yet does not end it, but goes to the end",
      { "set web n1", "says db n1", "update web - -" },
      "n1: db web" },
    { "nor does it end that of the node \"\"", { "clear web -", "update web - -" }, "\"\": web" },
    { "what was decided yields to the status that tells otherwise",
      { "set web n1", "update web - n2" },
      "n2: web" },
};

Test(nominator, lists_pods_by_node_in_the_order_of_nomination)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world = world_new(false);
        for (size_t j = 0; j < 5 && rows[i].steps[j] != NULL; j++) {
            const uint64_t before = world.nominator->generation;
            char *was = print(world.nominator);
            step(&world, rows[i].steps[j]);
            char *lists = print(world.nominator);
            cr_expect(strcmp(was, lists) == 0 || world.nominator->generation != before, "%s",
                      rows[i].why);
            free(was);
            free(lists);
        }
        char *lists = print(world.nominator);
        cr_expect_str_eq(lists, rows[i].lists, "%s: %s", rows[i].why, lists);
        free(lists);
        world_close(&world);
    }
}

/* --- who has to respect whom ------------------------------------------------------------------- */

static const struct {
    const char *why;
    const char *nominated;
    int nominated_priority;
    const char *asking;
    int priority;
    bool counts;       /* as the queue has it */
    bool counts_named; /* where only names are known: it has priority 0 */
} respect[] = {
    { "a stronger one", "web", 5, "db", 3, true, false },
    { "one as strong", "web", 5, "db", 5, true, false },
    { "not a weaker one", "web", 5, "db", 6, false, false },
    { "not the pod itself", "web", 5, "web", 5, false, false },
    { "priority 0", "web", 0, "db", 0, true, true },
    { "a weaker one whose priority is not known", "web", -5, "db", -1, false, true },
};

static void expect_respect(size_t row, bool names_only, bool counts)
{
    struct world world = world_new(names_only);
    const struct pod *nominated =
        version(&world, respect[row].nominated, respect[row].nominated_priority, "n1");
    const struct pod *asking = version(&world, respect[row].asking, respect[row].priority, "-");
    nominator_add(world.nominator, nominated, NOMINATION_UNCHANGED, NULL);
    const struct nominated_node *node =
        nominator_find(world.nominator, pod_nominated_node(nominated));
    cr_assert_not_null(node);
    cr_expect_eq(nominated_node_counts(node, asking), counts, "%s (names only: %d)",
                 respect[row].why, names_only);
    cr_expect_eq(node->first->counted->spec->container_count, names_only ? 0 : 1);
    cr_expect(nominator_has(world.nominator, nominated));
    object_drop(&nominated->meta.object);
    object_drop(&asking->meta.object);
    world_close(&world);
}

Test(nominator, counts_for_pods_of_at_most_the_same_priority)
{
    for (size_t i = 0; i < sizeof respect / sizeof *respect; i++) {
        expect_respect(i, false, respect[i].counts);
        expect_respect(i, true, respect[i].counts_named);
    }
}

/* The first in the order of nomination that is weaker, on that node only. */
Test(nominator, finds_the_first_that_may_lose_its_promise)
{
    static const struct {
        const char *name;
        int priority;
        const char *node;
    } pods[] = { { "a", 7, "n1" }, { "b", 2, "n1" }, { "c", 1, "n1" }, { "d", 0, "n2" } };
    static const struct {
        const char *node;
        int priority;
        const char *lower; /* NULL: none */
    } asked[] = { { "n1", 8, "a" }, { "n1", 7, "b" },  { "n1", 2, "c" }, { "n1", 1, NULL },
                  { "n2", 1, "d" }, { "n2", 0, NULL }, { "n3", 9, NULL } };
    struct world world = world_new(false);
    for (size_t i = 0; i < sizeof pods / sizeof *pods; i++) {
        const struct pod *pod = version(&world, pods[i].name, pods[i].priority, pods[i].node);
        nominator_add(world.nominator, pod, NOMINATION_UNCHANGED, NULL);
        object_drop(&pod->meta.object);
    }
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct text *node = node_name(&world, asked[i].node);
        const struct pod *lower = nominator_lower(world.nominator, node, asked[i].priority);
        cr_expect_str_eq(lower != NULL ? name_of(lower) : "none",
                         asked[i].lower != NULL ? asked[i].lower : "none");
        text_drop(node);
    }
    world_close(&world);
}

Test(nominator, remembers_whose_preemption_goes_on)
{
    struct nominator *nominator = nominator_new();
    const struct uid one = { .low = 1 }, two = { .low = 2 };
    nominator_begin_preemption(nominator, one);
    nominator_begin_preemption(nominator, two);
    nominator_begin_preemption(nominator, one);
    nominator_end_preemption(nominator, one);
    cr_expect_not(nominator_is_preempting(nominator, one), "begun twice, ended once: over");
    cr_expect(nominator_is_preempting(nominator, two));
    nominator_end_preemption(nominator, one);
    cr_expect(nominator_is_preempting(nominator, two));
    nominator_free(nominator);
}
