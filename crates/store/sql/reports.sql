-- What the operator is told of all accounts together. Each reads much and is asked seldom.

-- name: report_revenue
-- Of the operator's own ledger accounts that a charge or its undoing moves, by the time of posting.
SELECT l.ledger_account, CAST(sum(l.amount) AS bigint), count(*)
FROM postings p JOIN posting_legs l ON l.posting_id = p.id
WHERE p.posted_at >= :from AND p.posted_at < :until
AND (l.ledger_account LIKE 'rev:%' OR l.ledger_account LIKE 'discount:%' OR l.ledger_account IN ('goodwill', 'rounding'))
GROUP BY l.ledger_account
ORDER BY l.ledger_account

-- name: report_unbilled
-- Behind sid zero, so that the key is walked.
SELECT b.ledger_account, CAST(sum(b.amount) AS bigint) FROM balances b
WHERE b.account_sid > :zero AND b.ledger_account LIKE 'cust:%unbilled' AND b.ledger_account > :after
GROUP BY b.ledger_account HAVING sum(b.amount) <> 0
ORDER BY b.ledger_account
LIMIT :limit

-- name: report_receivable
SELECT CAST(coalesce(sum(b.amount), 0) AS bigint) FROM balances b
WHERE b.account_sid > :zero AND b.ledger_account LIKE 'cust:%receivable'

-- name: report_usage
SELECT u.month, u.kind, u.class, CAST(sum(u.begun) AS bigint), CAST(sum(u.billed) AS bigint), CAST(sum(u.minutes) AS bigint)
FROM account_tree t JOIN usage_days u ON u.account_sid = t.descendant
WHERE t.ancestor = :account AND u.day >= :from_day AND u.day <= :to_day AND u.month >= :from_month AND u.month <= :to_month
GROUP BY u.month, u.kind, u.class
ORDER BY u.month, u.kind, u.class

-- name: report_numbers
-- A holding that ended before it began never was.
SELECT count(*) FROM holdings h
WHERE h.subject > '' AND h.item = 'number.fixed' AND h.held_from < :until
AND (h.held_until IS NULL OR (h.held_until >= :until AND h.held_until > h.held_from))

-- name: report_subscriptions
SELECT s.doc FROM subscriptions s WHERE s.sid > :after ORDER BY s.sid LIMIT :limit
