import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { forgetLimits } from '../../shared/access/admission.ts';
import { ACCESS_ROLES, type Access, type AccessRole } from '../../shared/access/principal.ts';
import { forgetConfig } from '../../shared/config.ts';
import { httpHandler } from '../../shared/http/http-handler.ts';
import { readRoutes } from '../../shared/openapi/read-routes.ts';
import { httpEvent, problemIn } from '../../shared/testing/http-event.ts';
import { keptTelemetry } from '../../shared/testing/telemetry.ts';

const routes = (await readRoutes()).toSorted((one, other) => (one.path < other.path ? -1 : 1));
const SHORT: Record<AccessRole, string> = {
  device: 'dev',
  nurse: 'nurse',
  'charge-nurse': 'charge',
  doctor: 'doctor',
  technician: 'tech',
  admin: 'admin',
};
const shown = (access: Access) =>
  access === 'public' ? 'public' : ACCESS_ROLES.map((role) => (access.includes(role) ? SHORT[role] : '-')).join(' ');

test('who may use what', () => {
  const table = routes.map(({ path, description: { method, access } }) => `${method} ${path}: ${shown(access)}`);
  expect(table.join('\n')).toMatchInlineSnapshot(`
    "GET /.well-known/jwks.json: public
    GET /alerts: - nurse charge doctor tech admin
    GET /alerts/handover: - nurse charge doctor tech admin
    GET /alerts/statistics: - nurse charge doctor tech admin
    GET /alerts/{alertId}: - nurse charge doctor tech admin
    POST /alerts/{alertId}/accept: - nurse charge doctor tech admin
    POST /alerts/{alertId}/acknowledge: - nurse charge doctor tech admin
    POST /alerts/{alertId}/close: - nurse charge doctor tech admin
    POST /alerts/{alertId}/escalate: - nurse charge doctor tech admin
    POST /alerts/{alertId}/reject: - nurse charge doctor tech admin
    POST /alerts/{alertId}/reroute: - nurse charge doctor tech admin
    POST /alerts/{alertId}/silence: - nurse charge doctor tech admin
    POST /at-least-once/alerts: dev - - - - -
    GET /at-least-once/notifications: - nurse charge doctor tech admin
    POST /at-most-once/alerts: dev - - - - -
    GET /at-most-once/notifications: - nurse charge doctor tech admin
    POST /db-first/alerts: dev - - - - -
    GET /db-first/alerts/{eventId}: - nurse charge doctor tech admin
    GET /db-first/notifications: - nurse charge doctor tech admin
    GET /event-attempts: - nurse charge doctor tech admin
    POST /events: dev - - - - -
    POST /events/batch: dev - - - - -
    GET /events/{eventId}: - nurse charge doctor tech admin
    POST /fhir: dev - - - - -
    POST /fhir/Observation: dev - - - - -
    GET /health: public
    GET /healthz: public
    POST /inventory/async/purchase: dev nurse charge doctor tech admin
    GET /inventory/conservation: - - - - tech admin
    POST /inventory/naive/purchase: dev nurse charge doctor tech admin
    GET /inventory/orders: - nurse charge doctor tech admin
    GET /inventory/orders/{orderId}: - nurse charge doctor tech admin
    POST /inventory/stock: - - - - tech admin
    GET /inventory/stock/{sku}: - nurse charge doctor tech admin
    POST /inventory/sync/purchase: dev nurse charge doctor tech admin
    GET /openapi.json: public
    GET /patients/{patientId}/events: - nurse charge doctor tech admin
    GET /patients/{patientId}/vitals: - nurse charge doctor tech admin
    GET /readyz: public
    GET /roster: - nurse charge doctor tech admin
    PUT /roster: - - charge - - admin
    GET /thresholds: - nurse charge doctor tech admin
    GET /thresholds/changes: - nurse charge doctor tech admin
    GET /thresholds/default: - nurse charge doctor tech admin
    PUT /thresholds/default: - - charge doctor - admin
    DELETE /thresholds/default: - - charge doctor - admin
    GET /thresholds/patients/{patientId}: - nurse charge doctor tech admin
    PUT /thresholds/patients/{patientId}: - - charge doctor - admin
    DELETE /thresholds/patients/{patientId}: - - charge doctor - admin
    GET /thresholds/wards/{ward}: - nurse charge doctor tech admin
    PUT /thresholds/wards/{ward}: - - charge doctor - admin
    DELETE /thresholds/wards/{ward}: - - charge doctor - admin
    GET /wards: - nurse charge doctor tech admin
    GET /wards/{ward}/beds: - nurse charge doctor tech admin
    GET /wards/{ward}/roster: - nurse charge doctor tech admin
    PUT /wards/{ward}/roster: - - charge - - admin"
  `);
});

/** The route as it is, with a handler that only says that it was reached. */
const doorOf = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', access: Access) =>
  httpHandler(
    {
      name: 'door',
      stage: 'test',
      method,
      access,
      answers: {},
      respond: async ({ principal }) => ({ status: 200, body: { id: principal?.id } }),
    },
    () => keptTelemetry('error'),
  );

test('each role is let into its routes, with its name, and no other; nobody into none that is not public', async () => {
  for (const { path, description } of routes) {
    const { method, access } = description;
    const door = doorOf(method, access);
    const nobody = await door(httpEvent({ method, path, principal: null }));
    expect(nobody.statusCode, `${method} ${path}`).toBe(access === 'public' ? 200 : 401);
    for (const role of ACCESS_ROLES) {
      const answer = await door(httpEvent({ method, path, principal: { id: `a-${role}`, role } }));
      const may = access === 'public' || access.includes(role);
      expect(answer.statusCode, `${method} ${path} as ${role}`).toBe(may ? 200 : 403);
      if (may) expect(JSON.parse(answer.body ?? '')).toEqual({ id: `a-${role}` });
    }
  }
});

test('a route without an authorizer before it lets nobody in', async () => {
  const event = httpEvent({ principal: null });
  for (const authorizer of [
    undefined,
    {},
    { lambda: {} },
    { lambda: { id: 'x' } },
    { lambda: { id: '', role: 'admin' } },
  ]) {
    Object.assign(event.requestContext, { authorizer });
    expect(problemIn(await doorOf('GET', ['admin'])(event))).toMatchObject({ status: 401, code: 'unauthorized' });
  }
});

test('tokens that cannot be verified now are no reason to sign in again', async () => {
  const event = httpEvent();
  Object.assign(event.requestContext, { authorizer: { lambda: { refused: 'unavailable' } } });
  const answer = await doorOf('GET', ['admin'])(event);
  expect(problemIn(answer)).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
});

describe('a rate limit', () => {
  /** As many at once as five seconds' worth. */
  const BURST_S = 5;

  beforeEach(() => {
    vi.stubEnv('HEARTLINE_RATE_LIMIT_STAFF', '2');
    vi.stubEnv('HEARTLINE_RATE_LIMIT_REFUSED', '1');
    forgetConfig();
    forgetLimits();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    forgetConfig();
    forgetLimits();
  });

  test('one who asks too often is told when to ask again; others, and public routes, are as before', async () => {
    const door = doorOf('GET', ['nurse']);
    const as = (id: string) => door(httpEvent({ principal: { id, role: 'nurse' } }));
    for (let asked = 0; asked < 2 * BURST_S; asked++) expect((await as('nurse-1')).statusCode).toBe(200);
    const answer = await as('nurse-1');
    expect(problemIn(answer)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(answer.headers).toMatchObject({ 'retry-after': '1' });
    expect((await as('nurse-2')).statusCode).toBe(200);
    const open = doorOf('GET', 'public');
    expect((await open(httpEvent({ principal: { id: 'nurse-1', role: 'nurse' } }))).statusCode).toBe(200);
  });

  test('an address that tries token after token is slowed; who has a good one is not, at the same address', async () => {
    const door = doorOf('GET', ['nurse']);
    const nobody = () => door(httpEvent({ principal: null }));
    for (let asked = 0; asked < BURST_S; asked++) expect((await nobody()).statusCode).toBe(401);
    expect((await nobody()).statusCode).toBe(429);
    expect((await door(httpEvent({ principal: { id: 'nurse-1', role: 'nurse' } }))).statusCode).toBe(200);
  });
});
