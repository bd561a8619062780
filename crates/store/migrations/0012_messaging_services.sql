-- Why: messaging services, their senders, which of them a recipient knows, and what an account does with answers to a short code.

CREATE TABLE messaging_services (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX messaging_services_by_account ON messaging_services (account_sid, sid);

-- `exclusive` is account and address of a sender that can be in one service only; NULL for names.
CREATE TABLE service_senders (
    service_sid uuid NOT NULL,
    kind text NOT NULL,
    sender_sid uuid NOT NULL,
    account_sid uuid NOT NULL,
    exclusive text,
    doc text NOT NULL,
    PRIMARY KEY (service_sid, kind, sender_sid)
) --sqlite WITHOUT ROWID
;
CREATE UNIQUE INDEX service_senders_exclusive ON service_senders (exclusive) WHERE exclusive IS NOT NULL;
CREATE INDEX service_senders_by_sid ON service_senders (sender_sid);

-- The sender of a service that the recipient knows.
ALTER TABLE contacts ADD COLUMN via text;

CREATE TABLE short_codes (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL
);
