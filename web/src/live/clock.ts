/** By how much the server's clock is ahead of this machine's; phones are minutes wrong. */
let aheadMs = 0;
/** An answer's date has whole seconds, and is as old as the answer's way: less than this is no difference. */
const NOTICED_MS = 3_000;

/** Our clock (epoch ms): the server's, as well as its answers tell it. */
export const nowMs = (): number => Date.now() + aheadMs;

export function setByAnswer(answer: Response): void {
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) return;
  const found = date - Date.now();
  aheadMs = Math.abs(found) > NOTICED_MS ? found : 0;
}
