-- Promotions and who has taken them.

-- name: promotion_insert
INSERT INTO promotions (id, code, version, cap, budget, taken, spent, created_at, doc) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7)
ON CONFLICT DO NOTHING

-- name: promotion_update
UPDATE promotions SET version = ?2, doc = ?3 WHERE id = ?1 AND version = ?2 - 1

-- name: promotion_redeem
-- The one place that says no. A budget that is used up gives nothing more, whatever a promotion sets aside of it.
UPDATE promotions SET taken = taken + 1, spent = spent + ?2
WHERE id = ?1 AND (cap IS NULL OR taken < cap) AND (budget IS NULL OR (spent < budget AND spent + ?2 <= budget))

-- name: promotion_spend
UPDATE promotions SET spent = spent + ?2 WHERE id = ?1

-- name: redemption_insert
INSERT INTO redemptions (sid, account_sid, subscription_sid, promotion, version, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: redemption_update
UPDATE redemptions SET version = ?3, doc = ?4 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: promotions
SELECT p.doc, p.taken, p.spent FROM promotions p ORDER BY p.created_at DESC, p.id LIMIT :limit

-- name: promotion
SELECT p.doc, p.taken, p.spent FROM promotions p WHERE p.id = :id

-- name: promotion_of_code
SELECT p.doc, p.taken, p.spent FROM promotions p WHERE p.code = :code

-- name: redemptions
SELECT r.doc FROM redemptions r WHERE r.account_sid = :account ORDER BY r.sid LIMIT :limit
