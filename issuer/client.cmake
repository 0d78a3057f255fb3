# `client`: the user's side, in software; pure, like xrml, with no store.
add_library(client STATIC
  client_key.c
  client_machine.c
  client_open.c
  client_part.c
  client_publish.c
  client_rights.c
  protected.c)
target_compile_definitions(client PRIVATE
  PRIVYSEAL_VERSION="${PROJECT_VERSION}")
target_link_libraries(client
  PUBLIC xrml PkgConfig::CRYPTO privyseal_hardening
  PRIVATE privyseal_warnings)
if(PRIVYSEAL_FUZZ)
  target_compile_options(client PRIVATE -fsanitize=fuzzer-no-link)
endif()
