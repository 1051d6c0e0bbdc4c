import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  PERSISTENCE_ATTRIBUTE_KEY_MAPPINGS,
} from '@aws-lambda-powertools/idempotency';
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import type { BasePersistenceAttributes } from '@aws-lambda-powertools/idempotency/types';
import { groupedRecords, type Records } from './grouped-records.ts';
import { DEFAULT_TABLE } from './record-statements-store.ts';
import { type KeyValues, type Queryable, type RecordRow, recordStore } from './record-store.ts';
import { fromStoredJson, toStoredJson } from './stored-json.ts';

/** As DynamoDBPersistenceOptions; an attribute is a column. Names are taken as written, upper and lower case included. */
export interface PostgresPersistenceOptions extends BasePersistenceAttributes {
  /** A pg Pool; each statement is a transaction of its own, so no connection is held while the handler runs. Few are used. */
  pool: Queryable;
  /** `table` or `schema.table`; default `idempotency.keys`. */
  tableName?: string;
  /** Default `id`. */
  keyAttr?: string;
  /** Second column of a two-column primary key: it gets the idempotency key, `keyAttr` gets `staticPkValue`. */
  sortKeyAttr?: string;
  /** Default `idempotency#<function name>`; only used with `sortKeyAttr`. */
  staticPkValue?: string;
}

const MS_PER_SECOND = 1000;

/**
 * Powertools idempotency on Postgres: behaves as DynamoDBPersistenceLayer does, in one statement a call or a group of concurrent calls.
 * Times are stored and compared on the database's clock, so callers whose clocks differ neither take over a run that is
 * still allowed to finish nor see a record expire early; what callers get is translated to their own clock.
 * @throws TypeError, Error (constructor) for names that cannot be columns of one table.
 */
export class PostgresPersistenceLayer extends BasePersistenceLayer {
  readonly #records: Records;
  readonly #sortKeyAttr: string | undefined;
  readonly #staticPkValue: string;

  constructor(options: PostgresPersistenceOptions) {
    super();
    const { pool, tableName = DEFAULT_TABLE.tableName, keyAttr = DEFAULT_TABLE.keyAttr, sortKeyAttr } = options;
    if (sortKeyAttr === keyAttr) {
      throw new Error(`keyAttr [${keyAttr}] and sortKeyAttr [${sortKeyAttr}] cannot be the same!`);
    }
    const names = PERSISTENCE_ATTRIBUTE_KEY_MAPPINGS;
    this.#sortKeyAttr = sortKeyAttr;
    this.#staticPkValue = options.staticPkValue ?? `idempotency#${this.idempotencyKeyPrefix}`;
    const store = recordStore(pool, {
      tableName,
      keyAttr,
      sortKeyAttr,
      statusAttr: options.statusAttr ?? names.statusAttr,
      expiryAttr: options.expiryAttr ?? names.expiryAttr,
      inProgressExpiryAttr: options.inProgressExpiryAttr ?? names.inProgressExpiryAttr,
      dataAttr: options.dataAttr ?? names.dataAttr,
      validationKeyAttr: options.validationKeyAttr ?? names.validationKeyAttr,
    });
    this.#records = groupedRecords(store);
  }

  protected async _putRecord(record: IdempotencyRecord): Promise<void> {
    const { inProgressExpiryTimestamp } = record;
    const result = await this.#records.put({
      key: this.#keyOf(record.idempotencyKey),
      ...this.#common(record),
      inProgressExpiryInMs: inProgressExpiryTimestamp === undefined ? null : inProgressExpiryTimestamp - Date.now(),
    });
    if (result.won) return;
    const { existing } = result;
    throw new IdempotencyItemAlreadyExistsError(
      `Failed to put record for already existing idempotency key: ${record.idempotencyKey}`,
      existing && this.#toRecord(record.idempotencyKey, existing),
    );
  }

  protected async _updateRecord(record: IdempotencyRecord): Promise<void> {
    await this.#records.update({
      key: this.#keyOf(record.idempotencyKey),
      ...this.#common(record),
      data: toStoredJson(record.responseData, 'The response'),
    });
  }

  protected async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const row = await this.#records.get(this.#keyOf(idempotencyKey));
    if (!row) throw new IdempotencyItemNotFoundError('Item does not exist in persistence store');
    return this.#toRecord(idempotencyKey, row);
  }

  protected async _deleteRecord(record: IdempotencyRecord): Promise<void> {
    await this.#records.delete(this.#keyOf(record.idempotencyKey));
  }

  #keyOf(idempotencyKey: string): KeyValues {
    return this.#sortKeyAttr === undefined ? [idempotencyKey] : [this.#staticPkValue, idempotencyKey];
  }

  #common(record: IdempotencyRecord): Pick<RecordRow, 'status' | 'expiryInMs' | 'validation'> {
    const { expiryTimestamp, payloadHash } = record;
    if (expiryTimestamp === undefined) throw new TypeError('An idempotency record needs an expiry.');
    return {
      status: record.getStatus(),
      expiryInMs: expiryTimestamp * MS_PER_SECOND - Date.now(),
      validation: this.isPayloadValidationEnabled() ? (payloadHash ?? null) : null,
    };
  }

  #toRecord(key: string, row: RecordRow): IdempotencyRecord {
    const now = Date.now();
    const inProgressMs = row.inProgressExpiryInMs;
    const data = fromStoredJson(row.data) as IdempotencyRecord['responseData'];
    return new IdempotencyRecord({
      // As the DynamoDB layer: with a sort key, the key is the partition's and the sort key is the caller's.
      ...(this.#sortKeyAttr === undefined
        ? { idempotencyKey: key }
        : { idempotencyKey: this.#staticPkValue, sortKey: key }),
      status: row.status,
      // Whole seconds, up: a record that is live on the database's clock must not look expired here.
      expiryTimestamp: Math.ceil((now + row.expiryInMs) / MS_PER_SECOND),
      ...(inProgressMs === null ? {} : { inProgressExpiryTimestamp: Math.ceil(now + inProgressMs) }),
      ...(data === undefined ? {} : { responseData: data }),
      ...(row.validation === null ? {} : { payloadHash: row.validation }),
    });
  }
}
