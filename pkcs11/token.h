/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: identity, slot, sessions, login. A token is known by its serial
 * number, label, manufacturer and model; the slot it sits in may change. It
 * lives as long as its module.
 *
 * Generations: whatever makes object handles doubtful counts the low half up,
 * whatever makes sessions doubtful the high half too. A handle or session is
 * good while its generation is the token's.
 */
#ifndef PRIVYSEAL_P11_TOKEN_H
#define PRIVYSEAL_P11_TOKEN_H

#include "module.h"
#include "pin.h"
#include "session.h"
#include "uri.h"

struct p11_copy_session {      /* the session that holds copies of keys */
    atomic_bool busy;          /* a thread has what follows */
    CK_SESSION_HANDLE session; /* of the era, or none */
    uint32_t era;
};

struct p11_token {
    struct p11_module *module;
    char label[33], serial[17]; /* trimmed; immutable */
    CK_TOKEN_INFO info;         /* identity: immutable; flags: of first sight */
    struct p11_token *next;     /* immutable */
    _Atomic(CK_SLOT_ID) slot;
    atomic_bool present;
    bool placed;         /* of the thread that enumerates */
    atomic_uint reading; /* how attributes are read (find.c) */
    atomic_uint_least64_t generation;
    atomic_uint_least64_t repairs; /* counts recoveries */
    pthread_mutex_t lock; /* of what follows, and of sessions.waiters */
    pthread_cond_t changed;
    bool busy;           /* a thread logs in or recovers */
    bool logged_in;      /* nothing more is to be done for private objects */
    bool takes_login;    /* the token knows public and user sessions */
    bool was_logged_in;  /* by us, ever: the token may still know */
    uint64_t prompts;    /* people were asked, in vain: counts */
    CK_RV prompted;      /* what came of the last of these */
    uint64_t refused[8]; /* marks of PINs that were refused, 0: none */
    size_t refused_count;
    uint64_t recovered_us; /* last full recovery */
    CK_FLAGS seen_flags;   /* of the last enumeration */
    uint64_t seen_us;      /* when that began to read them; 0: used up */
    uint64_t tried_us;     /* when the token last answered to a PIN */
    struct p11_sessions sessions;
    struct p11_copy_session copies;
};

static inline uint32_t p11_era(uint64_t generation)
{
    return (uint32_t)(generation >> 32);
}

/* Looks at all slots of the module anew (it is ready). Where nothing shows a
 * change, within max_age_us of the last look, does nothing. */
P11_CHECKED CK_RV p11_token_enumerate(struct p11_module *module,
                                      const struct p11_tracer *tracer,
                                      uint64_t max_age_us);

/* Serial number, label, manufacturer, model, and whether initialised. */
bool p11_token_same(const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b);

/* Present, and what the URI says of it and its slot is so. Asks the module for
 * its slot where the URI does. The caller has no mark and no lock. */
bool p11_token_matches(struct p11_token *token, const struct p11_tracer *tracer,
                       const struct p11_uri *uri);

/* Sessions and handles are lost; the login with them. */
void p11_token_new_era(struct p11_token *token);

/* Object handles are doubtful; where logged_out, the login is lost. */
void p11_token_new_generation(struct p11_token *token, bool logged_out);

/* Trims a blank-padded field into text of size octets. */
void p11_token_trim(char *text, size_t size, const unsigned char *field,
                    size_t len);

/* For the gate: how many sessions of the token are leased. */
unsigned p11_token_leases(struct p11_token *token);

/* For the gate: in a forked child. The lock is held, and is released. */
void p11_token_in_child(struct p11_token *token);

/* Frees; the module is not called. */
void p11_token_free(struct p11_token *token);

#endif
