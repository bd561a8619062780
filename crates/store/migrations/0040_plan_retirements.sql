-- Why: a plan version with an error is withdrawn from sale at once; the version itself never changes, so that this is a row of its own.
CREATE TABLE plan_retirements (
    id text NOT NULL,
    version bigint NOT NULL,
    doc text NOT NULL,
    PRIMARY KEY (id, version)
);
