/* A scenario with something changed: what a level of a factor does to it. */
#ifndef TOOLS_EXPERIMENT_VARIANT_H
#define TOOLS_EXPERIMENT_VARIANT_H

#include "tools/inputs.h"

/* One change. Either a map as docs/experiment.md describes a level (`level`), or a value at a path. */
struct edit {
    const struct value *level;          /* NULL: the path */
    const struct value *path;           /* a text */
    const struct value *target, *space; /* of an object; NULL: in the Scenario */
    const struct value *value;          /* what is put there */
    const char *directory;              /* of files that the level names */
};

/* Read the base with the edits applied, one after the other. Appends each fault; false when there was
 * one. Close the inputs in either case. *policy is who schedules, borrowed from a level, NULL: nobody
 * said. */
bool variant_read(struct inputs *inputs, const struct base *base, const struct edit *const *edits,
                  size_t count, const char **policy, struct error_list *faults,
                  struct error_list *warnings);

/* What switches off an entry of `failures`: by its name, or by its kind where it has none; a new level. */
struct value *variant_without(const struct value *failure);
/* What the cause is called there; borrowed. */
const char *variant_cause(const struct value *failure);

#endif
