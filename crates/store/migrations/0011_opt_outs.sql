-- Why: people opt out of messages, each of one sender of one account; and answers to a sender that several accounts share go to the one that
-- wrote last.

CREATE TABLE opt_outs (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    recipient text NOT NULL,
    sender text NOT NULL,
    doc text NOT NULL
);
-- Asked before each message that is taken.
CREATE UNIQUE INDEX opt_outs_of_recipient ON opt_outs (account_sid, recipient, sender);
CREATE INDEX opt_outs_by_account ON opt_outs (account_sid, sid);

CREATE TABLE contacts (
    sender text NOT NULL,
    recipient text NOT NULL,
    account_sid uuid NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (sender, recipient)
) --sqlite WITHOUT ROWID
;
CREATE INDEX contacts_old ON contacts (at);
