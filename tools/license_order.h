/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What license is asked for, by the options of license rac, clc, pl, ul,
 * template, or by a line of license batch: read into an order.
 */
#ifndef PRIVYSEAL_TOOL_LICENSE_ORDER_H
#define PRIVYSEAL_TOOL_LICENSE_ORDER_H

#include "issuer/license.h"
#include "option.h"

struct tool_order { /* owns what order points to, beside the options */
    struct iss_license_order order; /* with its nonce, always */
    uint8_t nonce[ISS_LICENSE_NONCE_SIZE];
    char user[XRML_NAME_MAX + 1]; /* whom it is for: of --user, of the RAC;
                                     "" where it is for nobody in particular */
    char *machine, *rac, *pl, *pattern; /* files */
    char *text;                         /* of the terms */
    struct xrml_anchors *revokers;      /* keys in the terms */
    char *words;                        /* lists of options, cut up */
    uint8_t key[ISS_CONTENT_KEY_MAX];   /* content key */
    bool key_wanted;                    /* none was named: one is to be made,
                                           by tool_order_key */
    bool key_fresh;                     /* it was */
    struct iss_terms terms;
    struct iss_grant grants[ISS_GRANTS_MAX];
};

/* Reads the options that license KIND takes, and the files that they name. No
 * --nonce: a random one. *out returns new; it borrows from options. ISS_USAGE:
 * what is missing, or cannot be so; a file that is not there. ISS_MALFORMED: a
 * file that holds no such thing. Each error names the option or the file. */
ISS_CHECKED enum iss_status tool_order_read(const struct tool_options *options,
                                            enum iss_license_kind kind,
                                            struct tool_order **out,
                                            struct iss_error *error);
/* Wipes the content key. */
void tool_order_free(struct tool_order *order);

/* A content key for an order that names none, kept in the file path: the key
 * that is there already, else a new AES-256 key, written with mode 0600. */
ISS_CHECKED enum iss_status tool_order_key(struct tool_order *order,
                                           const char *path,
                                           struct iss_error *error);

/* The same for a rehearsal: a new key is made up and kept nowhere. */
ISS_CHECKED enum iss_status tool_order_key_rehearse(struct tool_order *order,
                                                    const char *path,
                                                    struct iss_error *error);

/* Takes the key that was made for an order away again, where status is a
 * refusal: nothing was issued with it. After any other failure the journal may
 * hold the order, which goes on with the same key. */
void tool_order_key_drop(const struct tool_order *order, const char *path,
                         enum iss_status status);

/* Where the license goes: --out, a file; a folder, the current one by default,
 * where it has a name of its own: ANNA@EXAMPLE.ORG.rac.xml, .clc.xml; of a PL
 * OWNER-NONCE.pl.xml; of a UL PL.USER.ul.xml; NAME.template.xml. ISS_USAGE: too
 * long. */
enum { TOOL_ORDER_PATH_SIZE = 4096 };
ISS_CHECKED enum iss_status
tool_order_path(const struct tool_order *order,
                const struct tool_options *options,
                char out[static TOOL_ORDER_PATH_SIZE], struct iss_error *error);

#endif
