-- Legal holds, erasures, and the rows that go with them.

-- name: legal_hold_insert
INSERT INTO legal_holds (sid, account_sid, version, number, active, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING

-- name: legal_hold_update
UPDATE legal_holds SET version = ?3, number = ?4, active = ?5, doc = ?6 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: legal_hold
SELECT doc FROM legal_holds WHERE account_sid = :account AND sid = :sid

-- name: legal_holds
SELECT h.doc FROM legal_holds h
WHERE h.account_sid = :account
AND h.sid < :after --if before_key
AND h.sid > :after --if behind_key
ORDER BY h.sid DESC --if newest
ORDER BY h.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: holds_over
-- Those of the account and of all it stands under.
SELECT h.doc FROM account_tree t JOIN legal_holds h ON h.account_sid = t.ancestor
WHERE t.descendant = :account AND h.active = 1 ORDER BY h.sid LIMIT 1000

-- name: erasure_insert
INSERT INTO erasures (sid, account_sid, version, due_at, doc) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING

-- name: erasure_update
UPDATE erasures SET version = ?3, due_at = ?4, doc = ?5 WHERE sid = ?1 AND account_sid = ?2 AND version = ?3 - 1

-- name: erasure
SELECT doc FROM erasures WHERE account_sid = :account AND sid = :sid

-- name: erasures
SELECT e.doc FROM erasures e
WHERE e.account_sid = :account
AND e.sid < :after --if before_key
AND e.sid > :after --if behind_key
ORDER BY e.sid DESC --if newest
ORDER BY e.sid --if oldest
LIMIT :limit OFFSET :skip

-- name: due_erasures
SELECT doc FROM erasures WHERE due_at IS NOT NULL AND due_at <= :now ORDER BY due_at, sid LIMIT :limit

-- name: usage_naming
SELECT u.doc FROM usage_events u
WHERE u.account_sid = :account
AND (u.day, u.source, u.id) > (:after_day, :after_source, :after_id)
AND strpos(u.doc, :text) > 0
ORDER BY u.day, u.source, u.id
LIMIT :limit

-- name: usage_rewrite
UPDATE usage_events SET doc = ?4 WHERE source = ?1 AND id = ?2 AND account_sid = ?3

-- name: answers_kept
SELECT request_key, body FROM idempotency_keys WHERE account_sid = :account AND request_key > :after ORDER BY request_key LIMIT :limit

-- name: answer_drop
DELETE FROM idempotency_keys WHERE account_sid = ?1 AND request_key = ?2

-- name: conferences_of_call
SELECT conference_sid FROM participants WHERE account_sid = :account AND call_sid = :call LIMIT 100

-- name: ladders_of_root_drop
DELETE FROM ladders WHERE root_call_sid = ?1

-- name: verb_records_of_call_drop
DELETE FROM verb_records WHERE account_sid = ?1 AND call_sid = ?2

-- name: marks_drop
DELETE FROM send_marks WHERE account_sid = ?1 AND mark = ?2

-- name: contact_drop
DELETE FROM contacts WHERE account_sid = ?1 AND recipient = ?2

-- name: customer_drop
DELETE FROM customers WHERE account_sid = ?1

-- name: audit_event_rewrite
UPDATE audit_events SET doc = ?3 WHERE account_sid = ?1 AND sid = ?2

-- name: participants_drop
DELETE FROM participants WHERE conference_sid = ?1

-- name: queue_members_drop
DELETE FROM queue_members WHERE queue_sid = ?1

-- name: flow_revisions_drop
DELETE FROM flow_revisions WHERE flow_sid = ?1

-- name: flow_steps_drop
DELETE FROM flow_steps WHERE execution_sid = ?1

-- name: answers_sweep_of
DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys WHERE account_sid = ?1 LIMIT ?2)

-- name: marks_sweep_of
DELETE FROM send_marks WHERE rowid IN (SELECT rowid FROM send_marks WHERE account_sid = ?1 LIMIT ?2)

-- name: contacts_sweep_of
DELETE FROM contacts WHERE (sender, recipient) IN (SELECT sender, recipient FROM contacts WHERE account_sid = ?1 LIMIT ?2)

-- name: flow_values_sweep_of
DELETE FROM flow_values WHERE rowid IN (SELECT rowid FROM flow_values WHERE account_sid = ?1 LIMIT ?2)

-- name: sounds_sweep_of
DELETE FROM sounds WHERE rowid IN (SELECT rowid FROM sounds WHERE account_sid = ?1 LIMIT ?2)

-- name: bindings_sweep_of
DELETE FROM sip_bindings WHERE rowid IN
    (SELECT rowid FROM sip_bindings WHERE node IN (SELECT node FROM registrars) AND account_sid = ?1 LIMIT ?2)

-- name: usage_labels_sweep_of
DELETE FROM usage_labels WHERE (day, account_sid, label, value, kind, item, class, shard) IN
    (SELECT l.day, l.account_sid, l.label, l.value, l.kind, l.item, l.class, l.shard FROM usage_labels l WHERE l.account_sid = ?1 LIMIT ?2)

-- name: watches_sweep_of
DELETE FROM usage_watches WHERE account_sid IN (SELECT account_sid FROM usage_watches WHERE account_sid = ?1 LIMIT ?2)

-- name: api_keys_drop
DELETE FROM api_keys WHERE account_sid = ?1 AND sid = ?2

-- name: people_drop
DELETE FROM people WHERE account_sid = ?1 AND sid = ?2

-- name: sessions_drop
DELETE FROM sessions WHERE account_sid = ?1 AND sid = ?2

-- name: clients_drop
DELETE FROM clients WHERE account_sid = ?1 AND sid = ?2

-- name: sip_domains_drop
DELETE FROM sip_domains WHERE account_sid = ?1 AND sid = ?2

-- name: credential_lists_drop
DELETE FROM credential_lists WHERE account_sid = ?1 AND sid = ?2

-- name: credentials_drop
DELETE FROM credentials WHERE account_sid = ?1 AND sid = ?2

-- name: ip_lists_drop
DELETE FROM ip_lists WHERE account_sid = ?1 AND sid = ?2

-- name: ip_addresses_drop
DELETE FROM ip_addresses WHERE account_sid = ?1 AND sid = ?2

-- name: smpp_users_drop
DELETE FROM smpp_users WHERE account_sid = ?1 AND sid = ?2

-- name: callbacks_drop
DELETE FROM callbacks WHERE account_sid = ?1 AND sid = ?2

-- name: recordings_drop
DELETE FROM recordings WHERE account_sid = ?1 AND sid = ?2

-- name: transcriptions_drop
DELETE FROM transcriptions WHERE account_sid = ?1 AND sid = ?2

-- name: messages_drop
DELETE FROM messages WHERE account_sid = ?1 AND sid = ?2

-- name: calls_drop
DELETE FROM calls WHERE account_sid = ?1 AND sid = ?2 AND open_node IS NULL

-- name: notifications_drop
DELETE FROM notifications WHERE account_sid = ?1 AND sid = ?2

-- name: verb_records_drop
DELETE FROM verb_records WHERE account_sid = ?1 AND sid = ?2

-- name: conferences_drop
DELETE FROM conferences WHERE account_sid = ?1 AND sid = ?2

-- name: queues_drop
DELETE FROM queues WHERE account_sid = ?1 AND sid = ?2

-- name: emails_drop
DELETE FROM emails WHERE account_sid = ?1 AND sid = ?2

-- name: exports_drop
DELETE FROM exports WHERE account_sid = ?1 AND sid = ?2

-- name: verifications_drop
DELETE FROM verifications WHERE account_sid = ?1 AND sid = ?2

-- name: verification_attempts_drop
DELETE FROM verification_attempts WHERE account_sid = ?1 AND sid = ?2

-- name: verify_challenges_drop
DELETE FROM verify_challenges WHERE account_sid = ?1 AND sid = ?2

-- name: verify_factors_drop
DELETE FROM verify_factors WHERE account_sid = ?1 AND sid = ?2

-- name: verify_entities_drop
DELETE FROM verify_entities WHERE account_sid = ?1 AND sid = ?2

-- name: guard_decisions_drop
DELETE FROM guard_decisions WHERE account_sid = ?1 AND sid = ?2

-- name: guard_cases_drop
DELETE FROM guard_cases WHERE account_sid = ?1 AND sid = ?2

-- name: spend_cases_drop
DELETE FROM spend_cases WHERE account_sid = ?1 AND sid = ?2

-- name: safe_numbers_drop
DELETE FROM safe_numbers WHERE account_sid = ?1 AND sid = ?2

-- name: send_limits_drop
DELETE FROM send_limits WHERE account_sid = ?1 AND sid = ?2

-- name: verify_templates_drop
DELETE FROM verify_templates WHERE account_sid = ?1 AND sid = ?2

-- name: verify_services_drop
DELETE FROM verify_services WHERE account_sid = ?1 AND sid = ?2

-- name: opt_outs_drop
DELETE FROM opt_outs WHERE account_sid = ?1 AND sid = ?2

-- name: messaging_services_drop
DELETE FROM messaging_services WHERE account_sid = ?1 AND sid = ?2

-- name: short_codes_drop
DELETE FROM short_codes WHERE account_sid = ?1 AND sid = ?2

-- name: sender_names_drop
DELETE FROM sender_names WHERE account_sid = ?1 AND sid = ?2

-- name: keywords_drop
DELETE FROM keywords WHERE account_sid = ?1 AND sid = ?2

-- name: flow_executions_drop
DELETE FROM flow_executions WHERE account_sid = ?1 AND sid = ?2

-- name: flows_drop
DELETE FROM flows WHERE account_sid = ?1 AND sid = ?2

-- name: applications_drop
DELETE FROM applications WHERE account_sid = ?1 AND sid = ?2

-- name: masking_records_drop
DELETE FROM masking_records WHERE account_sid = ?1 AND sid = ?2

-- name: porting_requests_drop
DELETE FROM porting_requests WHERE account_sid = ?1 AND sid = ?2

-- name: numbers_drop
DELETE FROM numbers WHERE account_sid = ?1 AND sid = ?2

-- name: caller_ids_drop
DELETE FROM caller_ids WHERE account_sid = ?1 AND sid = ?2

-- name: usage_triggers_drop
DELETE FROM usage_triggers WHERE account_sid = ?1 AND sid = ?2

-- name: thresholds_drop
DELETE FROM thresholds WHERE account_sid = ?1 AND sid = ?2
