/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#include "fixture.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

char *fixture_sample(const char *name, size_t *len)
{
    char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s", unit_samples(), name);
    return unit_read_file(path, len);
}

bool fixture_chain(struct xrml_chain *chain, const char *names)
{
    char list[512];
    char *rest = NULL;
    bool ok = true;

    (void)snprintf(list, sizeof(list), "%s", names);
    for (char *name = strtok_r(list, " ", &rest); name != NULL && ok;
         name = strtok_r(NULL, " ", &rest)) {
        struct iss_error error = {0};
        size_t len = 0;
        char *text = fixture_sample(name, &len);
        ok = text != NULL &&
             xrml_chain_append(chain, text, len, 0, &error) == ISS_OK;
        if (!ok)
            (void)fprintf(stderr, "%s: %s\n", name, error.text);
        free(text);
    }
    return ok;
}

/* Little-endian modulus, in base64, of the first key behind <ISSUER>. */
static BIGNUM *issuer_modulus(const char *document)
{
    static const char mark[] = "encoding=\"base64\"";
    unsigned char octets[2048];
    const char *at = strstr(document, "<ISSUER>");

    at = at == NULL ? NULL : strstr(at, mark);
    at = at == NULL ? NULL : strchr(at, '>');
    if (at == NULL)
        return NULL;
    const char *end = strchr(++at, '<');
    if (end == NULL || end - at > 2000)
        return NULL;
    int len =
        EVP_DecodeBlock(octets, (const unsigned char *)at, (int)(end - at));
    for (const char *pad = end; pad > at && pad[-1] == '='; pad--)
        len--;
    return len <= 0 ? NULL : BN_lebin2bn(octets, len, NULL);
}

char *fixture_issuer_pem(const char *document)
{
    BIGNUM *n = issuer_modulus(document);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIO *bio = BIO_new(BIO_s_mem());
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    char *pem = NULL;
    char *data = NULL;
    long len = 0;

    if (n == NULL || builder == NULL || ctx == NULL || bio == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_uint32(builder, OSSL_PKEY_PARAM_RSA_E, 65537) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1 ||
        PEM_write_bio_PUBKEY(bio, key) != 1)
        goto out;
    len = BIO_get_mem_data(bio, &data);
    pem = calloc(1, (size_t)len + 1);
    if (pem != NULL)
        memcpy(pem, data, (size_t)len);
out:
    EVP_PKEY_free(key);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BIO_free(bio);
    BN_free(n);
    return pem;
}

struct xrml_anchors *fixture_anchor(const char *name)
{
    struct xrml_anchors *anchors = NULL;
    struct iss_error error = {0};
    size_t len = 0;
    char *text = fixture_sample(name, &len);
    char *pem = text == NULL ? NULL : fixture_issuer_pem(text);

    if (pem == NULL ||
        xrml_anchors_parse(pem, strlen(pem), &anchors, &error) != ISS_OK)
        (void)fprintf(stderr, "%s: anchor: %s\n", name, error.text);
    free(pem);
    free(text);
    return anchors;
}

enum iss_status fixture_verify(const struct xrml_chain *chain,
                               const struct xrml_anchors *anchors, bool legacy,
                               struct xrml_report *report, char text[512])
{
    const struct xrml_policy policy = {.legacy = legacy,
                                       .now = 1800000000 /* in 2027 */};
    struct iss_error error = {0};
    enum iss_status status =
        xrml_chain_verify(NULL, chain, anchors, &policy, report, &error);

    if (text != NULL)
        (void)snprintf(text, 512, "%s", error.text);
    return status;
}

const char fixture_known_answer[] =
    "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"LICENSE\" version=\"3.0"
    "\"><ISSUEDTIME>2004-01-02T03:04</ISSUEDTIME><DESCRIPTOR><OBJECT type="
    "\"Server-Licensor-Certificate\"><ID type=\"MS-GUID\">{11111111-2222-33"
    "33-4444-555555555555}</ID></OBJECT></DESCRIPTOR><ISSUER><OBJECT type="
    "\"MS-DRM-Server\"><ID type=\"MS-GUID\">{aaaaaaaa-0000-0000-0000-000000"
    "000001}</ID><NAME>Test Enrollment Service</NAME></OBJECT><PUBLICKEY><A"
    "LGORITHM>RSA</ALGORITHM><PARAMETER name=\"public-exponent\"><VALUE enc"
    "oding=\"integer32\">65537</VALUE></PARAMETER><PARAMETER name=\"modulus"
    "\"><VALUE encoding=\"base64\" size=\"1024\">KaunedEaEaHCsFfQkBeK8/u02k"
    "5s9cirdMK7zutzsAupzagyqJWaP8gKVAHcPbntPpNa69dqEYVPgotUcuo0dcjJaLIMorzK"
    "LS8dzXiPeG0yJfF9XepvHRZBOhIJsCGtmnHUm+C4Hqf8wo/chExaYgxeSDVPHpjfFM+Vnb"
    "EKpPk=</VALUE></PARAMETER></PUBLICKEY></ISSUER><ISSUEDPRINCIPALS><PRIN"
    "CIPAL internal-id=\"1\"><OBJECT type=\"MS-DRM-Server\"><ID type=\"MS-G"
    "UID\">{bbbbbbbb-0000-0000-0000-000000000002}</ID><ADDRESS type=\"URL\""
    ">http://rms.example.test/_wmcs</ADDRESS></OBJECT><PUBLICKEY><ALGORITHM"
    ">RSA</ALGORITHM><PARAMETER name=\"public-exponent\"><VALUE encoding=\""
    "integer32\">65537</VALUE></PARAMETER><PARAMETER name=\"modulus\"><VALU"
    "E encoding=\"base64\" size=\"1024\">c77qN3SO4dRkscJDgn9Bv0L/No8vJLD/+y"
    "ZEtLuDKtp+rUz+fW5poTRclPUaFGKbsKX6+ErnG5Em+sBinAx2N0++PGiXafN90kRZ9Mji"
    "KpIiTR7TmqoDPPreaFIS66Snmc6nLV6wTKSJEGRwcpAYP6E9AyDYHpuct6sOKlGbIcs=</"
    "VALUE></PARAMETER></PUBLICKEY><SECURITYLEVEL name=\"Server-Version\" v"
    "alue=\"1.0.3246.0\" /><SECURITYLEVEL name=\"Server-SKU\" value=\"RMS 1"
    ".0\" /></PRINCIPAL></ISSUEDPRINCIPALS><WORK><OBJECT type=\"Server-Lice"
    "nsor-Certificate\"><ID type=\"MS-GUID\">{11111111-2222-3333-4444-55555"
    "5555555}</ID></OBJECT><RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST><R"
    "IGHT name=\"ISSUE\"><CONDITIONLIST><TIME><RANGETIME><FROM>2004-01-02T0"
    "3:04</FROM><UNTIL>2005-01-02T03:04</UNTIL></RANGETIME></TIME><ACCESS><"
    "PRINCIPAL internal-id=\"1\" /></ACCESS></CONDITIONLIST></RIGHT></RIGHT"
    "SLIST></RIGHTSGROUP></WORK></BODY><SIGNATURE><DIGEST><ALGORITHM>SHA1</"
    "ALGORITHM><PARAMETER name=\"codingtype\"><VALUE encoding=\"string\">su"
    "rface-coding</VALUE></PARAMETER><VALUE encoding=\"base64\" size=\"160"
    "\">yHVDUPiF9Pht9y7gC2XVeeoag/g=</VALUE></DIGEST><ALGORITHM>RSA PKCS#1-"
    "V1.5</ALGORITHM><VALUE encoding=\"base64\" size=\"1024\">8BpbMYmOUxOUa"
    "DvR79sVtxFGP26kKbXpcL4WfJeCXNRwl4sUjwJb2lDVjRcKNgcOqaMQVq+EcgjmTcnXK4n"
    "UX+Pa3/TiASTAgoMiZMydb1y4iq/gaHeeairGzoL8pRmJhtrAcuMi5bMt2mHsCJF0+2e4t"
    "L84+iDKy7q7gQ65z3E=</VALUE></SIGNATURE></XrML>";
