-- Plans, customers, subscriptions, pins.

-- name: plan_insert
INSERT INTO plans (id, version, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: plan_retire
INSERT INTO plan_retirements (id, version, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: customer_insert
INSERT INTO customers (account_sid, version, iban, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: customer_update
UPDATE customers SET version = ?2, iban = ?3, doc = ?4 WHERE account_sid = ?1 AND version = ?2 - 1

-- name: subscription_insert
INSERT INTO subscriptions (sid, account_sid, version, open_account, ends_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: subscription_update
UPDATE subscriptions SET version = ?3, open_account = ?4, ends_at = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: summary_insert
INSERT INTO summaries (sid, account_sid, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: acceptance_insert
INSERT INTO acceptances (subscription_sid, accepted_at, account_sid, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: pin_insert
INSERT INTO pins (sid, account_sid, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: price_notice_insert
INSERT INTO price_notices (sid, account_sid, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: plans
SELECT p.doc FROM plans p ORDER BY p.id, p.version LIMIT :limit

-- name: plan_retirements
SELECT r.doc FROM plan_retirements r ORDER BY r.id, r.version LIMIT :limit

-- name: plan_labels
SELECT p.id, p.version FROM plans p ORDER BY p.id, p.version LIMIT :limit

-- name: plan
SELECT p.doc FROM plans p WHERE p.id = :id AND p.version = :version

-- name: customer
SELECT c.doc FROM customers c WHERE c.account_sid = :account

-- name: payers_from
SELECT c.account_sid FROM customers c WHERE c.iban = :iban ORDER BY c.account_sid LIMIT :limit

-- name: subscription_open
SELECT s.doc FROM subscriptions s WHERE s.open_account = :account

-- name: subscription_last
SELECT s.doc FROM subscriptions s WHERE s.account_sid = :account ORDER BY s.sid DESC LIMIT 1

-- name: subscriptions_ended
SELECT s.doc FROM subscriptions s WHERE s.ends_at <= :before ORDER BY s.ends_at, s.sid LIMIT :limit

-- name: summary
SELECT s.doc FROM summaries s WHERE s.account_sid = :account AND s.sid = :sid

-- name: acceptances
SELECT a.doc FROM acceptances a WHERE a.subscription_sid = :sid AND a.account_sid = :account ORDER BY a.accepted_at LIMIT :limit

-- name: pins
SELECT p.doc FROM pins p WHERE p.account_sid = :account ORDER BY p.sid LIMIT :limit

-- name: all_pins
SELECT p.doc FROM pins p WHERE p.sid > :after ORDER BY p.sid LIMIT :limit

-- name: price_notices
SELECT n.doc FROM price_notices n WHERE n.account_sid = :account ORDER BY n.sid DESC LIMIT :limit

-- name: pinned_tree
-- Every account with each account above it, or itself, that has pins.
SELECT t.descendant, t.ancestor FROM account_tree t WHERE t.ancestor IN (SELECT p.account_sid FROM pins p)
ORDER BY t.descendant
LIMIT :limit

-- name: accounts_below
-- Itself among them.
SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account AND t.descendant > :after ORDER BY t.descendant LIMIT :limit

-- name: accounts_under_pins
SELECT DISTINCT t.descendant FROM account_tree t
WHERE t.descendant > :after AND t.ancestor IN (SELECT p.account_sid FROM pins p)
ORDER BY t.descendant
LIMIT :limit
