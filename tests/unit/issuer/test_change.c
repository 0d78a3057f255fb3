/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/change.h"

#include <stdio.h>
#include <string.h>

#include "hierarchy.h"
#include "unit.h"

static struct xrml_fields fields_of(int key)
{
    return (struct xrml_fields){
        .may_issue = true,
        .range = {true, HIERARCHY_TIME, HIERARCHY_TIME + 86400},
        .issuer = {.id = "{a}", .name = "Issuer"},
        .principal = {.id = "{b}",
                      .name = "RMS01",
                      .address = "https://rms.example/_wmcs"},
        .issuer_key = *hierarchy_numbers(ESC_KEY),
        .principal_key = *hierarchy_numbers(key),
        .server_version = "1.0.0"};
}

static const struct iss_change *only(const struct xrml_fields *before,
                                     const struct xrml_fields *after,
                                     struct iss_import *import)
{
    CU_ASSERT_EQUAL_FATAL(iss_changes(before, after, import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import->change_count, 1);
    return &import->changes[0];
}

static void the_same_certificate_changes_nothing(void)
{
    const struct xrml_fields fields = fields_of(SLC_KEY);
    struct xrml_fields longer = fields;
    struct iss_import import = {.change_count = 7};

    CU_ASSERT_EQUAL(iss_changes(&fields, &fields, &import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import.change_count, 0);
    /* a later end is what a renewal is for */
    longer.range.until += 365 * 86400;
    CU_ASSERT_EQUAL(iss_changes(&fields, &longer, &import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import.change_count, 0);
}

static void keys_are_named_by_size_and_hash(void)
{
    const struct xrml_fields before = fields_of(SLC_KEY);
    const struct xrml_fields after = fields_of(SUB_KEY);
    struct iss_import import;
    uint8_t hash[32];
    char start[3];

    const struct iss_change *change = only(&before, &after, &import);
    CU_ASSERT_STRING_EQUAL(change->what, "key");
    CU_ASSERT_TRUE(change->consent);
    CU_ASSERT_EQUAL(strncmp(change->before, "RSA-2048 ", 9), 0);
    CU_ASSERT_EQUAL(xrml_key_hash(&after.principal_key, hash, NULL), ISS_OK);
    (void)snprintf(start, sizeof(start), "%02x", hash[0]);
    CU_ASSERT_EQUAL(strncmp(change->after + 9, start, 2), 0);
}

static void what_a_certificate_says_needs_consent(void)
{
    const struct xrml_fields before = fields_of(SLC_KEY);
    struct xrml_fields after = before;
    struct xrml_key keys[2] = {*hierarchy_numbers(ESC_KEY),
                               *hierarchy_numbers(CA_KEY)};
    struct iss_import import;

    after.principal.name = "RMS02";
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "name");
    CU_ASSERT_TRUE(import.changes[0].consent);
    CU_ASSERT_STRING_EQUAL(import.changes[0].before, "RMS01");
    CU_ASSERT_STRING_EQUAL(import.changes[0].after, "RMS02");
    after = before;
    after.principal.address = NULL;
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "url");
    CU_ASSERT_TRUE(import.changes[0].consent);
    CU_ASSERT_STRING_EQUAL(import.changes[0].after, "none");
    after = before;
    after.may_issue = false;
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "rights");
    CU_ASSERT_TRUE(import.changes[0].consent);
    after = before;
    after.issuer.id = "{c}";
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "issuer");
    CU_ASSERT_TRUE(import.changes[0].consent);
    CU_ASSERT_STRING_EQUAL(import.changes[0].before, "{a}");
    after = before;
    after.revokers = keys;
    after.revoker_count = 2;
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "revocation");
    CU_ASSERT_TRUE(import.changes[0].consent);
    CU_ASSERT_STRING_EQUAL(import.changes[0].before, "the issuer alone");
    CU_ASSERT_EQUAL(strncmp(import.changes[0].after, "RSA-2048 ", 9), 0);
}

static void what_the_issuer_decides_is_told(void)
{
    const struct xrml_fields before = fields_of(SLC_KEY);
    struct xrml_fields after = before;
    struct iss_import import;

    after.issuer_key = *hierarchy_numbers(ECA_KEY);
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what,
                           "issuer's key");
    CU_ASSERT_FALSE(import.changes[0].consent);
    after = before;
    after.server_version = "1.0.1";
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "version");
    CU_ASSERT_FALSE(import.changes[0].consent);
    after = before;
    after.range.until -= 60;
    CU_ASSERT_STRING_EQUAL(only(&before, &after, &import)->what, "validity");
    CU_ASSERT_FALSE(import.changes[0].consent);
}

static void every_change_has_its_place(void)
{
    const struct xrml_fields before = fields_of(SLC_KEY);
    struct xrml_fields after = fields_of(SUB_KEY);
    struct xrml_key keys[2] = {*hierarchy_numbers(ESC_KEY),
                               *hierarchy_numbers(CA_KEY)};
    struct iss_import import;

    after.may_issue = false;
    after.range.until -= 60;
    after.issuer = (struct xrml_object){.id = "{c}", .name = "Other"};
    after.principal = (struct xrml_object){.id = "{d}", .name = "x"};
    after.issuer_key = keys[1];
    after.server_version = NULL;
    after.revokers = keys;
    after.revoker_count = 2;
    CU_ASSERT_EQUAL(iss_changes(&before, &after, &import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import.change_count, ISS_CHANGES_MAX);
}

UNIT_MAIN("change", UNIT(the_same_certificate_changes_nothing),
          UNIT(keys_are_named_by_size_and_hash),
          UNIT(what_a_certificate_says_needs_consent),
          UNIT(what_the_issuer_decides_is_told),
          UNIT(every_change_has_its_place))
