import type { History, SentMessage } from './history.ts';
import { distribution } from './quantile.ts';
import type { Counts } from './verdict.ts';

/** The counts by their definitions, without a thought for speed: what the checker's are compared with. No phantoms by group. */
export function plainCounts({ sent, delivered }: History, group?: string): Counts {
  const firstSendings = sent.filter(({ id }, place) => sent.findIndex((other) => other.id === id) === place);
  const deliveriesOf = (id: string) => delivered.filter((one) => one.id === id);
  const firstDelivery = (id: string) => delivered.findIndex((one) => one.id === id);
  const acknowledged = ({ id }: SentMessage) => sent.some((one) => one.id === id && one.acknowledged);
  const overtaken = (message: SentMessage, place: number) =>
    firstSendings.some(
      (later, laterPlace) =>
        laterPlace > place &&
        later.key === message.key &&
        firstDelivery(later.id) !== -1 &&
        firstDelivery(later.id) < firstDelivery(message.id),
    );
  const placed = firstSendings.map((message, place) => ({ message, late: overtaken(message, place) }));
  const mine = placed.filter(({ message }) => group === undefined || message.group === group);
  const reached = mine.filter(({ message }) => deliveriesOf(message.id).length > 0);
  const lost = mine.filter(({ message }) => deliveriesOf(message.id).length === 0);
  return {
    sent: mine.length,
    acknowledged: mine.filter(({ message }) => acknowledged(message)).length,
    delivered: reached.length,
    lost: lost.length,
    lostAcknowledged: lost.filter(({ message }) => acknowledged(message)).length,
    duplicated: reached.filter(({ message }) => deliveriesOf(message.id).length > 1).length,
    surplus: reached.reduce((sum, { message }) => sum + deliveriesOf(message.id).length - 1, 0),
    phantom: group === undefined ? delivered.filter(({ id }) => sent.every((one) => one.id !== id)).length : 0,
    outOfOrder: reached.filter(({ late }) => late).length,
    wrongKey: reached.filter(({ message: { id, key } }) => deliveriesOf(id).some((one) => (one.key ?? key) !== key))
      .length,
    latencyMs: distribution(
      reached.map(({ message: { id, atMs } }) => (delivered[firstDelivery(id)]?.atMs ?? Number.NaN) - atMs),
    ),
  };
}
