/* The version of this program, in one place. */
#ifndef TOOLS_VERSION_H
#define TOOLS_VERSION_H

#define SEATRIAL_VERSION "0.1.0"

#endif
