# Tests of the target client, one line each; see ../CMakeLists.txt
add_library(client_fixture STATIC ${CMAKE_CURRENT_LIST_DIR}/issuer/people.c)
target_link_libraries(client_fixture PUBLIC client xrml_fixture
  PRIVATE PkgConfig::CRYPTO privyseal_warnings)
add_unit_test(issuer client client_fixture)
add_unit_test(issuer client_machine client xrml_fixture)
add_unit_test(issuer protected client)

# Protected files by another implementation.
add_test(NAME check/protected
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/../check/check_protected.py
  --check ${CMAKE_CURRENT_LIST_DIR}/issuer/test_protected.c)
set_tests_properties(check/protected PROPERTIES LABELS check TIMEOUT 60
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
