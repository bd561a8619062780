-- Why: what running legs have cost so far counts towards limits, and a leg that a crash closes is charged what the monotonic clock measured, not
-- what two readings of the wall clock differ by.

-- Milliseconds of talk by the monotonic clock of its node, at `proven_at`.
ALTER TABLE calls ADD COLUMN proven_ms bigint;
-- 1 for a leg that went out, NULL for one that came in: only the first are ended for money.
ALTER TABLE calls ADD COLUMN outgoing bigint;
CREATE INDEX calls_running ON calls (account_sid, sid) WHERE open_node IS NOT NULL;

-- Why: a limit that is reached again on a day when somebody has cleared its case opens another. `round` is how many times the limit it was.
CREATE TABLE spend_cases_by_round (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    rule text NOT NULL,
    subject text NOT NULL,
    day text NOT NULL,
    round bigint NOT NULL,
    is_open bigint,
    holding bigint,
    doc text NOT NULL,
    UNIQUE (account_sid, day, rule, subject, round)
);
INSERT INTO spend_cases_by_round (sid, account_sid, version, rule, subject, day, round, is_open, holding, doc)
SELECT sid, account_sid, version, rule, subject, day, 1, is_open, holding, doc FROM spend_cases;
DROP TABLE spend_cases;
ALTER TABLE spend_cases_by_round RENAME TO spend_cases;
CREATE INDEX spend_cases_by_account ON spend_cases (account_sid, sid);
CREATE INDEX spend_cases_open ON spend_cases (account_sid, sid) WHERE is_open = 1;
CREATE INDEX spend_cases_holding ON spend_cases (account_sid) WHERE holding = 1;
