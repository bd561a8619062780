-- Why: three callbacks are told of each message. Their sids begin with their milliseconds, so the old ones are found by their sid, and an
-- index over their age is one row more to write for each.
DROP INDEX callbacks_by_age;
