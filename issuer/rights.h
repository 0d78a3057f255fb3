/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an author allows and what of it is somebody's: terms as rights of a
 * template or of rights data (MS-RMPR 2.2.9.8.5, 2.2.9.10.4), and such rights
 * as those of a use license (3.4.4.1). Pure, like xrml.h.
 */
#ifndef PRIVYSEAL_RIGHTS_H
#define PRIVYSEAL_RIGHTS_H

#include "license.h"

enum {
    ISS_RIGHT_MAX = 40, /* octets of a name */
    ISS_RIGHTS_GRANTED_MAX = ISS_GRANTS_MAX - 1
};

/* The name in upper case: VIEW, PRINT, EDIT, EXPORT, EXTRACT, FORWARD, REPLY,
 * REPLYALL, DOCEDIT, OBJMODEL, VIEWRIGHTSDATA, OWNER, or one of somebody's own:
 * a letter, then letters, digits, '-', '_' and '.'. False: no such name. */
bool iss_right_name(const char *name, char out[static ISS_RIGHT_MAX + 1]);

/* Whether text is "LCID n:NAME x:DESCRIPTION y;", once or several times. */
bool iss_policy_text_good(const char *text);

struct iss_rights { /* owned; borrows mail addresses from the terms */
    size_t count;
    struct xrml_right *rights;
    char (*names)[ISS_RIGHT_MAX + 1];
};
void iss_rights_clear(struct iss_rights *rights);

/* The grants of terms: OWNER to the owner first, then each as it stands; one
 * that is there twice, once. ISS_MALFORMED: a name, mail address, range or
 * interval that is none; more than ISS_RIGHTS_GRANTED_MAX; one right to one
 * user under two conditions. */
ISS_CHECKED enum iss_status iss_rights_of_terms(const struct iss_terms *terms,
                                                struct iss_rights *rights,
                                                struct iss_error *error);

struct iss_holder { /* who asks; all borrowed */
    const char *id_type, *id;
    const char *mail; /* compared without case */
    bool owner;       /* of the content: all rights, whatever is written */
};

/* Whether two mail addresses are the same: without case in ASCII. NULL and ""
 * are the same as nothing. */
bool iss_mail_same(const char *a, const char *b);

/* The rights of rights data or of a template that are the holder's, as a use
 * license has them: to its principal, each within all ranges that apply and
 * within the license's own, one that another covers left out; OWNER alone where
 * it is among them. Returns how many, at most XRML_RIGHTS_MAX; names are
 * borrowed from said. 0: none holds at that time. */
size_t iss_rights_held(const struct xrml_license *said,
                       const struct iss_holder *holder,
                       const struct xrml_range *within, int64_t now,
                       struct xrml_right held[static XRML_RIGHTS_MAX]);

#endif
