/* Stages of KWOK: what its controller would refuse to load, and what is not understood here. */
#include "models/api/kwok_stage.h"
#include "models/api/validation/validation_private.h"

static void blame(void *context, const char *path, const struct value *at, const char *text)
{
    struct field_errors *errors = context;
    field_invalid(errors, CHILD(CHILD(NULL, "spec"), path), at, "%s", text);
}

void check_stage(struct field_errors *errors, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    if (*text_at(value_get(spec, "resourceRef"), "kind") == '\0')
        field_required(errors, CHILD(CHILD(NULL, "spec"), "resourceRef.kind"), document,
                       "the kind of the objects a stage plays with, such as %s", "Pod");
    else if (kwok_stage_is_of(document, "Pod") || kwok_stage_is_of(document, "Node"))
        kwok_stage_free(kwok_stage_new(document, blame, errors));
    const struct value *delay = value_get(spec, "delay");
    const struct field_path *at = CHILD(CHILD(NULL, "spec"), "delay");
    if (delay != NULL)
        check_not_negative(errors, delay, "durationMilliseconds", at);
    if (delay != NULL)
        check_not_negative(errors, delay, "jitterDurationMilliseconds", at);
    check_not_negative(errors, spec, "weight", CHILD(NULL, "spec"));
}
