-- What the legs of calls said over SIP.

-- name: ladder_insert
INSERT INTO ladders (id, account_sid, call_sid, root_call_sid, expires_at, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING

-- name: ladders_delete
DELETE FROM ladders WHERE call_sid = ?1

-- name: ladders_sweep
DELETE FROM ladders WHERE rowid IN
    (SELECT l.rowid FROM ladders l WHERE l.expires_at < ?1
    AND NOT EXISTS (SELECT 1 FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor AND h.active = 1
        WHERE t.descendant = l.account_sid AND (h.number IS NULL OR EXISTS (SELECT 1 FROM calls c WHERE (c.sid = l.call_sid OR c.sid = l.root_call_sid)
            AND (c.from_address = h.number OR c.to_address = h.number))))
    ORDER BY l.expires_at LIMIT ?2)

-- name: ladders_of_call
SELECT content FROM ladders WHERE call_sid = :call AND account_sid = :account ORDER BY id LIMIT :limit

-- name: ladders_of_root
SELECT content FROM ladders WHERE root_call_sid = :call AND account_sid = :account ORDER BY id LIMIT :limit
