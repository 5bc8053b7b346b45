-- From versions 1 and 2, where reservations were JSON rows of opsen_grain_state, to version 3. Runs after schema.sql, in the same transaction.
-- They are kept for as long as the longest reservation lives.
INSERT INTO opsen_ledger (pool, epoch, written_at, ends_at, granted, ended)
SELECT substr(grain_key, 1, instr(grain_key, '/') - 1),
       0,
       CAST(unixepoch(modified_at, 'subsec') * 1000 AS INTEGER),
       CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) + 86400000,
       coalesce(state -> '$.granted', '[]'),
       coalesce(state -> '$.ended', '[]')
FROM opsen_grain_state
WHERE state_name = 'ledger';

-- The lists of hosts repeated what the hosts' own rows say.
DELETE FROM opsen_grain_state WHERE state_name IN ('ledger', 'hosts');
