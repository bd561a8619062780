-- Updates of many rows at once. Inserts of many rows are made from the texts of single rows (src/bulk.rs).

-- name: message_update
UPDATE messages SET version = new.version, from_address = new.from_address, to_address = new.to_address, status = new.status,
    due_at = new.due_at, sending = new.sending, expires_at = new.expires_at, created_at = new.created_at, sent_at = new.sent_at,
    body = new.body, doc = new.doc
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::text[], $13::text[])
    AS new (sid, account_sid, version, from_address, to_address, status, due_at, sending, expires_at, created_at, sent_at, body, doc)
WHERE messages.sid = new.sid AND messages.account_sid = new.account_sid AND messages.version = new.version - 1

-- name: call_update
UPDATE calls SET version = new.version, parent_call_sid = new.parent_call_sid, from_address = new.from_address,
    to_address = new.to_address, status = new.status, open_node = new.open_node, created_at = new.created_at,
    ended_at = new.ended_at,
    proven_at = CASE WHEN calls.proven_at IS NULL OR calls.proven_at < new.proven_at THEN new.proven_at ELSE calls.proven_at END,
    doc = new.doc
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::text[])
    AS new (sid, account_sid, version, parent_call_sid, from_address, to_address, status, open_node, created_at, ended_at,
        proven_at, doc)
WHERE calls.sid = new.sid AND calls.account_sid = new.account_sid AND calls.version = new.version - 1

-- name: callback_settle
UPDATE callbacks SET pending = new.pending, next_attempt_at = new.next_attempt_at, outcome = new.outcome
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) AS new (sid, pending, next_attempt_at, outcome)
WHERE callbacks.sid = new.sid

-- name: credit_spend
-- Sums first: one statement touches a row once.
UPDATE credits SET owed = credits.owed + spent.amount
FROM (SELECT payer, CAST(sum(amount) AS bigint) AS amount FROM (
        SELECT new.amount, (
            SELECT c.account_sid FROM account_tree t JOIN credits c ON c.account_sid = t.ancestor WHERE t.descendant = new.account_sid
            ORDER BY (SELECT count(*) FROM account_tree d WHERE d.descendant = c.account_sid) DESC LIMIT 1) AS payer
        FROM unnest($1::uuid[], $2::bigint[]) AS new (account_sid, amount)) AS each_one
    WHERE payer IS NOT NULL GROUP BY payer) AS spent
WHERE credits.account_sid = spent.payer

-- name: watch_move
-- One step on is enough, however many uses there were.
UPDATE usage_watches SET moved = usage_watches.moved + 1
WHERE usage_watches.account_sid IN (SELECT t.ancestor FROM account_tree t WHERE t.descendant = ANY($1::uuid[]))
