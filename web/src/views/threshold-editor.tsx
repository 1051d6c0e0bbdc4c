import { type FormEvent, useId, useState } from 'react';
import { THRESHOLD_SETTERS } from '../../../shared/access/principal.ts';
import { KINDS, NUMERIC_CODES } from '../../../shared/vitals/kinds.ts';
import type { EffectiveThresholds, Thresholds } from '../../../shared/vitals/thresholds.ts';
import { nowMs } from '../live/clock.ts';
import { unitText } from '../state/sign-view.ts';
import { type Draft, draftOf, type Fault, inherited, limitsOf, setHere } from '../state/threshold-draft.ts';
import { dayTime } from '../state/words.ts';
import { useStation } from './station-context.ts';
import { ThresholdRows } from './threshold-rows.tsx';

interface ThresholdEditorProps {
  /** Of the scope. */
  readonly path: string;
  /** What the scope says now; undefined: nothing. */
  readonly stored: Thresholds | undefined;
  readonly version: number | undefined;
  readonly lastChange: { readonly updatedAt: string; readonly updatedBy: string; readonly reason: string } | undefined;
  /** What holds where it says nothing. */
  readonly held: EffectiveThresholds['limits'];
  /** What became of what was put; it outlives the editor, which begins anew with each version. */
  readonly onSaid: (text: string) => void;
  readonly onPut: () => void;
}

const CHANGED_MEANWHILE = 412;
const FORBIDDEN = 403;

export function ThresholdEditor({ path, stored, version, lastChange, held, onSaid, onPut }: ThresholdEditorProps) {
  const { api, session } = useStation();
  const [draft, setDraft] = useState<Draft>(() => draftOf(stored?.limits ?? {}));
  const [reason, setReason] = useState('');
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const id = useId();
  const isSetter = THRESHOLD_SETTERS.some((role) => role === session.role);
  const put = async (event: FormEvent) => {
    event.preventDefault();
    const checked = limitsOf(draft);
    setFaults('faults' in checked ? checked.faults : []);
    if ('faults' in checked) return onSaid('Nothing was changed: see what is wrong above.');
    const { limits } = checked;
    const news2 = stored?.news2 === undefined ? {} : { news2: stored.news2 };
    const answer = await api.send({
      method: 'PUT',
      path,
      headers: version === undefined ? {} : { 'if-match': `"${version}"` },
      body: { limits, ...news2, reason: reason.trim() },
    });
    if (answer.outcome === 'done') {
      onSaid('Saved. It holds from now on.');
      setReason('');
      return onPut();
    }
    if (answer.outcome === 'away')
      return onSaid('The server did not answer. Nothing may have been changed: try again.');
    if (answer.status === CHANGED_MEANWHILE) {
      onSaid('Changed by somebody since you looked. What they set is shown now; yours was not saved.');
      return onPut();
    }
    onSaid(answer.status === FORBIDDEN ? 'Your role may not change limits.' : answer.detail);
  };
  return (
    <form className="thresholds" onSubmit={put}>
      <fieldset className="limits-of" disabled={!isSetter}>
        <table>
          <thead>
            <tr>
              <th scope="col">Sign</th>
              <th scope="col">When</th>
              <th scope="col">Severe below</th>
              <th scope="col">Below</th>
              <th scope="col">Above</th>
              <th scope="col">Severe above</th>
              <th scope="col">Delay, s</th>
              <th scope="col">Hysteresis</th>
              <th scope="col">Priority</th>
              <th scope="col">
                <span className="hidden">Set here</span>
              </th>
            </tr>
          </thead>
          {NUMERIC_CODES.map((code) => {
            const rows = draft[code];
            const name = `${KINDS[code].short}, ${unitText(code)}`;
            return (
              <ThresholdRows
                key={code}
                code={code}
                name={name}
                rows={rows}
                held={held[code] ?? []}
                isFaulty={faults.some((fault) => fault.code === code)}
                onChange={(change) => setDraft(change)}
                onSet={() => setDraft((before) => setHere(before, code, held[code]))}
                onInherit={() => setDraft((before) => inherited(before, code))}
              />
            );
          })}
        </table>
      </fieldset>
      <div role="alert">
        <ul className="faults">
          {faults.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </div>
      {!isSetter && <p className="dim">Limits are set by doctors and charge nurses.</p>}
      <div className="save" hidden={!isSetter}>
        <label htmlFor={`${id}-reason`}>Reason</label>
        <input
          id={`${id}-reason`}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          required
          maxLength={500}
          autoComplete="off"
        />
        <button type="submit" className="primary">
          Save
        </button>
      </div>
      {lastChange !== undefined && (
        <p className="dim">
          Version {version}, by {lastChange.updatedBy} at {dayTime(Date.parse(lastChange.updatedAt), nowMs())}:{' '}
          <q>{lastChange.reason}</q>
        </p>
      )}
    </form>
  );
}
