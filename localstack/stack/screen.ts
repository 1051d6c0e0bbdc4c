import { randomUUID } from 'node:crypto';
import pc from 'picocolors';
import { authorityFile } from '../../shared/access/trust.ts';
import type { NewStack } from '../../shared/stack-file.ts';
import { withoutPassword, withoutUser } from '../../shared/without-user.ts';

const LABEL_COLUMNS = 12;

/**
 * What runs where, and what to try: one screen, 80 columns.
 * @param token of a nurse, ready to be pasted
 */
export function stackScreen(stack: NewStack, withFunctions: boolean, token?: string): string {
  const { http, lambda, websocket, iot, metrics, postgres, rabbitmq } = stack.endpoints;
  const row = (label: string, text: string, note = '') =>
    `  ${pc.dim(label.padEnd(LABEL_COLUMNS))}${text}${note ? pc.dim(`   ${note}`) : ''}`;
  return [
    '',
    `${pc.bold('Heartline is running.')} Ctrl-C stops all of it.`,
    '',
    ...(withFunctions ? [row('HTTP API', http, '/healthz  /readyz'), row('Lambda API', lambda)] : []),
    ...(withFunctions ? [row('WebSocket', websocket, '?access_token=  &patientId=')] : []),
    ...(iot ? [row('IoT data', iot, 'for @aws-sdk/client-iot-data-plane')] : []),
    row('Metrics', metrics),
    // How it is verified is in the stack's file.
    row('Postgres', withoutPassword(postgres).replace(/\?.*/, '')),
    ...(rabbitmq ? [row('RabbitMQ', rabbitmq.management, brokerUser(rabbitmq.amqp))] : []),
    ...(rabbitmq ? [row('', `${withoutUser(rabbitmq.mqtt)}  ${withoutUser(rabbitmq.stream)}`)] : []),
    '',
    ...(withFunctions
      ? thingsToTry(http)
      : ['Run the functions in another terminal:', '', '     npx serverless offline start']),
    ...(token === undefined
      ? []
      : ['', `A nurse's token, for 12 hours; others: ${pc.bold('npm run token <role>')}`, token]),
    '',
  ].join('\n');
}

/** A broker of this stack's own has its password in a file beside the keys. */
function brokerUser(amqp: string): string {
  const { username } = new URL(amqp);
  return username === 'heartline' ? 'user heartline, keys/broker-password' : `user ${username}`;
}

function thingsToTry(http: string): string[] {
  const authority = authorityFile();
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  return [
    'Try in another terminal:',
    '',
    ...(authority === undefined ? [] : [`     export CURL_CA_BUNDLE=${authority}`, '']),
    `  1. Send an alert. Send it again: ${pc.bold('201')}, then ${pc.bold('200')}, and staff are told once.`,
    ...sampleCurl(http, now),
    '',
    '  2. Read what staff were told, and follow what happens:',
    '     STAFF=$(npm run -s token nurse)',
    `     curl -H "authorization: Bearer $STAFF" \\`,
    `       '${http}/db-first/notifications?since=${now}'`,
    '     npm run logs -- --follow',
    '',
    '  3. Invoke a function as Lambda does: one that puts an alert into a stream, from',
    '     where it is told to staff once, however often you do. See what is running:',
    '     npm run invoke stream-alert',
    `     curl -H "authorization: Bearer $STAFF" \\`,
    `       '${http}/at-least-once/notifications?limit=5'`,
    '     npm run status',
    '',
    '  4. Break something, and read what it costs (2 to 7 minutes, on services of its own):',
    '     npm run lab healthcare/2',
  ];
}

/** A command to paste as it stands: its event id is new each time the screen is shown. */
function sampleCurl(http: string, detectedAt: string): string[] {
  return [
    '     DEVICE=$(npm run -s token device)',
    `     curl -i ${http}/db-first/alerts \\`,
    '       -H "authorization: Bearer $DEVICE" \\',
    "       -H 'content-type: application/json' -d '{",
    `       "eventId":"${randomUUID()}",`,
    '       "patientId":"p-17","deviceId":"monitor-4","ward":"icu-1",',
    `       "kind":"VT","severity":"high","detectedAt":"${detectedAt}"}'`,
  ];
}
