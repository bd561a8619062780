-- Why: who may register and call over SIP (clients, domains, lists), where calls meet (conferences, queues), and which verbs ran.

-- `voice_application_sid` and `version` win over `doc`: deleting an application clears the reference alone.
CREATE TABLE clients (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    login text NOT NULL UNIQUE,
    voice_application_sid uuid,
    doc text NOT NULL
);
CREATE INDEX clients_by_account ON clients (account_sid, sid);
CREATE INDEX clients_by_application ON clients (voice_application_sid) WHERE voice_application_sid IS NOT NULL;

CREATE TABLE sip_domains (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    domain_name text NOT NULL UNIQUE,
    doc text NOT NULL
);
CREATE INDEX sip_domains_by_account ON sip_domains (account_sid, sid);

CREATE TABLE credential_lists (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX credential_lists_by_account ON credential_lists (account_sid, sid);

CREATE TABLE credentials (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    list_sid uuid NOT NULL,
    username text NOT NULL,
    doc text NOT NULL,
    UNIQUE (list_sid, username)
);
CREATE INDEX credentials_by_list ON credentials (account_sid, list_sid, sid);

CREATE TABLE ip_lists (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX ip_lists_by_account ON ip_lists (account_sid, sid);

CREATE TABLE ip_addresses (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    list_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX ip_addresses_by_list ON ip_addresses (account_sid, list_sid, sid);

CREATE TABLE sip_domain_lists (
    domain_sid uuid NOT NULL,
    kind text NOT NULL,
    list_sid uuid NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (domain_sid, kind, list_sid)
) --sqlite WITHOUT ROWID
;
CREATE INDEX sip_domain_lists_by_list ON sip_domain_lists (list_sid);

-- `open_node` is NULL once the conference is completed, '' while no node holds it.
CREATE TABLE conferences (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    friendly_name text NOT NULL,
    status text NOT NULL,
    open_node text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX conferences_by_account ON conferences (account_sid, sid);
-- A room of one name is in use once.
CREATE UNIQUE INDEX conferences_live ON conferences (account_sid, friendly_name) WHERE open_node IS NOT NULL;
CREATE INDEX conferences_open ON conferences (open_node, sid) WHERE open_node IS NOT NULL;

CREATE TABLE participants (
    conference_sid uuid NOT NULL,
    call_sid uuid NOT NULL,
    account_sid uuid NOT NULL,
    label text,
    present bigint NOT NULL,
    muted bigint NOT NULL,
    hold bigint NOT NULL,
    coaching bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (conference_sid, call_sid)
);

CREATE TABLE queues (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    friendly_name text NOT NULL,
    doc text NOT NULL,
    UNIQUE (account_sid, friendly_name)
);
CREATE INDEX queues_by_account ON queues (account_sid, sid);

CREATE TABLE queue_members (
    queue_sid uuid NOT NULL,
    call_sid uuid NOT NULL,
    account_sid uuid NOT NULL,
    node text NOT NULL,
    priority bigint NOT NULL,
    enqueued_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (queue_sid, call_sid)
) --sqlite WITHOUT ROWID
;
CREATE INDEX queue_members_of_node ON queue_members (node);

-- A conference has recordings of its own.
ALTER TABLE recordings ADD COLUMN conference_sid uuid;
CREATE INDEX recordings_by_conference ON recordings (account_sid, conference_sid, sid) WHERE conference_sid IS NOT NULL;

CREATE TABLE verb_records (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    kind text NOT NULL,
    call_sid uuid NOT NULL,
    status text NOT NULL,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verb_records_by_account ON verb_records (account_sid, kind, sid);
CREATE INDEX verb_records_by_call ON verb_records (account_sid, call_sid, sid);
