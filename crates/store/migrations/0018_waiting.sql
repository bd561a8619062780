-- What waits of each account: so that a turn of the dispatcher takes of all of them, and too many are refused.
CREATE INDEX messages_waiting ON messages (account_sid, due_at, sid) WHERE due_at IS NOT NULL AND status = 'queued';
