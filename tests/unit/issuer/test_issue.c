/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void a_request_is_answered_and_its_answer_imported(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    struct iss_import import;
    struct iss_info info;

    stores_new(&stores);
    stores_export(&stores, &request);
    CU_ASSERT_STRING_EQUAL(request.file_name, "RMS01EnrollRequest.xml");
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    CU_ASSERT_STRING_EQUAL(stores.error.text, "");
    struct iss *root = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(root, answer.response, answer.response_len,
                                     &import, &stores.error),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(stores.error.text, "");
    CU_ASSERT_EQUAL(iss_import_take(root, &import, &stores.error), ISS_OK);
    CU_ASSERT_EQUAL(iss_info(root, &info, &stores.error), ISS_OK);
    CU_ASSERT_EQUAL(info.state, ISS_ENROLLED);
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {0};
    if (iss_log_verify(root, &check, &verdict, &stores.error)) puts(stores.error.text);
    CU_ASSERT_EQUAL(iss_log_verify(root, &check, &verdict, &stores.error),
                    ISS_OK);
    CU_ASSERT_STRING_EQUAL(stores.error.text, "");
    iss_import_clear(&import);
    stores_close(&stores, root);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

UNIT_MAIN("issue", UNIT(a_request_is_answered_and_its_answer_imported))
