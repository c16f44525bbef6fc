/* `seatrial convert`, and a run of what it wrote. */
#ifndef TESTS_SUPPORT_CONVERTED_H
#define TESTS_SUPPORT_CONVERTED_H

#include "sim/base/value.h"

/* Convert as `arguments` say (of which none names the folder) into FOLDER/out. The answer as JSON, which
 * the caller drops; fails the test when there is none. */
struct value *converted(const char *folder, const char *arguments);
/* How many there were of something, by the words of the answer; -1: it says nothing of that. */
int64_t converted_count(const struct value *answer, const char *what);

/* The summary of a run of FOLDER/out/scenario.yaml; the caller drops it. `options` may be "". */
struct value *converted_run(const char *folder, const char *options);

/* The text of FOLDER/out/NAME; the caller frees. NULL when it is not there. */
char *converted_text(const char *folder, const char *name);

#endif
