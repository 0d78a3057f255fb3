/* SPDX-License-Identifier: Apache-2.0 */
/* PIN sources, and the fingerprint of refused PINs. */
#include "pin.h"

#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void p11_pin_wipe(struct p11_pin *pin)
{
    explicit_bzero(pin, sizeof(*pin));
}

CK_RV p11_pin_take(const char *text, struct p11_pin *pin, struct p11_diag *diag)
{
    const size_t len = strlen(text);

    if (len > sizeof(pin->pin))
        return p11_diag_set(diag, P11R_PIN_SOURCE,
                            "a PIN has at most %d octets", P11_PIN_MAX);
    memcpy(pin->pin, text, len);
    pin->len = len;
    return CKR_OK;
}

/* Fills buffer to the file's end; -1 where it fails or holds more. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t len = 0;

    while (len < size) {
        const ssize_t got = read(fd, buffer + len, size - len);

        if (got == 0)
            return (ssize_t)len;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            len += (size_t)got;
    }
    return -1;
}

/* shown: what messages may say of the path, which where people erred is the PIN
 * itself. */
static CK_RV read_file(const char *path, const char *shown, struct p11_pin *pin,
                       struct p11_diag *diag)
{
    char pin_text[P11_PIN_MAX + 2]; /* a newline, and one octet too many */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    CK_RV rv = CKR_OK;
    char why[128];
    ssize_t len;

    if (fd < 0)
        return p11_diag_set(diag, P11R_PIN_SOURCE, "PIN source %s: %s", shown,
                            strerror_r(errno, why, sizeof(why)));
    len = read_all(fd, pin_text, sizeof(pin_text));
    (void)close(fd);
    if (len > 0 && pin_text[len - 1] == '\n')
        len--;
    if (len > 0 && (size_t)len <= sizeof(pin->pin)) {
        memcpy(pin->pin, pin_text, (size_t)len);
        pin->len = (size_t)len;
    } else
        rv = p11_diag_set(diag, P11R_PIN_SOURCE, "PIN source %s: %s", shown,
                          len == 0 ? "empty" : "cannot be read, or too long");
    explicit_bzero(pin_text, sizeof(pin_text));
    return rv;
}

static CK_RV read_path(const char *path, const char *credentials,
                       struct p11_pin *pin, struct p11_diag *diag)
{
    (void)credentials;
    if (strncmp(path, "///", 3) == 0)
        path += 2; /* file:///path: an empty host */
    if (path[0] == '|')
        return p11_diag_set(diag, P11R_PIN_SOURCE,
                            "PIN source: commands are not run");
    return read_file(path, path[0] == '/' ? path : "that is no full path", pin,
                     diag);
}

/* systemd.exec(5): a file of that name in the folder. */
static CK_RV read_credential(const char *name, const char *folder,
                             struct p11_pin *pin, struct p11_diag *diag)
{
    char path[PATH_MAX];

    if (folder == NULL || folder[0] != '/')
        return p11_diag_set(diag, P11R_PIN_SOURCE,
                            "PIN source credential:%s: no folder of "
                            "credentials is known (CREDENTIALS_DIRECTORY)",
                            name);
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
        snprintf(path, sizeof(path), "%s/%s", folder, name) >= PATH_MAX)
        return p11_diag_set(diag, P11R_PIN_SOURCE,
                            "PIN source credential:%s: not a credential's name",
                            name);
    return read_file(path, path, pin, diag);
}

static CK_RV take_value(const char *text, const char *credentials,
                        struct p11_pin *pin, struct p11_diag *diag)
{
    (void)credentials;
    return p11_pin_take(text, pin, diag);
}

CK_RV p11_pin_read(const char *source, const char *credentials,
                   struct p11_pin *pin, struct p11_diag *diag)
{
    static const struct {
        const char *prefix;
        CK_RV (*read)
        (const char *rest, const char *credentials, struct p11_pin *pin,
         struct p11_diag *diag);
    } rows[] = {{"value:", take_value},
                {"credential:", read_credential},
                {"file:", read_path},
                {"", read_path}};
    size_t i = 0;

    while (strncmp(source, rows[i].prefix, strlen(rows[i].prefix)) != 0)
        i++;
    return rows[i].read(source + strlen(rows[i].prefix), credentials, pin,
                        diag);
}

CK_RV p11_pin_ask(const struct p11_pin_callback *callback,
                  const struct p11_pin_request *request, struct p11_pin *pin)
{
    ssize_t len;

    if (callback == NULL || callback->get == NULL)
        return P11R_PIN_MISSING;
    len = callback->get(callback->arg, request, pin->pin, sizeof(pin->pin));
    if (len <= 0)
        return P11R_PIN_MISSING;
    if ((size_t)len > sizeof(pin->pin))
        return P11R_PIN_SOURCE;
    pin->len = (size_t)len;
    return CKR_OK;
}

/* ---- fingerprint: SipHash-2-4 under a random key ------------------------ */

static uint64_t hash_key[2];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void draw_hash_key(void)
{
    /* Fails on kernels without the call only; the hash then lacks a key. */
    if (getrandom(hash_key, sizeof(hash_key), 0) < 0)
        hash_key[0] = (uint64_t)(uintptr_t)&hash_key;
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(uint64_t v[static 4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[static 4], uint64_t word)
{
    v[3] ^= word;
    mix(v);
    mix(v);
    v[0] ^= word;
}

uint64_t p11_pin_mark(const struct p11_pin *pin)
{
    uint64_t v[4], word = 0, mark;

    (void)pthread_once(&hash_key_once, draw_hash_key);
    v[0] = hash_key[0] ^ 0x736f6d6570736575;
    v[1] = hash_key[1] ^ 0x646f72616e646f6d;
    v[2] = hash_key[0] ^ 0x6c7967656e657261;
    v[3] = hash_key[1] ^ 0x7465646279746573;
    for (size_t i = 0; i < pin->len; i++) {
        word |= (uint64_t)(uint8_t)pin->pin[i] << (i % 8 * 8);
        if (i % 8 == 7) {
            absorb(v, word);
            word = 0;
        }
    }
    absorb(v, word | (uint64_t)pin->len << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        mix(v);
    mark = v[0] ^ v[1] ^ v[2] ^ v[3];
    explicit_bzero(v, sizeof(v));
    explicit_bzero(&word, sizeof(word));
    return mark != 0 ? mark : 1;
}
