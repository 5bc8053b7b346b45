-- From versions 2 and 3 to version 4, what must be done before schema.sql: a new column.
ALTER TABLE opsen_session ADD COLUMN host_pool TEXT NOT NULL DEFAULT '';
