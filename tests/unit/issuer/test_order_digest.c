/* SPDX-License-Identifier: Apache-2.0 */
/* D as docs/formats/journal.md has it, made here a second time: its text is
 * written out, libcrypto hashes it. */
#include "issuer/order_digest.h"

#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { HASH = 32, INPUTS = 5, SPARE = 4 };

static const uint8_t nonce[ISS_LICENSE_NONCE_SIZE] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};
static const char nonce_hex[] = "000102030405060708090a0b0c0d0eff";

static void digest_of(const struct iss_license_order *order,
                      uint8_t digest[static HASH])
{
    CU_ASSERT_EQUAL(iss_order_digest(order, nonce, digest, NULL), ISS_OK);
}

static void put_hash(FILE *out, const char *text)
{
    uint8_t hash[HASH];

    CU_ASSERT_EQUAL(
        EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < HASH; i++)
        (void)fprintf(out, "%02x", hash[i]);
    (void)fputc('\n', out);
}

static void is_that_of(const struct iss_license_order *order, const char *kind,
                       const char *const inputs[static INPUTS],
                       const char *rest)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    uint8_t expected[HASH];
    uint8_t digest[HASH];

    (void)fprintf(out, "privyseal-request 1\n%s\n", kind);
    for (size_t i = 0; i < INPUTS; i++)
        put_hash(out, inputs[i]);
    put_hash(out, rest);
    (void)fprintf(out, "%s\n", nonce_hex);
    CU_ASSERT_EQUAL(fclose(out), 0);
    CU_ASSERT_EQUAL(EVP_Digest(text, len, expected, NULL, EVP_sha256(), NULL),
                    1);
    digest_of(order, digest);
    CU_ASSERT_EQUAL(memcmp(digest, expected, HASH), 0);
    free(text);
}

static void orders_with_files_are_their_kind_hashes_and_nonce(void)
{
    static const struct iss_license_order rac = {
        .kind = ISS_RAC,
        .until = 1795269600,
        .machine = {"<m/>", 4},
        .user = {.id_type = "Windows",
                 .id = "S-1-5-21-1-2-3-1000",
                 .mail = "ann@example.org"},
        .temporary = true};
    static const struct iss_license_order ul = {
        .kind = ISS_UL, .rac = {"<rac/>tail", 6}, .pl = {"<pl/>", 5}};
    struct iss_license_order old = ul;

    is_that_of(&rac, "rac", (const char *[]){"<m/>", "", "", "", ""},
               "until 1795269600\n"
               "temporary 1\n"
               "user\n"
               "id-type 7:Windows\n"
               "id 19:S-1-5-21-1-2-3-1000\n"
               "mail 15:ann@example.org\n");
    is_that_of(&ul, "ul", (const char *[]){"", "<rac/>", "<pl/>", "", ""},
               "user\n");
    old.legacy = true;
    is_that_of(&old, "ul", (const char *[]){"", "<rac/>", "<pl/>", "", ""},
               "legacy 1\n"
               "user\n");
}

static void terms_are_lines_in_the_order_of_the_header(void)
{
    static const struct iss_grant grants[] = {
        {.right = "VIEW",
         .mail = "bo@example.org",
         .range = {.present = true, .from = 60, .until = 120}},
        {.right = "PRINT",
         .interval = {.present = true, .days = 1, .minutes = 30}}};
    static const uint8_t modulus[] = {0xc1, 0x00, 0x0f};
    static const struct iss_terms terms = {
        .text = "LCID 1033:NAME x:DESCRIPTION y;",
        .owner = {.mail = "ann@example.org"},
        .grants = grants,
        .grant_count = 2,
        .validity = {.present = true, .until = 1795269600},
        .refresh = {.count = 1,
                    .points = {{.object = {.type = "Revocation",
                                           .id_type = "MS-GUID",
                                           .id = "{1}",
                                           .name = "r",
                                           .address = "https://r",
                                           .address_type = "URL"},
                                .key = {modulus, sizeof(modulus), 65537}}},
                    .interval = {.present = true, .hours = 8, .seconds = 1}},
        .referral = "mailto:ann@example.org",
        .content_guid = "{2}"};
    static const struct iss_license_order pl = {.kind = ISS_PL,
                                                .content_key =
                                                    (const uint8_t *)"0123",
                                                .content_key_len = 4,
                                                .terms = &terms,
                                                .template_text = {"<t/>", 4}};

    is_that_of(&pl, "pl", (const char *[]){"", "", "", "0123", "<t/>"},
               "user\n"
               "terms\n"
               "text 31:LCID 1033:NAME x:DESCRIPTION y;\n"
               "owner\n"
               "mail 15:ann@example.org\n"
               "right 4:VIEW\n"
               "mail 14:bo@example.org\n"
               "range 60 120\n"
               "right 5:PRINT\n"
               "interval 1 0 30 0\n"
               "validity 0 1795269600\n"
               "revoker\n"
               "type 10:Revocation\n"
               "id-type 7:MS-GUID\n"
               "id 3:{1}\n"
               "name 1:r\n"
               "address 9:https://r\n"
               "address-type 3:URL\n"
               "key 65537 c1000f\n"
               "interval 0 8 0 1\n"
               "referral 22:mailto:ann@example.org\n"
               "content 3:{2}\n");
}

/* ---- every value counts ----------------------------------------------------
 */

/* An order that says all that can be said; what it points to is beside it, and
 * more than it counts. */
struct whole {
    struct iss_license_order order;
    struct iss_terms terms;
    struct iss_grant grants[SPARE];
    struct xrml_revoke revoked[SPARE];
};

static const char five[] = "value"; /* and "other": of one length */

static struct xrml_object object(void)
{
    return (struct xrml_object){.type = five,
                                .id_type = five,
                                .id = five,
                                .name = five,
                                .address = five,
                                .address_type = five};
}

static void fill(struct whole *whole)
{
    const struct iss_text text = {five, 5};
    const struct iss_user user = {five, five, five};
    const struct xrml_key key = {(const uint8_t *)five, 5, 3};
    const struct xrml_range range = {true, 60, 120};
    const struct xrml_interval interval = {true, 1, 2, 3, 4};

    memset(whole, 0, sizeof(*whole));
    for (size_t i = 0; i < SPARE; i++) {
        whole->grants[i] = (struct iss_grant){five, five, range, interval};
        whole->revoked[i] =
            (struct xrml_revoke){XRML_REVOKED_ID, object(), key, five, five};
        whole->terms.refresh.points[i] = (struct xrml_point){object(), key};
    }
    whole->terms.refresh.count = SPARE / 2;
    whole->terms.refresh.interval = interval;
    whole->terms.text = five;
    whole->terms.owner = user;
    whole->terms.grants = whole->grants;
    whole->terms.grant_count = SPARE / 2;
    whole->terms.validity = range;
    whole->terms.referral = five;
    whole->terms.content_guid = five;
    whole->order =
        (struct iss_license_order){.until = 60,
                                   .machine = text,
                                   .user = user,
                                   .rac = text,
                                   .pl = text,
                                   .content_key = (const uint8_t *)five,
                                   .content_key_len = 5,
                                   .terms = &whole->terms,
                                   .template_text = text,
                                   .revoked = whole->revoked,
                                   .revoked_count = SPARE / 2,
                                   .list_name = five};
}

#define AT(member) offsetof(struct whole, member)
#define OBJECT(member)                                                   \
    AT(member.type), AT(member.id_type), AT(member.id), AT(member.name), \
        AT(member.address), AT(member.address_type)
#define USER(member)  AT(member.id_type), AT(member.id), AT(member.mail)
#define RANGE(member) AT(member.present), AT(member.from), AT(member.until)
#define INTERVAL(member)                                                       \
    AT(member.present), AT(member.days), AT(member.hours), AT(member.minutes), \
        AT(member.seconds)
#define KEY(member) AT(member.modulus_len), AT(member.exponent)

/* Pointers to text. */
static const size_t texts[] = {AT(order.machine.text),
                               USER(order.user),
                               AT(order.rac.text),
                               AT(order.pl.text),
                               AT(order.content_key),
                               AT(order.template_text.text),
                               AT(order.list_name),
                               AT(terms.text),
                               USER(terms.owner),
                               AT(terms.referral),
                               AT(terms.content_guid),
                               OBJECT(terms.refresh.points[0].object),
                               OBJECT(terms.refresh.points[1].object),
                               AT(terms.refresh.points[1].key.modulus),
                               AT(grants[0].right),
                               AT(grants[0].mail),
                               AT(grants[1].right),
                               AT(grants[1].mail),
                               OBJECT(revoked[0].object),
                               OBJECT(revoked[1].object),
                               AT(revoked[1].key.modulus),
                               AT(revoked[1].digest),
                               AT(revoked[1].hash)};
/* Numbers, lengths, marks: the lowest bit of the first octet changes them
 * wherever that octet stands. */
static const size_t numbers[] = {AT(order.kind),
                                 AT(order.until),
                                 AT(order.machine.len),
                                 AT(order.temporary),
                                 AT(order.legacy),
                                 AT(order.rac.len),
                                 AT(order.pl.len),
                                 AT(order.content_key_len),
                                 AT(order.template_text.len),
                                 AT(order.revoked_count),
                                 AT(terms.grant_count),
                                 RANGE(terms.validity),
                                 AT(terms.refresh.count),
                                 INTERVAL(terms.refresh.interval),
                                 KEY(terms.refresh.points[0].key),
                                 KEY(terms.refresh.points[1].key),
                                 RANGE(grants[0].range),
                                 INTERVAL(grants[0].interval),
                                 RANGE(grants[1].range),
                                 INTERVAL(grants[1].interval),
                                 AT(revoked[0].kind),
                                 KEY(revoked[1].key)};

enum {
    TEXTS = sizeof(texts) / sizeof(texts[0]),
    NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
    VARIANTS = 1 + TEXTS + TEXTS + NUMBERS + 1 /* without terms */
};

static void make_variant(struct whole *whole, size_t variant)
{
    const char *other = "other";
    const char *none = NULL;
    uint8_t *octets = (uint8_t *)whole;

    fill(whole);
    if (variant == 0)
        return;
    variant--;
    if (variant < TEXTS)
        memcpy(octets + texts[variant], &other, sizeof(const char *));
    else if (variant < 2 * TEXTS)
        memcpy(octets + texts[variant - TEXTS], &none, sizeof(const char *));
    else if (variant < 2 * TEXTS + NUMBERS)
        octets[numbers[variant - 2 * TEXTS]] ^= 1;
    else
        whole->order.terms = NULL;
}

static void whatever_an_order_says_changes_its_digest(void)
{
    static uint8_t digests[VARIANTS][HASH];
    static struct whole whole;

    for (size_t i = 0; i < VARIANTS; i++) {
        make_variant(&whole, i);
        digest_of(&whole.order, digests[i]);
    }
    for (size_t i = 0; i < VARIANTS; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(digests[i], digests[k], HASH) == 0) {
                (void)fprintf(stderr, "variants %zu and %zu\n", k, i);
                CU_FAIL("two orders of one digest");
            }
}

static void the_nonce_changes_the_digest(void)
{
    const struct iss_license_order order = {.kind = ISS_CLC};
    uint8_t other[ISS_LICENSE_NONCE_SIZE];
    uint8_t one[HASH];
    uint8_t two[HASH];

    digest_of(&order, one);
    for (size_t i = 0; i < sizeof(other); i++) {
        memcpy(other, nonce, sizeof(other));
        other[i] ^= 0x80;
        CU_ASSERT_EQUAL(iss_order_digest(&order, other, two, NULL), ISS_OK);
        CU_ASSERT_NOT_EQUAL(memcmp(one, two, HASH), 0);
    }
}

/* ---- no value is taken for another -----------------------------------------
 */

static void differ(const struct iss_license_order *a,
                   const struct iss_license_order *b)
{
    uint8_t one[HASH];
    uint8_t two[HASH];

    digest_of(a, one);
    digest_of(b, two);
    CU_ASSERT_NOT_EQUAL(memcmp(one, two, HASH), 0);
}

static void no_value_passes_as_another(void)
{
    const struct iss_license_order machine = {.machine = {five, 5}};
    const struct iss_license_order rac = {.rac = {five, 5}};
    const struct iss_license_order pl = {.pl = {five, 5}};
    const struct iss_license_order key = {.content_key = (const uint8_t *)five,
                                          .content_key_len = 5};
    const struct iss_license_order pattern = {.template_text = {five, 5}};
    const struct iss_license_order *const files[] = {&machine, &rac, &pl, &key,
                                                     &pattern};
    /* lines within a value */
    const struct iss_license_order forged = {
        .user = {.id = "x\nmail 3:a@b", .mail = NULL}};
    const struct iss_license_order plain = {.user = {.id = "x", .mail = "a@b"}};
    const struct iss_license_order named = {.user = {.mail = "a"},
                                            .list_name = "b"};
    const struct iss_license_order longer = {.user = {.mail = "a\nlist 1:b"}};

    for (size_t i = 0; i < INPUTS; i++)
        for (size_t k = 0; k < i; k++)
            differ(files[i], files[k]);
    differ(&forged, &plain);
    differ(&named, &longer);
}

static void values_of_grants_stay_with_them(void)
{
    static const struct xrml_interval day = {.present = true, .days = 1};
    static const struct iss_grant first[] = {
        {.right = "A", .mail = "m", .interval = {.present = true, .days = 1}},
        {.right = "B"}};
    static const struct iss_grant second[] = {
        {.right = "A", .mail = "m"},
        {.right = "B", .interval = {.present = true, .days = 1}}};
    static const struct iss_grant third[] = {{.right = "A"},
                                             {.right = "B", .mail = "m"}};
    static const struct iss_grant fourth[] = {{.right = "A", .mail = "m"},
                                              {.right = "B"}};
    const struct iss_terms terms[] = {
        {.grants = first, .grant_count = 2},
        {.grants = second, .grant_count = 2},
        {.grants = third, .grant_count = 2},
        {.grants = fourth, .grant_count = 2},
        {.grants = fourth,
         .grant_count = 2,
         .refresh = {.count = 1, .interval = day}}};
    enum { COUNT = sizeof(terms) / sizeof(terms[0]) };
    struct iss_license_order orders[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        orders[i] =
            (struct iss_license_order){.kind = ISS_PL, .terms = &terms[i]};
        for (size_t k = 0; k < i; k++)
            differ(&orders[i], &orders[k]);
    }
}

UNIT_MAIN("order_digest",
          UNIT(orders_with_files_are_their_kind_hashes_and_nonce),
          UNIT(terms_are_lines_in_the_order_of_the_header),
          UNIT(whatever_an_order_says_changes_its_digest),
          UNIT(the_nonce_changes_the_digest), UNIT(no_value_passes_as_another),
          UNIT(values_of_grants_stay_with_them))
