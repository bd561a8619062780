-- Why: prompts that were recorded have a place of their own, from which calls and flows play them by name. `content` is sealed under the account's
-- key; it stands last, so that a list does not read it.
CREATE TABLE sounds (
    account_sid uuid NOT NULL,
    name text NOT NULL,
    doc text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (account_sid, name)
);
