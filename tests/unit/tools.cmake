# Tests of tools, one line each; see ../CMakeLists.txt
foreach(file abspath acl_question catalogue checks device doctor_find enroll_export env grants init_order
    json keyfile keytype newfile notice option output parts piece pin pinfile provconf pubkey
    renew_unattended report resources table text when)
  add_unit_test(tools ${file} privyseal_tools)
endforeach()
add_unit_test(tools license_name privyseal_tools)
add_unit_test(tools license_order privyseal_tools xrml_fixture)
add_unit_test(tools revokers privyseal_tools xrml_fixture)
foreach(file license_order revokers)
  target_include_directories(unit-tools-${file}
    PRIVATE ${CMAKE_CURRENT_LIST_DIR}/issuer)
endforeach()
