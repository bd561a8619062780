-- Changes of prices for many.

-- name: price_run_insert
INSERT INTO price_runs (sid, version, due_at, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: price_run_update
UPDATE price_runs SET version = ?2, due_at = ?3, doc = ?4 WHERE sid = ?1 AND version = ?2 - 1

-- name: price_run_customer_save
INSERT INTO price_run_customers (run_sid, account_sid, doc) VALUES (?1, ?2, ?3)
ON CONFLICT (run_sid, account_sid) DO UPDATE SET doc = excluded.doc

-- name: price_runs
SELECT r.doc FROM price_runs r ORDER BY r.sid DESC LIMIT :limit

-- name: price_run
SELECT r.doc FROM price_runs r WHERE r.sid = :sid

-- name: due_price_runs
SELECT r.doc FROM price_runs r WHERE r.due_at IS NOT NULL AND r.due_at <= :now ORDER BY r.due_at, r.sid LIMIT :limit

-- name: price_run_customers
SELECT c.doc FROM price_run_customers c WHERE c.run_sid = :run AND c.account_sid > :after ORDER BY c.account_sid LIMIT :limit

-- name: contracts_behind
SELECT s.doc FROM subscriptions s WHERE s.open_account > :after ORDER BY s.open_account LIMIT :limit

-- name: count_contracts
SELECT count(*) FROM subscriptions s WHERE s.open_account IS NOT NULL
