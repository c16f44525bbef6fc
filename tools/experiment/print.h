/* Results of an experiment as text and as rows. */
#ifndef TOOLS_EXPERIMENT_PRINT_H
#define TOOLS_EXPERIMENT_PRINT_H

#include "sim/base/value.h"
#include "sim/base/writer.h"

/* "99.93 % [99.90, 99.95]": with as many digits as the interval deserves, in the unit (NULL: a number); NAN
 * bounds are left out. The caller frees. */
char *print_measure(double mean, double low, double high, const char *unit);

/* A p-value: "<0.001", "0.042"; "-" where there is none. The caller frees. */
char *print_p(double p);

/* The results document as tables for a terminal. */
void results_print(const struct value *results, struct writer *out);

/* One row for each replication and response: point, a column for each factor, without, replication, response,
 * value. RFC 4180. */
void results_print_csv(const struct value *results, struct writer *out);

#endif
