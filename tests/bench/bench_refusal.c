/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a request for a use license tell by its time why it is refused?
 *
 *   bench_refusal STORE CLIENT [ROUNDS]
 *
 * STORE: a root's folder; CLIENT: a client's, with a certificate of that root.
 * With it publishing licenses are signed whose sealed keys are good or spoiled
 * in several ways; all name an account that gets nothing. Each is refused with
 * the same text, else the program stops. What is timed is unsealing and
 * judging, in an order drawn anew each round; reading and verifying the order
 * is not, and no record is written. Beside it, in every fourth round, the RSA
 * part of the same sealed keys alone: what the token itself shows. SIGUSR1 has
 * it print what there is so far. docs/performance.md says how to read it.
 */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/client_part.h"
#include "issuer/matter.h"
#include "issuer/profile.h"
#include "issuer/xrml_document.h"
#include "issuer/xrml_key.h"
#include "oracle.h"
#include "sealing.h"
#include "tools/client.h"
#include "tools/env.h"

enum { ROUNDS = 2000, POOL = 200, WARM = 10, RAW_EVERY = 4 };

/* The first is what the others are held against. */
enum { OTHER_RIGHTS = SEALING_CLASSES, CLASSES };

struct license { /* a publishing license of a class */
    char *text;  /* its chain behind it */
    size_t len;
    uint8_t sealed[SEALED_MAX];
};

struct bench {
    struct tool_env env;
    struct iss *store;
    struct tool_client client;
    EVP_PKEY *clc_key;
    EVP_PKEY_CTX *raw; /* what opens sealed keys in the store's token */
    size_t k;          /* octets of a sealed key that are RSA's */
    char *rac, *clc;   /* files */
    size_t rac_len, clc_len;
    struct license pool[CLASSES][POOL];
    char text[ISS_TEXT_MAX]; /* of the first refusal: of all */
};

static void must(enum iss_status status, const struct iss_error *error)
{
    if (status != ISS_OK)
        oracle_stop(error->text);
}

/* ---- publishing licenses of a class ----------------------------------------
 */

static void random_key(uint8_t key[static SEALING_KEY])
{
    if (RAND_bytes(key, SEALING_KEY) != 1)
        oracle_stop("random");
}

/* As a program of the user's publishes. */
static struct xrml_document *publish(const struct bench *bench,
                                     const uint8_t key[static SEALING_KEY])
{
    static const struct iss_grant grants[] = {
        {.right = "VIEW", .mail = "nobody@example.org"},
        {.right = "PRINT", .mail = "nobody@example.org"}};
    static const struct iss_terms terms = {
        .content_guid = "{11111111-2222-4333-8444-555555555555}",
        .owner = {.mail = "owner@example.org"},
        .grants = grants,
        .grant_count = sizeof(grants) / sizeof(grants[0])};
    const struct client_publication what = {.clc = &bench->client.clc,
                                            .key = bench->clc_key,
                                            .terms = &terms,
                                            .content_key = key,
                                            .content_key_len = SEALING_KEY,
                                            .now = bench->client.now};
    struct xrml_chain chain = {0};
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;

    must(client_publish(NULL, &what, &text, &len, &error), &error);
    must(xrml_chain_append(&chain, text, len, 0, &error), &error);
    document = xrml_document_share(chain.documents[0]);
    xrml_chain_clear(&chain);
    free(text);
    return document;
}

/* The same with a sealed key of the class, signed anew. */
static void make(struct bench *bench, int class, struct license *out)
{
    const bool own = class != OTHER_RIGHTS;
    uint8_t key[SEALING_KEY];
    EVP_PKEY *to = NULL;
    struct xrml_reading *reading = NULL;
    struct iss_error error = {.status = ISS_OK};
    char *bound = NULL, *bits = NULL, *document = NULL;

    random_key(key);
    struct xrml_document *published = publish(bench, key);
    if (!own)
        random_key(key);
    must(xrml_license_read(published, &reading, &error), &error);
    struct xrml_license pl = *xrml_reading_license(reading);
    must(xrml_key_pkey(NULL, &pl.principal.key, &to, &error), &error);
    must(xrml_license_binding(&pl, &bound, &error), &error);
    size_t len = sealing_make(to, own ? (enum sealing) class : SEALING_GOOD,
                              bound, key, out->sealed);
    must(xrml_bits_encode(out->sealed, len, &bits, &error), &error);
    pl.principal.bits.text = bits;
    must(client_sign(NULL, &pl, bench->clc_key, &document, &error), &error);
    int n = asprintf(&out->text, "%s\n%.*s", document, (int)bench->clc_len,
                     bench->clc);
    if (n < 0)
        oracle_stop("memory");
    out->len = (size_t)n;
    free(document);
    free(bits);
    free(bound);
    EVP_PKEY_free(to);
    xrml_reading_free(reading);
    xrml_document_free(published);
}

/* ---- measuring -------------------------------------------------------------
 */

static struct iss_license_order order_of(const struct bench *bench,
                                         const struct license *license)
{
    return (struct iss_license_order){.kind = ISS_UL,
                                      .rac = {bench->rac, bench->rac_len},
                                      .pl = {license->text, license->len}};
}

struct series {
    struct oracle_series refused[CLASSES]; /* unsealing and judging */
    struct oracle_series judged[CLASSES];  /* of that, what follows the token */
    struct oracle_series raw[CLASSES];
};

static void time_refused(struct bench *bench, const struct license *license,
                         const struct series *series, int class, size_t round)
{
    const struct iss_license_order order = order_of(bench, license);
    struct iss_error error = {.status = ISS_OK};
    struct iss_matter matter;

    must(iss_matter_open(bench->store, &order, &matter, &error), &error);
    const struct oracle_span begin = oracle_begin();
    iss_matter_unseal(&matter);
    const struct oracle_span unsealed = oracle_begin();
    const enum iss_status status = iss_matter_write(&matter, &error);
    oracle_note(&series->judged[class], round, oracle_end(&unsealed));
    oracle_note(&series->refused[class], round, oracle_end(&begin));
    if (bench->text[0] == '\0')
        (void)snprintf(bench->text, sizeof(bench->text), "%s", error.text);
    if (status != ISS_REFUSED || strcmp(bench->text, error.text) != 0)
        oracle_stop(status == ISS_OK ? "a license was written" : error.text);
    iss_matter_clear(&matter);
    ERR_clear_error();
}

/* After the same work, which leaves the machine in the same state. */
static void time_raw(struct bench *bench, const struct license *license,
                     const struct oracle_series *series, size_t round)
{
    const struct iss_license_order order = order_of(bench, license);
    struct iss_error error = {.status = ISS_OK};
    struct iss_matter matter;

    must(iss_matter_open(bench->store, &order, &matter, &error), &error);
    oracle_note(series, round,
                oracle_time_raw(bench->raw, license->sealed, bench->k));
    iss_matter_clear(&matter);
}

static void one_round(struct bench *bench, const struct series *series,
                      size_t round)
{
    uint8_t order[2 * CLASSES];

    oracle_draw(order, sizeof(order));
    for (size_t i = 0; i < sizeof(order); i++) {
        const int class = order[i] / 2;
        const struct license *license = &bench->pool[class][round % POOL];

        if (order[i] % 2 == 0)
            time_refused(bench, license, series, class, round);
        else if (round % RAW_EVERY == 0)
            time_raw(bench, license, &series->raw[class], round / RAW_EVERY);
    }
}

static void report(const struct bench *bench, const struct series *series,
                   size_t rounds)
{
    const size_t raw = (rounds + RAW_EVERY - 1) / RAW_EVERY;

    (void)printf("%zu of each class, all refused: %s\n", rounds, bench->text);
    oracle_print("use license refused", series->refused, CLASSES, rounds);
    oracle_print("RSA operation alone", series->raw, CLASSES, raw);
    oracle_beyond(series->refused, rounds, series->raw, raw, CLASSES);
    oracle_print("of the refusal, what follows the token", series->judged,
                 CLASSES, rounds);
}

/* ---- the whole -------------------------------------------------------------
 */

static void open_store(struct bench *bench, const char *dir,
                       struct iss_conf *conf)
{
    struct iss_error error = {.status = ISS_OK};
    char path[ISS_PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/privyseal.conf", dir) >=
        (int)sizeof(path))
        oracle_stop(dir);
    must(iss_conf_load(path, conf, &error), &error);
    must(tool_env_open(&bench->env, conf->module, conf->pin_source, &error),
         &error);
    must(iss_open(&bench->env.iss, dir, 0, &bench->store, &error), &error);
}

static void read_file(const char *dir, const char *name, char **text,
                      size_t *len)
{
    struct iss_error error = {.status = ISS_OK};
    char path[ISS_PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        oracle_stop(dir);
    must(iss_read_file(path, XRML_CHAIN_MAX, text, len, &error), &error);
}

static void open_client(struct bench *bench, const char *dir)
{
    struct tool tool = {.options.value[TOOL_CLIENT] = dir};
    struct iss_error error = {.status = ISS_OK};

    must(tool_client_open(&tool, &bench->client), &tool.error);
    if (bench->client.rac.count == 0 || bench->client.clc.count == 0)
        oracle_stop("client: not both rac.xml and clc.xml");
    must(client_open_key(NULL, bench->client.clc.documents[0],
                         bench->client.account, &bench->clc_key, &error),
         &error);
    read_file(dir, "rac.xml", &bench->rac, &bench->rac_len);
    read_file(dir, "clc.xml", &bench->clc, &bench->clc_len);
}

/* What the licenses' key in the token opens with. */
static void open_raw(struct bench *bench)
{
    const struct iss_license_order order = order_of(bench, bench->pool[0]);
    struct iss_error error = {.status = ISS_OK};
    struct iss_matter matter;

    must(iss_matter_open(bench->store, &order, &matter, &error), &error);
    bench->raw = sealed_opener(&matter.sealed.lid, matter.sealed.with);
    bench->k = (size_t)EVP_PKEY_get_size(matter.sealed.with);
    if (bench->raw == NULL)
        oracle_stop("the licensor key does not decrypt");
    iss_matter_clear(&matter);
}

static void close_all(struct bench *bench)
{
    struct iss_error error = {.status = ISS_OK};

    for (int class = 0; class < CLASSES; class ++)
        for (size_t i = 0; i < POOL; i++)
            free(bench->pool[class][i].text);
    free(bench->rac);
    free(bench->clc);
    EVP_PKEY_CTX_free(bench->raw);
    EVP_PKEY_free(bench->clc_key);
    tool_client_close(&bench->client);
    must(iss_close(bench->store, &error), &error);
    tool_env_close(&bench->env);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    size_t rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : ROUNDS;
    const char *names[CLASSES] = {[OTHER_RIGHTS] = "other rights data"};
    struct series series;
    struct iss_conf conf;

    if (argc < 3 || rounds < WARM)
        oracle_stop("usage: bench_refusal STORE CLIENT [ROUNDS]");
    oracle_listen();
    memcpy(names, sealing_names, sizeof(sealing_names));
    open_store(&bench, argv[1], &conf);
    open_client(&bench, argv[2]);
    for (int class = 0; class < CLASSES; class ++)
        for (size_t i = 0; i < POOL; i++)
            make(&bench, class, &bench.pool[class][i]);
    open_raw(&bench);
    oracle_series_new(series.refused, names, CLASSES, rounds);
    oracle_series_new(series.judged, names, CLASSES, rounds);
    oracle_series_new(series.raw, names, CLASSES, rounds);
    for (size_t round = 0; round < WARM; round++) /* what is made once */
        one_round(&bench, &series, round);
    for (size_t round = 0; round < rounds; round++) {
        one_round(&bench, &series, round);
        if (oracle_asked())
            report(&bench, &series, round + 1);
    }
    report(&bench, &series, rounds);
    oracle_series_free(series.refused, CLASSES);
    oracle_series_free(series.judged, CLASSES);
    oracle_series_free(series.raw, CLASSES);
    close_all(&bench);
    return 0;
}
