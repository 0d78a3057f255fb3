/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb lends to the engine: a library context that reaches keys in
 * tokens, someone to ask for PINs, the names of machine and user. */
#ifndef PRIVYSEAL_TOOL_ENV_H
#define PRIVYSEAL_TOOL_ENV_H

#include "issuer/issuer.h"
#include "pin.h"

enum {
    TOOL_HOST_SIZE = 256,
    TOOL_USER_SIZE = 64,
    TOOL_PATH_SIZE = 4096,
    TOOL_GROUPS_MAX = 256, /* more of a user's groups are not seen */
    TOOL_GROUP_NAMES = 8192
};

struct tool_env { /* stays where it is while open */
    struct iss_env iss;
    struct tool_pin pin;
    OSSL_LIB_CTX *libctx;
    UI_METHOD *ui;
    char host[TOOL_HOST_SIZE], user[TOOL_USER_SIZE];
    const char *groups[TOOL_GROUPS_MAX];
    char group_names[TOOL_GROUP_NAMES]; /* that groups points into */
};

/* Names of machine, real user and the user's groups, the default context, no
 * token: enough to look. The user is that of getuid(), whatever the environment
 * or sudo says; the groups those that the system's databases give that user. */
void tool_env_plain(struct tool_env *env);

/* The same, and a context of its own with default and our provider; no module
 * is loaded before a key is used. The provider's file is the first there is of
 * ../provider/privyseal.so seen from the program (a build folder), privyseal.so
 * in the modules folder below the program's prefix, and in OpenSSL's. module:
 * NULL: those registered with p11-kit. pin_source: "" asks on the terminal.
 * Both borrowed. */
ISS_CHECKED enum iss_status tool_env_open(struct tool_env *env,
                                          const char *module,
                                          const char *pin_source,
                                          struct iss_error *error);
void tool_env_close(struct tool_env *env);

/* Where the provider's file is looked for and found, as above. */
void tool_env_provider(char path[static TOOL_PATH_SIZE]);

/* Turns what the engine said of a token into what the person should read: why
 * the PIN source gave nothing, or which variable of the module is wrong. */
enum iss_status tool_env_explain(const struct tool_pin *pin,
                                 enum iss_status status,
                                 struct iss_error *error);

#endif
