/* Values, integrals and their inverse, of constants, segments, cosines and sums of them.
 *
 * Instants are reduced to a phase as integers, before anything is a double; an integral within one
 * segment is computed from its own length, so that short ones keep their precision however late
 * they are. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/chance/signal_private.h"

#define PI 3.14159265358979323846

static bool is_amount(double amount)
{
    return isfinite(amount) && amount >= 0;
}

/* ---- making ---- */

struct signal *signal_new_constant(double value)
{
    assert(is_amount(value));
    struct signal *signal = mem_new(sizeof *signal);
    *signal = (struct signal){ .kind = SIGNAL_CONSTANT, .mean = value };
    return signal;
}

struct signal *signal_new_diurnal(double mean, double amplitude, sim_time peak, sim_time period)
{
    assert(is_amount(mean) && is_amount(amplitude) && amplitude <= mean && peak >= 0 && period > 0);
    struct signal *signal = signal_new_constant(mean);
    if (amplitude == 0)
        return signal;
    signal->kind = SIGNAL_COSINE;
    signal->amplitude = amplitude;
    signal->origin = peak % period;
    signal->period = period;
    return signal;
}

/* The length of a segment; of the last one of a pattern that does not repeat, the rest of time. */
static sim_time segment_length(const struct signal *signal, size_t index)
{
    const sim_time next = index + 1 < signal->count ? signal->segments[index + 1].start
                          : signal->period > 0      ? signal->period
                                                    : SIM_FOREVER;
    return next - signal->segments[index].start;
}

/* How far the integral has come a while after the start of a segment. */
static double segment_area(const struct signal *signal, size_t index, sim_time from, sim_time to)
{
    const struct segment *segment = &signal->segments[index];
    const double seconds = sim_time_to_seconds(to - from);
    if (segment->value == segment->end)
        return segment->value * seconds;
    const double middle = sim_time_to_seconds(from) + seconds / 2;
    const double length = sim_time_to_seconds(segment_length(signal, index));
    return (segment->value + (segment->end - segment->value) * (middle / length)) * seconds;
}

/* Segments with their start, value and end become a signal, which takes them. */
static struct signal *new_segments(struct segment *segments, size_t count, double before,
                                   sim_time origin, sim_time period)
{
    struct signal *signal = signal_new_constant(before);
    signal->kind = SIGNAL_SEGMENTS;
    signal->origin = origin;
    signal->period = period;
    signal->count = count;
    signal->segments = segments;
    segments[0].before = 0;
    for (size_t i = 0; i + 1 < count; i++)
        segments[i + 1].before =
            segments[i].before + segment_area(signal, i, 0, segment_length(signal, i));
    if (period > 0)
        signal->area = segments[count - 1].before +
                       segment_area(signal, count - 1, 0, segment_length(signal, count - 1));
    return signal;
}

/* The value at time 0 of a pattern whose first point comes later. */
static double value_at_start(enum signal_shape shape, const struct signal_point *points,
                             size_t count, sim_time every)
{
    const struct signal_point *first = &points[0], *last = &points[count - 1];
    if (every == 0 || first->at == 0)
        return first->value;
    if (shape == SIGNAL_STEPS)
        return last->value;
    const double way = (double)(every - last->at) / (double)(every - last->at + first->at);
    return last->value + (first->value - last->value) * way;
}

struct signal *signal_new_points(enum signal_shape shape, const struct signal_point *points,
                                 size_t count, sim_time every)
{
    assert(count > 0 && points[0].at >= 0 && (every == 0 || every > points[count - 1].at));
    struct segment *segments = mem_new((count + 1) * sizeof *segments);
    const double start = value_at_start(shape, points, count, every);
    size_t made = 0;
    if (points[0].at > 0)
        segments[made++] = (struct segment){ .start = 0, .value = start };
    for (size_t i = 0; i < count; i++) {
        assert(is_amount(points[i].value) && (i == 0 || points[i].at > points[i - 1].at));
        segments[made++] = (struct segment){ .start = points[i].at, .value = points[i].value };
    }
    for (size_t i = 0; i < made; i++) {
        const double next = i + 1 < made ? segments[i + 1].value
                            : every > 0  ? start
                                         : segments[i].value;
        segments[i].end = shape == SIGNAL_LINE ? next : segments[i].value;
    }
    return new_segments(segments, made, 0, 0, every);
}

struct signal *signal_new_spikes(double base, double height, sim_time at, sim_time lasts,
                                 sim_time every)
{
    assert(is_amount(base) && is_amount(height) && is_amount(base + height));
    assert(at >= 0 && lasts > 0 && (every == 0 || every > lasts));
    struct segment *segments = mem_new(2 * sizeof *segments);
    segments[0] = (struct segment){ .start = 0, .value = base + height, .end = base + height };
    segments[1] = (struct segment){ .start = lasts, .value = base, .end = base };
    return new_segments(segments, 2, base, at, every);
}

struct signal *signal_new_sum(struct signal *const *parts, size_t count)
{
    assert(count > 0);
    struct signal *signal = signal_new_constant(0);
    signal->kind = SIGNAL_SUM;
    signal->count = count;
    signal->parts = mem_new(count * sizeof(struct signal *));
    for (size_t i = 0; i < count; i++)
        signal->parts[i] = parts[i];
    return signal;
}

void signal_free(struct signal *signal)
{
    if (signal == NULL)
        return;
    for (size_t i = 0; signal->kind == SIGNAL_SUM && i < signal->count; i++)
        signal_free(signal->parts[i]);
    free(signal->parts);
    free(signal->segments);
    free(signal);
}

/* ---- segments ---- */

/* Where an instant stands: in which repetition, and in which segment how far. */
struct spot {
    int64_t repetition;
    size_t index;
    sim_time into;
};

static struct spot find_spot(const struct signal *signal, sim_time at)
{
    sim_time phase = at - signal->origin;
    struct spot spot = { 0, 0, 0 };
    assert(phase >= 0);
    if (signal->period > 0) {
        spot.repetition = phase / signal->period;
        phase %= signal->period;
    }
    size_t low = 0, high = signal->count; /* low starts no later, high later */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (signal->segments[middle].start <= phase)
            low = middle;
        else
            high = middle;
    }
    spot.index = low;
    spot.into = phase - signal->segments[low].start;
    return spot;
}

static double segments_value(const struct signal *signal, sim_time at)
{
    if (at < signal->origin)
        return signal->mean;
    const struct spot spot = find_spot(signal, at);
    const struct segment *segment = &signal->segments[spot.index];
    if (segment->value == segment->end)
        return segment->value;
    return segment->value + (segment->end - segment->value) *
                                ((double)spot.into / (double)segment_length(signal, spot.index));
}

static double segments_integral(const struct signal *signal, sim_time from, sim_time to)
{
    double sum = 0;
    if (from < signal->origin) {
        const sim_time until = to < signal->origin ? to : signal->origin;
        sum = signal->mean * sim_time_to_seconds(until - from);
        from = until;
    }
    if (from >= to)
        return sum;
    const struct spot a = find_spot(signal, from), b = find_spot(signal, to);
    if (a.repetition == b.repetition && a.index == b.index)
        return sum + segment_area(signal, a.index, a.into, b.into);
    const double passed =
        signal->segments[a.index].before + segment_area(signal, a.index, 0, a.into);
    const double reached =
        signal->segments[b.index].before + segment_area(signal, b.index, 0, b.into);
    return sum + (double)(b.repetition - a.repetition) * signal->area + (reached - passed);
}

static sim_time segments_next(const struct signal *signal, sim_time at)
{
    if (at < signal->origin)
        return signal->origin;
    const struct spot spot = find_spot(signal, at);
    if (spot.index + 1 == signal->count && signal->period == 0)
        return SIM_FOREVER;
    return sim_time_after(at, segment_length(signal, spot.index) - spot.into);
}

static bool segments_flat(const struct signal *signal, sim_time at)
{
    if (at < signal->origin)
        return true;
    const struct segment *segment = &signal->segments[find_spot(signal, at).index];
    return segment->value == segment->end;
}

/* ---- cosines ---- */

/* The angle since the last peak. */
static double cosine_angle(const struct signal *signal, sim_time at)
{
    sim_time phase = (at % signal->period) - signal->origin;
    if (phase < 0)
        phase += signal->period;
    return 2 * PI * ((double)phase / (double)signal->period);
}

static double cosine_value(const struct signal *signal, sim_time at)
{
    const double value = signal->mean + signal->amplitude * cos(cosine_angle(signal, at));
    return value > 0 ? value : 0;
}

/* sin b - sin a = 2 cos((a + b) / 2) sin((b - a) / 2), which keeps its digits when a is near b. */
static double cosine_integral(const struct signal *signal, sim_time from, sim_time to)
{
    const sim_time rest = (to - from) % signal->period;
    const double half = PI * ((double)rest / (double)signal->period);
    const double waves = signal->amplitude * sim_time_to_seconds(signal->period) / PI *
                         cos(cosine_angle(signal, from) + half) * sin(half);
    return signal->mean * sim_time_to_seconds(to - from) + waves;
}

/* ---- all of them ---- */

double signal_value(const struct signal *signal, sim_time at)
{
    double sum = 0;
    assert(at >= 0);
    switch (signal->kind) {
    case SIGNAL_COSINE:
        return cosine_value(signal, at);
    case SIGNAL_SEGMENTS:
        return segments_value(signal, at);
    case SIGNAL_SUM:
        for (size_t i = 0; i < signal->count; i++)
            sum += signal_value(signal->parts[i], at);
        return sum;
    default:
        return signal->mean;
    }
}

double signal_integral(const struct signal *signal, sim_time from, sim_time to)
{
    double sum = 0;
    assert(from >= 0 && from <= to);
    switch (signal->kind) {
    case SIGNAL_COSINE:
        return cosine_integral(signal, from, to);
    case SIGNAL_SEGMENTS:
        return segments_integral(signal, from, to);
    case SIGNAL_SUM:
        for (size_t i = 0; i < signal->count; i++)
            sum += signal_integral(signal->parts[i], from, to);
        return sum;
    default:
        return signal->mean * sim_time_to_seconds(to - from);
    }
}

sim_time signal_next_change(const struct signal *signal, sim_time at)
{
    sim_time first = SIM_FOREVER;
    if (signal->kind == SIGNAL_SEGMENTS)
        return segments_next(signal, at);
    for (size_t i = 0; signal->kind == SIGNAL_SUM && i < signal->count; i++) {
        const sim_time next = signal_next_change(signal->parts[i], at);
        first = next < first ? next : first;
    }
    return first;
}

bool signal_is_flat(const struct signal *signal, sim_time at)
{
    bool flat = true;
    if (signal->kind == SIGNAL_SEGMENTS)
        return segments_flat(signal, at);
    for (size_t i = 0; signal->kind == SIGNAL_SUM && i < signal->count; i++)
        flat = flat && signal_is_flat(signal->parts[i], at);
    return flat && signal->kind != SIGNAL_COSINE;
}

/* ---- the inverse of the integral ---- */

/* Two instants between which the integral passes `amount`: short of it at `low`, not at `high`. */
struct bracket {
    sim_time low, high;
    double at_low, at_high;
};

static void bracket_try(struct bracket *bracket, const struct signal *signal, sim_time from,
                        sim_time at, double amount)
{
    if (at <= bracket->low || at >= bracket->high)
        return;
    const double reached = signal_integral(signal, from, at);
    if (reached >= amount) {
        bracket->high = at;
        bracket->at_high = reached;
    } else {
        bracket->low = at;
        bracket->at_low = reached;
    }
}

/* Interpolate, look a little to the other side of where that led, and halve what is left: a few
 * rounds where the signal is smooth, at worst one per bit. */
static void bracket_close(struct bracket *bracket, const struct signal *signal, sim_time from,
                          double amount)
{
    while (bracket->high - bracket->low > 1) {
        const sim_time width = bracket->high - bracket->low, margin = width / 256 + 1;
        const double way =
            (amount - bracket->at_low) / (bracket->at_high - bracket->at_low) * (double)width;
        const sim_time guess = bracket->low + (way < (double)width ? (sim_time)way : width - 1);
        bracket_try(bracket, signal, from, guess, amount);
        bracket_try(bracket, signal, from,
                    bracket->low >= guess ? bracket->low + margin : bracket->high - margin, amount);
        if (bracket->high - bracket->low > width / 2)
            bracket_try(bracket, signal, from, bracket->low + (bracket->high - bracket->low) / 2,
                        amount);
    }
}

sim_time signal_reaches(const struct signal *signal, sim_time from, double amount)
{
    assert(from >= 0 && !isnan(amount));
    if (amount <= 0)
        return from;
    const double rate = signal_value(signal, from);
    const sim_time wait = rate > 0 ? sim_time_from_seconds(amount / rate) : SIM_FOREVER;
    struct bracket bracket = { .low = from, .at_low = 0 };
    sim_time step = SIM_SECOND;
    if (rate > 0 && wait < SIM_FOREVER / 2)
        step = wait + 2; /* exact where the signal is flat, a good start elsewhere */
    for (;;) {
        bracket.high = sim_time_after(from, step);
        if (bracket.high == SIM_FOREVER)
            bracket.high--;
        bracket.at_high = signal_integral(signal, from, bracket.high);
        if (bracket.at_high >= amount)
            break;
        if (bracket.high == SIM_FOREVER - 1)
            return SIM_FOREVER;
        bracket.low = bracket.high;
        bracket.at_low = bracket.at_high;
        step = sim_time_after(step, step);
    }
    bracket_close(&bracket, signal, from, amount);
    return bracket.high;
}
