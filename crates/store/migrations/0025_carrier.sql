-- Why: customers' programs that bind over SMPP are made over REST and take effect at once; names that accounts want to send from are kept with
-- what was decided about them.

-- `receiver_of` is the account whose messages the program receives; NULL where it receives none.
CREATE TABLE smpp_users (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    system_id text NOT NULL,
    receiver_of uuid,
    doc text NOT NULL
);
CREATE INDEX smpp_users_by_account ON smpp_users (account_sid, sid);
CREATE UNIQUE INDEX smpp_users_by_name ON smpp_users (system_id);
CREATE UNIQUE INDEX smpp_users_receivers ON smpp_users (receiver_of) WHERE receiver_of IS NOT NULL;

-- `name` is without regard to case. `held` is the same where the name is approved: one account holds it.
CREATE TABLE sender_names (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    held text,
    doc text NOT NULL
);
CREATE UNIQUE INDEX sender_names_by_account ON sender_names (account_sid, name);
CREATE INDEX sender_names_by_sid ON sender_names (account_sid, sid);
CREATE UNIQUE INDEX sender_names_held ON sender_names (held) WHERE held IS NOT NULL;
