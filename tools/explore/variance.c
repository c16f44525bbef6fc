/* What is varied, as text: "SEED [WHAT:WHOSE]... [FROM..UNTIL]". */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/writer.h"
#include "tools/explore/exploration.h"

static const char nothing[] = "nothing";

void variance_close(struct variance *variance)
{
    for (size_t i = 0; i < variance->count; i++)
        free(variance->items[i]);
    free(variance->items);
    *variance = (struct variance){ 0 };
}

static void add_item(struct variance *variance, const char *text, size_t length)
{
    MEM_GROW(variance->items, variance->count, variance->capacity);
    variance->items[variance->count++] = mem_text(text, length);
}

struct variance variance_copy(const struct variance *variance)
{
    struct variance copy = *variance;
    copy.items = NULL;
    copy.count = copy.capacity = 0;
    for (size_t i = 0; i < variance->count; i++)
        add_item(&copy, variance->items[i], strlen(variance->items[i]));
    return copy;
}

static bool read_seed(struct variance *variance, const char *word, struct error *error)
{
    char *end;
    errno = 0;
    variance->seed = strtoull(word, &end, 10);
    if (errno == 0 && end != word && *end == '\0' && *word != '-')
        return true;
    return error_set(error, (struct place){ 0 }, "\"%s\" is no seed (try \"17\")", word);
}

static bool read_window(struct variance *variance, const char *word, const char *dots,
                        struct error *error)
{
    char *from = mem_text(word, (size_t)(dots - word));
    const struct place place = { 0 };
    const bool well = sim_time_parse(from, place, &variance->from, error) &&
                      sim_time_parse(dots + 2, place, &variance->until, error);
    free(from);
    return well;
}

/* What can be varied: the first half of an item. */
static bool check_item(const char *word, struct error *error)
{
    static const char *const known[] = { "watch-late", "watch-lost", "queue-order", "worker-slow",
                                         "gate-off",   "api-slow",   "api-fails",   "restart",
                                         "times",      "durations" };
    char *what = mem_text(word, strcspn(word, ":"));
    struct nearest near = nearest_to(what);
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        found |= strcmp(what, known[i]) == 0;
        nearest_offer(&near, known[i]);
    }
    if (!found)
        error_set(error, (struct place){ 0 }, "nothing is called \"%s\"%s%s%s", what,
                  near.found ? " (did you mean " : "", near.found ? near.found : "",
                  near.found ? "?)" : "");
    free(what);
    return found;
}

static bool read_word(struct variance *variance, const char *word, struct error *error)
{
    const char *dots = strstr(word, "..");
    variance->only |= strchr(word, ':') != NULL || strcmp(word, nothing) == 0;
    if (strcmp(word, nothing) == 0)
        return true;
    if (strchr(word, ':') != NULL) {
        add_item(variance, word, strlen(word));
        return check_item(word, error);
    }
    if (dots != NULL)
        return read_window(variance, word, dots, error);
    return error_set(error, (struct place){ 0 },
                     "\"%s\" is neither WHAT:WHOSE nor FROM..UNTIL (try \"10s..20s\")", word);
}

bool variance_read(struct variance *variance, const char *text, struct error *error)
{
    bool first = true, well = true;
    *variance = (struct variance){ 0 };
    while (well && *(text += strspn(text, " ")) != '\0') {
        const size_t length = strcspn(text, " ");
        char *word = mem_text(text, length);
        well = first ? read_seed(variance, word, error) : read_word(variance, word, error);
        first = false;
        free(word);
        text += length;
    }
    if (well && first)
        well = error_set(error, (struct place){ 0 }, "there is no seed (try \"17\")");
    if (!well)
        variance_close(variance);
    return well;
}

char *variance_print(const struct variance *variance)
{
    struct writer out = { 0 };
    char from[SIM_TIME_TEXT], until[SIM_TIME_TEXT];
    writer_format(&out, "%" PRIu64, variance->seed);
    if (variance->only && variance->count == 0)
        writer_format(&out, " %s", nothing);
    for (size_t i = 0; i < variance->count; i++)
        writer_format(&out, " %s", variance->items[i]);
    if (variance->until > 0)
        writer_format(&out, " %s..%s", sim_time_print(variance->from, from),
                      sim_time_print(variance->until, until));
    return writer_take(&out);
}
