/* A scenario's timeline: planned when the run begins, noted as its commands end. */
#include "models/cluster/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "models/actions/actions.h"
#include "models/metrics/metric.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum { MOST_LINES = 12 }; /* of a complaint that is told in full */

/* A command, waiting for its time, under way, or over. */
struct planned {
    struct timeline *timeline;
    const struct scenario_action *action;
    bool began, over;
    sim_time end;
    int rc;
    char *complaint; /* owned: what it said on standard error, as one line; NULL: nothing */
};

struct timeline {
    struct cluster *cluster;
    struct actions *actions;
    struct planned *planned; /* in the scenario's order */
    size_t count;
    struct planned **more; /* those that came later; owned */
    size_t more_count, more_capacity;
    struct error_list problems;
};

/* What kubectl printed on standard error as one line; of a long text, as a drain that is refused again
 * and again prints, the first and the last line. The caller frees. NULL: nothing. */
static char *one_line(const char *text)
{
    size_t length = strlen(text), lines = 1;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length == 0)
        return NULL;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    const char *first_end = memchr(text, '\n', length), *last = memrchr(text, '\n', length);
    if (lines > MOST_LINES)
        return mem_format("%.*s (... %zu lines more ...) %.*s", (int)(first_end - text), text,
                          lines - 2, (int)(text + length - last - 1), last + 1);
    char *line = mem_text(text, length);
    for (char *c = line; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return line;
}

static void is_done(void *context, const struct action_reply *reply)
{
    struct planned *planned = context;
    char time[SIM_TIME_TEXT];
    planned->over = true;
    planned->end = run_now(planned->timeline->cluster->run);
    planned->rc = reply->rc;
    planned->complaint = one_line(reply->err);
    if (reply->rc != 0)
        error_list_add(&planned->timeline->problems, planned->action->place, "timeline, at %s: %s",
                       sim_time_print(planned->action->at, time),
                       planned->complaint ? planned->complaint : "");
}

static void act(void *subject, sim_time now)
{
    struct planned *planned = subject;
    const struct scenario_action *action = planned->action;
    (void)now;
    planned->began = true;
    action_start(planned->timeline->actions,
                 &(struct action_request){ .argv = action->argv,
                                           .argc = action->argc,
                                           .documents = &action->documents,
                                           .done = is_done,
                                           .context = planned });
}

struct timeline *timeline_new(struct cluster *cluster, const struct scenario *scenario)
{
    struct timeline *timeline = mem_new(sizeof *timeline);
    timeline->cluster = cluster;
    timeline->actions = actions_new(cluster);
    timeline->count = scenario->action_count;
    timeline->planned = mem_new((timeline->count + 1) * sizeof *timeline->planned);
    for (size_t i = 0; i < timeline->count; i++) {
        timeline->planned[i] =
            (struct planned){ .timeline = timeline, .action = &scenario->actions[i] };
        run_at(cluster->run, scenario->actions[i].at, PRIORITY_WORLD, act, &timeline->planned[i]);
    }
    return timeline;
}

void timeline_add(struct timeline *timeline, const struct scenario_action *action)
{
    struct planned *planned = mem_new(sizeof *planned);
    *planned = (struct planned){ .timeline = timeline, .action = action };
    MEM_GROW(timeline->more, timeline->more_count, timeline->more_capacity);
    timeline->more[timeline->more_count++] = planned;
    run_at(timeline->cluster->run, action->at, PRIORITY_WORLD, act, planned);
}

void timeline_free(struct timeline *timeline)
{
    actions_free(timeline->actions);
    for (size_t i = 0; i < timeline->more_count; i++) {
        free(timeline->more[i]->complaint);
        free(timeline->more[i]);
    }
    free(timeline->more);
    for (size_t i = 0; i < timeline->count; i++)
        free(timeline->planned[i].complaint);
    free(timeline->planned);
    error_list_close(&timeline->problems);
    free(timeline);
}

const struct error_list *timeline_problems(const struct timeline *timeline)
{
    return &timeline->problems;
}

/* Its words with blanks between them, as somebody would type them. */
static struct value *words_print(const struct scenario_action *action)
{
    struct writer words = { 0 };
    for (size_t i = 0; i < action->argc; i++)
        writer_format(&words, "%s%s", i > 0 ? " " : "", action->argv[i]);
    struct value *text = value_new_text(words.bytes, words.length);
    writer_close(&words);
    return text;
}

struct value *timeline_print(const struct timeline *timeline)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < timeline->count + timeline->more_count; i++) {
        const struct planned *planned =
            i < timeline->count ? &timeline->planned[i] : timeline->more[i - timeline->count];
        if (!planned->began)
            continue;
        struct value *map = value_new_map();
        value_set(map, "atSeconds", seconds_print(planned->action->at));
        value_set(map, "command", words_print(planned->action));
        value_set(map, "endSeconds", seconds_print(planned->over ? planned->end : SIM_FOREVER));
        value_set(map, "exitStatus", planned->over ? value_new_int(planned->rc) : value_new_null());
        value_set(map, "complaint",
                  planned->complaint ? value_new_string(planned->complaint) : value_new_null());
        value_add(list, map);
    }
    return list;
}
