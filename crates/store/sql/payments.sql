-- Payments through a provider.

-- name: payment_intent_insert
INSERT INTO payment_intents (sid, account_sid, version, provider, provider_id, open, look_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO NOTHING

-- name: payment_intent_update
UPDATE payment_intents SET version = ?3, provider = ?4, provider_id = ?5, open = ?6, look_at = ?7, doc = ?8
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: payment_event_insert
INSERT INTO payment_events (provider, id, intent_sid, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: payment_intent
SELECT p.doc FROM payment_intents p WHERE p.account_sid = :account AND p.sid = :sid

-- name: payment_intent_anyones
SELECT p.doc FROM payment_intents p WHERE p.sid = :sid

-- name: payment_intent_of_provider
SELECT p.doc FROM payment_intents p WHERE p.provider = :provider AND p.provider_id = :id

-- name: payment_intents
SELECT p.doc FROM payment_intents p
WHERE p.account_sid = :account
AND p.sid < :after --if before_key
AND p.sid > :after --if behind_key
ORDER BY p.sid DESC --if newest
ORDER BY p.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: payment_intents_open
SELECT p.doc FROM payment_intents p WHERE p.account_sid = :account AND p.open IS NOT NULL ORDER BY p.sid LIMIT :limit

-- name: payment_intents_due
SELECT p.doc FROM payment_intents p WHERE p.look_at IS NOT NULL AND p.look_at <= :now ORDER BY p.look_at, p.sid LIMIT :limit

-- name: payment_event
SELECT e.doc FROM payment_events e WHERE e.provider = :provider AND e.id = :id
