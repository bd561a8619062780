-- Why: texts of recordings are kept and found again. They are sealed in the documents under their account's key.

-- `due_at`: when one in progress has failed, or when a finished one is deleted.
CREATE TABLE transcriptions (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    recording_sid uuid NOT NULL,
    due_at bigint,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX transcriptions_by_account ON transcriptions (account_sid, sid);
CREATE INDEX transcriptions_by_recording ON transcriptions (account_sid, recording_sid, sid);
CREATE INDEX transcriptions_by_time ON transcriptions (account_sid, created_at);
CREATE INDEX transcriptions_due ON transcriptions (due_at, sid) WHERE due_at IS NOT NULL;
