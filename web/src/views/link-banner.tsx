import { useNow } from '../live/use-now.ts';
import { type LinkFault, linkFaults } from '../state/link-state.ts';
import { ageText, clockTime } from '../state/words.ts';
import { useWard } from './station-context.ts';

/** What each means to who stands before it. */
const SAYS: Readonly<Record<LinkFault['fault'], string>> = {
  broker: 'No connection to the ward. Values and alerts are old: look at the monitors.',
  heartbeat: 'The alert service gives no sign of life. New alerts may be missing: look at the monitors.',
  http: 'The server does not answer. Alerts are live, but nothing can be acknowledged or changed from here.',
};

/** The worst of what is wrong with the ways to the ward, in plain words; nothing while all is well. */
export function LinkBanner() {
  const link = useWard((state) => state.link);
  const now = useNow();
  const [worst] = linkFaults(link, now);
  return (
    <div role="alert" className={worst === undefined ? undefined : 'link-banner'} data-fault={worst?.fault}>
      {worst !== undefined && (
        <>
          <strong>{worst.fault === 'http' ? 'Server away' : 'Link lost'}</strong> {SAYS[worst.fault]}{' '}
          {'refusal' in worst && worst.refusal !== undefined && `The broker says: ${worst.refusal}.`}
          <span className="since" aria-hidden="true">
            since {clockTime(worst.sinceMs)}, {ageText(now - worst.sinceMs)}
          </span>
        </>
      )}
    </div>
  );
}
