/* SPDX-License-Identifier: Apache-2.0 */
/* Locks between processes on octets of one file of the store: number 0 is the
 * making of a store, n the signing of INTENT n. The kernel drops them when
 * their process ends, however it ends. */
#ifndef PRIVYSEAL_LOCK_H
#define PRIVYSEAL_LOCK_H

#include "issuer.h"

enum { ISS_LOCK_MAKING = 0 };

/* Opens DIR/lock, making it where create; *fd to be closed. ISS_STORE. */
ISS_CHECKED enum iss_status iss_lock_open(const char *dir, bool create, int *fd,
                                          struct iss_error *error);
/* Waits up to a minute. ISS_STORE: the holder did not let go. */
ISS_CHECKED enum iss_status iss_lock_take(int fd, uint64_t number,
                                          struct iss_error *error);
/* The same without waiting; false: it is held elsewhere, or cannot be had. What
 * this descriptor holds already is had again. */
bool iss_lock_try(int fd, uint64_t number);
void iss_lock_drop(int fd, uint64_t number);
/* Whether someone else holds it now. */
bool iss_lock_held(int fd, uint64_t number);

#endif
