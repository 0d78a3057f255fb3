/* SPDX-License-Identifier: Apache-2.0 */
/* Kept PINs. */
#include "vault.h"

#include "module.h"

#include <string.h>
#include <sys/mman.h>

struct row { /* alone on its page */
    struct row *next;
    const struct p11 *owner;
    const struct p11_token *token;
    struct p11_pin pin;
};

static struct row *rows;

static struct row *row_new(void)
{
    struct row *row = mmap(NULL, sizeof(*row), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (row == MAP_FAILED)
        return NULL;
    if (mlock(row, sizeof(*row)) == 0 &&
        madvise(row, sizeof(*row), MADV_DONTDUMP) == 0)
        return row;
    (void)munmap(row, sizeof(*row));
    return NULL;
}

static void row_free(struct row *row)
{
    explicit_bzero(row, sizeof(*row));
    (void)munmap(row, sizeof(*row));
}

/* The lock is held. */
static struct row **find(const struct p11 *owner, const struct p11_token *token)
{
    struct row **at = &rows;

    while (*at != NULL &&
           ((*at)->owner != owner || (token != NULL && (*at)->token != token)))
        at = &(*at)->next;
    return at;
}

void p11_vault_keep(const struct p11 *owner, const struct p11_token *token,
                    const struct p11_pin *pin)
{
    struct row *row = row_new();

    p11_vault_drop(owner, token);
    if (row == NULL)
        return;
    row->owner = owner;
    row->token = token;
    row->pin = *pin;
    p11_registry_lock();
    row->next = rows;
    rows = row;
    p11_registry_unlock();
}

bool p11_vault_get(const struct p11 *owner, const struct p11_token *token,
                   struct p11_pin *pin)
{
    const struct row *row;

    p11_registry_lock();
    row = *find(owner, token);
    if (row != NULL)
        *pin = row->pin;
    p11_registry_unlock();
    return row != NULL;
}

void p11_vault_drop(const struct p11 *owner, const struct p11_token *token)
{
    struct row *row;

    do {
        struct row **at;

        p11_registry_lock();
        at = find(owner, token);
        row = *at;
        if (row != NULL)
            *at = row->next;
        p11_registry_unlock();
        if (row != NULL)
            row_free(row);
    } while (row != NULL);
}

void p11_vault_in_child(void)
{
    /* Where it fails the PIN is still wiped, and not dumped. */
    for (struct row *row = rows; row != NULL; row = row->next)
        (void)mlock(row, sizeof(*row));
}
