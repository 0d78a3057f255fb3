/* SPDX-License-Identifier: Apache-2.0 */
/* What the process inherits. LD_* has had its effect before main; that is the
 * loader's business (and it ignores them where privileges were gained). */
#include "process.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of libcrypto that we never want, and what the provider would take as
 * module, PIN and login from the environment: here these are options. */
static const char *const unwanted[] = {
    "OPENSSL_CONF",       "OPENSSL_CONF_INCLUDE", "OPENSSL_MODULES",
    "OPENSSL_ENGINES",    "PKCS11_MODULE_PATH",   "PKCS11_PIN",
    "PKCS11_FORCE_LOGIN", "P11_KIT_STRICT",
};

/* A closed descriptor would be the number of the next file opened, a store's
 * database for one. In its place: nothing to read; and to write, an error. */
static bool open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            return false;
    return true;
}

bool tool_process_start(void)
{
    if (!open_standard())
        return false;
    (void)umask(077);
    /* a pipe without reader and a file at its limit are errors of writing */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
        (void)unsetenv(unwanted[i]);
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

void tool_process_only_prints(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
}
