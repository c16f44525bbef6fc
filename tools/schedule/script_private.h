/* Shared by the files of scripts. */
#ifndef TOOLS_SCHEDULE_SCRIPT_PRIVATE_H
#define TOOLS_SCHEDULE_SCRIPT_PRIVATE_H

#include "models/scheduler/trial/trial.h"

/* When something is bound: of pods that say nothing themselves, and by the steps. */
enum { FIRST_STEP_SECONDS = 100000 };

/* Put every object of `input` into the trial, in the order of the recordings: what pods need
 * first. False with faults appended. */
bool script_load_objects(struct trial *trial, const struct value *input, struct error_list *faults);

/* One object, as the API server would store it, into the trial; `list` is the member of `input`
 * that it would stand in ("nodes"). */
bool script_load_object(struct trial *trial, const char *list, const struct value *document,
                        struct error_list *faults);

#endif
