-- Why: what the guard against artificial traffic decided can be looked up, and a refusal can be taken back.

CREATE TABLE guard_decisions (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    scope text NOT NULL,
    destination text NOT NULL,
    refused bigint NOT NULL,
    rule text,
    case_sid uuid,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX guard_decisions_by_account ON guard_decisions (account_sid, sid);
CREATE INDEX guard_decisions_refused ON guard_decisions (account_sid, destination, created_at) WHERE refused = 1;
CREATE INDEX guard_decisions_old ON guard_decisions (created_at);

-- `open` is NULL once it is released: of one subject there is one open case.
CREATE TABLE guard_cases (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    rule text NOT NULL,
    subject text NOT NULL,
    open bigint,
    doc text NOT NULL
);
CREATE INDEX guard_cases_by_account ON guard_cases (account_sid, sid);
CREATE INDEX guard_cases_by_subject ON guard_cases (account_sid, rule, subject, sid);
CREATE UNIQUE INDEX guard_cases_open ON guard_cases (account_sid, rule, subject) WHERE open IS NOT NULL;
