/* The whole engine in one include. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "sim/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/table.h"
#include "sim/base/text.h"
#include "sim/base/time.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"
#include "sim/chance/arrivals.h"
#include "sim/chance/distribution.h"
#include "sim/chance/stream.h"
#include "sim/kernel/run.h"
#include "sim/stat/bootstrap.h"
#include "sim/stat/comparisons.h"
#include "sim/stat/interval.h"
#include "sim/stat/level.h"
#include "sim/stat/proportion.h"
#include "sim/stat/regeneration.h"
#include "sim/stat/tally.h"
#include "sim/stat/warmup.h"
#include "sim/store/cache.h"
#include "sim/store/store.h"
#include "sim/store/workqueue.h"

#endif
