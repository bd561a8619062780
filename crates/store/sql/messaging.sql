-- Who does not want messages from whom, who wrote last, and messaging services.

-- name: opt_out_insert
INSERT INTO opt_outs (sid, account_sid, recipient, sender, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (account_sid, recipient, sender) DO NOTHING

-- name: opt_out_delete
DELETE FROM opt_outs WHERE account_sid = ?1 AND sid = ?2

-- name: contact_save
INSERT INTO contacts (sender, recipient, account_sid, at, via) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (sender, recipient) DO UPDATE SET account_sid = excluded.account_sid, at = excluded.at, via = excluded.via

-- name: contacts_sweep
DELETE FROM contacts WHERE (sender, recipient) IN
    (SELECT k.sender, k.recipient FROM contacts k WHERE k.at < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = k.account_sid AND (h.number IS NULL OR k.recipient = h.number))
    ORDER BY k.at LIMIT ?2)

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
-- Also where the number was erased and a digest of it is left. Asked before each message, so it does not sort: making a sorter costs
-- SQLite more than all the rest of taking a message.
SELECT doc FROM opt_outs WHERE account_sid = :account AND recipient IN (:recipient, :digest) LIMIT 1000

-- name: opt_outs_behind
SELECT doc FROM opt_outs WHERE sid > :after ORDER BY sid LIMIT :limit

-- name: contact
SELECT sender, recipient, account_sid, at, via FROM contacts WHERE sender = :sender AND recipient = :recipient

-- name: messaging_service_insert
INSERT INTO messaging_services (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: messaging_service_update
UPDATE messaging_services SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: messaging_service_delete
DELETE FROM messaging_services WHERE account_sid = ?1 AND sid = ?2

-- name: service_sender_insert
INSERT INTO service_senders (service_sid, kind, sender_sid, account_sid, exclusive, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: service_sender_delete
DELETE FROM service_senders WHERE service_sid = ?1 AND kind = ?2 AND sender_sid = ?3 AND account_sid = ?4

-- name: service_senders_empty
DELETE FROM service_senders WHERE service_sid = ?1

-- name: service_senders_drop
DELETE FROM service_senders WHERE sender_sid = ?1

-- name: short_code_insert
INSERT INTO short_codes (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: short_code_update
UPDATE short_codes SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: messaging_service
SELECT doc FROM messaging_services WHERE account_sid = :account AND sid = :sid

-- name: messaging_services
SELECT s.doc FROM messaging_services s --if list
SELECT count(*) FROM messaging_services s --if count
WHERE s.account_sid = :account
AND s.sid < :after --if before_key
AND s.sid > :after --if behind_key
ORDER BY s.sid DESC --if newest
ORDER BY s.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: service_senders
SELECT s.doc FROM service_senders s --if list
SELECT count(*) FROM service_senders s --if count
WHERE s.account_sid = :account
AND s.service_sid = :service
AND s.kind = :kind --if kind
AND s.sender_sid < :after --if before_key
AND s.sender_sid > :after --if behind_key
ORDER BY s.sender_sid DESC --if newest
ORDER BY s.sender_sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: service_of_sender
SELECT m.doc FROM service_senders s JOIN messaging_services m ON m.sid = s.service_sid
WHERE s.exclusive = :exclusive AND s.account_sid = :account

-- name: short_code
SELECT doc FROM short_codes WHERE account_sid = :account AND sid = :sid

-- name: smpp_user_insert
INSERT INTO smpp_users (sid, account_sid, version, system_id, receiver_of, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: smpp_user_update
UPDATE smpp_users SET version = ?3, system_id = ?4, receiver_of = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: smpp_user_delete
DELETE FROM smpp_users WHERE account_sid = ?1 AND sid = ?2

-- name: smpp_user
SELECT doc FROM smpp_users WHERE account_sid = :account AND sid = :sid

-- name: smpp_user_by_name
SELECT doc FROM smpp_users WHERE system_id = :name

-- name: smpp_receiver
SELECT doc FROM smpp_users WHERE receiver_of = :account

-- name: smpp_users
SELECT u.doc FROM smpp_users u --if list
SELECT count(*) FROM smpp_users u --if count
WHERE u.account_sid = :account
AND u.sid < :after --if before_key
AND u.sid > :after --if behind_key
ORDER BY u.sid DESC --if newest
ORDER BY u.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: keyword_insert
INSERT INTO keywords (sid, account_sid, version, word, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: keyword_update
UPDATE keywords SET version = ?3, word = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: keyword_delete
DELETE FROM keywords WHERE account_sid = ?1 AND sid = ?2

-- name: keyword
SELECT doc FROM keywords WHERE account_sid = :account AND sid = :sid

-- name: keyword_by_word
SELECT doc FROM keywords WHERE word = :word

-- name: keywords
SELECT k.doc FROM keywords k --if list
SELECT count(*) FROM keywords k --if count
WHERE k.account_sid = :account
AND k.sid < :after --if before_key
AND k.sid > :after --if behind_key
ORDER BY k.sid DESC --if newest
ORDER BY k.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: sender_name_insert
INSERT INTO sender_names (sid, account_sid, version, name, state, held, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: sender_name_update
UPDATE sender_names SET version = ?3, name = ?4, state = ?5, held = ?6, doc = ?7 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: sender_name_delete
DELETE FROM sender_names WHERE account_sid = ?1 AND sid = ?2

-- name: sender_name
SELECT doc FROM sender_names WHERE account_sid = :account AND sid = :sid

-- name: held_name
SELECT doc FROM sender_names WHERE held = :name

-- name: sender_names
SELECT n.doc FROM sender_names n --if list
SELECT count(*) FROM sender_names n --if count
WHERE n.account_sid = :account --if own
WHERE n.account_sid IN (SELECT t.descendant FROM account_tree t WHERE t.ancestor = :account) --if tree
AND n.state = :state --if state
AND n.sid < :after --if before_key
AND n.sid > :after --if behind_key
ORDER BY n.sid DESC --if newest
ORDER BY n.sid --if oldest
LIMIT :limit OFFSET :skip --if list
