/* kubectl describe, of ResourceQuotas only: how much of them is used.
 *
 * Follows ResourceQuotaDescriber of kubectl pkg/describe/describe.go. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "sim/base/memory.h"

static const struct flag_kind describe_flags[] = { FLAG_SELECTOR, FLAG_END };

static bool check_describe(const struct command *command, struct place at, struct error *error)
{
    if (command->word_count == 0 || kind_of_resource(command->words[0]) != KIND_RESOURCEQUOTA)
        return error_set(error, at, "only quotas are described here: describe quota NAME");
    if (command->word_count == 1)
        return command_check_selector(command, "selector", at, error);
    return targets_check(command, command->word_count, at, error);
}

/* kubectl lines up everything in columns two blanks apart; what stands last in its row is as wide as
 * it is. */
enum { COLUMNS = 3 };
struct row {
    const char *cells[COLUMNS]; /* NULL behind the last */
};

static void widen(int *width, const char *cell, const char *next)
{
    if (next != NULL && (int)strlen(cell) > *width)
        *width = (int)strlen(cell);
}

static void print_rows(struct writer *out, const struct row *rows, size_t count)
{
    int first = 0, second = 0;
    for (size_t i = 0; i < count; i++) {
        widen(&first, rows[i].cells[0], rows[i].cells[1]);
        widen(&second, rows[i].cells[1], rows[i].cells[2]);
    }
    for (size_t i = 0; i < count; i++) {
        writer_format(out, "%-*s  ", first, rows[i].cells[0]);
        if (rows[i].cells[2] != NULL)
            writer_format(out, "%-*s  %s\n", second, rows[i].cells[1], rows[i].cells[2]);
        else
            writer_format(out, "%s\n", rows[i].cells[1]);
    }
}

static void describe(struct writer *out, const struct object *stored)
{
    const struct value *document = meta_of(stored)->document;
    const struct value *hard = value_path(document, "status", "hard", NULL);
    const struct value *scopes = value_path(document, "spec", "scopes", NULL);
    struct row *rows = mem_new(((hard != NULL ? hard->count : 0) + 5) * sizeof *rows);
    struct writer names = { 0 };
    size_t count = 0;
    rows[count++] = (struct row){ { "Name:", name_of(stored) } };
    rows[count++] = (struct row){ { "Namespace:", namespace_of(stored) } };
    for (size_t i = 0; scopes != NULL && i < scopes->count; i++)
        writer_format(&names, "%s%s", i > 0 ? ", " : "", value_text(scopes->items[i], ""));
    if (names.length > 0)
        rows[count++] = (struct row){ { "Scopes:", names.bytes } };
    rows[count++] = (struct row){ { "Resource", "Used", "Hard" } };
    rows[count++] = (struct row){ { "--------", "----", "----" } };
    for (size_t i = 0; hard != NULL && i < hard->count; i++) {
        const char *name = hard->entries[i].key;
        const char *used = value_text(value_path(document, "status", "used", name, NULL), "0");
        rows[count++] = (struct row){ { name, used, value_text(hard->entries[i].value, "0") } };
    }
    print_rows(out, rows, count);
    writer_close(&names);
    free(rows);
}

static bool start_describe(struct action *action)
{
    struct targets targets = { 0 };
    const struct command *command = &action->command;
    if (command->word_count == 1)
        targets_find_selected(&targets, action, KIND_RESOURCEQUOTA);
    else
        targets_find(&targets, action, command->word_count);
    for (size_t i = 0; i < targets.count; i++) {
        if (i > 0)
            writer_add(&action->out, "\n\n");
        describe(&action->out, client_read(action->client, targets.items[i]));
    }
    targets_close(&targets);
    return true;
}

const struct verb verb_describe = {
    .name = "describe",
    .flags = describe_flags,
    .check = check_describe,
    .start = start_describe,
};
