/* Advice: the usual fixes tried in simulation, ranked by the downtime that they save. */
#ifndef TOOLS_ADVISE_ADVICE_H
#define TOOLS_ADVISE_ADVICE_H

#include "sim/base/value.h"
#include "sim/base/writer.h"
#include "tools/inputs.h"

struct advice;

/* For the workloads of a scenario, which is borrowed; `only` names one of them ("deployment/web"), or is NULL.
 * Release with advice_free(). */
struct advice *advice_new(const struct scenario *scenario, const char *only);
void advice_free(struct advice *advice);

/* How many workloads can be advised on. */
size_t advice_candidates(const struct advice *advice);

/* The Experiment that tells what is lost, and without which cause it would not be; the one that tries the
 * fixes for those workloads that lost something. New references; NULL: there is nothing to try. */
struct value *advice_baseline(const struct advice *advice, int64_t replications);
struct value *advice_trials(const struct advice *advice, int64_t replications);

/* The results of the two: of the first before the trials are asked for. */
void advice_take_baseline(struct advice *advice, const struct value *results);
void advice_take_trials(struct advice *advice, const struct value *results);

/* The Advice document (docs/advise.md); a new reference. */
struct value *advice_document(const struct advice *advice);
/* The same as tables for a terminal. */
void advice_print(const struct value *document, struct writer *out);

#endif
