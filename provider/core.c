/* SPDX-License-Identifier: Apache-2.0 */
/* Upcalls into libcrypto, collected once when the provider is loaded. */
#include "core.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdint.h>
#include <string.h>

static bool complete(const struct prov_core *core)
{
    return core->get_params != NULL && core->get_libctx != NULL &&
           core->new_error != NULL && core->set_error_debug != NULL &&
           core->vset_error != NULL && core->set_error_mark != NULL &&
           core->pop_error_to_mark != NULL && core->bio_write_ex != NULL &&
           core->bio_read_ex != NULL && core->bio_gets != NULL &&
           core->clear_error_mark != NULL;
}

bool prov_core_init(struct prov_core *core, const OSSL_CORE_HANDLE *handle,
                    const OSSL_DISPATCH *dispatch)
{
    *core = (struct prov_core){.handle = handle};
    for (const OSSL_DISPATCH *d = dispatch; d->function_id != 0; d++) {
        switch (d->function_id) {
        case OSSL_FUNC_CORE_GET_PARAMS:
            core->get_params = OSSL_FUNC_core_get_params(d);
            break;
        case OSSL_FUNC_CORE_GET_LIBCTX:
            core->get_libctx = OSSL_FUNC_core_get_libctx(d);
            break;
        case OSSL_FUNC_CORE_NEW_ERROR:
            core->new_error = OSSL_FUNC_core_new_error(d);
            break;
        case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
            core->set_error_debug = OSSL_FUNC_core_set_error_debug(d);
            break;
        case OSSL_FUNC_CORE_VSET_ERROR:
            core->vset_error = OSSL_FUNC_core_vset_error(d);
            break;
        case OSSL_FUNC_CORE_SET_ERROR_MARK:
            core->set_error_mark = OSSL_FUNC_core_set_error_mark(d);
            break;
        case OSSL_FUNC_CORE_CLEAR_LAST_ERROR_MARK:
            core->clear_error_mark = OSSL_FUNC_core_clear_last_error_mark(d);
            break;
        case OSSL_FUNC_CORE_POP_ERROR_TO_MARK:
            core->pop_error_to_mark = OSSL_FUNC_core_pop_error_to_mark(d);
            break;
        case OSSL_FUNC_BIO_READ_EX:
            core->bio_read_ex = OSSL_FUNC_BIO_read_ex(d);
            break;
        case OSSL_FUNC_BIO_GETS:
            core->bio_gets = OSSL_FUNC_BIO_gets(d);
            break;
        case OSSL_FUNC_BIO_WRITE_EX:
            core->bio_write_ex = OSSL_FUNC_BIO_write_ex(d);
            break;
        case OSSL_FUNC_CRYPTO_MALLOC:
            core->malloc = OSSL_FUNC_CRYPTO_malloc(d);
            break;
        default:
            break;
        }
    }
    return complete(core);
}

bool prov_core_shares_libcrypto(const struct prov_core *core)
{
    return core->malloc == CRYPTO_malloc;
}

const char *prov_core_setting(const struct prov_core *core, const char *name)
{
    char *value = NULL;
    OSSL_PARAM params[] = {
        {name, OSSL_PARAM_UTF8_PTR, &value, 0, OSSL_PARAM_UNMODIFIED},
        OSSL_PARAM_END};

    if (core->get_params(core->handle, params) == 0 ||
        !OSSL_PARAM_modified(params))
        return NULL;
    return value;
}

bool prov_core_write(const struct prov_core *core, OSSL_CORE_BIO *out,
                     const void *data, size_t len)
{
    size_t written = 0;

    return len == 0 || (core->bio_write_ex(out, data, len, &written) == 1 &&
                        written == len);
}

OSSL_PARAM prov_param_octets(const char *key, const void *value, size_t len)
{
    OSSL_PARAM param = OSSL_PARAM_construct_octet_string(key, NULL, len);

    memcpy(&param.data, &value, sizeof(value));
    return param;
}

OSSL_PARAM prov_param_utf8(const char *key, const char *value)
{
    OSSL_PARAM param = prov_param_octets(key, value, strlen(value));

    param.data_type = OSSL_PARAM_UTF8_STRING;
    return param;
}
