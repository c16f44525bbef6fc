/* The system's tz database, read for the models. */
#ifndef TOOLS_TZ_DATABASE_H
#define TOOLS_TZ_DATABASE_H

#include "sim/base/zone.h"

/* Looks in $ZONEINFO, then in /usr/share/zoneinfo. A zone_reader. */
bool tz_database_read(const char *name, unsigned char **data, size_t *size);

#endif
