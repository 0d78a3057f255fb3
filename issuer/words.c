/* SPDX-License-Identifier: Apache-2.0 */
/* A hash as words that two people can compare over a telephone. */
#include "issuer.h"

#include <string.h>

static const char *const words[256][2] = {
#define WORD(even, odd) {even, odd},
#include "words.def"
#undef WORD
};

void iss_words(const uint8_t hash[static 8], char out[static ISS_WORDS_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < 8; i++) {
        const char *word = words[hash[i]][i % 2];
        size_t len = strlen(word);

        if (i > 0)
            out[used++] = ' ';
        memcpy(out + used, word, len);
        used += len;
    }
    out[used] = '\0';
}
