-- Why: how many callers gave up, and how fast the others were served, cannot be told from calls that are over without reading them all.

CREATE TABLE queue_days (
    account_sid uuid NOT NULL,
    day text NOT NULL,
    queue text NOT NULL,
    entered bigint NOT NULL,
    served bigint NOT NULL,
    in_time bigint NOT NULL,
    abandoned bigint NOT NULL,
    waited_s bigint NOT NULL,
    PRIMARY KEY (account_sid, day, queue)
);
