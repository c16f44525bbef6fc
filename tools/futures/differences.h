/* What differs between two futures: a row for each measure of each workload, Service, source of requests and
 * objective that is not the same in both. */
#ifndef TOOLS_FUTURES_DIFFERENCES_H
#define TOOLS_FUTURES_DIFFERENCES_H

#include "sim/base/writer.h"
#include "tools/futures/futures.h"

/* The document (docs/fork.md); a new reference. `changes` are told as they were written. */
struct value *differences_document(const struct futures *futures, sim_time at,
                                   const struct value *changes);

/* As a table for a terminal, and as a page. */
void differences_print(const struct value *document, struct writer *out);
void differences_page(const struct value *document, struct writer *out);

#endif
