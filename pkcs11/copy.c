/* SPDX-License-Identifier: Apache-2.0 */
/* Session copies of keys. */
#include "copy.h"

#include "copies.h"

#include <string.h>

enum { CHECK_US = 1000000 };

/* Makers of tokens measured to gain, or how their names begin. */
static const char *const gainers[] = {"SoftHSM", "Mozilla Foundation", "IBM"};

static bool gains(const struct p11_token *token)
{
    const unsigned char *maker = token->info.manufacturerID;

    for (size_t i = 0; i < sizeof(gainers) / sizeof(gainers[0]); i++) {
        if (memcmp(maker, gainers[i], strlen(gainers[i])) == 0)
            return true;
    }
    return false;
}

static bool wanted(const struct p11_object *key)
{
    if (key->p11->copies == P11_COPIES_OFF || key->always_authenticate ||
        !key->class->private)
        return false;
    return key->p11->copies == P11_COPIES_ON || gains(key->token);
}

/* ---- making ------------------------------------------------------------ */

/* The session that holds the copies of this era. The token's copy lock is
 * claimed; the lease is the mark. */
static CK_RV hold(struct p11_token *token, const struct p11_lease *lease,
                  const struct p11_tracer *tracer)
{
    const uint32_t era = p11_era(lease->generation);
    CK_RV rv;

    if (token->copies.session != CK_INVALID_HANDLE && token->copies.era == era)
        return CKR_OK;
    if (p11_era(atomic_load(&token->generation)) != era)
        return CKR_SESSION_HANDLE_INVALID; /* it has ended meanwhile */
    token->copies.session = CK_INVALID_HANDLE;
    token->copies.era = era;
    P11_CALL(rv, tracer, token->module->fn, C_OpenSession,
             (atomic_load(&token->slot), CKF_SERIAL_SESSION, NULL, NULL,
              &token->copies.session));
    if (rv != CKR_OK)
        token->copies.session = CK_INVALID_HANDLE;
    return rv;
}

/* As secret as the key, and of the same kind and use. */
static bool is_faithful(const struct p11_lease *lease,
                        const struct p11_tracer *tracer, CK_OBJECT_HANDLE key,
                        CK_OBJECT_HANDLE copy)
{
    static const struct p11_attr_row rows[] = {
        {CKA_SENSITIVE, sizeof(CK_BBOOL)},
        {CKA_EXTRACTABLE, sizeof(CK_BBOOL)},
        {CKA_KEY_TYPE, sizeof(CK_KEY_TYPE)},
        {CKA_SIGN, sizeof(CK_BBOOL)},
        {CKA_DECRYPT, sizeof(CK_BBOOL)},
        {CKA_DERIVE, sizeof(CK_BBOOL)},
        {CKA_MODULUS, 1024},
        {CKA_EC_PARAMS, 512},
    };
    const size_t count = sizeof(rows) / sizeof(rows[0]);
    struct p11_attrs *of_key = NULL, *of_copy = NULL;
    const bool read =
        p11_read_rows(lease, tracer, rows, count, key, &of_key) == CKR_OK &&
        p11_read_rows(lease, tracer, rows, count, copy, &of_copy) == CKR_OK;
    bool same = read;

    for (size_t i = 0; i < count; i++)
        same = same && p11_attr_equal(p11_attrs_find(of_key, rows[i].type),
                                      p11_attrs_find(of_copy, rows[i].type));
    p11_attrs_free(of_key);
    p11_attrs_free(of_copy);
    return same;
}

static CK_OBJECT_HANDLE make(struct p11_object *key,
                             const struct p11_lease *lease,
                             CK_OBJECT_HANDLE original)
{
    static const char label[] = "copy of a session";
    const struct p11_tracer *tracer = &key->p11->tracer;
    struct p11_token *token = key->token;
    CK_OBJECT_HANDLE copy = CK_INVALID_HANDLE;
    struct p11_template t;
    CK_RV rv = hold(token, lease, tracer);

    if (rv != CKR_OK)
        return CK_INVALID_HANDLE;
    p11_template_clear(&t);
    p11_template_bool(&t, CKA_TOKEN, false);
    p11_template_octets(&t, CKA_LABEL, label, sizeof(label) - 1);
    P11_CALL(rv, tracer, token->module->fn, C_CopyObject,
             (token->copies.session, original, t.attrs, t.count, &copy));
    if (rv != CKR_OK)
        return CK_INVALID_HANDLE;
    if (is_faithful(lease, tracer, original, copy))
        return copy;
    P11_CALL(rv, tracer, token->module->fn, C_DestroyObject,
             (token->copies.session, copy));
    return CK_INVALID_HANDLE;
}

/* What was made in the session of the copies is there as long as that is, and
 * nobody else's: when handles became doubtful (the login went and came), when
 * the key is used no more. */
static void unmake(struct p11_object *key, const struct p11_tracer *tracer)
{
    const struct p11_copy_session *copies = &key->token->copies;
    const CK_OBJECT_HANDLE copy = atomic_load(&key->copy);
    CK_RV rv;

    if (copy == CK_INVALID_HANDLE || copies->session == CK_INVALID_HANDLE ||
        key->copy_home != copies->session || key->copy_era != copies->era)
        return;
    P11_CALL(rv, tracer, key->token->module->fn, C_DestroyObject,
             (copies->session, copy));
    (void)rv; /* gone is what it should be */
}

void p11_copy_end(struct p11_object *key)
{
    static const struct p11_tracer quiet = {NULL, NULL}; /* may be gone */
    struct p11_token *token = key->token;

    if (atomic_load(&key->copy) == CK_INVALID_HANDLE || p11_module_exiting() ||
        p11_gate_inside())
        return;
    p11_gate_enter();
    if (p11_copies_claim(token, true)) {
        if (key->copy_era == p11_era(atomic_load(&token->generation)))
            unmake(key, &quiet);
        atomic_store(&key->copy_generation, 0);
        atomic_store(&key->copy, CK_INVALID_HANDLE);
        p11_copies_unclaim(token);
    }
    p11_gate_leave();
}

/* One thread makes it; the others use the key itself meanwhile. */
static void try_once(struct p11_object *key, const struct p11_lease *lease,
                     CK_OBJECT_HANDLE original)
{
    if (!p11_copies_claim(key->token, false))
        return;
    if (atomic_load(&key->copy_generation) != lease->generation) {
        const CK_OBJECT_HANDLE copy = make(key, lease, original);

        atomic_store(&key->copy_generation, 0);
        unmake(key, &key->p11->tracer);
        atomic_store(&key->copy, copy);
        key->copy_home = key->token->copies.session;
        key->copy_era = key->token->copies.era;
        atomic_store(&key->copy_checked_us, p11_gate_now_us());
        atomic_store(&key->copy_generation, lease->generation);
    }
    p11_copies_unclaim(key->token);
}

/* ---- using ------------------------------------------------------------- */

static CK_RV check(struct p11_object *key, const struct p11_lease *lease,
                   CK_OBJECT_HANDLE original)
{
    uint64_t checked = atomic_load(&key->copy_checked_us);
    const uint64_t now = p11_gate_now_us();
    CK_OBJECT_CLASS class;
    CK_ATTRIBUTE attr = {CKA_CLASS, &class, sizeof(class)};
    CK_RV rv;

    if (now - checked < CHECK_US ||
        !atomic_compare_exchange_strong(&key->copy_checked_us, &checked, now))
        return CKR_OK;
    P11_CALL(rv, &key->p11->tracer, key->token->module->fn, C_GetAttributeValue,
             (lease->session, original, &attr, 1));
    if (rv != CKR_OK)
        atomic_store(&key->copy_generation, 0);
    return rv;
}

CK_RV p11_copy_of(struct p11_object *key, const struct p11_lease *lease,
                  CK_OBJECT_HANDLE *handle)
{
    CK_OBJECT_HANDLE copy;
    CK_RV rv;

    if (atomic_load_explicit(&key->copies, memory_order_relaxed) ==
        P11_COPYING_UNKNOWN)
        atomic_store(&key->copies, wanted(key) ? P11_COPYING : P11_NO_COPYING);
    if (atomic_load_explicit(&key->copies, memory_order_relaxed) != P11_COPYING)
        return CKR_OK;
    if (atomic_load(&key->copy_generation) != lease->generation)
        try_once(key, lease, *handle);
    /* Looked at before and after: another thread may be writing the handle. */
    if (atomic_load(&key->copy_generation) != lease->generation)
        return CKR_OK;
    copy = atomic_load(&key->copy);
    if (atomic_load(&key->copy_generation) != lease->generation ||
        copy == CK_INVALID_HANDLE)
        return CKR_OK;
    rv = check(key, lease, *handle);
    if (rv == CKR_OK)
        *handle = copy;
    return rv;
}
