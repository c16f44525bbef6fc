/* Documents of Chaos Mesh beside a small scenario: what is taken is played for a few minutes. */
#include "tests/fuzz/play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play_text(PLAY_SCENARIO "---\n", data, size, NULL);
    return 0;
}
