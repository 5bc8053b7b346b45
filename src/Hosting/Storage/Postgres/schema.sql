-- Opsen's schema on PostgreSQL, version 2. Applied at start by one process at a time; every statement may run again.

-- identity tells this database from every other, also from one of the same name elsewhere. cluster_id is the cluster whose database this is.
CREATE TABLE IF NOT EXISTS opsen_schema (
    version    integer NOT NULL,
    identity   uuid    NOT NULL,
    cluster_id text    NOT NULL
);

-- State of every grain, as JSON that people can read. state_name is the kind of state ("backend"), grain_key the grain's own key.
CREATE TABLE IF NOT EXISTS opsen_grain_state (
    service_id  text        NOT NULL,
    state_name  text        NOT NULL,
    grain_key   text        NOT NULL,
    state       json        NOT NULL,
    version     bigint      NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service_id, state_name, grain_key)
);

-- Where every session is, one row a session and tier. Times are milliseconds since 1970. id gives the order in which sessions came.
CREATE TABLE IF NOT EXISTS opsen_session (
    id             bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool           text    NOT NULL,
    sticky_id      text    NOT NULL,
    tier           text    NOT NULL,
    client_id      text    NOT NULL,
    affinity_epoch bigint  NOT NULL,
    reservation_id uuid    NOT NULL,
    gpu_ids        integer[] NOT NULL,
    created_at     bigint  NOT NULL,
    last_used      bigint  NOT NULL,
    -- When the reservation ends unless it is renewed or released.
    reserved_until bigint  NOT NULL
);

-- The host's pool, where that is not the pool that keeps the session; else empty. Since version 2.
ALTER TABLE opsen_session ADD COLUMN IF NOT EXISTS host_pool text NOT NULL DEFAULT '';

CREATE UNIQUE INDEX IF NOT EXISTS opsen_session_key ON opsen_session (sticky_id, tier, pool);
CREATE INDEX IF NOT EXISTS opsen_session_client ON opsen_session (client_id);
CREATE INDEX IF NOT EXISTS opsen_session_last_used ON opsen_session (last_used);
CREATE INDEX IF NOT EXISTS opsen_session_reserved_until ON opsen_session (reserved_until);

-- Who decides for a pool: the index that started last. Nothing is written for one of a lower epoch.
CREATE TABLE IF NOT EXISTS opsen_pool (
    pool         text   PRIMARY KEY,
    epoch        bigint NOT NULL,
    -- What the index that decided last has confirmed: the silos of which a majority must confirm it while this database is away, and the gateways that follow
    -- it.
    witnesses    text[] NOT NULL DEFAULT '{}',
    gateways     uuid[] NOT NULL DEFAULT '{}',
    -- Number of that confirmation within the epoch, so that one that was held up on its way changes nothing.
    confirmation bigint NOT NULL DEFAULT 0
);

-- What happened to reservations. ends_at is when nothing in a row can matter any more. Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS opsen_ledger (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool       text   NOT NULL,
    epoch      bigint NOT NULL,
    written_at bigint NOT NULL,
    ends_at    bigint NOT NULL,
    granted    text   NOT NULL,
    ended      text   NOT NULL
);

CREATE INDEX IF NOT EXISTS opsen_ledger_ends_at ON opsen_ledger (ends_at);

-- What hosts reported during stats_retention_hours. timestamp is the silo's clock.
CREATE TABLE IF NOT EXISTS stats (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id      text             NOT NULL,
    timestamp      timestamptz      NOT NULL,
    cpu_cores      integer          NOT NULL,
    cpu_usage_json json             NOT NULL,
    memory_total   double precision NOT NULL,
    memory_used    double precision NOT NULL,
    memory_avail   double precision NOT NULL,
    disk_total     double precision NOT NULL,
    disk_used      double precision NOT NULL,
    disk_avail     double precision NOT NULL,
    gpu_stats_json json             NOT NULL
);

CREATE INDEX IF NOT EXISTS stats_client_time ON stats (client_id, timestamp DESC);
CREATE INDEX IF NOT EXISTS stats_time ON stats (timestamp);

-- The silos of a cluster: what Orleans' membership needs. One row a cluster has the version that every change raises.
CREATE TABLE IF NOT EXISTS opsen_cluster (
    cluster_id text    PRIMARY KEY,
    version    integer NOT NULL
);

CREATE TABLE IF NOT EXISTS opsen_silo (
    cluster_id    text        NOT NULL REFERENCES opsen_cluster (cluster_id),
    address       text        NOT NULL,
    port          integer     NOT NULL,
    generation    integer     NOT NULL,
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    status        integer     NOT NULL,
    proxy_port    integer     NOT NULL,
    suspect_times text,
    start_time    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation)
);

-- Orleans looks its statements up here.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  text PRIMARY KEY,
    QueryText text NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', '
    WITH added AS (INSERT INTO opsen_cluster (cluster_id, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*) > 0 FROM added'),
('InsertMembershipKey', '
    WITH next AS (UPDATE opsen_cluster SET version = version + 1 WHERE cluster_id = @DeploymentId AND version = @Version RETURNING 1),
    added AS (
        INSERT INTO opsen_silo (cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_at)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM next
        RETURNING 1)
    SELECT count(*) > 0 FROM added'),
('UpdateMembershipKey', '
    WITH next AS (UPDATE opsen_cluster SET version = version + 1 WHERE cluster_id = @DeploymentId AND version = @Version RETURNING 1),
    changed AS (
        UPDATE opsen_silo SET status = @Status, suspect_times = @SuspectTimes, alive_at = @IAmAliveTime FROM next
        WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*) > 0 FROM changed'),
('UpdateIAmAlivetimeKey', '
    UPDATE opsen_silo SET alive_at = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('MembershipReadAllKey', '
    SELECT c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.silo_name AS "SiloName", s.host_name AS "HostName",
           s.status AS "Status", s.proxy_port AS "ProxyPort", s.suspect_times AS "SuspectTimes", s.start_time AS "StartTime", s.alive_at AS "IAmAliveTime"
    FROM opsen_cluster c LEFT JOIN opsen_silo s ON s.cluster_id = c.cluster_id
    WHERE c.cluster_id = @DeploymentId'),
('MembershipReadRowKey', '
    SELECT c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.silo_name AS "SiloName", s.host_name AS "HostName",
           s.status AS "Status", s.proxy_port AS "ProxyPort", s.suspect_times AS "SuspectTimes", s.start_time AS "StartTime", s.alive_at AS "IAmAliveTime"
    FROM opsen_cluster c LEFT JOIN opsen_silo s ON s.cluster_id = c.cluster_id AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    WHERE c.cluster_id = @DeploymentId'),
('GatewaysQueryKey', '
    SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation"
    FROM opsen_silo WHERE cluster_id = @DeploymentId AND status = @Status AND proxy_port > 0'),
('DeleteMembershipTableEntriesKey', '
    WITH silos AS (DELETE FROM opsen_silo WHERE cluster_id = @DeploymentId RETURNING 1)
    DELETE FROM opsen_cluster WHERE cluster_id = @DeploymentId'),
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM opsen_silo WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime'),
('CleanupDefunctSiloEntryKey', '
    DELETE FROM opsen_silo WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- For people: what is stored, under the names and columns that other tools know.
CREATE OR REPLACE VIEW sticky_assignments AS
SELECT sticky_id, tier, client_id, to_timestamp(created_at / 1000.0) AS created_at, to_timestamp(last_used / 1000.0) AS last_used
FROM opsen_session;

CREATE OR REPLACE VIEW clients AS
SELECT grain_key                                                             AS client_id,
       state #>> '{host,registration,hostname}'                              AS hostname,
       state #>> '{host,registration,public_ip}'                             AS public_ip,
       (state #>> '{host,registration,place,latitude}')::double precision    AS latitude,
       (state #>> '{host,registration,place,longitude}')::double precision   AS longitude,
       state #>> '{host,registration,country}'                               AS country,
       state #>> '{host,registration,city}'                                  AS city,
       (state #>> '{host,registration,total_cpu}')::double precision         AS total_cpu,
       (state #>> '{host,registration,total_memory_gb}')::double precision   AS total_memory,
       (state #>> '{host,registration,total_storage_gb}')::double precision  AS total_storage,
       (state #>> '{host,registration,total_gpus}')::integer                 AS total_gpus,
       state #>> '{host,registration,gpu_models}'                            AS gpu_models,
       state #>> '{host,registration,endpoints,0,url}'                       AS endpoint,
       state ->> 'created_at'                                                AS created_at,
       state #>> '{host,last_seen}'                                          AS last_seen
FROM opsen_grain_state
WHERE state_name = 'backend' AND state #>> '{host}' IS NOT NULL;
