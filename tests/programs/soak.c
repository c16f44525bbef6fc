/* build/tests/soak [--from SEED] [--count N] [--print] [--shrink] [FILE]: random scenarios, doubted.
 *
 * Each seed is a story, played in a process of its own, so that a crash or a hang is a complaint
 * like any other. With --shrink every story that is complained of is reduced to the parts that
 * the first complaint needs, and printed. FILE plays one scenario. Exit 1 unless all is well. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/soak_play.h"
#include "tools/files.h"

enum { SECONDS = 60, COMPLAINT_BYTES = 1 << 16 };

/* ---- one story, in a child ---- */

static void play_in_child(const char *yaml, enum soak_mood mood, int out)
{
    struct writer complaints = { 0 };
    alarm(SECONDS);
    soak_play(yaml, mood, &complaints);
    if (complaints.length > COMPLAINT_BYTES)
        complaints.length = COMPLAINT_BYTES;
    const ssize_t written =
        complaints.length > 0 ? write(out, complaints.bytes, complaints.length) : 0;
    writer_close(&complaints);
    exit(written < 0);
}

static void read_all(int in, struct writer *into)
{
    char bytes[4096];
    ssize_t count;
    while ((count = read(in, bytes, sizeof bytes)) > 0)
        writer_add_bytes(into, bytes, (size_t)count);
}

/* What is complained of; the caller frees. */
static char *complaints_of(const char *yaml, enum soak_mood mood)
{
    struct writer complaints = { 0 };
    int ends[2], status;
    if (pipe(ends) != 0)
        abort();
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        play_in_child(yaml, mood, ends[1]);
    }
    close(ends[1]);
    read_all(ends[0], &complaints);
    close(ends[0]);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        writer_format(&complaints, "signal: %s\n", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        writer_format(&complaints, "exit: %d\n", WEXITSTATUS(status));
    return writer_take(&complaints);
}

/* ---- shrinking ---- */

static bool same_rule(const char *a, const char *b)
{
    const size_t length = strcspn(a, ":");
    return *a != '\0' && strncmp(a, b, length + 1) == 0;
}

static bool still_fails(const struct soak_story *story, const char *rule)
{
    char *yaml = soak_story_print(story), *complaints = complaints_of(yaml, story->mood);
    const bool fails = same_rule(rule, complaints);
    free(yaml);
    free(complaints);
    return fails;
}

/* Leave out what the complaint does not need, many parts at once before single ones. */
static void shrink(struct soak_story *story, const char *rule)
{
    for (size_t chunk = story->count / 2; chunk > 0; chunk /= 2)
        for (size_t i = 0; i < story->count; i += chunk) {
            struct soak_part *before = memcpy(mem_new(story->count * sizeof *before), story->parts,
                                              story->count * sizeof *before);
            for (size_t j = i; j < i + chunk && j < story->count; j++)
                story->parts[j].off = true;
            if (!still_fails(story, rule))
                memcpy(story->parts, before, story->count * sizeof *before);
            free(before);
        }
}

/* ---- the program ---- */

struct flags {
    long from, count;
    bool print, shrink;
    const char *file;
};

static bool play_seed(uint64_t seed, const struct flags *flags)
{
    struct soak_story story;
    soak_story_init(&story, seed);
    char *yaml = soak_story_print(&story);
    if (flags->print)
        printf("%s", yaml);
    char *complaints = complaints_of(yaml, story.mood);
    const bool well = *complaints == '\0';
    if (!well) {
        printf("seed %llu, mood %d:\n%.1500s", (unsigned long long)seed, (int)story.mood,
               complaints);
        if (flags->shrink) {
            shrink(&story, complaints);
            char *small = soak_story_print(&story);
            printf("shrunk:\n%s\n", small);
            free(small);
        }
        fflush(stdout);
    }
    free(complaints);
    free(yaml);
    soak_story_close(&story);
    return well;
}

static int play_file(const char *path, long mood)
{
    struct error error = { 0 };
    size_t length;
    char *yaml = file_read(path, &length, &error);
    if (yaml == NULL) {
        fprintf(stderr, "soak: %s\n", error.text);
        return 2;
    }
    char *complaints = complaints_of(yaml, (enum soak_mood)mood);
    const bool well = *complaints == '\0';
    printf("%s", complaints);
    free(complaints);
    free(yaml);
    return !well;
}

static struct flags flags_of(int argc, char **argv)
{
    struct flags flags = { .from = 1, .count = 1000 };
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--print") == 0)
            flags.print = true;
        else if (strcmp(argv[i], "--shrink") == 0)
            flags.shrink = true;
        else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc)
            flags.from = atol(argv[++i]);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            flags.count = atol(argv[++i]);
        else
            flags.file = argv[i];
    return flags;
}

int main(int argc, char **argv)
{
    const struct flags flags = flags_of(argc, argv);
    long bad = 0;
    if (flags.file != NULL)
        return play_file(flags.file, SOAK_CALMING);
    for (long i = 0; i < flags.count; i++)
        bad += !play_seed((uint64_t)(flags.from + i), &flags);
    printf("%ld stories from seed %ld, %ld complained of\n", flags.count, flags.from, bad);
    return bad > 0;
}
