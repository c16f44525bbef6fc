/* schedule_case [-v] FILE...: recorded decisions of the real kube-scheduler against ours. */
#include "tests/support/case_program.h"

int main(int argc, char **argv)
{
    return case_program(argc, argv, scheduler_case_run);
}
