-- Direct debit.

-- name: mandate_insert
INSERT INTO mandates (sid, account_sid, version, reference, open, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: mandate_update
UPDATE mandates SET version = ?3, reference = ?4, open = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: collection_file_insert
INSERT INTO collection_files (sid, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING

-- name: collection_insert
INSERT INTO collections (sid, account_sid, version, invoice_sid, file_sid, batch, end_to_end, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING

-- name: collection_update
UPDATE collections SET version = ?3, doc = ?8
WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1 AND invoice_sid = ?4 AND file_sid = ?5 AND batch = ?6 AND end_to_end = ?7

-- name: mandate
SELECT m.doc FROM mandates m WHERE m.account_sid = :account AND m.sid = :sid

-- name: mandate_open
SELECT m.doc FROM mandates m WHERE m.account_sid = :account AND m.open IS NOT NULL

-- name: mandates
SELECT m.doc FROM mandates m
WHERE m.account_sid = :account
AND m.sid < :after --if before_key
AND m.sid > :after --if behind_key
ORDER BY m.sid DESC --if newest
ORDER BY m.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: collections
SELECT c.doc FROM collections c
WHERE c.account_sid = :account
AND c.sid < :after --if before_key
AND c.sid > :after --if behind_key
ORDER BY c.sid DESC --if newest
ORDER BY c.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: collection_anyones
SELECT c.doc FROM collections c WHERE c.sid = :sid

-- name: collection_of_invoice
SELECT c.doc FROM collections c WHERE c.invoice_sid = :invoice

-- name: collection_by_end_to_end
SELECT c.doc FROM collections c WHERE c.end_to_end = :end_to_end

-- name: collections_of_batch
SELECT c.doc FROM collections c WHERE c.batch = :batch AND c.sid > :after ORDER BY c.sid LIMIT :limit

-- name: collections_of_file
SELECT c.doc FROM collections c WHERE c.file_sid = :file AND c.sid > :after ORDER BY c.sid LIMIT :limit

-- name: collection_file
SELECT f.doc FROM collection_files f WHERE f.sid = :sid

-- name: collection_files
SELECT f.doc FROM collection_files f
WHERE f.sid > :zero
AND f.sid < :after --if before_key
AND f.sid > :after --if behind_key
ORDER BY f.sid DESC --if newest
ORDER BY f.sid --if oldest
LIMIT :limit OFFSET :skip
