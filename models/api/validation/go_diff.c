/* Unified diffs of printed structs.
 *
 * Follows apimachinery pkg/util/diff, which prints both values with encoding/json and compares
 * the lines by difflib. Where several shortest diffs exist the longest common sequence decides here,
 * difflib's longest blocks there. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/validation/go_value.h"
#include "sim/base/memory.h"

enum { AROUND = 3 };

struct lines {
    char *text;   /* owned, cut up */
    char **items; /* owned */
    size_t count;
};

static struct lines lines_of(const char *json)
{
    struct error error = { 0 };
    struct value *tree = json_read(json, strlen(json), (struct place){ 0 }, NULL, &error);
    assert(tree != NULL); /* printed by go_value_print() */
    struct lines lines = { .text = json_text(tree, (struct json_style){ .indent = 1 }) };
    char *rest = lines.text;
    size_t capacity = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        MEM_GROW(lines.items, lines.count, capacity);
        lines.items[lines.count++] = line;
    }
    value_drop(tree);
    return lines;
}

static void lines_close(struct lines *lines)
{
    free(lines->text);
    free(lines->items);
}

/* One line of the whole diff: of both texts, or of one. */
struct edit {
    char sign; /* ' ', '-' or '+' */
    const char *line;
    size_t old, new; /* how many lines of each text come before */
};

/* common[i][j]: the longest common sequence of what follows line i and line j. */
static size_t *common_lengths(const struct lines *old, const struct lines *new)
{
    const size_t width = new->count + 1;
    size_t *common = mem_new((old->count + 1) * width * sizeof *common);
    memset(common, 0, (old->count + 1) * width * sizeof *common);
    for (size_t i = old->count; i-- > 0;)
        for (size_t j = new->count; j-- > 0;) {
            const size_t down = common[(i + 1) * width + j], right = common[i * width + j + 1];
            common[i * width + j] = strcmp(old->items[i], new->items[j]) == 0
                                        ? common[(i + 1) * width + j + 1] + 1
                                    : down > right ? down
                                                   : right;
        }
    return common;
}

static struct edit *edits_of(const struct lines *old, const struct lines *new, size_t *count)
{
    const size_t width = new->count + 1;
    size_t *common = common_lengths(old, new), i = 0, j = 0;
    struct edit *edits = mem_new((old->count + new->count) * sizeof *edits);
    for (*count = 0; i < old->count || j < new->count; ++*count) {
        struct edit *edit = &edits[*count];
        *edit = (struct edit){ ' ', NULL, i, j };
        if (i < old->count && j < new->count &&strcmp(old->items[i], new->items[j]) == 0) {
            edit->line = old->items[i];
            i++, j++;
        } else if (i < old->count &&
                   (j == new->count || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
            edit->sign = '-';
            edit->line = old->items[i++];
        } else {
            edit->sign = '+';
            edit->line = new->items[j++];
        }
    }
    free(common);
    return edits;
}

static void print_range(struct writer *out, char sign, size_t before, size_t count)
{
    writer_format(out, count == 1 ? "%c%zu" : "%c%zu,%zu", sign, before + (count > 0), count);
}

static void print_hunk(struct writer *out, const struct edit *edits, size_t first, size_t end)
{
    size_t old = 0, new = 0;
    for (size_t i = first; i < end; i++) {
        old += edits[i].sign != '+';
        new += edits[i].sign != '-';
    }
    writer_add(out, "@@ ");
    print_range(out, '-', edits[first].old, old);
    writer_add_char(out, ' ');
    print_range(out, '+', edits[first].new, new);
    writer_add(out, " @@\n");
    for (size_t i = first; i < end; i++)
        writer_format(out, "%c%s\n", edits[i].sign, edits[i].line);
}

/* The end of the hunk whose first change is at `at`: changes less than twice AROUND apart share it. */
static size_t hunk_end(const struct edit *edits, size_t count, size_t at)
{
    size_t last = at;
    for (size_t i = at; i < count && i - last <= 2 * AROUND; i++)
        if (edits[i].sign != ' ')
            last = i;
    return last + 1 + AROUND < count ? last + 1 + AROUND : count;
}

char *go_value_diff(const char *before, const char *after)
{
    struct lines old = lines_of(before), new = lines_of(after);
    struct writer out = { 0 };
    size_t count;
    struct edit *edits = edits_of(&old, &new, &count);
    for (size_t i = 0; i < count; i++) {
        if (edits[i].sign == ' ')
            continue;
        const size_t end = hunk_end(edits, count, i);
        print_hunk(&out, edits, i > AROUND ? i - AROUND : 0, end);
        i = end;
    }
    writer_add(&out, "");
    free(edits);
    lines_close(&old);
    lines_close(&new);
    return writer_take(&out);
}
