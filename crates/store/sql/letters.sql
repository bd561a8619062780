-- What follows an invoice: letters, disputes, approvals, money to be paid back.

-- name: letter_insert
INSERT INTO letters (invoice_sid, number, account_sid, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: dispute_insert
INSERT INTO disputes (sid, account_sid, invoice_sid, version, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: dispute_update
UPDATE disputes SET version = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND invoice_sid = ?3 AND version = ?4 - 1

-- name: credit_request_insert
INSERT INTO credit_requests (sid, account_sid, invoice_sid, version, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: credit_request_update
UPDATE credit_requests SET version = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND invoice_sid = ?3 AND version = ?4 - 1

-- name: payout_insert
INSERT INTO payouts (sid, account_sid, subscription_sid, version, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: payout_update
UPDATE payouts SET version = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND subscription_sid = ?3 AND version = ?4 - 1

-- name: letters
SELECT l.doc FROM letters l WHERE l.invoice_sid = :invoice AND l.account_sid = :account ORDER BY l.number LIMIT :limit

-- name: disputes
SELECT d.doc FROM disputes d WHERE d.invoice_sid = :invoice AND d.account_sid = :account ORDER BY d.sid LIMIT :limit

-- name: credit_requests
SELECT r.doc FROM credit_requests r WHERE r.invoice_sid = :invoice AND r.account_sid = :account ORDER BY r.sid LIMIT :limit

-- name: payout
SELECT p.doc FROM payouts p WHERE p.account_sid = :account AND p.sid = :sid

-- name: payouts
-- Of the account and those below it.
SELECT p.doc FROM account_tree t JOIN payouts p ON p.account_sid = t.descendant
WHERE t.ancestor = :account
ORDER BY p.sid DESC
LIMIT :limit
