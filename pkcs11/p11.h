/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of the PKCS#11 layer: modules, tokens, objects, one-shot operations.
 * Knows no OpenSSL, prints nothing, never exits.
 *
 * Threads: every function may be called by any thread at any time; no lock is
 * held while the module signs or decrypts. Fork: a child goes on with the same
 * objects; nothing is finalised in it. Ownership words: "borrows" = the callee
 * keeps nothing after it returns, "returns new" = the caller frees,
 * "up-refs" = the caller frees its own reference.
 *
 * Results are CK_RV: CKR_OK, what the token said, or one of P11R_* below, which
 * no Cryptoki version uses and which fit 23 bits (OpenSSL's reason codes).
 */
#ifndef PRIVYSEAL_P11_H
#define PRIVYSEAL_P11_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cryptoki3.h"

#define P11_CHECKED __attribute__((warn_unused_result))

enum p11_result {
    P11R_MODULE_MISSING = 0x00700001, /* no such file, or no Cryptoki module */
    P11R_NO_TOKEN,                    /* no token present matches the URI */
    P11R_NO_OBJECT,                   /* token found, object not */
    P11R_AMBIGUOUS,                   /* several private keys match */
    P11R_URI_INVALID,   /* not an RFC 7512 URI, or an attribute we refuse */
    P11R_PIN_MISSING,   /* a PIN is needed and no source has one */
    P11R_PIN_FINAL_TRY, /* not sent: a wrong PIN would lock the token */
    P11R_PIN_SOURCE,    /* a PIN source was named and cannot be read */
    P11R_TEMPLATE,      /* the token made a weaker key than was asked for */
    P11R_KEY_CHANGED,   /* found again by id, but its public numbers differ */
    P11R_SESSION_WAIT,  /* no session became free within the deadline */
    P11R_FORKED,        /* the module did not come back after fork */
    P11R_ATTRIBUTE,     /* the token answered an attribute of wrong form */
    P11R_OUTPUT,        /* the token claimed more output than fits */
    P11R_EXISTS,        /* a key, or a token, of this name is there already */
    P11R_REENTERED      /* a module has called us in the course of our call */
};

enum { P11_PIN_MAX = 256, P11_TEXT_MAX = 320, P11_ID_MAX = 64 };

struct p11;        /* modules and settings of one provider or one command */
struct p11_object; /* a key, certificate or public key found in a token */

/* What happened, for people: names the object and the cause, one line, no
 * secret. Filled on failure only; every function accepts NULL for it. */
struct p11_diag {
    char text[P11_TEXT_MAX];
};

/* ---- settings ---------------------------------------------------------- */

struct p11_module_conf {
    const char *name;      /* for messages; NULL: the path */
    const char *path;      /* file of the module */
    const char *init_args; /* pReserved of C_Initialize, or NULL */
};

struct p11_pin_conf {  /* a PIN for one token only */
    const char *token; /* a pkcs11: URI of a token, or a plain label */
    /* "file:PATH", a path, "value:PIN" or "credential:NAME" */
    const char *source;
};

enum p11_login { P11_LOGIN_AUTO, P11_LOGIN_ALWAYS, P11_LOGIN_NEVER };
enum p11_copies { P11_COPIES_AUTO, P11_COPIES_ON, P11_COPIES_OFF };

/* One call into the module has ended: its Cryptoki name, what it returned, how
 * long it took. Or a module, slot or token was passed over: then function is a
 * sentence of at most 120 octets that names it, rv is why, and the time 0.
 * Never a secret. Must not call back into p11. */
typedef void p11_trace_fn(void *arg, const char *function, CK_RV rv,
                          uint64_t microseconds);

struct p11_conf { /* borrowed by p11_new, which copies what it needs */
    const struct p11_module_conf *modules;
    size_t module_count; /* 0: the modules registered with p11-kit */
    const struct p11_pin_conf *pins;
    size_t pin_count;
    const char *pin_source;  /* default PIN source for any matched token */
    const char *credentials; /* folder of "credential:NAME", or NULL */
    bool pin_cache;          /* keep a PIN that a callback gave, locked */
    enum p11_login login;
    enum p11_copies copies;
    unsigned session_limit;   /* sessions a token, 0: what the token allows */
    unsigned session_wait_ms; /* at the limit, 0: 30 000 */
    p11_trace_fn *trace;
    void *trace_arg;
};

/* Returns new. Touches no module: that happens at first use. */
P11_CHECKED CK_RV p11_new(const struct p11_conf *conf, struct p11 **out);

/* Frees; objects still held stay valid until freed. Modules are finalised only
 * where that is safe (never at process exit, never in a forked child). */
void p11_free(struct p11 *p11);

/* ---- PINs -------------------------------------------------------------- */

struct p11_pin_request {
    const char *token_label;  /* trimmed */
    const char *token_serial; /* trimmed */
    const char *object_label; /* with context_specific only, else NULL */
    bool context_specific;    /* CKA_ALWAYS_AUTHENTICATE: once a signature */
};

/* Asked when no configured source has the PIN. Writes at most size octets to
 * pin (no terminator needed) and returns the count; 0 or -1 is none. One thread
 * asks for a token's PIN, the others wait and share what came of it. */
typedef ssize_t p11_pin_fn(void *arg, const struct p11_pin_request *request,
                           char *pin, size_t size);

struct p11_pin_callback {
    p11_pin_fn *get; /* NULL: never ask */
    void *arg;
};

/* ---- tokens ------------------------------------------------------------ */

struct p11_token_info {
    char label[33], manufacturer[33], model[17], serial[17]; /* trimmed */
    char slot_description[65], slot_manufacturer[33];        /* trimmed */
    char library_description[33], library_manufacturer[33];  /* trimmed */
    const char *module; /* name or path, valid during the call */
    CK_SLOT_ID slot;
    CK_FLAGS flags; /* CKF_* of CK_TOKEN_INFO */
    CK_VERSION firmware, hardware, library;
    CK_ULONG sessions, max_sessions;
};

/* Called for each token; returns false to stop. Must not keep info. */
typedef bool p11_token_fn(void *arg, const struct p11_token_info *info);

/* Each present token that matches uri (NULL: all), uninitialised ones too.
 * Finding none is CKR_OK. Slots are enumerated anew. */
P11_CHECKED CK_RV p11_tokens(struct p11 *p11, const char *uri,
                             p11_token_fn *each, void *arg,
                             struct p11_diag *diag);

typedef bool p11_mechanism_fn(void *arg, CK_MECHANISM_TYPE mechanism,
                              const CK_MECHANISM_INFO *info);

P11_CHECKED CK_RV p11_mechanisms(struct p11 *p11, const char *uri,
                                 p11_mechanism_fn *each, void *arg,
                                 struct p11_diag *diag);

/* Initialises the one token that uri matches, or, where uri is NULL, the first
 * uninitialised one: C_InitToken, then C_InitPIN as SO. Refuses an initialised
 * token (P11R_EXISTS) unless reinit. */
P11_CHECKED CK_RV p11_token_init(struct p11 *p11, const char *uri,
                                 const char *label, const char *so_pin,
                                 const char *pin, bool reinit,
                                 struct p11_diag *diag);

/* ---- objects ----------------------------------------------------------- */

enum { /* what p11_search looks for, OR-ed; 0: what the URI's type= says */
       P11_PRIVATE_KEY = 1,
       P11_PUBLIC_KEY = 2,
       P11_CERTIFICATE = 4,
       P11_SECRET_KEY = 8,
       P11_DATA = 16,
       P11_EVERY = 32 /* a listing: see p11_search */
};

/* Called with each object found; up-refs it if it keeps it. False stops. */
typedef bool p11_object_fn(void *arg, struct p11_object *object);

/* Objects that match uri (RFC 7512; unknown attribute: no match), one token
 * after the other. Logs in only for private classes, with the PIN of: the URI
 * (pin-value, pin-source), conf.pins for this token, conf.pin_source, callback.
 * Finding none is P11R_NO_TOKEN or P11R_NO_OBJECT. With one class given, the
 * second search for the same URI in a process costs one attribute read, or two
 * where p11_object_find_public was needed.
 *
 * Where private keys alone are looked for (by classes or type=) without
 * P11_EVERY, matches in several tokens are P11R_AMBIGUOUS, and diag lists them:
 * which of them signs would else hang on the order of slots. A token seen
 * through two modules is one. Several matches in one token are all handed out,
 * in the token's order, so that a caller can count or choose them by id. */
P11_CHECKED CK_RV p11_search(struct p11 *p11, const char *uri, unsigned classes,
                             const struct p11_pin_callback *pin,
                             p11_object_fn *each, void *arg,
                             struct p11_diag *diag);

/* Narrows a search; what is NULL is not asked for. */
struct p11_match {
    const uint8_t *subject, *issuer, *serial; /* DER, certificates only */
    size_t subject_len, issuer_len, serial_len;
    const uint8_t *id;
    size_t id_len;
    const char *label;
};

/* p11_search for those objects that also fit match (NULL: all). */
P11_CHECKED CK_RV p11_search_match(struct p11 *p11, const char *uri,
                                   unsigned classes,
                                   const struct p11_match *match,
                                   const struct p11_pin_callback *pin,
                                   p11_object_fn *each, void *arg,
                                   struct p11_diag *diag);

/* Creates an object in the one token that uri names: attrs, CKA_TOKEN, and the
 * URI's object= and id= where attrs lack them. Logs in where the token wants
 * it. Refuses an object of the same class, label and id (P11R_EXISTS). *out
 * (may be NULL) returns new. */
P11_CHECKED CK_RV p11_put(struct p11 *p11, const char *uri,
                          const CK_ATTRIBUTE *attrs, CK_ULONG count,
                          const struct p11_pin_callback *pin,
                          struct p11_object **out, struct p11_diag *diag);

struct p11_uri_says {
    unsigned classes; /* of type=: P11_PRIVATE_KEY...; 0: it has none */
    bool object;      /* it has object= or id= */
};

/* Whether uri is one of RFC 7512; touches no module. */
P11_CHECKED CK_RV p11_uri_check(const char *uri, struct p11_uri_says *says,
                                struct p11_diag *diag);

struct p11_object *p11_object_up_ref(struct p11_object *object);
void p11_object_free(struct p11_object *object);

/* Borrowed, valid as long as the object. */
CK_OBJECT_CLASS p11_object_class(const struct p11_object *object);
CK_KEY_TYPE p11_object_key_type(const struct p11_object *object);

/* An attribute read when the object was found (RSA: CKA_MODULUS,
 * CKA_PUBLIC_EXPONENT; EC, Edwards and Montgomery: CKA_EC_PARAMS, CKA_EC_POINT;
 * ML-DSA and ML-KEM: CKA_PARAMETER_SET, CKA_VALUE of the public key; private
 * keys: CKA_ALLOWED_MECHANISMS, CKA_PUBLIC_KEY_INFO; certificates and data:
 * CKA_VALUE; all: CKA_LABEL, CKA_ID), or NULL where the token has none or it is
 * empty. Borrowed, immutable. */
const CK_ATTRIBUTE *p11_object_attr(const struct p11_object *object,
                                    CK_ATTRIBUTE_TYPE type);

/* The object's RFC 7512 URI: token, serial, object, id, type; no PIN. */
const char *p11_object_uri(const struct p11_object *object);
const char *p11_object_token_label(const struct p11_object *object);

/* Reads one attribute from the token now, at most size octets; *len gets its
 * length. Sensitive ones answer CKR_ATTRIBUTE_SENSITIVE. */
P11_CHECKED CK_RV p11_object_read(struct p11_object *object,
                                  CK_ATTRIBUTE_TYPE type, void *value,
                                  size_t size, size_t *len);

/* Public numbers for a private key that carries none itself: taken from the
 * public key or certificate of the same CKA_ID in the same token, of the same
 * type. Once found it is remembered with private_key, and part of what that
 * must be when it is found again: P11R_KEY_CHANGED. *out up-refs. */
P11_CHECKED CK_RV p11_object_find_public(struct p11_object *private_key,
                                         struct p11_object **out);

/* Searches do not find the object by memory any more, but ask the token anew:
 * for objects whose numbers cannot be right. */
void p11_object_forget(struct p11_object *object);

/* Deletes the object from its token. */
P11_CHECKED CK_RV p11_object_destroy(struct p11_object *object);

/* ---- operations -------------------------------------------------------- */

/* C_SignInit + C_Sign, nothing else in the usual case. *sig_len: size in,
 * length out; sig must hold the key's whole output. After a lost session,
 * login, handle or token: found again by id, public numbers compared, tried
 * once more. The callback serves always-authenticate keys and a new login. */
P11_CHECKED CK_RV p11_sign(struct p11_object *key,
                           const CK_MECHANISM *mechanism, const uint8_t *data,
                           size_t data_len, uint8_t *sig, size_t *sig_len,
                           const struct p11_pin_callback *pin);

/* C_DecryptInit + C_Decrypt, the same rules. */
P11_CHECKED CK_RV p11_decrypt(struct p11_object *key,
                              const CK_MECHANISM *mechanism,
                              const uint8_t *data, size_t data_len,
                              uint8_t *out, size_t *out_len,
                              const struct p11_pin_callback *pin);

/* C_DeriveKey into a session secret of out_len octets, its value read and the
 * secret destroyed, or the session closed with it: three calls. The same rules,
 * but the callback serves an always-authenticate key only where the token will
 * not derive without: nothing comes before C_DeriveKey. out is wiped on
 * failure. */
P11_CHECKED CK_RV p11_derive(struct p11_object *key,
                             const CK_MECHANISM *mechanism, uint8_t *out,
                             size_t out_len,
                             const struct p11_pin_callback *pin);

/* C_DecapsulateKey (PKCS#11 3.2), otherwise as p11_derive;
 * CKR_FUNCTION_NOT_SUPPORTED where the module has no such interface. */
P11_CHECKED CK_RV p11_decapsulate(struct p11_object *key,
                                  const CK_MECHANISM *mechanism,
                                  const uint8_t *ciphertext,
                                  size_t ciphertext_len, uint8_t *out,
                                  size_t out_len,
                                  const struct p11_pin_callback *pin);

/* C_GenerateRandom of the first present token that matches uri (NULL: any);
 * one that is initialised and says that it has a generator goes before. out is
 * wiped on failure. */
P11_CHECKED CK_RV p11_random(struct p11 *p11, const char *uri, uint8_t *out,
                             size_t len, struct p11_diag *diag);

/* ---- key generation ---------------------------------------------------- */

enum p11_purpose {               /* the columns of docs/formats/keys.md */
                   P11_GENERAL,  /* as asked below */
                   P11_SIGNING,  /* authority, audit, licensor without unsealing
                                  */
                   P11_UNSEALING /* licensor that also decrypts, OAEP only */
};

struct p11_keygen {
    const char *uri;   /* names exactly one token; object= and id= are used */
    const char *label; /* instead of the URI's object=, or NULL */
    const uint8_t *id; /* instead of the URI's id=; neither: 16 random octets */
    size_t id_len;
    enum p11_purpose purpose;
    CK_KEY_TYPE key_type;     /* 0 is CKK_RSA */
    unsigned bits;            /* RSA modulus */
    const uint8_t *ec_params; /* DER of CKA_EC_PARAMS, for the EC types */
    size_t ec_params_len;
    CK_ULONG parameter_set; /* CKA_PARAMETER_SET of ML-DSA and ML-KEM */
    /* P11_GENERAL only, as the rest. None of them means all that the type can
     * (derive is ECDH, decrypt also decapsulation). */
    bool sign, decrypt, derive;
    bool extractable; /* also clears SENSITIVE */
    bool always_authenticate;
    const CK_MECHANISM_TYPE *allowed; /* CKA_ALLOWED_MECHANISMS, or NULL */
    size_t allowed_count;
    const char *start_date, *end_date; /* "YYYYMMDD", or NULL */
};

struct p11_birth { /* what was read back, and what the token would not take */
    bool local, never_extractable, always_sensitive;
    char refused[256]; /* "CKA_COPYABLE CKA_DESTROYABLE", or "" */
};

/* Makes a key pair in the token, reads it back, and destroys it again where
 * the token gave less than was demanded (P11R_TEMPLATE): a use more or less, a
 * key that leaves the token, one without the PIN or for other mechanisms than
 * were allowed. Dates are the token's affair. Refuses an id
 * or label that a private key there has already (P11R_EXISTS).
 * *out returns new, *birth is filled; birth may be NULL. */
P11_CHECKED CK_RV p11_generate(struct p11 *p11, const struct p11_keygen *keygen,
                               const struct p11_pin_callback *pin,
                               struct p11_object **out, struct p11_birth *birth,
                               struct p11_diag *diag);

/* ---- names ------------------------------------------------------------- */

/* "CKR_PIN_INCORRECT", "CKM_RSA_PKCS", "CKA_LABEL"; NULL if unknown. Static. */
const char *p11_rv_name(CK_RV rv);
const char *p11_mechanism_name(CK_MECHANISM_TYPE mechanism);
const char *p11_attribute_name(CK_ATTRIBUTE_TYPE attribute);

/* The mechanism of that name; false if unknown. */
bool p11_mechanism_of(const char *name, CK_MECHANISM_TYPE *out);

/* A sentence for people: "the PIN is wrong". Never NULL. Static. */
const char *p11_rv_text(CK_RV rv);

/* The n-th known result, for tables of reasons; false at the end. */
bool p11_rv_at(size_t n, CK_RV *rv, const char **name, const char **text);

#endif
