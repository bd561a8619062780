-- Why: books are kept for ten years and then go. What the oldest postings came to is carried forward, so that balances stay the sums of
-- what is kept, and the chain goes on from the last seal that went.

-- What went up to a seal came to, by ledger account. Rows that would be nought are not there.
CREATE TABLE ledger_openings (
    account_sid uuid NOT NULL,
    ledger_account text NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (account_sid, ledger_account)
) --sqlite WITHOUT ROWID
;

-- How far they went; one row, with the id 1. `day` is the first of which sums of uses are kept.
CREATE TABLE ledger_carried (
    id bigint NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    day text NOT NULL,
    doc text NOT NULL
);

CREATE INDEX payment_events_by_intent ON payment_events (intent_sid) WHERE intent_sid IS NOT NULL;
CREATE INDEX summaries_by_account ON summaries (account_sid, sid);

-- A leg that is cut where its price changes with the hour has a charge at each price and is one use: how many began.
ALTER TABLE usage_days ADD COLUMN begun bigint NOT NULL DEFAULT 0;
UPDATE usage_days SET begun = uses;

-- Uses that came again with another content: for somebody to look at. The first other content of one is kept.
CREATE TABLE parked_events (
    source text NOT NULL,
    id text NOT NULL,
    parked_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (source, id)
);
