# The fault sweep: the provider linked in, the module loaded.
add_executable(fault_sweep sweep/case.c sweep/flow.c sweep/flow_life.c
  sweep/judge.c sweep/main.c sweep/shim.c sweep/world.c)
target_compile_definitions(fault_sweep PRIVATE
  PRIVYSEAL_FAULT="$<TARGET_FILE:privyseal-fault>")
target_link_libraries(fault_sweep PRIVATE privyseal_provider_objects
  p11 PkgConfig::CRYPTO ${CMAKE_DL_LIBS} Threads::Threads privyseal_warnings)
target_include_directories(fault_sweep PRIVATE ${P11KIT_INCLUDE_DIRS})
add_dependencies(fault_sweep privyseal-fault)
add_test(NAME check/fault_sweep COMMAND fault_sweep)
set_tests_properties(check/fault_sweep PROPERTIES LABELS check TIMEOUT 3600)
