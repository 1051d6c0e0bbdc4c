import type pg from 'pg';

/** An episode as the database finds it. `onsetRow` counts the file's rows from 0. */
export interface OracleEpisode {
  readonly recording: string;
  readonly label: string;
  readonly onsetRow: number;
  readonly onsetSecond: number;
}

export async function createOracle(pool: pg.Pool): Promise<void> {
  await pool.query(
    `CREATE TABLE annotation (recording text, row_number int, second float8, rhythm text, flag text,
       PRIMARY KEY (recording, row_number))`,
  );
}

/** Stores the fields of one file as they are written there; the database does the rest. */
export async function storeAnnotations(
  pool: pg.Pool,
  recording: string,
  columns: {
    readonly seconds: readonly string[];
    readonly rhythms: readonly string[];
    readonly flags: readonly string[];
  },
): Promise<void> {
  await pool.query(
    `INSERT INTO annotation
       SELECT $1, n - 1, second::float8, rhythm, flag
       FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS row (second, rhythm, flag, n)`,
    [recording, columns.seconds, columns.rhythms, columns.flags],
  );
}

/**
 * Episodes by gaps and islands: within a label, a row's number less its rank is the same for all rows of a run. It shares no code
 * and no method with the detector.
 */
export async function oracleEpisodes(pool: pg.Pool): Promise<OracleEpisode[]> {
  const { rows } = await pool.query<OracleEpisode>(
    `WITH island AS (
       SELECT *, row_number - row_number() OVER (PARTITION BY recording, rhythm ORDER BY row_number) AS run
       FROM annotation
     )
     SELECT DISTINCT ON (recording, rhythm, run)
       recording, rhythm AS label, row_number AS "onsetRow", second AS "onsetSecond"
     FROM island
     WHERE rhythm IN ('VT', 'SVTA', 'AVB') AND lower(flag) <> 'true'
     ORDER BY recording, rhythm, run, row_number`,
  );
  return rows;
}

/** How many runs of each label there are, flagged ones included. */
export async function oracleRuns(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ label: string; runs: number }>(
    `WITH island AS (
       SELECT recording, rhythm,
         row_number - row_number() OVER (PARTITION BY recording, rhythm ORDER BY row_number) AS run
       FROM annotation
     )
     SELECT rhythm AS label, count(DISTINCT (recording, run))::int AS runs
     FROM island WHERE rhythm IN ('VT', 'SVTA', 'AVB') GROUP BY rhythm`,
  );
  return Object.fromEntries(rows.map(({ label, runs }) => [label, runs]));
}
