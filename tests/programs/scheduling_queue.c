/* scheduling_queue [-v] FILE...: recorded sequences of the real scheduling queue against ours. */
#include "tests/support/case_program.h"
#include "tests/support/queue_sequence.h"

int main(int argc, char **argv)
{
    return case_program(argc, argv, queue_sequence_run);
}
