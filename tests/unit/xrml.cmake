# Tests of the target xrml, one line each; see ../CMakeLists.txt
add_library(xrml_fixture STATIC
  unit/issuer/fixture.c
  unit/issuer/hierarchy.c)
target_link_libraries(xrml_fixture PUBLIC xrml unit
  PRIVATE PkgConfig::CRYPTO privyseal_warnings)

add_unit_test(issuer xrml_verify xrml_fixture)
add_unit_test(issuer xrml xrml_fixture)
