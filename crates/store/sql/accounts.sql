-- Accounts, their tree, their keys. `?n` is the n-th value of the row; an update names the version it read: ?3 is that version + 1.

-- name: account_insert
INSERT INTO accounts (sid, parent_sid, version, email, friendly_name, status, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: account_update
-- An account does not move in the tree.
UPDATE accounts SET version = ?3, email = ?4, friendly_name = ?5, status = ?6, doc = ?7
WHERE sid = ?1 AND version = ?3 - 1 AND parent_sid IS NOT DISTINCT FROM ?2

-- name: tree_insert
INSERT INTO account_tree (ancestor, descendant) VALUES (?1, ?2)
ON CONFLICT DO NOTHING

-- name: key_insert
INSERT INTO api_keys (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: key_update
UPDATE api_keys SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: key_delete
DELETE FROM api_keys WHERE account_sid = ?1 AND sid = ?2

-- name: account
SELECT doc FROM accounts WHERE sid = :sid

-- name: account_by_email
SELECT doc FROM accounts WHERE email = :email

-- name: root_account
SELECT doc FROM accounts WHERE parent_sid IS NULL ORDER BY sid LIMIT 1

-- name: accounts
SELECT a.doc FROM accounts a
WHERE a.parent_sid = :account --if own
WHERE a.sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) AND a.sid <> :account --if tree
AND a.friendly_name = :friendly_name --if friendly_name
AND a.status = :status --if status
AND a.sid < :after --if before_key
AND a.sid > :after --if behind_key
ORDER BY a.sid DESC --if newest
ORDER BY a.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: key
SELECT doc FROM api_keys WHERE sid = :sid

-- name: keys
SELECT k.doc FROM api_keys k
WHERE k.account_sid = :account
AND k.sid < :after --if before_key
AND k.sid > :after --if behind_key
ORDER BY k.sid DESC --if newest
ORDER BY k.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: account_key_insert
INSERT INTO account_keys (account_sid, sealed) VALUES (?1, ?2)
ON CONFLICT DO NOTHING

-- name: account_key_update
UPDATE account_keys SET sealed = ?3 WHERE account_sid = ?1 AND sealed = ?2

-- name: account_key_delete
DELETE FROM account_keys WHERE account_sid = ?1

-- name: account_key
SELECT sealed, account_sid FROM account_keys WHERE account_sid = :account

-- name: account_keys
SELECT sealed, account_sid FROM account_keys WHERE account_sid > :after ORDER BY account_sid LIMIT :limit
