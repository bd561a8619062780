-- Why: a message to the sender that all accounts share finds its account by the word it begins with.

-- `word` is one account's in the whole installation.
CREATE TABLE keywords (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    word text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX keywords_by_account ON keywords (account_sid, sid);
CREATE UNIQUE INDEX keywords_by_word ON keywords (word);
