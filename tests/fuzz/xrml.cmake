# Fuzz targets of xrml: NAME is fuzz_NAME.c with its seeds in corpus/NAME.
foreach(target anchors document chain license request response rights sealed)
  add_executable(fuzz_${target} fuzz_${target}.c)
  target_compile_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  target_include_directories(fuzz_${target} PRIVATE
    ${CMAKE_CURRENT_LIST_DIR}/../..)
  target_link_libraries(fuzz_${target} PRIVATE xrml privyseal_warnings)
endforeach()
