-- Usage events and the ledger.

-- name: usage_insert
INSERT INTO usage_events (source, id, account_sid, kind, item, class, day, billed, minutes, amount, resource, month, plan, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT DO NOTHING

-- name: usage_day_add
INSERT INTO usage_days (day, account_sid, kind, item, class, month, plan, charged, shard, uses, billed, minutes, amount, begun)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (day, account_sid, kind, item, class, month, plan, charged, shard) DO UPDATE SET uses = usage_days.uses + excluded.uses,
    billed = usage_days.billed + excluded.billed, minutes = usage_days.minutes + excluded.minutes,
    amount = usage_days.amount + excluded.amount, begun = usage_days.begun + excluded.begun

-- name: usage_label_add
INSERT INTO usage_labels (day, account_sid, label, value, kind, item, class, shard, uses, billed, minutes, amount)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (day, account_sid, label, value, kind, item, class, shard) DO UPDATE SET uses = usage_labels.uses + excluded.uses,
    billed = usage_labels.billed + excluded.billed, minutes = usage_labels.minutes + excluded.minutes,
    amount = usage_labels.amount + excluded.amount

-- name: posting_insert
INSERT INTO postings (id, account_sid, posted_at, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: leg_insert
INSERT INTO posting_legs (posting_id, leg, account_sid, ledger_account, amount) VALUES (?1, ?2, ?3, ?4, ?5)

-- name: balance_add
INSERT INTO balances (account_sid, ledger_account, shard, amount) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (account_sid, ledger_account, shard) DO UPDATE SET amount = balances.amount + excluded.amount

-- name: usage_event
SELECT doc FROM usage_events WHERE source = :source AND id = :id

-- name: posting
SELECT doc FROM postings WHERE id = :id

-- name: usage_events
SELECT u.doc FROM usage_events u
WHERE u.account_sid = :account
AND u.kind = :kind --if kind
AND (u.day, u.source, u.id) > (:after_day, :after_source, :after_id) --if after
ORDER BY u.day, u.source, u.id
LIMIT :limit

-- name: usage_of_resource
-- The account is compared in a way that no index serves, so that the one of the resource is chosen.
SELECT u.doc FROM usage_events u
WHERE u.resource = :resource AND CASE WHEN u.account_sid = :account THEN 1 END = 1
AND u.kind = :kind --if kind
AND (u.day, u.source, u.id) > (:after_day, :after_source, :after_id) --if after
ORDER BY u.day, u.source, u.id
LIMIT :limit

-- name: usage_of_month
SELECT u.doc FROM usage_events u
WHERE (u.source, u.id) > (:after_source, :after_id) AND u.month = :month
ORDER BY u.source, u.id
LIMIT :limit

-- name: usage_totals
SELECT u.kind, u.item, u.class, u.day, CAST(sum(u.begun) AS bigint), CAST(sum(u.billed) AS bigint),
    CAST(sum(u.minutes) AS bigint), CAST(sum(u.amount) AS bigint)
FROM usage_days u
WHERE u.account_sid = :account --if own
WHERE u.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND u.day >= :from_day AND u.day <= :to_day
GROUP BY u.day, u.kind, u.item, u.class
ORDER BY u.day, u.kind, u.item, u.class

-- name: usage_by_label
SELECT u.value, u.kind, u.item, u.class, CAST(sum(u.uses) AS bigint), CAST(sum(u.billed) AS bigint),
    CAST(sum(u.minutes) AS bigint), CAST(sum(u.amount) AS bigint)
FROM usage_labels u
WHERE u.account_sid = :account --if own
WHERE u.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND u.day >= :from_day AND u.day <= :to_day AND u.label = :label
GROUP BY u.value, u.kind, u.item, u.class
ORDER BY u.value, u.kind, u.item, u.class
LIMIT :limit

-- name: balances
SELECT b.ledger_account, CAST(sum(b.amount) AS bigint) FROM balances b
WHERE b.account_sid = :account
GROUP BY b.ledger_account
ORDER BY b.ledger_account

-- name: ledger_sum
SELECT CAST(coalesce(sum(d.amount), 0) AS bigint) FROM (
    SELECT l.amount FROM posting_legs l UNION ALL SELECT o.amount FROM ledger_openings o) AS d

-- name: ledger_transactions
SELECT count(*) FROM postings
