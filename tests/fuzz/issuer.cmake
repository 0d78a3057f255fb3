# Fuzz targets of issuer: NAME is fuzz_NAME.c with its seeds in corpus/NAME.
foreach(target acl pop conf policy note record)
  add_executable(fuzz_${target} fuzz_${target}.c)
  target_compile_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  target_include_directories(fuzz_${target} PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/../..)
  target_link_libraries(fuzz_${target} PRIVATE issuer privyseal_warnings)
endforeach()
