# Tests, one line each; see ../CMakeLists.txt

add_library(fault_fixture STATIC unit/fault/fixture.c)
target_link_libraries(fault_fixture PUBLIC unit PkgConfig::CRYPTO
  Threads::Threads ${CMAKE_DL_LIBS} PRIVATE privyseal_warnings)
target_include_directories(fault_fixture PUBLIC ${P11KIT_INCLUDE_DIRS})
target_compile_definitions(fault_fixture PRIVATE
  FAULT_MODULE="$<TARGET_FILE:privyseal-fault>")
add_dependencies(fault_fixture privyseal-fault)

foreach(file rules conf call state record token token_objects token_keys
    token_ops token_curves presence cost store forward)
  add_unit_test(fault ${file} fault_fixture)
endforeach()
add_script_test(token/fault_pkcs11_tool)
