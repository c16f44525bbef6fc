/* The documented rules of Chrome's Trace Event Format, checked on a file. */
#ifndef TESTS_SUPPORT_CHROME_TRACE_CHECK_H
#define TESTS_SUPPORT_CHROME_TRACE_CHECK_H

#include "sim/base/value.h"

/* The document of a file that keeps them: events in the order of `ts`, in whole microseconds; no negative
 * `dur`; slices of a thread that follow or enclose one another; threads and processes with a name; an
 * arrow that begins before it ends, each end within a slice of its thread. Fails the test otherwise. A
 * new reference. */
struct value *chrome_trace_read(const char *path);

/* How many events have this `ph`, and (NULL: any) this name. */
size_t chrome_trace_count(const struct value *trace, const char *ph, const char *name);
/* The first event with this `ph` and name; NULL when there is none. */
const struct value *chrome_trace_find(const struct value *trace, const char *ph, const char *name);

#endif
