/** Postgres cuts longer names off without an error (NAMEDATALEN − 1, PostgreSQL documentation 4.1.1). */
const MAX_IDENTIFIER_BYTES = 63;
/** schema.table */
const MAX_TABLE_PARTS = 2;
/** A part of a table's name: in quotes, where "" is a quote and a dot is a dot; or all up to the next dot. */
const PART = /"((?:[^"]|"")+)"|([^".]+)/y;

/**
 * A column's name, quoted: taken as written, upper and lower case included; nothing in it can leave the quotes.
 * @throws TypeError when Postgres could not take the name as it is.
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\u0000') || Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) {
    throw new TypeError(
      `${JSON.stringify(name)} is no Postgres identifier (1 to ${MAX_IDENTIFIER_BYTES} bytes, no NUL)`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A table's name, quoted: `table` or `schema.table`, each as written; a part with a dot in it goes in double quotes.
 * @throws TypeError when it is neither.
 */
export function quoteTable(name: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    PART.lastIndex = at;
    const match = PART.exec(name);
    if (match === null) break;
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = PART.lastIndex;
    if (name[at] !== '.') break;
    at += 1;
  }
  if (at !== name.length || name.endsWith('.') || parts.length === 0 || parts.length > MAX_TABLE_PARTS) {
    throw new TypeError(`${JSON.stringify(name)} is no table name (table or schema.table)`);
  }
  return parts.map(quoteIdentifier).join('.');
}
