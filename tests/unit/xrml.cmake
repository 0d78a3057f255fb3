# Tests of the target xrml, one line each; see ../CMakeLists.txt
add_library(xrml_fixture STATIC
  ${CMAKE_CURRENT_LIST_DIR}/issuer/fixture.c
  ${CMAKE_CURRENT_LIST_DIR}/issuer/hierarchy.c
  ${CMAKE_CURRENT_LIST_DIR}/issuer/licenses.c)
target_link_libraries(xrml_fixture PUBLIC xrml unit
  PRIVATE PkgConfig::CRYPTO privyseal_warnings)

add_unit_test(issuer status xrml_fixture)
add_unit_test(issuer xml_text xrml_fixture)
add_unit_test(issuer xml_scan xrml_fixture)
add_unit_test(issuer xml xrml_fixture)
add_unit_test(issuer xml_write xrml_fixture)
add_unit_test(issuer xrml_base64 xrml_fixture)
add_unit_test(issuer xrml_time xrml_fixture)
add_unit_test(issuer xrml_guid xrml_fixture)
add_unit_test(issuer xrml_hash xrml_fixture)
add_unit_test(issuer xrml_key xrml_fixture)
add_unit_test(issuer xrml_signature xrml_fixture)
add_unit_test(issuer xrml_sign xrml_fixture)
add_unit_test(issuer xrml_build xrml_fixture)
add_unit_test(issuer xrml_anchor xrml_fixture)
add_unit_test(issuer xrml_chain xrml_fixture)
add_unit_test(issuer xrml_place xrml_fixture)
add_unit_test(issuer xrml_grammar xrml_fixture)
add_unit_test(issuer xrml_fields xrml_fixture)
add_unit_test(issuer xrml_verify xrml_fixture)
add_unit_test(issuer xrml_kind xrml_fixture)
add_unit_test(issuer xrml_revocation xrml_fixture)
add_unit_test(issuer sealed xrml_fixture)
add_unit_test(issuer xrml_license xrml_fixture)
add_unit_test(issuer xrml_bound xrml_fixture)
add_unit_test(issuer xrml_form xrml_fixture)
add_unit_test(issuer xrml_revoke xrml_fixture)
add_unit_test(issuer xrml_rights xrml_fixture)
add_unit_test(issuer enroll xrml_fixture)
add_unit_test(issuer enroll_response xrml_fixture)
add_unit_test(issuer enroll_name xrml_fixture)
add_unit_test(issuer enroll_url xrml_fixture)
add_unit_test(issuer hostile xrml_fixture)
add_unit_test(issuer xrml xrml_fixture)

# Two implementations, one verdict.
add_executable(chain_verdict
  ${CMAKE_CURRENT_LIST_DIR}/../check/chain_verdict.c)
target_link_libraries(chain_verdict PRIVATE xrml unit privyseal_warnings)
# Licenses of every kind, with the keys to sign them anew.
add_executable(chain_make
  ${CMAKE_CURRENT_LIST_DIR}/../check/chain_make.c)
target_include_directories(chain_make PRIVATE ${CMAKE_CURRENT_LIST_DIR}/issuer)
target_link_libraries(chain_make
  PRIVATE xrml_fixture xrml unit PkgConfig::CRYPTO privyseal_warnings)
add_test(NAME check/chain_agrees
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/../check/chain_agrees.py
  $<TARGET_FILE:chain_verdict> $<TARGET_FILE:chain_make>
  ${CMAKE_SOURCE_DIR}/../shared/samples/rms)
set_tests_properties(check/chain_agrees PROPERTIES LABELS check
  SKIP_RETURN_CODE 77 TIMEOUT 600
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")

# The corpora of the fuzz targets, as ordinary tests.
set(fuzz_dir ${CMAKE_CURRENT_LIST_DIR}/../fuzz)
foreach(target anchors document chain license request response rights sealed)
  add_executable(replay_${target}
    ${fuzz_dir}/fuzz_${target}.c ${fuzz_dir}/replay.c)
  target_link_libraries(replay_${target} PRIVATE xrml unit privyseal_warnings)
  add_test(NAME fuzz/${target}
    COMMAND replay_${target} ${fuzz_dir}/corpus/${target})
  set_tests_properties(fuzz/${target} PROPERTIES LABELS unit TIMEOUT 60)
endforeach()

# Figures, not a test: bench_xrml ANCHORS FILE...
add_executable(bench_xrml ${CMAKE_CURRENT_LIST_DIR}/../bench/bench_xrml.c)
target_include_directories(bench_xrml PRIVATE ${CMAKE_CURRENT_LIST_DIR}/issuer)
target_link_libraries(bench_xrml
  PRIVATE xrml_fixture xrml unit PkgConfig::CRYPTO privyseal_warnings)
