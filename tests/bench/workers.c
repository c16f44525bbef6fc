/* What two workers are worth: a study played by one worker and by two, beside the yardstick alone and two
 * of them at once.
 *
 * A machine does not do twice as much with two processes as with one: they share caches, memory, clock
 * rate and whoever else is there. So the speed-up of a study stands beside what two independent
 * processes reach: the yardstick's holds of a priority queue (yardstick.h), alone (a), and twice at the same
 * time (b): 2 a / b. Each round measures all four one after the other, in an order that turns
 * around; the rounds' quotients are told one by one, and their median. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/yardstick.h"
#include "tests/support/bench_report.h"

enum { ROUNDS = 11 };

struct round {
    double yardstick[2]; /* wall seconds of one alone, and of two at once */
    double study[2];     /* with one worker, and with two */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double yardsticks(int count)
{
    const double began = now();
    for (int i = 0; i < count; i++) {
        if (fork() == 0) {
            yardstick_seconds();
            _exit(0);
        }
    }
    for (int i = 0; i < count; i++)
        wait(NULL);
    return now() - began;
}

/* From the document to the report, as people have it. A study that fails ends the bench. */
static double study(int workers)
{
    char *command = mem_format("rm -rf build/bench/study && build/seatrial experiment "
                               "tests/experiment/workers.yaml --out build/bench/study --workers %d "
                               "> /dev/null 2> build/bench/study.err",
                               workers);
    const double began = now();
    if (system(command) != 0) {
        fputs("build/bench/study.err tells why the study failed\n", stderr);
        exit(1);
    }
    free(command);
    return now() - began;
}

static struct round measure(int number)
{
    struct round round;
    for (int step = 0; step < 4; step++) {
        const int which = number % 2 == 0 ? step : 3 - step;
        if (which % 2 == 0)
            round.yardstick[which / 2] = yardsticks(which / 2 + 1);
        else
            round.study[which / 2] = study(which / 2 + 1);
    }
    return round;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(void)
{
    struct writer report = { 0 };
    struct round least = { { INFINITY, INFINITY }, { INFINITY, INFINITY } };
    double ratios[ROUNDS];
    bench_report_head(&report, "Two workers");
    writer_add(&report,
               "\nWall seconds of `tests/experiment/workers.yaml` from the document to its report, "
               "with one worker and with\ntwo, beside the yardstick (10^7 holds of a "
               "std::priority_queue) alone and twice at the same time.\nThe bar: at least 0.9 of "
               "the speed-up of two yardsticks.\n\n"
               "| round | yardstick | two at once | their speed-up | one worker | two workers | "
               "speed-up | of the yardsticks' |\n"
               "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < ROUNDS; i++) {
        const struct round round = measure(i);
        const double possible = 2 * round.yardstick[0] / round.yardstick[1];
        const double reached = round.study[0] / round.study[1];
        ratios[i] = reached / possible;
        for (int workers = 0; workers < 2; workers++) {
            least.study[workers] = fmin(least.study[workers], round.study[workers]);
            least.yardstick[workers] = fmin(least.yardstick[workers], round.yardstick[workers]);
        }
        writer_format(&report, "| %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", i + 1,
                      round.yardstick[0], round.yardstick[1], possible, round.study[0],
                      round.study[1], reached, ratios[i]);
    }
    qsort(ratios, ROUNDS, sizeof *ratios, by_size);
    writer_format(
        &report,
        "\nMedian: **%.2f** of the yardsticks' speed-up (%.2f to %.2f). Of the least time "
        "of each column: %.2f.\n",
        ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1],
        least.study[0] / least.study[1] / (2 * least.yardstick[0] / least.yardstick[1]));
    fputs(report.bytes, stdout);
    writer_close(&report);
    return ratios[ROUNDS / 2] < 0.9;
}
