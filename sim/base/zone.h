/* Time zones: what the clock on the wall says, from the system's tz database.
 *
 * Instants are Unix seconds; a civil time is the number of seconds that a Unix clock would show if
 * it stood at the same date and hour in UTC. Reads TZif (RFC 8536), its footer included, so that
 * rules hold for centuries to come. */
#ifndef SIM_BASE_ZONE_H
#define SIM_BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zone;

/* Who reads the tz database: the contents of the file of a zone, to be freed. False: there is no such
 * zone. The engine opens no files itself. */
typedef bool zone_reader(const char *name, unsigned char **data, size_t *size);

/* The zone of a name such as "Europe/Berlin"; "" and "UTC" are always known, and the only ones
 * without a reader. NULL: there is no such zone. Release with zone_free(). */
struct zone *zone_new(const char *name, zone_reader *reader);
void zone_free(struct zone *zone);

/* Seconds east of Greenwich at an instant, and the stretch [from, until) in which that holds;
 * `from` and `until` may be NULL. O(log changes). */
int32_t zone_offset(const struct zone *zone, int64_t at, int64_t *from, int64_t *until);

/* The civil time of an instant, and an instant of a civil time. A civil time that is skipped or
 * repeated gives the one that Go's time.Date() gives. */
int64_t zone_civil(const struct zone *zone, int64_t at);
int64_t zone_instant(const struct zone *zone, int64_t civil);

/* Does the offset change within [from, until)? And is there a change whose skipped or repeated hours
 * touch a midnight? O(log changes). */
bool zone_changes(const struct zone *zone, int64_t from, int64_t until);
bool zone_moves_midnight(const struct zone *zone, int64_t from, int64_t until);

#endif
