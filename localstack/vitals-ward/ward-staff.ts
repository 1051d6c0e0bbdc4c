// Who is on duty for a simulated ward, so that its alerts find somebody.
import type { Duties } from '../../shared/alert-desk/roster.ts';
import { TransientError } from '../../shared/errors.ts';

/** As long as anybody plays with it. */
const ON_DUTY_MS = 7 * 24 * 3_600_000;

/** Two nurses and who answers for the ward; a doctor and a technician are on call. */
function dutiesOf(ward: string, nowMs: number): Duties {
  const [from, until] = [new Date(nowMs).toISOString(), new Date(nowMs + ON_DUTY_MS).toISOString()];
  const duty = <Role extends Duties['assigned'][number]['role']>(personId: string, role: Role) => ({
    personId,
    role,
    bed: null,
    from,
    until,
  });
  return {
    assigned: [
      duty(`nurse-a-${ward}`, 'nurse'),
      duty(`nurse-b-${ward}`, 'nurse'),
      duty(`charge-${ward}`, 'charge-nurse'),
    ],
    onCall: [duty('doctor-on-call', 'doctor'), duty('technician-on-call', 'technician')],
  };
}

/**
 * Puts them on duty over HTTP, in wards where nobody has put anybody; what somebody has put stays.
 * @param token of a charge nurse, or an admin
 */
export async function staffWards(http: string, token: string, wards: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (const ward of wards) {
    const url = `${http}/wards/${encodeURIComponent(ward)}/roster`;
    const found = await fetch(url, { headers });
    const { version } = found.ok ? ((await found.json()) as { version: number }) : { version: 0 };
    if (version > 0) continue;
    const body = JSON.stringify({ ...dutiesOf(ward, Date.now()), reason: 'simulated ward' });
    const put = await fetch(url, { method: 'PUT', headers: { ...headers, 'if-match': `"${version}"` }, body });
    // Somebody else was first.
    if (put.status === PRECONDITION_FAILED) continue;
    if (!put.ok) throw new TransientError('roster_refused', `PUT ${url}: ${put.status} ${await put.text()}`);
  }
}

const PRECONDITION_FAILED = 412;
