-- Plans and customers.

-- name: plan_insert
INSERT INTO plans (id, version, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: customer_insert
INSERT INTO customers (account_sid, version, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: customer_update
UPDATE customers SET version = ?2, doc = ?3 WHERE account_sid = ?1 AND version = ?2 - 1

-- name: plans
SELECT p.doc FROM plans p ORDER BY p.id, p.version LIMIT :limit

-- name: customer
SELECT c.doc FROM customers c WHERE c.account_sid = :account
