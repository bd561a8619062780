-- What accounts hold and pay by the month.

-- name: holding_insert
INSERT INTO holdings (sid, account_sid, item, subject, held_from, held_until, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: holding_end
-- Also what has an end already, or begins later: ends only come nearer.
UPDATE holdings SET held_until = ?4 WHERE account_sid = ?1 AND item = ?2 AND subject = ?3 AND (held_until IS NULL OR held_until > ?4)

-- name: holdings_end
UPDATE holdings SET held_until = ?2 WHERE account_sid = ?1 AND (held_until IS NULL OR held_until > ?2)

-- name: month_close
INSERT INTO closed_months (month, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING

-- name: holdings
SELECT h.doc, h.held_until FROM holdings h
WHERE h.account_sid = :account AND h.held_from < :until AND (h.held_until IS NULL OR h.held_until > :from)
ORDER BY h.item, h.subject, h.held_from
LIMIT :limit

-- name: held
SELECT h.doc, h.held_until FROM holdings h
WHERE h.account_sid = :account AND h.item = :item
AND h.held_from <= :now AND (h.held_until IS NULL OR h.held_until > :now)
AND h.subject = :subject --if subject
ORDER BY h.subject, h.held_from
LIMIT 1

-- name: held_later
SELECT h.doc, h.held_until FROM holdings h
WHERE h.account_sid = :account AND h.item = :item AND h.subject = :subject
AND (h.held_until IS NULL OR (h.held_until > :now AND h.held_until > h.held_from))
ORDER BY h.held_from
LIMIT 100

-- name: holders
SELECT DISTINCT h.account_sid FROM holdings h
WHERE h.account_sid > :after AND h.held_from < :until AND (h.held_until IS NULL OR h.held_until > :from)
ORDER BY h.account_sid
LIMIT :limit

-- name: unheld_numbers
SELECT n.doc, n.version, n.voice_application_sid, n.sms_application_sid, n.refer_application_sid, n.released_at FROM numbers n
WHERE n.sid > :after AND NOT EXISTS (SELECT 1 FROM holdings h WHERE h.sid = n.sid)
ORDER BY n.sid
LIMIT :limit

-- name: unheld_flows
SELECT f.doc FROM flows f
WHERE f.sid > :after AND EXISTS (SELECT 1 FROM flow_revisions r WHERE r.flow_sid = f.sid)
AND NOT EXISTS (SELECT 1 FROM holdings h WHERE h.sid = f.sid)
ORDER BY f.sid
LIMIT :limit

-- name: closed_month
SELECT m.doc FROM closed_months m WHERE m.month = :month

-- name: last_closed_month
SELECT m.doc FROM closed_months m ORDER BY m.month DESC LIMIT 1
