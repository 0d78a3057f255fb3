/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the list of violations. */
#include "violation.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { VIOLATION_TEXT_MAX = 16384 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long violation_count;
static char violation_text[VIOLATION_TEXT_MAX];

void fault_violate(enum fault_strict kind, enum fault_function function,
                   const char *what)
{
    static const char *const kinds[] = {
        [FAULT_STRICT_FORK] = "fork",         [FAULT_STRICT_THREAD] = "thread",
        [FAULT_STRICT_STATE] = "state",       [FAULT_STRICT_BUFFER] = "buffer",
        [FAULT_STRICT_FINALIZE] = "finalize",
    };
    size_t used;

    if ((fault_conf()->strict & (unsigned)kind) == 0)
        return;
    (void)pthread_mutex_lock(&lock);
    violation_count++;
    used = strlen(violation_text);
    (void)snprintf(violation_text + used, sizeof(violation_text) - used,
                   "%s: %s: %s\n", kinds[kind], fault_function_name(function),
                   what);
    (void)pthread_mutex_unlock(&lock);
}

unsigned long fault_violation_text(char *text, size_t size)
{
    unsigned long count;

    (void)pthread_mutex_lock(&lock);
    count = violation_count;
    if (text != NULL && size > 0)
        (void)snprintf(text, size, "%s", violation_text);
    (void)pthread_mutex_unlock(&lock);
    return count;
}

void fault_violations_reset(void)
{
    (void)pthread_mutex_lock(&lock);
    violation_count = 0;
    violation_text[0] = '\0';
    (void)pthread_mutex_unlock(&lock);
}

void fault_violations_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void fault_violations_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}
