-- Why: the first form of everything that is kept. One table per aggregate: a real column for whatever is filtered, joined, summed or
-- constrained, and `doc` with the entity's JSON for the rest (docs/decisions/0004-storage-form.md).
-- One text for both databases: SQLite derives only an affinity from a column's type and stores a 16-byte blob in a `uuid` column as it is.
-- Times are microseconds since 1970 (UTC), money is micro-units. `doc` stands last, so that a filter never reads past it.
-- WITHOUT ROWID where rows are short: the key is then the table. Long rows are appended, and only their short key goes to its place.
-- Indexes begin with the account like the questions do: two known columns win over the order of the page, with and without statistics.
-- No foreign keys: each reference is checked by the use case that makes it, and the hot path would pay an index probe per row.

CREATE TABLE accounts (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    parent_sid uuid,
    email text UNIQUE,
    friendly_name text NOT NULL,
    status text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX accounts_by_parent ON accounts (parent_sid, sid);

-- Each account with itself and with all it stands under: what `Scope::Tree` joins.
CREATE TABLE account_tree (
    ancestor uuid NOT NULL,
    descendant uuid NOT NULL,
    PRIMARY KEY (ancestor, descendant)
) --sqlite WITHOUT ROWID
;

CREATE TABLE api_keys (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX api_keys_by_account ON api_keys (account_sid, sid);

CREATE TABLE applications (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    friendly_name text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX applications_by_account ON applications (account_sid, sid);

-- Every number the operator holds. `rented_by` is the sid of the rented number that took it; NULL is free.
CREATE TABLE stock (
    number text NOT NULL PRIMARY KEY,
    country text NOT NULL,
    number_type text NOT NULL,
    voice bigint NOT NULL,
    sms bigint NOT NULL,
    mms bigint NOT NULL,
    fax bigint NOT NULL,
    rented_by uuid,
    doc text NOT NULL
);

-- Rented numbers, released ones included. The columns version, *_application_sid and released_at win over `doc`: they are changed alone.
CREATE TABLE numbers (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    number text NOT NULL,
    friendly_name text NOT NULL,
    number_type text NOT NULL,
    voice_application_sid uuid,
    sms_application_sid uuid,
    refer_application_sid uuid,
    released_at bigint,
    doc text NOT NULL
);
CREATE INDEX numbers_by_account ON numbers (account_sid, sid);
-- A second fence beside `stock.rented_by`: one number has one renter.
CREATE UNIQUE INDEX numbers_rented ON numbers (number) WHERE released_at IS NULL;
CREATE INDEX numbers_by_voice_application ON numbers (voice_application_sid) WHERE voice_application_sid IS NOT NULL;
CREATE INDEX numbers_by_sms_application ON numbers (sms_application_sid) WHERE sms_application_sid IS NOT NULL;
CREATE INDEX numbers_by_refer_application ON numbers (refer_application_sid) WHERE refer_application_sid IS NOT NULL;

CREATE TABLE caller_ids (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    number text NOT NULL,
    friendly_name text NOT NULL,
    doc text NOT NULL,
    UNIQUE (account_sid, number)
);
CREATE INDEX caller_ids_by_account ON caller_ids (account_sid, sid);

-- `open_node` is NULL once the leg is final, '' while no node holds it. `proven_at` wins over `doc`.
CREATE TABLE calls (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    parent_call_sid uuid,
    from_address text NOT NULL,
    to_address text NOT NULL,
    status text NOT NULL,
    open_node text,
    created_at bigint NOT NULL,
    ended_at bigint,
    proven_at bigint,
    doc text NOT NULL
);
CREATE INDEX calls_by_account ON calls (account_sid, sid);
CREATE INDEX calls_by_parent ON calls (account_sid, parent_call_sid, sid) WHERE parent_call_sid IS NOT NULL;
CREATE INDEX calls_open ON calls (open_node, sid) WHERE open_node IS NOT NULL;

-- A row has the entries that were added together, from `sequence` on.
CREATE TABLE timeline (
    call_sid uuid NOT NULL,
    sequence bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (call_sid, sequence)
) --sqlite WITHOUT ROWID
;

-- `due_at`: when a queued outgoing message may be tried; `expires_at`: when a sent one is given up; both NULL in any other state, so
-- that finished messages cost the dispatcher nothing. `body` is here for searches.
CREATE TABLE messages (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    from_address text NOT NULL,
    to_address text NOT NULL,
    status text NOT NULL,
    due_at bigint,
    sending bigint,
    expires_at bigint,
    created_at bigint NOT NULL,
    sent_at bigint,
    body text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX messages_by_account ON messages (account_sid, sid);
CREATE INDEX messages_due ON messages (due_at, sid) WHERE due_at IS NOT NULL;
CREATE INDEX messages_sending ON messages (sid) WHERE sending IS NOT NULL;
CREATE INDEX messages_expiring ON messages (expires_at, sid) WHERE expires_at IS NOT NULL;

CREATE TABLE carrier_ids (
    route text NOT NULL,
    carrier_id text NOT NULL,
    message_sid uuid NOT NULL,
    segment bigint NOT NULL,
    PRIMARY KEY (route, carrier_id)
) --sqlite WITHOUT ROWID
;

CREATE TABLE mo_parts (
    part_key text NOT NULL,
    part bigint NOT NULL,
    received_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (part_key, part)
);
CREATE INDEX mo_parts_by_age ON mo_parts (received_at);

CREATE TABLE recordings (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    call_sid uuid NOT NULL,
    in_progress bigint,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX recordings_by_account ON recordings (account_sid, sid);
CREATE INDEX recordings_by_call ON recordings (account_sid, call_sid, sid);
CREATE INDEX recordings_open ON recordings (sid) WHERE in_progress IS NOT NULL;

CREATE TABLE notifications (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    call_sid uuid,
    level bigint NOT NULL,
    code bigint NOT NULL,
    request_url text,
    created_at bigint NOT NULL,
    message text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX notifications_by_account ON notifications (account_sid, sid);
CREATE INDEX notifications_by_call ON notifications (account_sid, call_sid, sid) WHERE call_sid IS NOT NULL;

CREATE TABLE usage_events (
    source text NOT NULL,
    id text NOT NULL,
    account_sid uuid NOT NULL,
    kind text NOT NULL,
    item text NOT NULL,
    class text NOT NULL,
    day text NOT NULL,
    billed bigint NOT NULL,
    minutes bigint NOT NULL,
    amount bigint NOT NULL,
    resource text NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX usage_by_account ON usage_events (account_sid, source, id);
CREATE INDEX usage_by_resource ON usage_events (account_sid, resource, source, id);
-- Covers the sums of usage records: they never read the events themselves.
CREATE INDEX usage_sums ON usage_events (account_sid, day, kind, item, class, billed, minutes, amount);

CREATE TABLE postings (
    id text NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    posted_at bigint NOT NULL,
    doc text NOT NULL
);

CREATE TABLE posting_legs (
    posting_id text NOT NULL,
    leg bigint NOT NULL,
    account_sid uuid NOT NULL,
    ledger_account text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (posting_id, leg)
) --sqlite WITHOUT ROWID
;

-- Sums of the legs, kept in the transaction that writes them: a balance is asked for at each request. A writer adds to its own shard
-- only, so that two writers never wait for each other's rows.
CREATE TABLE balances (
    account_sid uuid NOT NULL,
    ledger_account text NOT NULL,
    shard bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (account_sid, ledger_account, shard)
) --sqlite WITHOUT ROWID
;

CREATE TABLE callbacks (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    subject text NOT NULL,
    sequence bigint NOT NULL,
    pending bigint,
    next_attempt_at bigint NOT NULL,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX callbacks_by_subject ON callbacks (subject, sequence);
CREATE INDEX callbacks_due ON callbacks (next_attempt_at, sid) WHERE pending IS NOT NULL;
CREATE INDEX callbacks_pending ON callbacks (subject, sequence) WHERE pending IS NOT NULL;
CREATE INDEX callbacks_finished ON callbacks (created_at) WHERE pending IS NULL;

CREATE TABLE idempotency_keys (
    account_sid uuid NOT NULL,
    request_key text NOT NULL,
    request_digest bytea NOT NULL,
    status bigint NOT NULL,
    body bytea NOT NULL,
    content_type text NOT NULL,
    resource text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (account_sid, request_key)
);
CREATE INDEX idempotency_by_age ON idempotency_keys (created_at);

-- Written by `ready`: the proof that a durable write is possible now.
CREATE TABLE probe (
    id bigint NOT NULL PRIMARY KEY,
    beats bigint NOT NULL
);
