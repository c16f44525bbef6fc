/* Events as client-go's correlator makes them. */
#include <criterion/criterion.h>

#include "models/api/event.h"
#include "tests/support/world.h"

static const struct component *const nobody[] = { NULL };
static const char config_map[] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";

/* Say something `times` times; `%d` becomes the number of the time. */
static void say(struct world *w, const char *source, const char *format, int times)
{
    struct client client;
    client_init(&client, w->cluster, source, 0, 0, NULL);
    client_begin(&client, (struct cause){ 0, 0 });
    for (int i = 0; i < times; i++) {
        char message[64];
        snprintf(message, sizeof message, format, i);
        client_event(&client, find(w, "cm/default/a"), true, "Failed", "%s", message);
    }
    client_close(&client);
}

/* The events there are: how many objects, and the sum of their counts. */
struct sums {
    int objects, count, combined;
};

static void add_event(void *context, const struct object *object)
{
    const struct event_record *event = (const struct event_record *)object;
    struct sums *sums = context;
    sums->objects++;
    sums->count += event->count;
    if (strncmp(text_s(event->message), "(combined from similar events): ", 32) == 0)
        sums->combined += event->count;
}

static void expect_events(struct world *w, int objects, int count, int combined)
{
    struct sums sums = { 0 };
    store_each(w->cluster->store, KIND_EVENT, add_event, &sums);
    cr_expect(sums.objects == objects && sums.count == count && sums.combined == combined,
              "%d objects, counts %d, combined %d", sums.objects, sums.count, sums.combined);
}

Test(event_recorder, keeps_nothing_unless_asked)
{
    struct world *w = given_with(config_map, nobody, "");
    say(w, "test", "no room", 3);
    expect_events(w, 0, 0, 0);
    done(w);
}

Test(event_recorder, counts_what_repeats)
{
    struct world *w = given_with(config_map, nobody, "keep-events=true");
    say(w, "test", "no room", 3);
    say(w, "other", "no room", 1);
    expect_events(w, 2, 4, 0);
    done(w);
}

Test(event_recorder, combines_from_the_tenth_similar_one_on)
{
    struct world *w = given_with(config_map, nobody, "keep-events=true");
    say(w, "test", "no room on n%d", 13);
    expect_events(w, 10, 13, 4);
    until(w, 601);
    say(w, "test", "no space on n%d", 1);
    expect_events(w, 11, 14, 4);
    done(w);
}

Test(event_recorder, drops_what_a_source_says_too_often)
{
    struct world *w = given_with(config_map, nobody, "keep-events=true");
    say(w, "test", "no room", 40);
    expect_events(w, 1, 25, 0);
    until(w, 300);
    say(w, "test", "no room", 2);
    /* One more token; what was dropped counts as soon as an event is written again. */
    expect_events(w, 1, 41, 0);
    done(w);
}

Test(event_recorder, writes_what_kubectl_describe_shows)
{
    struct world *w = given_with(config_map, nobody, "keep-events=true");
    say(w, "test", "no room on n%d", 1);
    expect_field(w, "ev/default/a.1", "involvedObject.name", "a");
    expect_field(w, "ev/default/a.1", "message", "no room on n0");
    expect_field(w, "ev/default/a.1", "source.component", "test");
    expect_field(w, "ev/default/a.1", "type", "Warning");
    done(w);
}
