/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are loaded, and what PKCS#11 modules show. */
#include "doctor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the fields stand that 32 and 64 bits have in common. */
struct elf_head {
    unsigned char ident[EI_NIDENT];
    uint16_t type, machine;
};

static bool read_head(const char *path, struct elf_head *head)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t got = fd >= 0 ? read(fd, head, sizeof(*head)) : -1;

    if (fd >= 0)
        (void)close(fd);
    return got == (ssize_t)sizeof(*head) &&
           memcmp(head->ident, ELFMAG, SELFMAG) == 0;
}

bool tool_doctor_loadable(struct tool_doctor *doctor, const char *what,
                          const char *path)
{
    struct elf_head mine, theirs;

    if (access(path, R_OK) != 0)
        tool_doctor_say(doctor, TOOL_ERROR, what, "%s: %s", path,
                        strerror(errno));
    else if (!read_head(path, &theirs) || theirs.type != ET_DYN)
        tool_doctor_say(doctor, TOOL_ERROR, what,
                        "%s is not a shared library of this system", path);
    else if (read_head("/proc/self/exe", &mine) &&
             (mine.machine != theirs.machine ||
              mine.ident[EI_CLASS] != theirs.ident[EI_CLASS]))
        tool_doctor_say(doctor, TOOL_ERROR, what,
                        "%s was built for another architecture than the "
                        "programs of this system (%s bits)",
                        path,
                        theirs.ident[EI_CLASS] == ELFCLASS32 ? "32" : "64");
    else
        return true;
    return false;
}

static bool each_token(void *arg, const struct p11_token_info *info)
{
    struct tool_doctor *doctor = arg;

    if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
        return true;
    tool_doctor_say(doctor, TOOL_WELL, "token",
                    "'%s', %s, serial %s, in %s: pkcs11:token=%s", info->label,
                    info->model, info->serial, info->module, info->label);
    if ((info->flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)) != 0)
        tool_doctor_say(doctor, TOOL_WARNING, "token",
                        "'%s': the PIN is locked or has one try left; the "
                        "provider does not send it",
                        info->label);
    return true;
}

static bool is_softhsm(const char *path)
{
    return strstr(path, "libsofthsm2") != NULL;
}

static bool check_file(struct tool_doctor *doctor,
                       const struct p11_module_conf *module)
{
    const char *what = module->name != NULL ? module->name : "PKCS#11 module";

    /* Other paths p11-kit looks up in its own folder. */
    if (module->path[0] == '/' &&
        !tool_doctor_loadable(doctor, what, module->path))
        return false;
    if (is_softhsm(module->path) && !doctor->has_default)
        tool_doctor_say(doctor, TOOL_ERROR, what,
                        "SoftHSM2 computes with the program's own OpenSSL: "
                        "without the provider default it calls the right PIN "
                        "wrong");
    if (is_softhsm(module->path))
        tool_doctor_say(doctor, TOOL_NOTE, what,
                        "SoftHSM2 finds its tokens by SOFTHSM2_CONF, which "
                        "services and their workers have only if it is given "
                        "to them (systemd: Environment=; nginx: env)");
    return true;
}

void tool_doctor_modules(struct tool_doctor *doctor,
                         const struct prov_conf *settings)
{
    struct p11_conf conf = settings->p11;
    struct p11_diag diag = {""};
    struct p11 *p11 = NULL;
    const size_t before = doctor->found[TOOL_WELL];
    CK_RV rv;

    for (size_t i = 0; i < conf.module_count; i++) {
        if (!check_file(doctor, &conf.modules[i]))
            return;
    }
    if (conf.module_count == 0)
        tool_doctor_say(doctor, TOOL_NOTE, "PKCS#11 module",
                        "none is named: those that are registered with "
                        "p11-kit are used");
    rv = p11_new(&conf, &p11);
    if (rv == CKR_OK)
        rv = p11_tokens(p11, NULL, each_token, doctor, &diag);
    if (rv != CKR_OK)
        tool_doctor_say(doctor, TOOL_ERROR, "PKCS#11 module", "%s",
                        diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
    else if (doctor->found[TOOL_WELL] == before)
        tool_doctor_say(doctor, TOOL_WARNING, "PKCS#11 module",
                        "loads, and shows no token that is initialised");
    p11_free(p11);
}
