-- The chain over the ledger, and what must be true of the books. A proof names what is not: the first few, and how many in all.

-- name: seal_insert
INSERT INTO ledger_seals (number, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING

-- name: posting_seal
UPDATE postings SET seal = ?2 WHERE id = ?1 AND seal IS NULL

-- name: unsealed_postings
SELECT p.id, p.doc FROM postings p WHERE p.seal IS NULL ORDER BY p.id LIMIT :limit

-- name: last_seal
SELECT s.doc FROM ledger_seals s ORDER BY s.number DESC LIMIT 1

-- name: seals
SELECT s.doc FROM ledger_seals s WHERE s.number > :after ORDER BY s.number LIMIT :limit

-- name: sealed_postings
SELECT p.id, p.doc FROM postings p WHERE p.seal = :seal ORDER BY p.id LIMIT :limit

-- name: sealed_legs
SELECT l.posting_id, l.ledger_account, l.amount FROM postings p JOIN posting_legs l ON l.posting_id = p.id
WHERE p.seal = :seal ORDER BY l.posting_id, l.leg

-- name: proof_unbalanced
SELECT f.id, count(*) OVER () FROM (
    SELECT p.id AS id FROM postings p LEFT JOIN posting_legs l ON l.posting_id = p.id
    GROUP BY p.id HAVING count(l.leg) < 2 OR sum(l.amount) <> 0) AS f
LIMIT :limit

-- name: proof_unposted
-- The first leg of a charge is the customer's.
SELECT u.source || '/' || u.id, count(*) OVER () FROM usage_events u
WHERE u.amount <> 0 AND NOT EXISTS (SELECT 1 FROM posting_legs l
    WHERE l.posting_id = 'usage:' || u.source || ':' || u.id AND l.leg = 0 AND l.amount = u.amount)
LIMIT :limit

-- name: proof_unfounded
SELECT p.id, count(*) OVER () FROM postings p
WHERE p.id LIKE 'usage:%' AND NOT EXISTS (SELECT 1 FROM usage_events u
    WHERE u.source = substr(p.id, 7, strpos(substr(p.id, 7), ':') - 1)
    AND u.id = substr(p.id, 7 + strpos(substr(p.id, 7), ':')) AND u.amount <> 0)
LIMIT :limit

-- name: proof_stray_legs
SELECT l.posting_id, count(*) OVER () FROM posting_legs l
WHERE NOT EXISTS (SELECT 1 FROM postings p WHERE p.id = l.posting_id)
LIMIT :limit

-- name: proof_balances
SELECT f.name, count(*) OVER () FROM (
    SELECT d.ledger_account AS name FROM (
        SELECT l.account_sid, l.ledger_account, l.amount FROM posting_legs l
        UNION ALL SELECT o.account_sid, o.ledger_account, o.amount FROM ledger_openings o
        UNION ALL SELECT b.account_sid, b.ledger_account, -b.amount FROM balances b) AS d
    GROUP BY d.account_sid, d.ledger_account HAVING sum(d.amount) <> 0) AS f
LIMIT :limit

-- name: proof_usage_days
-- Sums of both sides against each other: what is kept less what it is the sum of. A leg that was cut is one use, and one
-- that takes another back counts as less.
SELECT f.day || '/' || f.item, count(*) OVER () FROM (
    SELECT d.day AS day, d.item AS item FROM (
        SELECT k.day AS day, k.account_sid AS account_sid, k.kind AS kind, k.item AS item, k.class AS class, k.month AS month,
            k.plan AS plan, k.charged AS charged, k.uses AS uses, k.billed AS billed, k.minutes AS minutes, k.amount AS amount, k.begun AS begun
        FROM usage_days k WHERE k.day >= (SELECT coalesce(max(c.day), '') FROM ledger_carried c)
        UNION ALL
        SELECT u.day, u.account_sid, u.kind, u.item, u.class, u.month, u.plan, CASE WHEN u.amount <> 0 THEN 1 ELSE 0 END,
            CASE WHEN u.id LIKE 'reversed_%' THEN 1 ELSE -1 END, -u.billed, -u.minutes, -u.amount,
            CASE WHEN u.kind IN ('voice.in', 'voice.out') AND u.id LIKE '%_leg_%' THEN 0
                WHEN u.id LIKE 'reversed_%' THEN 1 ELSE -1 END
        FROM usage_events u WHERE u.day >= (SELECT coalesce(max(c.day), '') FROM ledger_carried c)) AS d
    GROUP BY d.day, d.account_sid, d.kind, d.item, d.class, d.month, d.plan, d.charged
    HAVING sum(d.uses) <> 0 OR sum(d.begun) <> 0 OR sum(d.billed) <> 0 OR sum(d.minutes) <> 0 OR sum(d.amount) <> 0) AS f
LIMIT :limit

-- name: proof_unheld_rents
SELECT n.number, count(*) OVER () FROM numbers n
WHERE n.released_at IS NULL AND NOT EXISTS (SELECT 1 FROM holdings h
    WHERE h.account_sid = n.account_sid AND h.item = 'number.fixed' AND h.subject = n.number AND h.held_until IS NULL)
LIMIT :limit

-- name: proof_unrented_holdings
SELECT h.subject, count(*) OVER () FROM holdings h
WHERE h.item = 'number.fixed' AND h.held_until IS NULL AND NOT EXISTS (SELECT 1 FROM numbers n
    WHERE n.number = h.subject AND n.account_sid = h.account_sid AND n.released_at IS NULL)
LIMIT :limit

-- name: calls_after
-- Of every account: sids begin with the time they were given at.
SELECT c.doc, c.proven_at, c.proven_ms FROM calls c WHERE c.sid > :after ORDER BY c.sid LIMIT :limit

-- name: messages_after
SELECT m.doc FROM messages m WHERE m.sid > :after ORDER BY m.sid LIMIT :limit

-- name: parked_insert
INSERT INTO parked_events (source, id, parked_at, doc) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING

-- name: parked_delete
DELETE FROM parked_events WHERE source = ?1 AND id = ?2

-- name: parked_events
-- Behind no source, so that the key is walked.
SELECT p.doc FROM parked_events p WHERE p.source > '' ORDER BY p.source, p.id LIMIT :limit
