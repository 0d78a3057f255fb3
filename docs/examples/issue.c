/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a store for a use license and shows what came:
 *
 *   cc issue.c -o issue $(pkg-config --cflags --libs privyseal libcrypto)
 *   OPENSSL_CONF=openssl.cnf ./issue STORE RAC.xml PL.xml > UL.xml
 *
 * openssl.cnf makes the provider privyseal known, with a pin-source; `privyseal
 * doctor openssl-conf` prints one.
 */
#include <privyseal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 1 << 20, len;

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    text = malloc(size + 1);
    if (text == NULL)
        exit(1);
    len = fread(text, 1, size, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static const char *shown(const char *text)
{
    return text != NULL ? text : "-";
}

static void show(const privyseal_chain *chain)
{
    for (size_t i = 0; i < privyseal_chain_count(chain); i++)
        (void)fprintf(stderr, "%s %s until %s\n",
                      shown(privyseal_chain_field(chain, i, "type")),
                      shown(privyseal_chain_field(chain, i, "guid")),
                      shown(privyseal_chain_field(chain, i, "until")));
    for (size_t i = 0; i < privyseal_chain_rights(chain, 0); i++)
        (void)fprintf(stderr, "  may %s\n",
                      privyseal_chain_right(chain, 0, i, NULL));
}

int main(int argc, char **argv)
{
    privyseal *context = NULL;
    privyseal_store *store = NULL;
    privyseal_order *order = NULL;
    privyseal_license *license = NULL;
    privyseal_verifier *verifier = NULL;
    char *rac = NULL, *pl = NULL;
    size_t len = 0;
    int status = 2, closed = 0;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: issue STORE RAC PL > UL\n");
        return 2;
    }
    rac = read_file(argv[2]);
    pl = read_file(argv[3]);
    context = privyseal_new(NULL);
    if (context == NULL)
        return 1;
    status = privyseal_store_open(context, argv[1], 0, &store);
    if (status == 0)
        status = privyseal_order_new(context, "ul", &order);
    if (status == 0)
        status = privyseal_order_set(context, order, "rac", rac);
    if (status == 0)
        status = privyseal_order_set(context, order, "pl", pl);
    if (status == 0)
        status = privyseal_issue(store, order, &license);
    if (status == 0)
        status = privyseal_store_verifier(store, &verifier);
    if (status == 0)
        status = privyseal_verify(context, verifier,
                                  privyseal_license_chain(license), NULL);
    if (status == 0) {
        const char *text = privyseal_license_text(license, &len);

        show(privyseal_license_chain(license));
        if (fwrite(text, 1, len, stdout) != len)
            status = 8;
    } else {
        (void)fprintf(stderr, "issue: %s (%s)\n", privyseal_message(context),
                      privyseal_status_text(status));
    }
    privyseal_verifier_free(verifier);
    privyseal_license_free(license);
    privyseal_order_free(order);
    closed = privyseal_store_close(store);
    if (closed != 0)
        (void)fprintf(stderr, "issue: %s\n", privyseal_message(context));
    privyseal_free(context);
    free(rac);
    free(pl);
    return status != 0 ? status : closed;
}
