/* What is said of a pod that found no node: all of it in the condition, and as much as fits in the
 * note of an event. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/event.h"
#include "models/cluster/cluster.h"
#include "models/scheduler/scheduler.h"
#include "tests/support/scheduler_objects.h"

enum { NOTE = 1024, RESOURCES = 10 };

static struct cluster *cluster_with_events(struct run *run)
{
    static const struct component *const only_scheduler[] = { &scheduler_component, NULL };
    struct settings settings;
    settings_init(&settings);
    settings.keep_events = true;
    return cluster_new_with(run, "", settings, only_scheduler);
}

static void create(struct cluster *cluster, const void *record)
{
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    cr_assert_eq(client_create(&cluster->admin, (struct object *)record, NULL, NULL),
                 REPLY_CREATED);
}

/* Requests of ten resources that no node has, each with a long name; the last one so long. */
static char *requests_of_unknown(int last)
{
    struct writer spec = { 0 };
    writer_add(&spec, "\"containers\":[{\"name\":\"c\",\"image\":\"app:1\",\"resources\":{"
                      "\"requests\":{\"cpu\":\"1\"");
    for (int i = 0; i < RESOURCES; i++)
        writer_format(&spec, ",\"example.com/r%d%0*d\":\"1\"", i, i + 1 < RESOURCES ? 60 : last, 0);
    writer_add(&spec, "}}}]");
    return writer_take(&spec);
}

struct found {
    char *note; /* owned */
};

static void find_note(void *context, const struct object *object)
{
    const struct event_record *event = (const struct event_record *)object;
    struct found *found = context;
    if (strcmp(text_s(event->reason), "FailedScheduling") != 0)
        return;
    cr_expect_null(found->note, "one event");
    found->note = mem_text(text_s(event->message), strlen(text_s(event->message)));
}

/* The condition's message and the event's note of a pod whose last resource has a name so long. */
static void fail_with(int last, char **message, char **note)
{
    struct run *run = run_new(1);
    struct cluster *cluster = cluster_with_events(run);
    struct found found = { NULL };
    char *spec = requests_of_unknown(last);
    create(cluster, node_make(&cluster->codec, "a", 4, 8, NULL));
    create(cluster, pod_make(&cluster->codec, "web", spec));
    run_until(run, SIM_SECOND);
    const struct pod *pod = pod_of(client_get(
        &cluster->admin, KIND_POD, text_find(run->texts, "default"), text_find(run->texts, "web")));
    const char *said = pod_condition_message(pod, POD_SCHEDULED);
    *message = mem_text(said, strlen(said));
    store_each(cluster->store, KIND_EVENT, find_note, &found);
    cr_assert_not_null(found.note);
    *note = found.note;
    free(spec);
    cluster_free(cluster);
    run_free(run);
}

/* Rule 22 of the recorded decisions: a note has at most 1024 bytes, of which the last four say that
 * it was cut. */
static void expect_note(int last, size_t length, bool cut)
{
    char *message, *note;
    fail_with(last, &message, &note);
    cr_expect_eq(strlen(message), length, "%zu", strlen(message));
    cr_expect_eq(strlen(note), cut ? NOTE : length, "%zu", strlen(note));
    cr_expect_eq(strncmp(message, note, cut ? NOTE - 4 : length), 0);
    cr_expect_eq(strcmp(note + strlen(note) - 4, " ...") == 0, cut);
    free(message);
    free(note);
}

Test(scheduler_failure, cuts_the_note_of_an_event_to_1024_bytes)
{
    char *message, *note;
    fail_with(1, &message, &note);
    const int exact = 1 + NOTE - (int)strlen(message);
    cr_assert(exact > 2 && exact + 1 <= 60, "%d: the name of a resource has 63 bytes", exact);
    free(message);
    free(note);
    expect_note(exact - 1, NOTE - 1, false);
    expect_note(exact, NOTE, false);
    expect_note(exact + 1, NOTE + 1, true);
    expect_note(60, NOTE + 60 - (size_t)exact, true);
}
