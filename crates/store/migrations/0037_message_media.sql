-- Why: messages carry pictures and files, which are kept with them. `content` is sealed under the account's key; it stands last, so that reading
-- the facts does not read it. `link` is the secret part of the address at which a recipient whose carrier takes no media sees it.
CREATE TABLE message_media (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    message_sid uuid NOT NULL,
    created_at bigint NOT NULL,
    link text NOT NULL,
    doc text NOT NULL,
    content bytea NOT NULL
);
CREATE INDEX message_media_by_message ON message_media (message_sid, sid);
CREATE INDEX message_media_by_account ON message_media (account_sid, sid);
CREATE UNIQUE INDEX message_media_by_link ON message_media (link);

-- Factors of which nobody has shown a code go after a while. Those from before this are not known by their age, and stay.
ALTER TABLE verify_factors ADD COLUMN unverified_since bigint;
CREATE INDEX verify_factors_unverified ON verify_factors (unverified_since) WHERE unverified_since IS NOT NULL;
