/* SPDX-License-Identifier: Apache-2.0 */
/* Contents: see content.h. */
#include "content.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "conditions.h"
#include "rights.h"
#include "xml_text.h"
#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_rights.h"

enum { KEY_LEN = 16, BASE64_GROUP = 4, BASE64_OCTETS = 3, UTF16_UNIT = 2 };

/* A list of programs that may or may not use a content is nothing that could be
 * carried on: what asks for it is not licensed. */
static bool has_policy(const struct xrml_document *document)
{
    return xml_child(xml_root(document->tree), "POLICYLIST") != NULL;
}

/* ---- the sealed key ---------------------------------------------------------
 */

enum iss_status iss_content_seal(struct iss_matter *matter,
                                 const struct xrml_document *pl,
                                 const struct xrml_license *license,
                                 EVP_PKEY *with, bool v1,
                                 struct iss_error *error)
{
    struct iss_matter_sealed *sealed = &matter->sealed;
    const struct xrml_bits *bits = &license->principal.bits;
    enum sealed_form form = SEALED_V2;
    size_t len = 0;
    const char *body = xrml_body(pl, &len);

    if (v1 && !matter->order->legacy && bits->form != NULL &&
        strcmp(bits->form, sealed_form_name(SEALED_V1)) == 0)
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: its ENABLINGBITS are of the old "
                        "form %s: opened with --legacy only",
                        bits->form);
    if (bits->form == NULL || !sealed_form_find(bits->form, &form) ||
        (form != SEALED_V2 && !v1))
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: its ENABLINGBITS are %.40s; "
                        "%s is taken",
                        bits->form == NULL ? "missing" : bits->form,
                        sealed_form_name(SEALED_V2));
    if (has_policy(pl))
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: it has a POLICYLIST, which is "
                        "not carried on into licenses");
    if (!iss_conditions_known(pl) || license->when.present ||
        license->how_long.present)
        return iss_fail(error, ISS_REFUSED,
                        "publishing license: it has a condition which is not "
                        "carried on into licenses");
    if (xrml_rights_of(license) == NULL)
        return iss_fail(error, ISS_SEMANTICS,
                        "publishing license: no Encrypted-Rights-Data");
    sealed->data = malloc(SEALED_MAX);
    if (sealed->data == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status = xrml_bits_decode(bits->text, sealed->data,
                                              SEALED_MAX, &sealed->len, error);
    if (status == ISS_OK)
        status =
            xrml_license_bound(body, len, XRML_PL, &sealed->element, error);
    if (status != ISS_OK)
        return status;
    sealed->lid = (struct sealed_lid){.libctx = matter->iss->env.libctx,
                                      .form = form,
                                      .kind = SEALED_CONTENT_KEY,
                                      .element = sealed->element,
                                      .element_len = strlen(sealed->element)};
    sealed->with = with;
    sealed->opener = sealed_opener(&sealed->lid, with);
    sealed->needed = true;
    return ISS_OK;
}

/* ---- rights data that stand for those that do not open ---------------------
 */

static const char decoy_head[] =
    "<XrML xmlns=\"\" version=\"1.2\"><BODY type=\"Microsoft Rights Template\" "
    "version=\"3.0\"><ISSUEDTIME>2000-01-01T00:00</ISSUEDTIME><WORK><OBJECT>"
    "<ID type=\"MS-GUID\">{00000000-0000-4000-8000-000000000000}</ID></OBJECT>"
    "<METADATA><OWNER><OBJECT><ID type=\"Internal\" /><NAME>nobody</NAME>"
    "</OBJECT></OWNER></METADATA>"
    "<RIGHTSGROUP name=\"Main-Rights\"><RIGHTSLIST>";
static const char decoy_right[] =
    "<VIEW><CONDITIONLIST><ACCESS><PRINCIPAL><OBJECT><ID type=\"Unspecified\" "
    "/>"
    "<NAME>nobody@invalid</NAME></OBJECT></PRINCIPAL></ACCESS></CONDITIONLIST>"
    "</VIEW>";
static const char decoy_tail[] =
    "</RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>";

/* ASCII in two octets each; returns where it ends. */
static uint8_t *widen(uint8_t *at, const char *text)
{
    for (; *text != '\0'; text++, at += UTF16_UNIT) {
        at[0] = (uint8_t)*text;
        at[1] = 0;
    }
    return at;
}

/* As long as what could not be read and in the same encoding, so that reading
 * it takes as long. */
static enum iss_status make_decoy(const char *rights,
                                  struct xrml_document **out,
                                  struct iss_error *error)
{
    const size_t units =
        strlen(rights) / BASE64_GROUP * BASE64_OCTETS / UTF16_UNIT;
    const size_t frame = sizeof(decoy_head) + sizeof(decoy_tail);
    const size_t one = sizeof(decoy_right) - 1;
    size_t count = units > frame ? (units - frame) / one : 0;
    enum xml_encoding encoding = XML_UTF16;
    char *text = NULL;
    size_t len = 0;

    count = count == 0 ? 1 : count > XRML_RIGHTS_MAX ? XRML_RIGHTS_MAX : count;
    uint8_t *wide = malloc((frame + count * one) * UTF16_UNIT);
    if (wide == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    uint8_t *end = widen(wide, decoy_head);
    for (size_t i = 0; i < count; i++)
        end = widen(end, decoy_right);
    end = widen(end, decoy_tail);
    enum iss_status status =
        xml_decode((const char *)wide, (size_t)(end - wide), ISS_INTERNAL,
                   &text, &len, &encoding, error);
    if (status == ISS_OK)
        status = xrml_unsigned_parse(text, len, out, error);
    free(text);
    free(wide);
    return status;
}

/* ---- opening ----------------------------------------------------------------
 */

void iss_content_clear(struct iss_content *content)
{
    xrml_reading_free(content->reading);
    xrml_document_free(content->document);
    *content = (struct iss_content){0};
}

/* A content key in any case; a random one is drawn in any case. */
static enum iss_status take_key(const struct iss_matter *matter,
                                struct sealed_secret *key,
                                struct iss_error *error)
{
    uint8_t random[KEY_LEN];

    if (RAND_bytes(random, sizeof(random)) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    *key = matter->sealed.secret;
    if (matter->sealed.status != ISS_OK) {
        memcpy(key->octets, random, sizeof(random));
        key->len = sizeof(random);
    }
    return ISS_OK;
}

/* The server that the license is for, or this server at any time, has signed
 * the template; when is not asked: it may have been long ago. */
static bool check_template(struct iss_matter *matter,
                           const struct xrml_document *template,
                           const struct xrml_license *license)
{
    const struct xrml_key *by = &xrml_fields(template)->issuer_key;
    uint8_t hash[ISS_HASH_SIZE];
    EVP_PKEY *own = NULL;
    struct iss_error unused = {.status = ISS_OK};

    if (by->modulus == NULL ||
        (template->signature.digest != XRML_SHA256 && !matter->order->legacy) ||
        xrml_digest_check(template, &unused) != ISS_OK ||
        xrml_signature_verify(matter->iss->env.libctx, by, &template->signature,
                              &unused) != ISS_OK)
        return false;
    return xrml_key_same(by, &license->principal.key) ||
           (xrml_key_hash(by, hash, &unused) == ISS_OK &&
            iss_matter_licensor(matter, hash, &own, &unused) == ISS_OK &&
            own != NULL);
}

static bool same_work(const struct xrml_object *a, const struct xrml_object *b)
{
    char one[XRML_GUID_SIZE];
    char other[XRML_GUID_SIZE];

    if (a->id == NULL || b->id == NULL)
        return false;
    if (xrml_guid_normal(a->id, one) && xrml_guid_normal(b->id, other))
        return strcmp(one, other) == 0;
    return a->id[0] != '\0' && strcmp(a->id, b->id) == 0;
}

enum iss_status iss_content_open(struct iss_matter *matter,
                                 const struct xrml_license *license,
                                 struct iss_content *content,
                                 struct iss_error *error)
{
    OSSL_LIB_CTX *libctx = matter->iss->env.libctx;
    const char *rights = xrml_rights_of(license);
    struct sealed_secret key;
    struct iss_error unused = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    *content = (struct iss_content){0};
    status = take_key(matter, &key, error);
    bool good = matter->sealed.status == ISS_OK;
    if (status == ISS_OK &&
        xrml_rights_open(libctx, key.octets, key.len, rights,
                         &content->document, &unused) != ISS_OK) {
        good = false;
        status = make_decoy(rights, &content->document, error);
    }
    sealed_secret_wipe(&key);
    if (status == ISS_OK &&
        xrml_license_read(content->document, &content->reading, &unused) !=
            ISS_OK) {
        good = false;
        xrml_document_free(content->document);
        content->document = NULL;
        status = make_decoy(rights, &content->document, error);
        if (status == ISS_OK)
            status =
                xrml_license_read(content->document, &content->reading, error);
    }
    if (status != ISS_OK)
        return status;
    content->license = xrml_reading_license(content->reading);
    good = good && !has_policy(content->document) &&
           iss_conditions_known(content->document);
    if (content->license->type == XRML_TEMPLATE) {
        content->checked = true;
        good = check_template(matter, content->document, license) && good;
    } else {
        good = same_work(&content->license->work, &license->work) && good;
    }
    content->good = good;
    return ISS_OK;
}

bool iss_content_vouches(const struct iss_content *content,
                         const struct xrml_license *license, bool is_signed)
{
    return (is_signed &&
            xrml_key_same(&license->issuer.key, &license->principal.key)) ||
           iss_mail_same(content->license->owner.name, license->owner.name);
}

void iss_content_even(struct iss_matter *matter, struct iss_content *content)
{
    const struct xrml_document *own = matter->own.documents[0];
    struct iss_error unused = {.status = ISS_OK};

    if (content->checked)
        return;
    content->checked =
        xrml_signature_verify(matter->iss->env.libctx,
                              &xrml_fields(own)->issuer_key, &own->signature,
                              &unused) == ISS_OK;
}
