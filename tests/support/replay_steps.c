/* Steps: commands in process, calls of the API, waits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/workloads.h"
#include "models/load/load.h"
#include "sim/base/memory.h"
#include "tests/support/replay_private.h"

#define ANSWER_TIME  (5 * SIM_MILLISECOND)   /* from a write to the end of its command */
#define COMMAND_TIME (150 * SIM_MILLISECOND) /* of a command that waits, until its first write */
#define LOOK_PERIOD  (20 * SIM_MILLISECOND)
#define PATIENCE     (30 * SIM_SECOND)

static sim_time time_of(const struct value *step, const char *key)
{
    return value_int(value_get(step, key), 0) * SIM_MILLISECOND;
}

static void documents_add(struct documents *into, struct value *document)
{
    MEM_GROW(into->items, into->count, into->capacity);
    into->items[into->count++] = document;
}

/* --- commands ----------------------------------------------------------------------------- */

/* A command under way, and what it replied when it was recorded. */
struct typed {
    struct player *player;
    const struct value *step;
    char *line; /* owned: the words */
};

/* Lines in byte order: side by side evictions print in any order. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted_lines(const char *text)
{
    char *copy = mem_text(text, strlen(text)), *rest = NULL;
    char **lines = NULL;
    size_t count = 0, capacity = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        MEM_GROW(lines, count, capacity);
        lines[count++] = line;
    }
    if (count > 0)
        qsort(lines, count, sizeof *lines, by_text);
    struct writer out = { 0 };
    for (size_t i = 0; i < count; i++)
        writer_format(&out, "%s\n", lines[i]);
    free(lines);
    free(copy);
    return writer_take(&out);
}

/* "web-<3>" as "web-<n>": which of several equal pods it is does not count. */
static char *without_numbers(const char *text)
{
    struct writer out = { 0 };
    for (; *text != '\0'; text++) {
        const size_t digits = *text == '<' ? strspn(text + 1, "0123456789") : 0;
        if (digits > 0 && text[1 + digits] == '>') {
            writer_add(&out, "<n>");
            text += digits + 1;
        } else {
            writer_add_char(&out, *text);
        }
    }
    return writer_take(&out);
}

static bool same_lines(const struct player *player, const char *ours, const char *recorded)
{
    char *raw = emitted_numbered(&player->emitted, ours);
    char *numbered = without_numbers(raw), *theirs = without_numbers(recorded);
    char *left = sorted_lines(numbered), *right = sorted_lines(theirs);
    const bool same = strcmp(left, right) == 0;
    free(raw);
    free(theirs);
    free(numbered);
    free(left);
    free(right);
    return same;
}

static void take_reply(void *context, const struct action_reply *reply)
{
    struct typed *typed = context;
    struct player *player = typed->player;
    const char *out = value_text(value_get(typed->step, "stdout"), "");
    const char *err = value_text(value_get(typed->step, "stderr"), "");
    const int rc = (int)value_int(value_get(typed->step, "rc"), 0);
    const bool same = rc == reply->rc && same_lines(player, reply->out, out) &&
                      same_lines(player, reply->err, err);
    char *differs = mem_format("exit code %d, printed %s%s", reply->rc, reply->out, reply->err);
    player_replied(player, typed->line, same ? NULL : differs);
    free(differs);
    free(typed->line);
    free(typed);
}

/* As kubectl reads: of a key that stands twice the last one counts. */
static struct documents read_stdin(const struct player *player, const struct value *step)
{
    struct documents documents = { 0 };
    struct error error = { 0 };
    struct yaml_piece piece;
    char *text = player_raw(player, value_text(value_get(step, "stdin"), ""));
    struct yaml_stream stream = yaml_stream_of(text, strlen(text), "STDIN");
    while (yaml_stream_next(&stream, &piece, &error)) {
        struct value *document = yaml_read(piece, NULL, NULL, &error);
        const struct value *items = value_get(document, "items");
        const bool is_list = strcmp(value_text(value_get(document, "kind"), ""), "List") == 0;
        for (size_t i = 0; is_list && items != NULL && i < items->count; i++)
            documents_add(&documents, value_hold(items->items[i]));
        if (!is_list && document != NULL && document->type == VALUE_MAP)
            documents_add(&documents, value_hold(document));
        value_drop(document);
    }
    error_close(&error);
    free(text);
    return documents;
}

/* Reading commands do nothing, and their tables are others' business. */
static bool only_reads(const struct value *words)
{
    const char *verb = words->count > 0 ? value_text(words->items[0], "") : "";
    return strcmp(verb, "get") == 0 || strcmp(verb, "describe") == 0;
}

static bool names_namespace(const struct value *words)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(value_text(words->items[i], ""), "-n") == 0)
            return true;
    return false;
}

static void type_command(struct player *player, const struct value *step)
{
    const struct value *words = value_get(step, "kubectl");
    const size_t argc = words->count + (names_namespace(words) ? 0 : 2);
    char **argv = mem_new((argc + 1) * sizeof *argv);
    struct writer line = { 0 };
    struct documents documents = read_stdin(player, step);
    struct typed *typed = mem_new(sizeof *typed);
    for (size_t i = 0; i < words->count; i++) {
        argv[i] = player_raw(player, value_text(words->items[i], ""));
        writer_format(&line, "%s%s", i ? " " : "", value_text(words->items[i], ""));
    }
    if (argc > words->count) { /* as the recorder called kubectl */
        argv[argc - 2] = mem_text("-n", 2);
        argv[argc - 1] = mem_text(player->recorded.space, strlen(player->recorded.space));
    }
    *typed = (struct typed){ player, step, writer_take(&line) };
    action_start(player->actions, &(struct action_request){ .argv = argv,
                                                            .argc = argc,
                                                            .documents = &documents,
                                                            .done = take_reply,
                                                            .context = typed });
    for (size_t i = 0; i < argc; i++)
        free(argv[i]);
    free(argv);
    documents_close(&documents);
}

/* When a command writes: at its end, unless it waits for something after that. */
static sim_time write_time(const struct value *step)
{
    const sim_time from = time_of(step, "t_ms"), to = time_of(step, "t_end_ms");
    return to - from < 3 * COMMAND_TIME ? to - ANSWER_TIME : from + COMMAND_TIME;
}

static void command(struct player *player, const struct value *step)
{
    if (!only_reads(value_get(step, "kubectl"))) {
        player_advance(player, write_time(step));
        type_command(player, step);
    }
    player_advance(player, time_of(step, "t_end_ms"));
}

/* --- waits -------------------------------------------------------------------------------- */

static bool is_rolled_out(const struct deployment *deployment)
{
    return deployment->observed_generation >= deployment->meta.generation &&
           deployment->updated_replicas == deployment->replicas &&
           deployment->status_replicas == deployment->replicas &&
           deployment->available_replicas == deployment->replicas;
}

static bool are_rolled_out(const struct player *player)
{
    for (struct cache_cursor c = client_list(&player->cluster->admin, KIND_DEPLOYMENT);
         cache_next(&c);)
        if (!is_rolled_out((const struct deployment *)c.object))
            return false;
    return true;
}

static bool are_scaled(const struct player *player)
{
    for (struct cache_cursor c = client_list(&player->cluster->admin, KIND_REPLICASET);
         cache_next(&c);) {
        const struct replicaset *set = (const struct replicaset *)c.object;
        if (set->observed_generation < set->meta.generation ||
            set->status_replicas != set->replicas)
            return false;
    }
    return true;
}

/* "until 3s without a change": 3 s after our last row. */
static bool is_quiet(const struct player *player, const char *text)
{
    const long seconds = strtol(text + strlen("until "), NULL, 10);
    return run_now(player->run) - player->emitted.last_row >= seconds * SIM_SECOND;
}

static bool is_there(const struct player *player, const char *wait)
{
    if (strcmp(wait, "rolled out") == 0)
        return are_rolled_out(player);
    if (strcmp(wait, "scaled") == 0)
        return are_scaled(player);
    if (strncmp(wait, "until ", 6) == 0)
        return is_quiet(player, wait);
    return true; /* others are as long as they were */
}

void player_wait(struct player *player, const struct value *step)
{
    const char *wait = value_text(value_get(step, "wait"), "");
    const sim_time end = time_of(step, "t_end_ms"), patience = player->late + PATIENCE;
    player_advance(player, end);
    while (!is_there(player, wait) && player->late < patience) {
        player->late += LOOK_PERIOD;
        player_advance(player, end);
    }
}

/* --- what the fake metrics-server says ------------------------------------------------------ */

/* The same figure for every running pod of the namespace, from now on. */
static void set_figure(struct player *player, const struct value *step)
{
    static const char key[] = "fake_metrics_cpu_millicores_per_pod";
    struct error_list faults = { 0 };
    struct value *entry = value_new_map();
    char *cpu = mem_format("%" PRId64 "m", value_int(value_get(step, key), 0));
    value_set(entry, "pods", value_new_string(""));
    value_set(entry, "namespace", value_new_string(player->recorded.space));
    value_put(&entry, value_new_string(cpu), "perPod", "cpu", NULL);
    load_clear(player->cluster);
    if (!load_plan(player->cluster, entry, &faults)) {
        fprintf(stderr, "%s\n", faults.items[0].text);
        abort();
    }
    value_drop(entry);
    free(cpu);
}

/* --- steps -------------------------------------------------------------------------------- */

static void sleep_on(struct player *player, const struct value *step)
{
    const double seconds = value_double(value_get(step, "sleep_s"), 0);
    player_advance(player, time_of(step, "t_ms") + sim_time_from_seconds(seconds));
}

/* Who called is not recorded but where the authorizer, which there is none here, refused it. */
static bool is_of_another_user(const struct value *step)
{
    const char *message = value_text(value_path(step, "response", "message", NULL), "");
    const char *printed = value_text(value_get(step, "stderr"), "");
    return strstr(message, "User \"") != NULL || strstr(printed, "User \"") != NULL ||
           strcmp(message, "Unauthorized") == 0;
}

void player_step(struct player *player, const struct value *step)
{
    player_advance(player, time_of(step, "t_ms"));
    if (is_of_another_user(step))
        player->replay->not_played++;
    else if (value_get(step, "kubectl") != NULL)
        command(player, step);
    else if (value_get(step, "api") != NULL)
        player_call(player, step);
    else if (value_get(step, "wait") != NULL)
        player_wait(player, step);
    else if (value_get(step, "sleep_s") != NULL)
        sleep_on(player, step);
    else if (value_get(step, "fake_metrics_cpu_millicores_per_pod") != NULL)
        set_figure(player, step);
}
