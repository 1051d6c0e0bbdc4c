import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { localToken } from '../../shared/access/local-token.ts';
import { processChannels } from '../../shared/alert-delivery/read-channels.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { terminalProgress, untilAborted } from '../setup/progress.ts';
import { type LiveView, startLiveView } from '../stack/live-view.ts';
import { followNotifications } from '../stack/notification-feed.ts';
import { stackScreen } from '../stack/screen.ts';
import { startStack } from '../stack/start-stack.ts';
import { stopSignal } from '../stack/stop-signal.ts';
import { startVitals } from '../stack/vitals-in-stack.ts';
import { startWard } from '../stack/ward-in-stack.ts';
import { wardNames } from '../vitals-ward/patients.ts';
import { devicesUrl } from '../vitals-ward/ward-login.ts';
import { staffWards } from '../vitals-ward/ward-staff.ts';
import { findRecordings } from '../ward/find-recordings.ts';
import { recordingFolders } from '../ward/folders.ts';
import type { Speed } from '../ward/pace.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm start [-- options]      starts services, functions, a ward of recorded
                           patients and its nurse station

  --speed N|max      how many times faster than recorded the ward runs (10)
  --beds N           beds (one for each recording; 24 that send vital signs)
  --no-ward          no ward: alerts and vital signs come only from you
  --services-only    Postgres and RabbitMQ only, for 'npx serverless offline start' by hand
  --help             this text

Settings come from the environment: HEARTLINE_HTTP_PORT, HEARTLINE_DATABASE_URL, HEARTLINE_RECORDINGS … (README).
`;

interface Arguments {
  speed: Speed;
  beds: number | undefined;
  ward: boolean;
  servicesOnly: boolean;
  help: boolean;
}

/** Ten times recorded time: an alert every second or so, slow enough to read. */
const DEFAULT_SPEED = 10;
const MOST_SPEED = 10_000;
const MOST_BEDS = 10_000;
/** Two wards that send vital signs: a hundred readings a second, which leave the machine to whoever tries it. */
const VITALS_BEDS = 24;
/** What a shell gives for a process that SIGINT has ended. */
const INTERRUPTED = 130;

function parse(args: string[]): Arguments {
  try {
    const { values } = parseArgs({
      args,
      options: {
        speed: { type: 'string' },
        beds: { type: 'string' },
        'no-ward': { type: 'boolean', default: false },
        'services-only': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return {
      speed: values.speed === 'max' ? 'max' : numberIn('--speed', values.speed, DEFAULT_SPEED, MOST_SPEED),
      beds: values.beds === undefined ? undefined : bedsIn(values.beds),
      ward: !values['no-ward'],
      servicesOnly: values['services-only'],
      help: values.help,
    };
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw new PermanentError('argument', `${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function numberIn(option: string, text: string | undefined, preset: number, most: number): number {
  const value = text === undefined ? preset : Number(text);
  if (Number.isFinite(value) && value > 0 && value <= most) return value;
  throw new PermanentError('argument', `${option} ${text}: give a number above 0, up to ${most}`);
}

function bedsIn(text: string): number {
  const beds = /^\d+$/.test(text) ? Number(text) : 0;
  if (beds >= 1 && beds <= MOST_BEDS) return beds;
  throw new PermanentError('argument', `--beds ${text}: give a whole number from 1 to ${MOST_BEDS}`);
}

runCommand(async (args) => {
  const options = parse(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { projectRoot, home, ports, metricsHost, given, access, tlsFolder, recordings } = config();
  // What is wrong with the recordings is said before anything starts.
  const found = options.ward && !options.servicesOnly ? await findRecordings(recordingFolders(recordings)) : undefined;
  // So is what is wrong with the channels that alerts are told on.
  processChannels();
  const stop = stopSignal();
  let view: LiveView | undefined;
  const say = (text: string) => (view ? view.say(text) : terminalProgress.note('', text));
  const starting = startStack({
    projectRoot,
    home,
    ports,
    metricsHost,
    given,
    access,
    tlsFolder,
    functions: !options.servicesOnly,
    station: !options.servicesOnly,
    progress: untilAborted(terminalProgress, stop.signal),
    warn: say,
    signal: stop.signal,
  });
  stop.requested.then(() => terminalProgress.step('stop', 'letting handlers finish, then stopping what was started …'));
  const stack = await starting.catch((error: unknown) => {
    // A download that Ctrl-C has cut short fails, too: the person knows why.
    if (stop.signal.aborted) return undefined;
    throw error;
  });
  if (!stack) {
    terminalProgress.done('stop', 'all stopped, before it was up');
    return INTERRUPTED;
  }
  try {
    if (found)
      await staffWards(
        stack.stack.endpoints.http,
        // A hospital's wards are more requests than a person may make at once.
        await localToken('admin'),
        wardNames(options.beds ?? VITALS_BEDS),
      );
    process.stdout.write(stackScreen(stack.stack, !options.servicesOnly, await localToken('nurse')));
    if (options.servicesOnly) {
      const failed = await Promise.race([stop.requested, stack.failed]);
      return failed === undefined ? 0 : serviceEnded(failed, home);
    }
    const http = stack.stack.endpoints.http;
    const ward = found
      ? startWard({
          home,
          recordings: found,
          alertsUrl: `${http}/db-first/alerts`,
          speed: options.speed,
          beds: options.beds,
          onRefused: (eventId, code) => say(`The API refused alert ${eventId}: ${code}`),
        })
      : undefined;
    const { rabbitmq } = stack.stack.endpoints;
    const vitals =
      found && rabbitmq
        ? await startVitals({
            mqttUrl: devicesUrl(rabbitmq.mqtt),
            access,
            recordings: found,
            beds: options.beds ?? VITALS_BEDS,
            home,
            onFault: say,
          })
        : undefined;
    view = startLiveView(
      process.stdout,
      () => ward?.counters(),
      () => vitals?.counters(),
    );
    const following = followNotifications(http, (one) => view?.notified(one), stop.signal);
    const failed = await Promise.race([
      stop.requested,
      stack.failed,
      ward?.ended.then(() => 'the ward') ?? stack.failed,
      vitals?.ended.then(() => 'the vital signs') ?? stack.failed,
    ]);
    await Promise.all([ward?.stop(), vitals?.stop()]);
    stop.now();
    await following;
    view.stop();
    return failed === undefined ? 0 : serviceEnded(failed, home);
  } finally {
    await stack.stop();
    terminalProgress.done(
      'stop',
      `all stopped; data is kept in ${relative(process.cwd(), home) || home} (npm run reset removes it)`,
    );
  }
});

function serviceEnded(name: string, home: string): number {
  process.stderr.write(`✗ ${name} ended unexpectedly; its log is in ${join(home, 'logs')}. Stopping the rest.\n`);
  return 1;
}
