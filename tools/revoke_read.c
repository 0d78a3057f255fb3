/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be revoked: options, files, earlier lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/trust.h"
#include "revoke.h"

/* Words of --by, in the order of the kinds. */
static const char *const words[] = {
    "guid", "hash", "key", "issuer", "content", "principal", "issuer-id", NULL};
static const struct {
    enum xrml_revoked kind;
    bool guid, key; /* --guid, a file of keys can say it */
} kinds[] = {
    {XRML_REVOKED_ID, true, false},
    {XRML_REVOKED_HASH, false, false},
    {XRML_REVOKED_KEY, false, true},
    {XRML_REVOKED_ISSUER_KEY, false, true},
    {XRML_REVOKED_CONTENT_ID, true, false},
    {XRML_REVOKED_PRINCIPAL_ID, true, false},
    {XRML_REVOKED_ISSUER_ID, true, false},
};

static enum iss_status read_by(struct tool *tool, int *by)
{
    *by = 0;
    return tool_option_word(&tool->options, TOOL_BY, words, by, &tool->error);
}

enum iss_status tool_revoking_check(struct tool *tool)
{
    const struct tool_options *given = &tool->options;
    int by = 0;
    enum iss_status status = read_by(tool, &by);

    if (status != ISS_OK)
        return status;
    if (given->operand_count == 0 && !tool_given(tool, TOOL_GUID) &&
        !tool_given(tool, TOOL_HASH) && given->list_count == 0 &&
        !tool_given(tool, TOOL_FRESH))
        return tool_fail(tool, ISS_USAGE,
                         "what is revoked? FILE, --guid, --hash or --list; "
                         "--fresh: nothing any more");
    if (tool_given(tool, TOOL_GUID) && !kinds[by].guid)
        return tool_fail(tool, ISS_USAGE,
                         "--guid goes with --by guid, issuer-id, content or "
                         "principal");
    return ISS_OK;
}

/* ---- earlier lists ---------------------------------------------------------
 */

struct own { /* a store's list among what it trusts */
    struct tool *tool;
    struct tool_revoking *revoking;
    enum iss_status status;
};

static enum iss_status add_list(struct tool *tool, OSSL_LIB_CTX *libctx,
                                const char *what, const char *text, size_t len,
                                const uint8_t *signer,
                                struct tool_revoking *revoking)
{
    struct xrml_chain chain = {.count = 0};
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = xrml_chain_append(&chain, text, len, 0, &cause);

    if (status == ISS_OK)
        status = iss_revoke_add_list(revoking->set, libctx, chain.documents[0],
                                     signer, &cause);
    revoking->before = iss_revoke_count(revoking->set);
    xrml_chain_clear(&chain);
    return status == ISS_OK
               ? ISS_OK
               : tool_fail(tool, status, "%s: %s", what, cause.text);
}

static bool take_own(void *arg, const struct iss_trusted *trusted)
{
    struct own *own = arg;
    struct xrml_chain chain = {.count = 0};
    uint8_t hash[32];
    bool mine = false;

    if (trusted->kind != ISS_TRUST_LIST)
        return true;
    if (xrml_chain_append(&chain, trusted->text.text, trusted->text.len, 0,
                          NULL) == ISS_OK)
        mine = xrml_key_hash(&xrml_fields(chain.documents[0])->issuer_key, hash,
                             NULL) == ISS_OK &&
               memcmp(hash, own->revoking->signer, sizeof(hash)) == 0;
    xrml_chain_clear(&chain);
    if (mine)
        own->status =
            add_list(own->tool, NULL, trusted->name, trusted->text.text,
                     trusted->text.len, NULL, own->revoking);
    return own->status == ISS_OK;
}

enum iss_status tool_revoking_earlier(struct tool *tool, struct iss *store,
                                      struct tool_revoking *revoking)
{
    struct own own = {.tool = tool, .revoking = revoking, .status = ISS_OK};
    struct iss_info info;
    enum iss_status status = iss_info(store, &info, &tool->error);

    if (status != ISS_OK)
        return status;
    memcpy(revoking->signer, info.key_hash, sizeof(revoking->signer));
    if (tool_given(tool, TOOL_FRESH))
        return ISS_OK;
    status = iss_trust_each(store, take_own, &own, &tool->error);
    return status == ISS_OK ? own.status : status;
}

/* ---- files -----------------------------------------------------------------
 */

static enum iss_status add_keys(struct tool_revoking *revoking,
                                const char *text, size_t len, int by,
                                struct iss_error *error)
{
    struct xrml_anchors *keys = NULL;
    enum iss_status status =
        kinds[by].key
            ? xrml_anchors_parse(text, len, &keys, error)
            : iss_fail(error, ISS_USAGE,
                       "public keys are revoked with --by key or issuer");

    for (size_t i = 0; status == ISS_OK && i < xrml_anchors_count(keys); i++)
        status = iss_revoke_add_key(revoking->set, xrml_anchor_key(keys, i),
                                    kinds[by].kind, error);
    xrml_anchors_free(keys);
    return status;
}

/* The first document of a file: those behind it are its issuers'. */
static enum iss_status add_document(struct tool_revoking *revoking,
                                    const char *text, size_t len, int by,
                                    struct iss_error *error)
{
    struct xrml_chain chain = {.count = 0};
    enum iss_status status = xrml_chain_append(&chain, text, len, 0, error);

    if (status == ISS_OK)
        status = iss_revoke_add_document(revoking->set, chain.documents[0],
                                         kinds[by].kind, error);
    xrml_chain_clear(&chain);
    return status;
}

static bool is_pem(const char *text, size_t len)
{
    static const char begin[] = "-----BEGIN";

    return len > 0 &&
           (text[0] == '#' || (len >= sizeof(begin) - 1 &&
                               memcmp(text, begin, sizeof(begin) - 1) == 0));
}

static enum iss_status add_file(struct tool *tool,
                                struct tool_revoking *revoking,
                                const char *path, int by)
{
    struct iss_error cause = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_read_file(path, XRML_CHAIN_MAX, &text, &len, &tool->error);

    if (status != ISS_OK)
        return status;
    status = is_pem(text, len) ? add_keys(revoking, text, len, by, &cause)
                               : add_document(revoking, text, len, by, &cause);
    free(text);
    return status == ISS_OK
               ? ISS_OK
               : tool_fail(tool, status, "%s: %s", path, cause.text);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* Groups of digits, as trust list shows a hash, are as good. */
static bool read_hash(const char *text, uint8_t hash[static 32])
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        int value = digit(*text);

        if (*text == ' ')
            continue;
        if (value < 0 || count == 64)
            return false;
        hash[count / 2] =
            (uint8_t)(count % 2 == 0 ? value << 4 : hash[count / 2] | value);
        count++;
    }
    return count == 64;
}

static enum iss_status add_named(struct tool *tool,
                                 struct tool_revoking *revoking, int by)
{
    const char *guid = tool_value(tool, TOOL_GUID);
    const char *text = tool_value(tool, TOOL_HASH);
    uint8_t hash[32];
    enum iss_status status = ISS_OK;

    if (guid != NULL)
        status = iss_revoke_add_guid(revoking->set, guid, kinds[by].kind,
                                     &tool->error);
    if (status != ISS_OK || text == NULL)
        return status;
    if (!read_hash(text, hash))
        return tool_fail(tool, ISS_USAGE, "--hash: not 64 hexadecimal digits");
    return iss_revoke_add_hash(revoking->set, hash, &tool->error);
}

enum iss_status tool_revoking_read(struct tool *tool, OSSL_LIB_CTX *libctx,
                                   const uint8_t signer[static 32],
                                   struct tool_revoking *revoking)
{
    const struct tool_options *given = &tool->options;
    int by = 0;
    enum iss_status status = read_by(tool, &by);

    for (size_t i = 0; status == ISS_OK && i < given->list_count; i++) {
        char *text = NULL;
        size_t len = 0;

        status = iss_read_file(given->list[i], XRML_CHAIN_MAX, &text, &len,
                               &tool->error);
        if (status == ISS_OK)
            status = add_list(tool, libctx, given->list[i], text, len, signer,
                              revoking);
        free(text);
    }
    if (status == ISS_OK)
        status = add_named(tool, revoking, by);
    for (size_t i = 0; status == ISS_OK && i < given->operand_count; i++)
        status = add_file(tool, revoking, given->operands[i], by);
    return status;
}
