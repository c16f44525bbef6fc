/* kubectl create quota NAME --hard=RESOURCE=AMOUNT,... --scopes=SCOPE,...
 *
 * Follows kubectl pkg/cmd/create/create_quota.go. */
#include <stdlib.h>
#include <string.h>

#include "models/actions/actions_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

static const struct flag_kind quota_flags[] = { { "hard", 0, false },
                                                { "scopes", 0, false },
                                                FLAG_END };

/* The next of the parts between commas; NULL at the end. The caller frees. */
static char *next_part(const char **rest)
{
    if (*rest == NULL || **rest == '\0')
        return NULL;
    const size_t length = strcspn(*rest, ",");
    char *part = mem_text(*rest, length);
    *rest += length + ((*rest)[length] == ',');
    return part;
}

static bool check_quota(const struct command *command, struct place at, struct error *error)
{
    const char *rest = command_flag(command, "hard");
    if (command->word_count != 1)
        return error_set(error, at, "exactly one NAME is required, got %zu", command->word_count);
    for (char *part; (part = next_part(&rest)) != NULL; free(part)) {
        const char *equals = strchr(part, '=');
        struct quantity amount;
        const char *problem = NULL;
        if (equals == NULL || equals == part)
            error_set(error, at, "Invalid argument syntax %s, expected <resource>=<value>", part);
        else if (!quantity_parse(equals + 1, &amount, &problem))
            error_set(error, at, "--hard %s: %s", part, problem);
    }
    return error->text == NULL;
}

static bool start_quota(struct action *action)
{
    const struct command *command = &action->command;
    const char *hard = command_flag(command, "hard"), *scopes = command_flag(command, "scopes");
    struct value *document = value_new_map();
    value_set(document, "apiVersion", value_new_string("v1"));
    value_set(document, "kind", value_new_string("ResourceQuota"));
    value_put(&document, value_new_string(command->words[0]), "metadata", "name", NULL);
    value_put(&document, value_new_map(), "spec", NULL);
    for (char *part; (part = next_part(&hard)) != NULL; free(part)) {
        char *amount = strchr(part, '=');
        *amount++ = '\0';
        value_put(&document, value_new_string(amount), "spec", "hard", part, NULL);
    }
    for (char *part; (part = next_part(&scopes)) != NULL; free(part)) {
        if (value_path(document, "spec", "scopes", NULL) == NULL)
            value_put(&document, value_new_list(), "spec", "scopes", NULL);
        value_add(value_path(document, "spec", "scopes", NULL), value_new_string(part));
    }
    if (action_create_as(action, document, "failed to create quota: "))
        action_say(action, "resourcequota/%s created", command->words[0]);
    value_drop(document);
    return true;
}

const struct verb verb_create_quota = {
    .name = "create quota",
    .root = "create",
    .flags = quota_flags,
    .check = check_quota,
    .start = start_quota,
};
