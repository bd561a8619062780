-- Why: every plan version that was ever sold by, and who pays for an account. A plan version is written once and never changed.

CREATE TABLE plans (
    id text NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE TABLE customers (
    account_sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    doc text NOT NULL
);
