-- Why: prepaid accounts and credit limits. What may be spent is decided by one row, because calls that start at the same moment must not
-- spend the same euro.

-- `owed` follows from `balances` (it moves in the transaction of each posting); `granted` is the sum of the account's rows in `grants`.
CREATE TABLE credits (
    account_sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    credit_limit bigint NOT NULL,
    owed bigint NOT NULL,
    granted bigint NOT NULL,
    doc text NOT NULL
);

CREATE TABLE grants (
    id text NOT NULL PRIMARY KEY,
    payer uuid NOT NULL,
    amount bigint NOT NULL,
    made_at bigint NOT NULL
);
CREATE INDEX grants_by_payer ON grants (payer, amount);

-- Whose credit an account draws on is asked from below.
CREATE INDEX account_tree_up ON account_tree (descendant, ancestor);

-- Grants that nobody came back for are found by their age.
CREATE INDEX grants_by_age ON grants (made_at);
