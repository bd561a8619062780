-- Clients, SIP domains, lists of users and networks.

-- name: client_insert
INSERT INTO clients (sid, account_sid, version, login, voice_application_sid, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: client_update
UPDATE clients SET version = ?3, voice_application_sid = ?5, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND login = ?4

-- name: client_delete
DELETE FROM clients WHERE account_sid = ?1 AND sid = ?2

-- name: client_unbind
-- The version moves too: an update that was read before must not bring the reference back.
UPDATE clients SET version = version + 1, voice_application_sid = NULL WHERE voice_application_sid = ?1

-- name: sip_domain_insert
INSERT INTO sip_domains (sid, account_sid, version, domain_name, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: sip_domain_update
UPDATE sip_domains SET version = ?3, domain_name = ?4, doc = ?5
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1
AND NOT EXISTS (SELECT 1 FROM sip_domains other WHERE other.domain_name = ?4 AND other.sid <> ?1)

-- name: sip_domain_delete
DELETE FROM sip_domains WHERE account_sid = ?1 AND sid = ?2

-- name: sip_domain_unmap
DELETE FROM sip_domain_lists WHERE domain_sid = ?1

-- name: credential_list_insert
INSERT INTO credential_lists (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: credential_list_update
UPDATE credential_lists SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: credential_list_delete
DELETE FROM credential_lists WHERE account_sid = ?1 AND sid = ?2
AND NOT EXISTS (SELECT 1 FROM sip_domain_lists m WHERE m.list_sid = ?2)

-- name: credential_list_empty
DELETE FROM credentials WHERE account_sid = ?1 AND list_sid = ?2

-- name: credential_insert
INSERT INTO credentials (sid, account_sid, version, list_sid, username, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: credential_update
UPDATE credentials SET version = ?3, doc = ?6
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND list_sid = ?4 AND username = ?5

-- name: credential_delete
DELETE FROM credentials WHERE account_sid = ?1 AND sid = ?2

-- name: ip_list_insert
INSERT INTO ip_lists (sid, account_sid, version, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING

-- name: ip_list_update
UPDATE ip_lists SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: ip_list_delete
DELETE FROM ip_lists WHERE account_sid = ?1 AND sid = ?2
AND NOT EXISTS (SELECT 1 FROM sip_domain_lists m WHERE m.list_sid = ?2)

-- name: ip_list_empty
DELETE FROM ip_addresses WHERE account_sid = ?1 AND list_sid = ?2

-- name: ip_address_insert
INSERT INTO ip_addresses (sid, account_sid, version, list_sid, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: ip_address_update
UPDATE ip_addresses SET version = ?3, doc = ?5
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND list_sid = ?4

-- name: ip_address_delete
DELETE FROM ip_addresses WHERE account_sid = ?1 AND sid = ?2

-- name: sip_mapping_insert
INSERT INTO sip_domain_lists (domain_sid, kind, list_sid, account_sid, doc) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING

-- name: sip_mapping_delete
DELETE FROM sip_domain_lists WHERE domain_sid = ?1 AND kind = ?2 AND list_sid = ?3 AND account_sid = ?4

-- name: client
SELECT doc, version, voice_application_sid FROM clients WHERE account_sid = :account AND sid = :sid

-- name: client_by_login
SELECT doc, version, voice_application_sid FROM clients WHERE login = :login

-- name: clients
SELECT c.doc, c.version, c.voice_application_sid FROM clients c --if list
SELECT count(*) FROM clients c --if count
WHERE c.account_sid = :account
AND c.login = :login --if login
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: sip_domain
SELECT doc FROM sip_domains WHERE account_sid = :account AND sid = :sid

-- name: sip_domain_by_name
SELECT doc FROM sip_domains WHERE domain_name = :name

-- name: sip_domains
SELECT d.doc FROM sip_domains d --if list
SELECT count(*) FROM sip_domains d --if count
WHERE d.account_sid = :account
AND d.sid < :after --if before_key
AND d.sid > :after --if behind_key
ORDER BY d.sid DESC --if newest
ORDER BY d.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: sip_users
SELECT c.doc FROM sip_domain_lists m JOIN credentials c ON c.list_sid = m.list_sid
WHERE m.account_sid = :account AND m.domain_sid = :domain AND m.kind = :kind AND c.account_sid = :account AND c.username = :username
ORDER BY c.sid LIMIT 16

-- name: sip_networks
SELECT i.doc FROM sip_domain_lists m JOIN ip_addresses i ON i.account_sid = m.account_sid AND i.list_sid = m.list_sid
WHERE m.account_sid = :account AND m.domain_sid = :domain AND m.kind = 'call-addresses'
ORDER BY i.sid LIMIT 1000

-- name: listed_networks
SELECT i.doc FROM sip_domain_lists m JOIN ip_addresses i ON i.account_sid = m.account_sid AND i.list_sid = m.list_sid
WHERE m.kind = 'call-addresses'
ORDER BY i.sid LIMIT 20000

-- name: domain_mappings
SELECT m.doc FROM sip_domain_lists m --if list
SELECT count(*) FROM sip_domain_lists m --if count
WHERE m.account_sid = :account AND m.domain_sid = :domain
AND m.kind = :kind --if kind
AND m.list_sid < :after --if before_key
AND m.list_sid > :after --if behind_key
ORDER BY m.list_sid DESC --if newest
ORDER BY m.list_sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: sip_list_uses
SELECT count(*) FROM sip_domain_lists WHERE list_sid = :list AND account_sid = :account

-- name: credential_list
SELECT doc FROM credential_lists WHERE account_sid = :account AND sid = :sid

-- name: credential_lists
SELECT l.doc FROM credential_lists l --if list
SELECT count(*) FROM credential_lists l --if count
WHERE l.account_sid = :account
AND l.sid < :after --if before_key
AND l.sid > :after --if behind_key
ORDER BY l.sid DESC --if newest
ORDER BY l.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: credential
SELECT doc FROM credentials WHERE account_sid = :account AND sid = :sid

-- name: credentials
SELECT c.doc FROM credentials c --if list
SELECT count(*) FROM credentials c --if count
WHERE c.account_sid = :account AND c.list_sid = :in_list
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: ip_list
SELECT doc FROM ip_lists WHERE account_sid = :account AND sid = :sid

-- name: ip_lists
SELECT l.doc FROM ip_lists l --if list
SELECT count(*) FROM ip_lists l --if count
WHERE l.account_sid = :account
AND l.sid < :after --if before_key
AND l.sid > :after --if behind_key
ORDER BY l.sid DESC --if newest
ORDER BY l.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: ip_address
SELECT doc FROM ip_addresses WHERE account_sid = :account AND sid = :sid

-- name: ip_addresses
SELECT i.doc FROM ip_addresses i --if list
SELECT count(*) FROM ip_addresses i --if count
WHERE i.account_sid = :account AND i.list_sid = :in_list
AND i.sid < :after --if before_key
AND i.sid > :after --if behind_key
ORDER BY i.sid DESC --if newest
ORDER BY i.sid --if oldest
LIMIT :limit OFFSET :skip --if list
