import { TransientError } from '../../shared/errors.ts';

/** A nurse a ward, and who is on call for all. */
const ROSTER = (ward: string) => ({
  duties: [
    { role: 'nurse', personId: `nurse-${ward}`, bed: null, via: 'assigned' },
    { role: 'charge-nurse', personId: `charge-${ward}`, bed: null, via: 'assigned' },
    { role: 'doctor', personId: 'doctor-on-call', bed: null, via: 'on-call' },
    { role: 'technician', personId: 'technician-on-call', bed: null, via: 'on-call' },
  ],
});

/** Somebody of each role is on duty in each ward. */
export async function putRosters(http: string, token: string, wards: number): Promise<void> {
  for (let number = 1; number <= wards; number += 1) {
    const ward = `icu-${number}`;
    const answer = await fetch(`${http}/wards/${ward}/roster`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(ROSTER(ward)),
    });
    if (!answer.ok)
      throw new TransientError('lab_load', `PUT /wards/${ward}/roster: ${answer.status} ${await answer.text()}`);
  }
}
