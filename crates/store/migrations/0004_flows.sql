-- Why: applications can be drawn; their revisions are frozen, and an execution outlives the process that runs it.

CREATE TABLE flows (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL
);
CREATE INDEX flows_by_account ON flows (account_sid, sid);
CREATE INDEX flows_due ON flows (due_at, sid) WHERE due_at IS NOT NULL;

CREATE TABLE flow_revisions (
    flow_sid uuid NOT NULL,
    revision bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (flow_sid, revision)
);

-- `active` is NULL once it is over. `reply_to` is the number at which it waits for a message of `contact`.
CREATE TABLE flow_executions (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    flow_sid uuid NOT NULL,
    active bigint,
    due_at bigint,
    call_sid uuid,
    reply_to text,
    contact text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX flow_executions_by_flow ON flow_executions (account_sid, flow_sid, sid);
CREATE INDEX flow_executions_due ON flow_executions (due_at, sid) WHERE due_at IS NOT NULL;
CREATE INDEX flow_executions_by_call ON flow_executions (account_sid, call_sid) WHERE call_sid IS NOT NULL;
CREATE INDEX flow_executions_awaiting ON flow_executions (account_sid, reply_to, contact, sid) WHERE reply_to IS NOT NULL;

CREATE TABLE flow_steps (
    execution_sid uuid NOT NULL,
    sequence bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (execution_sid, sequence)
);

CREATE TABLE flow_values (
    account_sid uuid NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (account_sid, name)
);
