-- Why: one-time codes. A code itself is nowhere: documents hold keyed digests.

CREATE TABLE verify_services (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verify_services_by_account ON verify_services (account_sid, sid);

-- `open` is NULL once the verification is over: one code at a time waits for somebody.
CREATE TABLE verifications (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    scope text NOT NULL,
    destination text NOT NULL,
    status text NOT NULL,
    open bigint,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verifications_by_account ON verifications (account_sid, sid);
CREATE UNIQUE INDEX verifications_open ON verifications (account_sid, scope, destination) WHERE open IS NOT NULL;

CREATE TABLE verification_attempts (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    verification_sid uuid NOT NULL,
    scope text NOT NULL,
    destination text NOT NULL,
    country text,
    channel text NOT NULL,
    converted bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verification_attempts_by_account ON verification_attempts (account_sid, sid);
CREATE INDEX verification_attempts_by_verification ON verification_attempts (account_sid, verification_sid);

-- `owner` is the service, or all zeros for the limits of the account itself.
CREATE TABLE send_limits (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    owner uuid NOT NULL,
    unique_name text NOT NULL,
    doc text NOT NULL,
    UNIQUE (account_sid, owner, unique_name)
);
CREATE INDEX send_limits_by_owner ON send_limits (account_sid, owner, sid);

-- What limits and the guard count: one row for each key and sending.
CREATE TABLE send_marks (
    account_sid uuid NOT NULL,
    mark text NOT NULL,
    made_at bigint NOT NULL,
    sid uuid NOT NULL,
    PRIMARY KEY (account_sid, mark, made_at, sid)
);
CREATE INDEX send_marks_old ON send_marks (made_at);
