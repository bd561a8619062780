-- What the legs of calls said over SIP.

-- name: ladder_insert
INSERT INTO ladders (id, account_sid, call_sid, root_call_sid, expires_at, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: ladders_delete
DELETE FROM ladders WHERE call_sid = ?1

-- name: ladders_sweep
DELETE FROM ladders WHERE rowid IN
    (SELECT rowid FROM ladders WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)

-- name: ladders_of_call
SELECT content FROM ladders WHERE call_sid = :call AND account_sid = :account ORDER BY id LIMIT :limit

-- name: ladders_of_root
SELECT content FROM ladders WHERE root_call_sid = :call AND account_sid = :account ORDER BY id LIMIT :limit
