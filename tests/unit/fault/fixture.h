/* SPDX-License-Identifier: Apache-2.0 */
/* Loads privyseal-fault.so into the test and starts tokens in it. */
#ifndef PRIVYSEAL_FAULT_FIXTURE_H
#define PRIVYSEAL_FAULT_FIXTURE_H

#include "unit.h"

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>

struct fixture { /* the functions of fault.h, by dlsym */
    void (*reset)(void);
    unsigned long (*count)(const char *function);
    int (*rule)(const char *rule);
    void (*clear_rules)(void);
    int (*set)(const char *settings);
    void (*stale)(void);
    void (*renumber)(void);
    void (*logout)(void);
    void (*remove)(void);
    void (*insert)(void);
    void (*appear)(void);
    unsigned long (*sessions)(void);
    unsigned long (*operations)(void);
    unsigned long (*violations)(char *text, size_t size);
    void (*write_counts)(void);
};

extern struct fixture fault;
extern CK_FUNCTION_LIST *ck;

enum { FIXTURE_SIG_MAX = 1024 };

/* Finds the module's functions; every test that does not start begins so. */
void fixture_load(void);

/* C_Initialize, with settings that no earlier test had: a new token. */
CK_RV fixture_initialize(const char *settings);

/* With the settings of the last time: the same token. */
CK_RV fixture_again(void);

/* A new token, a read-write session, and the user logged in. */
CK_SESSION_HANDLE fixture_start(const char *settings);
CK_SESSION_HANDLE fixture_session(void);

/* Clears rules and violations, closes everything. */
void fixture_stop(void);

/* Asserts that the caller has broken no rule of Cryptoki. */
void fixture_no_violation(void);
/* Asserts that exactly one was counted, whose text has these words. */
void fixture_one_violation(const char *words);

struct fixture_pair {
    CK_OBJECT_HANDLE public_key, private_key;
};

/* A 1024-bit pair (small, for speed) on the token; extra goes to the private
 * key's template. */
CK_RV fixture_pair(CK_SESSION_HANDLE session, CK_BYTE id,
                   const CK_ATTRIBUTE *extra, CK_ULONG count,
                   struct fixture_pair *pair);

CK_RV fixture_sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type,
                   CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG *len);

/* Whether sig is what fixture_sign makes by CKM_RSA_PKCS or
 * CKM_SHA256_RSA_PKCS, by libcrypto. */
bool fixture_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key,
                    CK_MECHANISM_TYPE type, const CK_BYTE *sig, CK_ULONG len);

/* The key's public half in libcrypto. Returns new. */
EVP_PKEY *fixture_public(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);

/* One attribute; the length, or -1 where the token answers an error. */
long fixture_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                  CK_ATTRIBUTE_TYPE type, void *value, size_t size);
int fixture_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                 CK_ATTRIBUTE_TYPE type);

/* How many objects match; the first ones in found (may be NULL). */
CK_ULONG fixture_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template,
                      CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG max);

/* Runs the function in a child; its wait status. */
int fixture_child(int (*run)(void *arg), void *arg);

/* "KEY=FOLDER" and the like, to be freed. */
char *fixture_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The input of fixture_sign. */
extern const CK_BYTE fixture_input[20];

#define FIXTURE_TRUE(type)              \
    {                                   \
        (type), &(CK_BBOOL){CK_TRUE}, 1 \
    }
#define FIXTURE_FALSE(type)              \
    {                                    \
        (type), &(CK_BBOOL){CK_FALSE}, 1 \
    }

#endif
