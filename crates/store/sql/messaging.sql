-- Who does not want messages from whom, and who wrote last.

-- name: opt_out_insert
INSERT INTO opt_outs (sid, account_sid, recipient, sender, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (account_sid, recipient, sender) DO NOTHING

-- name: opt_out_delete
DELETE FROM opt_outs WHERE account_sid = ?1 AND sid = ?2

-- name: contact_save
INSERT INTO contacts (sender, recipient, account_sid, at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (sender, recipient) DO UPDATE SET account_sid = excluded.account_sid, at = excluded.at

-- name: contacts_sweep
DELETE FROM contacts WHERE (sender, recipient) IN
    (SELECT sender, recipient FROM contacts WHERE at < ?1 ORDER BY at LIMIT ?2)

-- name: opt_out
SELECT doc FROM opt_outs WHERE account_sid = :account AND sid = :sid

-- name: opt_outs
SELECT o.doc FROM opt_outs o --if list
SELECT count(*) FROM opt_outs o --if count
WHERE o.account_sid = :account
AND o.recipient = :recipient --if recipient
AND o.sender = :sender --if sender
AND o.sid < :after --if before_key
AND o.sid > :after --if behind_key
ORDER BY o.sid DESC --if newest
ORDER BY o.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: opt_outs_of
SELECT doc FROM opt_outs WHERE account_sid = :account AND recipient = :recipient ORDER BY sender LIMIT 1000

-- name: contact
SELECT sender, recipient, account_sid, at FROM contacts WHERE sender = :sender AND recipient = :recipient
