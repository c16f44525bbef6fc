/* The file that a finding leaves behind, and the command that plays it again. */
#ifndef TOOLS_EXPLORE_FOUND_H
#define TOOLS_EXPLORE_FOUND_H

#include "tools/explore/exploration.h"

/* "seatrial explore FILE --replay '17 ...'", in quotes for a shell where it needs them; the caller
 * frees. */
char *found_command(const char *path, const struct variance *variance);

/* Write the shrunk scenario. False with the error. */
bool found_write(const struct shrunk *shrunk, const char *path, struct error *error);

/* Read it as who replays it will. Close the scenario in either case. */
bool found_read(const struct shrunk *shrunk, const struct scenario *original,
                struct scenario *scenario);

#endif
