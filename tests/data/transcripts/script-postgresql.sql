DO $backfill$
#variable_conflict use_variable
DECLARE
  batch_rows integer := 1000;
  relation oid;
  page tid[];
  first integer;
  batch_filled bigint;
  all_filled bigint := 0;
  moment veo3_video_generations.updated_at%TYPE := to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  is_parsed boolean := (
    WITH RECURSIVE layers AS (
      SELECT atttypid AS type FROM pg_attribute
      WHERE attrelid = 'veo3_video_generations'::regclass AND attname = 'raw_response'
      UNION ALL SELECT typbasetype FROM layers JOIN pg_type ON oid = type AND typtype = 'd'
    ) SELECT bool_or(type = 'jsonb'::regtype) FROM layers
  );
BEGIN
  FOR relation, page IN SELECT read.tableoid, array_agg(read.ctid ORDER BY read.ctid) AS array_agg_1 
FROM (SELECT veo3_video_generations.tableoid AS tableoid, veo3_video_generations.ctid AS ctid, FLOOR((row_number() OVER () - 1) / 8000) AS "window", (row_number() OVER () - 1) %% 8 AS stride 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS read GROUP BY read.tableoid, read."window", read.stride ORDER BY read.tableoid, read."window", read.stride LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE ctid BETWEEN $1 AND $2', relation::regclass)
      USING page[1], page[cardinality(page)];
    first := 1;
    WHILE first <= cardinality(page) LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '200ms', true);
        PERFORM set_config('enable_memoize', 'off', true);
        moment := to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
        IF is_parsed THEN
          UPDATE veo3_video_generations SET media_generation_id=found.found_id, updated_at=moment FROM (SELECT bodies.place AS place, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.ctid AS place, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response #> '{}' AS text 
FROM veo3_video_generations AS source 
WHERE source.tableoid = relation AND source.ctid = ANY (page[first:first + batch_rows - 1]) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS TEXT) AS value
 LIMIT ALL OFFSET 0) AS body_text ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(body.value #> '{operations}') = 'array' AND (body.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((body.value #> '{operations,1}') IS NULL) THEN body.value #> '{operations,0}' END WHEN (jsonb_typeof(body.value #> '{raw,operations}') = 'array' AND (body.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((body.value #> '{raw,operations,1}') IS NULL) THEN body.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true) AS found WHERE veo3_video_generations.tableoid = relation AND veo3_video_generations.ctid = ANY (page[first:first + batch_rows - 1]) AND veo3_video_generations.ctid = found.place AND veo3_video_generations.xmin = found.writer AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND found.found_id IS NOT NULL;
        ELSE
          UPDATE veo3_video_generations SET media_generation_id=found.found_id, updated_at=moment FROM (SELECT bodies.place AS place, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.ctid AS place, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, CASE WHEN (strpos(CAST(source.raw_response AS TEXT), '\u') = 0 OR octet_length(CAST(source.raw_response AS TEXT)) <= 16777216 AND CAST(source.raw_response AS TEXT) ~ '^([^\\]|\\[^u]|\\u([1-9a-cA-CefEF][0-9a-fA-F]{3}|0[1-9a-fA-F][0-9a-fA-F]{2}|00[1-9a-fA-F][0-9a-fA-F]|000[1-9a-fA-F]|[dD][0-7][0-9a-fA-F]{2})|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*$') THEN CAST(source.raw_response AS TEXT) || '' END AS text 
FROM veo3_video_generations AS source 
WHERE source.tableoid = relation AND source.ctid = ANY (page[first:first + batch_rows - 1]) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true) AS found WHERE veo3_video_generations.tableoid = relation AND veo3_video_generations.ctid = ANY (page[first:first + batch_rows - 1]) AND veo3_video_generations.ctid = found.place AND veo3_video_generations.xmin = found.writer AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND found.found_id IS NOT NULL;
        END IF;
        GET DIAGNOSTICS batch_filled = ROW_COUNT;
        all_filled := all_filled + batch_filled;
        first := first + batch_rows;
        batch_rows := least(1000, batch_rows * 2);
      EXCEPTION
        WHEN data_exception OR program_limit_exceeded OR integrity_constraint_violation OR raise_exception
          OR lock_not_available OR deadlock_detected OR serialization_failure THEN
        IF batch_rows = 1 THEN
          first := first + 1;
        ELSE
          batch_rows := greatest(1, batch_rows / 10);
        END IF;
      END;
      COMMIT;
    END LOOP;
  END LOOP;
  RAISE NOTICE '% rows filled; media-gen-ids sync does the rest', all_filled;
END
$backfill$;

DO $backfill$
#variable_conflict use_variable
DECLARE
  batch_rows integer := 1000;
  relation oid;
  page tid[];
  first integer;
  batch_filled bigint;
  all_filled bigint := 0;
  moment text := to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  is_parsed boolean := (
    WITH RECURSIVE layers AS (
      SELECT atttypid AS type FROM pg_attribute
      WHERE attrelid = 'veo3_video_generations'::regclass AND attname = 'raw_response'
      UNION ALL SELECT typbasetype FROM layers JOIN pg_type ON oid = type AND typtype = 'd'
    ) SELECT bool_or(type = 'jsonb'::regtype) FROM layers
  );
BEGIN
  FOR relation, page IN SELECT read.tableoid, array_agg(read.ctid ORDER BY read.ctid) AS array_agg_1 
FROM (SELECT veo3_video_generations.tableoid AS tableoid, veo3_video_generations.ctid AS ctid, FLOOR((row_number() OVER () - 1) / 8000) AS "window", (row_number() OVER () - 1) %% 8 AS stride 
FROM veo3_video_generations 
WHERE veo3_video_generations.raw_response IS NOT NULL AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS read GROUP BY read.tableoid, read."window", read.stride ORDER BY read.tableoid, read."window", read.stride LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE ctid BETWEEN $1 AND $2', relation::regclass)
      USING page[1], page[cardinality(page)];
    first := 1;
    WHILE first <= cardinality(page) LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '200ms', true);
        PERFORM set_config('enable_memoize', 'off', true);
        moment := to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
        IF is_parsed THEN
          UPDATE veo3_video_generations SET media_generation_id=found.found_id FROM (SELECT bodies.place AS place, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.ctid AS place, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, source.raw_response #> '{}' AS text 
FROM veo3_video_generations AS source 
WHERE source.tableoid = relation AND source.ctid = ANY (page[first:first + batch_rows - 1]) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS TEXT) AS value
 LIMIT ALL OFFSET 0) AS body_text ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(body.value #> '{operations}') = 'array' AND (body.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((body.value #> '{operations,1}') IS NULL) THEN body.value #> '{operations,0}' END WHEN (jsonb_typeof(body.value #> '{raw,operations}') = 'array' AND (body.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((body.value #> '{raw,operations,1}') IS NULL) THEN body.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true) AS found WHERE veo3_video_generations.tableoid = relation AND veo3_video_generations.ctid = ANY (page[first:first + batch_rows - 1]) AND veo3_video_generations.ctid = found.place AND veo3_video_generations.xmin = found.writer AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND found.found_id IS NOT NULL;
        ELSE
          UPDATE veo3_video_generations SET media_generation_id=found.found_id FROM (SELECT bodies.place AS place, bodies.writer AS writer, plain.value AS found_id 
FROM (SELECT source.ctid AS place, source.xmin AS writer, source.operation_name AS operation_name, source.scene_id AS scene_id, CASE WHEN (strpos(CAST(source.raw_response AS TEXT), '\u') = 0 OR octet_length(CAST(source.raw_response AS TEXT)) <= 16777216 AND CAST(source.raw_response AS TEXT) ~ '^([^\\]|\\[^u]|\\u([1-9a-cA-CefEF][0-9a-fA-F]{3}|0[1-9a-fA-F][0-9a-fA-F]{2}|00[1-9a-fA-F][0-9a-fA-F]|000[1-9a-fA-F]|[dD][0-7][0-9a-fA-F]{2})|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*$') THEN CAST(source.raw_response AS TEXT) || '' END AS text 
FROM veo3_video_generations AS source 
WHERE source.tableoid = relation AND source.ctid = ANY (page[first:first + batch_rows - 1]) AND source.raw_response IS NOT NULL AND (source.media_generation_id IS NULL OR (length(ltrim(source.media_generation_id, ' \t
\x0b\x0c\r')) = 0))) AS bodies JOIN LATERAL (SELECT bodies.text AS value
 LIMIT ALL OFFSET 0) AS body ON true JOIN LATERAL (SELECT CAST(body.value AS JSONB) AS value
 LIMIT ALL OFFSET 0) AS parsed ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(parsed.value #> '{operations}') = 'array' AND (parsed.value #> '{operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{operations,1}') IS NULL) THEN parsed.value #> '{operations,0}' END WHEN (jsonb_typeof(parsed.value #> '{raw,operations}') = 'array' AND (parsed.value #> '{raw,operations,0}') IS NOT NULL) THEN CASE WHEN ((parsed.value #> '{raw,operations,1}') IS NULL) THEN parsed.value #> '{raw,operations,0}' END END AS value
 LIMIT ALL OFFSET 0) AS operation ON true JOIN LATERAL (SELECT nullif(operation.value #> '{mediaGenerationId}', CAST('null' AS JSONB)) AS top_level, nullif(operation.value #> '{operation,metadata,video,mediaGenerationId}', CAST('null' AS JSONB)) AS nested
 LIMIT ALL OFFSET 0) AS ids ON true JOIN LATERAL (SELECT CASE WHEN (bodies.operation_name != '' AND (CASE WHEN (jsonb_typeof(operation.value #> '{operation,name}') = 'string') THEN (operation.value #> '{operation,name}') #>> '{}' END COLLATE "C") = bodies.operation_name AND nullif(operation.value #> '{operation,error}', CAST('null' AS JSONB)) IS NULL AND (operation.value #> '{status}') IS DISTINCT FROM CAST('"MEDIA_GENERATION_STATUS_FAILED"' AS JSONB) AND (ids.top_level IS NULL OR ids.nested IS NULL OR ids.top_level = ids.nested)) THEN coalesce(ids.top_level, ids.nested) END AS value
 LIMIT ALL OFFSET 0) AS found ON true JOIN LATERAL (SELECT CASE WHEN (jsonb_typeof(found.value) = 'string') THEN found.value #>> '{}' END AS value
 LIMIT ALL OFFSET 0) AS text_found ON true JOIN LATERAL (SELECT CASE WHEN (char_length(text_found.value) <= 255 AND (text_found.value ~ '^[A-Za-z0-9_-]+$')) THEN text_found.value END AS value
 LIMIT ALL OFFSET 0) AS plain ON true) AS found WHERE veo3_video_generations.tableoid = relation AND veo3_video_generations.ctid = ANY (page[first:first + batch_rows - 1]) AND veo3_video_generations.ctid = found.place AND veo3_video_generations.xmin = found.writer AND (veo3_video_generations.media_generation_id IS NULL OR (length(ltrim(veo3_video_generations.media_generation_id, ' \t
\x0b\x0c\r')) = 0)) AND found.found_id IS NOT NULL;
        END IF;
        GET DIAGNOSTICS batch_filled = ROW_COUNT;
        all_filled := all_filled + batch_filled;
        first := first + batch_rows;
        batch_rows := least(1000, batch_rows * 2);
      EXCEPTION
        WHEN data_exception OR program_limit_exceeded OR integrity_constraint_violation OR raise_exception
          OR lock_not_available OR deadlock_detected OR serialization_failure THEN
        IF batch_rows = 1 THEN
          first := first + 1;
        ELSE
          batch_rows := greatest(1, batch_rows / 10);
        END IF;
      END;
      COMMIT;
    END LOOP;
  END LOOP;
  RAISE NOTICE '% rows filled; media-gen-ids sync does the rest', all_filled;
END
$backfill$;