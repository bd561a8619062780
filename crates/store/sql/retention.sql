-- Terms that end by night.

-- name: retention_mark_save
INSERT INTO retention_marks (account_sid, class, done) VALUES (?1, ?2, ?3)
ON CONFLICT (account_sid, class) DO UPDATE SET done = excluded.done

-- name: retention_count_add
INSERT INTO retention_counts (day, class, gone) VALUES (?1, ?2, ?3)
ON CONFLICT (day, class) DO UPDATE SET gone = retention_counts.gone + excluded.gone

-- name: audit_events_drop
DELETE FROM audit_events WHERE account_sid = ?1 AND sid = ?2

-- name: retention_mark
SELECT done FROM retention_marks WHERE account_sid = :account AND class = :class

-- name: retention_counts
SELECT day, class, gone FROM retention_counts WHERE day >= :day ORDER BY day DESC, class LIMIT :limit

-- name: usage_day_after
SELECT e.day FROM usage_events e WHERE e.account_sid = :account AND e.day > :day ORDER BY e.day LIMIT 1

-- name: usage_of_day
SELECT e.doc FROM usage_events e
WHERE e.account_sid = :account AND e.day = :day
AND (e.source, e.id) > (:after_source, :after_id)
ORDER BY e.source, e.id
LIMIT :limit
