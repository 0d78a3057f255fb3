# Tests, one line each; see ../CMakeLists.txt
add_library(unit_provider STATIC
  unit/provider/curves.c unit/provider/fake_core.c unit/provider/fixture.c)
target_compile_definitions(unit_provider PRIVATE
  PRIVYSEAL_FAULT="$<TARGET_FILE:privyseal-fault>")
target_link_libraries(unit_provider
  PUBLIC privyseal_provider_objects unit ${CMAKE_DL_LIBS}
  PRIVATE privyseal_warnings)
add_dependencies(unit_provider privyseal-fault)

foreach(file algid algs ask asymcipher config core curve decode digest ecdsa eddsa encode error exchange find generate hasher init
    key key_ec keymgmt message mldsa mlkem prime rand rsa_algid rsa_cipher rsa_decrypt rsa_pad rsa_reject rsa_sign setting sigctx signature soft
    store tls trace urifile)
  add_unit_test(provider ${file} unit_provider privyseal_provider_objects)
endforeach()

# Servers bring libssl along.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
add_unit_test(provider loading unit_provider privyseal_provider_objects
  PkgConfig::SSL)

# The corpus of the fuzz targets as ordinary tests.
set(fuzz_dir ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
foreach(target urifile)
  add_executable(replay_${target}
    ${fuzz_dir}/fuzz_${target}.c ${fuzz_dir}/replay.c)
  target_link_libraries(replay_${target} PRIVATE
    unit privyseal_provider_objects privyseal_warnings)
  add_test(NAME fuzz/${target}
    COMMAND replay_${target} ${fuzz_dir}/corpus/${target})
  set_tests_properties(fuzz/${target} PROPERTIES LABELS unit TIMEOUT 60)
endforeach()
