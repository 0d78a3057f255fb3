/* SPDX-License-Identifier: Apache-2.0 */
/* Searches and reads. */
#include "find.h"

#include <stdlib.h>
#include <string.h>

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
    {CKA_SIGN, sizeof(CK_BBOOL)},
    {CKA_DECRYPT, sizeof(CK_BBOOL)},
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

#define COUNT(rows)      (sizeof(rows) / sizeof((rows)[0]))
#define ROWS(rows, core) rows, COUNT(rows), core
static const struct p11_class classes[] = {
    {P11_PRIVATE_KEY, CKO_PRIVATE_KEY, true, ROWS(private_rows, 8)},
    {P11_PUBLIC_KEY, CKO_PUBLIC_KEY, false, ROWS(public_rows, 7)},
    {P11_CERTIFICATE, CKO_CERTIFICATE, false, ROWS(certificate_rows, 4)},
    {P11_SECRET_KEY, CKO_SECRET_KEY, true, ROWS(secret_rows, 3)},
    {P11_DATA, CKO_DATA, false, ROWS(data_rows, 3)},
};
#undef ROWS
#undef COUNT

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

/* In one call where the buffers fit. */
static CK_RV read_whole(const struct p11_lease *lease,
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

/* What tokens say that refuse the whole for the sake of one attribute. */
static bool is_refusal(CK_RV rv)
{
    static const CK_RV rvs[] = {CKR_ATTRIBUTE_TYPE_INVALID,
                                CKR_ATTRIBUTE_SENSITIVE, CKR_ARGUMENTS_BAD,
                                CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR};

    for (size_t i = 0; i < sizeof(rvs) / sizeof(rvs[0]); i++) {
        if (rvs[i] == rv)
            return true;
    }
    return false;
}

/* Values read in several calls, in one block. */
static struct p11_attrs *join(const struct p11_attr_row *rows, size_t count,
                              struct p11_attrs *const *parts)
{
    struct p11_attr_row exact[ROWS_MAX] = {{0, 0}};
    struct p11_attrs *attrs;

    for (size_t i = 0; i < count; i++) {
        const CK_ATTRIBUTE *attr = p11_attrs_find(parts[i], rows[i].type);

        exact[i] = (struct p11_attr_row){rows[i].type,
                                         attr != NULL ? attr->ulValueLen : 0};
    }
    attrs = p11_attrs_new(exact, count);
    for (size_t i = 0; attrs != NULL && i < count; i++) {
        const CK_ATTRIBUTE *attr = p11_attrs_find(parts[i], rows[i].type);

        if (attr == NULL)
            attrs->attrs[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
        else if (attr->ulValueLen > 0)
            memcpy(attrs->attrs[i].pValue, attr->pValue, attr->ulValueLen);
    }
    return attrs;
}

/* Each in a call of its own. Where none is given, the object's fault it is
 * not: the result is what was said of the first. */
static CK_RV read_singly(const struct p11_lease *lease,
                         const struct p11_tracer *tracer,
                         const struct p11_attr_row *rows, size_t count,
                         CK_OBJECT_HANDLE handle, struct p11_attrs **out)
{
    struct p11_attrs *parts[ROWS_MAX] = {NULL};
    CK_RV rv = CKR_OK, refusal = CKR_OK;
    size_t read = 0;

    for (size_t i = 0; rv == CKR_OK && i < count; i++) {
        rv = read_whole(lease, tracer, &rows[i], 1, handle, &parts[i]);
        read += rv == CKR_OK;
        if (!is_refusal(rv))
            continue;
        refusal = refusal == CKR_OK ? rv : refusal;
        rv = CKR_OK;
    }
    if (rv == CKR_OK && read == 0)
        rv = refusal;
    if (rv == CKR_OK) {
        *out = join(rows, count, parts);
        rv = *out != NULL ? CKR_OK : CKR_HOST_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        p11_attrs_free(parts[i]);
    return rv;
}

CK_RV p11_read_rows(const struct p11_lease *lease,
                    const struct p11_tracer *tracer,
                    const struct p11_attr_row *rows, size_t count,
                    CK_OBJECT_HANDLE handle, struct p11_attrs **out)
{
    CK_RV rv;

    if (count > ROWS_MAX)
        return CKR_ARGUMENTS_BAD;
    rv = read_whole(lease, tracer, rows, count, handle, out);
    return is_refusal(rv) ? read_singly(lease, tracer, rows, count, handle, out)
                          : rv;
}

/* How the attributes of a class are read, from the first that a token takes. */
enum { READ_ALL, READ_CORE, READ_SINGLY, READINGS };

static CK_RV read_by(unsigned reading, const struct p11_lease *lease,
                     const struct p11_tracer *tracer,
                     const struct p11_class *class, CK_OBJECT_HANDLE handle,
                     struct p11_attrs **out)
{
    if (reading == READ_SINGLY)
        return read_singly(lease, tracer, class->rows, class->row_count, handle,
                           out);
    return read_whole(lease, tracer, class->rows,
                      reading == READ_ALL ? class->row_count
                                          : class->core_count,
                      handle, out);
}

CK_RV p11_read(const struct p11_lease *lease, const struct p11_tracer *tracer,
               const struct p11_class *class, CK_OBJECT_HANDLE handle,
               struct p11_attrs **out)
{
    const unsigned known = atomic_load(&lease->token->reading);
    struct p11_attrs *less = NULL;
    unsigned reading = known;
    CK_RV again, rv = read_by(known, lease, tracer, class, handle, out);

    if (!is_refusal(rv) || known == READ_SINGLY)
        return rv;
    for (again = rv; is_refusal(again) && ++reading < READINGS;)
        again = read_by(reading, lease, tracer, class, handle, &less);
    if (again != CKR_OK)
        return is_refusal(again) ? rv : again;
    /* Was it the attributes, or something that has passed? */
    rv = read_by(known, lease, tracer, class, handle, out);
    if (!is_refusal(rv)) {
        p11_attrs_free(less);
        return rv;
    }
    atomic_store(&lease->token->reading, reading);
    *out = less;
    return CKR_OK;
}
