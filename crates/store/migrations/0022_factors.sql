-- Why: apps that make codes, in the hands of customers' end users. Documents of factors hold sealed secrets.

CREATE TABLE verify_entities (
    sid uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    service_sid uuid NOT NULL,
    identity text NOT NULL,
    doc text NOT NULL,
    UNIQUE (account_sid, service_sid, identity)
);
CREATE INDEX verify_entities_by_service ON verify_entities (account_sid, service_sid, sid);

CREATE TABLE verify_factors (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    service_sid uuid NOT NULL,
    entity_sid uuid NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verify_factors_by_entity ON verify_factors (account_sid, entity_sid, sid);
CREATE INDEX verify_factors_by_service ON verify_factors (account_sid, service_sid);

-- `status` is as written down: what is pending behind `expires_at` has expired.
CREATE TABLE verify_challenges (
    sid uuid NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    account_sid uuid NOT NULL,
    service_sid uuid NOT NULL,
    entity_sid uuid NOT NULL,
    factor_sid uuid NOT NULL,
    status text NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    doc text NOT NULL
);
CREATE INDEX verify_challenges_by_entity ON verify_challenges (account_sid, entity_sid, sid);
CREATE INDEX verify_challenges_by_service ON verify_challenges (account_sid, service_sid);
CREATE INDEX verify_challenges_old ON verify_challenges (created_at);
