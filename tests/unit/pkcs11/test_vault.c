/* SPDX-License-Identifier: Apache-2.0 */
/* Kept PINs: whose they are, and the memory that they lie in. */
#include "pkcs11/vault.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Never looked into. */
static const struct p11 *owner(uintptr_t n)
{
    return (const struct p11 *)(n * 16);
}

static const struct p11_token *token(uintptr_t n)
{
    return (const struct p11_token *)(n * 16);
}

static struct p11_pin pin_of(const char *text)
{
    struct p11_pin pin = {.len = strlen(text)};

    memcpy(pin.pin, text, pin.len);
    return pin;
}

static bool holds(uintptr_t o, uintptr_t t, const char *text)
{
    struct p11_pin pin = {.len = 0};

    if (!p11_vault_get(owner(o), token(t), &pin))
        return text == NULL;
    return text != NULL && pin.len == strlen(text) &&
           memcmp(pin.pin, text, pin.len) == 0;
}

static void a_pin_is_kept_for_its_owner_and_token_only(void)
{
    const struct p11_pin first = pin_of("1111"), second = pin_of("2222"),
                         third = pin_of("33");

    p11_vault_keep(owner(1), token(1), &first);
    p11_vault_keep(owner(1), token(2), &second);
    p11_vault_keep(owner(2), token(1), &third);
    CU_ASSERT(holds(1, 1, "1111"));
    CU_ASSERT(holds(1, 2, "2222"));
    CU_ASSERT(holds(2, 1, "33"));
    CU_ASSERT(holds(2, 2, NULL));
    p11_vault_keep(owner(1), token(1), &third);
    CU_ASSERT(holds(1, 1, "33"));
    p11_vault_drop(owner(1), token(1));
    CU_ASSERT(holds(1, 1, NULL));
    CU_ASSERT(holds(1, 2, "2222"));
    p11_vault_drop(owner(1), NULL);
    CU_ASSERT(holds(1, 2, NULL));
    CU_ASSERT(holds(2, 1, "33"));
    p11_vault_drop(owner(2), NULL);
    CU_ASSERT(holds(2, 1, NULL));
}

/* Mappings of one page, readable and writable, that are locked (lo) and not
 * dumped (dd), as proc(5) tells; -1 where it does not. */
static int pages_locked(void)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    int count = 0, flags = 0;

    if (file == NULL)
        return -1;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmFlags:", 8) != 0)
            continue;
        flags++;
        count += strstr(line, " lo") != NULL && strstr(line, " dd") != NULL;
    }
    (void)fclose(file);
    return flags > 0 ? count : -1;
}

/* A sanitizer's mlock() does nothing. */
static bool can_lock(void)
{
    const int before = pages_locked();
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool locked;

    if (before < 0 || page == MAP_FAILED)
        return false;
    locked = mlock(page, 4096) == 0 &&
             madvise(page, 4096, MADV_DONTDUMP) == 0 &&
             pages_locked() == before + 1;
    (void)munmap(page, 4096);
    return locked;
}

static void it_lies_in_locked_memory_that_is_not_dumped_in_a_child_too(void)
{
    const struct p11_pin pin = pin_of("1111");
    const int before = pages_locked();
    int status = 1;
    pid_t pid;

    if (!can_lock()) {
        unit_skip("locked pages cannot be made or seen here");
        return;
    }
    p11_vault_keep(owner(1), token(1), &pin);
    CU_ASSERT_EQUAL(pages_locked(), before + 1);
    pid = fork();
    if (pid == 0) {
        const int inherited = pages_locked();

        p11_vault_in_child();
        _exit(inherited == before && pages_locked() == before + 1 &&
                      holds(1, 1, "1111")
                  ? 0
                  : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    p11_vault_drop(owner(1), NULL);
    CU_ASSERT_EQUAL(pages_locked(), before);
}

/* Whoever may lock memory without limit is no subject for this. */
static void a_pin_that_cannot_be_locked_is_not_kept(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        const struct p11_pin pin = pin_of("1111");
        const struct rlimit none = {0, 0};

        if (!can_lock() || setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
            (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
            _exit(2);
        p11_vault_keep(owner(1), token(1), &pin);
        _exit(holds(1, 1, NULL) ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    if (WEXITSTATUS(status) == 2)
        unit_skip("the limit on locked memory cannot be lowered");
}

UNIT_MAIN("vault", UNIT(a_pin_is_kept_for_its_owner_and_token_only),
          UNIT(it_lies_in_locked_memory_that_is_not_dumped_in_a_child_too),
          UNIT(a_pin_that_cannot_be_locked_is_not_kept))
