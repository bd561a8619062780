-- Why: what happens in a queue must reach the flows that wait for it, also where the process ends before it has told them.

-- Written with what happened, gone with the executions that it began.
CREATE TABLE flow_cues (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
