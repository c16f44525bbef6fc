/* Which mistake the planted program makes: $SEATRIAL_PLANT, a number of models/api/planted.h. */
#include <stdlib.h>

#define SEATRIAL_PLANTED
#include "models/api/planted.h"

enum planted planted_mistake(void)
{
    static int chosen = -1;
    if (chosen < 0) {
        const char *text = getenv("SEATRIAL_PLANT");
        chosen = text != NULL ? atoi(text) : PLANTED_NOTHING;
    }
    return (enum planted)chosen;
}
