-- From version 2 to version 3, what must be done before schema.sql: a new column.
ALTER TABLE opsen_session ADD COLUMN reserved_until INTEGER NOT NULL DEFAULT 0;
