/* Data of other projects, which tests read beside the repository and never copy into it. */
#ifndef TESTS_SUPPORT_SHARED_H
#define TESTS_SUPPORT_SHARED_H

/* The path of something in $SEATRIAL_SHARED, or in ../shared where that is not set. The caller
 * frees; whether it is there is another question. */
char *shared_path(const char *below);

#endif
