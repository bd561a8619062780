-- Why: what was offered and accepted, and which plan version prices what from when on. Summaries, acceptances, pins and notices are
-- written once and never changed. A number that was released is not for rent at once.

-- `open_account` is NULL once it is over: an account has one contract that is not. `ends_at` is there while it is closing.
CREATE TABLE subscriptions (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    open_account uuid,
    ends_at bigint,
    doc text NOT NULL
);
CREATE INDEX subscriptions_by_account ON subscriptions (account_sid, sid);
CREATE UNIQUE INDEX subscriptions_open ON subscriptions (open_account) WHERE open_account IS NOT NULL;
CREATE INDEX subscriptions_ending ON subscriptions (ends_at, sid) WHERE ends_at IS NOT NULL;

CREATE TABLE summaries (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);

CREATE TABLE acceptances (
    subscription_sid uuid NOT NULL,
    accepted_at bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (subscription_sid, accepted_at)
);

CREATE TABLE pins (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX pins_by_account ON pins (account_sid, sid);

CREATE TABLE price_notices (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX price_notices_by_account ON price_notices (account_sid, sid);

-- Until then a released number stays `rented_by` its last rent.
ALTER TABLE stock ADD COLUMN quarantined_until bigint;
CREATE INDEX stock_quarantined ON stock (quarantined_until) WHERE quarantined_until IS NOT NULL;
