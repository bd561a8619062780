-- Why: e-mail goes out through a queue that commits with what asks for it. Texts are sealed in the documents, and dropped once they left.

-- `due_at` is NULL once the e-mail is over.
CREATE TABLE emails (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX emails_by_account ON emails (account_sid, sid);
CREATE INDEX emails_by_time ON emails (account_sid, created_at);
CREATE INDEX emails_due ON emails (due_at, sid) WHERE due_at IS NOT NULL;
