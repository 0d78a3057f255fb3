# Tests of pkcs11/, one line each; see ../CMakeLists.txt

add_library(p11_world STATIC unit/pkcs11/pair.c unit/pkcs11/world.c)
target_include_directories(p11_world PUBLIC unit/pkcs11
  PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(p11_world PUBLIC unit p11 PkgConfig::CRYPTO
  Threads::Threads ${CMAKE_DL_LIBS} PRIVATE privyseal_warnings)
target_compile_definitions(p11_world PRIVATE
  FAULT_MODULE="$<TARGET_FILE:privyseal-fault>")
add_dependencies(p11_world privyseal-fault)

foreach(file access attr copy curves diag find fork gate inittoken
    interface keygen list login memory module modules names op pin prompt put recover search secret session
    sweep template uri vault wiping)
  add_unit_test(pkcs11 ${file} p11_world)
endforeach()
# A module that has a 3.2 interface, or not.
add_library(p11_newer MODULE unit/pkcs11/newer.c)
set_target_properties(p11_newer PROPERTIES PREFIX "")
target_link_libraries(p11_newer PRIVATE privyseal_warnings)
target_include_directories(p11_newer PRIVATE ${CMAKE_SOURCE_DIR}
  ${P11KIT_INCLUDE_DIRS})
target_compile_definitions(unit-pkcs11-interface PRIVATE
  NEWER_MODULE="$<TARGET_FILE:p11_newer>")
add_dependencies(unit-pkcs11-interface p11_newer)
# Children end while the module is in use, as they should: what libcrypto holds
# for it and for their parent's threads is no leak of ours.
set_tests_properties(pkcs11/fork PROPERTIES ENVIRONMENT
  "ASAN_OPTIONS=detect_leaks=0")
# These end beside a thread that they do not have.
set_tests_properties(pkcs11/gate PROPERTIES ENVIRONMENT
  "ASAN_OPTIONS=detect_leaks=0;TSAN_OPTIONS=report_thread_leaks=0")
