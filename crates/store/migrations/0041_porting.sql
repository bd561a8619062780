-- Why: a number moves between operators on a day that both agree on; until then the request is a row of its own, and the number stays where
-- it is. A number that is asked away does not become free meanwhile.

CREATE TABLE porting_requests (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    number text NOT NULL,
    is_open bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX porting_requests_by_account ON porting_requests (account_sid, sid);
-- Something is still to come of it: one at a time.
CREATE UNIQUE INDEX porting_requests_open ON porting_requests (number) WHERE is_open = 1;
CREATE INDEX porting_requests_waiting ON porting_requests (sid) WHERE is_open = 1;

-- Whoever looks at a number has a quarter of an hour to take it.
ALTER TABLE stock ADD COLUMN held_by uuid;
ALTER TABLE stock ADD COLUMN held_until bigint;
