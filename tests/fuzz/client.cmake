# Fuzz target of client: fuzz_protected.c with its seeds in corpus/protected.
add_executable(fuzz_protected fuzz_protected.c)
target_compile_options(fuzz_protected PRIVATE -fsanitize=fuzzer)
target_link_options(fuzz_protected PRIVATE -fsanitize=fuzzer)
target_include_directories(fuzz_protected PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/../..)
target_link_libraries(fuzz_protected PRIVATE client privyseal_warnings)
