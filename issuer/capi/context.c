/* SPDX-License-Identifier: Apache-2.0 */
/* The context: what a program lends, and what the last failure said. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "handles.h"

privyseal *privyseal_new(OSSL_LIB_CTX *libctx)
{
    privyseal *context = calloc(1, sizeof(*context));

    if (context != NULL)
        context->libctx = libctx;
    return context;
}

void privyseal_free(privyseal *context)
{
    if (context == NULL)
        return;
    free(context->host);
    free(context->user);
    free(context);
}

struct iss_error *capi_begin(privyseal *context)
{
    context->error = (struct iss_error){.status = ISS_OK};
    return &context->error;
}

int64_t capi_now(const privyseal *context)
{
    return context->now != NULL ? context->now(context->now_arg)
                                : (int64_t)time(NULL);
}

void privyseal_set_ui(privyseal *context, const UI_METHOD *method, void *data)
{
    context->ui = method;
    context->ui_data = data;
}

void privyseal_set_clock(privyseal *context, int64_t (*now)(void *arg),
                         void *arg)
{
    context->now = now;
    context->now_arg = arg;
}

int privyseal_set_names(privyseal *context, const char *host, const char *user)
{
    struct iss_error *error = capi_begin(context);
    char *host_copy = host != NULL ? strdup(host) : NULL;
    char *user_copy = user != NULL ? strdup(user) : NULL;

    if ((host != NULL && host_copy == NULL) ||
        (user != NULL && user_copy == NULL)) {
        free(host_copy);
        free(user_copy);
        return (int)iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    if (host != NULL) {
        free(context->host);
        context->host = host_copy;
    }
    if (user != NULL) {
        free(context->user);
        context->user = user_copy;
    }
    return ISS_OK;
}

const char *privyseal_message(const privyseal *context)
{
    return context->error.text;
}

const char *privyseal_status_text(int status)
{
    return iss_status_text((enum iss_status)status);
}

const char *privyseal_version(void)
{
    return PRIVYSEAL_VERSION;
}
