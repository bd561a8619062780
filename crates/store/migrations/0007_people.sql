-- Why: people sign in to the console. Neither a password nor the secret of a session or link is here: only what they are checked against.

CREATE TABLE people (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    email text,
    link text,
    doc text NOT NULL
);
CREATE INDEX people_by_account ON people (account_sid, sid);
CREATE UNIQUE INDEX people_by_email ON people (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX people_by_link ON people (link) WHERE link IS NOT NULL;

CREATE TABLE sessions (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    person_sid uuid NOT NULL,
    digest text NOT NULL UNIQUE,
    ends_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (account_sid, person_sid, sid);
CREATE INDEX sessions_old ON sessions (ends_at);

CREATE TABLE audit_events (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX audit_events_by_account ON audit_events (account_sid, sid);
