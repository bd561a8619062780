-- Books whose years are over: the oldest postings become balances, and the documents go.

-- name: carried_insert
INSERT INTO ledger_carried (id, version, day, doc) VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING

-- name: carried_update
UPDATE ledger_carried SET version = ?1, day = ?2, doc = ?3 WHERE id = 1 AND version = ?1 - 1

-- name: opening_set
INSERT INTO ledger_openings (account_sid, ledger_account, amount) VALUES (?1, ?2, ?3)
ON CONFLICT (account_sid, ledger_account) DO UPDATE SET amount = excluded.amount

-- name: opening_drop
DELETE FROM ledger_openings WHERE account_sid = ?1 AND ledger_account = ?2

-- name: carry_usage
-- The uses behind postings of the seals behind ?1 up to ?2.
DELETE FROM usage_events WHERE (source, id) IN (
    SELECT substr(p.id, 7, strpos(substr(p.id, 7), ':') - 1), substr(p.id, 7 + strpos(substr(p.id, 7), ':'))
    FROM postings p WHERE p.seal > ?1 AND p.seal <= ?2 AND p.id LIKE 'usage:%')

-- name: carry_legs
DELETE FROM posting_legs WHERE posting_id IN (SELECT p.id FROM postings p WHERE p.seal > ?1 AND p.seal <= ?2)

-- name: carry_postings
DELETE FROM postings WHERE seal > ?1 AND seal <= ?2

-- name: carry_seals
DELETE FROM ledger_seals WHERE number <= ?1

-- name: old_usage_days_drop
DELETE FROM usage_days WHERE account_sid = ?1 AND day < ?2

-- name: old_usage_labels_drop
DELETE FROM usage_labels WHERE account_sid = ?1 AND day < ?2

-- name: old_free_uses_drop
DELETE FROM usage_events WHERE account_sid = ?1 AND day < ?2 AND amount = 0

-- name: old_holdings_drop
DELETE FROM holdings WHERE account_sid = ?1 AND held_until < ?2

-- name: old_payment_events_drop
DELETE FROM payment_events WHERE intent_sid IN (
    SELECT p.sid FROM payment_intents p WHERE p.account_sid = ?1 AND p.sid < ?2 AND p.open IS NULL AND p.look_at IS NULL)

-- name: old_payment_intents_drop
DELETE FROM payment_intents WHERE account_sid = ?1 AND sid < ?2 AND open IS NULL AND look_at IS NULL

-- name: old_price_run_customers_drop
DELETE FROM price_run_customers WHERE run_sid < ?1

-- name: invoice_drop
DELETE FROM invoices WHERE account_sid = ?1 AND sid = ?2 AND open IS NULL

-- name: invoiced_drop
DELETE FROM invoiced WHERE invoice_sid = ?1

-- name: letters_drop
DELETE FROM letters WHERE invoice_sid = ?1

-- name: disputes_drop
DELETE FROM disputes WHERE invoice_sid = ?1

-- name: credit_requests_drop
DELETE FROM credit_requests WHERE invoice_sid = ?1

-- name: dispatches_drop
DELETE FROM dispatches WHERE invoice_sid = ?1

-- name: collections_drop
DELETE FROM collections WHERE invoice_sid = ?1

-- name: acceptances_drop
DELETE FROM acceptances WHERE subscription_sid IN (SELECT s.sid FROM subscriptions s WHERE s.account_sid = ?1)

-- name: payouts_drop
DELETE FROM payouts WHERE account_sid = ?1

-- name: redemptions_drop
DELETE FROM redemptions WHERE account_sid = ?1

-- name: pins_drop
DELETE FROM pins WHERE account_sid = ?1

-- name: price_notices_drop
DELETE FROM price_notices WHERE account_sid = ?1

-- name: summaries_drop
DELETE FROM summaries WHERE account_sid = ?1

-- name: mandates_drop
DELETE FROM mandates WHERE account_sid = ?1 AND open IS NULL

-- name: subscriptions_drop
DELETE FROM subscriptions WHERE account_sid = ?1 AND open_account IS NULL

-- name: carried
SELECT doc FROM ledger_carried WHERE id = 1

-- name: openings
SELECT o.account_sid, o.ledger_account, o.amount FROM ledger_openings o
WHERE (o.account_sid, o.ledger_account) > (:account, :after)
ORDER BY o.account_sid, o.ledger_account
LIMIT :limit

-- name: legs_of_seals
-- What postings of the seals behind :behind up to :until come to.
SELECT l.account_sid, l.ledger_account, CAST(sum(l.amount) AS bigint)
FROM postings p JOIN posting_legs l ON l.posting_id = p.id
WHERE p.seal > :behind AND p.seal <= :until
GROUP BY l.account_sid, l.ledger_account
ORDER BY l.account_sid, l.ledger_account

-- name: holds_active
SELECT count(*) FROM legal_holds h WHERE h.active = 1
