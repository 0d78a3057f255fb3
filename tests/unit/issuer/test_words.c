/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/issuer.h"

#include "unit.h"

/* The example of the list's public description: the fingerprint of Philip
 * Zimmermann's key, E582 94F2 E9A2 2748 6E8B ... */
static void the_published_fingerprint_reads_as_published(void)
{
    uint8_t hash[8];
    char words[ISS_WORDS_SIZE];

    (void)unit_hex("e58294f2e9a22748", hash, sizeof(hash));
    iss_words(hash, words);
    CU_ASSERT_STRING_EQUAL(words, "topmost Istanbul Pluto vagabond treadmill "
                                  "Pacific brackish dictator");
    (void)unit_hex("6e8b061b31cc528f", hash, sizeof(hash));
    iss_words(hash, words);
    CU_ASSERT_STRING_EQUAL(words, "goldfish Medusa afflict bravado chatter "
                                  "revolver Dupont midsummer");
    (void)unit_hex("d7fa3f1900ff00ff", hash, sizeof(hash));
    iss_words(hash, words);
    CU_ASSERT_STRING_EQUAL(words, "stopwatch whimsical cowbell bottomless "
                                  "aardvark Yucatan aardvark Yucatan");
}

UNIT_MAIN("words", UNIT(the_published_fingerprint_reads_as_published))
