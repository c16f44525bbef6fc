/* What the fake kubelet of the recordings leaves behind: it deletes a StatefulSet's pod once more when
 * the pod has just been made again under its name, so that one more has to be made. Such a pod
 * does not count, nor do its events (COMPARING.md, section 1). */
#ifndef TESTS_SUPPORT_LEFTOVERS_H
#define TESTS_SUPPORT_LEFTOVERS_H

#include <stdbool.h>

#include "sim/base/value.h"

/* The rows of a timeline without such pods, whose names are appended to `pods`; a new reference. */
struct value *leftovers_cut(const struct value *rows, struct value *pods);

/* Is it the event of the making of one of them? It is taken off `pods` then. */
bool leftovers_made(struct value *pods, const struct value *event);

#endif
