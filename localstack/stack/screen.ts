import pc from 'picocolors';
import { authorityFile } from '../../shared/access/trust.ts';
import type { NewStack } from '../../shared/stack-file.ts';
import { withoutPassword, withoutUser } from '../../shared/without-user.ts';
import { SERVICE_USER } from '../services/service-account.ts';

const LABEL_COLUMNS = 12;

/**
 * What runs where, and what to try: one screen, 80 columns.
 * @param token of a nurse, for the link to the station
 */
export function stackScreen(stack: NewStack, withFunctions: boolean, token?: string): string {
  const { http, lambda, websocket, iot, metrics, postgres, rabbitmq, station } = stack.endpoints;
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
      ? thingsToTry(station !== undefined)
      : ['Run the functions in another terminal:', '', '     npx serverless offline start']),
    ...(station && token
      ? [
          '',
          `${pc.bold('Open the nurse station')} (a nurse's token, for 12 hours; others: npm run token <role>):`,
          `${station}/#token=${token}`,
        ]
      : []),
    '',
  ].join('\n');
}

/** A broker of this stack's own has its password in a file beside the keys. */
function brokerUser(amqp: string): string {
  const { username } = new URL(amqp);
  return username === SERVICE_USER ? `user ${SERVICE_USER}, keys/broker-password` : `user ${username}`;
}

/** Where the nurse station is: what a ward would do. Without: what shows that the rest works. */
function thingsToTry(withStation: boolean): string[] {
  const authority = authorityFile();
  const certificates =
    authority === undefined ? [] : ['', 'For curl, in this terminal:', `     export CURL_CA_BUNDLE=${authority}`];
  if (!withStation) {
    return [
      'Try in another terminal:',
      '',
      '     npm run invoke stream-alert',
      '     npm run status',
      '     npm run logs -- --follow',
      ...certificates,
    ];
  }
  return [
    'Three things to try:',
    '',
    `  1. ${pc.bold('Acknowledge an alert.')} Open the link below, choose icu-1, then an alert: who is`,
    '     asked until when, what was said of it. A second window shows what you do, too.',
    '',
    `  2. ${pc.bold('Pull a lead.')} In another terminal:`,
    '     npm run leads off icu-1/bed-03',
    '     Its heart rate turns to "--" with the reason, one alert comes instead of four.',
    '     npm run leads on all',
    '',
    `  3. ${pc.bold('Kill a worker.')} Two more processes share the work; kill -9 one that it names:`,
    '     npm run worker publish-alerts -- --replicas 2',
    '     Its part is taken over: no alert is lost, none is told twice.',
    '',
    'Then: npm run status, npm run logs -- --follow, npm run lab (README.md).',
    ...certificates,
  ];
}
