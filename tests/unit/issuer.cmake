# Tests, one line each; see ../CMakeLists.txt
include(${CMAKE_CURRENT_LIST_DIR}/xrml.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/issuer_acts.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/client.cmake)
