-- Credit and grants. An account spends on the terms of its nearest ancestor (or itself) in `credits`: the one with most ancestors of its own.

-- name: credit_insert
INSERT INTO credits (account_sid, version, credit_limit, owed, granted, doc) VALUES (?1, ?2, ?3, 0, 0, ?4)
ON CONFLICT DO NOTHING

-- name: credit_update
UPDATE credits SET version = ?2, credit_limit = ?3, doc = ?4 WHERE account_sid = ?1 AND version = ?2 - 1

-- name: credit_settle
-- New terms take the account's history, and that of the accounts below, over from the terms above.
UPDATE credits SET owed = (
    SELECT CAST(coalesce(sum(b.amount), 0) AS bigint) FROM balances b JOIN account_tree t ON t.descendant = b.account_sid
    WHERE t.ancestor = credits.account_sid AND b.ledger_account LIKE 'cust:%' AND NOT EXISTS (
        SELECT 1 FROM credits nearer JOIN account_tree below ON below.ancestor = nearer.account_sid
        JOIN account_tree above ON above.descendant = nearer.account_sid
        WHERE below.descendant = b.account_sid AND above.ancestor = credits.account_sid
        AND nearer.account_sid <> credits.account_sid))
WHERE account_sid IN (SELECT t.ancestor FROM account_tree t WHERE t.descendant = ?1)

-- name: credit_spend
-- Written for each charge, so it does not sort.
UPDATE credits SET owed = owed + ?2 WHERE account_sid = (
    SELECT c.account_sid FROM account_tree t JOIN credits c ON c.account_sid = t.ancestor WHERE t.descendant = ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree a JOIN credits nearer ON nearer.account_sid = a.ancestor
        JOIN account_tree b ON b.descendant = nearer.account_sid
        WHERE a.descendant = t.descendant AND b.ancestor = c.account_sid AND nearer.account_sid <> c.account_sid))

-- name: credit_grant
-- The one place that says no. The condition reads the row it changes, so that concurrent grants see each other.
UPDATE credits SET granted = granted + ?2 WHERE account_sid = ?1 AND credit_limit - owed - granted >= ?2

-- name: grant_insert
INSERT INTO grants (id, payer, amount, made_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: grant_extend
UPDATE grants SET amount = amount + ?3 WHERE id = ?1 AND payer = ?2

-- name: credit_return
UPDATE credits SET granted = granted - (SELECT g.amount FROM grants g WHERE g.id = ?1)
WHERE account_sid = (SELECT g.payer FROM grants g WHERE g.id = ?1)

-- name: grant_delete
DELETE FROM grants WHERE id = ?1

-- name: credit_require
UPDATE credits SET owed = owed WHERE account_sid = ?1 AND credit_limit - owed - granted >= ?2

-- name: credit
SELECT c.doc, c.owed, c.granted FROM credits c WHERE c.account_sid = :account

-- name: credit_for
SELECT c.doc, c.owed, c.granted FROM account_tree t JOIN credits c ON c.account_sid = t.ancestor WHERE t.descendant = :account
AND NOT EXISTS (SELECT 1 FROM account_tree a JOIN credits nearer ON nearer.account_sid = a.ancestor
    JOIN account_tree b ON b.descendant = nearer.account_sid
    WHERE a.descendant = t.descendant AND b.ancestor = c.account_sid AND nearer.account_sid <> c.account_sid)

-- name: credit_faults
-- Where a cached sum is not what it is the sum of.
SELECT count(*) FROM credits WHERE granted <> (SELECT coalesce(sum(g.amount), 0) FROM grants g WHERE g.payer = credits.account_sid)
OR owed <> (
    SELECT coalesce(sum(b.amount), 0) FROM balances b JOIN account_tree t ON t.descendant = b.account_sid
    WHERE t.ancestor = credits.account_sid AND b.ledger_account LIKE 'cust:%' AND NOT EXISTS (
        SELECT 1 FROM credits nearer JOIN account_tree below ON below.ancestor = nearer.account_sid
        JOIN account_tree above ON above.descendant = nearer.account_sid
        WHERE below.descendant = b.account_sid AND above.ancestor = credits.account_sid
        AND nearer.account_sid <> credits.account_sid))

-- name: grant
SELECT g.id, g.payer, g.amount, g.made_at FROM grants g WHERE g.id = :id

-- name: old_call_grants
SELECT g.id FROM grants g WHERE g.made_at < :before AND g.id LIKE 'CA%' ORDER BY g.made_at LIMIT :limit
