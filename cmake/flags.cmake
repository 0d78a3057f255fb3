# Warnings and hardening, as two interface targets that every target links.

# The assertions of CUnit that end a test are functions that return, to a
# compiler: it would warn of every pointer that they have looked at.
define_property(TARGET PROPERTY PRIVYSEAL_IS_TEST
  INITIALIZE_FROM_VARIABLE DEFAULT_PRIVYSEAL_IS_TEST)

add_library(privyseal_warnings INTERFACE)
target_compile_options(privyseal_warnings INTERFACE
  -Wall -Wextra -Werror -pedantic -Wconversion -Wsign-conversion -Wshadow
  -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings
  -Wvla -Wundef -Wformat=2 -Wunused-result
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:PRIVYSEAL_IS_TEST>>>:-Wnull-dereference>)

add_library(privyseal_hardening INTERFACE)
target_compile_options(privyseal_hardening INTERFACE
  -fstack-protector-strong -fstack-clash-protection
  -fno-strict-overflow
  $<$<BOOL:${PRIVYSEAL_CET}>:-fcf-protection=full>
  $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE>
  $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
target_link_options(privyseal_hardening INTERFACE
  -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)

set(PRIVYSEAL_SANITIZE "" CACHE STRING
  "Sanitizers, as given to -fsanitize= (address,undefined or thread)")
if(PRIVYSEAL_SANITIZE)
  target_compile_options(privyseal_hardening INTERFACE
    -fsanitize=${PRIVYSEAL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(privyseal_hardening INTERFACE
    -fsanitize=${PRIVYSEAL_SANITIZE})
else()
  target_link_options(privyseal_hardening INTERFACE -Wl,-z,defs)
endif()

option(PRIVYSEAL_COVERAGE "Count executed lines and branches" OFF)
if(PRIVYSEAL_COVERAGE)
  target_compile_options(privyseal_hardening INTERFACE --coverage)
  target_link_options(privyseal_hardening INTERFACE --coverage)
endif()
