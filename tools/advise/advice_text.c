/* Advice as tables for a terminal. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/advise/advice.h"
#include "tools/experiment/print.h"
#include "tools/report/table.h"

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static double number_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), NAN);
}

/* "deployment/web", with its namespace behind it unless it is the default; the caller frees. */
static char *workload_of(const struct value *map)
{
    const char *space = text_of(map, "namespace");
    const bool is_default = strcmp(space, "default") == 0;
    return mem_format("%s%s%s", text_of(map, "workload"), is_default ? "" : " -n ",
                      is_default ? "" : space);
}

static char *measure(const struct value *map, const char *key)
{
    return print_measure(number_of(map, key), number_of(map, "low"), number_of(map, "high"), NULL);
}

static void write_losses(const struct value *document, struct writer *out)
{
    const struct value *losses = value_get(document, "losses");
    struct text_table table = { .heads = { "WORKLOAD", "-MINUTES LOST PER MONTH", "MEASURED BY" } };
    for (size_t i = 0; i < losses->count; i++) {
        struct table_row *line = text_table_row(&table);
        line->cells[0] = workload_of(losses->items[i]);
        line->cells[1] = measure(losses->items[i], "minutesPerMonth");
        line->cells[2] = mem_format("%s", text_of(losses->items[i], "measure"));
    }
    text_table_print(&table, out);
    text_table_close(&table);
}

static void write_causes(const struct value *document, struct writer *out)
{
    const struct value *causes = value_get(document, "counterfactual");
    struct text_table table = { .heads = { "WITHOUT", "WORKLOAD", "-MINUTES SAVED PER MONTH" } };
    if (causes->count == 0)
        return;
    for (size_t i = 0; i < causes->count; i++) {
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(causes->items[i], "cause"));
        line->cells[1] = workload_of(causes->items[i]);
        line->cells[2] = measure(causes->items[i], "savedMinutesPerMonth");
    }
    writer_add(out, "\nif a cause were not there\n");
    text_table_print(&table, out);
    text_table_close(&table);
}

static void add_advice(struct text_table *table, const struct value *advice, size_t rank)
{
    struct table_row *line = text_table_row(table);
    const double p = number_of(advice, "adjusted");
    char *name = workload_of(advice);
    line->cells[0] = mem_format("%zu. %s: %s", rank, name, text_of(advice, "fix"));
    line->cells[1] = measure(advice, "savedMinutesPerMonth");
    line->cells[2] = print_p(p);
    line->cells[3] = mem_format("%+.2f", number_of(advice, "costPerMonth"));
    line->cells[4] = mem_format("%+.2f", number_of(advice, "podsAdded"));
    line->note = mem_format("%s", text_of(advice, "says"));
    free(name);
}

static void write_advice(const struct value *document, struct writer *out)
{
    const struct value *all = value_get(document, "advice");
    struct text_table table = { .heads = { "FIX", "-MINUTES SAVED PER MONTH", "-P", "-$ PER MONTH",
                                           "-PODS" } };
    if (all->count == 0) {
        writer_add(out, "\nNothing was lost in any run: there is nothing to advise.\n");
        return;
    }
    for (size_t i = 0; i < all->count; i++)
        add_advice(&table, all->items[i], i + 1);
    writer_add(out, "\nwhat would help, on the same luck\n");
    text_table_print(&table, out);
    text_table_close(&table);
    const struct value *lead = value_get(document, "lead");
    if (value_is_null(lead))
        return;
    char *more = measure(lead, "minutesPerMonth"), *p = print_p(number_of(lead, "p"));
    writer_format(out, "\nThe first saves %s minutes more than the second (p %s).\n", more, p);
    free(more);
    free(p);
}

void advice_print(const struct value *document, struct writer *out)
{
    writer_format(out, "%s: %lld runs each, %g %% intervals\n\n", text_of(document, "scenario"),
                  (long long)value_int(value_get(document, "replications"), 0),
                  100 * number_of(document, "confidence"));
    write_losses(document, out);
    write_causes(document, out);
    write_advice(document, out);
}
