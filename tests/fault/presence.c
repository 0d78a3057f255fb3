/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is known of tokens taken out, put back, and still to come. */
#include "presence.h"

#include "conf.h"
#include "state.h"

#include <pthread.h>
#include <time.h>

enum { SLOT_STEP = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct timespec insert_at;
static bool removed, insert_later, appeared;
static CK_SLOT_ID first_slot;

void fault_presence_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void fault_presence_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

static struct timespec now(void)
{
    struct timespec time = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static bool is_past(struct timespec when)
{
    struct timespec time = now();

    return time.tv_sec > when.tv_sec ||
           (time.tv_sec == when.tv_sec && time.tv_nsec >= when.tv_nsec);
}

/* Needs the lock. */
static void put_back(void)
{
    if (removed && fault_conf()->fresh_slots)
        first_slot += SLOT_STEP;
    removed = false;
}

void fault_remove(CK_ULONG ms)
{
    fault_presence_lock();
    removed = true;
    insert_later = ms != 0;
    insert_at = now();
    insert_at.tv_sec += (time_t)(ms / 1000);
    insert_at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (insert_at.tv_nsec >= 1000000000) {
        insert_at.tv_nsec -= 1000000000;
        insert_at.tv_sec++;
    }
    fault_presence_unlock();
    fault_stale(false);
}

void fault_insert(void)
{
    fault_presence_lock();
    put_back();
    fault_presence_unlock();
}

void fault_appear(void)
{
    fault_presence_lock();
    appeared = true;
    fault_presence_unlock();
}

bool fault_removed(void)
{
    bool answer;

    fault_presence_lock();
    if (removed && insert_later && is_past(insert_at))
        put_back();
    answer = removed;
    fault_presence_unlock();
    return answer;
}

bool fault_appeared(void)
{
    bool answer;

    fault_presence_lock();
    answer = appeared;
    fault_presence_unlock();
    return answer;
}

void fault_presence_reset(void)
{
    fault_presence_lock();
    removed = appeared = false;
    first_slot = 0;
    fault_presence_unlock();
}

CK_SLOT_ID fault_slot_in(CK_SLOT_ID outside)
{
    CK_SLOT_ID inside;

    fault_presence_lock();
    inside = outside - first_slot;
    fault_presence_unlock();
    return inside;
}

CK_SLOT_ID fault_slot_out(CK_SLOT_ID inside)
{
    CK_SLOT_ID outside;

    fault_presence_lock();
    outside = inside + first_slot;
    fault_presence_unlock();
    return outside;
}
