/* SPDX-License-Identifier: Apache-2.0 */
/* Messages kept as they come. */
#include "message.h"

#include <stdlib.h>
#include <string.h>

void prov_message_begin(struct prov_message *message, size_t limit)
{
    prov_message_clear(message);
    message->limit = limit;
    message->kept = limit != 0;
}

void prov_message_clear(struct prov_message *message)
{
    free(message->data);
    *message = (struct prov_message){0};
}

void prov_message_add(struct prov_message *message, const uint8_t *data,
                      size_t len)
{
    size_t size;
    uint8_t *more;

    if (!message->kept || len == 0)
        return;
    if (len > message->limit || message->len + len > message->limit) {
        prov_message_clear(message);
        return;
    }
    if (message->len + len > message->size) {
        size = 2 * (message->len + len);
        more = realloc(message->data, size);
        if (more == NULL) {
            prov_message_clear(message);
            return;
        }
        message->data = more;
        message->size = size;
    }
    memcpy(message->data + message->len, data, len);
    message->len += len;
}

bool prov_message_copy(struct prov_message *to, const struct prov_message *from)
{
    *to = (struct prov_message){.limit = from->limit, .kept = from->kept};
    if (from->len == 0)
        return true;
    to->data = malloc(from->len);
    if (to->data == NULL) {
        to->kept = false;
        return false;
    }
    memcpy(to->data, from->data, from->len);
    to->len = to->size = from->len;
    return true;
}
