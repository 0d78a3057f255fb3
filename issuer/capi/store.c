/* SPDX-License-Identifier: Apache-2.0 */
/* A store: asked what it is, and to issue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"

enum { TIME_TEXT_SIZE = XRML_TIME_SIZE + 1 };

struct privyseal_store {
    privyseal *context; /* borrowed */
    struct iss *iss;
    struct iss_env env;
    char *host, *user;
    char until[TIME_TEXT_SIZE];
};

struct privyseal_license {
    struct iss_licensed licensed;
    privyseal_chain *chain;
};

/* ---- opening ---------------------------------------------------------------
 */

int privyseal_store_open(privyseal *context, const char *dir, unsigned flags,
                         privyseal_store **out)
{
    struct iss_error *error = capi_begin(context);
    privyseal_store *store = NULL;
    enum iss_status status = ISS_OK;

    *out = NULL;
    if ((flags & ~(unsigned)PRIVYSEAL_READ_ONLY) != 0)
        return (int)iss_fail(error, ISS_USAGE, "%s: flags %#x are not known",
                             dir, flags);
    store = calloc(1, sizeof(*store));
    if (store == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    store->context = context;
    store->host = strdup(context->host != NULL ? context->host : "localhost");
    store->user = strdup(context->user != NULL ? context->user : "");
    store->env = (struct iss_env){.libctx = context->libctx,
                                  .ui = context->ui,
                                  .ui_data = context->ui_data,
                                  .now = context->now,
                                  .now_arg = context->now_arg,
                                  .host = store->host,
                                  .user = store->user};
    status =
        store->host != NULL && store->user != NULL
            ? iss_open(&store->env, dir,
                       (flags & PRIVYSEAL_READ_ONLY) != 0 ? ISS_READ_ONLY : 0,
                       &store->iss, error)
            : iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK) {
        (void)privyseal_store_close(store);
        return (int)status;
    }
    *out = store;
    return ISS_OK;
}

int privyseal_store_close(privyseal_store *store)
{
    enum iss_status status = ISS_OK;

    if (store == NULL)
        return ISS_OK;
    if (store->iss != NULL)
        status = iss_close(store->iss, capi_begin(store->context));
    free(store->host);
    free(store->user);
    free(store);
    return (int)status;
}

/* ---- asking ----------------------------------------------------------------
 */

static const char *role_text(const struct iss_info *info)
{
    static const char *const texts[] = {[ISS_AUTHORITY] = "authority",
                                        [ISS_ROOT] = "root",
                                        [ISS_LICENSING] = "licensing"};

    return texts[info->role];
}

static const char *state_text(const struct iss_info *info)
{
    static const char *const texts[] = {[ISS_UNENROLLED] = "unenrolled",
                                        [ISS_ENROLLMENT_PENDING] = "pending",
                                        [ISS_ENROLLED] = "enrolled",
                                        [ISS_RENEWAL_PENDING] =
                                            "renewal-pending",
                                        [ISS_SLC_EXPIRED] = "expired"};

    return texts[info->state];
}

static const char *until_text(privyseal_store *store,
                              const struct iss_info *info)
{
    char printed[XRML_TIME_SIZE];

    if (info->generation == 0 || !xrml_time_print(info->slc.until, printed))
        return "";
    (void)snprintf(store->until, sizeof(store->until), "%sZ", printed);
    return store->until;
}

const char *privyseal_store_field(privyseal_store *store, const char *name)
{
    struct iss_info info;
    struct iss_error *error = capi_begin(store->context);

    if (iss_info(store->iss, &info, error) != ISS_OK)
        return NULL;
    const struct {
        const char *name, *text;
    } rows[] = {{"name", info.name},
                {"url", info.url},
                {"guid", info.guid},
                {"role", role_text(&info)},
                {"state", state_text(&info)},
                {"key", info.key_uri},
                {"until", until_text(store, &info)}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].text;
    return NULL;
}

int privyseal_store_chain(privyseal_store *store, privyseal_chain **out)
{
    struct iss_error *error = capi_begin(store->context);
    struct xrml_chain chain = {0};
    enum iss_status status = iss_chain(store->iss, &chain, error);

    *out = NULL;
    if (status == ISS_OK)
        status = capi_chain_take(&chain, out, error);
    return (int)status;
}

int privyseal_store_verifier(privyseal_store *store, privyseal_verifier **out)
{
    struct iss_error *error = capi_begin(store->context);
    privyseal_verifier *verifier = calloc(1, sizeof(*verifier));
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (verifier == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_anchors(store->iss, &verifier->anchors, error);
    if (status != ISS_OK) {
        free(verifier);
        return (int)status;
    }
    *out = verifier;
    return ISS_OK;
}

/* ---- issuing ---------------------------------------------------------------
 */

int privyseal_issue(privyseal_store *store, const privyseal_order *order,
                    privyseal_license **out)
{
    struct iss_error *error = capi_begin(store->context);
    privyseal_license *license = calloc(1, sizeof(*license));
    struct xrml_chain chain = {0};
    enum iss_status status = ISS_OK;

    *out = NULL;
    if (license == NULL)
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_license(store->iss, &order->order, &license->licensed, error);
    if (status == ISS_OK)
        status = xrml_chain_append(&chain, license->licensed.chain,
                                   license->licensed.chain_len, 0, error);
    if (status == ISS_OK)
        status = capi_chain_take(&chain, &license->chain, error);
    if (status != ISS_OK) {
        privyseal_license_free(license);
        return (int)status;
    }
    *out = license;
    return ISS_OK;
}

void privyseal_license_free(privyseal_license *license)
{
    if (license == NULL)
        return;
    iss_licensed_clear(&license->licensed);
    privyseal_chain_free(license->chain);
    free(license);
}

const char *privyseal_license_text(const privyseal_license *license,
                                   size_t *len)
{
    *len = license->licensed.chain_len;
    return license->licensed.chain;
}

const privyseal_chain *privyseal_license_chain(const privyseal_license *license)
{
    return license->chain;
}

uint64_t privyseal_license_record(const privyseal_license *license, int *again)
{
    if (again != NULL)
        *again = license->licensed.again ? 1 : 0;
    return license->licensed.record;
}
