import { memo } from 'react';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { KINDS, type NumericCode, RHYTHM } from '../../../shared/vitals/kinds.ts';
import { statusNow } from '../state/alert-list.ts';
import { alertShortText, alertText } from '../state/alert-words.ts';
import type { BedState } from '../state/bed-state.ts';
import { hashOf } from '../state/routes.ts';
import { rhythmText, type SignView, signView, unitText } from '../state/sign-view.ts';
import { ageText } from '../state/words.ts';
import { PriorityMark } from './priority-mark.tsx';
import { Sparkline } from './sparkline.tsx';
import { useStation } from './station-context.ts';

interface TileProps {
  readonly bed: BedState;
  readonly alert: AlertItem | undefined;
  /** Epoch ms, to the second. */
  readonly now: number;
  /** The ways to the ward are closed: what is shown is from before. */
  readonly isOld: boolean;
}

const LARGE = ['8867-4', '59408-5'] as const satisfies NumericCode[];
const SMALL = ['9279-1', '8310-5'] as const satisfies NumericCode[];
const GLUCOSE = '2339-0' satisfies NumericCode;
/** A sign that comes this much later than it should shows how old it is. */
const AGE_SHOWN_S = 5;
const MS_PER_S = 1_000;

/** One bed, legible from across the ward. */
export const Tile = memo(function Tile({ bed, alert, now, isOld }: TileProps) {
  const { ward } = useStation();
  const status = alert === undefined ? undefined : statusNow(alert, now);
  const isAnswered = status === 'accepted' || status === 'acknowledged' || status === 'resolved';
  const small: readonly NumericCode[] = bed.signs[GLUCOSE] === undefined ? SMALL : [...SMALL, GLUCOSE];
  return (
    <a
      className={`tile ${alert ? `tile-${alert.priority}` : ''} ${isAnswered ? 'answered' : ''} ${isOld ? 'old' : ''}`}
      href={hashOf({ view: 'bed', ward, bed: bed.bed })}
      data-bed={bed.bed}
    >
      <span className="tile-head">
        <span className="bed-name">{bed.bed}</span>
        <span className="patient">{bed.patientId}</span>
      </span>
      <span className="tile-alert">
        {alert === undefined && <Rhythm bed={bed} />}
        {alert && (
          <>
            <PriorityMark priority={alert.priority} isHollow={isAnswered} />
            <span className="what">
              <span className="hidden">{alert.priority} priority: </span>
              {isAnswered ? alertShortText(alert) : alertText(alert)}
              {status === 'resolved' && ' (over)'}
            </span>
            {isAnswered && <span className="owner">{alert.owner?.id ?? (status === 'resolved' ? '' : 'seen')}</span>}
          </>
        )}
      </span>
      <span className="signs">
        <span className="signs-large">
          {LARGE.map((code) => (
            <Sign key={code} bed={bed} view={signView(bed, code, now)} isOld={isOld} isLarge />
          ))}
        </span>
        <span className="signs-small">
          <Pressure bed={bed} now={now} isOld={isOld} />
          {small.map((code) => (
            <Sign key={code} bed={bed} view={signView(bed, code, now)} isOld={isOld} />
          ))}
        </span>
      </span>
    </a>
  );
});

/** Where a quiet bed's alert would stand. */
function Rhythm({ bed }: { bed: BedState }) {
  const value = bed.signs[RHYTHM]?.value;
  return typeof value === 'string' && <span className="rhythm">{rhythmText(value)}</span>;
}

interface SignProps {
  readonly bed: BedState;
  readonly view: SignView;
  readonly isOld: boolean;
  readonly isLarge?: boolean;
}

function Sign({ bed, view, isOld, isLarge = false }: SignProps) {
  const { code, text, beyond, ageS } = view;
  const reason = isLarge ? view.reason : view.brief;
  const trail = bed.trails[code];
  const isLate = ageS !== undefined && (isOld || ageS > KINDS[code].cadenceS + AGE_SHOWN_S);
  return (
    <span className={`sign ${isLarge ? 'large' : ''} ${beyond ? 'beyond' : ''}`} data-code={code}>
      <span className="label">
        {KINDS[code].short} <span className="unit">{unitText(code)}</span>
        <Limits view={view} />
      </span>
      <span className="value">
        {text}
        {beyond && <Arrow side={beyond} />}
      </span>
      {reason !== undefined && <span className="reason">{reason}</span>}
      {isLarge && reason === undefined && trail !== undefined && <Sparkline trail={trail} />}
      {reason === undefined && isLate && <span className="age">{ageText(ageS * MS_PER_S)}</span>}
    </span>
  );
}

/** Both of a cuff's figures are one measurement, an hour old perhaps: how old belongs to them. */
function Pressure({ bed, now, isOld }: { bed: BedState; now: number; isOld: boolean }) {
  const systolic = signView(bed, '8480-6', now);
  const diastolic = signView(bed, '8462-4', now);
  const beyond = systolic.beyond ?? diastolic.beyond;
  const isThere = systolic.reason === undefined || diastolic.reason === undefined;
  const { ageS } = systolic;
  return (
    <span className={`sign ${beyond ? 'beyond' : ''}`} data-code="8480-6">
      <span className="label">
        BP <span className="unit">{unitText('8480-6')}</span>
        <Limits view={systolic} />
      </span>
      <span className="value">
        {isThere ? `${systolic.text}/${diastolic.text}` : systolic.text}
        {beyond && <Arrow side={beyond} />}
      </span>
      {!isThere && <span className="reason">{systolic.brief}</span>}
      {isThere && ageS !== undefined && (isOld || ageS > AGE_SHOWN_S) && (
        <span className="age">{ageText(ageS * MS_PER_S)}</span>
      )}
    </span>
  );
}

function Limits({ view: { low, high } }: { view: SignView }) {
  if (low === undefined && high === undefined) return null;
  return (
    <span className="limits">
      <span className="hidden">limits </span>
      {low ?? ''}–{high ?? ''}
    </span>
  );
}

function Arrow({ side }: { side: 'low' | 'high' }) {
  return (
    <span className="arrow">
      <span aria-hidden="true">{side === 'low' ? '▼' : '▲'}</span>
      <span className="hidden"> {side === 'low' ? 'below' : 'above'} its limit</span>
    </span>
  );
}
