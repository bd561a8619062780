-- Invoices and credit notes.

-- name: series_next
-- ?2 is the number that is given: the one behind the last.
INSERT INTO document_series (series, last) SELECT CAST(?1 AS text), CAST(?2 AS bigint)
WHERE CAST(?2 AS bigint) = 1 OR EXISTS (SELECT 1 FROM document_series d WHERE d.series = CAST(?1 AS text))
ON CONFLICT (series) DO UPDATE SET last = excluded.last WHERE document_series.last = excluded.last - 1

-- name: invoice_insert
INSERT INTO invoices (sid, account_sid, kind, number, month, communication, preceding_sid, settled, open, due_on, issued_on, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT DO NOTHING

-- name: invoiced_insert
INSERT INTO invoiced (account_sid, month, item, plan, invoice_sid, quantity, uses, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO NOTHING

-- name: invoice_settle
-- ?3 is what was settled before.
UPDATE invoices SET settled = ?4, open = ?5 WHERE account_sid = ?1 AND sid = ?2 AND settled = ?3

-- name: invoice
SELECT i.doc, i.settled FROM invoices i WHERE i.account_sid = :account AND i.sid = :sid

-- name: invoice_of_month
SELECT i.doc, i.settled FROM invoices i WHERE i.account_sid = :account AND i.month = :month AND i.kind = 'invoice'

-- name: invoice_by_communication
SELECT i.doc, i.settled FROM invoices i WHERE i.communication = :communication

-- name: invoices
SELECT i.doc, i.settled FROM invoices i --if list
SELECT count(*) FROM invoices i --if count
WHERE i.account_sid = :account
AND i.kind = :kind --if kind
AND i.month = :month --if month
AND i.open = 1 --if open
AND i.open IS NULL --if settled
AND i.sid < :after --if before_key
AND i.sid > :after --if behind_key
ORDER BY i.sid DESC --if newest
ORDER BY i.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: credit_notes
SELECT i.doc, i.settled FROM invoices i WHERE i.account_sid = :account AND i.preceding_sid = :invoice ORDER BY i.sid LIMIT :limit

-- name: series_last
SELECT s.last FROM document_series s WHERE s.series = :series

-- name: payers
SELECT c.account_sid FROM customers c WHERE c.account_sid > :after ORDER BY c.account_sid LIMIT :limit

-- name: usage_supplies
-- Not of accounts that have a payer of their own, or below such a one.
SELECT u.account_sid, u.month, u.item, u.plan, CAST(sum(u.billed) AS bigint), CAST(sum(u.uses) AS bigint),
    CAST(sum(u.amount) AS bigint)
FROM account_tree t JOIN usage_days u ON u.account_sid = t.descendant
WHERE t.ancestor = :account AND u.day >= :from_day AND u.day <= :to_day
AND u.month >= :from_month AND u.month <= :to_month AND u.charged = 1
AND NOT EXISTS (SELECT 1 FROM account_tree a JOIN customers c ON c.account_sid = a.ancestor
    JOIN account_tree b ON b.descendant = c.account_sid
    WHERE a.descendant = t.descendant AND b.ancestor = :account AND c.account_sid <> :account)
GROUP BY u.account_sid, u.month, u.item, u.plan
ORDER BY u.account_sid, u.month, u.item, u.plan
LIMIT :limit

-- name: invoiced_supplies
SELECT i.account_sid, i.month, i.item, i.plan, CAST(sum(i.quantity) AS bigint), CAST(sum(i.uses) AS bigint), CAST(sum(i.amount) AS bigint)
FROM account_tree t JOIN invoiced i ON i.account_sid = t.descendant
WHERE t.ancestor = :account AND i.month >= :from_month AND i.month <= :to_month
GROUP BY i.account_sid, i.month, i.item, i.plan
ORDER BY i.account_sid, i.month, i.item, i.plan
LIMIT :limit

-- name: supplies_on
-- What of whose usage is on an invoice, and how many of the same uses are on earlier ones.
SELECT i.account_sid, i.month, i.item, i.plan, i.quantity, i.uses, i.amount,
    CAST(coalesce((SELECT sum(e.uses) FROM invoiced e WHERE e.account_sid = i.account_sid AND e.month = i.month
        AND e.item = i.item AND e.plan = i.plan AND e.invoice_sid < i.invoice_sid), 0) AS bigint)
FROM invoiced i WHERE i.invoice_sid = :invoice
ORDER BY i.account_sid, i.month, i.item, i.plan
LIMIT :limit

-- name: usage_of_supply
-- The uses behind such a sum.
SELECT u.doc FROM usage_events u
WHERE u.account_sid = :account
AND u.day >= :from_day AND u.day <= :to_day
AND u.month = :month AND u.item = :item AND u.plan = :plan AND u.amount <> 0
LIMIT :limit

-- name: invoices_overdue
-- Of all accounts, behind a day and a document; one is asked for once its due date is over.
SELECT i.doc, i.settled FROM invoices i
WHERE i.open IS NOT NULL AND (i.due_on, i.sid) > (:after_day, :after) AND i.due_on < :today
ORDER BY i.due_on, i.sid
LIMIT :limit

-- name: invoices_issued
-- Of all accounts, by the day of issue, behind a day and a document.
SELECT i.doc, i.settled FROM invoices i
WHERE (i.issued_on, i.sid) > (:after_day, :after) AND i.issued_on >= :from_day AND i.issued_on <= :to_day
ORDER BY i.issued_on, i.sid
LIMIT :limit

-- name: invoices_open
SELECT i.doc, i.settled FROM invoices i WHERE i.account_sid = :account AND i.open IS NOT NULL ORDER BY i.sid LIMIT :limit

-- name: unpaid_accounts
-- Accounts that used something and have nobody who pays, by name of their ledger account.
SELECT f.name, count(*) OVER () FROM (
    SELECT b.ledger_account AS name FROM balances b
    WHERE b.ledger_account LIKE 'cust:%unbilled' AND NOT EXISTS (SELECT 1 FROM account_tree t
        JOIN customers c ON c.account_sid = t.ancestor WHERE t.descendant = b.account_sid)
    GROUP BY b.account_sid, b.ledger_account HAVING sum(b.amount) <> 0) AS f
LIMIT :limit
