/* What a new namespace is given comes a moment after it, as it does where informers and calls take
 * their time: a quota that was made together with the namespace is counted by then, and charged. */
#ifndef MODELS_CONTROLLERS_NAMESPACE_MOMENT_H
#define MODELS_CONTROLLERS_NAMESPACE_MOMENT_H

#include "sim/base/time.h"

#define NAMESPACE_MOMENT SIM_MILLISECOND

#endif
