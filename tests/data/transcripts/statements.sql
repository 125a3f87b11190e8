
--- 0234a8d0
UPDATE media_generation_id_backfill_runs SET state=%(state)s::VARCHAR, finished_at=%(finished_at)s::VARCHAR WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR

--- 03963d95
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_1)s::VARCHAR AS text), CAST(%(param_2)s::VARCHAR AS text)), (CAST(%(param_3)s::VARCHAR AS text), CAST(%(param_4)s::VARCHAR AS text)), (CAST(%(param_5)s::VARCHAR AS text), CAST(%(param_6)s::VARCHAR AS text))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 03ddb2cd
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text 
FROM veo3_video_generations 
WHERE id = CAST(%(param_1)s::VARCHAR AS text) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 0775cbdb
SELECT CAST(split_part(substr(CAST(veo3_video_generations.ctid AS TEXT), %(substr_1)s::INTEGER), %(split_part_1)s::VARCHAR, %(split_part_2)s::INTEGER) AS INTEGER) AS block, count(*) AS count_1 
FROM veo3_video_generations 
WHERE veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) GROUP BY CAST(split_part(substr(CAST(veo3_video_generations.ctid AS TEXT), %(substr_1)s::INTEGER), %(split_part_1)s::VARCHAR, %(split_part_2)s::INTEGER) AS INTEGER) ORDER BY block

--- 08454a9d
SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_1)s::VARCHAR AS relation, public.veo3_video_generations.id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) <= %(param_2)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_3)s::INTEGER END AS anon_1, NULL AS anon_2, public.veo3_video_generations.operation_name, public.veo3_video_generations.scene_id, CASE WHEN (octet_length(public.veo3_video_generations.raw_response) <= %(octet_length_1)s::INTEGER) THEN public.veo3_video_generations.raw_response END AS anon_3, octet_length(public.veo3_video_generations.raw_response) AS octet_length_2, hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_4)s::VARCHAR) || %(param_4)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_5)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, CAST(public.veo3_video_generations.id AS TEXT) AS key_0 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER

--- 08c4ac0e
SELECT DISTINCT lower(c.name) FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c
WHERE i.origin = 'u' AND lower(c.name) IN (?) AND EXISTS (
    SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE
        AND instr(replace(replace(replace(upper(sql), char(9), ''), char(10), ''), ' ', ''), 'ONCONFLICT') > 0
)

--- 0960bbb5
SELECT count(*) AS count_1 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 0b7819ea
INSERT INTO media_generation_id_backfill_failures (backfill, row_digest, row_name, generation_id, reason, detail, body_digest, extractor_version, run_id, sweep, first_seen_at, last_seen_at, known_since_run, accepted_at, accepted_by, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

--- 0dc091d7
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? ORDER BY media_generation_id_backfill_failures.row_name
 LIMIT ? OFFSET ?

--- 0e622b8c
RELEASE SAVEPOINT sa_savepoint_13

--- 0ea439a4
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CASE WHEN isfinite(updated_at) THEN (to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s) || %(param_1)s::VARCHAR ELSE to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s END AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_2)s::VARCHAR AS text), CAST(%(param_3)s::VARCHAR AS timestamp with time zone)), (CAST(%(param_4)s::VARCHAR AS text), CAST(%(param_5)s::VARCHAR AS timestamp with time zone))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 0f875dee
PRAGMA database_list

--- 0ff21c38
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(touched)s::VARCHAR FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.veo3_video_generations.id = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.veo3_video_generations.ctid AS TEXT) AS ctid

--- 129ac249
ROLLBACK TO SAVEPOINT sa_savepoint_7

--- 1439ba40
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE rowid IN (?, ?, ?) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- 1942522b
SELECT lower(name) FROM pragma_table_xinfo(?)
WHERE hidden IN (2, 3) AND lower(name) IN (?) ORDER BY 1

--- 1ce6277c
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, id, seed 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1) AND (id, seed) > (?, ?) ORDER BY id, seed
 LIMIT ? OFFSET ?

--- 1e7a155a
UPDATE media_generation_id_backfill_runs SET cursor=?, sweep=?, sweep_filled=?, found=?, synced=?, skipped=?, failed=?, reasons=?, batches=?, seconds=?, max_batch_seconds=?, p99_batch_seconds=?, batch_seconds=?, progress_at=?, waiting_for=?, waiting_since=? WHERE media_generation_id_backfill_runs.id = ? AND media_generation_id_backfill_runs.state = ? RETURNING orders

--- 2059a58d
SELECT (SELECT min(rowid) AS min_1 
FROM veo3_video_generations) AS anon_1, (SELECT max(rowid) AS max_1 
FROM veo3_video_generations) AS anon_2

--- 20756006
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

--- 21b2669c
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_name > %(row_name_1)s::VARCHAR ORDER BY media_generation_id_backfill_failures.row_name 
 LIMIT %(param_1)s::INTEGER

--- 227e07e8
RELEASE SAVEPOINT sa_savepoint_15

--- 2339bfc1
ROLLBACK TO SAVEPOINT sa_savepoint_3

--- 23b32a9f
DELETE FROM veo3_video_generations WHERE seed = 10

--- 2560477b
SET LOCAL extra_float_digits = '1'; SET LOCAL enable_hashjoin = 'off'; SET LOCAL enable_mergejoin = 'off'; SET LOCAL enable_seqscan = 'off'; SET LOCAL synchronous_commit = 'off'; SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'

--- 257d02e6
RELEASE SAVEPOINT sa_savepoint_5

--- 25faf257
SELECT found.number 
FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT), public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid = CAST(found.place AS tid) AND public.veo3_video_generations.xmin = found.writer AND hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 25fd3c4e
RELEASE SAVEPOINT sa_savepoint_6

--- 27ce7fbe
SAVEPOINT sa_savepoint_11

--- 2889875f
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, id, seed 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1) ORDER BY id, seed
 LIMIT ? OFFSET ?

--- 28f139b0
UPDATE public.users SET domain=found.found_id FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 integer, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.users.id = found.key_0 AND public.users.xmin = found.writer AND hashtextextended(public.users.email COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.users.domain IS NULL OR (length(ltrim(public.users.domain, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.users.ctid AS TEXT) AS ctid

--- 2b2821e3
WITH filled AS 
(UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(moment)s::VARCHAR FROM (SELECT bodies.key_0 AS key_0, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.id AS key_0, source.ctid AS ctid, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations AS source 
WHERE source.ctid = ANY (CAST(%(places)s::VARCHAR AS tid[])) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true 
WHERE plain.value IS NOT NULL ORDER BY bodies.ctid
 LIMIT ALL OFFSET %(param_1)s::INTEGER) AS found WHERE public.veo3_video_generations.id = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id AS is_kept)
 SELECT count(*) AS count_1 
FROM filled 
WHERE filled.is_kept

--- 2b864fb8
SELECT media_generation_id_backfill_failures.reason, count(*) AS count_1 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR GROUP BY media_generation_id_backfill_failures.reason

--- 2c75e647
RELEASE SAVEPOINT sa_savepoint_7

--- 2cd8988c
ROLLBACK TO SAVEPOINT sa_savepoint_5

--- 2d5bca00
SELECT rowid, veo3_video_generations.media_generation_id 
FROM veo3_video_generations 
WHERE rowid = ?

--- 2da227a1
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 2e54a3aa
WITH RECURSIVE row_triggers AS (
    SELECT tgrelid, tgtype FROM pg_trigger
    WHERE tgtype & 16 <> 0 AND tgenabled <> 'D' AND NOT (tgisinternal AND tgconstraint <> 0)
)

SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS label, n.nspname AS schema, c.relname AS name,
    pg_relation_size(c.oid) / CAST(current_setting('block_size') AS int) AS blocks,
    EXISTS (SELECT FROM row_triggers t WHERE t.tgrelid = c.oid) AS has_triggers,
    EXISTS (SELECT FROM row_triggers t WHERE t.tgrelid = c.oid AND t.tgtype & 2 = 0) AS has_late_triggers,
    c.relkind = 'r' AND am.amname = 'heap' AND NOT c.relhassubclass
    AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
    AND (CAST(%(first_of_key)s AS text) IS NULL OR EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND k.attname = %(first_of_key)s
    )) AS is_walkable
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.oid IN (
    SELECT relid FROM pg_partition_tree(CAST(%(table)s AS regclass)) WHERE isleaf
    UNION ALL SELECT p.oid FROM pg_class p WHERE p.oid = CAST(%(table)s AS regclass) AND p.relkind <> 'p'
)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"

--- 2f9827c5
WITH RECURSIVE parts AS (
    SELECT CAST(%(table)s AS regclass) AS part
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON i.inhparent = p.part
), published AS (
    SELECT c.oid FROM pg_publication_tables t
    JOIN pg_publication p ON p.pubname = t.pubname AND p.pubupdate
    JOIN pg_namespace n ON n.nspname = t.schemaname
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
)
SELECT c.relkind, current_user AS role,
    EXISTS (SELECT FROM published JOIN parts ON part = oid) AS is_published,
    EXISTS (SELECT FROM parts WHERE row_security_active(part)) AS hides_rows,
    (SELECT string_agg(rulename, ', ') FROM pg_rewrite r JOIN parts ON part = r.ev_class
        WHERE r.ev_type = '2' AND r.is_instead) AS rules,
    (SELECT string_agg(CAST(part AS text), ', ') FROM parts JOIN pg_class l ON l.oid = part
        WHERE l.relkind = 'r' AND (part IN (SELECT oid FROM published)
            OR CAST(%(table)s AS regclass) IN (SELECT oid FROM published))
        AND CASE l.relreplident
            WHEN 'd' THEN NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = part AND i.indisprimary AND i.indimmediate
            )
            WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = part AND i.indisreplident)
            ELSE l.relreplident = 'n' END) AS without_identity
FROM pg_class c WHERE c.oid = CAST(%(table)s AS regclass)

--- 326e397c
UPDATE media_generation_id_backfill_runs SET cursor=?, sweep=?, sweep_filled=?, found=?, synced=?, skipped=?, failed=?, reasons=?, batches=?, seconds=?, max_batch_seconds=?, p99_batch_seconds=?, batch_seconds=?, points=?, progress_at=?, waiting_for=?, waiting_since=? WHERE media_generation_id_backfill_runs.id = ? AND media_generation_id_backfill_runs.state = ? RETURNING orders

--- 327330a8
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE id = CAST(%(param_1)s::VARCHAR AS text) AND updated_at = CAST(%(param_2)s::VARCHAR AS text) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 330eb02f
ROLLBACK TO SAVEPOINT sa_savepoint_6

--- 3334263f
PRAGMA wal_autocheckpoint

--- 341e1238
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 34348588
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid) AS text)

--- 34b631ae
SELECT media_generation_id_backfill_failures.row_name 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.reason IN (%(reason_1_1)s::VARCHAR, %(reason_1_2)s::VARCHAR)

--- 34bbae58
SELECT coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NOT NULL) THEN ? ELSE ? END), ?) AS coalesce_1, coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NULL AND media_generation_id_backfill_failures.known_since_run > (SELECT coalesce(max(media_generation_id_backfill_runs.id), ?) AS coalesce_4 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.state = ? AND media_generation_id_backfill_runs.walk != ?) AND (media_generation_id_backfill_failures.known_since_run NOT IN (SELECT media_generation_id_backfill_runs.id 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.state = ?))) THEN ? ELSE ? END), ?) AS coalesce_3 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.run_id = ? AND media_generation_id_backfill_failures.sweep = ?

--- 34c18e4e
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.body_digest 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.accepted_at IS NOT NULL

--- 39c6d4ce
UPDATE veo3_video_generations SET media_generation_id=%(found_id)s::VARCHAR, updated_at=%(moment)s::VARCHAR WHERE id = CAST(%(key_0)s::VARCHAR AS text) AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 3a59c7cf
PRAGMA main.table_xinfo("media_generation_id_backfill_failures")

--- 3aca797c
SELECT coalesce(max(media_generation_id_backfill_runs.id), %(coalesce_1)s::INTEGER) + %(coalesce_2)s::BIGINT AS anon_1 
FROM media_generation_id_backfill_runs

--- 3deec2d9
SELECT media_generation_id_backfill_failures.reason, count(*) AS count_1 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? GROUP BY media_generation_id_backfill_failures.reason

--- 3e7f8bad
UPDATE veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(touched)s::VARCHAR FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE veo3_video_generations.id = found.key_0 AND veo3_video_generations.id = ANY (CAST(%(route_1)s::TEXT[] AS text[])) AND veo3_video_generations.xmin = found.writer AND hashtextextended(veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(veo3_video_generations.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 3f3938af
PRAGMA cache_size

--- 40699493
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR)

--- 40d8afce
SELECT users.id, CAST(users.email AS BLOB) AS email, rowid 
FROM users 
WHERE users.email IS NOT NULL AND (users.domain IS NULL OR (ltrim(users.domain, ' \t
\x0b\x0c\r') = '') = 1) AND rowid > ? ORDER BY rowid
 LIMIT ? OFFSET ?

--- 410b9db2
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR, %(row_digest_1_6)s::VARCHAR, %(row_digest_1_7)s::VARCHAR, %(row_digest_1_8)s::VARCHAR, %(row_digest_1_9)s::VARCHAR, %(row_digest_1_10)s::VARCHAR, %(row_digest_1_11)s::VARCHAR, %(row_digest_1_12)s::VARCHAR, %(row_digest_1_13)s::VARCHAR, %(row_digest_1_14)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 44303f76
PRAGMA cache_size = -2000

--- 4512686d
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CASE WHEN isfinite(updated_at) THEN (to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s) || %(param_1)s::VARCHAR ELSE to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s END AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_2)s::VARCHAR AS text), CAST(%(param_3)s::VARCHAR AS timestamp with time zone)), (CAST(%(param_4)s::VARCHAR AS text), CAST(%(param_5)s::VARCHAR AS timestamp with time zone)), (CAST(%(param_6)s::VARCHAR AS text), CAST(%(param_7)s::VARCHAR AS timestamp with time zone))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 4696ee0c
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = ? AND (media_generation_id_backfill_failures.run_id != ? OR media_generation_id_backfill_failures.sweep != ?)

--- 469d25e3
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?)

--- 4a70a441
PRAGMA synchronous = NORMAL

--- 4b796ce7
UPDATE veo3_video_generations SET media_generation_id=%(found_id)s::VARCHAR, updated_at=%(moment)s::VARCHAR WHERE tableoid = CAST(%(key_0)s::VARCHAR AS oid) AND ctid = CAST(%(key_1)s::VARCHAR AS tid) AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING CAST(tableoid AS TEXT) AS tableoid_text, CAST(ctid AS TEXT) AS ctid_text

--- 4b8e59c7
PRAGMA main.table_xinfo("media_generation_id_backfill_runs")

--- 4c3ce61b
SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'; SET LOCAL extra_float_digits = '1'; SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL citus.max_adaptive_executor_pool_size = '1'; SET LOCAL enable_memoize = 'off'; SET LOCAL jit = 'off'; SET LOCAL max_parallel_workers_per_gather = '0'

--- 4d2cc6be
SAVEPOINT sa_savepoint_13

--- 4f273416
SAVEPOINT sa_savepoint_4

--- 50931c00
UPDATE veo3_video_generations SET media_generation_id=?, updated_at=? WHERE rowid = ? AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- 50e61de1
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, bodies.key_0 
FROM (SELECT CAST(public.low.ctid AS TEXT) AS place, CAST(public.low.xmin AS TEXT) AS writer, %(param_2)s::VARCHAR AS relation, public.low.id AS id, coalesce(pg_column_size(public.low.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.low.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.low.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(public.low.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.low.video_url), %(coalesce_4)s::INTEGER) <= %(param_3)s::INTEGER) THEN coalesce(pg_column_size(public.low.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_4)s::INTEGER END AS row_bytes, CAST(public.low.id AS TEXT) AS key_0, public.low.operation_name AS operation_name, public.low.scene_id AS scene_id, public.low.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.low 
WHERE public.low.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.low.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.low.raw_response IS NOT NULL AND (public.low.media_generation_id IS NULL OR (length(ltrim(public.low.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- 5191f18a
SAVEPOINT sa_savepoint_5

--- 51bb5709
UPDATE veo3_video_generations SET media_generation_id=?, updated_at=? WHERE id = ? AND seed = ? AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- 531fcbe0
SELECT users.id, CAST(users.email AS BLOB) AS email, rowid 
FROM users 
WHERE users.email IS NOT NULL AND (users.domain IS NULL OR (ltrim(users.domain, ' \t
\x0b\x0c\r') = '') = 1) ORDER BY rowid
 LIMIT ? OFFSET ?

--- 5357031c
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND (media_generation_id_backfill_failures.run_id != %(run_id_1)s::BIGINT OR media_generation_id_backfill_failures.sweep != %(sweep_1)s::INTEGER)

--- 542619d6
SET LOCAL extra_float_digits = '1'; SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'

--- 552e4944
SELECT column_to_column_name(logicalrelid, partkey), repmodel = 'c' AND EXISTS (
    SELECT FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) WHERE s.logicalrelid = d.logicalrelid
    GROUP BY shardid HAVING count(*) > 1
)
FROM pg_dist_partition d
WHERE logicalrelid = CAST(%(table)s AS regclass) AND partmethod <> 'n'

--- 56bc0380
UPDATE public.low SET media_generation_id=found.found_id, updated_at=%(touched)s::VARCHAR FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.low.id = found.key_0 AND public.low.xmin = found.writer AND hashtextextended(public.low.raw_response || %(body_1)s::VARCHAR || coalesce(public.low.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.low.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.low.media_generation_id IS NULL OR (length(ltrim(public.low.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.low.ctid AS TEXT) AS ctid

--- 57b59de9
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR ORDER BY media_generation_id_backfill_failures.row_name 
 LIMIT %(param_1)s::INTEGER

--- 591029ed
PRAGMA wal_autocheckpoint = 1000

--- 5ac7d96f
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, bodies.key_0 
FROM (SELECT CAST(veo3_video_generations.ctid AS TEXT) AS place, CAST(veo3_video_generations.xmin AS TEXT) AS writer, CAST(CAST(veo3_video_generations.tableoid AS REGCLASS) AS TEXT) AS relation, veo3_video_generations.id AS id, coalesce(pg_column_size(veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) <= %(param_2)s::INTEGER) THEN coalesce(pg_column_size(veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_3)s::INTEGER END AS row_bytes, CAST(veo3_video_generations.id AS TEXT) AS key_0, veo3_video_generations.operation_name AS operation_name, veo3_video_generations.scene_id AS scene_id, veo3_video_generations.raw_response || %(body_1)s::VARCHAR AS text 
FROM veo3_video_generations 
WHERE veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- 5acdcd89
SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE

--- 5b76c689
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=CAST(%(param_1)s::VARCHAR AS timestamp without time zone) FROM json_to_recordset(CAST(%(param_2)s::VARCHAR AS JSON)) AS found(key_0 integer, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.veo3_video_generations.seed = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_3)s::VARCHAR || coalesce(CAST(public.veo3_video_generations.scene_id AS TEXT), %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.veo3_video_generations.ctid AS TEXT) AS ctid

--- 5cdbd6fb
UPDATE veo3_video_generations SET media_generation_id=%(found_id)s::VARCHAR, updated_at=%(moment)s::VARCHAR WHERE id = CAST(%(key_0)s::VARCHAR AS text) AND updated_at = CAST(%(key_1)s::VARCHAR AS text) AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 5d54b91b
SAVEPOINT sa_savepoint_14

--- 5e160100
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(tableoid AS TEXT) AS tableoid_text, CAST(ctid AS TEXT) AS ctid_text, (SELECT quote_ident(pg_namespace.nspname) || %(quote_ident_1)s::VARCHAR || quote_ident(pg_class.relname) AS anon_2 
FROM pg_namespace, pg_class 
WHERE pg_class.oid = veo3_video_generations.tableoid AND pg_namespace.oid = pg_class.relnamespace) AS anon_1, CAST(ctid AS TEXT) AS ctid 
FROM veo3_video_generations 
WHERE (SELECT quote_ident(pg_namespace.nspname) || %(quote_ident_1)s::VARCHAR || quote_ident(pg_class.relname) AS anon_2 
FROM pg_namespace, pg_class 
WHERE pg_class.oid = veo3_video_generations.tableoid AND pg_namespace.oid = pg_class.relnamespace) IN (%(param_1_1)s::VARCHAR) AND ctid = ANY (CAST(%(keys_1)s::TEXT[] AS tid[])) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 5e1dc8b6
SELECT CAST(CAST(pg_snapshot_xmin(now) AS text) AS bigint), CAST(CAST(pg_snapshot_xmax(now) AS text) AS bigint)
FROM pg_current_snapshot() AS now

--- 5ec3fb4b
SELECT count(*) AS count_1 
FROM users 
WHERE users.email IS NOT NULL AND (users.domain IS NULL OR (ltrim(users.domain, ' \t
\x0b\x0c\r') = '') = 1)

--- 5f3192b1
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CASE WHEN isfinite(updated_at) THEN (to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s) || %(param_1)s::VARCHAR ELSE to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s END AS updated_at_text 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) ORDER BY id, updated_at 
 LIMIT %(param_2)s::INTEGER

--- 60c8fa12
SELECT lower(name) FROM pragma_table_xinfo(?)
WHERE hidden IN (2, 3) AND lower(name) IN (?, ?) ORDER BY 1

--- 615a26e1
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 627c1ec2
SELECT found.number 
FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT), public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid = CAST(found.place AS tid) AND (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id

--- 64c75a11
SELECT to_regclass('pg_dist_partition') IS NULL

--- 6572834a
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) ORDER BY id, updated_at 
 LIMIT %(param_1)s::INTEGER

--- 6607d8f9
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR)

--- 68778f76
PRAGMA synchronous

--- 6a31554e
RELEASE SAVEPOINT sa_savepoint_9

--- 6cae3da8
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- 6d27e43e
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_1)s::VARCHAR AS text), CAST(%(param_2)s::VARCHAR AS text)), (CAST(%(param_3)s::VARCHAR AS text), CAST(%(param_4)s::VARCHAR AS text)), (CAST(%(param_5)s::VARCHAR AS text), CAST(%(param_6)s::VARCHAR AS text))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 711e72b3
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 71fdbfc5
SHOW server_encoding

--- 720207bf
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY media_generation_id_backfill_failures.row_digest

--- 73ca94a0
UPDATE media_generation_id_backfill_runs SET state=?, finished_at=?, error=? WHERE media_generation_id_backfill_runs.id = ? AND media_generation_id_backfill_runs.state = ?

--- 779f41b2
PRAGMA encoding

--- 77b17acb
RELEASE SAVEPOINT sa_savepoint_2

--- 780a0684
PRAGMA wal_autocheckpoint = 4000

--- 78f3f4f0
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, bodies.key_0 
FROM (SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_2)s::VARCHAR AS relation, public.veo3_video_generations.id AS id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) <= %(param_3)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_4)s::INTEGER END AS row_bytes, CAST(public.veo3_video_generations.seed AS TEXT) AS key_0, public.veo3_video_generations.operation_name AS operation_name, CAST(public.veo3_video_generations.scene_id AS TEXT) AS scene_id, public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- 79b11e53
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND (id, updated_at) > (CAST(%(param_1)s::VARCHAR AS text), CAST(%(param_2)s::VARCHAR AS text)) ORDER BY id, updated_at 
 LIMIT %(param_3)s::INTEGER

--- 7ae22674
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CASE WHEN isfinite(updated_at) THEN (to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s) || %(param_1)s::VARCHAR ELSE to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s END AS updated_at_text 
FROM veo3_video_generations 
WHERE id = CAST(%(param_2)s::VARCHAR AS text) AND updated_at = CAST(%(param_3)s::VARCHAR AS timestamp with time zone) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 7b559025
RELEASE SAVEPOINT sa_savepoint_12

--- 7cfa066e
SET LOCAL extra_float_digits = '1'; SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL citus.max_adaptive_executor_pool_size = '1'; SET LOCAL enable_memoize = 'off'; SET LOCAL jit = 'off'; SET LOCAL max_parallel_workers_per_gather = '0'; SET LOCAL enable_hashjoin = 'off'; SET LOCAL enable_mergejoin = 'off'; SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'

--- 7d32a29c
SELECT CAST(veo3_video_generations.ctid AS TEXT) AS place, CAST(veo3_video_generations.xmin AS TEXT) AS writer, CAST(CAST(veo3_video_generations.tableoid AS REGCLASS) AS TEXT) AS relation, veo3_video_generations.id, coalesce(pg_column_size(veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) <= %(param_1)s::INTEGER) THEN coalesce(pg_column_size(veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_2)s::INTEGER END AS anon_1, NULL AS anon_2, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CASE WHEN (octet_length(veo3_video_generations.raw_response) <= %(octet_length_1)s::INTEGER) THEN veo3_video_generations.raw_response END AS anon_3, octet_length(veo3_video_generations.raw_response) AS octet_length_2, hashtextextended(veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(veo3_video_generations.operation_name, %(coalesce_4)s::VARCHAR) || %(param_3)s::VARCHAR || coalesce(veo3_video_generations.scene_id, %(coalesce_5)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, CAST(veo3_video_generations.id AS TEXT) AS key_0 
FROM veo3_video_generations 
WHERE veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 7e2ca33c
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(moment)s::VARCHAR FROM (SELECT bodies.ctid AS ctid, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.ctid AS ctid, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations AS source 
WHERE source.ctid = ANY (CAST(%(places)s::VARCHAR AS tid[])) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true 
WHERE plain.value IS NOT NULL ORDER BY bodies.ctid
 LIMIT ALL OFFSET %(param_1)s::INTEGER) AS found WHERE public.veo3_video_generations.ctid = found.ctid AND public.veo3_video_generations.xmin = found.writer AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING public.veo3_video_generations.id, public.veo3_video_generations.media_generation_id, (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id AS is_kept

--- 7e3316de
ROLLBACK TO SAVEPOINT sa_savepoint_2

--- 7e6eb2c7
WITH RECURSIVE layers AS (
    SELECT attrelid, attnum, atttypid AS type, atttypmod AS modifier
    FROM pg_attribute WHERE attrelid = CAST(%(table)s AS regclass) AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT l.attrelid, l.attnum, t.typbasetype, t.typtypmod
    FROM layers l JOIN pg_type t ON t.oid = l.type AND t.typtype = 'd'
)
SELECT a.attname AS name, l.type AS base, format_type(l.type, l.modifier) AS base_name,
    format_type(a.atttypid, a.atttypmod) AS declared, l.modifier - 4 AS characters, t.typtype = 'e' AS is_enum,
    a.attgenerated <> '' AS is_generated,
    has_column_privilege(a.attrelid, a.attnum, 'UPDATE') AS may_update,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS may_select
FROM layers l
JOIN pg_type t ON t.oid = l.type AND t.typtype <> 'd'
JOIN pg_attribute a ON a.attrelid = l.attrelid AND a.attnum = l.attnum
ORDER BY a.attname COLLATE "C"

--- 7f58e46a
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 8415d69b
PRAGMA data_version

--- 8652776c
UPDATE media_generation_id_backfill_runs SET state=?, finished_at=? WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.state = ?

--- 8756d812
WITH RECURSIVE row_triggers AS (
    SELECT tgrelid, tgtype FROM pg_trigger
    WHERE tgtype & 16 <> 0 AND tgenabled <> 'D' AND NOT (tgisinternal AND tgconstraint <> 0)
)

, parts AS (
    SELECT CAST(%(table)s AS regclass) AS part
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN parts p ON i.inhparent = p.part
)
SELECT count(*) FROM row_triggers WHERE tgrelid IN (SELECT part FROM parts)

--- 886fd072
INSERT INTO media_generation_id_backfill_failures (backfill, row_digest, row_name, generation_id, reason, detail, body_digest, extractor_version, run_id, sweep, first_seen_at, last_seen_at, known_since_run, accepted_at, accepted_by, note) VALUES (%(backfill)s::VARCHAR, %(row_digest)s::VARCHAR, %(row_name)s::VARCHAR, %(generation_id)s::VARCHAR, %(reason)s::VARCHAR, %(detail)s::VARCHAR, %(body_digest)s::VARCHAR, %(extractor_version)s::INTEGER, %(run_id)s::BIGINT, %(sweep)s::INTEGER, %(first_seen_at)s::VARCHAR, %(last_seen_at)s::VARCHAR, %(known_since_run)s::BIGINT, %(accepted_at)s::VARCHAR, %(accepted_by)s::VARCHAR, %(note)s::VARCHAR)

--- 89539af2
UPDATE media_generation_id_backfill_runs SET state=%(state)s::VARCHAR, finished_at=%(finished_at)s::VARCHAR, error=%(error)s::VARCHAR WHERE media_generation_id_backfill_runs.id = %(run_id)s::BIGINT AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR

--- 8bc8c1f9
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR)

--- 8be96c9c
ROLLBACK TO SAVEPOINT sa_savepoint_10

--- 8c376090
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR, %(row_digest_1_6)s::VARCHAR, %(row_digest_1_7)s::VARCHAR, %(row_digest_1_8)s::VARCHAR, %(row_digest_1_9)s::VARCHAR, %(row_digest_1_10)s::VARCHAR, %(row_digest_1_11)s::VARCHAR, %(row_digest_1_12)s::VARCHAR, %(row_digest_1_13)s::VARCHAR, %(row_digest_1_14)s::VARCHAR)

--- 8fb69514
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_1)s::VARCHAR AS text), CAST(%(param_2)s::VARCHAR AS text)), (CAST(%(param_3)s::VARCHAR AS text), CAST(%(param_4)s::VARCHAR AS text))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- 8fe13030
SELECT CAST(id AS TEXT) AS id_text, veo3_video_generations.media_generation_id 
FROM veo3_video_generations 
WHERE id = CAST(%(param_1)s::VARCHAR AS text)

--- 9096dcc3
SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, min(replay_lsn - '0/0'::pg_lsn) FROM pg_stat_replication WHERE state = 'streaming'

--- 930a7770
BEGIN IMMEDIATE

--- 95469452
SAVEPOINT sa_savepoint_6

--- 955abaad
SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE

--- 9641e1b0
SAVEPOINT sa_savepoint_8

--- 97e3852a
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, 'no application name'),
    coalesce(CAST(a.backend_xmin AS text), '') || ' ' || coalesce(CAST(a.backend_xid AS text), ''), now()
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
    AND coalesce(a.application_name, '') <> current_setting('application_name')
    AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
ORDER BY greatest(age(a.backend_xmin), age(a.backend_xid)) DESC, a.pid

--- 986dff24
SELECT coalesce(max(media_generation_id_backfill_runs.id), ?) + ? AS anon_1 
FROM media_generation_id_backfill_runs

--- 988ee2e6
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(moment)s::VARCHAR FROM (SELECT bodies.key_0 AS key_0, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.id AS key_0, source.ctid AS ctid, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations AS source 
WHERE source.ctid = ANY (CAST(%(places)s::VARCHAR AS tid[])) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true 
WHERE plain.value IS NOT NULL ORDER BY bodies.ctid
 LIMIT ALL OFFSET %(param_1)s::INTEGER) AS found WHERE public.veo3_video_generations.id = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING public.veo3_video_generations.id, public.veo3_video_generations.media_generation_id, (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id AS is_kept

--- 991108db
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR, %(row_digest_1_6)s::VARCHAR) ORDER BY media_generation_id_backfill_failures.row_digest FOR UPDATE

--- 9a60a35e
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1) ORDER BY rowid
 LIMIT ? OFFSET ?

--- 9e6a7a48
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CAST(updated_at AS TEXT) AS updated_at_text 
FROM veo3_video_generations 
WHERE (id, updated_at) IN ((CAST(%(param_1)s::VARCHAR AS text), CAST(%(param_2)s::VARCHAR AS text)), (CAST(%(param_3)s::VARCHAR AS text), CAST(%(param_4)s::VARCHAR AS text))) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- 9f19f852
SELECT relkind = 'p' FROM pg_class WHERE oid = CAST(%(table)s AS regclass)

--- 9fd51a14
SELECT (SELECT min(rowid) AS min_1 
FROM users) AS anon_1, (SELECT max(rowid) AS max_1 
FROM users) AS anon_2

--- a0ca91f7
SELECT count(*) AS count_1 
FROM users 
WHERE users.email IS NOT NULL AND (users.domain IS NULL OR (length(ltrim(users.domain, ' \t
\x0b\x0c\r')) = 0))

--- a2c50f41
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1 
FROM (SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_2)s::VARCHAR AS relation, public.veo3_video_generations.id AS id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) <= %(param_3)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_4)s::INTEGER END AS row_bytes, public.veo3_video_generations.operation_name AS operation_name, public.veo3_video_generations.scene_id AS scene_id, public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- a3483a21
SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '0'; SET LOCAL extra_float_digits = '1'

--- a4069c6c
UPDATE media_generation_id_backfill_runs SET cursor=%(cursor)s::VARCHAR, sweep=%(sweep)s::INTEGER, sweep_filled=%(sweep_filled)s::BIGINT, found=%(found)s::BIGINT, synced=%(synced)s::BIGINT, skipped=%(skipped)s::BIGINT, failed=%(failed)s::BIGINT, reasons=%(reasons)s::VARCHAR, batches=%(batches)s::BIGINT, seconds=%(seconds)s, max_batch_seconds=%(max_batch_seconds)s, p99_batch_seconds=%(p99_batch_seconds)s, batch_seconds=%(batch_seconds)s::VARCHAR, progress_at=%(progress_at)s::VARCHAR, waiting_for=%(waiting_for)s::VARCHAR, waiting_since=%(waiting_since)s::VARCHAR WHERE media_generation_id_backfill_runs.id = %(run_id)s::BIGINT AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR RETURNING media_generation_id_backfill_runs.orders

--- a6050abe
SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_1)s::VARCHAR AS relation, public.veo3_video_generations.id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) <= %(param_2)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_3)s::INTEGER END AS anon_1, NULL AS anon_2, public.veo3_video_generations.operation_name, CAST(public.veo3_video_generations.scene_id AS TEXT) AS scene_id, CASE WHEN (octet_length(public.veo3_video_generations.raw_response) <= %(octet_length_1)s::INTEGER) THEN public.veo3_video_generations.raw_response END AS anon_3, octet_length(public.veo3_video_generations.raw_response) AS octet_length_2, hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_4)s::VARCHAR) || %(param_4)s::VARCHAR || coalesce(CAST(public.veo3_video_generations.scene_id AS TEXT), %(coalesce_5)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, CAST(public.veo3_video_generations.seed AS TEXT) AS key_0 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER

--- a6955dde
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.body_digest 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.accepted_at IS NOT NULL

--- a7313bdd
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR, %(row_digest_1_4)s::VARCHAR, %(row_digest_1_5)s::VARCHAR, %(row_digest_1_6)s::VARCHAR)

--- a7406aec
SELECT count(*) AS count_1 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- a83745f2
SAVEPOINT sa_savepoint_1

--- a8ca66e3
SELECT type, strict FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE

--- aa002433
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR)

--- aace3738
INSERT INTO media_generation_id_backfill_runs (id, backfill, origin, state, walk, cursor, sweep, sweep_filled, found, synced, skipped, failed, reasons, batches, batch_size, seconds, max_batch_seconds, p99_batch_seconds, extractor_version, batch_seconds, points, started_at, progress_at, user_name, host, process, version, options, orders) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

--- ab6f30b1
SELECT id, seed, veo3_video_generations.media_generation_id 
FROM veo3_video_generations 
WHERE id = ? AND seed = ?

--- ab8c09ec
SELECT coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NOT NULL) THEN %(param_1)s::INTEGER ELSE %(param_2)s::INTEGER END), %(coalesce_2)s::INTEGER) AS coalesce_1, coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NULL AND media_generation_id_backfill_failures.known_since_run > (SELECT coalesce(max(media_generation_id_backfill_runs.id), %(coalesce_5)s::INTEGER) AS coalesce_4 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR AND media_generation_id_backfill_runs.walk != %(walk_1)s::VARCHAR) AND (media_generation_id_backfill_failures.known_since_run NOT IN (SELECT media_generation_id_backfill_runs.id 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR))) THEN %(param_3)s::INTEGER ELSE %(param_4)s::INTEGER END), %(coalesce_6)s::INTEGER) AS coalesce_3 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_2)s::VARCHAR AND media_generation_id_backfill_failures.run_id = %(run_id_1)s::BIGINT AND media_generation_id_backfill_failures.sweep = %(sweep_1)s::INTEGER

--- ad5e836d
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(touched)s::VARCHAR FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.veo3_video_generations.ctid = CAST(found.place AS tid) AND public.veo3_video_generations.xmin = found.writer AND hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.veo3_video_generations.ctid AS TEXT) AS ctid

--- af578e52
ROLLBACK TO SAVEPOINT sa_savepoint_9

--- b0d835e8
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text 
FROM veo3_video_generations 
WHERE id = ANY (CAST(%(keys_1)s::TEXT[] AS text[])) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- b1cb07c5
UPDATE veo3_video_generations SET operation_name = 'op-7', raw_response = '{"operations": [{"operation": {"name": "op-7", "metadata": {"video": {"mediaGenerationId": "CAUS000007"}}}, "status": "MEDIA_GENERATION_STATUS_SUCCESSFUL"}]}' WHERE seed = 2

--- b2b79284
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, bodies.key_0 
FROM (SELECT CAST(public.high.ctid AS TEXT) AS place, CAST(public.high.xmin AS TEXT) AS writer, %(param_2)s::VARCHAR AS relation, public.high.id AS id, coalesce(pg_column_size(public.high.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.high.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.high.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(public.high.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.high.video_url), %(coalesce_4)s::INTEGER) <= %(param_3)s::INTEGER) THEN coalesce(pg_column_size(public.high.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_4)s::INTEGER END AS row_bytes, CAST(public.high.id AS TEXT) AS key_0, public.high.operation_name AS operation_name, public.high.scene_id AS scene_id, public.high.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.high 
WHERE public.high.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.high.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.high.raw_response IS NOT NULL AND (public.high.media_generation_id IS NULL OR (length(ltrim(public.high.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- b2cdca08
SELECT found.number 
FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT), public.veo3_video_generations 
WHERE public.veo3_video_generations.id = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- b47fa4a1
PRAGMA cache_size = -8192

--- ba72b0e5
UPDATE veo3_video_generations SET media_generation_id=found.found_id, updated_at=%(moment)s::VARCHAR FROM (SELECT bodies.key_0 AS key_0, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.id AS key_0, source.ctid AS ctid, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response || %(body_1)s::VARCHAR AS text 
FROM veo3_video_generations AS source 
WHERE source.ctid > CAST(%(start)s::VARCHAR AS tid) AND source.ctid < CAST(%(end)s::VARCHAR AS tid) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true 
WHERE plain.value IS NOT NULL) AS found WHERE veo3_video_generations.id = found.key_0 AND veo3_video_generations.xmin = found.writer AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING veo3_video_generations.id, veo3_video_generations.media_generation_id, (veo3_video_generations.media_generation_id COLLATE "C") = found.found_id AS is_kept

--- bc9580c6
SELECT CAST(public.users.ctid AS TEXT) AS place, CAST(public.users.xmin AS TEXT) AS writer, %(param_1)s::VARCHAR AS relation, CAST(public.users.id AS TEXT) AS shown, CASE WHEN (coalesce(pg_column_size(public.users.email), %(coalesce_1)s::INTEGER) <= %(coalesce_2)s::INTEGER) THEN coalesce(pg_column_size(public.users.email), %(coalesce_1)s::INTEGER) ELSE %(param_2)s::INTEGER END AS anon_1, NULL AS anon_2, CASE WHEN (octet_length(public.users.email) <= %(octet_length_1)s::INTEGER) THEN public.users.email END AS anon_3, octet_length(public.users.email) AS octet_length_2, hashtextextended(public.users.email COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, CAST(public.users.id AS TEXT) AS key_0 
FROM public.users 
WHERE public.users.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.users.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.users.email IS NOT NULL AND (public.users.domain IS NULL OR (length(ltrim(public.users.domain, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER

--- bdef1cc3
SELECT media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_name > ? ORDER BY media_generation_id_backfill_failures.row_name
 LIMIT ? OFFSET ?

--- c06af7d5
SELECT a.attname, format_type(a.atttypid, a.atttypmod)
FROM (
    SELECT i.indrelid, i.indkey, i.indnkeyatts FROM pg_index i
    WHERE i.indrelid = CAST(%(table)s AS regclass)
        AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indisready AND i.indislive
        AND NOT i.indisexclusion AND i.indpred IS NULL
        AND NOT EXISTS (
            SELECT FROM generate_series(0, i.indnkeyatts - 1) AS n
            LEFT JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[n]
            LEFT JOIN pg_collation l ON l.oid = k.attcollation
            WHERE k.attnotnull IS NOT TRUE OR (NOT l.collisdeterministic AND i.indcollation[n] <> k.attcollation)
            OR EXISTS (
                SELECT FROM pg_constraint c
                WHERE c.conrelid = k.attrelid AND c.contype = 'n' AND NOT c.convalidated AND k.attnum = ANY (c.conkey)
            )
        )
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1
) i
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS n
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n]
ORDER BY n

--- c1e2aa68
UPDATE veo3_video_generations SET media_generation_id=%(found_id)s::VARCHAR, updated_at=CAST(%(moment)s::VARCHAR AS timestamp with time zone) WHERE id = CAST(%(key_0)s::VARCHAR AS text) AND updated_at = CAST(%(key_1)s::VARCHAR AS timestamp with time zone) AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- c1e88f08
SELECT media_generation_id_backfill_failures.row_name 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.reason IN (?, ?)

--- c3316ccb
SELECT coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NOT NULL) THEN ? ELSE ? END), ?) AS coalesce_1, coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NULL AND media_generation_id_backfill_failures.known_since_run > (SELECT coalesce(max(media_generation_id_backfill_runs.id), ?) AS coalesce_4 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.state = ? AND media_generation_id_backfill_runs.walk != ?) AND (media_generation_id_backfill_failures.known_since_run NOT IN (SELECT media_generation_id_backfill_runs.id 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.state = ?))) THEN ? ELSE ? END), ?) AS coalesce_3 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ?

--- c5b2f253
SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'; SET LOCAL extra_float_digits = '1'; SET LOCAL enable_memoize = 'off'; SET LOCAL jit = 'off'; SET LOCAL max_parallel_workers_per_gather = '0'

--- c6b52ba8
RELEASE SAVEPOINT sa_savepoint_10

--- c78b9f06
INSERT INTO media_generation_id_backfill_runs (id, backfill, origin, state, walk, cursor, sweep, sweep_filled, found, synced, skipped, failed, reasons, batches, batch_size, seconds, max_batch_seconds, p99_batch_seconds, extractor_version, batch_seconds, points, started_at, progress_at, user_name, host, process, version, options, orders) VALUES (%(id)s::BIGINT, %(backfill)s::VARCHAR, %(origin)s::VARCHAR, %(state)s::VARCHAR, %(walk)s::VARCHAR, %(cursor)s::VARCHAR, %(sweep)s::INTEGER, %(sweep_filled)s::BIGINT, %(found)s::BIGINT, %(synced)s::BIGINT, %(skipped)s::BIGINT, %(failed)s::BIGINT, %(reasons)s::VARCHAR, %(batches)s::BIGINT, %(batch_size)s::INTEGER, %(seconds)s, %(max_batch_seconds)s, %(p99_batch_seconds)s, %(extractor_version)s::INTEGER, %(batch_seconds)s::VARCHAR, %(points)s::VARCHAR, %(started_at)s::VARCHAR, %(progress_at)s::VARCHAR, %(user_name)s::VARCHAR, %(host)s::VARCHAR, %(process)s::BIGINT, %(version)s::VARCHAR, %(options)s::VARCHAR, %(orders)s::VARCHAR)

--- c78c5d38
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))

--- c7afade7
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_failures.row_digest IN (%(row_digest_1_1)s::VARCHAR, %(row_digest_1_2)s::VARCHAR, %(row_digest_1_3)s::VARCHAR)

--- c84b28a8
ROLLBACK TO SAVEPOINT sa_savepoint_11

--- c8af7fc6
SAVEPOINT sa_savepoint_15

--- c9ec685c
RELEASE SAVEPOINT sa_savepoint_3

--- ca4f836e
RELEASE SAVEPOINT sa_savepoint_8

--- cb0b9aa7
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1) AND rowid > ? ORDER BY rowid
 LIMIT ? OFFSET ?

--- cb3ddc2d
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, id, seed 
FROM veo3_video_generations 
WHERE id = ? AND seed = ? AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- cca06053
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?) ORDER BY media_generation_id_backfill_failures.row_digest

--- cd53cf9d
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?)

--- d17b3eeb
SAVEPOINT sa_savepoint_9

--- d2973af4
SELECT bodies.place, bodies.writer, bodies.relation, bodies.id, bodies.row_bytes, plain.value, CASE WHEN (plain.value IS NULL) THEN bodies.operation_name END AS anon_1, CASE WHEN (plain.value IS NULL) THEN bodies.scene_id END AS anon_2, CASE WHEN (plain.value IS NULL AND octet_length(body.value) <= %(octet_length_1)s::INTEGER) THEN body.value END AS anon_3, octet_length(body.value) AS octet_length_2, hashtextextended(body.value || %(value_1)s::VARCHAR || coalesce(bodies.operation_name, %(coalesce_1)s::VARCHAR) || %(param_1)s::VARCHAR || coalesce(bodies.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, bodies.key_0 
FROM (SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_2)s::VARCHAR AS relation, public.veo3_video_generations.id AS id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_4)s::INTEGER) <= %(param_3)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_5)s::INTEGER) ELSE %(param_4)s::INTEGER END AS row_bytes, CAST(public.veo3_video_generations.id AS TEXT) AS key_0, public.veo3_video_generations.operation_name AS operation_name, public.veo3_video_generations.scene_id AS scene_id, public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true

--- d40bcdcb
SET LOCAL extra_float_digits = '1'; SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL citus.max_adaptive_executor_pool_size = '1'; SET LOCAL enable_nestloop = 'off'; SET LOCAL enable_seqscan = 'off'; SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'

--- d485badb
SELECT count(*) FROM pg_partition_tree(CAST(%(table)s AS regclass)) t
JOIN pg_partitioned_table p ON p.partrelid = t.relid
WHERE EXISTS (
    SELECT FROM unnest(CAST(p.partattrs AS int2[])) AS k (attnum)
    LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    WHERE k.attnum = 0 OR a.attname = ANY (%(written)s)
)

--- d5fa1ed3
SELECT count(*) AS count_1, CAST(array_agg(ranked.place ORDER BY ranked.place) AS TEXT) AS array_agg_1 
FROM (SELECT public.veo3_video_generations.ctid AS place, (row_number() OVER (PARTITION BY CAST(split_part(substr(CAST(public.veo3_video_generations.ctid AS TEXT), %(substr_1)s::INTEGER), %(split_part_1)s::VARCHAR, %(split_part_2)s::INTEGER) AS INTEGER) ORDER BY coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) <= %(param_1)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_2)s::INTEGER END DESC) - %(param_3)s::INTEGER) %% %(param_4)s::INTEGER AS stride 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS ranked GROUP BY ranked.stride ORDER BY ranked.stride

--- d9ec2f31
UPDATE public.veo3_video_generations SET media_generation_id=found.found_id, updated_at=CAST(%(moment)s::VARCHAR AS timestamp without time zone) FROM (SELECT bodies.key_0 AS key_0, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.seed AS key_0, source.ctid AS ctid, source.xmin AS writer, source.operation_name AS operation_name, CAST(source.scene_id AS TEXT) AS scene_id, source.raw_response || %(body_1)s::VARCHAR AS text 
FROM public.veo3_video_generations AS source 
WHERE source.ctid = ANY (CAST(%(places)s::VARCHAR AS tid[])) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true 
WHERE plain.value IS NOT NULL ORDER BY bodies.ctid
 LIMIT ALL OFFSET %(param_1)s::INTEGER) AS found WHERE public.veo3_video_generations.seed = found.key_0 AND public.veo3_video_generations.xmin = found.writer AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING public.veo3_video_generations.id, public.veo3_video_generations.media_generation_id, (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id AS is_kept

--- d9f1b335
SELECT found.number 
FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT), public.veo3_video_generations 
WHERE public.veo3_video_generations.id = found.key_0 AND (public.veo3_video_generations.media_generation_id COLLATE "C") = found.found_id

--- db6511df
SAVEPOINT sa_savepoint_7

--- dc0de90c
SELECT DISTINCT lower(c.name) FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c
WHERE i.origin = 'u' AND lower(c.name) IN (?, ?) AND EXISTS (
    SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE
        AND instr(replace(replace(replace(upper(sql), char(9), ''), char(10), ''), ' ', ''), 'ONCONFLICT') > 0
)

--- dd42e7c1
UPDATE veo3_video_generations SET media_generation_id = 'own' WHERE seed = 18

--- de9dddec
UPDATE media_generation_id_backfill_runs SET cursor=%(cursor)s::VARCHAR, sweep=%(sweep)s::INTEGER, sweep_filled=%(sweep_filled)s::BIGINT, found=%(found)s::BIGINT, synced=%(synced)s::BIGINT, skipped=%(skipped)s::BIGINT, failed=%(failed)s::BIGINT, reasons=%(reasons)s::VARCHAR, batches=%(batches)s::BIGINT, seconds=%(seconds)s, max_batch_seconds=%(max_batch_seconds)s, p99_batch_seconds=%(p99_batch_seconds)s, batch_seconds=%(batch_seconds)s::VARCHAR, points=%(points)s::VARCHAR, progress_at=%(progress_at)s::VARCHAR, waiting_for=%(waiting_for)s::VARCHAR, waiting_since=%(waiting_since)s::VARCHAR WHERE media_generation_id_backfill_runs.id = %(run_id)s::BIGINT AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR RETURNING media_generation_id_backfill_runs.orders

--- e004ebd5
SELECT 1

--- e16d602f
SELECT CAST(public.veo3_video_generations.ctid AS TEXT) AS place, CAST(public.veo3_video_generations.xmin AS TEXT) AS writer, %(param_1)s::VARCHAR AS relation, public.veo3_video_generations.id, coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.veo3_video_generations.video_url), %(coalesce_2)s::INTEGER) <= %(param_2)s::INTEGER) THEN coalesce(pg_column_size(public.veo3_video_generations.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_3)s::INTEGER END AS anon_1, NULL AS anon_2, public.veo3_video_generations.operation_name, public.veo3_video_generations.scene_id, CASE WHEN (octet_length(public.veo3_video_generations.raw_response) <= %(octet_length_1)s::INTEGER) THEN public.veo3_video_generations.raw_response END AS anon_3, octet_length(public.veo3_video_generations.raw_response) AS octet_length_2, hashtextextended(public.veo3_video_generations.raw_response || %(body_1)s::VARCHAR || coalesce(public.veo3_video_generations.operation_name, %(coalesce_4)s::VARCHAR) || %(param_4)s::VARCHAR || coalesce(public.veo3_video_generations.scene_id, %(coalesce_5)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1 
FROM public.veo3_video_generations 
WHERE public.veo3_video_generations.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.veo3_video_generations.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.veo3_video_generations.raw_response IS NOT NULL AND (public.veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(public.veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER

--- e18e28f1
ROLLBACK TO SAVEPOINT sa_savepoint_1

--- e19447fb
SAVEPOINT sa_savepoint_3

--- e47eeff7
SELECT media_generation_id_backfill_runs.state, media_generation_id_backfill_runs.walk, media_generation_id_backfill_runs.cursor, media_generation_id_backfill_runs.sweep, media_generation_id_backfill_runs.sweep_filled 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.walk != %(walk_1)s::VARCHAR ORDER BY media_generation_id_backfill_runs.id DESC 
 LIMIT %(param_1)s::INTEGER

--- e4ad8394
SELECT media_generation_id_backfill_runs.state, media_generation_id_backfill_runs.walk, media_generation_id_backfill_runs.cursor, media_generation_id_backfill_runs.sweep, media_generation_id_backfill_runs.sweep_filled 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = ? AND media_generation_id_backfill_runs.walk != ? ORDER BY media_generation_id_backfill_runs.id DESC
 LIMIT ? OFFSET ?

--- e4d8093d
RELEASE SAVEPOINT sa_savepoint_1

--- e59b6e5a
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(tableoid AS TEXT) AS tableoid_text, CAST(ctid AS TEXT) AS ctid_text, (SELECT quote_ident(pg_namespace.nspname) || %(quote_ident_1)s::VARCHAR || quote_ident(pg_class.relname) AS anon_2 
FROM pg_namespace, pg_class 
WHERE pg_class.oid = veo3_video_generations.tableoid AND pg_namespace.oid = pg_class.relnamespace) AS anon_1, CAST(ctid AS TEXT) AS ctid 
FROM veo3_video_generations 
WHERE tableoid = CAST(%(param_1)s::VARCHAR AS oid) AND ctid = CAST(%(param_2)s::VARCHAR AS tid) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) FOR UPDATE

--- e5a36315
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE rowid = ? AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- e7138ff8
UPDATE public.high SET media_generation_id=found.found_id, updated_at=%(touched)s::VARCHAR FROM json_to_recordset(CAST(%(param_1)s::VARCHAR AS JSON)) AS found(key_0 text, number INTEGER, writer xid, found_id TEXT, place TEXT, fingerprint BIGINT) WHERE public.high.id = found.key_0 AND public.high.xmin = found.writer AND hashtextextended(public.high.raw_response || %(body_1)s::VARCHAR || coalesce(public.high.operation_name, %(coalesce_1)s::VARCHAR) || %(param_2)s::VARCHAR || coalesce(public.high.scene_id, %(coalesce_2)s::VARCHAR) COLLATE "C", %(hashtextextended_1)s::INTEGER) = found.fingerprint AND (public.high.media_generation_id IS NULL OR (length(ltrim(public.high.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) RETURNING found.number, CAST(public.high.ctid AS TEXT) AS ctid

--- e7550fef
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, CAST(veo3_video_generations.raw_response AS BLOB) AS raw_response, rowid 
FROM veo3_video_generations 
WHERE rowid IN (?, ?) AND veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r') = '') = 1)

--- e8c5cbbc
SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'; SET LOCAL extra_float_digits = '1'

--- e92ca3bd
SELECT lower(name), pk FROM pragma_table_xinfo(?) ORDER BY pk

--- e99effbb
UPDATE users SET domain=? WHERE rowid = ? AND (users.domain IS NULL OR (ltrim(users.domain, ' \t
\x0b\x0c\r') = '') = 1)

--- eb1821bb
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?, ?) ORDER BY media_generation_id_backfill_failures.row_digest

--- ed6337f6
SELECT veo3_video_generations.id, veo3_video_generations.operation_name, veo3_video_generations.scene_id, veo3_video_generations.raw_response, CAST(id AS TEXT) AS id_text, CASE WHEN isfinite(updated_at) THEN (to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s) || %(param_1)s::VARCHAR ELSE to_jsonb(timezone(%(timezone_1)s::VARCHAR, updated_at)) #>> %(to_jsonb_1)s END AS updated_at_text 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND (id, updated_at) > (CAST(%(param_2)s::VARCHAR AS text), CAST(%(param_3)s::VARCHAR AS timestamp with time zone)) ORDER BY id, updated_at 
 LIMIT %(param_4)s::INTEGER

--- ed64127e
RELEASE SAVEPOINT sa_savepoint_14

--- eee33a47
SELECT coalesce(max(CAST(CASE WHEN success THEN result END AS bigint)), 0), coalesce(bool_and(success), true)
FROM (
    SELECT relid FROM pg_partition_tree(CAST(%(table)s AS regclass)) WHERE isleaf
    UNION SELECT CAST(%(table)s AS regclass)
) r
CROSS JOIN LATERAL run_command_on_shards(
    r.relid, 'SELECT pg_relation_size(''%%s'') / current_setting(''block_size'')::bigint'
)

--- ef4b2fac
SAVEPOINT sa_savepoint_12

--- efd1d71c
SAVEPOINT sa_savepoint_2

--- f1431f6c
DELETE FROM media_generation_id_backfill_failures WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?, ?)

--- f2adaa52
SELECT CAST(current_setting('server_version_num') AS int)

--- f2d19e77
SELECT pg_catalog.pg_attribute.attname AS name, pg_catalog.format_type(pg_catalog.pg_attribute.atttypid, pg_catalog.pg_attribute.atttypmod) AS format_type, CASE WHEN pg_catalog.pg_attribute.atthasdef THEN (SELECT pg_catalog.pg_get_expr(pg_catalog.pg_attrdef.adbin, pg_catalog.pg_attrdef.adrelid) AS pg_get_expr_1 
FROM pg_catalog.pg_attrdef 
WHERE pg_catalog.pg_attribute.atthasdef AND pg_catalog.pg_attrdef.adrelid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attrdef.adnum = pg_catalog.pg_attribute.attnum) ELSE NULL END AS "default", pg_catalog.pg_attribute.attnotnull AS not_null, pg_catalog.pg_class.relname AS table_name, pg_catalog.pg_description.description AS comment, pg_catalog.pg_attribute.attgenerated AS generated, CASE WHEN (pg_catalog.pg_attribute.attidentity != %(attidentity_1)s::VARCHAR) THEN (SELECT json_build_object(%(json_build_object_2)s::VARCHAR, pg_catalog.pg_attribute.attidentity = %(attidentity_2)s::VARCHAR, %(json_build_object_3)s::VARCHAR, pg_catalog.pg_sequence.seqstart, %(json_build_object_4)s::VARCHAR, pg_catalog.pg_sequence.seqincrement, %(json_build_object_5)s::VARCHAR, pg_catalog.pg_sequence.seqmin, %(json_build_object_6)s::VARCHAR, pg_catalog.pg_sequence.seqmax, %(json_build_object_7)s::VARCHAR, pg_catalog.pg_sequence.seqcache, %(json_build_object_8)s::VARCHAR, pg_catalog.pg_sequence.seqcycle) AS json_build_object_1 
FROM pg_catalog.pg_sequence 
WHERE pg_catalog.pg_attribute.attidentity != %(attidentity_3)s::VARCHAR AND pg_catalog.pg_sequence.seqrelid = CAST(CAST(pg_catalog.pg_get_serial_sequence(CAST(CAST(pg_catalog.pg_attribute.attrelid AS REGCLASS) AS TEXT), pg_catalog.pg_attribute.attname) AS REGCLASS) AS OID)) ELSE NULL END AS identity_options, CASE WHEN (pg_catalog.pg_attribute.attcollation != %(attcollation_1)s::INTEGER AND (SELECT pg_catalog.pg_type.typcollation 
FROM pg_catalog.pg_type 
WHERE pg_catalog.pg_type.oid = pg_catalog.pg_attribute.atttypid) != pg_catalog.pg_attribute.attcollation) THEN (SELECT json_build_object(%(json_build_object_10)s::VARCHAR, pg_catalog.pg_collation.collname, %(json_build_object_11)s::VARCHAR, CASE WHEN pg_catalog.pg_collation_is_visible(pg_catalog.pg_collation.oid) THEN NULL ELSE pg_catalog.pg_namespace.nspname END) AS json_build_object_9 
FROM pg_catalog.pg_collation JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_collation.collnamespace 
WHERE pg_catalog.pg_collation.oid = pg_catalog.pg_attribute.attcollation) ELSE NULL END AS collation 
FROM pg_catalog.pg_class LEFT OUTER JOIN pg_catalog.pg_attribute ON pg_catalog.pg_class.oid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attribute.attnum > %(attnum_1)s::SMALLINT AND NOT pg_catalog.pg_attribute.attisdropped LEFT OUTER JOIN pg_catalog.pg_description ON pg_catalog.pg_description.objoid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_description.objsubid = pg_catalog.pg_attribute.attnum JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace 
WHERE pg_catalog.pg_class.relkind = ANY (ARRAY[%(param_1)s::VARCHAR, %(param_2)s::VARCHAR, %(param_3)s::VARCHAR, %(param_4)s::VARCHAR, %(param_5)s::VARCHAR]) AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) AND pg_catalog.pg_namespace.nspname != %(nspname_1)s::VARCHAR AND pg_catalog.pg_class.relname IN (%(filter_names_1)s::VARCHAR) ORDER BY pg_catalog.pg_class.relname, pg_catalog.pg_attribute.attnum

--- f5497285
SET LOCAL extra_float_digits = '1'; SET LOCAL enable_memoize = 'off'; SET LOCAL jit = 'off'; SET LOCAL max_parallel_workers_per_gather = '0'; SET LOCAL enable_hashjoin = 'off'; SET LOCAL enable_mergejoin = 'off'; SET LOCAL enable_seqscan = 'off'; SET LOCAL synchronous_commit = 'off'; SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '60s'

--- f7e2a40a
PRAGMA journal_mode

--- f9896fff
SELECT CAST(public.low.ctid AS TEXT) AS place, CAST(public.low.xmin AS TEXT) AS writer, %(param_1)s::VARCHAR AS relation, public.low.id, coalesce(pg_column_size(public.low.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.low.video_url), %(coalesce_2)s::INTEGER) + CASE WHEN (coalesce(pg_column_size(public.low.raw_response), %(coalesce_3)s::INTEGER) + coalesce(pg_column_size(public.low.prompt), %(coalesce_1)s::INTEGER) + coalesce(pg_column_size(public.low.video_url), %(coalesce_2)s::INTEGER) <= %(param_2)s::INTEGER) THEN coalesce(pg_column_size(public.low.raw_response), %(coalesce_3)s::INTEGER) ELSE %(param_3)s::INTEGER END AS anon_1, NULL AS anon_2, public.low.operation_name, public.low.scene_id, CASE WHEN (octet_length(public.low.raw_response) <= %(octet_length_1)s::INTEGER) THEN public.low.raw_response END AS anon_3, octet_length(public.low.raw_response) AS octet_length_2, hashtextextended(public.low.raw_response || %(body_1)s::VARCHAR || coalesce(public.low.operation_name, %(coalesce_4)s::VARCHAR) || %(param_4)s::VARCHAR || coalesce(public.low.scene_id, %(coalesce_5)s::VARCHAR) COLLATE "C", %(hashtextextended_2)s::INTEGER) AS hashtextextended_1, CAST(public.low.id AS TEXT) AS key_0 
FROM public.low 
WHERE public.low.ctid > CAST(%(start)s::VARCHAR AS tid) AND public.low.ctid < CAST(%(end)s::VARCHAR AS tid) AND public.low.raw_response IS NOT NULL AND (public.low.media_generation_id IS NULL OR (length(ltrim(public.low.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) 
 LIMIT %(rows)s::INTEGER

--- f9e713eb
PRAGMA synchronous = 2

--- fa9f25f8
WITH RECURSIVE heirs AS (
    SELECT inhrelid FROM pg_inherits JOIN pg_class p ON p.oid = inhparent
    WHERE inhparent = CAST(%(table)s AS regclass) AND p.relkind <> 'p'
    UNION SELECT i.inhrelid FROM pg_inherits i JOIN heirs h ON i.inhparent = h.inhrelid
)
SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM heirs ORDER BY 1

--- faf90959
SELECT coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NOT NULL) THEN %(param_1)s::INTEGER ELSE %(param_2)s::INTEGER END), %(coalesce_2)s::INTEGER) AS coalesce_1, coalesce(sum(CASE WHEN (media_generation_id_backfill_failures.accepted_at IS NULL AND media_generation_id_backfill_failures.known_since_run > (SELECT coalesce(max(media_generation_id_backfill_runs.id), %(coalesce_5)s::INTEGER) AS coalesce_4 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR AND media_generation_id_backfill_runs.walk != %(walk_1)s::VARCHAR) AND (media_generation_id_backfill_failures.known_since_run NOT IN (SELECT media_generation_id_backfill_runs.id 
FROM media_generation_id_backfill_runs 
WHERE media_generation_id_backfill_runs.backfill = %(backfill_1)s::VARCHAR AND media_generation_id_backfill_runs.state = %(state_1)s::VARCHAR))) THEN %(param_3)s::INTEGER ELSE %(param_4)s::INTEGER END), %(coalesce_6)s::INTEGER) AS coalesce_3 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = %(backfill_2)s::VARCHAR

--- fea4fbe9
SELECT media_generation_id_backfill_failures.backfill, media_generation_id_backfill_failures.row_digest, media_generation_id_backfill_failures.row_name, media_generation_id_backfill_failures.generation_id, media_generation_id_backfill_failures.reason, media_generation_id_backfill_failures.detail, media_generation_id_backfill_failures.body_digest, media_generation_id_backfill_failures.extractor_version, media_generation_id_backfill_failures.run_id, media_generation_id_backfill_failures.sweep, media_generation_id_backfill_failures.first_seen_at, media_generation_id_backfill_failures.last_seen_at, media_generation_id_backfill_failures.known_since_run, media_generation_id_backfill_failures.accepted_at, media_generation_id_backfill_failures.accepted_by, media_generation_id_backfill_failures.note 
FROM media_generation_id_backfill_failures 
WHERE media_generation_id_backfill_failures.backfill = ? AND media_generation_id_backfill_failures.row_digest IN (?, ?) ORDER BY media_generation_id_backfill_failures.row_digest

--- ffe7741a
RELEASE SAVEPOINT sa_savepoint_4

--- fff4ca2e
SAVEPOINT sa_savepoint_10
