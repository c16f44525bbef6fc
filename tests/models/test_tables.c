/* Every row of the shared tables agrees. The tables came from other projects and stay outside the
 * repository, in $SEATRIAL_SHARED (../shared); where they are absent their rows are NOT RUN. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/shared.h"
#include "tests/support/tables.h"

static void expect_all_agree(const char *file, size_t rows)
{
    char *path = shared_path(file);
    struct table_counts counts;
    struct writer details = { 0 };
    if (access(path, R_OK) != 0) {
        printf("NOT RUN: %zu rows of %s (not found)\n", rows, file);
    } else {
        cr_expect(table_run(path, &counts, &details));
        printf("%s: %zu of %zu rows agree\n", file, counts.agreed, counts.compared);
        cr_expect_eq(counts.compared, rows);
        cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    }
    writer_close(&details);
    free(path);
}

Test(tables, quantities_are_those_of_the_go_library)
{
    expect_all_agree("data/quantity.csv", 300);
}

Test(tables, percentages_are_rounded_as_by_the_go_library)
{
    expect_all_agree("data/intstr.csv", 300);
}

Test(tables, bounds_of_rolling_updates_are_those_of_the_deployment_controller)
{
    expect_all_agree("data/fenceposts.csv", 300);
}

Test(tables, label_selectors_match_and_print_as_in_the_go_library)
{
    expect_all_agree("data/selectors.jsonl", 300);
}

Test(tables, yaml_is_cut_and_typed_as_by_kubectl)
{
    expect_all_agree("data/yaml.jsonl", 168);
}
