-- Structured documents on their way.

-- name: dispatch_insert
INSERT INTO dispatches (invoice_sid, number, account_sid, version, due_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: dispatch_update
UPDATE dispatches SET version = ?4, due_at = ?5, doc = ?6 WHERE invoice_sid = ?1 AND number = ?2 AND account_sid = ?3 AND version = ?4 - 1

-- name: dispatches
SELECT d.doc FROM dispatches d WHERE d.invoice_sid = :invoice AND d.account_sid = :account ORDER BY d.number LIMIT :limit

-- name: dispatches_due
SELECT d.doc FROM dispatches d WHERE d.due_at IS NOT NULL AND d.due_at <= :now ORDER BY d.due_at, d.invoice_sid, d.number LIMIT :limit
