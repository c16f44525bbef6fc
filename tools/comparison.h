/* What policies made of one scenario, side by side.
 *
 * Each policy is an arm, played with the same seed: since every entity draws from a stream of its own,
 * all arms have the same luck, and what differs is the policies' doing. One summary per arm: figures of
 * one run, without intervals of confidence. Further replications would be further summaries
 * of an arm. */
#ifndef TOOLS_COMPARISON_H
#define TOOLS_COMPARISON_H

#include "sim/base/value.h"
#include "sim/base/writer.h"
#include "tools/report/table.h"

/* A Comparison document (docs/policies.md) without arms; a new reference. */
struct value *comparison_new(const char *scenario, uint64_t seed);

/* Add an arm: the summary of its run, or, when the policy could not be started, why (NULL summary). */
void comparison_add(struct value *comparison, const char *policy, const struct value *summary,
                    const char *why);

/* A policy as tables call it: without its path, unless two of the arms are called the same; borrowed. */
const char *comparison_name(const struct value *arms, const struct value *arm);

/* The arms, and the workloads whose availability differs, as tables; empty where there are none. Release with
 * text_table_close(). */
struct text_table comparison_arms(const struct value *comparison);
struct text_table comparison_workloads(const struct value *comparison);

/* As tables for a terminal: the arms; workloads whose availability differs. */
void comparison_print(const struct value *comparison, struct writer *out);

#endif
