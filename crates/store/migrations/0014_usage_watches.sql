-- Why: customers are told, and may be stopped, when what they use passes a value they have set. Usage marks the accounts that have set
-- one, in its own transaction, so that nobody has to go through all accounts.

-- Of accounts that have a trigger or threshold, or had one. `moved` counts usage of the account and of those below it; `seen` is the
-- count that was looked at last.
CREATE TABLE usage_watches (
    account_sid uuid NOT NULL PRIMARY KEY,
    moved bigint NOT NULL,
    seen bigint NOT NULL
);
CREATE INDEX usage_watches_due ON usage_watches (account_sid) WHERE moved <> seen;

CREATE TABLE usage_triggers (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    category text NOT NULL,
    trigger_by text NOT NULL,
    recurring text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX usage_triggers_by_account ON usage_triggers (account_sid, sid);

-- `blocks` and `cuts` are the month in which it does, NULL where it does not.
CREATE TABLE thresholds (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    blocks text,
    cuts text,
    doc text NOT NULL
);
CREATE INDEX thresholds_by_account ON thresholds (account_sid, sid);
CREATE INDEX thresholds_cutting ON thresholds (cuts, account_sid) WHERE cuts IS NOT NULL;
