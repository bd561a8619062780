-- Why: applications that mask numbers, their pools, contexts, participants and interactions differ in their documents alone; what has to be
-- unique (a name in an account, a number in all pools, a caller and the mask he calls) is a key.

CREATE TABLE masking_records (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    kind bigint NOT NULL,
    parent uuid NOT NULL,
    subject text,
    unique_key text,
    doc text NOT NULL
);
CREATE UNIQUE INDEX masking_records_key ON masking_records (unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX masking_records_by_account ON masking_records (account_sid, kind, sid);
CREATE INDEX masking_records_by_parent ON masking_records (parent, kind, sid);
CREATE INDEX masking_records_by_subject ON masking_records (account_sid, subject) WHERE subject IS NOT NULL;
