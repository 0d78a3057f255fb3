/* SPDX-License-Identifier: Apache-2.0 */
/* The passphrase callback of a load, asked for a PIN. */
#include "passphrase.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "ask.h"
#include "core.h"
#include "prov.h"

static ssize_t ask_pin(void *arg, const struct p11_pin_request *request,
                       char *pin, size_t size)
{
    const struct prov_passphrase *passphrase = arg;
    char info[PROV_PROMPT_SIZE];
    size_t len = 0;
    int ok;

    prov_ask_text(request, info);
    const OSSL_PARAM params[] = {
        prov_param_utf8(OSSL_PASSPHRASE_PARAM_INFO, info), OSSL_PARAM_END};

    prov_enter(passphrase->prov);
    ok = passphrase->ask(pin, size, &len, params, passphrase->arg);
    prov_leave(passphrase->prov);
    return ok == 1 && len <= size ? (ssize_t)len : -1;
}

struct p11_pin_callback prov_passphrase_pin(struct prov_passphrase *passphrase)
{
    return (struct p11_pin_callback){
        .get = passphrase->ask != NULL ? ask_pin : NULL, .arg = passphrase};
}
