import type { NumericCode } from '../../../shared/vitals/kinds.ts';
import type { Limit } from '../../../shared/vitals/thresholds.ts';
import { type Draft, type DraftRow, FIELDS, type Field, withField, withPriority } from '../state/threshold-draft.ts';

interface ThresholdRowsProps {
  readonly code: NumericCode;
  readonly name: string;
  /** Undefined: the scope says nothing of the kind. */
  readonly rows: readonly DraftRow[] | undefined;
  readonly held: readonly Limit[];
  readonly isFaulty: boolean;
  readonly onChange: (change: (draft: Draft) => Draft) => void;
  readonly onSet: () => void;
  readonly onInherit: () => void;
}

const PRIORITIES = ['high', 'medium', 'low'] as const satisfies Limit['priority'][];

const FIELD_NAMES: Readonly<Record<Field, string>> = {
  severeLow: 'severe below',
  low: 'below',
  high: 'above',
  severeHigh: 'severe above',
  delayS: 'delay in seconds',
  hysteresis: 'hysteresis',
};

/** A kind's limits: one row for each state of sleep that it tells apart. */
export function ThresholdRows({ code, name, rows, held, isFaulty, onChange, onSet, onInherit }: ThresholdRowsProps) {
  if (rows === undefined) return <Inherited name={name} held={held} onSet={onSet} />;
  return (
    <tbody className={isFaulty ? 'faulty' : undefined}>
      {(rows.length === 0 ? [undefined] : rows).map((row, index) => (
        <tr key={row?.when ?? 'none'}>
          {index === 0 && (
            <th scope="rowgroup" rowSpan={Math.max(1, rows.length)}>
              {name}
            </th>
          )}
          {row === undefined ? (
            <td colSpan={8}>no limit at all</td>
          ) : (
            <Row code={code} name={name} row={row} index={index} onChange={onChange} />
          )}
          {index === 0 && (
            <td rowSpan={Math.max(1, rows.length)}>
              <button type="button" onClick={onInherit}>
                As above<span className="hidden"> for {name}</span>
              </button>
            </td>
          )}
        </tr>
      ))}
    </tbody>
  );
}

type RowProps = Pick<ThresholdRowsProps, 'code' | 'name' | 'onChange'> & {
  readonly row: DraftRow;
  readonly index: number;
};

function Row({ code, name, row: { when, priority, texts }, index, onChange }: RowProps) {
  return (
    <>
      <td>{when}</td>
      {FIELDS.map((field) => (
        <td key={field}>
          <input
            aria-label={`${name} ${FIELD_NAMES[field]}, ${when}`}
            inputMode="decimal"
            size={5}
            value={texts[field]}
            onChange={({ target }) => onChange((draft) => withField(draft, code, index, field, target.value))}
          />
        </td>
      ))}
      <td>
        <select
          aria-label={`${name} priority, ${when}`}
          value={priority}
          onChange={({ target }) => {
            const chosen = PRIORITIES.find((one) => one === target.value) ?? priority;
            onChange((draft) => withPriority(draft, code, index, chosen));
          }}
        >
          {PRIORITIES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </td>
    </>
  );
}

function Inherited({ name, held, onSet }: Pick<ThresholdRowsProps, 'name' | 'held' | 'onSet'>) {
  const rows: readonly (Limit | undefined)[] = held.length === 0 ? [undefined] : held;
  return (
    <tbody className="inherited">
      {rows.map((limit, index) => (
        <tr key={limit?.when ?? 'none'}>
          {index === 0 && (
            <th scope="rowgroup" rowSpan={rows.length}>
              {name}
            </th>
          )}
          {limit === undefined ? (
            <td colSpan={8}>no limit</td>
          ) : (
            <>
              <td>{limit.when}</td>
              {FIELDS.map((field) => (
                <td key={field}>{limit[field] ?? '–'}</td>
              ))}
              <td>{limit.priority}</td>
            </>
          )}
          {index === 0 && (
            <td rowSpan={rows.length}>
              <button type="button" onClick={onSet}>
                Set here<span className="hidden"> for {name}</span>
              </button>
            </td>
          )}
        </tr>
      ))}
    </tbody>
  );
}
