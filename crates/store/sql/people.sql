-- People, their sessions, and what they did.

-- name: person_insert
INSERT INTO people (sid, account_sid, version, email, link, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: person_update
-- An address that another has is a conflict.
UPDATE people SET version = ?3, email = ?4, link = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1
AND NOT EXISTS (SELECT 1 FROM people o WHERE o.email = ?4 AND o.sid <> ?1)

-- name: person_delete
DELETE FROM people WHERE account_sid = ?1 AND sid = ?2

-- name: session_insert
INSERT INTO sessions (sid, account_sid, person_sid, digest, ends_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: session_update
UPDATE sessions SET ends_at = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND person_sid = ?3 AND digest = ?4

-- name: session_delete
DELETE FROM sessions WHERE account_sid = ?1 AND person_sid = ?2 AND sid = ?3

-- name: sessions_delete
DELETE FROM sessions WHERE account_sid = ?1 AND person_sid = ?2 AND sid <> ?3

-- name: sessions_sweep
DELETE FROM sessions WHERE ends_at < ?1

-- name: audit_seal_insert
INSERT INTO audit_seals (number, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING

-- name: audit_event_seal
UPDATE audit_events SET seal = ?2 WHERE sid = ?1 AND seal IS NULL

-- name: audit_event_insert
INSERT INTO audit_events (sid, account_sid, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: person
SELECT doc FROM people WHERE account_sid = :account AND sid = :sid

-- name: person_by_email
SELECT doc FROM people WHERE email = :email

-- name: person_by_link
SELECT doc FROM people WHERE link = :link

-- name: people
SELECT p.doc FROM people p --if list
SELECT count(*) FROM people p --if count
WHERE p.account_sid = :account
AND p.sid < :after --if before_key
AND p.sid > :after --if behind_key
ORDER BY p.sid DESC --if newest
ORDER BY p.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: session_by_digest
SELECT doc FROM sessions WHERE digest = :digest

-- name: sessions
SELECT s.doc FROM sessions s
WHERE s.account_sid = :account
AND s.person_sid = :person
AND s.sid < :after --if before_key
AND s.sid > :after --if behind_key
ORDER BY s.sid DESC --if newest
ORDER BY s.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: unsealed_audit
SELECT a.doc FROM audit_events a WHERE a.seal IS NULL ORDER BY a.sid LIMIT :limit

-- name: sealed_audit
SELECT a.doc FROM audit_events a WHERE a.seal = :seal ORDER BY a.sid LIMIT :limit

-- name: last_audit_seal
SELECT s.doc FROM audit_seals s ORDER BY s.number DESC LIMIT 1

-- name: audit_seals
SELECT s.doc FROM audit_seals s WHERE s.number > :after ORDER BY s.number LIMIT :limit

-- name: audit_events
SELECT a.doc FROM audit_events a
WHERE a.account_sid = :account
AND a.sid < :after --if before_key
AND a.sid > :after --if behind_key
ORDER BY a.sid DESC --if newest
ORDER BY a.sid --if oldest
LIMIT :limit OFFSET :skip --if list
