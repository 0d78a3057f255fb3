# Tests of the target xrml, one line each; see ../CMakeLists.txt
add_library(xrml_fixture STATIC
  unit/issuer/fixture.c
  unit/issuer/hierarchy.c)
target_link_libraries(xrml_fixture PUBLIC xrml unit
  PRIVATE PkgConfig::CRYPTO privyseal_warnings)

add_unit_test(issuer xrml_verify xrml_fixture)
add_unit_test(issuer xrml xrml_fixture)

# Two implementations, one verdict.
add_executable(chain_verdict check/chain_verdict.c)
target_link_libraries(chain_verdict PRIVATE xrml unit privyseal_warnings)
add_test(NAME check/chain_agrees
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check/chain_agrees.py
  $<TARGET_FILE:chain_verdict> ${CMAKE_SOURCE_DIR}/../shared/samples/rms)
set_tests_properties(check/chain_agrees PROPERTIES LABELS check
  SKIP_RETURN_CODE 77 TIMEOUT 600
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
