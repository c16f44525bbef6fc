/* The comparison of timelines finds no difference between a recording and itself, and finds
 * single mistakes put into one. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

#define RECORDINGS "tests/oracle/controllers"

static void load(struct timeline *timeline, struct texts *texts, const char *name)
{
    char *directory = mem_format("%s/%s", RECORDINGS, name);
    cr_assert(timeline_load(timeline, texts, directory), "%s", directory);
    free(directory);
}

Test(compare, finds_every_recording_equal_to_itself)
{
    struct dirent **entries; /* one folder a recording */
    int count = scandir(RECORDINGS, &entries, NULL, alphasort);
    cr_assert_gt(count, 30);
    for (int i = 0; i < count; free(entries[i++])) {
        if (entries[i]->d_name[0] == '.' || entries[i]->d_type != DT_DIR)
            continue;
        struct texts *texts = texts_new();
        struct timeline recorded, again;
        load(&recorded, texts, entries[i]->d_name);
        load(&again, texts, entries[i]->d_name);
        struct comparison comparison = compare_timelines(&recorded, &again);
        cr_expect_eq(comparison.differences, 0, "%s:\n%s", entries[i]->d_name,
                     comparison.report.bytes);
        writer_close(&comparison.report);
        timeline_close(&recorded);
        timeline_close(&again);
        texts_free(texts);
    }
    free(entries);
}

/* Replace one text in all steps of a field of the lives of a kind. */
static void replace(struct timeline *timeline, const char *kind, const char *field,
                    const char *from, const char *to)
{
    bool found = false;
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct field *known = life_field(&timeline->lives[i], field);
        if (strcmp(text_s(timeline->lives[i].kind), kind) != 0 || known == NULL)
            continue;
        for (size_t j = 0; j < known->count; j++)
            if (strcmp(text_s(known->steps[j].value), from) == 0) {
                text_assign(&known->steps[j].value, text_intern(timeline->texts, to));
                found = true;
            }
    }
    cr_assert(found, "%s %s %s is not in the recording", kind, field, from);
}

Test(compare, notices_single_mistakes)
{
    static const struct {
        const char *why, *recording, *kind, *field, *from, *to;
    } rows[] = {
        { "one replica too many while surging", "deploy-rollout-r4-s1-u0", "ReplicaSet",
          "spec.replicas", "3", "2" },
        { "another final count", "deploy-scale-3-6-2", "Deployment", "status.readyReplicas", "2",
          "3" },
        { "another reason", "deploy-progress-deadline-10", "Deployment", "condition.Progressing",
          "False/ProgressDeadlineExceeded/ReplicaSet \"web-7657cbc5bc\" has timed out progressing.",
          "False/ProgressDeadlineExceeded/timed out" },
        { "a Namespace that says otherwise", "ns-delete", "Namespace",
          "condition.NamespaceContentRemaining",
          "False/ContentRemoved/All content successfully removed",
          "True/SomeResourcesRemain/Some resources are remaining" },
        { "a pod of a DaemonSet on another node", "drain-pdb", "Pod", "daemon node", "\"drn-1\"",
          "\"drn-2\"" },
        { "a pod that ends otherwise", "rs-scaledown-spread", "Pod", "phase", "\"Succeeded\"",
          "\"Failed\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct texts *texts = texts_new();
        struct timeline recorded, wrong;
        load(&recorded, texts, rows[i].recording);
        load(&wrong, texts, rows[i].recording);
        replace(&wrong, rows[i].kind, rows[i].field, rows[i].from, rows[i].to);
        struct comparison comparison = compare_timelines(&recorded, &wrong);
        cr_expect_gt(comparison.differences, 0, "%s", rows[i].why);
        writer_close(&comparison.report);
        timeline_close(&recorded);
        timeline_close(&wrong);
        texts_free(texts);
    }
}

/* What the comparison says of a recording and itself after `spoil`. */
static size_t differences_after(const char *name, void spoil(struct timeline *timeline))
{
    struct texts *texts = texts_new();
    struct timeline recorded, wrong;
    load(&recorded, texts, name);
    load(&wrong, texts, name);
    spoil(&wrong);
    struct comparison comparison = compare_timelines(&recorded, &wrong);
    writer_close(&comparison.report);
    timeline_close(&recorded);
    timeline_close(&wrong);
    texts_free(texts);
    return comparison.differences;
}

static void reword_an_event(struct timeline *timeline)
{
    struct occurrence *last = &timeline->events[timeline->event_count - 1];
    text_assign(&last->message, text_intern(timeline->texts, "something else"));
}

static void rename_a_pod(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->life_count; i++)
        if (strcmp(text_s(timeline->lives[i].kind), "Pod") == 0) {
            text_assign(&timeline->lives[i].name, text_intern(timeline->texts, "stranger"));
            return;
        }
}

Test(compare, notices_other_events_and_other_objects)
{
    cr_expect_gt(differences_after("deploy-create-3", reword_an_event), 0);
    cr_expect_gt(differences_after("deploy-create-3", rename_a_pod), 0);
}
