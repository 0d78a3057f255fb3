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

# The corpus of the fuzz target, as an ordinary test.
set(fuzz_dir ${CMAKE_CURRENT_LIST_DIR}/../fuzz)
add_executable(replay_protected
  ${fuzz_dir}/fuzz_protected.c ${fuzz_dir}/replay.c)
target_link_libraries(replay_protected PRIVATE client unit privyseal_warnings)
add_test(NAME fuzz/protected
  COMMAND replay_protected ${fuzz_dir}/corpus/protected)
set_tests_properties(fuzz/protected PROPERTIES LABELS unit TIMEOUT 60)
