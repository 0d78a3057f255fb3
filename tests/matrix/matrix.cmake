# What the openssl command does with keys, on every token; see ../CMakeLists.txt

add_executable(mechanisms ${CMAKE_CURRENT_LIST_DIR}/mechanisms.c)
target_include_directories(mechanisms PRIVATE
  $<TARGET_PROPERTY:p11,INTERFACE_INCLUDE_DIRECTORIES>)
target_link_libraries(mechanisms PRIVATE PkgConfig::P11KIT ${CMAKE_DL_LIBS}
  privyseal_warnings privyseal_hardening)

foreach(token software softhsm2 nss remoting opencryptoki tpm2)
  add_test(NAME matrix/${token}
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/run ${token})
  # It uses all processors itself.
  set_tests_properties(matrix/${token} PROPERTIES LABELS matrix
    SKIP_RETURN_CODE 77 TIMEOUT 1200 PROCESSORS 2 ENVIRONMENT
    "PYTHONDONTWRITEBYTECODE=1;PRIVYSEAL_BUILD=${CMAKE_BINARY_DIR};PRIVYSEAL_SOURCE=${CMAKE_SOURCE_DIR}")
endforeach()
