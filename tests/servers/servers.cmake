# Servers and clients with keys in a token, under load; see ../CMakeLists.txt

pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
add_executable(shake ${CMAKE_CURRENT_LIST_DIR}/shake.c)
target_link_libraries(shake PRIVATE PkgConfig::SSL PkgConfig::CRYPTO
  Threads::Threads privyseal_warnings privyseal_hardening)

foreach(server nginx haproxy apache stunnel curl)
  add_test(NAME servers/${server}
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/run ${server})
  set_tests_properties(servers/${server} PROPERTIES LABELS servers
    SKIP_RETURN_CODE 77 TIMEOUT 1800 ENVIRONMENT
    "PRIVYSEAL_BUILD=${CMAKE_BINARY_DIR};PRIVYSEAL_SOURCE=${CMAKE_SOURCE_DIR}")
endforeach()
