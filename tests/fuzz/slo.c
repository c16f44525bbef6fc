/* Documents of OpenSLO beside a small scenario: what is taken is measured for a few minutes. */
#include "tests/fuzz/play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play_text(PLAY_SCENARIO "---\n", data, size, NULL);
    return 0;
}
