/* A row of the requests to a Service: how many came, failed, and of what. */
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tools/report/report.h"
#include "tools/report/tables.h"

enum { MOST_LOSSES = 6 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* Whole, but never 0 when it is not: "6188", "0.04". */
static char *print_requests(const struct value *map, const char *key)
{
    const double requests = value_double(value_get(map, key), 0);
    return mem_format(requests >= 10 || requests == floor(requests) ? "%.0f" : "%.2g", requests);
}

/* "6188 refused (starting) from 2m1.4s to 2m9.1s by set-image/deployment/web; ..." */
static char *print_losses(const struct value *losses)
{
    struct writer out = { 0 };
    for (size_t i = 0; i < losses->count && i < MOST_LOSSES; i++) {
        const struct value *loss = losses->items[i];
        const long long others = value_int(value_get(loss, "roots"), 1) - 1;
        char *requests = print_requests(loss, "requests");
        char *first = print_duration(value_get(loss, "firstSeconds"));
        char *last = print_duration(value_get(loss, "lastSeconds"));
        writer_format(&out, "%s%s %s (%s) from %s to %s by %s", i > 0 ? "; " : "", requests,
                      text_of(loss, "reason"), text_of(loss, "fault"), first, last,
                      text_of(loss, "cause"));
        if (others > 0)
            writer_format(&out, " and %lld more", others);
        free(requests);
        free(first);
        free(last);
    }
    if (losses->count > MOST_LOSSES)
        writer_format(&out, "; and %zu more kinds", losses->count - MOST_LOSSES);
    return writer_take(&out);
}

void traffic_row_fill(struct table_row *line, const struct value *row)
{
    const struct value *losses = value_get(row, "losses");
    const double share = value_double(value_get(row, "failedShare"), 0);
    const double retries =
        value_double(value_get(row, "attempts"), 0) - value_double(value_get(row, "requests"), 0);
    line->cells[1] = print_requests(row, "requests");
    line->cells[2] = print_requests(row, "failed");
    line->cells[3] = mem_format("%.3g %%", 100 * share);
    line->cells[4] = print_duration(value_get(row, "firstFailureSeconds"));
    line->cells[5] = print_duration(value_get(row, "lastFailureSeconds"));
    line->cells[6] = mem_format("%.0f", retries);
    line->cells[7] = print_duration(value_path(row, "latency", "p99", NULL));
    if (losses != NULL && losses->count > 0)
        line->note = print_losses(losses);
}
