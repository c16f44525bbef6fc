/* SHA-256 (FIPS 180-4), for names that are made of it. Nothing here is secret. */
#ifndef SIM_BASE_SHA256_H
#define SIM_BASE_SHA256_H

#include <stddef.h>

enum { SHA256_TEXT = 65 };

/* The digest of some bytes as 64 hexadecimal digits; returns `text`. */
char *sha256_print(const char *bytes, size_t length, char text[SHA256_TEXT]);

#endif
