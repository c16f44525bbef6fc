/* The documents of scheduler extenders: what is asked about preemption, and answers of any kind. */
#include "tools/policies/extender_json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

/* Two nodes with two pods each, all of which might be victims of a fifth one. */
struct scene {
    struct run *run;
    struct codec codec;
    struct snapshot *snapshot;
    const struct pod *pods[4], *asking;
    uint32_t slots[2];
    struct extender_victims candidates[2];
    struct extender_call call;
};

static void scene_open(struct scene *scene)
{
    static const char *const names[] = { "a", "b" };
    *scene = (struct scene){ .run = run_new(1) };
    scene->codec = codec_new(scene->run);
    scene->snapshot = snapshot_new(scene->run->texts, NULL);
    for (int i = 0; i < 2; i++) {
        const struct node *node = node_make(&scene->codec, names[i], 4, 8, NULL);
        snapshot_set_node(scene->snapshot, node);
        object_drop(&node->meta.object);
        scene->slots[i] = (uint32_t)i;
        scene->candidates[i] = (struct extender_victims){ .slot = (uint32_t)i,
                                                          .pods = mem_new(2 * sizeof(struct pod *)),
                                                          .kept = true };
    }
    for (int i = 0; i < 4; i++) {
        const struct text *node = text_intern(scene->run->texts, names[i / 2]);
        char *name = mem_format("p%d", i);
        scene->pods[i] = pod_make(&scene->codec, name, requests("1", "1Gi"));
        snapshot_place(scene->snapshot, scene->pods[i], node, false);
        text_drop(node);
        free(name);
    }
    snapshot_refresh(scene->snapshot);
    for (int i = 0; i < 2; i++) {
        scene->candidates[i].pods[0] = scene->pods[2 * i];
        scene->candidates[i].count = 1;
        scene->candidates[i].pdb_violations = i;
    }
    scene->asking = pod_make(&scene->codec, "asking", requests("2", "1Gi"));
    scene->call = (struct extender_call){ .snapshot = scene->snapshot,
                                          .codec = &scene->codec,
                                          .pod = scene->asking,
                                          .slots = scene->slots,
                                          .count = 2 };
}

static void scene_close(struct scene *scene)
{
    for (int i = 0; i < 2; i++)
        free(scene->candidates[i].pods);
    for (int i = 0; i < 4; i++)
        object_drop(&scene->pods[i]->meta.object);
    object_drop(&scene->asking->meta.object);
    snapshot_free(scene->snapshot);
    codec_close(&scene->codec);
    run_free(scene->run);
}

static const char *uid_of(const struct pod *pod, char text[UID_TEXT])
{
    return uid_print(pod->meta.uid, text);
}

static struct value *asked(const struct scene *scene, bool uids_only)
{
    struct writer text = { 0 };
    extender_json_victims(&text, &scene->call, scene->candidates, uids_only);
    struct value *question = rows_parse(text.bytes);
    writer_close(&text);
    return question;
}

Test(extender_json, asks_about_victims_with_whole_pods_or_uids)
{
    struct scene scene;
    char uid[UID_TEXT];
    scene_open(&scene);
    struct value *whole = asked(&scene, false), *uids = asked(&scene, true);
    const struct value *victims = value_path(whole, "NodeNameToVictims", "b", NULL);
    const struct value *meta = value_path(uids, "NodeNameToMetaVictims", "a", NULL);
    cr_expect(value_is_null(value_get(whole, "NodeNameToMetaVictims")));
    cr_expect_str_eq(
        value_text(value_path(value_at(value_get(victims, "Pods"), 0), "metadata", "name", NULL),
                   ""),
        "p2");
    cr_expect_eq(value_int(value_get(victims, "NumPDBViolations"), -1), 1);
    cr_expect(value_is_null(value_get(uids, "NodeNameToVictims")));
    cr_expect_str_eq(value_text(value_get(value_at(value_get(meta, "Pods"), 0), "UID"), ""),
                     uid_of(scene.pods[0], uid));
    cr_expect_str_eq(value_text(value_path(uids, "Pod", "metadata", "name", NULL), ""), "asking");
    value_drop(whole);
    value_drop(uids);
    scene_close(&scene);
}

Test(extender_json, lets_an_extender_change_victims_and_drop_nodes)
{
    struct scene scene;
    char uid[UID_TEXT];
    struct error error = { 0 };
    scene_open(&scene);
    char *text = mem_format("{\"NodeNameToMetaVictims\":{\"b\":{\"Pods\":[{\"UID\":\"%s\"}],"
                            "\"NumPDBViolations\":5}}}",
                            uid_of(scene.pods[3], uid));
    struct value *answer = rows_parse(text);
    cr_expect_eq(extender_json_agreed(answer, &scene.call, scene.candidates, &error),
                 EXTENDER_ANSWERED);
    cr_expect(!scene.candidates[0].kept && scene.candidates[1].kept);
    cr_expect_eq(scene.candidates[1].count, 1);
    cr_expect_eq(scene.candidates[1].pods[0], scene.pods[3], "p3 instead of p2");
    cr_expect_eq(scene.candidates[1].pdb_violations, 5);
    value_drop(answer);
    free(text);
    scene_close(&scene);
}

Test(extender_json, refuses_victims_that_are_not_there_and_changes_nothing)
{
    static const struct {
        const char *answer, *want;
    } rows[] = {
        { "{\"NodeNameToMetaVictims\":{\"a\":{\"Pods\":[]},\"c\":{\"Pods\":[]}}}",
          "agrees to victims on the node \"c\", about which it was not asked" },
        { "{\"NodeNameToMetaVictims\":{\"a\":{\"Pods\":[{\"UID\":\"nobody\"}]}}}",
          "claims to preempt pod (UID: nobody) on node: a, but the pod is not found on that node" },
        { "{\"NodeNameToMetaVictims\":[]}", "answered nonsense (NodeNameToMetaVictims is no map)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct error error = { 0 };
        scene_open(&scene);
        struct value *answer = rows_parse(rows[i].answer);
        cr_expect_eq(extender_json_agreed(answer, &scene.call, scene.candidates, &error),
                     EXTENDER_BROKEN);
        cr_expect_str_eq(error.text, rows[i].want);
        cr_expect(scene.candidates[0].kept && scene.candidates[0].pods[0] == scene.pods[0]);
        error_close(&error);
        value_drop(answer);
        scene_close(&scene);
    }
}

Test(extender_json, answers_to_a_filter_row_by_row)
{
    static const struct {
        const char *why, *answer;
        enum extender_reply reply;
        int a, b; /* verdicts */
        const char *reason_of_b;
    } rows[] = {
        { "both are named", "{\"NodeNames\":[\"b\",\"a\"]}", EXTENDER_ANSWERED, EXTENDER_KEEPS,
          EXTENDER_KEEPS, "" },
        { "one is, of the other nothing is said", "{\"NodeNames\":[\"a\"]}", EXTENDER_ANSWERED,
          EXTENDER_KEEPS, EXTENDER_NEVER_ACCEPTS, "" },
        { "a reason", "{\"NodeNames\":[\"a\"],\"FailedNodes\":{\"b\":\"full\"}}", EXTENDER_ANSWERED,
          EXTENDER_KEEPS, EXTENDER_REJECTS, "full" },
        { "of two reasons the stronger",
          "{\"NodeNames\":[\"a\"],\"FailedNodes\":{\"b\":\"full\"},"
          "\"FailedAndUnresolvableNodes\":{\"b\":\"broken\"}}",
          EXTENDER_ANSWERED, EXTENDER_KEEPS, EXTENDER_NEVER_ACCEPTS, "broken" },
        { "nodes instead of names, for one that has no cache",
          "{\"Nodes\":{\"items\":[{\"metadata\":{\"name\":\"a\"}}]}}", EXTENDER_ANSWERED,
          EXTENDER_KEEPS, EXTENDER_NEVER_ACCEPTS, "" },
        { "nothing at all", "{}", EXTENDER_ANSWERED, EXTENDER_NEVER_ACCEPTS, EXTENDER_NEVER_ACCEPTS,
          "" },
        { "its own error", "{\"Error\":\"no\"}", EXTENDER_REFUSED, EXTENDER_KEEPS, EXTENDER_KEEPS,
          "" },
        { "names that are none", "{\"NodeNames\":[7]}", EXTENDER_BROKEN, EXTENDER_NEVER_ACCEPTS,
          EXTENDER_NEVER_ACCEPTS, "" },
        { "a list where a map should be", "{\"NodeNames\":[],\"FailedNodes\":[\"a\"]}",
          EXTENDER_BROKEN, EXTENDER_NEVER_ACCEPTS, EXTENDER_NEVER_ACCEPTS, "" },
        { "a reason that is none", "{\"NodeNames\":[],\"FailedNodes\":{\"b\":3}}", EXTENDER_BROKEN,
          EXTENDER_NEVER_ACCEPTS, EXTENDER_NEVER_ACCEPTS, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct error error = { 0 };
        struct extender_verdict verdicts[2] = { 0 };
        scene_open(&scene);
        struct value *answer = rows_parse(rows[i].answer);
        cr_expect_eq(extender_json_filtered(answer, &scene.call, true, verdicts, &error),
                     rows[i].reply, "%s", rows[i].why);
        cr_expect_eq((int)verdicts[0].sort, rows[i].a, "%s", rows[i].why);
        cr_expect_eq((int)verdicts[1].sort, rows[i].b, "%s", rows[i].why);
        cr_expect_str_eq(text_s(verdicts[1].reason), rows[i].reason_of_b, "%s", rows[i].why);
        cr_expect_eq(error.text == NULL, rows[i].reply == EXTENDER_ANSWERED, "%s", rows[i].why);
        text_drop(verdicts[0].reason);
        text_drop(verdicts[1].reason);
        error_close(&error);
        value_drop(answer);
        scene_close(&scene);
    }
}

Test(extender_json, priorities_are_added_with_their_factor)
{
    struct scene scene;
    struct error error = { 0 };
    int64_t scores[2] = { 0 };
    scene_open(&scene);
    struct value *answer =
        rows_parse("[{\"Host\":\"b\",\"Score\":7},{\"host\":\"a\",\"score\":2}]");
    /* weight 3 x (100 / 10) */
    cr_expect_eq(extender_json_priorities(answer, &scene.call, 30, scores, &error),
                 EXTENDER_ANSWERED);
    cr_expect_eq(scores[0], 60);
    cr_expect_eq(scores[1], 210);
    value_drop(answer);
    scene_close(&scene);
}
