/* The built-in admission plugins against the real API server's recorded answers. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/tables.h"

Test(admission_builtin, answers_as_the_recorded_api_server)
{
    struct table_counts counts = { 0 };
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/api/admission-builtin.jsonl.gz", &counts, &details));
    printf("admission-builtin: %zu of %zu recorded stories agree\n", counts.agreed,
           counts.compared);
    cr_expect_eq(counts.compared, 19);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    writer_close(&details);
}

Test(admission_builtin, pod_security_forbids_what_the_recorded_one_forbids)
{
    struct table_counts counts;
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/api/podsecurity.jsonl.gz", &counts, &details));
    printf("podsecurity: %zu of %zu recorded answers agree\n", counts.agreed, counts.compared);
    cr_expect_eq(counts.compared, 238);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    writer_close(&details);
}
