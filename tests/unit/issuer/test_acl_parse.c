/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists that are right, and what is wrong with the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/acl.h"
#include "unit.h"

#define HEX   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define WHO   "principal lab key-sha256:" HEX "\n"
#define URL   "url=https://lic.example.com/_wmcs"

static enum iss_status parse(const char *text, size_t len,
                             struct iss_error *error)
{
    struct iss_acl *acl = NULL;
    enum iss_status status = iss_acl_parse("acl", text, len, &acl, error);

    CU_ASSERT_EQUAL(acl == NULL, status != ISS_OK);
    iss_acl_free(acl);
    return status;
}

static void a_list_with_all_it_may_say_is_read(void)
{
    static const char text[] =
        "privyseal-acl 1\n"
        "serial 42\n"
        "# who\n"
        "principal eu-branch  tls-spki:" HEX
        " expires=2027-06-30T00:00:00Z  from=10.20.0.0/16,2001:db8::/32\n"
        "principal eu-branch  key-sha256:" OTHER "    # signs files\n"
        "principal lab  tls-name:\"CN=lic1,O=Example # Ltd\"  issuer-spki:" HEX
        "\n"
        "principal ops  unix-user:rmsops\n"
        "\n"
        "allow eu-branch  op=sub-enroll,renew  " URL
        "  rights=issue-license  \\\n"
        "   max-validity=1y not-after=2028-01-01T00:00:00Z key=rsa:2048-4096 "
        "quota=2/30d  outstanding=1  why=\"CR-1881\"\n"
        "allow lab op=sub-enroll url=https://*.lab.example.com/_wmcs "
        "max-validity=30d require=approval:ops\n"
        "deny * op=* url=https://*.retired.example.com/*\n"
        "end 8\n";
    struct iss_error error = {.status = ISS_OK};
    struct iss_acl *acl = NULL;

    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("acl", text, sizeof(text) - 1, &acl, &error), ISS_OK);
    CU_ASSERT_EQUAL(iss_acl_serial(acl), 42);
    CU_ASSERT_EQUAL(iss_acl_rule_count(acl), 3);
    CU_ASSERT_TRUE(iss_acl_knows(acl, "eu-branch"));
    CU_ASSERT_TRUE(iss_acl_knows(acl, "ops"));
    CU_ASSERT_FALSE(iss_acl_knows(acl, "eu"));
    CU_ASSERT_FALSE(iss_acl_knows(acl, "eu-branch2"));
    iss_acl_free(acl);
}

static const struct wrong {
    const char *text, *says;
} wrongs[] = {
    {"", "acl:1: the first line is not \"privyseal-acl 1\""},
    {"privyseal-acl 2\nend 0\n", "acl:1: the first line"},
    {"privyseal-acl 1 \nend 0\n", "acl:1: the first line"},
    {"\n", "acl:1: the first line"},
    {"\xef\xbb\xbfprivyseal-acl 1\nend 0\n", "acl:1: a control character"},
    {"privyseal-acl 1\r\nend 0\r\n", "acl:1: a control character"},
    {"privyseal-acl 1\n\tend 0\n", "acl:2: a control character"},
    {"privyseal-acl 1\n# \xff\nend 0\n", "acl:2: not UTF-8"},
    {"privyseal-acl 1\n# \xe2\x80\xae\nend 0\n", "acl:2: a control character"},
    {"privyseal-acl 1\n", "acl:2: the last line, \"end NUMBER\", is missing"},
    {"privyseal-acl 1\nend 0", "acl:2: the last line does not end"},
    {"privyseal-acl 1\nend\n", "acl:2: not \"end NUMBER\""},
    {"privyseal-acl 1\nend 00\n", "acl:2: not \"end NUMBER\""},
    {"privyseal-acl 1\nend 1\n", "end: 1 statements were written, 0 are here"},
    {"privyseal-acl 1\nend 0\n\n", "acl:2: end: something follows"},
    {"privyseal-acl 1\nend 0\nend 0\n", "acl:2: end: something follows"},
    {"privyseal-acl 1\npermit lab\nend 1\n", "'permit': unknown statement"},
    {"privyseal-acl 1\nserial 01\nend 1\n", "'serial': wants one number"},
    {"privyseal-acl 1\nserial 2147483648\nend 1\n", "wants one number"},
    {"privyseal-acl 1\nserial 1\nserial 1\nend 2\n", "acl:3: 'serial': given"},
    {"privyseal-acl 1\nprincipal Lab key-sha256:" HEX "\nend 1\n",
     "'principal': wants a name and a credential"},
    {"privyseal-acl 1\nprincipal lab key-sha256:" HEX "0\nend 1\n",
     "not of this credential's form"},
    {"privyseal-acl 1\nprincipal lab password:x\nend 1\n",
     "'password:x': no such credential"},
    {"privyseal-acl 1\nprincipal lab unix-user:0\nend 1\n",
     "not of this credential's form"},
    {"privyseal-acl 1\nprincipal lab tls-name:\"CN=a\"\nend 1\n",
     "issuer-spki:HEX must follow"},
    {"privyseal-acl 1\nprincipal lab tls-name:\"CN=a\nend 1\n",
     "acl:2: a quote is not closed"},
    {"privyseal-acl 1\nprincipal lab unix-user:a from=10.0.0.0/8\nend 1\n",
     "'from=10.0.0.0/8': not of the right form"},
    {"privyseal-acl 1\nprincipal lab tls-spki:" HEX
     " from=10.0.0.0/33\nend 1\n",
     "not of the right form"},
    {"privyseal-acl 1\nprincipal lab unix-user:a expires=2027-02-30T00:00:00Z\n"
     "end 1\n",
     "not of the right form"},
    {"privyseal-acl 1\n" WHO "principal ops key-sha256:" HEX "\nend 2\n",
     "acl:3: this credential is another principal's too"},
    {"privyseal-acl 1\n" WHO "allow * op=renew " URL "\nend 2\n",
     "'allow': wants a principal"},
    {"privyseal-acl 1\n" WHO "allow lab op=* " URL "\nend 2\n",
     "op=: operations, commas between"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew,renew " URL "\nend 2\n",
     "op=: operations, commas between, each once"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew, " URL "\nend 2\n",
     "op=: operations"},
    {"privyseal-acl 1\n" WHO "allow lab " URL " op=renew\nend 2\n",
     "op= must be the first constraint"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew\nend 2\n",
     "'allow': an allow must name a url="},
    {"privyseal-acl 1\n" WHO "allow lab op=sub-enroll-legacy " URL "\nend 2\n",
     "sub-enroll-legacy must name a subject-key="},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " " URL "\nend 2\n",
     "given twice"},
    {"privyseal-acl 1\n" WHO "allow ops op=renew " URL "\nend 2\n",
     "acl:3: no principal 'ops'"},
    {"privyseal-acl 1\n" WHO "allow la op=renew " URL "\nend 2\n",
     "acl:3: no principal 'la'"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL
     " require=approval:ops\nend 2\n",
     "acl:3: no principal 'ops'"},
    {"privyseal-acl 1\n" WHO "deny lab op=renew quota=1/1d\nend 2\n",
     "'quota=1/1d': may not stand in a deny"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew url=HTTPS://a.b/c\nend 2\n",
     "url=: a URL in normal form"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew url=https://a.*.b/c\nend 2\n",
     "url=: a URL in normal form"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew url=https://*/c\nend 2\n",
     "url=: a URL in normal form"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew url=https://a.b/*/c\nend 2\n",
     "url=: a URL in normal form"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL
     " rights=sub-enroll\nend 2\n",
     "rights=: issue-license is the only one"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " key=rsa:4096-2048\n"
     "end 2\n",
     "key=: rsa:BITS or rsa:MIN-MAX"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " max-validity=1w\n"
     "end 2\n",
     "max-validity=: a number and min, h, d or y"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " why=\"a\\b\"\nend 2\n",
     "why=: a quoted text"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " \\ # more\n"
     "quota=1/1d\nend 2\n",
     "something follows the backslash"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL
     "\\\nquota=1/1d\nend 2\n",
     "url=: a URL in normal form"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " \\\n",
     "a continued line is missing"},
    {"privyseal-acl 1\n" WHO "allow lab op=renew " URL " colour=red\nend 2\n",
     "'colour=red': unknown constraint"},
};

static void each_fault_is_named_with_its_line(void)
{
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct iss_error error = {.status = ISS_OK};
        const enum iss_status status =
            parse(wrongs[i].text, strlen(wrongs[i].text), &error);

        CU_ASSERT_EQUAL(status, ISS_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, wrongs[i].says));
        if (strstr(error.text, wrongs[i].says) == NULL)
            (void)printf("\nwanted '%s', got '%s'", wrongs[i].says, error.text);
    }
}

static void a_nul_in_the_file_is_a_control_character(void)
{
    static const char text[] = "privyseal-acl 1\n#\0\nend 0\n";
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(parse(text, sizeof(text) - 1, &error), ISS_USAGE);
}

static void more_than_ten_thousand_rules_are_refused(void)
{
    static const char rule[] = "deny lab op=renew\n";
    const size_t size = sizeof(WHO) + 64 + 10001 * sizeof(rule);
    struct iss_error error = {.status = ISS_OK};

    for (unsigned rules = 10000; rules <= 10001; rules++) {
        char *text = malloc(size);
        size_t len;

        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        len = (size_t)snprintf(text, size, "privyseal-acl 1\n" WHO);
        for (unsigned i = 0; i < rules; i++)
            len += (size_t)snprintf(text + len, size - len, "%s", rule);
        len += (size_t)snprintf(text + len, size - len, "end %u\n", rules + 1);
        CU_ASSERT_EQUAL(parse(text, len, &error),
                        rules == 10000 ? ISS_OK : ISS_USAGE);
        free(text);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "above 10,000 rules"));
}

UNIT_MAIN("acl_parse", UNIT(a_list_with_all_it_may_say_is_read),
          UNIT(each_fault_is_named_with_its_line),
          UNIT(a_nul_in_the_file_is_a_control_character),
          UNIT(more_than_ten_thousand_rules_are_refused))
