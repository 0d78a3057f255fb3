/* SPDX-License-Identifier: Apache-2.0 */
/* Text from elsewhere must neither steer a terminal nor reorder a line. */
#include "tools/text.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void writes(const char *given, size_t len, const char *expected,
                   size_t columns)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    CU_ASSERT_EQUAL(tool_text_write(file, given, len), columns);
    CU_ASSERT_EQUAL(tool_text_columns(given, len), columns);
    (void)fclose(file);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void plain_text_is_kept(void)
{
    writes("RMS01 \xc3\xa5\xc3\xa4\xc3\xb6 \xe2\x82\xac", 16,
           "RMS01 \xc3\xa5\xc3\xa4\xc3\xb6 \xe2\x82\xac", 11);
    writes("", 0, "", 0);
}

static void escape_sequences_and_line_ends_are_defused(void)
{
    writes("\x1b]0;x\x07", 6, "?]0;x?", 6);
    writes("a\nb\rc\td\x7f", 8, "a?b?c?d?", 8);
    writes("a\0b", 3, "a?b", 3);
    writes("\xc2\x9b"
           "31m",
           5, "?31m", 4); /* CSI as C1 */
}

static void bidirectional_controls_and_separators_are_defused(void)
{
    writes("a\xe2\x80\xae"
           "b",
           5, "a?b", 3); /* right-to-left override */
    writes("a\xe2\x81\xa6"
           "b",
           5, "a?b", 3); /* isolate */
    writes("a\xe2\x80\xa8"
           "b",
           5, "a?b", 3); /* line separator */
    writes("\xef\xbb\xbf"
           "b",
           4, "?b", 2); /* byte order mark */
}

static void what_is_not_utf8_becomes_question_marks(void)
{
    writes("\xff\xfe", 2, "??", 2);
    writes("\xc3", 1, "?", 1);                /* cut short */
    writes("\xc0\x80", 2, "??", 2);           /* overlong */
    writes("\xed\xa0\x80", 3, "???", 3);      /* surrogate */
    writes("\xf4\x90\x80\x80", 4, "????", 4); /* beyond Unicode */
}

/* Expected values: what sh -c "printf %s WORD" prints. */
static void shell_words_are_read_as_they_were_meant(void)
{
    static const char *const texts[] = {"plan.pl.xml",
                                        "the plan",
                                        "bo's laptop",
                                        "'",
                                        "a\"b$HOME`id`\\",
                                        "~root",
                                        "/tmp/a@b.c",
                                        "*",
                                        "-x",
                                        "#no",
                                        "two\nlines",
                                        "",
                                        "\xc3\xb6",
                                        "a;b&c|d>e"};
    char word[TOOL_WORD_SIZE], command[2 * TOOL_WORD_SIZE], got[64];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tool_shell_word(texts[i], word);
        (void)snprintf(command, sizeof(command), "printf %%s %s", word);
        FILE *shell = popen(command, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(shell);
        size_t len = fread(got, 1, sizeof(got) - 1, shell);
        got[len] = '\0';
        CU_ASSERT_EQUAL(pclose(shell), 0);
        CU_ASSERT_STRING_EQUAL(got, texts[i]);
    }
    tool_shell_word("plan.pl.xml", word);
    CU_ASSERT_STRING_EQUAL(word, "plan.pl.xml");
    tool_shell_word("\xc3\xb6", word);
    CU_ASSERT_STRING_EQUAL(word, "\xc3\xb6");
    /* one that is too long is cut, and still a word */
    static char quotes[TOOL_WORD_SIZE];
    memset(quotes, '\'', sizeof(quotes) - 1);
    tool_shell_word(quotes, word);
    CU_ASSERT_TRUE(strlen(word) < TOOL_WORD_SIZE);
    CU_ASSERT_EQUAL(word[strlen(word) - 1], '\'');
}

UNIT_MAIN("text", UNIT(plain_text_is_kept),
          UNIT(escape_sequences_and_line_ends_are_defused),
          UNIT(bidirectional_controls_and_separators_are_defused),
          UNIT(what_is_not_utf8_becomes_question_marks),
          UNIT(shell_words_are_read_as_they_were_meant))
