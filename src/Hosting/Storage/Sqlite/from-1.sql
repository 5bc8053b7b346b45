-- From version 1, where a session was a JSON row of opsen_grain_state, to version 2. Runs after schema.sql, in the same transaction.
INSERT OR IGNORE INTO opsen_session (pool, sticky_id, tier, client_id, affinity_epoch, reservation_id, gpu_ids, created_at, last_used)
SELECT substr(grain_key, 1, instr(grain_key, '/') - 1),
       substr(grain_key, instr(grain_key, '/') + 1),
       assignment.key,
       assignment.value ->> '$.client_id',
       0,
       replace(assignment.value ->> '$.reservation_id', '-', ''),
       coalesce(assignment.value -> '$.gpu_ids', '[]'),
       CAST(round(unixepoch(assignment.value ->> '$.created_at', 'subsec') * 1000) AS INTEGER),
       CAST(round(unixepoch(assignment.value ->> '$.last_used', 'subsec') * 1000) AS INTEGER)
FROM opsen_grain_state, json_each(state, '$.assignments') AS assignment
WHERE state_name = 'session';

DELETE FROM opsen_grain_state WHERE state_name = 'session';
DROP INDEX IF EXISTS idx_opsen_grain_state_modified;
DROP TABLE IF EXISTS OrleansQuery;
