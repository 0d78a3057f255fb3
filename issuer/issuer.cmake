# `issuer`: a store, its keys, what it may issue, its journal.
add_library(issuer STATIC
  acl_decide.c
  acl_diff.c
  acl_forms.c
  acl_look.c
  acl_parse.c
  acl_read.c
  acl_review.c
  acl_rule.c
  acl_statement.c
  acl_words.c
  act.c
  admission.c
  authority.c
  change.c
  checkpoint.c
  cluster.c
  cluster_check.c
  cluster_copy.c
  clock.c
  conf.c
  enrollment.c
  event.c
  handle.c
  horizon.c
  import.c
  index.c
  init.c
  issue.c
  issuer.c
  journal.c
  judge.c
  key.c
  keygen.c
  keyring.c
  keypolicy.c
  lock.c
  member.c
  log_verify.c
  note.c
  owner.c
  office.c
  policy.c
  pop.c
  profile.c
  prove.c
  publish.c
  superior.c
  store_admit.c
  store_issue.c
  store_member.c
  store_schema.c
  store_sqlite.c
  store_tables.c
  words.c)
target_compile_definitions(issuer PRIVATE
  PRIVYSEAL_VERSION="${PROJECT_VERSION}")
target_link_libraries(issuer
  PUBLIC xrml PkgConfig::CRYPTO privyseal_hardening
  PRIVATE PkgConfig::SQLITE3 privyseal_warnings)
if(PRIVYSEAL_FUZZ)
  target_compile_options(issuer PRIVATE -fsanitize=fuzzer-no-link)
endif()
