-- Why: several nodes share the carriers, and whoever looks at one of them sees how the trunks stand at all.

CREATE TABLE trunk_reports (
    node text NOT NULL,
    trunk text NOT NULL,
    seen_at bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (node, trunk)
);
CREATE INDEX trunk_reports_by_time ON trunk_reports (seen_at, node, trunk);
