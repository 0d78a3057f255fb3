/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb lends to the engine. */
#include "env.h"

#include <errno.h>
#include <grp.h>
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/ui.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pinfile.h"
#include "provconf.h"
#include "say.h"

enum { PATH_SIZE = TOOL_PATH_SIZE };

/* ---- PINs ---------------------------------------------------------------- */

static int ui_ready(UI *ui)
{
    (void)ui;
    return 1;
}

static int ui_write(UI *ui, UI_STRING *string)
{
    (void)ui, (void)string;
    return 1;
}

/* The text of the prompt is the provider's: it names the token. */
static int ui_read(UI *ui, UI_STRING *string)
{
    struct tool_pin *source = UI_get0_user_data(ui);
    const char *prompt = UI_get0_output_string(string);
    char pin[TOOL_PIN_MAX + 2];
    ssize_t len;
    int done = 0;

    if (UI_get_string_type(string) != UIT_PROMPT)
        return 1;
    len = tool_pin_get(source, prompt != NULL ? prompt : "", pin,
                       sizeof(pin) - 1);
    if (len >= 0)
        done = UI_set_result_ex(ui, string, pin, (int)len) == 0;
    OPENSSL_cleanse(pin, sizeof(pin));
    return done;
}

static UI_METHOD *make_ui(void)
{
    UI_METHOD *method = UI_create_method("privyseal");

    if (method != NULL && UI_method_set_opener(method, ui_ready) == 0 &&
        UI_method_set_writer(method, ui_write) == 0 &&
        UI_method_set_reader(method, ui_read) == 0 &&
        UI_method_set_closer(method, ui_ready) == 0)
        return method;
    UI_destroy_method(method);
    return NULL;
}

/* ---- the library context ---------------------------------------------------
 */

/* Seen from the program's folder: in a build, and where it is installed. */
static const char *const beside[] = {
    "../provider/privyseal.so",
    "../" PRIVYSEAL_MODULES_BELOW "/privyseal.so",
};

static bool program_folder(char folder[static PATH_SIZE])
{
    ssize_t len = readlink("/proc/self/exe", folder, PATH_SIZE - 1);
    char *slash;

    if (len <= 0)
        return false;
    folder[len] = '\0';
    slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    return slash != NULL;
}

void tool_env_provider(char path[static TOOL_PATH_SIZE])
{
    char folder[PATH_SIZE];

    if (program_folder(folder)) {
        for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
            int len = snprintf(path, PATH_SIZE, "%s/%s", folder, beside[i]);

            if (len > 0 && len < PATH_SIZE && access(path, R_OK) == 0)
                return;
        }
    }
    (void)snprintf(path, PATH_SIZE, "%s/privyseal.so",
                   PRIVYSEAL_MODULES_ABSOLUTE);
}

static enum iss_status load_config(OSSL_LIB_CTX *libctx, const char *text,
                                   const char *provider,
                                   struct iss_error *error)
{
    CONF *conf = NCONF_new_ex(libctx, NULL);
    BIO *bio = BIO_new_mem_buf(text, -1);
    const char *data = NULL;
    enum iss_status status = ISS_OK;
    long line = 0;

    if (conf == NULL || bio == NULL || NCONF_load_bio(conf, bio, &line) != 1 ||
        CONF_modules_load(conf, NULL, 0) != 1 ||
        OSSL_PROVIDER_available(libctx, "privyseal") != 1) {
        unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, NULL);
        const char *reason =
            code != 0 ? ERR_reason_error_string(code) : "not available";

        status = iss_fail(error, ISS_USAGE, "provider %s: %s%s%s", provider,
                          reason != NULL ? reason : "cannot be loaded",
                          data != NULL && data[0] != '\0' ? ": " : "",
                          data != NULL ? data : "");
    }
    ERR_clear_error();
    BIO_free(bio);
    NCONF_free(conf);
    return status;
}

/* Groups vouch for requests under an access list, or are denied by it: one
 * without a name cannot be listed; *cut: there are more than fit. */
static size_t find_groups(struct tool_env *env, const struct passwd *user,
                          bool *cut)
{
    gid_t ids[TOOL_GROUPS_MAX];
    int count = TOOL_GROUPS_MAX;
    size_t found = 0, used = 0;

    *cut = getgrouplist(user->pw_name, user->pw_gid, ids, &count) < 0;
    if (*cut)
        count = TOOL_GROUPS_MAX;
    for (int i = 0; i < count; i++) {
        const struct group *group = getgrgid(ids[i]);
        size_t size = group != NULL ? strlen(group->gr_name) + 1 : 0;

        if (size > sizeof(env->group_names) - used)
            *cut = true;
        if (size < 2 || size > sizeof(env->group_names) - used)
            continue;
        memcpy(env->group_names + used, group->gr_name, size);
        env->groups[found++] = env->group_names + used;
        used += size;
    }
    return found;
}

void tool_env_plain(struct tool_env *env)
{
    const struct passwd *user = getpwuid(getuid());
    size_t groups = 0;
    bool cut = false;

    *env = (struct tool_env){.pin = {.source = "", .what = "PIN"}};
    if (gethostname(env->host, sizeof(env->host) - 1) != 0)
        (void)snprintf(env->host, sizeof(env->host), "localhost");
    /* a name cut short could be another's */
    if (user != NULL && strlen(user->pw_name) < sizeof(env->user)) {
        (void)snprintf(env->user, sizeof(env->user), "%s", user->pw_name);
        groups = find_groups(env, user, &cut);
    } else {
        (void)snprintf(env->user, sizeof(env->user), "uid %u",
                       (unsigned)getuid());
    }
    env->iss = (struct iss_env){.host = env->host,
                                .user = env->user,
                                .groups = env->groups,
                                .group_count = groups,
                                .groups_cut = cut};
}

enum iss_status tool_env_open(struct tool_env *env, const char *module,
                              const char *pin_source, struct iss_error *error)
{
    char provider[TOOL_PATH_SIZE];
    enum iss_status status;
    char *text = NULL;

    tool_env_plain(env);
    tool_env_provider(provider);
    status = tool_pin_check(pin_source, error);
    if (status == ISS_OK)
        status = tool_provconf_print(provider, module, &text, error);
    if (status != ISS_OK)
        return status;
    env->pin.source = pin_source;
    env->libctx = OSSL_LIB_CTX_new();
    env->ui = make_ui();
    if (env->libctx == NULL || env->ui == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    else
        status = load_config(env->libctx, text, provider, error);
    free(text);
    if (status != ISS_OK) {
        tool_env_close(env);
        return status;
    }
    env->iss.libctx = env->libctx;
    env->iss.ui = env->ui;
    env->iss.ui_data = &env->pin;
    return ISS_OK;
}

void tool_env_close(struct tool_env *env)
{
    UI_destroy_method(env->ui);
    OSSL_LIB_CTX_free(env->libctx);
    env->ui = NULL;
    env->libctx = NULL;
}

/* ---- why a token did not answer
 * ---------------------------------------------- */

enum iss_status tool_env_explain(const struct tool_pin *pin,
                                 enum iss_status status,
                                 struct iss_error *error)
{
    const char *softhsm = secure_getenv("SOFTHSM2_CONF");
    size_t used = strlen(error->text);
    size_t said = strlen(error->local);

    if (status == ISS_OK || status == ISS_CONFLICT)
        return status;
    if (pin->error.status != ISS_OK) {
        *error = pin->error;
        return pin->error.status;
    }
    if (status == ISS_TOKEN && softhsm != NULL && access(softhsm, R_OK) != 0 &&
        strstr(error->text, "SOFTHSM2_CONF") == NULL) {
        static const char why[] = " (SOFTHSM2_CONF names %s: %s)";
        const char *cause = strerror(errno);

        (void)snprintf(error->text + used, sizeof(error->text) - used, why,
                       softhsm, cause);
        if (said > 0)
            (void)snprintf(error->local + said, sizeof(error->local) - said,
                           tool_say(why), softhsm, cause);
    }
    return status;
}
