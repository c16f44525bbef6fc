/* The progress bar, and what a run cost. */
#include "tools/progress.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/writer.h"

enum { BAR = 40, SHORT_BAR = 20 };

static double clock_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct progress progress_begin(void)
{
    double now = clock_seconds(CLOCK_MONOTONIC);
    return (struct progress){ .began = now, .drawn = now };
}

bool progress_is_due(const struct progress *progress)
{
    const double now = clock_seconds(CLOCK_MONOTONIC);
    return now - progress->drawn >= 0.1 && now - progress->began >= 0.5 && isatty(STDERR_FILENO);
}

/* "####......" of this width. */
static void draw_bar(char *bar, int width, double done)
{
    for (int i = 0; i < width; i++)
        bar[i] = i < done * width ? '#' : '.';
    bar[width] = '\0';
}

void progress_show(struct progress *progress, double done)
{
    if (!progress_is_due(progress))
        return;
    const double now = clock_seconds(CLOCK_MONOTONIC);
    char bar[BAR + 1];
    draw_bar(bar, BAR, done);
    double left = done > 0 ? (now - progress->began) * (1 - done) / done : 0;
    fprintf(stderr, "\r[%s] %3.0f %%, about %.0f s left ", bar, 100 * done, left);
    progress->drawn = now;
    progress->shown = true;
}

/* "3 s", "12 min" or "3 h 20 min". */
static void add_time(struct writer *line, double seconds)
{
    if (seconds < 120)
        writer_format(line, "%.0f s", seconds);
    else if (seconds < 7200)
        writer_format(line, "%.0f min", seconds / 60);
    else
        writer_format(line, "%.0f h %.0f min", floor(seconds / 3600), fmod(seconds / 60, 60));
}

static int terminal_columns(void)
{
    struct winsize size = { 0 };
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* As much of a UTF-8 text as fits; a code point counts as one column. */
static size_t fitting_length(const char *text, int columns)
{
    size_t length = 0;
    while (text[length] != '\0' && ((text[length] & 0xC0) == 0x80 || columns-- > 0))
        length++;
    return length;
}

void progress_show_pace(struct progress *progress, const struct pace *pace)
{
    if (!progress_is_due(progress))
        return;
    const double now = clock_seconds(CLOCK_MONOTONIC), took = now - progress->began;
    const double finished = (double)(pace->before + pace->now);
    const double rate = (double)pace->now / took;
    char bar[SHORT_BAR + 1];
    struct writer line = { 0 };
    if (pace->expected > 0) {
        draw_bar(bar, SHORT_BAR, finished / pace->expected);
        writer_format(&line, "[%s] %.0f of about %.0f %s", bar, finished,
                      fmax(finished, pace->expected), pace->unit);
    } else {
        writer_format(&line, "%.0f %s", finished, pace->unit);
    }
    writer_format(&line, rate < 10 ? ", %.2g/s" : ", %.0f/s", rate);
    if (pace->expected > finished && rate > 0) {
        writer_add(&line, ", about ");
        add_time(&line, (pace->expected - finished) / rate);
        writer_add(&line, " left");
    }
    if (*pace->so_far != '\0')
        writer_format(&line, "; %s", pace->so_far);
    fprintf(stderr, "\r%.*s\x1b[K", (int)fitting_length(line.bytes, terminal_columns() - 1),
            line.bytes);
    writer_close(&line);
    progress->drawn = now;
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\x1b[K", stderr);
    progress->shown = false;
}

double cpu_seconds(void)
{
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double wall_seconds(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}
