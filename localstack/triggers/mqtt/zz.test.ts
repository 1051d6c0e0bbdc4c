import { test } from 'vitest';
import { testPeer } from './test-peer.ts';
import { openLink } from './link.ts';
import { systemClock } from '../clock.ts';
import { createRequire } from 'node:module';
test('x', async () => {
  const r = createRequire(createRequire(import.meta.url).resolve('mqtt'));
  const c = r('rfdc/default');
  try { console.log(c({ p: Buffer.from('x'), properties: undefined, a: {userProperties: {}} })); } catch (e) { console.log(e); }
const peer = await testPeer();
await new Promise<void>(done => {
const link = openLink({url:peer.url,username:undefined,password:undefined,tls:{},clientId:'l',protocolVersion:5,sessionExpiryS:0,receiveMaximum:20,keepaliveS:10,connectTimeoutMs:5000,filter:'a/#',qos:1,retainHandling:0,subscribeAnew:true},
 {connected(){console.log('connected')},ready(){console.log('ready'); setTimeout(() => {try {link.publish('dead',Buffer.from('x'),{a:'b'}).then(r=>console.log('pub',r),e=>console.log('err',e)).then(done)} catch (e) {console.log(e)}},100)},message(m){console.log(m)},closed(e){console.log('closed',e)}}, systemClock);
});
await peer.close();
});
