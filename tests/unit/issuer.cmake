# Tests, one line each; see ../CMakeLists.txt
include(${CMAKE_CURRENT_LIST_DIR}/xrml.cmake)
