/* SPDX-License-Identifier: Apache-2.0 */
/* One-shot operations: Init and the operation itself, in one session. */
#include "copy.h"
#include "interface.h"
#include "recover.h"

#include <string.h>

struct operation {
    const CK_MECHANISM *mechanism;
    const uint8_t *data;
    size_t data_len;
    uint8_t *out;
    size_t room, out_len;
    struct p11_pin pin; /* for keys that want it each time */
    bool on_token;
    bool consent; /* the PIN is asked for before the operation */
    bool begun;   /* something is left in the session, unless all went well */
    bool kept;    /* the token would not destroy a secret in the session */
};

typedef CK_RV operate_fn(struct operation *op, const struct p11_object *key,
                         const struct p11_lease *lease,
                         CK_OBJECT_HANDLE handle);

/* After Init, which an error leaves open. */
static CK_RV authenticate(struct operation *op, const struct p11_object *key,
                          const struct p11_lease *lease)
{
    op->begun = true;
    if (!op->consent)
        return CKR_OK;
    return p11_login_context(lease, &key->p11->tracer, &op->pin, op->on_token);
}

/* Two lists of the same steps: the trace names the function. */
static CK_RV sign(struct operation *op, const struct p11_object *key,
                  const struct p11_lease *lease, CK_OBJECT_HANDLE handle)
{
    const CK_FUNCTION_LIST *fn = lease->token->module->fn;
    const struct p11_tracer *tracer = &key->p11->tracer;
    CK_MECHANISM mechanism = *op->mechanism;
    CK_ULONG len = op->room;
    CK_RV rv;

    P11_CALL(rv, tracer, fn, C_SignInit, (lease->session, &mechanism, handle));
    if (rv == CKR_OK)
        rv = authenticate(op, key, lease);
    if (rv != CKR_OK)
        return rv;
    P11_CALL(rv, tracer, fn, C_Sign,
             (lease->session, (CK_BYTE_PTR)(uintptr_t)op->data, op->data_len,
              op->out, &len));
    op->out_len = len;
    return rv;
}

static CK_RV decrypt(struct operation *op, const struct p11_object *key,
                     const struct p11_lease *lease, CK_OBJECT_HANDLE handle)
{
    const CK_FUNCTION_LIST *fn = lease->token->module->fn;
    const struct p11_tracer *tracer = &key->p11->tracer;
    CK_MECHANISM mechanism = *op->mechanism;
    CK_ULONG len = op->room;
    CK_RV rv;

    P11_CALL(rv, tracer, fn, C_DecryptInit,
             (lease->session, &mechanism, handle));
    if (rv == CKR_OK)
        rv = authenticate(op, key, lease);
    if (rv != CKR_OK)
        return rv;
    P11_CALL(rv, tracer, fn, C_Decrypt,
             (lease->session, (CK_BYTE_PTR)(uintptr_t)op->data, op->data_len,
              op->out, &len));
    op->out_len = len;
    return rv;
}

/* A session object that can be read, and lives for that only. */
static void secret_template(struct p11_template *t, size_t len)
{
    p11_template_clear(t);
    p11_template_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
    p11_template_ulong(t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
    p11_template_bool(t, CKA_TOKEN, false);
    p11_template_bool(t, CKA_SENSITIVE, false);
    p11_template_bool(t, CKA_EXTRACTABLE, true);
    p11_template_ulong(t, CKA_VALUE_LEN, len);
}

/* Where the session or the secret is lost its handle may be another object's
 * by now: it is left alone. */
static bool is_ours(CK_RV rv)
{
    return rv != CKR_OBJECT_HANDLE_INVALID &&
           p11_session_end_of(rv) == P11_LEASE_GOOD;
}

static CK_RV read_secret(struct operation *op, const struct p11_object *key,
                         const struct p11_lease *lease, CK_OBJECT_HANDLE secret)
{
    const CK_FUNCTION_LIST *fn = lease->token->module->fn;
    const struct p11_tracer *tracer = &key->p11->tracer;
    CK_ATTRIBUTE value = {CKA_VALUE, op->out, op->room};
    CK_RV rv, destroyed = CKR_OBJECT_HANDLE_INVALID;

    P11_CALL(rv, tracer, fn, C_GetAttributeValue,
             (lease->session, secret, &value, 1));
    op->out_len = rv == CKR_OK ? value.ulValueLen : 0;
    if (is_ours(rv))
        P11_CALL(destroyed, tracer, fn, C_DestroyObject,
                 (lease->session, secret));
    op->kept = destroyed != CKR_OK; /* then it dies with its session */
    return rv;
}

static CK_RV derive(struct operation *op, const struct p11_object *key,
                    const struct p11_lease *lease, CK_OBJECT_HANDLE handle)
{
    CK_MECHANISM mechanism = *op->mechanism;
    CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;
    struct p11_template t;
    CK_RV rv = CKR_OK;

    if (op->consent)
        rv =
            p11_login_context(lease, &key->p11->tracer, &op->pin, op->on_token);
    if (rv != CKR_OK)
        return rv;
    secret_template(&t, op->room);
    P11_CALL(rv, &key->p11->tracer, lease->token->module->fn, C_DeriveKey,
             (lease->session, &mechanism, handle, t.attrs, t.count, &secret));
    return rv == CKR_OK ? read_secret(op, key, lease, secret) : rv;
}

static CK_RV decapsulate(struct operation *op, const struct p11_object *key,
                         const struct p11_lease *lease, CK_OBJECT_HANDLE handle)
{
    const struct p11_tracer *tracer = &key->p11->tracer;
    p11_decapsulate_fn *C_DecapsulateKey =
        p11_interface_decapsulate(lease->token->module);
    CK_MECHANISM mechanism = *op->mechanism;
    CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;
    struct p11_template t;
    uint64_t begun;
    CK_RV rv = CKR_OK;

    if (C_DecapsulateKey == NULL)
        return CKR_FUNCTION_NOT_SUPPORTED;
    if (op->consent)
        rv = p11_login_context(lease, tracer, &op->pin, op->on_token);
    if (rv != CKR_OK)
        return rv;
    secret_template(&t, op->room);
    begun = p11_call_begin(tracer);
    rv = C_DecapsulateKey(lease->session, &mechanism, handle, t.attrs, t.count,
                          (CK_BYTE_PTR)(uintptr_t)op->data, op->data_len,
                          &secret);
    p11_call_end(tracer, "C_DecapsulateKey", rv, begun);
    return rv == CKR_OK ? read_secret(op, key, lease, secret) : rv;
}

static enum p11_lease_end end_of(const struct operation *op, CK_RV rv)
{
    const enum p11_lease_end end = p11_session_end_of(rv);
    const bool open = op->kept || (rv != CKR_OK && op->begun);

    return open && end == P11_LEASE_GOOD ? P11_LEASE_BROKEN : end;
}

static CK_RV attempt(struct p11_object *key,
                     const struct p11_pin_callback *callback,
                     operate_fn *operate, struct operation *op, uint64_t *seen)
{
    const struct p11_user user = p11_object_user(key, callback);
    struct p11_lease lease;
    CK_OBJECT_HANDLE handle;
    CK_RV rv = CKR_OK;

    *seen = atomic_load(&key->token->repairs);
    op->begun = false;
    op->kept = false;
    if (op->consent) {
        rv = p11_attach(key->p11, key->token);
        if (rv == CKR_OK)
            rv = p11_login_context_pin(key->token, &user, key->label, &op->pin,
                                       &op->on_token);
    }
    if (rv == CKR_OK)
        rv = p11_object_lease(key, callback, &lease, &handle, seen);
    if (rv == CKR_OK) {
        rv = p11_copy_of(key, &lease, &handle);
        if (rv == CKR_OK)
            rv = operate(op, key, &lease, handle);
        if (rv == CKR_OK && op->out_len > op->room)
            rv = P11R_OUTPUT;
        p11_session_return(&lease, &key->p11->tracer, end_of(op, rv));
    }
    if (op->consent)
        p11_pin_wipe(&op->pin);
    return rv;
}

static CK_RV run(struct p11_object *key,
                 const struct p11_pin_callback *callback, operate_fn *operate,
                 struct operation *op)
{
    uint64_t seen;
    CK_RV rv = attempt(key, callback, operate, op, &seen);

    if (rv != CKR_OK && p11_recover(key->p11, key->token, rv, seen))
        rv = attempt(key, callback, operate, op, &seen);
    return rv;
}

CK_RV p11_sign(struct p11_object *key, const CK_MECHANISM *mechanism,
               const uint8_t *data, size_t data_len, uint8_t *sig,
               size_t *sig_len, const struct p11_pin_callback *pin)
{
    struct operation op;
    CK_RV rv;

    op.mechanism = mechanism;
    op.data = data;
    op.data_len = data_len;
    op.out = sig;
    op.room = *sig_len;
    op.out_len = 0;
    op.consent = key->always_authenticate;
    rv = run(key, pin, sign, &op);
    if (rv == CKR_OK && op.out_len == 0)
        rv = P11R_OUTPUT; /* no signature is empty */
    *sig_len = rv == CKR_OK ? op.out_len : 0;
    return rv;
}

CK_RV p11_decrypt(struct p11_object *key, const CK_MECHANISM *mechanism,
                  const uint8_t *data, size_t data_len, uint8_t *out,
                  size_t *out_len, const struct p11_pin_callback *pin)
{
    struct operation op;
    CK_RV rv;

    op.mechanism = mechanism;
    op.data = data;
    op.data_len = data_len;
    op.out = out;
    op.room = *out_len;
    op.out_len = 0;
    op.consent = key->always_authenticate;
    rv = run(key, pin, decrypt, &op);
    *out_len = rv == CKR_OK ? op.out_len : 0;
    return rv;
}

/* A secret has the length that was asked for, or is none. These operations have
 * no Init after which the PIN of an always-authenticate key could be given: it
 * is asked for only where the token wants one in spite of that. */
static CK_RV run_secret(struct p11_object *key, operate_fn *operate,
                        struct operation *op,
                        const struct p11_pin_callback *pin)
{
    CK_RV rv = run(key, pin, operate, op);

    if (rv == CKR_USER_NOT_LOGGED_IN && key->always_authenticate) {
        op->consent = true;
        rv = run(key, pin, operate, op);
    }
    if (rv == CKR_OK && op->out_len != op->room)
        rv = P11R_OUTPUT;
    if (rv != CKR_OK)
        explicit_bzero(op->out, op->room);
    return rv;
}

CK_RV p11_derive(struct p11_object *key, const CK_MECHANISM *mechanism,
                 uint8_t *out, size_t out_len,
                 const struct p11_pin_callback *pin)
{
    struct operation op = {.mechanism = mechanism, .out = out, .room = out_len};

    return run_secret(key, derive, &op, pin);
}

CK_RV p11_decapsulate(struct p11_object *key, const CK_MECHANISM *mechanism,
                      const uint8_t *ciphertext, size_t ciphertext_len,
                      uint8_t *out, size_t out_len,
                      const struct p11_pin_callback *pin)
{
    struct operation op = {.mechanism = mechanism,
                           .data = ciphertext,
                           .data_len = ciphertext_len,
                           .out = out,
                           .room = out_len};

    return run_secret(key, decapsulate, &op, pin);
}
