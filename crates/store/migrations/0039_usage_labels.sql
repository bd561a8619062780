-- Why: costs are shared out by application, number, API key and tag. As usage_days: kept sums, a row per account, day, label and what was used.
CREATE TABLE usage_labels (
    day text NOT NULL,
    account_sid uuid NOT NULL,
    label text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    item text NOT NULL,
    class text NOT NULL,
    shard bigint NOT NULL,
    uses bigint NOT NULL,
    billed bigint NOT NULL,
    minutes bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (day, account_sid, label, value, kind, item, class, shard)
) --sqlite WITHOUT ROWID
;
-- Only written when a row is new: what is added to does not move in it.
CREATE INDEX usage_labels_by_account ON usage_labels (account_sid, label, day);
