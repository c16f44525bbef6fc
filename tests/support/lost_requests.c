/* Playing stories of requests, and counting what failed. */
#include "tests/support/lost_requests.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/measured.h"

double requests_number(const struct value *row, const char *name)
{
    return value_double(value_get(row, name), 0);
}

double requests_failed_by(const struct value *row, const char *reason, const char *fault)
{
    const struct value *losses = value_get(row, "losses");
    double sum = 0;
    for (size_t i = 0; i < losses->count; i++)
        if (strcmp(value_text(value_get(losses->items[i], "reason"), ""), reason) == 0 &&
            strcmp(value_text(value_get(losses->items[i], "fault"), ""), fault) == 0)
            sum += requests_number(losses->items[i], "requests");
    return sum;
}

bool requests_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

static void expect_story(const struct request_story *story)
{
    char *yaml = mem_format("%s%s%s%s%s%s", HEAD, story->timing, story->traffic, story->act,
                            SERVICE, story->pods);
    struct value *summary = play_text(yaml);
    const struct value *row = value_at(value_get(summary, "traffic"), 0);
    double all = 0;
    cr_expect(requests_near(requests_number(row, "requests"), 9000), "%s", story->why);
    for (size_t i = 0; i < 3 && story->want[i].reason != NULL; i++) {
        const double got = requests_failed_by(row, story->want[i].reason, story->want[i].fault);
        cr_expect(requests_near(got, story->want[i].requests), "%s: %s by %s: %.12g", story->why,
                  story->want[i].reason, story->want[i].fault, got);
        all += story->want[i].requests;
    }
    cr_expect(requests_near(requests_number(row, "failed"), all),
              "%s: failed %.12g, and not only of this", story->why, requests_number(row, "failed"));
    if (all == 0)
        cr_expect_eq(requests_number(row, "failed"), 0, "%s: exactly none", story->why);
    value_drop(summary);
    free(yaml);
}

void expect_request_stories(const struct request_story *stories, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_story(&stories[i]);
}
