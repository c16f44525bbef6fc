/* Each object has a list of its series. When it changes, every family of its kind tells its series
 * again, mostly in the same order, so that the next one of the list is the one that is told; what is
 * not told any more has ended. What is sampled is a list of series in the same way. */
#include "tools/export/recorder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/metric.h"
#include "sim/base/memory.h"
#include "tools/export/control_plane.h"

/* Of an object, or of what is sampled. */
struct tracked {
    struct table_node node; /* by what told_apart_by() says */
    struct object_key key;  /* held */
    struct uid uid;
    struct series **items; /* owned; the series are the set's */
    size_t count, capacity, next;
    uint64_t round;
};

/* Sums at the step before, for the share of a step. */
struct step_share {
    struct series *series;
    double observed, downtime;
};

struct kind_families {
    const struct family_table *table;
    size_t first; /* number of its first list in the set */
};

struct recorder {
    struct simulation *simulation;
    struct cluster *cluster;
    struct series_set set;
    struct kind_families kinds[KIND_COUNT];
    struct table objects;
    struct tracked **all; /* owned */
    size_t count, capacity;
    size_t pods_most, pods, pods_left_out;
    struct waits waits;
    struct tracked sampled;
    struct tracked shares; /* availability of each step */
    size_t share_list;
    struct {
        double observed, downtime;
    } * before; /* by the place in `shares` */
    size_t before_capacity;
    double observed; /* what was told last, of the row whose downtime comes next */
};

/* Who tells, and into what. */
struct collector {
    struct recorder *recorder;
    struct tracked *of;
    sim_time at;
    size_t list; /* of the family */
    const char *own[3];
    size_t own_count;
};

/* ---- telling ---- */

static uint64_t hash_labels(size_t list, const char *suffix, const char *const *values,
                            size_t count)
{
    uint64_t hash = (list + 1) * 0x9e3779b97f4a7c15u;
    hash ^= text_hash(suffix, strlen(suffix));
    for (size_t i = 0; i < count; i++) {
        const char *value = values[i] != NULL ? values[i] : "\x01";
        hash = (hash ^ hash >> 29) * 0xd6e8feb86659fd93u + text_hash(value, strlen(value));
    }
    return hash;
}

static struct series *find_series(struct tracked *of, uint64_t hash)
{
    for (size_t i = 0; i < of->count; i++) {
        const size_t place = of->next + i < of->count ? of->next + i : of->next + i - of->count;
        if (of->items[place]->hash == hash) {
            of->next = place + 1;
            return of->items[place];
        }
    }
    return NULL;
}

static struct series *series_of(struct recorder *recorder, struct tracked *of, size_t list,
                                const char *suffix, const char *const *values)
{
    const struct family *family = recorder->set.lists[list].family;
    size_t count = 0;
    while (count < FAMILY_LABELS && family->labels[count] != NULL)
        count++;
    const uint64_t hash = hash_labels(list, suffix, values, count);
    struct series *series = find_series(of, hash);
    if (series == NULL) {
        series = series_new(&recorder->set, list, suffix, values, hash);
        MEM_GROW(of->items, of->count, of->capacity);
        of->items[of->count++] = series;
        of->next = of->count;
    }
    series->seen = of->round;
    return series;
}

void tell_labelled(struct collector *to, double number, const char *const *values)
{
    const struct family *family = to->recorder->set.lists[to->list].family;
    const char *all[FAMILY_LABELS] = { to->own[0], to->own[1], to->own[2] };
    for (size_t i = to->own_count; i < FAMILY_LABELS && family->labels[i] != NULL; i++)
        all[i] = values[i - to->own_count];
    series_tell(series_of(to->recorder, to->of, to->list, "", all), to->at, number, false);
}

void tell(struct collector *to, double number)
{
    const char *all[FAMILY_LABELS] = { to->own[0], to->own[1], to->own[2] };
    series_tell(series_of(to->recorder, to->of, to->list, "", all), to->at, number, false);
}

double unix_seconds(const struct collector *to, sim_time at)
{
    const int64_t seconds = to->recorder->cluster->codec.epoch_seconds + at / SIM_SECOND;
    return (double)seconds;
}

void tell_time(struct collector *to, sim_time at)
{
    tell(to, unix_seconds(to, at));
}

static void tell_member(struct collector *to, const struct family *family, const void *record)
{
    const char *at = (const char *)record + family->at;
    switch (family->from) {
    case FROM_INT32:
        tell(to, *(const int32_t *)at);
        break;
    case FROM_INT64:
        tell(to, (double)*(const int64_t *)at);
        break;
    case FROM_BOOL:
        tell(to, *(const bool *)at);
        break;
    case FROM_TIME:
        tell_time(to, *(const sim_time *)at);
        break;
    case FROM_FUNCTION:
    case FROM_NOWHERE:
        break;
    }
}

/* ---- objects ---- */

static uint64_t told_apart_by(const struct object *object, bool by_uid)
{
    const uint64_t key = object_key_hash(object_key(object));
    return by_uid ? key ^ meta_of(object)->uid.low : key;
}

static bool is_of(const struct tracked *tracked, const struct object *object, bool by_uid)
{
    return object_key_equal(tracked->key, object_key(object)) &&
           (!by_uid || uid_equal(tracked->uid, meta_of(object)->uid));
}

/* A pod that is one too many, now or when it appeared: it is not tracked. */
static bool is_left_out(struct recorder *recorder, const struct watch_event *event)
{
    if (event->object->kind != KIND_POD)
        return false;
    if (event->type == WATCH_ADDED && recorder->pods < recorder->pods_most) {
        recorder->pods++;
        return false;
    }
    recorder->pods_left_out += event->type == WATCH_ADDED;
    return true;
}

/* NULL: it is left out. */
static struct tracked *tracked_of(struct recorder *recorder, const struct watch_event *event,
                                  bool by_uid)
{
    const struct object *object = event->object;
    const uint64_t hash = told_apart_by(object, by_uid);
    struct table_node *node = table_first(&recorder->objects, hash);
    for (; node != NULL; node = table_again(node))
        if (is_of((struct tracked *)node, object, by_uid))
            return (struct tracked *)node;
    if (is_left_out(recorder, event))
        return NULL;
    struct tracked *tracked = mem_new(sizeof *tracked);
    tracked->key = object_key_hold(object_key(object));
    tracked->uid = meta_of(object)->uid;
    table_add(&recorder->objects, &tracked->node, hash);
    MEM_GROW(recorder->all, recorder->count, recorder->capacity);
    recorder->all[recorder->count++] = tracked;
    return tracked;
}

static void tracked_begin(struct tracked *tracked)
{
    tracked->round++;
    tracked->next = 0;
}

static void tracked_end(struct tracked *tracked, sim_time at)
{
    for (size_t i = 0; i < tracked->count; i++)
        if (tracked->items[i]->seen != tracked->round)
            series_end(tracked->items[i], at);
}

static void collect(struct recorder *recorder, struct tracked *tracked,
                    const struct watch_event *event)
{
    const struct kind_families *kind = &recorder->kinds[event->object->kind];
    char uid[UID_TEXT];
    struct collector to = { .recorder = recorder, .of = tracked, .at = event->at };
    if (kind_infos[event->object->kind].namespaced)
        to.own[to.own_count++] = namespace_of(event->object);
    to.own[to.own_count++] = name_of(event->object);
    if (kind->table->named_by_uid)
        to.own[to.own_count++] = uid_print(tracked->uid, uid);
    const struct family *families = kind->table->families;
    for (size_t i = 0; families[i].name != NULL; i++) {
        to.list = kind->first + i;
        if (families[i].collect != NULL)
            families[i].collect(&to, event->object);
        else
            tell_member(&to, &families[i], event->object);
    }
}

static void notice(void *self, const struct watch_event *event)
{
    struct recorder *recorder = self;
    const struct kind_families *kind = &recorder->kinds[event->object->kind];
    if (event->object->kind == KIND_POD)
        waits_note(&recorder->waits, event);
    struct tracked *tracked = tracked_of(recorder, event, kind->table->named_by_uid);
    if (tracked == NULL)
        return;
    tracked_begin(tracked);
    if (event->type != WATCH_DELETED)
        collect(recorder, tracked, event);
    tracked_end(tracked, event->at);
}

static uint64_t plan_kinds(struct recorder *recorder)
{
    uint64_t kinds = 0;
    size_t list = 0;
    for (const struct family_table *table = family_tables; table->families != NULL; table++) {
        if (table->kind != KIND_COUNT) {
            recorder->kinds[table->kind] = (struct kind_families){ table, list };
            kinds |= UINT64_C(1) << table->kind;
        }
        for (const struct family *family = table->families; family->name != NULL; family++)
            list++;
    }
    return kinds;
}

struct recorder *recorder_new(struct simulation *simulation, size_t pods)
{
    struct recorder *recorder = mem_new(sizeof *recorder);
    recorder->simulation = simulation;
    recorder->cluster = simulation_cluster(simulation);
    recorder->pods_most = pods;
    series_set_init(&recorder->set);
    series_set_find(&recorder->set, "seatrial_availability_ratio", &recorder->share_list);
    table_init(&recorder->objects);
    store_watch_kinds(recorder->cluster->store,
                      (struct watcher){ .self = recorder, .deliver = notice },
                      plan_kinds(recorder));
    return recorder;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    store_unwatch(recorder->cluster->store, recorder);
    for (size_t i = 0; i < recorder->count; i++) {
        object_key_drop(recorder->all[i]->key);
        free(recorder->all[i]->items);
        free(recorder->all[i]);
    }
    free(recorder->all);
    free(recorder->sampled.items);
    free(recorder->shares.items);
    free(recorder->before);
    table_close(&recorder->objects);
    series_set_close(&recorder->set);
    free(recorder);
}

/* ---- samples ---- */

/* The share of the step in which it was up: sums may begin anew after the warm-up. */
static void take_share(struct recorder *recorder, const char *const *row, double downtime)
{
    struct series *series = series_of(recorder, &recorder->shares, recorder->share_list, "", row);
    const size_t place = recorder->shares.next - 1;
    if (place >= recorder->before_capacity) {
        recorder->before_capacity = (place + 1) * 2;
        recorder->before =
            mem_resize(recorder->before, recorder->before_capacity * sizeof *recorder->before);
    }
    if (series->count == 0 || recorder->before[place].observed > recorder->observed)
        recorder->before[place].observed = recorder->before[place].downtime = 0;
    const double observed = recorder->observed - recorder->before[place].observed;
    if (observed > 0)
        series_tell(series, run_now(recorder->cluster->run),
                    1 - (downtime - recorder->before[place].downtime) / observed, true);
    recorder->before[place].observed = recorder->observed;
    recorder->before[place].downtime = downtime;
}

/* What is sampled comes in the same order each time. */
static bool find_family(const struct recorder *recorder, const char *family, size_t *list)
{
    const struct tracked *sampled = &recorder->sampled;
    if (sampled->next < sampled->count) {
        *list = sampled->items[sampled->next]->list;
        if (strcmp(recorder->set.lists[*list].family->name, family) == 0)
            return true;
    }
    return series_set_find(&recorder->set, family, list);
}

static void take(void *context, const char *family, const char *const *labels, double number)
{
    struct recorder *recorder = context;
    size_t list;
    if (!find_family(recorder, family, &list))
        return; /* it is no time series */
    const bool has_suffix = recorder->set.lists[list].family->type == HISTOGRAM;
    const char *values[FAMILY_LABELS] = { NULL };
    const char *const *rest = has_suffix && labels[0] != NULL ? labels + 1 : labels;
    for (size_t i = 0; i < FAMILY_LABELS && rest[i] != NULL; i++)
        values[i] = rest[i];
    series_tell(series_of(recorder, &recorder->sampled, list, has_suffix ? labels[0] : "", values),
                run_now(recorder->cluster->run), number, false);
    if (strcmp(family, "seatrial_observed_seconds_total") == 0)
        recorder->observed = number;
    else if (strcmp(family, "seatrial_downtime_seconds_total") == 0)
        take_share(recorder, values, number);
}

void recorder_step(struct recorder *recorder)
{
    const struct sampler to = { take, recorder };
    tracked_begin(&recorder->sampled);
    tracked_begin(&recorder->shares);
    control_plane_sample(recorder->cluster, &recorder->waits, &to);
    simulation_sample(recorder->simulation, &to);
    take(recorder, "seatrial_export_pods_left_out_total", (const char *const[]){ NULL },
         (double)recorder->pods_left_out);
    tracked_end(&recorder->sampled, run_now(recorder->cluster->run));
    tracked_end(&recorder->shares, run_now(recorder->cluster->run));
}

/* ---- curves ---- */

static void curve_series(struct recorder *recorder, const struct value *row)
{
    const struct value *curve = value_get(row, "curve");
    const char *values[FAMILY_LABELS] = { value_text(value_get(row, "kind"), ""),
                                          value_text(value_get(row, "namespace"), ""),
                                          value_text(value_get(row, "name"), "") };
    size_t wanted, ready;
    series_set_find(&recorder->set, "seatrial_replicas_wanted", &wanted);
    series_set_find(&recorder->set, "seatrial_replicas_ready", &ready);
    struct tracked *of = &recorder->sampled;
    struct series *of_wanted = series_of(recorder, of, wanted, "", values);
    struct series *of_ready = series_of(recorder, of, ready, "", values);
    for (size_t i = 0; curve != NULL && i < curve->count; i++) {
        const struct value *step = value_at(curve, i);
        const sim_time at = sim_time_from_seconds(value_double(value_at(step, 0), 0));
        if (of_ready->count > 0 && at < of_ready->points[of_ready->count - 1].at)
            continue; /* two rows of one name */
        series_tell(of_wanted, at, value_double(value_at(step, 1), 0), false);
        series_tell(of_ready, at, value_double(value_at(step, 2), 0), false);
    }
}

void recorder_finish(struct recorder *recorder, const struct value *summary)
{
    static const char *const lists[] = { "workloads", "services" };
    tracked_begin(&recorder->sampled);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct value *rows = value_get(summary, lists[i]);
        for (size_t row = 0; rows != NULL && row < rows->count; row++)
            curve_series(recorder, value_at(rows, row));
    }
}

const struct series_set *recorder_series(const struct recorder *recorder)
{
    return &recorder->set;
}

size_t recorder_pods_left_out(const struct recorder *recorder)
{
    return recorder->pods_left_out;
}

sim_time recorder_now(const struct recorder *recorder)
{
    return run_now(recorder->cluster->run);
}

int64_t recorder_epoch(const struct recorder *recorder)
{
    return recorder->cluster->codec.epoch_seconds;
}
