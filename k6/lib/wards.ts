import type { Episode } from './messages.ts';

const BED_DIGITS = 2;
/** A level of an MQTT topic that is not empty. */
const WARD = /^[^/+#]+$/;

/**
 * Every patient's episodes in each of these wards, there as a patient of its own in a bed of its own: so wards, and the
 * partitions they are in, get the same number of messages, however unequal the patients are.
 * @throws Error for a ward that can be in no topic
 */
export function inEveryWard(episodes: readonly Episode[], wards: readonly string[]): Episode[] {
  const wrong = wards.find((ward) => !WARD.test(ward));
  if (wrong !== undefined) throw new Error(`WARDS: "${wrong}" is no level of a topic`);
  const places = new Map([...new Set(episodes.map(({ patientId }) => patientId))].map((id, at) => [id, at + 1]));
  return wards.flatMap((ward, at) =>
    episodes.map((episode) => {
      const bed = `bed-${String(places.get(episode.patientId)).padStart(BED_DIGITS, '0')}`;
      return { ...episode, patientId: `${episode.patientId}-${at + 1}`, ward, bed, deviceId: `mon-${ward}-${bed}` };
    }),
  );
}
