-- Opsen's schema on SQLite, version 4. Applied at every start; every statement may run again.

-- State of every grain, as JSON that people can read. state_name is the kind of state ("backend"), grain_key the grain's own key.
CREATE TABLE IF NOT EXISTS opsen_grain_state (
    service_id  TEXT    NOT NULL,
    state_name  TEXT    NOT NULL,
    grain_key   TEXT    NOT NULL,
    state       TEXT,
    version     INTEGER NOT NULL,
    modified_at TEXT    NOT NULL,
    PRIMARY KEY (service_id, state_name, grain_key)
);

-- Where every session is, one row a session and tier. Times are milliseconds since 1970. Rows are in the order in which sessions came, so that only one index
-- is written to at random places.
CREATE TABLE IF NOT EXISTS opsen_session (
    id             INTEGER PRIMARY KEY,
    pool           TEXT    NOT NULL,
    sticky_id      TEXT    NOT NULL,
    tier           TEXT    NOT NULL,
    client_id      TEXT    NOT NULL,
    affinity_epoch INTEGER NOT NULL,
    reservation_id TEXT    NOT NULL,
    gpu_ids        TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    last_used      INTEGER NOT NULL,
    -- When the reservation ends unless it is renewed or released.
    reserved_until INTEGER NOT NULL DEFAULT 0,
    -- The host's pool, where that is not the pool that keeps the session; else empty.
    host_pool      TEXT    NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_sticky_id ON opsen_session (sticky_id, tier, pool);
CREATE INDEX IF NOT EXISTS idx_sticky_client ON opsen_session (client_id);
CREATE INDEX IF NOT EXISTS idx_sticky_last_used ON opsen_session (last_used);
CREATE INDEX IF NOT EXISTS idx_sticky_reserved_until ON opsen_session (reserved_until);

-- Who decides for a pool: the index that started last. Nothing is written for one of a lower epoch.
CREATE TABLE IF NOT EXISTS opsen_pool (
    pool  TEXT    PRIMARY KEY,
    epoch INTEGER NOT NULL
);

-- What the last start found in its configuration.
CREATE TABLE IF NOT EXISTS opsen_setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- What happened to reservations, in the order in which it was written. ends_at is when nothing in a row can matter any more. Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS opsen_ledger (
    id         INTEGER PRIMARY KEY,
    pool       TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    granted    TEXT    NOT NULL,
    ended      TEXT    NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_opsen_ledger_ends_at ON opsen_ledger (ends_at);

-- What hosts reported during stats_retention_hours, in the order in which it came. timestamp is the silo's clock.
CREATE TABLE IF NOT EXISTS stats (
    id             INTEGER PRIMARY KEY,
    client_id      TEXT    NOT NULL,
    timestamp      TEXT    NOT NULL,
    cpu_cores      INTEGER NOT NULL,
    cpu_usage_json TEXT    NOT NULL,
    memory_total   REAL    NOT NULL,
    memory_used    REAL    NOT NULL,
    memory_avail   REAL    NOT NULL,
    disk_total     REAL    NOT NULL,
    disk_used      REAL    NOT NULL,
    disk_avail     REAL    NOT NULL,
    gpu_stats_json TEXT    NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_stats_client_time ON stats (client_id, timestamp DESC);

-- Without rows that are damaged, which no index could have. Made anew, because an earlier version had them.
DROP INDEX IF EXISTS idx_clients_last_seen;
CREATE INDEX idx_clients_last_seen ON opsen_grain_state (state ->> '$.host.last_seen') WHERE state_name = 'backend' AND json_valid(state);

-- For people: what is stored, under the names and columns that other tools know.
DROP VIEW IF EXISTS sticky_assignments;
CREATE VIEW sticky_assignments AS
SELECT sticky_id, tier, client_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', last_used / 1000.0, 'unixepoch') AS last_used
FROM opsen_session;

DROP VIEW IF EXISTS clients;
CREATE VIEW clients AS
SELECT grain_key                                              AS client_id,
       state ->> '$.host.registration.hostname'               AS hostname,
       state ->> '$.host.registration.public_ip'              AS public_ip,
       state ->> '$.host.registration.place.latitude'         AS latitude,
       state ->> '$.host.registration.place.longitude'        AS longitude,
       state ->> '$.host.registration.country'                AS country,
       state ->> '$.host.registration.city'                   AS city,
       state ->> '$.host.registration.total_cpu'              AS total_cpu,
       state ->> '$.host.registration.total_memory_gb'        AS total_memory,
       state ->> '$.host.registration.total_storage_gb'       AS total_storage,
       state ->> '$.host.registration.total_gpus'             AS total_gpus,
       state ->> '$.host.registration.gpu_models'             AS gpu_models,
       state ->> '$.host.registration.endpoints[0].url'       AS endpoint,
       state ->> '$.created_at'                               AS created_at,
       state ->> '$.host.last_seen'                           AS last_seen
FROM opsen_grain_state
WHERE state_name = 'backend' AND json_valid(state) AND state ->> '$.host' IS NOT NULL;

PRAGMA user_version = 4;
