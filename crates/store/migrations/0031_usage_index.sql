-- Why: an index that begins with the account is written to another page for each account that is charged, and its page goes whole into
-- SQLite's log. Sids of resources ascend with time, so an index that begins with them is written where it was written last.
DROP INDEX usage_by_resource;
CREATE INDEX usage_by_resource ON usage_events (resource, source, id);
