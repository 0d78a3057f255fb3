/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the counters and the order of things around a call. */
#include "call.h"

#include "gate.h"
#include "presence.h"
#include "record.h"
#include "rsa.h"
#include "state.h"
#include "token.h"
#include "violation.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ID_MAX = 128, LONG_LEN = 1 << 20 };

static atomic_ulong counts[FAULT_FUNCTIONS];

unsigned long fault_calls(enum fault_function function)
{
    unsigned long sum = 0;

    if (function < FAULT_FUNCTIONS)
        return atomic_load(&counts[function]);
    for (size_t i = 0; i < FAULT_FUNCTIONS; i++)
        sum += atomic_load(&counts[i]);
    return sum;
}

void fault_calls_reset(void)
{
    for (size_t i = 0; i < FAULT_FUNCTIONS; i++)
        atomic_store(&counts[i], 0);
}

void fault_calls_snapshot(unsigned long out[static FAULT_FUNCTIONS])
{
    for (size_t i = 0; i < FAULT_FUNCTIONS; i++)
        out[i] = atomic_load(&counts[i]);
}

static void sleep_us(CK_ULONG us)
{
    struct timespec left = {.tv_sec = (time_t)(us / 1000000),
                            .tv_nsec = (long)(us % 1000000) * 1000};

    while (us != 0 && nanosleep(&left, &left) != 0)
        ;
}

static void die(const struct fault_fate *fate)
{
    if (fault_suffers(fate, FAULT_KILL))
        (void)raise(SIGKILL);
    if (fault_suffers(fate, FAULT_SEGV)) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    }
    if (fault_suffers(fate, FAULT_ABORT))
        abort();
    if (fault_suffers(fate, FAULT_EXIT))
        exit((int)fate->numbers[FAULT_EXIT]);
    while (fault_suffers(fate, FAULT_HANG))
        (void)pause();
}

/* What happens while the call is in the module, its session in use. */
static void dwell(const struct fault_call *call)
{
    const struct fault_conf *conf = fault_conf();

    sleep_us(conf->latency[call->function] + conf->latency[FAULT_FUNCTIONS]);
    if (fault_suffers(&call->fate, FAULT_DELAY))
        sleep_us(call->fate.numbers[FAULT_DELAY] * 1000);
    die(&call->fate);
}

/* What happens to the whole token before the call gets to it. */
static void shake(const struct fault_fate *fate)
{
    if (fault_suffers(fate, FAULT_REMOVE))
        fault_remove(fate->numbers[FAULT_REMOVE]);
    if (fault_suffers(fate, FAULT_INSERT))
        fault_insert();
    if (fault_suffers(fate, FAULT_APPEAR))
        fault_appear();
    if (fault_suffers(fate, FAULT_RENUMBER))
        fault_stale(true);
    else if (fault_suffers(fate, FAULT_STALE))
        fault_stale(false);
    if (fault_suffers(fate, FAULT_LOGOUT))
        fault_logout();
}

static bool is_builtin(const struct fault_call *call)
{
    return call->token == token_functions_get();
}

/* The answer of a token that is not there. */
static CK_RV absent(const struct fault_call *call)
{
    CK_SLOT_ID slot = 0;

    if (!fault_removed())
        return CKR_OK;
    if (call->session != NULL)
        return fault_session_slot(*call->session, &slot) && is_builtin(call) &&
                       slot != 0
                   ? CKR_OK
                   : CKR_DEVICE_REMOVED;
    if (call->slot == NULL || (is_builtin(call) && *call->slot != 0))
        return CKR_OK;
    return CKR_TOKEN_NOT_PRESENT;
}

/* Puts the token's handles in place of the caller's. */
static void go_inside(struct fault_call *call)
{
    if (call->session != NULL) {
        call->outside = *call->session;
        call->inside = fault_session_in(call->outside);
        *call->session = call->inside;
        fault_session_enter(call->inside, call->function);
        call->entered = true;
        if (!call->login)
            fault_auto_logout();
    }
    if (call->object != NULL) {
        call->object_in = fault_object_in(*call->object);
        *call->object = call->object_in;
    }
    if (call->object_2 != NULL)
        *call->object_2 = fault_object_in(*call->object_2);
}

/* Prepares a forced error: it has to end the operation in the token, as every
 * error but CKR_BUFFER_TOO_SMALL does. True: the token is to be called, with
 * an output buffer of ours. */
static bool force(struct fault_call *call)
{
    if (call->always)
        return true;
    if (call->forced == CKR_BUFFER_TOO_SMALL || call->session == NULL)
        return false;
    if (is_builtin(call)) {
        if (call->out != NULL || call->data != NULL)
            token_cancel(call->inside);
        return false;
    }
    if (call->out == NULL)
        return false;
    call->scratch = malloc(FAULT_SCRATCH);
    if (call->scratch == NULL)
        return false;
    call->scratch_len = FAULT_SCRATCH;
    *call->out = call->scratch;
    *call->out_len = &call->scratch_len;
    return true;
}

static void remember_output(struct fault_call *call)
{
    if (call->out == NULL)
        return;
    call->callers_out = *call->out;
    call->callers_len = *call->out_len;
    if (call->callers_len != NULL)
        call->room = *call->callers_len;
}

/* Only what uses a key at once can use another. */
static bool uses_key(enum fault_function function)
{
    return function == FAULT_C_Sign || function == FAULT_C_SignFinal ||
           function == FAULT_C_DeriveKey;
}

/* The token's slot, of the call's session or its own. */
static CK_SLOT_ID slot_of(const struct fault_call *call)
{
    CK_SLOT_ID slot = 0;

    if (call->slot != NULL)
        return *call->slot;
    (void)fault_session_slot(call->outside, &slot);
    return slot;
}

bool fault_enter(struct fault_call *call, CK_RV *rv)
{
    const struct fault_conf *conf = fault_conf();

    atomic_fetch_add(&counts[call->function], 1);
    fault_rules_match(call->function, &call->fate);
    if (fault_suffers(&call->fate, FAULT_RV))
        call->forced = call->fate.numbers[FAULT_RV];
    if (call->starts) {
        dwell(call);
        *rv = call->forced;
        return *rv == CKR_OK;
    }
    *rv = fault_state_token(call->function, &call->token);
    if (*rv != CKR_OK)
        return false;
    shake(&call->fate);
    if (call->slot_id != NULL)
        *call->slot_id = fault_slot_in(*call->slot_id);
    *rv = absent(call);
    if (*rv != CKR_OK)
        return false;
    go_inside(call);
    remember_output(call);
    dwell(call);
    fault_gate_pass();
    call->gated = true;
    if (fault_suffers(&call->fate, FAULT_TOO_SMALL) && call->callers_out)
        call->forced = CKR_BUFFER_TOO_SMALL;
    if (call->forced != CKR_OK) {
        *rv = call->forced;
        return force(call);
    }
    if (call->login && conf->pin_tries != 0 && call->user != CKU_SO &&
        fault_record_tries(slot_of(call)) >= conf->pin_tries) {
        *rv = CKR_PIN_LOCKED;
        return false;
    }
    if (call->opened != NULL) {
        *rv = fault_session_reserve();
        call->opening = *rv == CKR_OK;
        return call->opening;
    }
    if (fault_suffers(&call->fate, FAULT_OTHER_KEY) && is_builtin(call) &&
        uses_key(call->function))
        token_use_other_key(call->inside);
    return true;
}

/* ---- afterwards -------------------------------------------------------- */

static void journal(const struct fault_call *call)
{
    CK_BYTE input[32], output[32], id[ID_MAX];
    CK_ATTRIBUTE attribute = {CKA_ID, id, sizeof(id)};
    unsigned streamed = 0;
    CK_OBJECT_HANDLE key =
        fault_session_sign_end(call->inside, input, &streamed);

    if (call->function == FAULT_C_Sign)
        (void)rsa_sha256(call->data, call->data_len, input);
    else if (streamed == 0)
        (void)rsa_sha256("", 0, input);
    (void)rsa_sha256(*call->out, **call->out_len, output);
    if (call->token->C_GetAttributeValue(call->inside, key, &attribute, 1) !=
            CKR_OK ||
        attribute.ulValueLen > sizeof(id))
        attribute.ulValueLen = 0;
    fault_record_signature(id, attribute.ulValueLen, input, output);
}

/* Follows signatures, for the journal. */
static void follow_signing(const struct fault_call *call)
{
    if (fault_conf()->journal[0] == '\0')
        return;
    if (call->function == FAULT_C_SignInit)
        fault_session_sign_init(call->inside, call->object_in);
    else if (call->function == FAULT_C_SignUpdate)
        fault_session_sign_update(call->inside, call->data, call->data_len);
    else if ((call->function == FAULT_C_Sign ||
              call->function == FAULT_C_SignFinal) &&
             call->callers_out != NULL)
        journal(call);
}

/* What befalls the output buffer befalls attribute values, too. */
static void spoil_attributes(const struct fault_call *call)
{
    for (CK_ULONG i = 0; call->template != NULL && i < call->template_count;
         i++) {
        CK_ATTRIBUTE *attribute = &call->template[i];

        if (attribute->pValue == NULL || attribute->ulValueLen == 0 ||
            attribute->ulValueLen == CK_UNAVAILABLE_INFORMATION)
            continue;
        if (fault_suffers(&call->fate, FAULT_BITFLIP))
            ((CK_BYTE *)attribute->pValue)[attribute->ulValueLen / 2] ^= 1;
        if (fault_suffers(&call->fate, FAULT_SHORT_OUT))
            attribute->ulValueLen--;
        if (fault_suffers(&call->fate, FAULT_LONG_LEN))
            attribute->ulValueLen = LONG_LEN;
    }
}

static void spoil_output(const struct fault_call *call)
{
    CK_ULONG *len = call->callers_len;

    spoil_attributes(call);
    if (call->handle_count != NULL && call->handles != NULL &&
        fault_suffers(&call->fate, FAULT_LONG_LEN))
        *call->handle_count = call->handle_room + 1;
    if (call->callers_out == NULL || *len == 0)
        return;
    if (fault_suffers(&call->fate, FAULT_BITFLIP) ||
        (fault_suffers(&call->fate, FAULT_OTHER_KEY) && !is_builtin(call)))
        call->callers_out[*len / 2] ^= 1;
    if (fault_suffers(&call->fate, FAULT_SHORT_OUT))
        (*len)--;
    if (fault_suffers(&call->fate, FAULT_LONG_LEN))
        *len = call->room + 1;
}

static void lie(const struct fault_call *call)
{
    if (!fault_suffers(&call->fate, FAULT_LIE_ATTR) || call->template == NULL)
        return;
    for (CK_ULONG i = 0; i < call->template_count; i++) {
        const CK_ATTRIBUTE *attribute = &call->template[i];

        if ((attribute->type == CKA_MODULUS ||
             attribute->type == CKA_EC_POINT || attribute->type == CKA_VALUE) &&
            attribute->pValue != NULL && attribute->ulValueLen != 0 &&
            attribute->ulValueLen != CK_UNAVAILABLE_INFORMATION)
            ((CK_BYTE *)attribute->pValue)[attribute->ulValueLen / 2] ^= 1;
    }
}

static void translate(const struct fault_call *call)
{
    CK_ULONG count = call->handle_count != NULL ? *call->handle_count : 1;

    if (call->handle_count != NULL && count > call->handle_room)
        count = call->handle_room;
    for (CK_ULONG i = 0; call->handles != NULL && i < count; i++) {
        if (call->handles[i] != CK_INVALID_HANDLE)
            call->handles[i] = fault_object_out(call->handles[i]);
    }
    if (call->handles_2 != NULL)
        *call->handles_2 = fault_object_out(*call->handles_2);
    for (CK_ULONG i = 0; call->slots != NULL && i < *call->slot_count; i++)
        call->slots[i] = fault_slot_out(call->slots[i]);
    if (call->session_info != NULL)
        call->session_info->slotID = fault_slot_out(call->session_info->slotID);
}

static void mend_infos(const struct fault_call *call)
{
    const struct fault_conf *conf = fault_conf();
    unsigned tries;

    if (fault_removed() && !is_builtin(call)) {
        if (call->slot_count != NULL && call->present)
            *call->slot_count = 0;
        if (call->slot_info != NULL)
            call->slot_info->flags &= ~CKF_TOKEN_PRESENT;
    }
    if (call->token_info == NULL)
        return;
    if (conf->max_sessions != 0) {
        call->token_info->ulMaxSessionCount = conf->max_sessions;
        call->token_info->ulMaxRwSessionCount = conf->max_sessions;
    }
    tries = conf->pin_tries != 0 ? fault_record_tries(slot_of(call)) : 0;
    if (tries == 0)
        return;
    call->token_info->flags |= CKF_USER_PIN_COUNT_LOW;
    if (tries >= conf->pin_tries)
        call->token_info->flags |= CKF_USER_PIN_LOCKED;
    else if (tries + 1 == conf->pin_tries)
        call->token_info->flags |= CKF_USER_PIN_FINAL_TRY;
}

/* What the token's own answer changes here. */
static void learn(struct fault_call *call, CK_RV rv)
{
    if (call->opening && rv == CKR_OK) {
        fault_session_add(*call->opened, *call->slot);
        *call->opened = fault_session_out(*call->opened);
    } else if (call->opening) {
        fault_session_give_up();
    }
    if (call->closes && rv == CKR_OK) {
        if (call->session != NULL)
            fault_session_drop(call->inside);
        else
            fault_session_drop_slot(*call->slot);
    }
    if (call->login && fault_conf()->pin_tries != 0 && call->user != CKU_SO) {
        if (rv == CKR_PIN_INCORRECT)
            fault_record_wrong_pin(slot_of(call));
        else if (rv == CKR_OK)
            fault_record_right_pin(slot_of(call));
    }
    if (rv == CKR_OPERATION_ACTIVE)
        fault_violate(FAULT_STRICT_STATE, call->function,
                      "another operation is active");
    if (rv == CKR_OPERATION_NOT_INITIALIZED)
        fault_violate(FAULT_STRICT_STATE, call->function,
                      "no operation is active");
    if (rv == CKR_BUFFER_TOO_SMALL && call->callers_out != NULL)
        fault_violate(FAULT_STRICT_BUFFER, call->function,
                      "the buffer is too small");
}

CK_RV fault_leave(struct fault_call *call, CK_RV rv)
{
    CK_RV answer = rv;

    if (call->forced != CKR_OK) {
        if (call->always && rv == CKR_OK)
            learn(call, rv);
        answer = call->forced;
        if (fault_suffers(&call->fate, FAULT_TOO_SMALL) &&
            call->callers_len != NULL)
            *call->callers_len = call->room + 1;
    } else {
        learn(call, rv);
        if (rv == CKR_OK) {
            follow_signing(call);
            translate(call);
            spoil_output(call);
            mend_infos(call);
        }
        lie(call);
    }
    if (call->gated)
        fault_gate_leave();
    if (call->entered)
        fault_session_leave(call->inside);
    free(call->scratch);
    fault_record_log(call->function, answer);
    return answer;
}
