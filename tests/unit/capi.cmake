# Tests of libprivyseal, one line each; see ../CMakeLists.txt
foreach(file chain order verifier)
  add_unit_test(capi ${file} libprivyseal xrml_fixture)
endforeach()
add_unit_test(capi store libprivyseal issuer_licensing)
