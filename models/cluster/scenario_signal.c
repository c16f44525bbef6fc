/* Files of numbers that a scenario names: signals and arrival times, written out where they stand. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

/* The text of one file, as sim/chance asks for it; see struct signal_opener. */
static char *open_text(void *context, const struct value *path, size_t *length, const char **name,
                       struct error *error)
{
    struct scenario_input *input = context;
    struct scenario_text text = { 0 };
    if (path->type != VALUE_STRING) {
        error_set(error, path->at, "the path is not a text");
        return NULL;
    }
    if (input->opener == NULL) {
        error_set(error, path->at, "\"%s\": files cannot be opened here", path->text);
        return NULL;
    }
    struct error inner = { 0 };
    input->text = &text;
    const bool opened = input->opener->open(input->opener->context, path->text, input, &inner);
    input->text = NULL;
    if (opened && text.files == 1) {
        *length = text.length;
        *name = text.name;
        return text.bytes;
    }
    if (opened)
        error_set(error, path->at, "\"%s\": one file is expected, not %zu", path->text, text.files);
    else
        error_set(error, path->at, "%s", inner.text);
    error_close(&inner);
    free(text.bytes);
    return NULL;
}

struct signal_opener scenario_signal_opener(struct scenario_input *input)
{
    return (struct signal_opener){ open_text, input };
}
