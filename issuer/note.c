/* SPDX-License-Identifier: Apache-2.0 */
/* Signed texts of our own: see note.h. */
#include "note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "xrml_base64.h"

/* The next line without its end; false: none, too long, or not ASCII. */
static bool next_line(struct iss_note *note, const char **line, size_t *len)
{
    const char *start = note->text + note->at;
    const char *end = memchr(start, '\n', note->len - note->at);

    if (end == NULL || end - start >= ISS_NOTE_LINE_MAX)
        return false;
    *line = start;
    *len = (size_t)(end - start);
    for (size_t i = 0; i < *len; i++)
        if (start[i] < ' ' || start[i] > '~')
            return false;
    note->at += *len + 1;
    return true;
}

bool iss_note_value(struct iss_note *note, const char *name, const char **value,
                    size_t *len)
{
    size_t name_len = strlen(name);
    size_t at = note->at;
    const char *line = NULL;

    if (next_line(note, &line, len) && *len > name_len + 1 &&
        memcmp(line, name, name_len) == 0 && line[name_len] == ' ') {
        *value = line + name_len + 1;
        *len -= name_len + 1;
        return true;
    }
    note->at = at;
    return false;
}

bool iss_note_line(struct iss_note *note, const char *wanted)
{
    size_t at = note->at;
    const char *line = NULL;
    size_t len = 0;

    if (next_line(note, &line, &len) && len == strlen(wanted) &&
        memcmp(line, wanted, len) == 0)
        return true;
    note->at = at;
    return false;
}

bool iss_note_hex(struct iss_note *note, const char *name, uint8_t *out,
                  size_t len)
{
    size_t at = note->at;
    const char *value = NULL;
    size_t value_len = 0;

    if (iss_note_value(note, name, &value, &value_len) &&
        iss_hex_parse(value, value_len, out, len))
        return true;
    note->at = at;
    return false;
}

bool iss_note_time(struct iss_note *note, const char *name, int64_t *seconds)
{
    size_t at = note->at;
    const char *value = NULL;
    size_t len = 0;

    if (iss_note_value(note, name, &value, &len) &&
        iss_clock_parse(value, len, seconds))
        return true;
    note->at = at;
    return false;
}

/* Decimal without leading zeros. */
static bool read_number(const char *text, size_t len, uint64_t *number)
{
    enum { DIGITS_MAX = 18 };

    if (len > DIGITS_MAX || (len > 1 && text[0] == '0'))
        return false;
    *number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return len > 0;
}

bool iss_note_number(struct iss_note *note, const char *name, uint64_t *number)
{
    size_t at = note->at;
    const char *value = NULL;
    size_t len = 0;

    if (iss_note_value(note, name, &value, &len) &&
        read_number(value, len, number))
        return true;
    note->at = at;
    return false;
}

bool iss_note_sig(struct iss_note *note, struct iss_sig *sig)
{
    uint8_t spki[ISS_SPKI_MAX];
    const char *value = NULL;
    size_t len = 0;

    memset(sig, 0, sizeof(*sig));
    sig->before = note->at;
    if (!iss_note_value(note, "sig", &value, &len))
        return false;
    const char *first = memchr(value, ' ', len);
    if (first == NULL || (size_t)(first - value) >= sizeof(sig->who))
        return false;
    memcpy(sig->who, value, (size_t)(first - value));
    len -= (size_t)(first - value) + 1;
    const char *key = first + 1;
    const char *second = memchr(key, ' ', len);
    if (second == NULL)
        return false;
    size_t key_len = (size_t)(second - key);
    size_t spki_len = xrml_base64_decode(key, key_len, spki, sizeof(spki));
    sig->len = xrml_base64_decode(second + 1, len - key_len - 1, sig->value,
                                  sizeof(sig->value));
    return spki_len != SIZE_MAX && sig->len != SIZE_MAX && sig->len > 0 &&
           iss_key_from_spki(spki, spki_len, &sig->key);
}

bool iss_note_sig_good(OSSL_LIB_CTX *libctx, const char *text,
                       const struct iss_sig *sig)
{
    return iss_key_verify(libctx, &sig->key, (const uint8_t *)text, sig->before,
                          sig->value, sig->len);
}

enum iss_status iss_note_sig_print(const char *who,
                                   const struct enroll_key *key,
                                   const uint8_t *value, size_t len,
                                   char line[static ISS_SIG_LINE_SIZE],
                                   struct iss_error *error)
{
    char key_text[XRML_BASE64_SIZE(ISS_SPKI_MAX)];
    char value_text[XRML_BASE64_SIZE(XRML_MODULUS_MAX)];
    const struct xrml_key view = iss_key_view(key);
    uint8_t *spki = NULL;
    size_t spki_len = 0;
    enum iss_status status = xrml_key_spki(&view, &spki, &spki_len, error);

    if (status != ISS_OK)
        return status;
    if (spki_len > ISS_SPKI_MAX || len > XRML_MODULUS_MAX) {
        status = iss_fail(error, ISS_INTERNAL, "signature: too large");
        goto out;
    }
    (void)xrml_base64_encode(spki, spki_len, key_text);
    (void)xrml_base64_encode(value, len, value_text);
    int n = snprintf(line, ISS_SIG_LINE_SIZE, "sig %s %s %s\n", who, key_text,
                     value_text);
    if (n < 0 || n >= ISS_SIG_LINE_SIZE)
        status = iss_fail(error, ISS_INTERNAL, "signature: too large");
out:
    free(spki);
    return status;
}
