/* SPDX-License-Identifier: Apache-2.0 */
/* Every SQL statement of the store. Included by store_sqlite.h only. */
#ifndef PRIVYSEAL_STORE_STATEMENTS_H
#define PRIVYSEAL_STORE_STATEMENTS_H

/* STATEMENT(name, SQL) */
#define STATEMENTS(STATEMENT)                                                \
    STATEMENT(BEGIN, "BEGIN IMMEDIATE")                                      \
    STATEMENT(COMMIT, "COMMIT")                                              \
    STATEMENT(ROLLBACK, "ROLLBACK")                                          \
    STATEMENT(META_PUT, "INSERT INTO meta VALUES (?, ?)")                    \
    STATEMENT(META_GET, "SELECT value FROM meta WHERE name = ?")             \
    STATEMENT(APPEND, "INSERT INTO journal VALUES (?, ?, ?, ?)")             \
    STATEMENT(HEAD, "SELECT seq FROM journal ORDER BY seq DESC LIMIT 1")     \
    STATEMENT(RECORD, "SELECT * FROM journal WHERE seq = ?")                 \
    STATEMENT(NEWEST, "SELECT seq FROM journal WHERE"                        \
                      " substr(record, 53, 2) = ? AND seq < ?"               \
                      " ORDER BY seq DESC LIMIT 1")                          \
    STATEMENT(EACH, "SELECT * FROM journal WHERE seq >= ? AND seq <= ?"      \
                    " ORDER BY seq")                                         \
    STATEMENT(EACH_TYPE, "SELECT substr(record, 53, 2), seq FROM journal"    \
                         " INDEXED BY journal_type ORDER BY 1, 2")           \
    STATEMENT(KEY_PUT, "INSERT INTO key VALUES (?, ?, ?, ?, ?, ?)")          \
    STATEMENT(KEY_GET, "SELECT * FROM key WHERE purpose = ?"                 \
                       " ORDER BY seq DESC LIMIT 1")                         \
    STATEMENT(KEY_BY_HASH, "SELECT * FROM key WHERE hash = ?")               \
    STATEMENT(KEY_RETIRE, "UPDATE key SET purpose = 'licensor-old'"          \
                          " WHERE purpose = 'licensor' AND hash <> ?")       \
    STATEMENT(KEY_PROMOTE, "UPDATE key SET purpose = 'licensor'"             \
                           " WHERE purpose = 'licensor-next' AND hash = ?")  \
    STATEMENT(KEY_GIVE_UP, "UPDATE key SET purpose = 'licensor-old'"         \
                           " WHERE purpose = 'licensor-next' AND id = ?")    \
    STATEMENT(SUBJECT_PUT, "INSERT OR IGNORE INTO subject"                   \
                           " VALUES (?, ?, ?, ?)")                           \
    STATEMENT(PLACE_PUT, "INSERT INTO place VALUES (?, ?, ?, ?, ?)"          \
                         " ON CONFLICT (guid) DO UPDATE SET"                 \
                         " hash = excluded.hash, url = excluded.url,"        \
                         " principal = excluded.principal,"                  \
                         " seq = excluded.seq")                              \
    STATEMENT(GUID_BY_KEY, "SELECT guid FROM subject WHERE hash = ?")        \
    STATEMENT(GUID_BY_URL, "SELECT guid FROM place WHERE url = ?")           \
    STATEMENT(KEY_OF_GUID, "SELECT hash FROM place WHERE guid = ?")          \
    STATEMENT(ISSUE_PUT, "INSERT INTO issue VALUES"                          \
                         " (?, ?, ?, ?, ?, ?, NULL, NULL)")                  \
    STATEMENT(ISSUE_RESULT, "UPDATE issue SET result = ? WHERE intent = ?"   \
                            " AND result IS NULL AND void IS NULL")          \
    STATEMENT(ISSUE_CLOSE, "UPDATE issue SET void = ? WHERE intent = ?"      \
                           " AND result IS NULL AND void IS NULL")           \
    STATEMENT(ISSUE_BY_REQUEST, "SELECT intent, result, void FROM issue"     \
                                " WHERE request = ?")                        \
    STATEMENT(ISSUE_BY_BODY, "SELECT intent, result, void FROM issue"        \
                             " WHERE body = ? AND result IS NOT NULL"        \
                             " ORDER BY intent LIMIT 1")                     \
    STATEMENT(ISSUE_BY_KIND, "SELECT intent, result, void FROM issue"        \
                             " WHERE kind = ? ORDER BY intent DESC LIMIT 1") \
    STATEMENT(ISSUE_BY_INTENT, "SELECT intent, result, void FROM issue"      \
                               " WHERE intent = ?")                          \
    STATEMENT(ISSUE_OPEN, "SELECT intent, result, void FROM issue"           \
                          " WHERE result IS NULL AND void IS NULL"           \
                          " AND intent > ? ORDER BY intent LIMIT 1")         \
    STATEMENT(ISSUE_OF_GUID, "SELECT intent, result, void FROM issue"        \
                             " WHERE guid = ? AND intent > ?"                \
                             " ORDER BY intent LIMIT 1")                     \
    STATEMENT(ISSUE_OF_KIND, "SELECT intent, result, void FROM issue"        \
                             " WHERE kind = ? AND intent > ?"                \
                             " ORDER BY intent LIMIT 1")                     \
    STATEMENT(ISSUE_COUNT, "SELECT count(*) FROM issue"                      \
                           " WHERE result IS NULL AND void IS NULL")         \
    STATEMENT(NONCE_PUT, "INSERT INTO nonce VALUES (?, ?)")                  \
    STATEMENT(NONCE_GET, "SELECT request FROM nonce WHERE nonce = ?")        \
    STATEMENT(ADMIT_PUT, "INSERT INTO admit VALUES (?, ?, ?, ?, ?, ?)")      \
    STATEMENT(ADMIT_PAST, "SELECT op, time FROM admit WHERE principal = ?"   \
                          " ORDER BY seq DESC")                              \
    STATEMENT(ADMIT_VALID, "SELECT count(DISTINCT guid) FROM admit"          \
                           " WHERE principal = ? AND guid <> ?"              \
                           " AND until > ?")                                 \
    STATEMENT(PRINCIPAL_OF_GUID, "SELECT principal FROM place"               \
                                 " WHERE guid = ?")                          \
    STATEMENT(PENDING_PUT, "INSERT OR REPLACE INTO pending"                  \
                           " VALUES (1, ?, ?, ?, ?)")                        \
    STATEMENT(PENDING_DROP, "DELETE FROM pending")                           \
    STATEMENT(PENDING_GET, "SELECT op, request, proof, seq FROM pending")    \
    STATEMENT(SLC_PUT, "INSERT INTO slc VALUES (?, ?, ?, ?)")                \
    STATEMENT(SLC_BY_HASH, "SELECT generation FROM slc WHERE body_hash = ?") \
    STATEMENT(SLC_GET, "SELECT * FROM slc ORDER BY generation DESC LIMIT 1") \
    STATEMENT(SLC_NEWEST, "SELECT generation FROM slc"                       \
                          " ORDER BY generation DESC LIMIT 1")               \
    STATEMENT(SLC_BEFORE, "SELECT * FROM slc WHERE seq < ?"                  \
                          " ORDER BY generation DESC LIMIT 1")               \
    STATEMENT(MEMBER_PUT, "INSERT OR REPLACE INTO member"                    \
                          " VALUES (?, ?, ?, ?, ?)")                         \
    STATEMENT(MEMBER_GET, "SELECT * FROM member WHERE name = ?")             \
    STATEMENT(MEMBER_AFTER, "SELECT * FROM member WHERE seq > ?"             \
                            " ORDER BY seq LIMIT 1")                         \
    STATEMENT(MEMBER_COUNT, "SELECT count(*) FROM member")                   \
    STATEMENT(TRUST_PUT, "INSERT OR REPLACE INTO trust"                      \
                         " VALUES (?, ?, ?, ?, ?, ?)")                       \
    STATEMENT(TRUST_DROP, "DELETE FROM trust WHERE kind = ? AND name = ?")   \
    STATEMENT(TRUST_GET, "SELECT * FROM trust WHERE kind = ?"                \
                         " AND name = ?")                                    \
    STATEMENT(TRUST_BY_HASH, "SELECT * FROM trust WHERE kind = ?"            \
                             " AND hash = ? ORDER BY seq DESC LIMIT 1")      \
    STATEMENT(TRUST_AFTER, "SELECT * FROM trust WHERE seq > ?"               \
                           " ORDER BY seq LIMIT 1")                          \
    STATEMENT(ACCOUNT_PUT, "INSERT INTO account VALUES (?, ?, ?, ?, ?)"      \
                           " ON CONFLICT (user) DO UPDATE SET"               \
                           " sealed = excluded.sealed, seq = excluded.seq"   \
                           " WHERE hash = excluded.hash")                    \
    STATEMENT(ACCOUNT_GET, "SELECT * FROM account WHERE user = ?")           \
    STATEMENT(ACCOUNT_BY_HASH, "SELECT * FROM account WHERE hash = ?")

#endif
