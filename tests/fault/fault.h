/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control of privyseal-fault.so from a test in the same process: find these
 * with dlsym on dlopen(path, RTLD_NOW | RTLD_NOLOAD). Settings, rules and
 * actions are described in README.md. All functions may be called at any time
 * by any thread; counters, rules and violations outlive C_Finalize.
 */
#ifndef PRIVYSEAL_FAULT_H
#define PRIVYSEAL_FAULT_H

#include <stddef.h>

#define FAULT_EXPORT __attribute__((visibility("default")))

/* Sets all counters to 0, forgets the violations, restarts the n of rules. */
FAULT_EXPORT void privyseal_fault_reset(void);

/* Calls of one function ("C_Sign"), or of all ("*"), since the last reset;
 * 0 for a name that is no function. */
FAULT_EXPORT unsigned long privyseal_fault_count(const char *function);

/* Adds a rule ("C_Sign:2 -> rv=CKR_DEVICE_ERROR"); its n counts from now.
 * Returns 0, or -1 where it is malformed. */
FAULT_EXPORT int privyseal_fault_rule(const char *rule);
FAULT_EXPORT void privyseal_fault_clear_rules(void);

/* Changes settings now ("latency=5 max-sessions=3"); those that choose the
 * token belong to C_Initialize. They hold until a C_Initialize with other
 * settings than the last one. Returns 0, or -1 where they are malformed: then
 * none is changed, but rules among them may have been added. */
FAULT_EXPORT int privyseal_fault_set(const char *settings);

/* The actions of the same names, at once. */
FAULT_EXPORT void privyseal_fault_stale(void);
FAULT_EXPORT void privyseal_fault_renumber(void);
FAULT_EXPORT void privyseal_fault_logout(void);
FAULT_EXPORT void privyseal_fault_remove(void);
FAULT_EXPORT void privyseal_fault_insert(void);
FAULT_EXPORT void privyseal_fault_appear(void);

/* Open sessions, and operations begun and not ended in them (searches too; of
 * the module's own tokens only). */
FAULT_EXPORT unsigned long privyseal_fault_sessions(void);
FAULT_EXPORT unsigned long privyseal_fault_operations(void);

/* Objects of the module's own tokens: those on the token, or the others. */
FAULT_EXPORT unsigned long privyseal_fault_objects(int on_token);

/* How often the caller broke a rule of Cryptoki. The first ones are written
 * to text, one a line ("thread: C_Sign: ..."), cut to size and terminated;
 * text may be NULL. */
FAULT_EXPORT unsigned long privyseal_fault_violations(char *text, size_t size);

/* Adds what was counted since the last time to the file of count=. */
FAULT_EXPORT void privyseal_fault_write_counts(void);

#endif
