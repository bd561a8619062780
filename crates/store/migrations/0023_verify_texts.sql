-- Why: texts of a customer's own around one-time codes, and numbers that the guard against artificial traffic lets through.

CREATE TABLE verify_templates (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    friendly_name text NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verify_templates_by_account ON verify_templates (account_sid, sid);

CREATE TABLE safe_numbers (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    number text NOT NULL,
    doc text NOT NULL,
    UNIQUE (account_sid, number)
);
