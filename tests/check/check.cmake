# Checks that run the installed commands as a whole; see ../CMakeLists.txt

function(add_check name)
  add_test(NAME check/${name} COMMAND ${ARGN})
  set_tests_properties(check/${name} PROPERTIES LABELS check
    SKIP_RETURN_CODE 77 TIMEOUT 3000 ENVIRONMENT
    "PYTHONDONTWRITEBYTECODE=1;PRIVYSEAL_BUILD=${CMAKE_BINARY_DIR};PRIVYSEAL_SOURCE=${CMAKE_SOURCE_DIR}")
endfunction()

add_executable(measure ${CMAKE_CURRENT_LIST_DIR}/measure.c)
target_link_libraries(measure PRIVATE privyseal_warnings)

foreach(flow init export sign import renew renew_import init_licensing serve
    sub_import rekey rekey_import join)
  add_check(kill_${flow}
    ${CMAKE_CURRENT_LIST_DIR}/kill_sweep.py ${flow})
  add_check(fail_${flow}
    ${CMAKE_CURRENT_LIST_DIR}/kill_sweep.py ${flow} --errors)
endforeach()
add_check(kill_random ${CMAKE_CURRENT_LIST_DIR}/kill_random.py)
foreach(how sweep random)
  add_check(kill_batch_${how} ${CMAKE_CURRENT_LIST_DIR}/kill_batch.py ${how})
  set_tests_properties(check/kill_batch_${how} PROPERTIES TIMEOUT 28800)
endforeach()
add_check(structure ${CMAKE_CURRENT_LIST_DIR}/structure.py
  ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
add_check(requirements ${CMAKE_CURRENT_LIST_DIR}/requirements.py
  ${CMAKE_SOURCE_DIR})
if(PRIVYSEAL_NLS)
  add_check(messages ${CMAKE_CURRENT_LIST_DIR}/messages.py ${CMAKE_SOURCE_DIR})
endif()
add_check(bad_input ${CMAKE_CURRENT_LIST_DIR}/bad_input.py)
add_check(air_gap ${CMAKE_CURRENT_LIST_DIR}/air_gap.py)
# Decisions of the access list against a second evaluator.
add_executable(acl_verdict ${CMAKE_CURRENT_LIST_DIR}/acl_verdict.c)
target_link_libraries(acl_verdict PRIVATE issuer unit privyseal_warnings)
add_check(acl_agrees ${CMAKE_CURRENT_LIST_DIR}/acl_agrees.py)
add_executable(acl_properties ${CMAKE_CURRENT_LIST_DIR}/acl_properties.c)
target_link_libraries(acl_properties PRIVATE issuer unit privyseal_warnings)
add_check(acl_properties ${CMAKE_CURRENT_LIST_DIR}/acl_properties.py)

# Every record of a journal changed, and every cut of its tail.
add_executable(tamper ${CMAKE_CURRENT_LIST_DIR}/tamper.c)
target_include_directories(tamper PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/../unit/issuer)
target_link_libraries(tamper PRIVATE issuer_stores PkgConfig::SQLITE3
  privyseal_warnings)
add_check(tamper $<TARGET_FILE:tamper>)
set_tests_properties(check/tamper PROPERTIES TIMEOUT 14400)
# The same and different acts by 64 processes at once.
add_check(races ${CMAKE_CURRENT_LIST_DIR}/races.py)
set_tests_properties(check/races PROPERTIES TIMEOUT 14400)
# What is printed of documents of every kind against a second reader.
add_check(samples_agree ${CMAKE_CURRENT_LIST_DIR}/samples_agree.py
  $<TARGET_FILE:privyseal_tool> $<TARGET_FILE:chain_make>
  ${CMAKE_SOURCE_DIR}/../shared/samples/rms)
