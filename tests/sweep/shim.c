/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the functions put in place of the provider's, and its error counts. */
#include "shim.h"

#include <openssl/core_dispatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef EOF /* also the name of a function in shim.def */

enum {
    KEPT = 1024,
    VARIANTS = 12,
    TABLES = 128,
    ARRAYS = 32,
    MARKS = 64,
    TEXT = 256
};
enum { OSSL_OP_PROVIDER = 0 };
enum errors { ONE, ANY };

extern OSSL_provider_init_fn OSSL_provider_init;

/* ---- counting errors --------------------------------------------------- */

/* What the provider has raised in this thread, as marks take it back. */
static _Thread_local struct {
    unsigned depth;  /* of functions of ours, one calling another */
    unsigned raised; /* since the outermost began */
    unsigned marks[MARKS], mark_count;
} mine;

static atomic_uint faults;
static atomic_ulong calls;
static char first_fault[TEXT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static OSSL_FUNC_core_new_error_fn *core_new_error;
static OSSL_FUNC_core_set_error_mark_fn *core_set_mark;
static OSSL_FUNC_core_clear_last_error_mark_fn *core_clear_mark;
static OSSL_FUNC_core_pop_error_to_mark_fn *core_pop_to_mark;

static void new_error(const OSSL_CORE_HANDLE *handle)
{
    mine.raised++;
    core_new_error(handle);
}

static int set_mark(const OSSL_CORE_HANDLE *handle)
{
    if (mine.mark_count < MARKS)
        mine.marks[mine.mark_count] = mine.raised;
    mine.mark_count++;
    return core_set_mark(handle);
}

static int clear_mark(const OSSL_CORE_HANDLE *handle)
{
    if (mine.mark_count > 0)
        mine.mark_count--;
    return core_clear_mark(handle);
}

static int pop_to_mark(const OSSL_CORE_HANDLE *handle)
{
    if (mine.mark_count > 0)
        mine.mark_count--;
    if (mine.mark_count < MARKS)
        mine.raised = mine.marks[mine.mark_count];
    return core_pop_to_mark(handle);
}

unsigned shim_faults(const char **first)
{
    *first = first_fault;
    return atomic_load(&faults);
}

unsigned long shim_calls(void)
{
    return atomic_load(&calls);
}

__attribute__((format(printf, 1, 2))) static void complain(const char *format,
                                                           ...)
{
    va_list args;

    (void)pthread_mutex_lock(&lock);
    if (atomic_fetch_add(&faults, 1) == 0) {
        va_start(args, format);
        (void)vsnprintf(first_fault, sizeof(first_fault), format, args);
        va_end(args);
    }
    (void)pthread_mutex_unlock(&lock);
}

static void enter(void)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    if (mine.depth++ == 0)
        mine.raised = 0;
}

static void leave(const char *name, long answer, enum errors errors)
{
    if (--mine.depth > 0)
        return;
    if (answer == 1 && mine.raised != 0)
        complain("%s succeeded and left %u errors", name, mine.raised);
    else if (answer == 0 &&
             (mine.raised > 1 || (mine.raised == 0 && errors == ONE)))
        complain("%s failed and left %u errors", name, mine.raised);
}

static int leave_int(const char *name, int answer, enum errors errors)
{
    if (answer != 0 && answer != 1)
        complain("%s answered %d", name, answer);
    leave(name, answer, errors);
    return answer;
}

static void *leave_ptr(const char *name, void *answer, enum errors errors)
{
    leave(name, answer != NULL, errors);
    return answer;
}

/* ---- functions in place of others -------------------------------------- */

enum row_id {
#define INT(op, id, errors, params, args) ROW_##op##_##id,
#define PTR(op, id, errors, params, args) ROW_##op##_##id,
#include "shim.def"
#undef INT
#undef PTR
    ROWS
};

typedef void (*any_fn)(void);

/* The provider's functions by row; the n-th is called by the n-th of ours. */
static any_fn real[ROWS][VARIANTS];

#define SHIM(type, leaver, op, id, errors, params, args, n)                    \
    static type shim_##op##_##id##_##n params                                  \
    {                                                                          \
        enter();                                                               \
        return leaver(#op "_" #id,                                             \
                      ((type(*) params)real[ROW_##op##_##id][n])args, errors); \
    }
#define SHIMS(type, leaver, op, id, errors, params, args) \
    SHIM(type, leaver, op, id, errors, params, args, 0)   \
    SHIM(type, leaver, op, id, errors, params, args, 1)   \
    SHIM(type, leaver, op, id, errors, params, args, 2)   \
    SHIM(type, leaver, op, id, errors, params, args, 3)   \
    SHIM(type, leaver, op, id, errors, params, args, 4)   \
    SHIM(type, leaver, op, id, errors, params, args, 5)   \
    SHIM(type, leaver, op, id, errors, params, args, 6)   \
    SHIM(type, leaver, op, id, errors, params, args, 7)   \
    SHIM(type, leaver, op, id, errors, params, args, 8)   \
    SHIM(type, leaver, op, id, errors, params, args, 9)   \
    SHIM(type, leaver, op, id, errors, params, args, 10)  \
    SHIM(type, leaver, op, id, errors, params, args, 11)
#define INT(op, id, errors, params, args) \
    SHIMS(int, leave_int, op, id, errors, params, args)
#define PTR(op, id, errors, params, args) \
    SHIMS(void *, leave_ptr, op, id, errors, params, args)
#include "shim.def"
#undef INT
#undef PTR

struct row {
    int operation, function;
    const char *name;
    any_fn shims[VARIANTS];
};

#define CAST(op, id, n) (any_fn) shim_##op##_##id##_##n
#define ROW(op, id)                                                \
    [ROW_##op##_##                                                 \
        id] = {OSSL_OP_##op,                                       \
               OSSL_FUNC_##op##_##id,                              \
               #op "_" #id,                                        \
               {CAST(op, id, 0), CAST(op, id, 1), CAST(op, id, 2), \
                CAST(op, id, 3), CAST(op, id, 4), CAST(op, id, 5), \
                CAST(op, id, 6), CAST(op, id, 7), CAST(op, id, 8), \
                CAST(op, id, 9), CAST(op, id, 10), CAST(op, id, 11)}},
#define INT(op, id, errors, params, args) ROW(op, id)
#define PTR(op, id, errors, params, args) ROW(op, id)
static const struct row rows[ROWS] = {
#include "shim.def"
};
#undef INT
#undef PTR

/* Ours in place of the function; itself where it is not watched. */
static any_fn shim_for(int operation, int function, any_fn is)
{
    size_t at = 0, n = 0;

    while (at < ROWS &&
           (rows[at].operation != operation || rows[at].function != function))
        at++;
    if (at == ROWS)
        return is;
    while (n < VARIANTS && real[at][n] != NULL && real[at][n] != is)
        n++;
    if (n == VARIANTS) {
        complain("%s has more than %d implementations", rows[at].name,
                 VARIANTS);
        return is;
    }
    real[at][n] = is;
    return rows[at].shims[n];
}

/* ---- tables in place of others ----------------------------------------- */

struct copy { /* never freed: libcrypto keeps them */
    const void *of;
    void *copy;
};

static struct copy tables[TABLES], arrays[ARRAYS];

/* Memory of ours that nobody frees, in reach of who looks for leaks. */
extern void *shim_kept[KEPT];
void *shim_kept[KEPT];

static void *keep(void *memory)
{
    static size_t count;

    if (memory == NULL || count == KEPT)
        abort();
    shim_kept[count++] = memory;
    return memory;
}

static OSSL_DISPATCH *wrap_table(int operation, const OSSL_DISPATCH *table)
{
    OSSL_DISPATCH *copy;
    size_t count = 0, at = 0;

    while (at < TABLES && tables[at].of != NULL && tables[at].of != table)
        at++;
    if (at == TABLES)
        abort();
    if (tables[at].of == table)
        return tables[at].copy;
    while (table[count].function_id != 0)
        count++;
    copy = keep(calloc(count + 1, sizeof(*copy)));
    for (size_t i = 0; i < count; i++) {
        copy[i].function_id = table[i].function_id;
        copy[i].function =
            shim_for(operation, table[i].function_id, table[i].function);
    }
    tables[at] = (struct copy){table, copy};
    return copy;
}

static OSSL_ALGORITHM *wrap_array(int operation, const OSSL_ALGORITHM *array)
{
    OSSL_ALGORITHM *copy;
    size_t count = 0;

    while (array[count].algorithm_names != NULL)
        count++;
    copy = keep(calloc(count + 1, sizeof(*copy)));
    for (size_t i = 0; i < count; i++) {
        copy[i] = array[i];
        copy[i].implementation = wrap_table(operation, array[i].implementation);
    }
    return copy;
}

static OSSL_FUNC_provider_query_operation_fn *real_query;

/* Arrays live in the provider's context: one for each operation, made anew
 * where another instance has another. */
static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
    const OSSL_ALGORITHM *array = real_query(provctx, operation, no_cache);
    const OSSL_ALGORITHM *wrapped;

    if (array == NULL || operation < 0 || operation >= ARRAYS)
        return array;
    (void)pthread_mutex_lock(&lock);
    if (arrays[operation].of != array) {
        arrays[operation].of = array;
        arrays[operation].copy = wrap_array(operation, array);
    }
    wrapped = arrays[operation].copy;
    (void)pthread_mutex_unlock(&lock);
    return wrapped;
}

/* ---- the provider ------------------------------------------------------ */

/* The core's functions, those around errors by ours. */
static OSSL_DISPATCH *wrap_core(const OSSL_DISPATCH *in)
{
    size_t count = 0;
    OSSL_DISPATCH *copy;

    while (in[count].function_id != 0)
        count++;
    copy = keep(calloc(count + 1, sizeof(*copy)));
    for (size_t i = 0; i < count; i++) {
        copy[i] = in[i];
        switch (in[i].function_id) {
        case OSSL_FUNC_CORE_NEW_ERROR:
            core_new_error = OSSL_FUNC_core_new_error(&in[i]);
            copy[i].function = (any_fn)new_error;
            break;
        case OSSL_FUNC_CORE_SET_ERROR_MARK:
            core_set_mark = OSSL_FUNC_core_set_error_mark(&in[i]);
            copy[i].function = (any_fn)set_mark;
            break;
        case OSSL_FUNC_CORE_CLEAR_LAST_ERROR_MARK:
            core_clear_mark = OSSL_FUNC_core_clear_last_error_mark(&in[i]);
            copy[i].function = (any_fn)clear_mark;
            break;
        case OSSL_FUNC_CORE_POP_ERROR_TO_MARK:
            core_pop_to_mark = OSSL_FUNC_core_pop_error_to_mark(&in[i]);
            copy[i].function = (any_fn)pop_to_mark;
            break;
        default:
            break;
        }
    }
    return copy;
}

int shim_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **provctx)
{
    static OSSL_DISPATCH *core, *table;

    memset(arrays, 0, sizeof(arrays)); /* those of an earlier instance */
    if (core == NULL)
        core = wrap_core(in);
    if (OSSL_provider_init(handle, core, out, provctx) != 1)
        return 0;
    if (table == NULL) {
        table = wrap_table(OSSL_OP_PROVIDER, *out);
        for (OSSL_DISPATCH *d = table; d->function_id != 0; d++) {
            if (d->function_id == OSSL_FUNC_PROVIDER_QUERY_OPERATION) {
                real_query = OSSL_FUNC_provider_query_operation(d);
                d->function = (any_fn)query;
            }
        }
    }
    *out = table;
    return 1;
}
