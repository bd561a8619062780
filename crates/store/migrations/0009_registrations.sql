-- Why: phones that registered are reached again after a restart, without registering anew. When a registration ends is not kept: refreshes
-- would move it once a minute per phone. The node says when it last ran, and each contact how long it lives without a refresh.

CREATE TABLE sip_bindings (
    node text NOT NULL,
    account_sid uuid NOT NULL,
    address text NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (node, account_sid, address)
);

CREATE TABLE registrars (
    node text NOT NULL PRIMARY KEY,
    seen_at bigint NOT NULL
);
