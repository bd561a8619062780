-- Why: whoever looks for the fault of a call wants to see what was said over SIP. A row is one leg on the wire; it is read with the call's
-- timeline and dropped when its time is up. `content` is compressed: only people read it, one call at a time.

CREATE TABLE ladders (
    id uuid NOT NULL PRIMARY KEY,
    account_sid uuid NOT NULL,
    call_sid uuid NOT NULL,
    root_call_sid uuid NOT NULL,
    expires_at bigint NOT NULL,
    content bytea NOT NULL
);
CREATE INDEX ladders_by_call ON ladders (call_sid, id);
CREATE INDEX ladders_by_root ON ladders (root_call_sid, id);
CREATE INDEX ladders_old ON ladders (expires_at);
