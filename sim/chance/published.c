/* The table of published distributions. Only figures that were read in the source, or in a page or file
 * that quotes it, stand here; docs/failures.md has them with what they say and what was left out. */
#include "sim/chance/published.h"

#include <math.h>
#include <string.h>

#include "sim/chance/distribution_private.h"

#define SECOND 1.0
#define HOUR   3600.0
#define DAY    86400.0
#define YEAR   (365.25 * DAY)

#define FTA                                                                                        \
    "Javadi, Kondo, Iosup, Epema: The Failure Trace Archive, JPDC 73(8), 2013 (fits as OpenDC "    \
    "quotes them)"
#define DEAN      "Dean, Google I/O 2008 (Data Center Knowledge, 2008-05-30)"
#define BACKBLAZE "Backblaze Drive Stats"
#define PINHEIRO                                                                                   \
    "Pinheiro, Weber, Barroso: Failure Trends in a Large Disk Drive Population, FAST 2007"
#define LLAMA3  "Meta: The Llama 3 Herd of Models, 2024"
#define ALIBABA "Alibaba cluster trace 2017, server_event.csv"
#define AWS     "nOps, AWS Spot facts"
#define GCP     "Google Cloud documentation, Preemptible VM instances"

/* A rate of so many failures a year of each one: the time between is exponential. */
#define YEARLY(name, rate, what, source)                                                           \
    {                                                                                              \
        name, "exponential", 1.0 / (rate), 0, YEAR, what, source                                   \
    }
#define FTA_ROW(site, shape, scale, mu, sigma, what)                                               \
    { "fta." site ".between",                                                                      \
      "weibull",                                                                                   \
      shape,                                                                                       \
      scale,                                                                                       \
      HOUR,                                                                                        \
      what ": time between failures of a computer, Weibull fit, hours",                            \
      FTA },                                                                                       \
    {                                                                                              \
        "fta." site ".repair", "lognormal", mu, sigma, HOUR,                                       \
            what ": time until it is back, lognormal fit, hours", FTA                              \
    }

/* clang-format off */
const struct published published_table[] = {
    FTA_ROW("lanl05",      0.48, 816.60,  0.05, 1.42, "clusters of Los Alamos, 1996-2005"),
    FTA_ROW("g5k06",       0.48,  14.37, -2.00, 2.20, "Grid'5000, 2005-2006"),
    FTA_ROW("microsoft99", 0.55,  35.30,  1.42, 1.54, "desktop computers of Microsoft, 1999"),
    FTA_ROW("pl05",        0.33,  19.35,  0.40, 2.45, "PlanetLab, 2004-2005"),
    FTA_ROW("ldns04",      0.51,  79.30,  0.91, 1.64, "DNS servers, 2004"),
    FTA_ROW("websites02",  0.46,   3.68, -1.12, 1.13, "web servers, 2001-2002"),
    YEARLY("dean2008.machine", 1000 / 1800.0,
           "1000 machine failures in the first year of a cluster of 1800", DEAN),
    YEARLY("dean2008.rack", 20, "20 rack failures in a cluster's first year; of the cluster", DEAN),
    YEARLY("dean2008.wonky-rack", 5,
           "5 racks a year that lose half of their packets; of the cluster", DEAN),
    YEARLY("dean2008.power-unit", 1,
           "1 power distribution unit a year, 500 to 1000 machines; of the cluster", DEAN),
    { "dean2008.power-unit-outage", "constant", 6, 0, HOUR,
      "about 6 hours until it is mended", DEAN },
    { "dean2008.overheat-outage", "uniform", 1, 2, DAY,
      "1 to 2 days until an overheated cluster is back", DEAN },
    YEARLY("backblaze2024.disk", 0.0157, "1.57 % of disks a year, 2024", BACKBLAZE),
    YEARLY("backblaze2025q3.disk", 0.0155, "1.55 % of disks a year, third quarter of 2025", BACKBLAZE),
    YEARLY("pinheiro2007.disk-year1", 0.017, "1.7 % a year of disks in their first year", PINHEIRO),
    YEARLY("pinheiro2007.disk-year3", 0.086, "8.6 % a year of disks three years old", PINHEIRO),
    { "llama3.gpu", "exponential", 16384 * 54 / 419.0, 0, DAY,
      "419 interruptions of a job on 16384 GPUs in 54 days; of each GPU", LLAMA3 },
    { "alibaba2017.soft-error", "exponential", 1313 / 39.0, 0, DAY,
      "39 soft errors of 1313 machines in a day; of each machine", ALIBABA },
    { "aws.spot", "exponential", 1 / 0.05129329438755058, 0, YEAR / 12,
      "fewer than 5 % of instances interrupted in a month, taken as 5 %: -ln 0.95", AWS },
    { "aws.spot-notice", "constant", 120, 0, SECOND, "a notice of 2 minutes", AWS },
    { "gcp.spot-life", "constant", 86400, 0, SECOND, "preemptible machines end after 24 hours", GCP },
    { "gcp.spot-notice", "constant", 30, 0, SECOND, "a notice of 30 seconds", GCP },
};
/* clang-format on */
const size_t published_count = sizeof published_table / sizeof *published_table;

const struct published *published_find(const char *name)
{
    for (size_t i = 0; i < published_count; i++)
        if (strcmp(published_table[i].name, name) == 0)
            return &published_table[i];
    return NULL;
}

const struct published *distribution_published(const struct distribution *distribution)
{
    return distribution->published;
}

/* An amount in the unit of the figure, as seconds; the location of a lognormal is its logarithm. */
struct distribution *distribution_new_published(const char *name)
{
    const struct published *row = published_find(name);
    if (row == NULL)
        return NULL;
    const struct family *family = family_find(row->family);
    double numbers[DISTRIBUTION_PARAMETERS] = { row->first, row->second };
    for (int i = 0; i < DISTRIBUTION_PARAMETERS; i++)
        if (family->parameters[i].is_amount)
            numbers[i] *= row->unit;
    if (strcmp(row->family, "lognormal") == 0)
        numbers[0] += log(row->unit);
    struct distribution *distribution = distribution_new(family, numbers[0], numbers[1]);
    distribution->published = row;
    return distribution;
}

void distribution_each_published(const struct distribution *distribution,
                                 void (*call)(void *context, const struct published *published),
                                 void *context)
{
    if (distribution == NULL)
        return;
    if (distribution->published != NULL)
        call(context, distribution->published);
    for (size_t i = 0; distribution->parts != NULL && i < distribution->count; i++)
        distribution_each_published(distribution->parts[i], call, context);
}
