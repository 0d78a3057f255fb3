# Tests, one line each; see ../CMakeLists.txt
