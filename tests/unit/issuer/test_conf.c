/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/publish.h"
#include "unit.h"

static enum iss_status load(const char *text, struct iss_conf *conf,
                            struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    char *dir = unit_temp_dir();

    memset(error, 0, sizeof(*error));
    (void)snprintf(path, sizeof(path), "%s/privyseal.conf", dir);
    CU_ASSERT_EQUAL(iss_publish(path, text, strlen(text), 0, error), ISS_OK);
    enum iss_status status = iss_conf_load(path, conf, error);
    (void)remove(path);
    (void)remove(dir);
    free(dir);
    return status;
}

static void values_comments_and_sections_are_read(void)
{
    struct iss_conf conf;
    struct iss_error error;

    CU_ASSERT_EQUAL(load("# head\n\n[privyseal]\nadmin_group = wheel # who\n"
                         "contact = rms@example.com\n"
                         "[token]\n  module=/usr/lib/m.so\n"
                         "uri = pkcs11:token=a#b\npin_source = file:/p\n"
                         "[store]\nurl = sqlite:store.db\n"
                         "[validity]\nslc = 3y\n",
                         &conf, &error),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_STRING_EQUAL(conf.admin_group, "wheel");
    CU_ASSERT_STRING_EQUAL(conf.contact, "rms@example.com");
    CU_ASSERT_STRING_EQUAL(conf.module, "/usr/lib/m.so");
    CU_ASSERT_STRING_EQUAL(conf.token_uri, "pkcs11:token=a#b");
    CU_ASSERT_STRING_EQUAL(conf.pin_source, "file:/p");
    CU_ASSERT_EQUAL(conf.slc_years, 3);
}

static void lifetimes_are_as_published_where_nothing_is_said(void)
{
    struct iss_conf conf;
    struct iss_error error;

    CU_ASSERT_EQUAL(load("[validity]\nslc = 1y\n", &conf, &error), ISS_OK);
    CU_ASSERT_EQUAL(conf.license.years, 7);
    CU_ASSERT_EQUAL(conf.rac.years, 0);
    CU_ASSERT_EQUAL(conf.rac.seconds, 31536000);
    CU_ASSERT_EQUAL(conf.rac_temporary.seconds, 900);
    CU_ASSERT_EQUAL(conf.clc.years, 0);
    CU_ASSERT_EQUAL(conf.clc.seconds, 0);
    CU_ASSERT_FALSE(conf.clc_as_rac);
    CU_ASSERT_TRUE(conf.client_enrollment);
}

static void lifetimes_and_client_enrollment_are_read(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"[validity]\nlicense = 7\n", ":2: license: a time as 7y"},
        {"[validity]\nrac = 1m\n", ":2: rac: a time as 7y"},
        {"[validity]\nrac_temporary = 0h\n", ":2: rac_temporary: a time"},
        {"[validity]\nclc = RAC\n", ":2: clc: rac, or a time"},
        {"[validity]\nclc = rac\nclc = 7y\n", ":3: clc: given twice"},
        {"[license]\nclient_enrollment = on\n", ":2: client_enrollment: yes"},
        {"[license]\nrac = 7y\n", ":2: rac: unknown key"}};
    struct iss_conf conf;
    struct iss_error error;

    CU_ASSERT_EQUAL(load("[validity]\nlicense = 10y\nrac = 30d\n"
                         "rac_temporary = 1h\nclc = 90min\n"
                         "[license]\nclient_enrollment = no\n",
                         &conf, &error),
                    ISS_OK);
    CU_ASSERT_EQUAL(conf.license.years, 10);
    CU_ASSERT_EQUAL(conf.rac.seconds, 2592000);
    CU_ASSERT_EQUAL(conf.rac_temporary.seconds, 3600);
    CU_ASSERT_EQUAL(conf.clc.seconds, 5400);
    CU_ASSERT_FALSE(conf.clc_as_rac);
    CU_ASSERT_FALSE(conf.client_enrollment);
    CU_ASSERT_EQUAL(load("[validity]\nclc = rac\n[license]\n"
                         "client_enrollment = yes\n",
                         &conf, &error),
                    ISS_OK);
    CU_ASSERT_TRUE(conf.clc_as_rac);
    CU_ASSERT_TRUE(conf.client_enrollment);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(load(bad[i].text, &conf, &error), ISS_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, bad[i].error));
    }
}

static void relative_paths_are_relative_to_the_file(void)
{
    struct iss_conf conf;
    struct iss_error error;

    CU_ASSERT_EQUAL(
        load("[token]\nmodule = m.so\npin_source = file:pin\n", &conf, &error),
        ISS_OK);
    CU_ASSERT_EQUAL(conf.module[0], '/');
    CU_ASSERT_STRING_EQUAL(strrchr(conf.module, '/'), "/m.so");
    CU_ASSERT_EQUAL(strncmp(conf.pin_source, "file:/", 6), 0);
    CU_ASSERT_STRING_EQUAL(strrchr(conf.pin_source, '/'), "/pin");
}

static void what_is_not_known_is_refused_with_its_line(void)
{
    static const struct {
        const char *text, *where;
    } bad[] = {
        {"[token]\nuri = a\nuri = b\n", ":3: uri: given twice"},
        {"[token]\nuir = a\n", ":2: uir: unknown key"},
        {"[tokens]\n", ":1: tokens: unknown section"},
        {"uri = a\n", ":1: uri: unknown key"},
        {"[token\n", ":1: not a section"},
        {"[token]\nuri\n", ":2: not \"key = value\""},
        {"[token]\nuri =\n", ":2: uri: no value"},
        {"[token]\nuri = # a\n", ":2: uri: no value"},
        {"[token]\nuri = a", ":2: the last line does not end"},
        {"[token]\nuri = a\r\n", ":2: control character"},
        {"[validity]\nslc = 1\n", ":2: slc: a number of years"},
        {"[validity]\nslc = 0y\n", ":2: slc: a number of years"},
        {"[validity]\nslc = 01y\n", ":2: slc: a number of years"},
        {"[store]\nurl = postgresql://x\n", ":2: url: only sqlite:store.db"},
        {".include x\n", ":1: not \"key = value\""},
        {"[token]\nURI = a\n", ":2: not \"key = value\""},
    };
    struct iss_conf conf;
    struct iss_error error;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(load(bad[i].text, &conf, &error), ISS_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, bad[i].where));
    }
}

static void a_nul_is_a_control_character(void)
{
    static const char text[] = "[token]\nuri = a\0b\n";
    const struct iss_conf_row row = {.section = "token",
                                     .key = "uri",
                                     .set = iss_conf_set_text,
                                     .form = "text",
                                     .size = 16};
    char value[16];
    struct iss_error error = {0};

    CU_ASSERT_EQUAL(
        iss_conf_read("conf", text, sizeof(text) - 1, &row, 1, value, &error),
        ISS_USAGE);
    CU_ASSERT_STRING_EQUAL(error.text, "conf:2: control character");
}

static void a_value_that_would_not_be_read_back_does_not_fit(void)
{
    CU_ASSERT_TRUE(iss_conf_value_fits("pkcs11:token=a#b"));
    CU_ASSERT_FALSE(iss_conf_value_fits(""));
    CU_ASSERT_FALSE(iss_conf_value_fits(" a"));
    CU_ASSERT_FALSE(iss_conf_value_fits("a "));
    CU_ASSERT_FALSE(iss_conf_value_fits("a #b"));
    CU_ASSERT_FALSE(iss_conf_value_fits("a\n[token]"));
}

struct faults {
    size_t count;
    char text[8][128];
};

static void take_fault(void *arg, const char *text)
{
    struct faults *faults = arg;

    CU_ASSERT_FATAL(faults->count < 8);
    (void)snprintf(faults->text[faults->count++], 128, "%s",
                   strrchr(text, '/') != NULL ? strrchr(text, '/') : text);
}

static struct faults faults_of(const char *text)
{
    char path[ISS_PATH_MAX];
    char *dir = unit_temp_dir();
    struct faults faults = {.count = 0};
    struct iss_error error = {.status = ISS_OK};

    (void)snprintf(path, sizeof(path), "%s/privyseal.conf", dir);
    CU_ASSERT_EQUAL(iss_publish(path, text, strlen(text), 0, &error), ISS_OK);
    CU_ASSERT_EQUAL(iss_conf_faults(path, take_fault, &faults, &error), ISS_OK);
    (void)remove(path);
    (void)remove(dir);
    free(dir);
    return faults;
}

static void every_fault_is_told_with_its_line(void)
{
    struct faults faults = faults_of("[token]\n"
                                     "modul = m.so\n"
                                     "module = m.so\n"
                                     "nothing\n"
                                     "[colour]\n"
                                     "red = 1\n"
                                     "uri = x\n"
                                     "[validity]\n"
                                     "slc = 3\n"
                                     "slc = 1y\n"
                                     "slc = 2y\n");

    CU_ASSERT_EQUAL_FATAL(faults.count, 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(faults.text[0], ".conf:2: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(faults.text[1], ".conf:4: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(faults.text[2], ".conf:5: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(faults.text[3], ".conf:9: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(faults.text[4], ".conf:11: "));
}

static void a_good_file_has_no_fault_and_a_cut_one_has_one(void)
{
    CU_ASSERT_EQUAL(faults_of("[validity]\nslc = 3y\n").count, 0);
    CU_ASSERT_EQUAL(faults_of("").count, 0);
    CU_ASSERT_EQUAL(faults_of("[validity]\nslc = 3y").count, 1);
    CU_ASSERT_EQUAL(faults_of("[colour]").count, 1);
}

UNIT_MAIN("conf", UNIT(values_comments_and_sections_are_read),
          UNIT(lifetimes_are_as_published_where_nothing_is_said),
          UNIT(lifetimes_and_client_enrollment_are_read),
          UNIT(relative_paths_are_relative_to_the_file),
          UNIT(what_is_not_known_is_refused_with_its_line),
          UNIT(a_nul_is_a_control_character),
          UNIT(a_value_that_would_not_be_read_back_does_not_fit),
          UNIT(every_fault_is_told_with_its_line),
          UNIT(a_good_file_has_no_fault_and_a_cut_one_has_one))
