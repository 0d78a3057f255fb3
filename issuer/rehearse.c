/* SPDX-License-Identifier: Apache-2.0 */
/* What would be signed: an order's way to its license, as far as the INTENT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "license.h"
#include "matter.h"

/* Base64 of zeros, as long as it was: what was sealed goes out with its INTENT
 * and not before. */
static void blank_sealed(char *body)
{
    static const char begin[] = "<ENABLINGBITS", end[] = "</ENABLINGBITS>";

    for (char *at = strstr(body, begin); at != NULL; at = strstr(at, begin)) {
        char *value = strstr(at, "<VALUE");

        at = strstr(at, end);
        value = value == NULL ? NULL : strchr(value, '>');
        while (value != NULL && at != NULL && ++value < at && *value != '<')
            if (*value != '=')
                *value = 'A';
        if (at == NULL)
            return;
    }
}

/* The names of what a use license grants. */
static enum iss_status list_rights(const struct xrml_document *draft,
                                   char **out, struct iss_error *error)
{
    struct xrml_reading *reading = NULL;
    size_t len = 0;
    FILE *file = open_memstream(out, &len);
    enum iss_status status =
        file == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                     : xrml_license_read(draft, &reading, error);

    if (status == ISS_OK) {
        const struct xrml_license *license = xrml_reading_license(reading);

        for (size_t i = 0; i < license->right_count; i++)
            (void)fprintf(file, "%s%s", i > 0 ? ", " : "",
                          license->rights[i].name);
    }
    xrml_reading_free(reading);
    if (file != NULL && fclose(file) != 0 && status == ISS_OK)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    return status;
}

static enum iss_status describe(struct iss_matter *matter,
                                struct iss_rehearsed *rehearsed,
                                struct iss_error *error)
{
    const struct iss_done *done = &matter->done;

    rehearsed->again = done->intent != 0;
    rehearsed->record = done->result != 0 ? done->result : done->intent;
    if (rehearsed->again)
        return ISS_OK;
    if (matter->body == NULL)
        return iss_fail(error, ISS_INTERNAL, "BODY: there is none");
    rehearsed->range = matter->range;
    rehearsed->body = matter->body;
    matter->body = NULL;
    blank_sealed(rehearsed->body);
    return matter->order->kind == ISS_UL && matter->draft != NULL
               ? list_rights(matter->draft, &rehearsed->rights, error)
               : ISS_OK;
}

void iss_rehearsed_clear(struct iss_rehearsed *rehearsed)
{
    free(rehearsed->body);
    free(rehearsed->rights);
    memset(rehearsed, 0, sizeof(*rehearsed));
}

enum iss_status iss_license_rehearse(struct iss *store,
                                     const struct iss_license_order *order,
                                     struct iss_rehearsed *rehearsed,
                                     struct iss_error *error)
{
    struct iss_matter *matter = calloc(1, sizeof(*matter));
    enum iss_status status = ISS_OK;

    memset(rehearsed, 0, sizeof(*rehearsed));
    if (matter == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = iss_matter_open(store, order, matter, error);
    if (status == ISS_OK && matter->done.intent == 0) {
        iss_matter_unseal(matter);
        status = iss_matter_write(matter, error);
    }
    if (status == ISS_OK)
        status = describe(matter, rehearsed, error);
    iss_matter_clear(matter);
    free(matter);
    if (status != ISS_OK)
        iss_rehearsed_clear(rehearsed);
    return status;
}
