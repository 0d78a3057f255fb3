/* SPDX-License-Identifier: Apache-2.0 */
#include "revokers.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hierarchy.h"
#include "issuer/xrml_key.h"
#include "licenses.h"
#include "unit.h"

static struct tool_options options;
static struct xrml_refresh refresh;
static struct iss_error error;

/* PEM public keys by libcrypto, a name before the first. */
static void put_keys(const char *path, int count, const char *name)
{
    BIO *file = BIO_new_file(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    if (name != NULL)
        CU_ASSERT_TRUE(BIO_printf(file, "# %s\n", name) > 0);
    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL(PEM_write_bio_PUBKEY(file, hierarchy_key(REVOKER_KEY)),
                        1);
    CU_ASSERT_EQUAL(BIO_free(file), 1);
}

static void begin(void)
{
    static bool entered;
    struct license license;

    memset(&options, 0, sizeof(options));
    if (entered)
        return;
    char *folder = unit_temp_dir();
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    free(folder);
    put_keys("keys", 2, "Auditor");
    put_keys("eight", XRML_POINTS_MAX, NULL);
    put_keys("nine", XRML_POINTS_MAX + 1, NULL);
    license_make(LICENSE_RAC, false, &license);
    char *text = license_text(&license);
    FILE *file = fopen("certificate", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(fprintf(file, "\n %s%s", text, text) > 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
    free(text);
    entered = true;
}

static enum iss_status read_options(struct xrml_anchors **owner)
{
    memset(&error, 0, sizeof(error));
    return tool_revokers_read(&options, owner, &refresh, &error);
}

static bool refuses(const char *what)
{
    struct xrml_anchors *owner = NULL;
    const bool good =
        read_options(&owner) == ISS_USAGE && strstr(error.text, what) != NULL;

    if (!good)
        (void)fprintf(stderr, "not \"%s\" but \"%s\"\n", what, error.text);
    xrml_anchors_free(owner);
    return good;
}

static void nothing_is_said_where_nothing_is_given(void)
{
    struct xrml_anchors *owner = NULL;

    begin();
    refresh.count = 1;
    CU_ASSERT_EQUAL(read_options(&owner), ISS_OK);
    CU_ASSERT_EQUAL(refresh.count, 0);
    CU_ASSERT_PTR_NULL(owner);
}

static void each_key_of_a_file_is_a_point(void)
{
    struct xrml_anchors *owner = NULL;

    begin();
    options.value[TOOL_REVOKERS] = "keys";
    options.value[TOOL_REFRESH] = "7d";
    options.value[TOOL_LIST_URL] = "https://lists.example/a";
    CU_ASSERT_EQUAL_FATAL(read_options(&owner), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(refresh.count, 2);
    /* MS-RMPR 2.2.9.3.5 */
    CU_ASSERT_STRING_EQUAL(refresh.points[0].object.type, "Revocation");
    CU_ASSERT_STRING_EQUAL(refresh.points[0].object.id_type, "ascii-tag");
    CU_ASSERT_STRING_EQUAL(refresh.points[0].object.id,
                           "External revocation authority");
    CU_ASSERT_STRING_EQUAL(refresh.points[0].object.name, "Auditor");
    CU_ASSERT_PTR_NULL(refresh.points[1].object.name);
    CU_ASSERT_STRING_EQUAL(refresh.points[1].object.address,
                           "https://lists.example/a");
    CU_ASSERT_TRUE(
        xrml_key_same(&refresh.points[0].key, hierarchy_numbers(REVOKER_KEY)));
    CU_ASSERT_TRUE(refresh.interval.present);
    CU_ASSERT_EQUAL(refresh.interval.days, 7);
    CU_ASSERT_EQUAL(refresh.interval.minutes, 0);
    xrml_anchors_free(owner);
}

static void of_certificates_the_first_is_meant(void)
{
    struct xrml_anchors *owner = NULL;

    begin();
    options.value[TOOL_REVOKERS] = "certificate";
    CU_ASSERT_EQUAL_FATAL(read_options(&owner), ISS_OK);
    CU_ASSERT_EQUAL(refresh.count, 1);
    CU_ASSERT_FALSE(refresh.interval.present);
    CU_ASSERT_PTR_NULL(refresh.points[0].object.address);
    xrml_anchors_free(owner);
}

static void at_most_as_many_keys_as_a_license_holds(void)
{
    struct xrml_anchors *owner = NULL;

    begin();
    options.value[TOOL_REVOKERS] = "eight";
    CU_ASSERT_EQUAL(read_options(&owner), ISS_OK);
    CU_ASSERT_EQUAL(refresh.count, XRML_POINTS_MAX);
    xrml_anchors_free(owner);
    options.value[TOOL_REVOKERS] = "nine";
    CU_ASSERT_TRUE(refuses("more than 8 keys"));
}

static void what_makes_no_sense_is_refused_by_its_name(void)
{
    begin();
    options.value[TOOL_REFRESH] = "7d";
    CU_ASSERT_TRUE(refuses("--refresh goes with --revokers"));
    options.value[TOOL_REFRESH] = NULL;
    options.value[TOOL_LIST_URL] = "https://lists.example";
    CU_ASSERT_TRUE(refuses("--list-url goes with --revokers"));
    options.value[TOOL_REVOKERS] = "keys";
    options.value[TOOL_REFRESH] = "soon";
    CU_ASSERT_TRUE(refuses("--refresh: not a duration"));
    options.value[TOOL_REFRESH] = "0d";
    CU_ASSERT_TRUE(refuses("--refresh: not a duration"));
    options.value[TOOL_REFRESH] = NULL;
    options.value[TOOL_REVOKERS] = "nowhere";
    CU_ASSERT_TRUE(refuses("nowhere"));
    options.value[TOOL_REVOKERS] = "/dev/null";
    CU_ASSERT_TRUE(refuses("/dev/null"));
}

UNIT_MAIN("revokers", UNIT(nothing_is_said_where_nothing_is_given),
          UNIT(each_key_of_a_file_is_a_point),
          UNIT(of_certificates_the_first_is_meant),
          UNIT(at_most_as_many_keys_as_a_license_holds),
          UNIT(what_makes_no_sense_is_refused_by_its_name))
