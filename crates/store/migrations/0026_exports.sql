-- Why: whoever asks gets an archive of all that is kept of an account. It is made in the background, and its record says how far it is.

-- `due_at` is when a process has to look at it: to make it, to take it over, to delete it; NULL once it is over.
CREATE TABLE exports (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL
);
CREATE INDEX exports_by_account ON exports (account_sid, sid);
CREATE INDEX exports_due ON exports (due_at, sid) WHERE due_at IS NOT NULL;
