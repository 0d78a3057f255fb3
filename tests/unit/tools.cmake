# Tests of tools, one line each; see ../CMakeLists.txt
foreach(file acl_question checks device json keytype option output pin pinfile provconf pubkey report resources table text
    when)
  add_unit_test(tools ${file} privyseal_tools)
endforeach()
