import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultProxyControl } from './control-client.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { connectOf } from './testing/packets.ts';
import { bothEnds } from './testing/peers.ts';

const anyPort = { host: '127.0.0.1', port: 0 };
let proxy: FaultProxy;
let server: ControlServer;
beforeAll(async () => {
  proxy = await startFaultProxy({ listen: anyPort, upstream: { host: '127.0.0.1', port: 1 }, seed: 7 });
  server = await startControlServer(proxy, anyPort);
});
afterAll(async () => {
  await Promise.all([server.close(), proxy.stop()]);
});

const ask = async (method: string, path: string, body?: string, type = 'application/json') => {
  const headers = body === undefined ? {} : { 'content-type': type };
  const response = await fetch(new URL(path, server.url), { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
};

test('the client sets, adds, reads and removes toxics', async () => {
  const control = faultProxyControl(server.url);
  const drop = { type: 'drop', name: 'drop_downstream', direction: 'downstream', rate: 0.1, qos: [0] };
  expect(await control.setToxics([{ type: 'drop', rate: 0.1 }])).toEqual([drop]);
  const flap = await control.addToxic({ type: 'flap', upMs: 10_000, downMs: 5, link: 'consumer-broker' });
  expect(flap.name).toBe('flap_downstream@consumer-broker');
  expect(await control.toxics()).toEqual([drop, flap]);
  await expect(control.addToxic({ type: 'drop', rate: 0.2 })).rejects.toMatchObject({ code: 'toxic_exists' });
  await control.removeToxic(flap.name);
  await expect(control.removeToxic(flap.name)).rejects.toMatchObject({ code: 'not_found' });
  expect(await control.toxics()).toEqual([drop]);
  expect(await control.setToxics([])).toEqual([]);
});

test('the client reads and clears the journal, and reads connections', async () => {
  const both = await bothEnds({ toxics: [{ type: 'drop', rate: 0, direction: 'upstream' }] });
  const api = await startControlServer(both.proxy, anyPort);
  const control = faultProxyControl(api.url);
  both.client.write(connectOf(4, 'monitor-3'));
  await once(both.broker, 'data');
  both.client.write(Buffer.from([0x30, 3, 0, 1, 97]));
  await once(both.broker, 'data');
  expect(await control.connections()).toMatchObject([{ clientId: 'monitor-3', protocol: '3.1.1', raw: [] }]);
  expect(await control.counters()).toMatchObject({ upstream: { passed: 1 }, toxics: [{ seen: 1, hit: 0 }] });
  expect(await control.journal()).toMatchObject({ seed: 1, hits: [], hitsNotListed: 0 });
  await control.clearJournal();
  expect(await control.counters()).toMatchObject({ upstream: { passed: 0 }, toxics: [] });
  await Promise.all([api.close(), both.close()]);
});

test('a proxy that is away is named', async () => {
  await expect(faultProxyControl('http://127.0.0.1:1').toxics()).rejects.toThrow(
    'the fault proxy at http://127.0.0.1:1 does not answer',
  );
});

describe('wrong toxics are refused, field by field, and change nothing', () => {
  test.each([
    [{ type: 'drop', rate: 2 }, 'toxics[0].rate', /<=1/],
    [{ type: 'drop' }, 'toxics[0].rate', /number/],
    [{ type: 'loss', rate: 1 }, 'toxics[0].type', /type is one of drop, duplicate, delay, reorder, flap/],
    [
      { type: 'drop', rate: 1, percent: 3 },
      'toxics[0].percent',
      /a drop toxic has type, name, link, direction, rate, qos/,
    ],
    [{ type: 'drop', rate: 1, qos: [3] }, 'toxics[0].qos[0]', /QoS levels are 0, 1 and 2/],
    [{ type: 'drop', rate: 1, name: 'a b' }, 'toxics[0].name', /1 to 64 of/],
    [{ type: 'delay', rate: 1, delayMs: 600_001 }, 'toxics[0].delayMs', /<=600000/],
    [{ type: 'flap', upMs: 0, downMs: 1 }, 'toxics[0].upMs', />=1/],
    ['drop', 'toxics[0]', /object/],
  ])('%j', async (toxic, field, problem) => {
    const { status, body } = await ask('PUT', '/toxics', JSON.stringify([toxic]));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'toxics_invalid',
      faults: [{ field, problem: expect.stringMatching(problem) }],
    });
    expect(proxy.toxics()).toEqual([]);
  });

  test('a name twice, and what is no list', async () => {
    const twice = await ask('PUT', '/toxics', '[{"type":"drop","rate":1},{"type":"drop","rate":0.5}]');
    expect(twice.body.faults).toEqual([
      { field: 'toxics[1].name', problem: 'drop_downstream is the name of another toxic of the list' },
    ]);
    const noList = await ask('PUT', '/toxics', '{"type":"drop","rate":1}');
    expect(noList.body.faults).toMatchObject([{ field: 'toxics', problem: expect.stringMatching('array') }]);
    const one = await ask('POST', '/toxics', '{"type":"delay","rate":1}');
    expect(one.body.faults).toMatchObject([{ field: 'delayMs' }]);
  });
});

test('wrong requests are told what is right', async () => {
  expect(await ask('GET', '/nowhere')).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('/healthz') },
  });
  const wrongMethod = await ask('POST', '/journal', '{}');
  expect(wrongMethod).toMatchObject({ status: 405, body: { detail: 'the methods here are GET, DELETE' } });
  expect(wrongMethod.headers.get('allow')).toBe('GET, DELETE');
  expect(await ask('PUT', '/toxics', '[{')).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
  expect(await ask('PUT', '/toxics', '[]', 'text/plain')).toMatchObject({ status: 415, body: { code: 'not_json' } });
  const large = await ask('PUT', '/toxics', `"${'x'.repeat(300_000)}"`);
  expect(large).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  expect(await ask('DELETE', '/toxics/%E0%A4%A')).toMatchObject({ status: 400, body: { code: 'malformed_path' } });
  expect(await ask('GET', '/toxics/constructor')).toMatchObject({ status: 405 });
  expect(await ask('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok', port: proxy.port } });
});
