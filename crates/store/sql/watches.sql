-- Usage triggers and thresholds.

-- name: watch_insert
INSERT INTO usage_watches (account_sid, moved, seen) VALUES (?1, 1, 0)
ON CONFLICT (account_sid) DO UPDATE SET moved = usage_watches.moved + 1

-- name: watch_move
UPDATE usage_watches SET moved = moved + 1
WHERE account_sid IN (SELECT t.ancestor FROM account_tree t WHERE t.descendant = ?1)

-- name: watch_seen
UPDATE usage_watches SET seen = ?2 WHERE account_sid = ?1 AND seen < ?2

-- name: trigger_insert
INSERT INTO usage_triggers (sid, account_sid, version, category, trigger_by, recurring, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: trigger_update
UPDATE usage_triggers SET version = ?3, doc = ?7
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND category = ?4 AND trigger_by = ?5 AND recurring = ?6

-- name: trigger_delete
DELETE FROM usage_triggers WHERE account_sid = ?1 AND sid = ?2

-- name: threshold_insert
INSERT INTO thresholds (sid, account_sid, version, blocks, cuts, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: threshold_update
UPDATE thresholds SET version = ?3, blocks = ?4, cuts = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: threshold_delete
DELETE FROM thresholds WHERE account_sid = ?1 AND sid = ?2

-- name: spend_case_insert
INSERT INTO spend_cases (sid, account_sid, version, rule, subject, day, round, is_open, holding, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING

-- name: spend_case_update
UPDATE spend_cases SET version = ?3, is_open = ?8, holding = ?9, doc = ?10
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND rule = ?4 AND subject = ?5 AND day = ?6 AND round = ?7

-- name: spend_case
SELECT doc FROM spend_cases WHERE account_sid = :account AND sid = :sid

-- name: spend_cases
-- Of the account and those below it.
SELECT c.doc FROM account_tree t JOIN spend_cases c ON c.account_sid = t.descendant
WHERE t.ancestor = :account
ORDER BY c.sid DESC
LIMIT :limit

-- name: spend_cases_of_day
SELECT c.doc FROM spend_cases c WHERE c.account_sid = :account AND c.day = :day ORDER BY c.rule, c.subject, c.round LIMIT :limit

-- name: open_spend_cases
SELECT c.doc FROM account_tree t JOIN spend_cases c ON c.account_sid = t.descendant
WHERE t.ancestor = :account AND c.is_open = 1
ORDER BY c.sid DESC
LIMIT :limit

-- name: moved_watches
SELECT w.account_sid, w.moved FROM usage_watches w WHERE w.moved <> w.seen ORDER BY w.account_sid LIMIT :limit

-- name: usage_trigger
SELECT doc FROM usage_triggers WHERE account_sid = :account AND sid = :sid

-- name: usage_triggers
SELECT u.doc FROM usage_triggers u --if list
SELECT count(*) FROM usage_triggers u --if count
WHERE u.account_sid = :account
AND u.category = :category --if category
AND u.trigger_by = :trigger_by --if trigger_by
AND u.recurring = :recurring --if recurring
AND u.sid < :after --if before_key
AND u.sid > :after --if behind_key
ORDER BY u.sid DESC --if newest
ORDER BY u.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: threshold
SELECT doc FROM thresholds WHERE account_sid = :account AND sid = :sid

-- name: thresholds
SELECT h.doc FROM thresholds h WHERE h.account_sid = :account ORDER BY h.sid LIMIT :limit

-- name: blocking_thresholds
SELECT h.doc FROM account_tree t JOIN thresholds h ON h.account_sid = t.ancestor
WHERE t.descendant = :account AND h.blocks = :month
ORDER BY h.sid LIMIT :limit

-- name: spent_in_month
SELECT CAST(coalesce(sum(u.amount), 0) AS bigint) FROM account_tree t JOIN usage_days u ON u.account_sid = t.descendant
WHERE t.ancestor = :account AND u.day >= :from_day AND u.day <= :to_day AND u.month = :month

-- name: calls_to_cut
-- The first question is answered by two small indexes, and is all that is asked where nobody is to be cut.
SELECT c.doc, c.proven_at, c.proven_ms FROM calls c WHERE c.open_node = :node AND c.outgoing = 1 AND c.sid > :after
AND (EXISTS (SELECT 1 FROM thresholds any_h WHERE any_h.cuts = :month) OR EXISTS (SELECT 1 FROM spend_cases any_s WHERE any_s.holding = 1))
AND (EXISTS (SELECT 1 FROM account_tree t JOIN thresholds h ON h.account_sid = t.ancestor
    WHERE t.descendant = c.account_sid AND h.cuts = :month)
  OR EXISTS (SELECT 1 FROM account_tree t JOIN spend_cases s ON s.account_sid = t.ancestor
    WHERE t.descendant = c.account_sid AND s.holding = 1))
ORDER BY c.sid LIMIT :limit
