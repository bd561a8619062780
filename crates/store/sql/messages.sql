-- Messages, what carriers call them, and parts of incoming ones.

-- name: message_insert
INSERT INTO messages (sid, account_sid, version, from_address, to_address, status, due_at, sending, expires_at, created_at, sent_at,
    body, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT DO NOTHING

-- name: message_update
UPDATE messages SET version = ?3, from_address = ?4, to_address = ?5, status = ?6, due_at = ?7, sending = ?8, expires_at = ?9,
    created_at = ?10, sent_at = ?11, body = ?12, doc = ?13
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: message_delete
DELETE FROM messages WHERE account_sid = ?1 AND sid = ?2

-- name: carrier_id_insert
INSERT INTO carrier_ids (route, carrier_id, message_sid, segment) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: mo_part_insert
INSERT INTO mo_parts (part_key, part, received_at, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: mo_parts_drop
DELETE FROM mo_parts WHERE part_key = ?1

-- name: mo_part_claim
DELETE FROM mo_parts WHERE part_key = ?1 AND part = ?2

-- name: message
SELECT doc FROM messages WHERE account_sid = :account AND sid = :sid

-- name: messages
SELECT m.doc FROM messages m --if list
SELECT count(*) FROM messages m --if count
WHERE m.account_sid = :account --if own
WHERE m.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND m.from_address = :from --if from
AND m.to_address = :to --if to
AND m.status = :status --if status
AND m.created_at >= :created_from --if created_from
AND m.created_at < :created_until --if created_until
AND m.sent_at >= :sent_from --if sent_from
AND m.sent_at < :sent_until --if sent_until
AND strpos(m.body, :text) > 0 --if text
AND m.sid < :after --if before_key
AND m.sid > :after --if behind_key
ORDER BY m.sid DESC --if newest
ORDER BY m.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: due_messages
SELECT doc FROM messages WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: due_messages_behind
SELECT doc FROM messages WHERE due_at IS NOT NULL AND (due_at, sid) > (:due, :sid) AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: next_waiting_account
SELECT account_sid FROM messages WHERE due_at IS NOT NULL AND status = 'queued' AND account_sid > :after ORDER BY account_sid LIMIT 1

-- name: due_messages_of
SELECT doc FROM messages WHERE due_at IS NOT NULL AND status = 'queued' AND account_sid = :account AND due_at <= :now
ORDER BY due_at, sid LIMIT :limit

-- name: waiting_messages
SELECT account_sid, count(*) FROM messages WHERE due_at IS NOT NULL AND status = 'queued' GROUP BY account_sid

-- name: sending_messages
SELECT doc FROM messages WHERE sending IS NOT NULL ORDER BY sid LIMIT :limit

-- name: expired_messages
SELECT doc FROM messages WHERE expires_at IS NOT NULL AND expires_at < :now ORDER BY expires_at, sid LIMIT :limit

-- name: message_by_carrier_id
SELECT m.doc, c.segment FROM carrier_ids c JOIN messages m ON m.sid = c.message_sid
WHERE c.route = :route AND c.carrier_id = :carrier_id

-- name: mo_parts
SELECT doc FROM mo_parts WHERE part_key = :key ORDER BY part

-- name: waiting_mo_parts
SELECT doc FROM mo_parts WHERE (part_key, part) > (:key, :part) ORDER BY part_key, part LIMIT :limit
