/* What an experiment has found so far: a study fed with results, and the document they come to. */
#ifndef TOOLS_EXPERIMENT_FINDINGS_H
#define TOOLS_EXPERIMENT_FINDINGS_H

#include "sim/base/writer.h"
#include "tools/experiment/experiment.h"

struct findings;

/* Nothing is known yet. The experiment is borrowed. Release with findings_free(). */
struct findings *findings_new(const struct experiment *experiment);
void findings_free(struct findings *findings);

/* The study, to ask what is wanted next. */
struct study *findings_study(struct findings *findings);

/* The result of a replication (play.h). False with the error when it is none. */
bool findings_take(struct findings *findings, struct task task, const struct value *result,
                   struct error *error);

/* The results document (docs/experiment.md); a new reference. */
struct value *findings_document(const struct findings *findings);

/* The interval of the first response at the baseline, on one line. */
void findings_describe(const struct findings *findings, struct writer *out);

#endif
