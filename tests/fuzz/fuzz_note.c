/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of checkpoints and receipts: what is read back prints the same. */
#include <stdint.h>
#include <string.h>

#include "issuer/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_sig(struct iss_note *note)
{
    static char line[ISS_SIG_LINE_SIZE];
    static struct iss_sig sig;
    const size_t at = note->at;

    if (!iss_note_sig(note, &sig))
        return;
    if (sig.before != at ||
        iss_note_sig_print(sig.who, &sig.key, sig.value, sig.len, line, NULL) !=
            ISS_OK ||
        note->at - at != strlen(line) ||
        memcmp(line, note->text + at, strlen(line)) != 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iss_note note = {.text = (const char *)data, .len = size};
    uint8_t head[32];
    uint64_t number = 0;
    int64_t seconds = 0;
    size_t before = 0;

    do {
        const char *value = NULL;
        size_t len = 0;

        before = note.at;
        (void)(iss_note_line(&note, "privyseal-checkpoint 1") ||
               iss_note_line(&note, "privyseal-receipt 1") ||
               iss_note_value(&note, "store", &value, &len) ||
               iss_note_number(&note, "size", &number) ||
               iss_note_hex(&note, "head", head, sizeof(head)) ||
               iss_note_hex(&note, "document", head, sizeof(head)) ||
               iss_note_time(&note, "time", &seconds));
        if (note.at == before)
            take_sig(&note);
        if (note.at < before || note.at > size)
            __builtin_trap();
    } while (note.at != before);
    (void)iss_note_line(&note, "end");
    return 0;
}
