-- Opsen's schema on SQLite, version 1. Applied at every start; every statement may run again.

-- State of every grain, as JSON that people can read. state_name is the kind of state ("backend", "session", ...), grain_key the grain's own key.
CREATE TABLE IF NOT EXISTS opsen_grain_state (
    service_id  TEXT    NOT NULL,
    state_name  TEXT    NOT NULL,
    grain_key   TEXT    NOT NULL,
    state       TEXT,
    version     INTEGER NOT NULL,
    modified_at TEXT    NOT NULL,
    PRIMARY KEY (service_id, state_name, grain_key)
);

CREATE INDEX IF NOT EXISTS idx_opsen_grain_state_modified ON opsen_grain_state (state_name, modified_at);

-- The table from which Orleans' ADO.NET provider reads its statements; its name and columns are the provider's contract.
-- Keys come with a mark in front (VerbatimKeyStorage), which substr takes off.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
SELECT CAST(state AS BLOB) AS PayloadBinary, version AS Version
FROM opsen_grain_state
WHERE service_id = @ServiceId AND state_name = @GrainTypeString AND grain_key = substr(@GrainIdExtensionString, 2)'),

-- One statement, so one implicit transaction: a failure can leave none open on a pooled connection. No row comes back when the version is another one.
('WriteToStorageKey', '
INSERT INTO opsen_grain_state (service_id, state_name, grain_key, state, version, modified_at)
SELECT @ServiceId, @GrainTypeString, substr(@GrainIdExtensionString, 2), CAST(@PayloadBinary AS TEXT), 1, strftime(''%Y-%m-%dT%H:%M:%fZ'', ''now'')
WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM opsen_grain_state
    WHERE service_id = @ServiceId AND state_name = @GrainTypeString AND grain_key = substr(@GrainIdExtensionString, 2))
ON CONFLICT (service_id, state_name, grain_key) DO UPDATE
SET state = excluded.state, version = version + 1, modified_at = excluded.modified_at
WHERE version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion'),

('ClearStorageKey', '
DELETE FROM opsen_grain_state
WHERE service_id = @ServiceId AND state_name = @GrainTypeString AND grain_key = substr(@GrainIdExtensionString, 2) AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion'),

('DeleteStorageKey', '
DELETE FROM opsen_grain_state
WHERE service_id = @ServiceId AND state_name = @GrainTypeString AND grain_key = substr(@GrainIdExtensionString, 2) AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

PRAGMA user_version = 1;
