-- Why: terms change for all contracts, each customer is told, and what brought a notice of terms or prices is kept as its proof.

-- `due_at` is when a process has to look at it; NULL once everybody was told.
CREATE TABLE terms_changes (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    due_at bigint,
    doc text NOT NULL
);
CREATE INDEX terms_changes_due ON terms_changes (due_at, sid) WHERE due_at IS NOT NULL;

CREATE TABLE terms_notices (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX terms_notices_by_account ON terms_notices (account_sid, sid);

-- Sids begin with the time of the notice, so those of a time lie together.
CREATE TABLE notice_letters (
    notice_sid uuid NOT NULL,
    number bigint NOT NULL,
    account_sid uuid NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (notice_sid, number)
);
CREATE INDEX notice_letters_by_account ON notice_letters (account_sid);
