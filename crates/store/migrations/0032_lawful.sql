-- Why: an authority asks who was behind a number, a call or a message, and has to be answered within a day. Nobody asked such a question
-- across accounts before, so a number is found by two indexes of its own; a call or message is by its key.

-- `due_at` is NULL once somebody has decided, and `decided_at` before.
CREATE TABLE lawful_requests (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    due_at bigint,
    decided_at bigint,
    doc text NOT NULL
);
CREATE INDEX lawful_requests_by_account ON lawful_requests (account_sid, sid);
CREATE INDEX lawful_requests_due ON lawful_requests (due_at, sid) WHERE due_at IS NOT NULL;
CREATE INDEX lawful_requests_decided ON lawful_requests (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX holdings_by_subject ON holdings (subject, held_from);
CREATE INDEX caller_ids_by_number ON caller_ids (number, sid);
