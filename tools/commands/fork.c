/* seatrial fork: what would have become of a run if something had been done at a moment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/comparison.h"
#include "tools/files.h"
#include "tools/futures/differences.h"
#include "tools/futures/futures.h"

static const char *const names[FUTURES] = { "unchanged", "changed" };

/* What one invocation is about. */
struct forking {
    const struct command_line *line;
    const char *folder;    /* of the earlier run */
    const char *directory; /* to leave; NULL: nothing */
    struct inputs inputs;
    struct scenario change; /* its timeline is what is done */
    struct value *changes;  /* the same as it was written */
    char **texts;           /* read files: owned */
    size_t text_count, text_capacity;
    sim_time at;
    size_t replications;
};

static bool complain(const char *flag, const char *text)
{
    fprintf(stderr, "seatrial fork: %s: %s\n", flag, text);
    return false;
}

/* ---- what is asked ---- */

static bool read_moment(struct forking *forking)
{
    const char *text = command_line_option(forking->line, "at");
    struct error error = { 0 };
    char end[SIM_TIME_TEXT];
    if (text == NULL)
        return complain("--at", "say when the futures part (--at 3d4h)");
    if (!sim_time_parse(text, (struct place){ .file = "--at" }, &forking->at, &error)) {
        char *line = error_print(&error);
        fprintf(stderr, "%s\n", line);
        free(line);
        error_close(&error);
        return false;
    }
    if (forking->at >= 0 && forking->at < forking->inputs.scenario.duration)
        return true;
    fprintf(stderr, "seatrial fork: --at: %s is not within the run, which ends at %s\n", text,
            sim_time_print(forking->inputs.scenario.duration, end));
    return false;
}

static bool read_replications(struct forking *forking)
{
    const char *text = command_line_option(forking->line, "replications");
    char *end;
    forking->replications = 1;
    if (text == NULL)
        return true;
    errno = 0;
    const unsigned long count = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || count < 1 || count > 100000)
        return complain("--replications", "a number from 1 to 100000 is expected");
    forking->replications = count;
    return true;
}

/* ---- the change ---- */

/* A text that lives as long as the invocation. */
static char *keep(struct forking *forking, char *text)
{
    MEM_GROW(forking->texts, forking->text_count, forking->text_capacity);
    return forking->texts[forking->text_count++] = text;
}

/* For scenario_load(): files by the path that the user sees. */
static bool open_file(void *context, const char *path, struct scenario_input *input,
                      struct error *error)
{
    struct forking *forking = context;
    struct file_list files = { 0 };
    bool fine = file_list_add(&files, keep(forking, mem_text(path, strlen(path))), false, error);
    for (size_t i = 0; fine && i < files.count; i++) {
        size_t length;
        const char *name = keep(forking, mem_text(files.paths[i], strlen(files.paths[i])));
        char *bytes = file_read(name, &length, error);
        fine = bytes != NULL;
        if (!fine)
            break;
        scenario_take_file(input, keep(forking, bytes), length, name);
    }
    file_list_close(&files);
    return fine;
}

static void add_actions(struct forking *forking, struct value *timeline, const char *option)
{
    size_t count;
    const char *const *texts = command_line_options(forking->line, option, &count);
    char at[SIM_TIME_TEXT];
    for (size_t i = 0; i < count; i++) {
        struct value *entry = value_new_map();
        value_set(entry, "at", value_new_string(sim_time_print(forking->at, at)));
        value_set(entry, option, value_new_string(texts[i]));
        value_add(timeline, entry);
        char *text = strcmp(option, "apply") == 0 ? mem_format("kubectl apply -f %s", texts[i])
                                                  : mem_format("kubectl %s", texts[i]);
        value_add(forking->changes, value_new_string(text));
        free(text);
    }
}

/* Its faults are told at the option that has them. */
static void print_faults(const struct error_list *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct error *fault = &faults->items[i];
        if (fault->at.file != NULL && strcmp(fault->at.file, "--apply, --kubectl") != 0) {
            char *line = error_print(fault);
            fprintf(stderr, "%s\n", line);
            free(line);
        } else {
            fprintf(stderr, "seatrial fork: %s\n", fault->text);
        }
    }
}

/* A timeline like that of a Scenario, so that the change is read as one is there. */
static bool read_change(struct forking *forking)
{
    struct value *document = value_new_map(), *timeline = value_new_list();
    struct error_list faults = { 0 }, warnings = { 0 };
    const struct scenario_opener opener = { open_file, forking };
    char end[SIM_TIME_TEXT];
    add_actions(forking, timeline, "apply");
    add_actions(forking, timeline, "kubectl");
    const size_t count = timeline->count;
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Scenario"));
    value_put(&document, value_new_string("change"), "metadata", "name", NULL);
    value_put(&document, value_new_string(sim_time_print(forking->inputs.scenario.duration, end)),
              "spec", "duration", NULL);
    value_put(&document, timeline, "spec", "timeline", NULL);
    char *text = json_text(document, (struct json_style){ 0 });
    scenario_load(&forking->change, text, strlen(text), "--apply, --kubectl", &opener, false,
                  &faults, &warnings);
    const bool well = faults.count == 0;
    print_faults(&faults);
    error_list_close(&faults);
    error_list_close(&warnings);
    value_drop(document);
    free(text);
    if (count == 0)
        return complain("nothing is changed", "say --apply FILE or --kubectl 'COMMAND'");
    return well;
}

/* ---- what came out ---- */

/* Is the unchanged future what happened then? Folders of other programs or of a policy are not. */
static bool check_past(const struct forking *forking, const struct futures *futures)
{
    struct error error = { 0 };
    size_t length;
    char *path = path_join(forking->folder, "summary.json");
    char *text = file_read(path, &length, &error);
    struct value *summary =
        text != NULL
            ? json_read(text, length, (struct place){ .file = path, .line = 1, .column = 1 }, NULL,
                        &error)
            : NULL;
    const char *then = value_text(value_get(summary, "traceHash"), "");
    const char *now =
        value_text(value_get(futures_summary(futures, 0, UNCHANGED), "traceHash"), "");
    const bool same = summary == NULL || strcmp(then, now) == 0;
    if (summary == NULL)
        fprintf(stderr, "warning: %s: %s: nothing to check the replay against\n", path,
                error.text ? error.text : "");
    if (!same)
        fprintf(
            stderr,
            "seatrial fork: %s: the run cannot be played again: its trace was %s, and is %s now "
            "(another version, or a policy of its own?)\n",
            forking->folder, then, now);
    value_drop(summary);
    error_close(&error);
    free(text);
    free(path);
    return same;
}

static struct value *compare(const struct forking *forking, const struct futures *futures)
{
    const struct scenario *scenario = &forking->inputs.scenario;
    struct value *comparison = comparison_new(scenario->name, scenario->seed);
    for (int i = 0; i < FUTURES; i++)
        comparison_add(comparison, names[i], futures_summary(futures, 0, i), NULL);
    return comparison;
}

static bool write_files(const struct forking *forking, const struct futures *futures,
                        const struct value *document)
{
    struct error error = { 0 };
    struct writer text = { 0 }, page = { 0 }, words = { 0 };
    struct value *comparison = compare(forking, futures);
    char *json = json_text(comparison, (struct json_style){ .indent = 2 });
    char *fork = json_text(document, (struct json_style){ .indent = 2 });
    comparison_print(comparison, &text);
    differences_page(document, &page);
    differences_print(document, &words);
    const char *directory = forking->directory;
    const bool fine = file_write(directory, "comparison.txt", text.bytes, text.length, &error) &&
                      file_write(directory, "comparison.json", json, strlen(json), &error) &&
                      file_write(directory, "comparison.html", page.bytes, page.length, &error) &&
                      file_write(directory, "fork.txt", words.bytes, words.length, &error) &&
                      file_write(directory, "fork.json", fork, strlen(fork), &error);
    if (!fine)
        fprintf(stderr, "seatrial fork: %s\n", error.text);
    error_close(&error);
    writer_close(&text);
    writer_close(&page);
    writer_close(&words);
    value_drop(comparison);
    free(json);
    free(fork);
    return fine;
}

static void tell(const struct forking *forking, const struct value *document)
{
    struct writer out = { 0 };
    if (command_line_wants_json(forking->line)) {
        json_print(&out, document, (struct json_style){ .indent = 2 });
        writer_add_char(&out, '\n');
    } else {
        differences_print(document, &out);
    }
    fwrite(out.bytes, 1, out.length, stdout);
    writer_close(&out);
}

static int play(struct forking *forking)
{
    char *folders[FUTURES] = { NULL, NULL };
    struct futures futures = { 0 };
    int status = EXIT_BAD_INPUT;
    struct futures_plan plan = { .inputs = &forking->inputs,
                                 .at = forking->at,
                                 .change = &forking->change,
                                 .replications = forking->replications };
    for (int i = 0; i < FUTURES && forking->directory != NULL; i++)
        plan.directories[i] = folders[i] = path_join(forking->directory, names[i]);
    if (futures_play(&plan, &futures) && check_past(forking, &futures)) {
        struct value *document = differences_document(&futures, forking->at, forking->changes);
        if (forking->directory == NULL || write_files(forking, &futures, document)) {
            tell(forking, document);
            status = EXIT_OK;
        }
        value_drop(document);
    }
    futures_close(&futures);
    for (int i = 0; i < FUTURES; i++)
        free(folders[i]);
    return status;
}

static int run(const struct command_line *line)
{
    size_t count;
    struct forking forking = { .line = line,
                               .folder = command_line_operands(line, &count)[0],
                               .directory = command_line_option(line, "out"),
                               .changes = value_new_list() };
    int status = EXIT_BAD_INPUT;
    scenario_init(&forking.change);
    if (inputs_read_folder(&forking.inputs, forking.folder) && read_moment(&forking) &&
        read_replications(&forking) && read_change(&forking))
        status = play(&forking);
    scenario_close(&forking.change);
    inputs_close(&forking.inputs);
    value_drop(forking.changes);
    for (size_t i = 0; i < forking.text_count; i++)
        free(forking.texts[i]);
    free(forking.texts);
    return status;
}

const struct command fork_command = {
    .name = "fork",
    .operands = "OUT",
    .summary = "what would have become of a run if something had been done at a moment",
    .description =
        "OUT is the folder that an earlier `seatrial run --out OUT` left. Its run is played again "
        "up\n"
        "to --at; there it goes on twice, as it was and with what --apply and --kubectl do at "
        "that\n"
        "moment, and what differs is told. Both futures have the same luck.\n\n"
        "    seatrial run scenario.yaml --out out\n"
        "    seatrial fork out --at 3d4h --apply change.yaml\n"
        "    seatrial fork out --at 1h --kubectl 'scale deployment/web --replicas=5'\n"
        "    seatrial fork out --at 1h --apply change.yaml --replications 20 --out futures\n\n"
        "With --replications N further pairs of futures have other luck from that moment on, and\n"
        "differences have intervals. See docs/fork.md.",
    .options =
        (const struct option_info[]){
            { "at", 0, "TIME", "the moment at which the futures part, such as 3d4h" },
            { "apply", 0, "PATH",
              "manifests that are applied then: a file or folder (may be repeated)" },
            { "kubectl", 0, "COMMAND",
              "what is done then, as behind kubectl in a shell (may be repeated)" },
            { "replications", 'N', "N", "pairs of futures, each with luck of its own; 1" },
            { "out", 'O', "DIR", "leave the folders of both futures, and a comparison" },
            { 0 },
        },
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
