/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of token-dir=: one file for each pair or object, written whole,
 * synced, then linked or renamed into place, so that a kill at any time leaves
 * the old or the new state. Files that exist are changed under a lock file.
 * Without token-dir all of this does nothing. Needs the token's lock.
 */
#ifndef PRIVYSEAL_FAULT_STORE_H
#define PRIVYSEAL_FAULT_STORE_H

#include "conf.h"
#include "object.h"

/* The tokens: the first, the second (slots=2), the spare one. */
enum { STORE_TOKENS = 3, STORE_SPARE = 2 };

/* The token that all functions here and those of the objects' list are about.
 * The first one has the folder itself, the others have folders in it. */
void store_select(unsigned token);
unsigned store_selected(void);

struct store_identity {
    char label[FAULT_TEXT_MAX], pin[FAULT_TEXT_MAX], so_pin[FAULT_TEXT_MAX];
    bool initialized, has_pin;
};

/* Takes over what other processes have made, changed and removed. Objects
 * that are still there keep their handle and their address. */
CK_RV store_sync(void);

/* Makes new objects durable as one file: all of them or none. */
CK_RV store_add(struct object *const *objects, size_t count);

/* Locks the folder and syncs; then objects may be changed or taken off the
 * list; write makes what is left of that file durable (0: nothing to do). End
 * must follow a begin that gave CKR_OK. */
CK_RV store_begin(void);
CK_RV store_write(unsigned file);
void store_end(void);

/* Removes all files; objects stay in the list. Between begin and end. */
CK_RV store_clear(void);

/* The selected token's folder; false where its name is too long. */
bool store_folder(char *path, size_t size);

/* Forgets which files have been read, for another folder. */
void store_forget(void);

/* Load takes label and PINs of the settings where there is no file. */
void store_identity_load(struct store_identity *identity);
CK_RV store_identity_save(const struct store_identity *identity);
void store_identity_forget(void);

#endif
