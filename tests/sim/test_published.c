/* Published distributions, against what their sources say in other words. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/chance/distribution.h"
#include "sim/chance/published.h"

#define HOUR 3600.0
#define DAY  86400.0
#define YEAR (365.25 * DAY)

/* Not the parameters again, but figures that follow from them or stand beside them in the source. */
static const struct {
    const char *name, *why;
    double mean;      /* seconds; 0: not asked for */
    double tolerance; /* relative */
    double u, at;     /* a quantile */
} rows[] = {
    /* The mean of the same data is the parameter of the exponential fit in the same table. A Weibull
     * fit by likelihood has about that mean; its median is scale * (ln 2)^(1 / shape). */
    { "fta.lanl05.between", "mean of the exponential fit: 1779.99 h", 1779.99 * HOUR, 0.02, 0.5,
      816.60 * HOUR * 0.46601 },
    { "fta.g5k06.between", "32.41 h", 32.41 * HOUR, 0.05, 0.5, 14.37 * HOUR * 0.46601 },
    { "fta.microsoft99.between", "67.01 h", 67.01 * HOUR, 0.12, 0.5, 35.30 * HOUR * 0.51356 },
    { "fta.ldns04.between", "141.06 h", 141.06 * HOUR, 0.1, 0.5, 79.30 * HOUR * 0.48739 },
    { "fta.websites02.between", "11.85 h: the fit is worse", 11.85 * HOUR, 0.3, 0.5,
      3.68 * HOUR * 0.45080 },
    { "fta.pl05.between", "159.49 h: the fit is worse", 159.49 * HOUR, 0.3, 0.5,
      19.35 * HOUR * 0.32936 },
    /* e^mu hours: half of the repairs of Los Alamos within about an hour, of PlanetLab in 1.5 h */
    { "fta.lanl05.repair", "median e^0.05 h = 63 min", 0, 0, 0.5, 63.076 * 60 },
    { "fta.g5k06.repair", "median e^-2 h = 8.1 min", 0, 0, 0.5, 8.1201 * 60 },
    { "fta.microsoft99.repair", "median e^1.42 h", 0, 0, 0.5, 4.13712 * HOUR },
    { "fta.pl05.repair", "median e^0.4 h", 0, 0, 0.5, 1.491825 * HOUR },
    { "fta.ldns04.repair", "median e^0.91 h", 0, 0, 0.5, 2.484323 * HOUR },
    { "fta.websites02.repair", "median e^-1.12 h", 0, 0, 0.5, 0.326280 * HOUR },
    { "dean2008.machine", "1000 of 1800 a year: each 1.8 years", 1.8 * YEAR, 1e-12, 0.5,
      1.8 * YEAR * 0.693147 },
    { "dean2008.rack", "20 a year: every 18.26 days", 18.2625 * DAY, 1e-12, 0.5,
      18.2625 * DAY * 0.693147 },
    { "dean2008.wonky-rack", "5 a year: every 73.05 days", 73.05 * DAY, 1e-12, 0.5,
      73.05 * DAY * 0.693147 },
    { "dean2008.power-unit", "1 a year", YEAR, 1e-12, 0.5, YEAR * 0.693147 },
    { "dean2008.power-unit-outage", "6 hours", 6 * HOUR, 0, 0.5, 6 * HOUR },
    { "dean2008.overheat-outage", "1 to 2 days", 36 * HOUR, 1e-12, 0.25, 30 * HOUR },
    { "backblaze2024.disk", "1.57 % are gone after 1.0079 years", 63.69 * YEAR, 1e-4, 0.0157,
      1.00792 * YEAR },
    { "backblaze2025q3.disk", "1.55 % a year", 64.516 * YEAR, 1e-4, 0.0155, 1.00782 * YEAR },
    { "pinheiro2007.disk-year1", "1.7 % a year", 58.8235 * YEAR, 1e-5, 0.017, 1.00860 * YEAR },
    { "pinheiro2007.disk-year3", "8.6 % a year", 11.6279 * YEAR, 1e-5, 0.086, 1.04570 * YEAR },
    { "llama3.gpu", "16384 of them: one every 3.09 hours", 16384 * 3.0931 * HOUR, 1e-4, 0.5,
      16384 * 3.0931 * HOUR * 0.693147 },
    { "alibaba2017.soft-error", "39 a day among 1313", 33.6667 * DAY, 1e-5, 0.5,
      33.6667 * DAY * 0.693147 },
    { "aws.spot", "5 % within a month", 0, 0, 0.05, YEAR / 12 },
    { "aws.spot-notice", "2 minutes", 120, 0, 0.5, 120 },
    { "gcp.spot-life", "a day", DAY, 0, 0.5, DAY },
    { "gcp.spot-notice", "half a minute", 30, 0, 0.5, 30 },
};

Test(published, are_what_their_sources_say)
{
    cr_expect_eq(sizeof rows / sizeof *rows, published_count, "each one is checked");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct distribution *d = distribution_new_published(rows[i].name);
        cr_assert_not_null(d, "%s", rows[i].name);
        const double mean = distribution_mean(d), at = distribution_quantile(d, rows[i].u);
        if (rows[i].mean > 0)
            cr_expect(fabs(mean / rows[i].mean - 1) <= rows[i].tolerance, "%s: %s, not %g",
                      rows[i].name, rows[i].why, mean / HOUR);
        cr_expect(fabs(at / rows[i].at - 1) < 1e-4, "%s: %s, not %g s", rows[i].name, rows[i].why,
                  at);
        distribution_free(d);
    }
}

Test(published, have_a_source_and_names_of_their_own)
{
    for (size_t i = 0; i < published_count; i++) {
        cr_expect_gt(strlen(published_table[i].source), 10);
        cr_expect_gt(strlen(published_table[i].what), 10);
        cr_expect_eq(published_find(published_table[i].name), &published_table[i]);
    }
}
