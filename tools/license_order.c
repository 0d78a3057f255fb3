/* SPDX-License-Identifier: Apache-2.0 */
/* Options of licenses: what belongs to which kind, and what they mean. */
#include "license_order.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grants.h"
#include "keyfile.h"
#include "revokers.h"
#include "when.h"

enum { TEXT_MAX = 1024, LCID_ENGLISH = 1033, PUID_DIGITS = 16 };

static enum iss_status missing(enum tool_option option, struct iss_error *error)
{
    const struct tool_option_info *info = tool_option_info(option);

    return iss_fail(error, ISS_USAGE, "--%s %s is missing", info->name,
                    info->value);
}

/* ---- files -----------------------------------------------------------------
 */

/* The file of an option, or nothing where it is not given. */
static enum iss_status read_text(const struct tool_options *options,
                                 enum tool_option option, char **owner,
                                 struct iss_text *out, struct iss_error *error)
{
    const char *path = options->value[option];
    enum iss_status status = ISS_OK;

    if (path == NULL)
        return ISS_OK;
    status = iss_read_file(path, XRML_CHAIN_MAX, owner, &out->len, error);
    out->text = *owner;
    return status;
}

/* What kind of document a file must begin with. */
static const struct {
    enum tool_option option;
    enum xrml_type type;
    const char *name;
} kinds[] = {{TOOL_MACHINE, XRML_MACHINE_CERTIFICATE, "a machine certificate"},
             {TOOL_RAC, XRML_RAC, "an account certificate (RAC)"},
             {TOOL_PL, XRML_PL, "a publishing license"},
             {TOOL_TEMPLATE, XRML_TEMPLATE, "a rights policy template"}};

static const struct xrml_document *first_of(const struct xrml_chain *chain)
{
    return chain->count > 0 ? chain->documents[0] : NULL;
}

/* A file of another kind is a mistake of who called: told before the store is
 * asked, and so not journaled as a refusal. */
static enum iss_status check_kind(const struct tool_options *options, size_t k,
                                  const struct iss_text *text, char *user,
                                  struct iss_error *error)
{
    const char *path = options->value[kinds[k].option];
    struct xrml_chain chain = {0};
    struct iss_error why = {.status = ISS_OK};
    const struct xrml_fields *fields = NULL;
    enum iss_status status = ISS_OK;

    if (path == NULL)
        return ISS_OK;
    if (xrml_chain_append(&chain, text->text, text->len, 0, &why) != ISS_OK ||
        first_of(&chain) == NULL) {
        status = iss_fail(error, ISS_MALFORMED, "%s: %s", path, why.text);
        goto out;
    }
    fields = xrml_fields(first_of(&chain));
    if (fields->type != kinds[k].type)
        status = iss_fail(error, ISS_MALFORMED, "%s: not %s but %s", path,
                          kinds[k].name, xrml_type_text(fields->type));
    else if (user != NULL && fields->principal.name != NULL)
        (void)snprintf(user, XRML_NAME_MAX + 1, "%s", fields->principal.name);
out:
    xrml_chain_clear(&chain);
    return status;
}

static enum iss_status read_files(const struct tool_options *options,
                                  struct tool_order *order,
                                  struct iss_error *error)
{
    struct iss_license_order *asked = &order->order;
    struct {
        char **owner;
        struct iss_text *text;
        char *user;
    } files[] = {{&order->machine, &asked->machine, NULL},
                 {&order->rac, &asked->rac, order->user},
                 {&order->pl, &asked->pl, NULL},
                 {&order->pattern, &asked->template_text, NULL}};
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (status == ISS_OK)
            status = read_text(options, kinds[i].option, files[i].owner,
                               files[i].text, error);
        if (status == ISS_OK)
            status =
                check_kind(options, i, files[i].text, files[i].user, error);
    }
    return status;
}

/* ---- who and what ----------------------------------------------------------
 */

static enum iss_status read_user(const struct tool_options *options,
                                 struct tool_order *order,
                                 struct iss_error *error)
{
    const char *id = options->value[TOOL_USER_ID];
    struct iss_user *user = &order->order.user;

    user->mail = options->value[TOOL_USER];
    if (user->mail == NULL)
        return missing(TOOL_USER, error);
    if (strlen(user->mail) > XRML_NAME_MAX)
        return iss_fail(error, ISS_USAGE, "--user: more than %d characters",
                        XRML_NAME_MAX);
    (void)snprintf(order->user, sizeof(order->user), "%s", user->mail);
    if (id == NULL)
        return ISS_OK;
    /* the forms differ, so that nobody need say which it is */
    user->id = id;
    user->id_type = strncmp(id, "S-", 2) == 0 ? "Windows"
                    : strchr(id, '-') != NULL ? "Federation"
                                              : "Passport";
    if (user->id_type[0] == 'P' && strlen(id) != PUID_DIGITS)
        return iss_fail(error, ISS_MALFORMED,
                        "--user-id: %.80s: no SID (S-1-5-21-...), GUID or PUID "
                        "(%d hexadecimal digits)",
                        id, PUID_DIGITS);
    return ISS_OK;
}

/* "LCID 1033:NAME x:DESCRIPTION y;": neither may hold what ends it. */
static enum iss_status read_name(const struct tool_options *options,
                                 struct tool_order *order,
                                 struct iss_error *error)
{
    static const enum tool_option parts[] = {TOOL_NAME, TOOL_DESCRIPTION};
    const char *name = options->value[TOOL_NAME];
    const char *description = options->value[TOOL_DESCRIPTION];
    unsigned long lcid = LCID_ENGLISH;
    enum iss_status status =
        tool_option_number(options, TOOL_LCID, UINT16_MAX, &lcid, error);

    if (status != ISS_OK)
        return status;
    if (name == NULL)
        return description == NULL && options->value[TOOL_LCID] == NULL
                   ? ISS_OK
                   : missing(TOOL_NAME, error);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *part = options->value[parts[i]];

        if (part != NULL && strpbrk(part, ":;") != NULL)
            return iss_fail(error, ISS_USAGE,
                            "--%s: \":\" and \";\" cannot be part of it",
                            tool_option_info(parts[i])->name);
        if (part != NULL && strlen(part) > TEXT_MAX)
            return iss_fail(error, ISS_USAGE, "--%s: more than %d octets",
                            tool_option_info(parts[i])->name, TEXT_MAX);
    }
    if (asprintf(&order->text, "LCID %lu:NAME %s:DESCRIPTION %s;", lcid, name,
                 description != NULL ? description : name) < 0) {
        order->text = NULL;
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    order->terms.text = order->text;
    return ISS_OK;
}

/* A slip of the year would give nothing to anybody. What an order is by its
 * --nonce may have been issued when there was time yet. */
static enum iss_status check_ends(const struct tool_options *options,
                                  const struct tool_order *order,
                                  struct iss_error *error)
{
    const int64_t now = tool_now();

    for (size_t i = 0;
         options->value[TOOL_NONCE] == NULL && i < order->terms.grant_count;
         i++) {
        const struct iss_grant *grant = &order->grants[i];

        if (grant->range.present && grant->range.until <= now)
            return iss_fail(error, ISS_USAGE,
                            "--grant: %s of %s: its time is over", grant->right,
                            grant->mail != NULL ? grant->mail : "anyone");
    }
    return ISS_OK;
}

/* Until when the content may be used at all. It begins with no date of its own:
 * the same order at another time must be the same. */
static enum iss_status read_terms(const struct tool_options *options,
                                  struct tool_order *order,
                                  struct iss_error *error)
{
    const char *until = options->value[TOOL_UNTIL];
    struct xrml_range *range = &order->terms.validity;
    enum iss_status status = read_name(options, order, error);

    order->terms.owner.mail = options->value[TOOL_OWNER];
    order->terms.referral = options->value[TOOL_REFERRAL];
    if (status == ISS_OK && until != NULL) {
        range->present = true;
        status = tool_time_parse("until", until, &range->until, error);
    }
    if (status == ISS_OK)
        status = tool_grants_read(options, &order->words, order->grants,
                                  &order->terms.grant_count, error);
    if (status == ISS_OK)
        status = tool_revokers_read(options, &order->revokers,
                                    &order->terms.refresh, error);
    if (status == ISS_OK)
        status = check_ends(options, order, error);
    order->terms.grants = order->grants;
    order->order.terms = &order->terms;
    return status;
}

static enum iss_status read_key(const struct tool_options *options,
                                struct tool_order *order,
                                struct iss_error *error)
{
    const char *path = options->value[TOOL_CONTENT_KEY];

    order->key_wanted = path == NULL;
    if (path == NULL)
        return ISS_OK;
    order->order.content_key = order->key;
    return tool_keyfile_read(path, order->key, &order->order.content_key_len,
                             error);
}

static enum iss_status read_nonce(const struct tool_options *options,
                                  struct tool_order *order,
                                  struct iss_error *error)
{
    const char *hex = options->value[TOOL_NONCE];

    order->order.nonce = order->nonce;
    if (hex == NULL)
        return RAND_bytes(order->nonce, sizeof(order->nonce)) == 1
                   ? ISS_OK
                   : iss_fail(error, ISS_INTERNAL, "no random numbers");
    if (strlen(hex) == 2 * sizeof(order->nonce) &&
        tool_keyfile_hex(hex, strlen(hex), order->nonce))
        return ISS_OK;
    return iss_fail(error, ISS_USAGE,
                    "--nonce: not 32 hexadecimal digits: %.40s", hex);
}

/* ---- kinds -----------------------------------------------------------------
 */

static enum iss_status read_until(const struct tool_options *options,
                                  struct tool_order *order,
                                  struct iss_error *error)
{
    const char *until = options->value[TOOL_UNTIL];

    return until != NULL
               ? tool_time_parse("until", until, &order->order.until, error)
               : ISS_OK;
}

static enum iss_status read_rac(const struct tool_options *options,
                                struct tool_order *order,
                                struct iss_error *error)
{
    enum iss_status status = read_user(options, order, error);

    if (status == ISS_OK && options->value[TOOL_MACHINE] == NULL)
        status = missing(TOOL_MACHINE, error);
    order->order.temporary = options->value[TOOL_TEMPORARY] != NULL;
    return status == ISS_OK ? read_until(options, order, error) : status;
}

static enum iss_status read_clc(const struct tool_options *options,
                                struct tool_order *order,
                                struct iss_error *error)
{
    if (options->value[TOOL_RAC] == NULL)
        return missing(TOOL_RAC, error);
    return read_until(options, order, error);
}

/* As check_kind; beside it only rights data have no SIGNATURE, which the server
 * tells apart. */
static enum iss_status check_unsigned(const char *path,
                                      const struct iss_text *text,
                                      struct iss_error *error)
{
    struct xrml_document *document = NULL;
    struct iss_error why = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    status = xrml_unsigned_parse(text->text, text->len, &document, &why);
    xrml_document_free(document);
    return status == ISS_OK
               ? ISS_OK
               : iss_fail(error, ISS_MALFORMED, "%s: %s", path, why.text);
}

/* To be signed as it stands: nothing more can be said of it. */
static enum iss_status read_unsigned(const struct tool_options *options,
                                     struct tool_order *order,
                                     struct iss_error *error)
{
    static const enum tool_option others[] = {
        TOOL_OWNER,   TOOL_FOR,         TOOL_RIGHTS,   TOOL_GRANT,
        TOOL_UNTIL,   TOOL_CONTENT_KEY, TOOL_TEMPLATE, TOOL_NAME,
        TOOL_LCID,    TOOL_DESCRIPTION, TOOL_REFERRAL, TOOL_REVOKERS,
        TOOL_REFRESH, TOOL_LIST_URL};
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (options->value[others[i]] != NULL)
            return iss_fail(error, ISS_USAGE,
                            "--%s does not go with --unsigned: that license "
                            "says all of it",
                            tool_option_info(others[i])->name);
    status =
        read_text(options, TOOL_UNSIGNED, &order->pl, &order->order.pl, error);
    return status == ISS_OK ? check_unsigned(options->value[TOOL_UNSIGNED],
                                             &order->order.pl, error)
                            : status;
}

static enum iss_status read_pl(const struct tool_options *options,
                               struct tool_order *order,
                               struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (options->value[TOOL_UNSIGNED] != NULL)
        return read_unsigned(options, order, error);
    if (options->value[TOOL_OWNER] == NULL)
        return missing(TOOL_OWNER, error);
    status = read_terms(options, order, error);
    if (status == ISS_OK && options->value[TOOL_TEMPLATE] == NULL &&
        order->terms.grant_count == 0)
        status = iss_fail(error, ISS_USAGE,
                          "who may do what? --for MAIL and --rights, --grant, "
                          "or --template FILE");
    else if (status == ISS_OK && options->value[TOOL_TEMPLATE] != NULL &&
             order->terms.grant_count > 0)
        status = iss_fail(error, ISS_USAGE,
                          "--template says who may do what: no --for, "
                          "--rights or --grant beside it");
    return status == ISS_OK ? read_key(options, order, error) : status;
}

static enum iss_status read_ul(const struct tool_options *options,
                               struct tool_order *order,
                               struct iss_error *error)
{
    if (options->value[TOOL_RAC] == NULL)
        return missing(TOOL_RAC, error);
    if (options->value[TOOL_PL] == NULL)
        return missing(TOOL_PL, error);
    order->order.legacy = options->value[TOOL_LEGACY] != NULL;
    return read_until(options, order, error);
}

static enum iss_status read_template(const struct tool_options *options,
                                     struct tool_order *order,
                                     struct iss_error *error)
{
    enum iss_status status = options->value[TOOL_NAME] == NULL
                                 ? missing(TOOL_NAME, error)
                                 : read_terms(options, order, error);

    if (status == ISS_OK && order->terms.grant_count == 0)
        status = iss_fail(error, ISS_USAGE,
                          "who may do what? --for MAIL and --rights, or "
                          "--grant");
    return status;
}

typedef enum iss_status read_fn(const struct tool_options *options,
                                struct tool_order *order,
                                struct iss_error *error);
static read_fn *const readers[ISS_LICENSE_KINDS] = {[ISS_RAC] = read_rac,
                                                    [ISS_CLC] = read_clc,
                                                    [ISS_PL] = read_pl,
                                                    [ISS_UL] = read_ul,
                                                    [ISS_TEMPLATE] =
                                                        read_template};

enum iss_status tool_order_read(const struct tool_options *options,
                                enum iss_license_kind kind,
                                struct tool_order **out,
                                struct iss_error *error)
{
    struct tool_order *order = calloc(1, sizeof(*order));
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (order == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    order->order.kind = kind;
    status = read_nonce(options, order, error);
    if (status == ISS_OK)
        status = readers[kind](options, order, error);
    if (status == ISS_OK)
        status = read_files(options, order, error);
    if (status == ISS_OK)
        *out = order;
    else
        tool_order_free(order);
    return status;
}

void tool_order_free(struct tool_order *order)
{
    if (order == NULL)
        return;
    OPENSSL_cleanse(order->key, sizeof(order->key));
    free(order->machine);
    free(order->rac);
    free(order->pl);
    free(order->pattern);
    free(order->text);
    xrml_anchors_free(order->revokers);
    free(order->words);
    free(order);
}

enum iss_status tool_order_key(struct tool_order *order, const char *path,
                               struct iss_error *error)
{
    enum iss_status status =
        tool_keyfile_make(path, order->key, &order->order.content_key_len,
                          &order->key_fresh, error);

    order->order.content_key = order->key;
    return status;
}

enum iss_status tool_order_key_rehearse(struct tool_order *order,
                                        const char *path,
                                        struct iss_error *error)
{
    order->order.content_key = order->key;
    if (access(path, F_OK) == 0)
        return tool_keyfile_read(path, order->key,
                                 &order->order.content_key_len, error);
    order->key_fresh = true;
    order->order.content_key_len = sizeof(order->key);
    return RAND_bytes(order->key, sizeof(order->key)) == 1
               ? ISS_OK
               : iss_fail(error, ISS_INTERNAL, "no random numbers");
}

void tool_order_key_drop(const struct tool_order *order, const char *path,
                         enum iss_status status)
{
    static const enum iss_status refusals[] = {
        ISS_USAGE,      ISS_REFUSED, ISS_MALFORMED, ISS_NOT_ENROLLED,
        ISS_EXPIRED,    ISS_XML,     ISS_SIGNATURE, ISS_SEMANTICS,
        ISS_CONDITIONS, ISS_REVOKED, ISS_KEY};

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (order->key_fresh && status == refusals[i])
            (void)unlink(path);
}
