-- Factors of end users, who has them, and challenges.

-- name: entity_insert
INSERT INTO verify_entities (sid, account_sid, service_sid, identity, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: entity_update
UPDATE verify_entities SET doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND service_sid = ?3 AND identity = ?4

-- name: entity_delete
DELETE FROM verify_entities WHERE account_sid = ?1 AND sid = ?2

-- name: factors_of_entity_delete
DELETE FROM verify_factors WHERE account_sid = ?1 AND entity_sid = ?2

-- name: challenges_of_entity_delete
DELETE FROM verify_challenges WHERE account_sid = ?1 AND entity_sid = ?2

-- name: entities_of_service_delete
DELETE FROM verify_entities WHERE account_sid = ?1 AND service_sid = ?2

-- name: factors_of_service_delete
DELETE FROM verify_factors WHERE account_sid = ?1 AND service_sid = ?2

-- name: challenges_of_service_delete
DELETE FROM verify_challenges WHERE account_sid = ?1 AND service_sid = ?2

-- name: factor_insert
INSERT INTO verify_factors (sid, version, account_sid, service_sid, entity_sid, doc, unverified_since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: factor_update
UPDATE verify_factors SET version = ?2, doc = ?6, unverified_since = ?7
WHERE sid = ?1 AND version = ?2 - 1 AND account_sid = ?3 AND service_sid = ?4 AND entity_sid = ?5

-- name: factor_delete
DELETE FROM verify_factors WHERE account_sid = ?1 AND sid = ?2

-- name: factors_sweep
DELETE FROM verify_factors WHERE sid IN
    (SELECT k.sid FROM verify_factors k WHERE k.unverified_since IS NOT NULL AND k.unverified_since < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = k.account_sid)
    ORDER BY k.unverified_since LIMIT ?2)

-- name: challenge_insert
INSERT INTO verify_challenges
    (sid, version, account_sid, service_sid, entity_sid, factor_sid, status, expires_at, created_at, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT DO NOTHING

-- name: challenge_update
UPDATE verify_challenges SET version = ?2, status = ?7, expires_at = ?8, created_at = ?9, doc = ?10
WHERE sid = ?1 AND version = ?2 - 1 AND account_sid = ?3 AND service_sid = ?4 AND entity_sid = ?5 AND factor_sid = ?6

-- name: challenges_sweep
DELETE FROM verify_challenges WHERE sid IN
    (SELECT k.sid FROM verify_challenges k WHERE k.created_at < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = k.account_sid)
    ORDER BY k.created_at LIMIT ?2)

-- name: entity
SELECT doc FROM verify_entities WHERE account_sid = :account AND service_sid = :service AND identity = :identity

-- name: entities
SELECT e.doc FROM verify_entities e --if list
SELECT count(*) FROM verify_entities e --if count
WHERE e.account_sid = :account
AND e.service_sid = :service
AND e.sid < :after --if before_key
AND e.sid > :after --if behind_key
ORDER BY e.sid DESC --if newest
ORDER BY e.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: factor
SELECT doc FROM verify_factors WHERE account_sid = :account AND entity_sid = :entity AND sid = :sid

-- name: factors
SELECT f.doc FROM verify_factors f --if list
SELECT count(*) FROM verify_factors f --if count
WHERE f.account_sid = :account
AND f.entity_sid = :entity
AND f.sid < :after --if before_key
AND f.sid > :after --if behind_key
ORDER BY f.sid DESC --if newest
ORDER BY f.sid --if oldest
LIMIT :limit OFFSET :skip --if list

-- name: challenge
SELECT doc FROM verify_challenges WHERE account_sid = :account AND entity_sid = :entity AND sid = :sid

-- name: challenges
SELECT c.doc FROM verify_challenges c --if list
SELECT count(*) FROM verify_challenges c --if count
WHERE c.account_sid = :account
AND c.entity_sid = :entity
AND c.factor_sid = :factor --if factor
AND c.status = :status --if status
AND c.expires_at > :waits_at --if waits_at
AND c.expires_at <= :over_at --if over_at
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip --if list
