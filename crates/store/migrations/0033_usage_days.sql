-- Why: an index over every use that begins with its account is written to another page for each account that is charged, and that page goes
-- whole into SQLite's log: two of them were half of what a booked charge costs. And sums were made from all uses of a span each time they
-- were asked for. Now they are kept: a row per account, day and what was used. Rows of today lie side by side, whoever used what.
CREATE TABLE usage_days (
    day text NOT NULL,
    account_sid uuid NOT NULL,
    kind text NOT NULL,
    item text NOT NULL,
    class text NOT NULL,
    month text NOT NULL,
    plan text NOT NULL,
    charged bigint NOT NULL,
    shard bigint NOT NULL,
    uses bigint NOT NULL,
    billed bigint NOT NULL,
    minutes bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (day, account_sid, kind, item, class, month, plan, charged, shard)
) --sqlite WITHOUT ROWID
;
-- Only written when a row is new: what is added to does not move in it.
CREATE INDEX usage_days_by_account ON usage_days (account_sid, day);

INSERT INTO usage_days (day, account_sid, kind, item, class, month, plan, charged, shard, uses, billed, minutes, amount)
SELECT u.day, u.account_sid, u.kind, u.item, u.class, coalesce(u.month, ''), coalesce(u.plan, ''), CASE WHEN u.amount <> 0 THEN 1 ELSE 0 END, 0,
    count(*), sum(u.billed), sum(u.minutes), sum(u.amount)
FROM usage_events u
GROUP BY u.day, u.account_sid, u.kind, u.item, u.class, coalesce(u.month, ''), coalesce(u.plan, ''), CASE WHEN u.amount <> 0 THEN 1 ELSE 0 END;

DROP INDEX usage_sums;
DROP INDEX usage_by_account;
CREATE INDEX usage_by_account ON usage_events (account_sid, day, source, id);
