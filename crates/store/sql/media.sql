-- Pictures and files of messages.

-- name: message_media_insert
INSERT INTO message_media (sid, account_sid, message_sid, created_at, link, doc, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: message_media_delete
DELETE FROM message_media WHERE account_sid = ?1 AND message_sid = ?2 AND sid = ?3

-- name: media_of_message_delete
DELETE FROM message_media WHERE account_sid = ?1 AND message_sid = ?2

-- name: message_media_one
SELECT doc FROM message_media WHERE account_sid = :account AND message_sid = :message AND sid = :sid

-- name: message_media_content
SELECT content FROM message_media WHERE account_sid = :account AND message_sid = :message AND sid = :sid

-- name: message_media_by_link
SELECT doc FROM message_media WHERE link = :link

-- name: message_media
SELECT p.doc FROM message_media p --if list
SELECT count(*) FROM message_media p --if count
WHERE p.account_sid = :account
AND p.message_sid = :message --if message
AND p.created_at >= :created_from --if created_from
AND p.created_at < :created_until --if created_until
AND p.sid < :after --if before_key
AND p.sid > :after --if behind_key
ORDER BY p.sid DESC --if newest
ORDER BY p.sid --if oldest
LIMIT :limit OFFSET :skip --if list
