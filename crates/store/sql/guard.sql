-- Decisions of the guard against artificial traffic, and its cases.

-- name: guard_decision_insert
INSERT INTO guard_decisions (sid, account_sid, scope, destination, refused, rule, case_sid, created_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT DO NOTHING

-- name: guard_decisions_sweep
DELETE FROM guard_decisions WHERE sid IN
    (SELECT d.sid FROM guard_decisions d WHERE d.created_at < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = d.account_sid AND (h.number IS NULL OR d.destination = h.number))
    ORDER BY d.created_at LIMIT ?2)

-- name: guard_case_insert
INSERT INTO guard_cases (sid, version, account_sid, rule, subject, open, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: guard_case_update
UPDATE guard_cases SET version = ?2, open = ?6, doc = ?7
WHERE sid = ?1 AND version = ?2 - 1 AND account_sid = ?3 AND rule = ?4 AND subject = ?5

-- name: guard_decision
SELECT doc FROM guard_decisions WHERE account_sid = :account AND sid = :sid

-- name: guard_decisions
SELECT d.doc FROM guard_decisions d --if list
SELECT count(*) FROM guard_decisions d --if count
WHERE d.account_sid = :account
AND d.scope = :scope --if scope
AND d.destination = :destination --if destination
AND d.refused = :refused --if refused
AND d.rule = :rule --if rule
AND d.case_sid = :case --if case
AND d.created_at >= :created_from --if created_from
AND d.created_at < :created_until --if created_until
AND d.sid < :after --if before_key
AND d.sid > :after --if behind_key
ORDER BY d.sid DESC --if newest
ORDER BY d.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: guard_case
SELECT doc FROM guard_cases WHERE account_sid = :account AND sid = :sid

-- name: guard_case_of
-- The open one, or else the last that was released.
SELECT doc FROM guard_cases WHERE account_sid = :account AND rule = :rule AND subject = :subject ORDER BY sid DESC LIMIT 1

-- name: guard_cases
SELECT c.doc FROM guard_cases c --if list
SELECT count(*) FROM guard_cases c --if count
WHERE c.account_sid = :account
AND c.open IS NOT NULL --if open
AND c.open IS NULL --if released
AND c.rule = :rule --if rule
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list
