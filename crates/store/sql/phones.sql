-- Registrations of phones, when their registrars were last there, and how trunks stand at each node.

-- name: bindings_save
INSERT INTO sip_bindings (node, account_sid, address, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (node, account_sid, address) DO UPDATE SET doc = excluded.doc

-- name: bindings_drop
DELETE FROM sip_bindings WHERE node = ?1 AND account_sid = ?2 AND address = ?3

-- name: registrar_save
INSERT INTO registrars (node, seen_at) VALUES (?1, ?2)
ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at

-- name: trunk_report_save
INSERT INTO trunk_reports (node, trunk, seen_at, doc) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (node, trunk) DO UPDATE SET seen_at = excluded.seen_at, doc = excluded.doc

-- name: trunk_reports
SELECT doc FROM trunk_reports WHERE seen_at >= :since ORDER BY seen_at, node, trunk LIMIT :limit

-- name: sip_bindings
SELECT doc FROM sip_bindings WHERE node = :node AND (account_sid, address) > (:account, :address)
ORDER BY account_sid, address LIMIT :limit

-- name: registrar
SELECT seen_at FROM registrars WHERE node = :node
