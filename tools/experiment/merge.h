/* Joining the parts of a study that were played apart, on machines that never spoke with each other. */
#ifndef TOOLS_EXPERIMENT_MERGE_H
#define TOOLS_EXPERIMENT_MERGE_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* Join the databases of some directories into that of another, which is made if it is missing and may be
 * one of them. All must be of the same study. A replication that several have counts once; if they
 * disagree about its result that is an error, since it cannot be. All is joined, or nothing.
 * What is there then, and what is missing, as a document (docs/results_db.md), a new reference;
 * NULL with the error. */
struct value *merge(const char *const *directories, size_t count, const char *into,
                    struct error *error);

/* The same document for people. True when nothing is missing. */
bool merge_print(const struct value *merged, struct writer *out);

#endif
