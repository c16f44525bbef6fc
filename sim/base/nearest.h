/* Did you mean ...? The known name that a mistyped one is nearest to.
 *
 *     struct nearest near = nearest_to("replica");
 *     for (each known name)
 *         nearest_offer(&near, name);
 *     near.found: "replicas", or NULL when nothing is near
 */
#ifndef SIM_BASE_NEAREST_H
#define SIM_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wanted, *found; /* borrowed */
    size_t distance;            /* of `found`; how far a name may be while there is none */
};

struct nearest nearest_to(const char *wanted);

/* Keep the candidate if it is nearer than what was found before; the first of equals stays.
 * Case does not count as a difference. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
