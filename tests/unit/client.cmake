# Tests of the target client, one line each; see ../CMakeLists.txt
add_unit_test(issuer client_machine client xrml_fixture)
add_unit_test(issuer protected client)

# Protected files by another implementation.
add_test(NAME check/protected
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/../check/check_protected.py
  --check ${CMAKE_CURRENT_LIST_DIR}/issuer/test_protected.c)
set_tests_properties(check/protected PROPERTIES LABELS check TIMEOUT 60
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
