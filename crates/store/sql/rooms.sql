-- Conferences, participants, queues, members.

-- name: conference_insert
INSERT INTO conferences (sid, account_sid, version, friendly_name, status, open_node, created_at, updated_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT DO NOTHING

-- name: conference_update
-- A completed conference stays so: its room may be in use again.
UPDATE conferences SET version = ?3, status = ?5, open_node = ?6, created_at = ?7, updated_at = ?8, doc = ?9
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND friendly_name = ?4 AND open_node IS NOT NULL

-- name: participant_save
INSERT INTO participants (conference_sid, call_sid, account_sid, label, present, muted, hold, coaching, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (conference_sid, call_sid) DO UPDATE SET
    label = excluded.label, present = excluded.present, muted = excluded.muted, hold = excluded.hold,
    coaching = excluded.coaching, doc = excluded.doc
WHERE participants.account_sid = excluded.account_sid

-- name: queue_insert
INSERT INTO queues (sid, account_sid, version, friendly_name, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: queue_update
UPDATE queues SET version = ?3, friendly_name = ?4, doc = ?5
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1
AND NOT EXISTS (SELECT 1 FROM queues other WHERE other.account_sid = ?2 AND other.friendly_name = ?4 AND other.sid <> ?1)

-- name: queue_delete
DELETE FROM queues WHERE account_sid = ?1 AND sid = ?2
AND NOT EXISTS (SELECT 1 FROM queue_members m WHERE m.queue_sid = ?2)

-- name: member_save
INSERT INTO queue_members (queue_sid, call_sid, account_sid, node, priority, enqueued_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (queue_sid, call_sid) DO UPDATE SET
    node = excluded.node, priority = excluded.priority, enqueued_at = excluded.enqueued_at, doc = excluded.doc
WHERE queue_members.account_sid = excluded.account_sid

-- name: member_drop
DELETE FROM queue_members WHERE account_sid = ?1 AND queue_sid = ?2 AND call_sid = ?3

-- name: conference
SELECT doc FROM conferences WHERE account_sid = :account AND sid = :sid

-- name: live_conference
SELECT doc FROM conferences WHERE account_sid = :account AND friendly_name = :friendly_name AND open_node IS NOT NULL

-- name: open_conferences
SELECT doc FROM conferences WHERE open_node IS NOT NULL AND (open_node = :node OR open_node = '') ORDER BY sid LIMIT :limit

-- name: conferences
SELECT c.doc FROM conferences c --if list
SELECT count(*) FROM conferences c --if count
WHERE c.account_sid = :account
AND c.friendly_name = :friendly_name --if friendly_name
AND c.status = :status --if status
AND c.created_at >= :created_from --if created_from
AND c.created_at < :created_until --if created_until
AND c.updated_at >= :updated_from --if updated_from
AND c.updated_at < :updated_until --if updated_until
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: participant
SELECT doc FROM participants WHERE account_sid = :account AND conference_sid = :conference AND call_sid = :call

-- name: participant_by_label
SELECT doc FROM participants
WHERE account_sid = :account AND conference_sid = :conference AND label = :label AND present = 1
ORDER BY call_sid LIMIT 1

-- name: participants
SELECT p.doc FROM participants p --if list
SELECT count(*) FROM participants p --if count
WHERE p.account_sid = :account AND p.conference_sid = :conference
AND p.present = :present --if present
AND p.muted = :muted --if muted
AND p.hold = :hold --if hold
AND p.coaching = :coaching --if coaching
AND p.call_sid < :after --if before_key
AND p.call_sid > :after --if behind_key
ORDER BY p.call_sid DESC --if newest
ORDER BY p.call_sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: queue
SELECT doc FROM queues WHERE account_sid = :account AND sid = :sid

-- name: queue_by_name
SELECT doc FROM queues WHERE account_sid = :account AND friendly_name = :friendly_name

-- name: queues
SELECT q.doc FROM queues q --if list
SELECT count(*) FROM queues q --if count
WHERE q.account_sid = :account
AND q.sid < :after --if before_key
AND q.sid > :after --if behind_key
ORDER BY q.sid DESC --if newest
ORDER BY q.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: queue_load
SELECT count(*), CAST(avg(enqueued_at) AS bigint) FROM queue_members WHERE account_sid = :account AND queue_sid = :queue

-- name: queue_members_of_node
SELECT doc FROM queue_members WHERE node = :node ORDER BY call_sid LIMIT :limit

-- name: queue_members
SELECT doc FROM queue_members WHERE account_sid = :account AND queue_sid = :queue
ORDER BY priority DESC, enqueued_at, call_sid LIMIT 1000
