-- Why: events of a queue find the flows they start, executions are listed over all flows, and flows count things by day.
ALTER TABLE flows ADD COLUMN queue text;
CREATE INDEX flows_by_queue ON flows (account_sid, queue, sid) WHERE queue IS NOT NULL;
CREATE INDEX flow_executions_by_account ON flow_executions (account_sid, sid);

CREATE TABLE flow_metrics (
    account_sid uuid NOT NULL,
    day text NOT NULL,
    name text NOT NULL,
    uses bigint NOT NULL,
    total bigint NOT NULL,
    PRIMARY KEY (account_sid, day, name)
);
