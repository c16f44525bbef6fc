/* Names in steps: which of our pods a recorded user means. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/replay_private.h"

static const struct object *find_pod(const struct player *player, const char *raw)
{
    const struct texts *texts = player->run->texts;
    return client_get(&player->cluster->admin, KIND_POD, text_find(texts, player->recorded.space),
                      text_find(texts, raw));
}

/* The living pod of the same prefix that went first in the recording; NULL when there is none. */
static const char *find_equal(const struct player *player, const struct emitted_name *gone)
{
    const struct emitted *emitted = &player->emitted;
    const char *found = NULL;
    size_t earliest = SIZE_MAX;
    for (size_t i = 0; i < emitted->name_count; i++) {
        const struct emitted_name *name = &emitted->names[i];
        const struct object *pod = name->kind == KIND_POD ? find_pod(player, name->raw) : NULL;
        const size_t deletion = recorded_deletion(&player->recorded, name->numbered);
        if (pod == NULL || meta_of(pod)->deleting || strcmp(name->prefix, gone->prefix) != 0 ||
            deletion >= earliest)
            continue;
        earliest = deletion;
        found = name->raw;
    }
    return found;
}

static char *replaced(const char *text, const char *from, const char *to)
{
    struct writer out = { 0 };
    for (const char *at; (at = strstr(text, from)) != NULL; text = at + strlen(from)) {
        writer_add_bytes(&out, text, (size_t)(at - text));
        writer_add(&out, to);
    }
    writer_add(&out, text);
    return writer_take(&out);
}

char *player_raw(const struct player *player, const char *text)
{
    const struct emitted *emitted = &player->emitted;
    char *raw = emitted_raw(emitted, text);
    for (size_t i = 0; i < emitted->name_count; i++) {
        const struct emitted_name *name = &emitted->names[i];
        if (name->kind != KIND_POD || strstr(raw, name->raw) == NULL ||
            find_pod(player, name->raw) != NULL)
            continue;
        const char *equal = find_equal(player, name);
        char *changed = equal != NULL ? replaced(raw, name->raw, equal) : NULL;
        if (changed != NULL) {
            free(raw);
            raw = changed;
        }
    }
    return raw;
}
