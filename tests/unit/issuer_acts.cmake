# The acts: a store, its keys, what it may issue, its journal.
add_library(issuer_stores STATIC unit/issuer/stores.c)
target_link_libraries(issuer_stores PUBLIC issuer unit
  PRIVATE privyseal_warnings)
add_unit_test(issuer acl_parse issuer)
add_unit_test(issuer acl_read issuer)
add_unit_test(issuer acl_decide issuer)
add_unit_test(issuer acl_diff issuer)
add_unit_test(issuer acl_look issuer)
add_unit_test(issuer issue issuer_stores)
add_unit_test(issuer words issuer)
add_unit_test(issuer clock issuer)
add_unit_test(issuer conf issuer)
add_unit_test(issuer publish issuer)
add_unit_test(issuer lock issuer)
add_unit_test(issuer keypolicy issuer)
add_unit_test(issuer judge issuer_stores)
add_unit_test(issuer journal issuer_stores)
add_unit_test(issuer log_verify issuer_stores)
add_unit_test(issuer init issuer_stores)
add_unit_test(issuer enrollment issuer_stores)
add_unit_test(issuer import issuer_stores)
add_unit_test(issuer store issuer)
add_unit_test(issuer pop issuer_stores)
add_unit_test(issuer policy issuer)
add_unit_test(issuer key issuer_stores)
add_unit_test(issuer authority issuer_stores)
add_unit_test(issuer checkpoint issuer_stores)
add_unit_test(issuer keygen issuer_stores)
target_compile_definitions(unit-issuer-keygen PRIVATE
  PROVIDER="$<TARGET_FILE:privyseal_provider>"
  FAULT="$<TARGET_FILE:privyseal-fault>")
add_dependencies(unit-issuer-keygen privyseal_provider privyseal-fault)

# The seeds of the fuzz targets, as ordinary tests.
foreach(target pop conf record)
  set(fuzz_dir ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
  add_executable(replay_${target}
    ${fuzz_dir}/fuzz_${target}.c ${fuzz_dir}/replay.c)
  target_link_libraries(replay_${target} PRIVATE issuer unit privyseal_warnings)
  add_test(NAME fuzz/${target}
    COMMAND replay_${target} ${fuzz_dir}/corpus/${target})
  set_tests_properties(fuzz/${target} PROPERTIES LABELS unit TIMEOUT 60)
endforeach()
