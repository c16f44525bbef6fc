/* The pod-template-hash, against what the real Deployment controller wrote. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/tables.h"

Test(pod_template_hash, equals_the_recorded_ones)
{
    struct table_counts counts;
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/pod-template-hash/hashes.jsonl.gz", &counts, &details));
    printf("pod-template-hash: %zu of %zu recorded hashes agree\n", counts.agreed, counts.compared);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    cr_expect_eq(counts.compared, 50);
    writer_close(&details);
}
