-- Why: an account that is held for what looks like fraud must not go on paying for the calls it has running.

-- 1 while nobody has looked at a case that stopped its account, NULL otherwise. Cases of before only stop what begins.
ALTER TABLE spend_cases ADD COLUMN holding bigint;
CREATE INDEX spend_cases_holding ON spend_cases (account_sid) WHERE holding = 1;
