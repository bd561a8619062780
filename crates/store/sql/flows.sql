-- Flows, their revisions, executions and steps, and what they remember.

-- name: flow_insert
INSERT INTO flows (sid, account_sid, version, due_at, queue, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: flow_update
UPDATE flows SET version = ?3, due_at = ?4, queue = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: flow_delete
DELETE FROM flows WHERE account_sid = ?1 AND sid = ?2

-- name: flow_revisions_delete
DELETE FROM flow_revisions WHERE account_sid = ?1 AND flow_sid = ?2

-- name: flow_steps_delete
DELETE FROM flow_steps WHERE account_sid = ?1 AND execution_sid IN
(SELECT e.sid FROM flow_executions e WHERE e.account_sid = ?1 AND e.flow_sid = ?2 AND e.active IS NULL)

-- name: flow_executions_delete
DELETE FROM flow_executions WHERE account_sid = ?1 AND flow_sid = ?2 AND active IS NULL

-- name: flow_revision_insert
INSERT INTO flow_revisions (flow_sid, revision, account_sid, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: execution_insert
INSERT INTO flow_executions (sid, account_sid, version, flow_sid, active, due_at, call_sid, reply_to, contact, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING

-- name: execution_update
UPDATE flow_executions SET version = ?3, active = ?5, due_at = ?6, call_sid = ?7, reply_to = ?8, contact = ?9, doc = ?10
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND flow_sid = ?4

-- name: execution_delete
DELETE FROM flow_executions WHERE account_sid = ?1 AND sid = ?2 AND active IS NULL

-- name: execution_steps_delete
DELETE FROM flow_steps WHERE account_sid = ?1 AND execution_sid = ?2

-- name: old_steps_delete
-- Both statements find the same executions: nothing comes in between.
DELETE FROM flow_steps WHERE execution_sid IN
(SELECT e.sid FROM flow_executions e WHERE e.active IS NULL AND e.sid < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = e.account_sid AND (h.number IS NULL OR e.contact = h.number))
    ORDER BY e.sid LIMIT ?2)

-- name: old_executions_delete
DELETE FROM flow_executions WHERE sid IN
(SELECT e.sid FROM flow_executions e WHERE e.active IS NULL AND e.sid < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = e.account_sid AND (h.number IS NULL OR e.contact = h.number))
    ORDER BY e.sid LIMIT ?2)

-- name: flow_step_insert
INSERT INTO flow_steps (execution_sid, sequence, account_sid, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: flow_value_save
INSERT INTO flow_values (account_sid, name, value) VALUES (?1, ?2, ?3)
ON CONFLICT (account_sid, name) DO UPDATE SET value = excluded.value

-- name: flow_value_delete
DELETE FROM flow_values WHERE account_sid = ?1 AND name = ?2

-- name: sound_save
INSERT INTO sounds (account_sid, name, doc, content) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (account_sid, name) DO UPDATE SET doc = excluded.doc, content = excluded.content

-- name: sound_delete
DELETE FROM sounds WHERE account_sid = ?1 AND name = ?2

-- name: sounds
SELECT doc FROM sounds WHERE account_sid = :account ORDER BY name LIMIT :limit

-- name: sound
SELECT doc FROM sounds WHERE account_sid = :account AND name = :name

-- name: sound_content
SELECT content FROM sounds WHERE account_sid = :account AND name = :name

-- name: flow_metric_add
INSERT INTO flow_metrics (account_sid, day, name, uses, total) VALUES (?1, ?2, ?3, 1, ?4)
ON CONFLICT (account_sid, day, name) DO UPDATE SET uses = flow_metrics.uses + 1, total = flow_metrics.total + excluded.total

-- name: flow_metrics
SELECT name, day, uses, total FROM flow_metrics WHERE account_sid = :account AND day >= :from AND day <= :until
ORDER BY day DESC, name DESC LIMIT :limit

-- name: queue_day_add
INSERT INTO queue_days (account_sid, day, queue, entered, served, in_time, abandoned, waited_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (account_sid, day, queue) DO UPDATE SET
    entered = queue_days.entered + excluded.entered, served = queue_days.served + excluded.served,
    in_time = queue_days.in_time + excluded.in_time, abandoned = queue_days.abandoned + excluded.abandoned,
    waited_s = queue_days.waited_s + excluded.waited_s

-- name: queue_days
SELECT queue, day, entered, served, in_time, abandoned, waited_s FROM queue_days
WHERE account_sid = :account AND day >= :from AND day <= :until
ORDER BY day DESC, queue DESC LIMIT :limit

-- name: flow_cue_insert
INSERT INTO flow_cues (sid, account_sid, doc) VALUES (?1, ?2, ?3)
ON CONFLICT DO NOTHING

-- name: flow_cue_delete
DELETE FROM flow_cues WHERE sid = ?1 AND account_sid = ?2

-- name: flow_cues
SELECT doc FROM flow_cues ORDER BY sid LIMIT :limit

-- name: flows_of_queue
SELECT doc FROM flows WHERE account_sid = :account AND queue IN ('', :queue) ORDER BY sid LIMIT :limit

-- name: flow
SELECT doc FROM flows WHERE account_sid = :account AND sid = :sid

-- name: flows
SELECT f.doc FROM flows f --if list
SELECT count(*) FROM flows f --if count
WHERE f.account_sid = :account
AND f.sid < :after --if before_key
AND f.sid > :after --if behind_key
ORDER BY f.sid DESC --if newest
ORDER BY f.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: due_flows
SELECT doc FROM flows WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: flow_revision
SELECT doc FROM flow_revisions WHERE account_sid = :account AND flow_sid = :flow AND revision = :revision

-- name: flow_revisions
SELECT doc FROM flow_revisions WHERE account_sid = :account AND flow_sid = :flow ORDER BY revision DESC LIMIT :limit

-- name: flow_execution
SELECT doc FROM flow_executions WHERE account_sid = :account AND sid = :sid

-- name: flow_executions
SELECT e.doc FROM flow_executions e --if list
SELECT count(*) FROM flow_executions e --if count
WHERE e.account_sid = :account
AND e.flow_sid = :flow --if flow
AND e.sid >= :from --if from
AND e.sid < :until --if until
AND e.active IS NOT NULL --if active
AND e.active IS NULL --if ended
AND e.sid < :after --if before_key
AND e.sid > :after --if behind_key
ORDER BY e.sid DESC --if newest
ORDER BY e.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: execution_of_call
SELECT doc FROM flow_executions WHERE account_sid = :account AND call_sid = :call AND active IS NOT NULL ORDER BY sid DESC LIMIT 1

-- name: execution_awaiting
SELECT doc FROM flow_executions WHERE account_sid = :account AND reply_to = :platform AND contact = :contact ORDER BY sid LIMIT 1

-- name: due_executions
SELECT doc FROM flow_executions WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: flow_steps
SELECT doc FROM flow_steps WHERE account_sid = :account AND execution_sid = :execution ORDER BY sequence LIMIT 10000

-- name: recent_flow_steps
SELECT s.doc FROM flow_steps s WHERE s.account_sid = :account AND s.execution_sid IN
(SELECT e.sid FROM flow_executions e WHERE e.account_sid = :account AND e.flow_sid = :flow ORDER BY e.sid DESC LIMIT :executions)
LIMIT :limit

-- name: flow_value
SELECT value FROM flow_values WHERE account_sid = :account AND name = :name
