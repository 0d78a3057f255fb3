# Tests, one line each; see ../CMakeLists.txt
include(${CMAKE_CURRENT_LIST_DIR}/cli.cmake OPTIONAL)
add_script_test(token/provider_certificates)
add_script_test(token/provider_encodes)
add_script_test(token/provider_leaves_software_keys)
add_script_test(token/provider_refuses_clearly)
add_script_test(token/provider_rsa_decrypts)
add_script_test(token/provider_rsa_signs)
add_script_test(token/provider_serves_tls)
