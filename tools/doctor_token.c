/* SPDX-License-Identifier: Apache-2.0 */
/* The token of a store: whether it is there, and whether its keys are those of
 * the records, whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_find.h"
#include "key.h"

enum { OBJECTS_MAX = 1024, IDS_MAX = 1024, PURPOSE_SIZE = 32 };

struct object { /* half of a pair in the token */
    bool is_private;
    char id[TOOL_ID_SIZE], label[TOOL_LABEL_SIZE];
};

struct planned { /* a pair that the journal speaks of */
    bool made;   /* KEY, not KEYGEN alone */
    char id[TOOL_ID_SIZE];
};

struct ring {
    struct tool_check *check;
    struct tool_device device;
    bool private_seen; /* private keys were looked at */
    size_t tokens, object_count, planned_count;
    struct object objects[OBJECTS_MAX];
    struct planned planned[IDS_MAX];
};

/* ---- what is there --------------------------------------------------------
 */

static bool each_token(void *arg, const struct p11_token_info *info)
{
    struct ring *ring = arg;
    struct tool_check *check = ring->check;

    ring->tokens++;
    if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
        tool_find(check, TOOL_ERROR, ISS_TOKEN, "token", "privyseal token init",
                  "'%s' is not initialised", info->label);
    else if ((info->flags & CKF_USER_PIN_LOCKED) != 0)
        tool_find(check, TOOL_ERROR, ISS_LOGIN, "token",
                  "its security officer gives it a new PIN",
                  "'%s': the PIN is locked", info->label);
    else if ((info->flags & CKF_USER_PIN_FINAL_TRY) != 0)
        tool_find(check, TOOL_ERROR, ISS_LOGIN, "token",
                  "log in once by hand with the right PIN; privyseal does not "
                  "send the last try",
                  "'%s': one wrong PIN more locks it", info->label);
    else
        tool_find(check, TOOL_WELL, ISS_OK, "token", NULL,
                  "'%s', %s, serial %s, in %s", info->label, info->model,
                  info->serial, info->module);
    return true;
}

static bool each_object(void *arg, struct p11_object *object)
{
    struct ring *ring = arg;
    struct object *row;

    if (ring->object_count == OBJECTS_MAX)
        return false;
    row = &ring->objects[ring->object_count++];
    row->is_private = p11_object_class(object) == CKO_PRIVATE_KEY;
    tool_key_id(object, row->id);
    tool_key_label(object, row->label);
    return true;
}

static void say_failure(struct tool_check *check, enum iss_status status)
{
    static const struct {
        enum iss_status status;
        const char *cure;
    } cures[] = {
        {ISS_LOGIN, "correct the PIN source before any more: wrong PINs lock "
                    "the token"},
        {ISS_TOKEN, "privyseal token list shows what is present; a "
                    "SOFTHSM2_CONF or a driver that is not running is the "
                    "usual cause"},
        {ISS_USAGE, "correct module = and uri = in [token]"}};
    const char *cure = NULL;

    for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
        if (cures[i].status == status)
            cure = cures[i].cure;
    tool_find(check, TOOL_ERROR, status, "token", cure, "%s",
              check->tool->error.text);
    check->tool->error = (struct iss_error){0};
}

static bool search(struct ring *ring, unsigned class)
{
    struct tool_device *device = &ring->device;
    struct p11_diag diag = {""};
    CK_RV rv = p11_search(device->p11, device->token, class | P11_EVERY,
                          &device->callback, each_object, ring, &diag);
    enum iss_status status;

    if (rv == P11R_NO_OBJECT)
        rv = CKR_OK;
    status =
        tool_device_fail(ring->check->tool, device, device->token, rv, &diag);
    if (status != ISS_OK)
        say_failure(ring->check, status);
    return status == ISS_OK;
}

/* Nobody is asked: a doctor may be run by a timer. */
static bool has_pin(const struct ring *ring)
{
    return strncmp(ring->device.pin.source, "file:", 5) == 0 ||
           strncmp(ring->device.pin.source, "credential:", 11) == 0;
}

static bool look(struct ring *ring)
{
    struct tool_check *check = ring->check;
    struct p11_diag diag = {""};
    const enum iss_status before = check->status;
    const CK_RV rv = p11_tokens(ring->device.p11, ring->device.token,
                                each_token, ring, &diag);
    const enum iss_status status = tool_device_fail(
        check->tool, &ring->device, ring->device.token, rv, &diag);

    if (status != ISS_OK) {
        say_failure(check, status);
        return false;
    }
    if (ring->tokens == 0) {
        (void)tool_fail(check->tool, ISS_TOKEN,
                        "no token is present that is %s", ring->device.token);
        say_failure(check, ISS_TOKEN);
        return false;
    }
    if (check->status != before && check->status == ISS_LOGIN)
        return false; /* no PIN is sent to it */
    if (!search(ring, P11_PUBLIC_KEY))
        return false;
    if (!has_pin(ring)) {
        tool_find(check, TOOL_NOTE, ISS_OK, "keys", NULL,
                  "private keys were not looked at: that needs the PIN, and a "
                  "doctor asks nobody");
        return true;
    }
    ring->private_seen = search(ring, P11_PRIVATE_KEY);
    return ring->private_seen;
}

/* ---- what should be there -------------------------------------------------
 */

static struct planned *plan_of(struct ring *ring, const char *id)
{
    for (size_t i = 0; i < ring->planned_count; i++)
        if (strcmp(ring->planned[i].id, id) == 0)
            return &ring->planned[i];
    return NULL;
}

static void hex_of(const uint8_t *octets, size_t len,
                   char out[static TOOL_ID_SIZE])
{
    out[0] = '\0';
    for (size_t i = 0; i < len && i < P11_ID_MAX; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

static bool each_record(void *arg, const struct iss_record *record)
{
    struct ring *ring = arg;
    const bool made = strcmp(record->type_name, "KEY") == 0;
    struct planned *plan;
    char id[TOOL_ID_SIZE];

    if (!made && strcmp(record->type_name, "KEYGEN") != 0)
        return true;
    for (size_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].name, "id") != 0)
            continue;
        hex_of(record->fields[i].value, record->fields[i].len, id);
        plan = plan_of(ring, id);
        if (plan == NULL && ring->planned_count < IDS_MAX) {
            plan = &ring->planned[ring->planned_count++];
            memcpy(plan->id, id, sizeof(id));
        }
        if (plan != NULL)
            plan->made = plan->made || made;
    }
    return true;
}

static const struct object *half_of(const struct ring *ring, const char *id,
                                    bool is_private)
{
    for (size_t i = 0; i < ring->object_count; i++)
        if (ring->objects[i].is_private == is_private &&
            strcmp(ring->objects[i].id, id) == 0)
            return &ring->objects[i];
    return NULL;
}

static void each_held(void *arg, const struct iss_held *held)
{
    struct ring *ring = arg;
    struct tool_check *check = ring->check;
    char id[TOOL_ID_SIZE];
    bool has_public, has_private;

    if (!held->made)
        return; /* an interrupted init has been told of */
    hex_of(held->id, 16, id);
    has_public = half_of(ring, id, false) != NULL;
    has_private = half_of(ring, id, true) != NULL;
    if (ring->private_seen && !has_private)
        tool_find(check, TOOL_ERROR, ISS_TOKEN, held->purpose,
                  "is it the right token? Else restore it from its backup: the "
                  "store's certificate is for this key",
                  "the private key %s of the records is not in the token", id);
    else if (!ring->private_seen && has_public)
        tool_find(check, TOOL_WELL, ISS_OK, held->purpose, NULL,
                  "the public key %s is in the token", id);
    else if (!ring->private_seen)
        tool_find(check, TOOL_WARNING, ISS_OK, held->purpose,
                  "is it the right token? privyseal key list",
                  "the public key %s of the records is not in the token", id);
    else if (has_public)
        tool_find(check, TOOL_WELL, ISS_OK, held->purpose, NULL,
                  "key %s: both halves are in the token", id);
}

/* ---- halves and leftovers -------------------------------------------------
 */

/* "NAME purpose": what init and renewal --rekey call their keys. */
static bool is_ours(const struct ring *ring, const struct object *object)
{
    const char *name = ring->check->info.name;
    const size_t len = strlen(name);

    return strncmp(object->label, name, len) == 0 && object->label[len] == ' ';
}

static void check_object(struct ring *ring, const struct object *object)
{
    struct tool_check *check = ring->check;
    const struct planned *plan = plan_of(ring, object->id);
    const bool whole = half_of(ring, object->id, !object->is_private) != NULL;

    if (plan == NULL && !is_ours(ring, object))
        return; /* somebody else's */
    if (ring->private_seen && !whole)
        tool_find(check, TOOL_WARNING, ISS_OK, "orphan",
                  object->is_private
                      ? "privyseal does not need the public half; other "
                        "programs may: privyseal token put"
                      : "remove it with the token's own tool, if no private "
                        "key belongs to it anywhere",
                  "'%s' %s is a %s key without its %s half", object->label,
                  object->id, object->is_private ? "private" : "public",
                  object->is_private ? "public" : "private");
    if (object->is_private && (plan == NULL || !plan->made))
        tool_find(check, TOOL_WARNING, ISS_OK, "leftover",
                  "finish the interrupted command first; then remove what no "
                  "record names with the token's own tool",
                  "'%s' %s bears a name of this store, and no record says that "
                  "it was made",
                  object->label, object->id);
}

void tool_doctor_token(struct tool_check *check)
{
    struct ring *ring = calloc(1, sizeof(*ring));
    struct iss_error error = {0};
    enum iss_status status;

    if (ring == NULL)
        return;
    ring->check = check;
    status = tool_device_open(check->tool, &ring->device);
    if (status != ISS_OK)
        say_failure(check, status);
    else if (ring->device.token == NULL)
        tool_find(check, TOOL_ERROR, ISS_USAGE, "token",
                  "uri = pkcs11:token=LABEL in [token]", "none is named");
    if (status != ISS_OK || ring->device.token == NULL)
        goto out;
    if (!look(ring) || check->iss == NULL)
        goto out;
    if (iss_keys(check->iss, each_held, ring, &error) != ISS_OK ||
        iss_log_each(check->iss, 1, 0, each_record, ring, &error) != ISS_OK)
        tool_find(check, TOOL_ERROR, error.status, "journal", NULL, "%s",
                  error.text);
    else
        for (size_t i = 0; i < ring->object_count; i++)
            check_object(ring, &ring->objects[i]);
out:
    tool_device_close(&ring->device);
    free(ring);
}
