# The acts: a store, its keys, what it may issue, its journal.
add_library(issuer_stores STATIC unit/issuer/stores.c)
target_link_libraries(issuer_stores PUBLIC issuer unit
  PRIVATE privyseal_warnings)
add_unit_test(issuer issue issuer_stores)
add_unit_test(issuer words issuer)
add_unit_test(issuer clock issuer)
add_unit_test(issuer conf issuer)
add_unit_test(issuer publish issuer)
add_unit_test(issuer lock issuer)
add_unit_test(issuer keypolicy issuer)
add_unit_test(issuer judge issuer_stores)
add_unit_test(issuer journal issuer_stores)
add_unit_test(issuer log_verify issuer_stores)
