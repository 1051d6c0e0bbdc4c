import { readFileSync } from 'node:fs';
import { killableBroker } from './test-killable-broker.ts';
import { messages, numbers } from './test-source.ts';
const broker = await killableBroker();
await broker.createStream('a');
await broker.createStream('b');
for (let i = 0; i < 30; i += 1) await broker.publish('a', messages(...numbers(0, 100)));
await broker.kill();
console.log('killed');
await broker.start();
console.log('started');
const t0 = Date.now();
for (let i = 0; i < 60; i += 1) {
  try { await broker.publish('a', messages('x')); console.log('ok', Date.now() - t0); break; }
  catch (e) { if (i % 10 === 0) console.log(Date.now() - t0, String(e)); await new Promise((r) => setTimeout(r, 500)); }
}
console.log(readFileSync(`${broker.home}/logs/rabbitmq.log`, 'utf8').split('\n').filter((l) => /stream|osiris|error|warning/i.test(l)).slice(-60).join('\n'));
await broker.close();
