/* Service level objectives as OpenSLO writes them (openslo/v1): documents among a user's manifests, read
 * into what is to be measured.
 *
 * Follows the OpenSLO specification v1 (github.com/OpenSLO/OpenSLO, README.md), with the budgeting
 * method RatioTimeslices of its examples. What a query means is models/metrics' business. */
#ifndef MODELS_CLUSTER_OPENSLO_H
#define MODELS_CLUSTER_OPENSLO_H

#include "sim/base/error.h"
#include "sim/base/value.h"
#include "sim/base/zone.h"
#include "sim/stat/spending.h"

extern const char openslo_version[]; /* "openslo/v1" */

/* Is it a document of OpenSLO? */
bool openslo_is_one(const struct value *document);

/* Check one document by itself: its kind and all its fields. Each fault is appended; false when there
 * was one. */
bool openslo_check(const struct value *document, struct error_list *faults);

enum slo_method { SLO_OCCURRENCES, SLO_TIMESLICES, SLO_RATIO_TIMESLICES };
/* What `first` is: the good or the bad of `total`, a share by itself, or what is held against a value. */
enum slo_indicator { SLO_GOOD, SLO_BAD, SLO_RAW_SUCCESS, SLO_RAW_FAILURE, SLO_THRESHOLD };
enum slo_operator { SLO_LTE, SLO_LT, SLO_GTE, SLO_GT };

struct slo_objective {
    const char *name;           /* displayName; NULL: none */
    struct spending_share miss; /* 1 - target */
    enum slo_operator op;       /* of a threshold, */
    const struct value *value;
    struct spending_share slice_miss; /* 1 - timeSliceTarget */
    sim_time slice;                   /* 0: none */
};

/* One alert condition of one policy. It holds while the burn rate over the last `lookback` is at least
 * the threshold (above it with `strictly`), and fires after it has held for a while. */
struct slo_alert {
    const char *policy, *condition, *severity;
    struct spending_share threshold; /* a burn rate: part / whole */
    bool strictly, when_breaching, when_resolved;
    sim_time lookback, after;
};

/* A time window: so many of a unit. */
struct slo_window {
    int64_t count;
    char unit; /* m h d w M Q Y */
    bool rolling;
    int64_t start;    /* calendar: civil seconds since 1970 at which one begins */
    const char *zone; /* calendar */
};

struct slo {
    const char *name, *service;
    struct place at;
    enum slo_method method;
    enum slo_indicator indicator;
    const struct value *first, *total; /* queries; total NULL where there is none */
    bool foreign; /* written for Prometheus, which may mean more than we know */
    struct slo_window window;
    struct slo_objective *objectives; /* owned */
    size_t objective_count;
    struct slo_alert *alerts; /* owned */
    size_t alert_count, alert_capacity;
};

struct slo_list {
    struct slo *items; /* owned; everything in them is borrowed from the documents */
    size_t count, capacity;
};

/* Read all SLOs among documents that were checked, with what they refer to. An SLO on a source of metrics that
 * is not simulated is left out with a warning. Each fault is appended; false when there was one. */
bool slo_list_read(struct slo_list *list, struct value *const *documents, size_t count,
                   zone_reader *zones, struct error_list *faults, struct error_list *warnings);
void slo_list_close(struct slo_list *list);

/* The length of a rolling window; a month has 30 days there, a quarter 90, a year 365. */
sim_time slo_window_length(const struct slo_window *window);

/* The calendar window with a number (0 begins at `start`; earlier ones are negative), in Unix seconds. */
void slo_window_bounds(const struct slo_window *window, const struct zone *zone, int64_t number,
                       int64_t *from, int64_t *to);
/* The number of the window an instant lies in. */
int64_t slo_window_number(const struct slo_window *window, const struct zone *zone, int64_t at);

#endif
