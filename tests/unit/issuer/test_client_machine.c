/* SPDX-License-Identifier: Apache-2.0 */
/* Machines: the certificate verifies with the authority that is handed out,
 * and its key belongs to it; asked of libcrypto and the chain's six tests. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "issuer/client.h"
#include "unit.h"

static const int64_t now = 1795000020;

static void make(struct client_machine *machine)
{
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL_FATAL(client_machine_make(NULL,
                                              "Laptop of \xc3\x85sa & <Co>",
                                              now, machine, &error),
                          ISS_OK);
}

static enum iss_status verify(const struct client_machine *machine,
                              const struct client_machine *authority,
                              struct xrml_report *report)
{
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    const struct xrml_policy policy = {.now = now};

    CU_ASSERT_EQUAL_FATAL(xrml_anchors_parse(authority->authority,
                                             authority->authority_len, &anchors,
                                             NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 1);
    CU_ASSERT_STRING_EQUAL(xrml_anchor_name(anchors, 0),
                           "Laptop of \xc3\x85sa & <Co>");
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&chain, machine->certificate,
                                            machine->certificate_len, 0, NULL),
                          ISS_OK);
    enum iss_status status =
        xrml_chain_verify(NULL, &chain, anchors, &policy, report, NULL);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return status;
}

static void a_machine_verifies_under_its_own_authority(void)
{
    struct client_machine machine;
    struct xrml_report report;

    make(&machine);
    CU_ASSERT_EQUAL(verify(&machine, &machine, &report), ISS_OK);
    CU_ASSERT_EQUAL(report.count, 1);
    CU_ASSERT_EQUAL(report.nodes[0].place, XRML_PLACE_LEAF);
    client_machine_clear(&machine);
    CU_ASSERT_PTR_NULL(machine.key);
}

static void another_machine_has_another_authority(void)
{
    struct client_machine machine;
    struct client_machine other;
    struct xrml_report report;

    make(&machine);
    make(&other);
    CU_ASSERT_EQUAL(verify(&machine, &other, &report), ISS_KEY);
    client_machine_clear(&machine);
    client_machine_clear(&other);
}

/* The parts that MS-RMPR 2.2.9.4 demands, and the machine's own key. */
static void the_certificate_has_what_the_specification_demands(void)
{
    struct client_machine machine;
    struct xrml_document *document = NULL;
    struct xrml_reading *reading = NULL;
    BIGNUM *n = NULL;

    make(&machine);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(machine.certificate,
                                     machine.certificate_len, NULL, &document,
                                     NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL), ISS_OK);
    const struct xrml_license *spc = xrml_reading_license(reading);
    CU_ASSERT_EQUAL(spc->type, XRML_MACHINE_CERTIFICATE);
    CU_ASSERT_STRING_EQUAL(spc->text, "Microsoft Machine-Certificate");
    CU_ASSERT_STRING_EQUAL(spc->principal.object.type,
                           "Machine-Unique-Identifier");
    CU_ASSERT_STRING_EQUAL(spc->principal.object.name, "Machine");
    CU_ASSERT_STRING_EQUAL(spc->principal.digest, "SHA256");
    CU_ASSERT_EQUAL(strlen(spc->principal.hash), 44);
    CU_ASSERT_EQUAL(spc->principal.level_count, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.certificate,
                                  "<VALUE encoding=\"base64\" size=\"256\">"));
    CU_ASSERT_EQUAL(spc->issued, now - now % 60);

    BIO *pem = BIO_new_mem_buf(machine.key, (int)machine.key_len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);
    uint8_t modulus[256] = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    CU_ASSERT_EQUAL(BN_bn2bin(n, modulus), 256);
    CU_ASSERT_EQUAL_FATAL(spc->principal.key.modulus_len, sizeof(modulus));
    CU_ASSERT_EQUAL(
        memcmp(spc->principal.key.modulus, modulus, sizeof(modulus)), 0);
    BN_free(n);
    EVP_PKEY_free(key);
    BIO_free(pem);
    xrml_reading_free(reading);
    xrml_document_free(document);
    client_machine_clear(&machine);
}

static void names_that_are_no_line_are_refused(void)
{
    static const char *const names[] = {"",     " a",    "a ",
                                        "a\nb", "a\xff", "\xe2\x80\xae"};
    char long_name[XRML_NAME_MAX + 2] = "";
    struct client_machine machine;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CU_ASSERT_EQUAL(
            client_machine_make(NULL, names[i], now, &machine, NULL),
            ISS_USAGE);
    memset(long_name, 'a', XRML_NAME_MAX + 1);
    CU_ASSERT_EQUAL(client_machine_make(NULL, long_name, now, &machine, NULL),
                    ISS_USAGE);
}

UNIT_MAIN("client_machine", UNIT(a_machine_verifies_under_its_own_authority),
          UNIT(another_machine_has_another_authority),
          UNIT(the_certificate_has_what_the_specification_demands),
          UNIT(names_that_are_no_line_are_refused))
