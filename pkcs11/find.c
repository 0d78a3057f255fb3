/* SPDX-License-Identifier: Apache-2.0 */
/* Searches and reads. */
#include "find.h"

#include <stdlib.h>

enum { BATCH = 64, HANDLES_MAX = 1 << 20, VALUE_MAX = 1 << 20, ROWS_MAX = 24 };

static const struct p11_attr_row private_rows[] = {
    {CKA_ID, P11_ID_MAX},
    {CKA_LABEL, 256},
    {CKA_KEY_TYPE, sizeof(CK_KEY_TYPE)},
    {CKA_MODULUS, 1024},
    {CKA_PUBLIC_EXPONENT, 64},
    {CKA_ALWAYS_AUTHENTICATE, sizeof(CK_BBOOL)},
    {CKA_EC_PARAMS, 512},
    {CKA_EC_POINT, 256},
    {CKA_PARAMETER_SET, sizeof(CK_ULONG)},
    {CKA_ALLOWED_MECHANISMS, 64 * sizeof(CK_MECHANISM_TYPE)},
    {CKA_PUBLIC_KEY_INFO, 3072},
};
static const struct p11_attr_row public_rows[] = {
    {CKA_ID, P11_ID_MAX},
    {CKA_LABEL, 256},
    {CKA_KEY_TYPE, sizeof(CK_KEY_TYPE)},
    {CKA_MODULUS, 1024},
    {CKA_PUBLIC_EXPONENT, 64},
    {CKA_EC_PARAMS, 512},
    {CKA_EC_POINT, 256},
    {CKA_PARAMETER_SET, sizeof(CK_ULONG)},
    {CKA_VALUE, 2720}, /* of ML-DSA and ML-KEM */
};
static const struct p11_attr_row certificate_rows[] = {
    {CKA_ID, P11_ID_MAX},
    {CKA_LABEL, 256},
    {CKA_CERTIFICATE_TYPE, sizeof(CK_CERTIFICATE_TYPE)},
    {CKA_VALUE, 8192},
};
static const struct p11_attr_row secret_rows[] = {
    {CKA_ID, P11_ID_MAX},
    {CKA_LABEL, 256},
    {CKA_KEY_TYPE, sizeof(CK_KEY_TYPE)},
};
static const struct p11_attr_row data_rows[] = {
    {CKA_LABEL, 256},
    {CKA_APPLICATION, 256},
    {CKA_VALUE, 4096},
};

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])
static const struct p11_class classes[] = {
    {P11_PRIVATE_KEY, CKO_PRIVATE_KEY, true, ROWS(private_rows)},
    {P11_PUBLIC_KEY, CKO_PUBLIC_KEY, false, ROWS(public_rows)},
    {P11_CERTIFICATE, CKO_CERTIFICATE, false, ROWS(certificate_rows)},
    {P11_SECRET_KEY, CKO_SECRET_KEY, true, ROWS(secret_rows)},
    {P11_DATA, CKO_DATA, false, ROWS(data_rows)},
};
#undef ROWS

const struct p11_class *p11_class_at(size_t n)
{
    return n < sizeof(classes) / sizeof(classes[0]) ? &classes[n] : NULL;
}

const struct p11_class *p11_class_of(CK_OBJECT_CLASS class)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].class == class)
            return &classes[i];
    }
    return NULL;
}

enum p11_lease_end p11_find_end_of(CK_RV rv)
{
    const enum p11_lease_end end = p11_session_end_of(rv);

    return rv != CKR_OK && end == P11_LEASE_GOOD ? P11_LEASE_BROKEN : end;
}

/* ---- finding ----------------------------------------------------------- */

/* Fewer than asked for means that there are no more. */
static CK_RV collect(const struct p11_lease *lease,
                     const struct p11_tracer *tracer, struct p11_handles *found)
{
    CK_ULONG got = BATCH;

    while (got == BATCH) {
        CK_OBJECT_HANDLE *more;
        CK_RV rv;

        if (found->count > HANDLES_MAX)
            return CKR_HOST_MEMORY;
        more = realloc(found->handles, (found->count + BATCH) * sizeof(*more));
        if (more == NULL)
            return CKR_HOST_MEMORY;
        found->handles = more;
        got = 0;
        P11_CALL(rv, tracer, lease->token->module->fn, C_FindObjects,
                 (lease->session, found->handles + found->count, BATCH, &got));
        if (rv != CKR_OK)
            return rv;
        if (got > BATCH)
            return CKR_GENERAL_ERROR;
        found->count += got;
    }
    return CKR_OK;
}

CK_RV p11_find_more(const struct p11_lease *lease,
                    const struct p11_tracer *tracer,
                    const struct p11_class *class, const CK_ATTRIBUTE *attrs,
                    CK_ULONG count, struct p11_handles *found)
{
    const CK_FUNCTION_LIST *fn = lease->token->module->fn;
    CK_OBJECT_CLASS sought = class->class;
    CK_BBOOL in_token = CK_TRUE;
    CK_ATTRIBUTE sieve[2 + P11_FIND_MAX] = {
        {CKA_TOKEN, &in_token, sizeof(in_token)},
        {CKA_CLASS, &sought, sizeof(sought)}};
    CK_RV rv, ended;

    *found = (struct p11_handles){NULL, 0};
    if (count > P11_FIND_MAX)
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < count; i++)
        sieve[2 + i] = attrs[i];
    P11_CALL(rv, tracer, fn, C_FindObjectsInit,
             (lease->session, sieve, 2 + count));
    if (rv != CKR_OK)
        return rv;
    rv = collect(lease, tracer, found);
    P11_CALL(ended, tracer, fn, C_FindObjectsFinal, (lease->session));
    if (rv == CKR_OK)
        rv = ended;
    if (rv != CKR_OK) {
        free(found->handles);
        *found = (struct p11_handles){NULL, 0};
    }
    return rv;
}

CK_RV p11_find(const struct p11_lease *lease, const struct p11_tracer *tracer,
               const struct p11_class *class, const CK_ATTRIBUTE *id,
               const CK_ATTRIBUTE *label, struct p11_handles *found)
{
    CK_ATTRIBUTE attrs[2];
    CK_ULONG count = 0;

    if (id != NULL)
        attrs[count++] = (CK_ATTRIBUTE){CKA_ID, id->pValue, id->ulValueLen};
    if (label != NULL)
        attrs[count++] =
            (CK_ATTRIBUTE){CKA_LABEL, label->pValue, label->ulValueLen};
    return p11_find_more(lease, tracer, class, attrs, count, found);
}

/* ---- reading ----------------------------------------------------------- */

static CK_RV read_once(const struct p11_lease *lease,
                       const struct p11_tracer *tracer,
                       const struct p11_attr_row *rows, size_t count,
                       CK_OBJECT_HANDLE handle, struct p11_attrs **out)
{
    struct p11_attrs *attrs = p11_attrs_new(rows, count);
    CK_RV rv;

    if (attrs == NULL)
        return CKR_HOST_MEMORY;
    P11_CALL(rv, tracer, lease->token->module->fn, C_GetAttributeValue,
             (lease->session, handle, attrs->attrs, attrs->count));
    rv = p11_attrs_judge(attrs, rows, rv);
    if (rv != CKR_OK) {
        p11_attrs_free(attrs);
        return rv;
    }
    *out = attrs;
    return CKR_OK;
}

/* Asks for the lengths, and makes room for them. */
static CK_RV measure(const struct p11_lease *lease,
                     const struct p11_tracer *tracer,
                     const struct p11_attr_row *rows, size_t count,
                     CK_OBJECT_HANDLE handle, struct p11_attr_row *roomy)
{
    CK_ATTRIBUTE attrs[ROWS_MAX];
    CK_RV rv;

    for (size_t i = 0; i < count; i++)
        attrs[i] = (CK_ATTRIBUTE){rows[i].type, NULL, 0};
    P11_CALL(rv, tracer, lease->token->module->fn, C_GetAttributeValue,
             (lease->session, handle, attrs, count));
    if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID &&
        rv != CKR_ATTRIBUTE_SENSITIVE)
        return rv;
    for (size_t i = 0; i < count; i++) {
        const CK_ULONG len = attrs[i].ulValueLen;

        roomy[i] = rows[i];
        if (len == CK_UNAVAILABLE_INFORMATION || len <= rows[i].room)
            continue;
        if (len > VALUE_MAX)
            return P11R_ATTRIBUTE;
        roomy[i].room = len;
    }
    return CKR_OK;
}

CK_RV p11_read_rows(const struct p11_lease *lease,
                    const struct p11_tracer *tracer,
                    const struct p11_attr_row *rows, size_t count,
                    CK_OBJECT_HANDLE handle, struct p11_attrs **out)
{
    struct p11_attr_row roomy[ROWS_MAX];
    CK_RV rv;

    if (count > ROWS_MAX)
        return CKR_ARGUMENTS_BAD;
    rv = read_once(lease, tracer, rows, count, handle, out);
    if (rv != CKR_BUFFER_TOO_SMALL)
        return rv;
    rv = measure(lease, tracer, rows, count, handle, roomy);
    if (rv == CKR_OK)
        rv = read_once(lease, tracer, roomy, count, handle, out);
    return rv;
}

CK_RV p11_read(const struct p11_lease *lease, const struct p11_tracer *tracer,
               const struct p11_class *class, CK_OBJECT_HANDLE handle,
               struct p11_attrs **out)
{
    return p11_read_rows(lease, tracer, class->rows, class->row_count, handle,
                         out);
}
