/* Durations as Go's time.ParseDuration reads them: "1h30m", "-1.5h", "300ms"; no days. */
#ifndef MODELS_API_GO_DURATION_H
#define MODELS_API_GO_DURATION_H

#include "sim/base/time.h"

/* False, with *time untouched, when the text is no such duration. */
bool go_duration_parse(const char *text, sim_time *time);

#endif
