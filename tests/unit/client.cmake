# Tests of the target client, one line each; see ../CMakeLists.txt
add_unit_test(issuer client_machine client xrml_fixture)
