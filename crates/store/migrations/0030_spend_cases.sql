-- Why: an operator is told of accounts that spend in a way that looks like fraud, and a person looks at each.

-- One case of a rule, for one thing, in one UTC day. `is_open` is 1 while nobody has looked at it, NULL afterwards.
CREATE TABLE spend_cases (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    rule text NOT NULL,
    subject text NOT NULL,
    day text NOT NULL,
    is_open bigint,
    doc text NOT NULL,
    UNIQUE (account_sid, day, rule, subject)
);
CREATE INDEX spend_cases_by_account ON spend_cases (account_sid, sid);
CREATE INDEX spend_cases_open ON spend_cases (account_sid, sid) WHERE is_open = 1;
