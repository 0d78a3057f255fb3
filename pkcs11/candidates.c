/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of which one was asked for: the same, or several. */
#include "candidates.h"

#include "diag.h"

#include <stdio.h>
#include <string.h>

/* The key lies in the token of the first one, or is one of that token's seen
 * through another module. */
static bool is_of_first(struct p11_object **objects, size_t count,
                        const struct p11_object *key)
{
    const struct p11_token *first = objects[0]->token;
    bool same = key->token == first;

    if (!same && (key->token->module == first->module ||
                  !p11_token_same(&key->token->info, &first->info)))
        return false;
    for (size_t i = 0; i < count && !same; i++)
        same = objects[i]->token == first &&
               p11_object_is(objects[i], key->attrs, false);
    return same;
}

/* Adds the keys' URIs to the message, as many as it has room for. */
static void list_candidates(struct p11_object **objects, size_t count,
                            struct p11_diag *diag)
{
    char *text = diag->text;
    size_t len = strlen(text);

    for (size_t i = 0; i < count; i++) {
        const char *uri = objects[i]->uri;
        const size_t need = strlen(uri) + sizeof(", ...");

        if (len + need > sizeof(diag->text)) {
            (void)snprintf(text + len, sizeof(diag->text) - len, "...");
            return;
        }
        len += (size_t)snprintf(text + len, sizeof(diag->text) - len, "%s%s",
                                uri, i + 1 < count ? ", " : "");
    }
}

CK_RV p11_candidates_judge(struct p11_object **objects, size_t count,
                           struct p11_diag *diag)
{
    bool several = false;

    for (size_t i = 1; i < count && !several; i++)
        several = !is_of_first(objects, count, objects[i]);
    if (!several)
        return CKR_OK;
    (void)p11_diag_set(diag, P11R_AMBIGUOUS,
                       "private keys in several tokens match: ");
    if (diag != NULL)
        list_candidates(objects, count, diag);
    return P11R_AMBIGUOUS;
}
