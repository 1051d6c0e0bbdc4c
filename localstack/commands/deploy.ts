import { parseArgs } from 'node:util';
import { writeBrokerFiles } from '../../deploy/broker-files.ts';
import { compose, hostAsContainersSeeIt, requireCompose, resolvedProject } from '../../deploy/compose-cli.ts';
import { deployScreen } from '../../deploy/deploy-screen.ts';
import { drawDashboards } from '../../deploy/grafana/draw-dashboards.ts';
import { config } from '../../shared/config.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run deploy                        starts the services in containers: Postgres, RabbitMQ, toxiproxy, Prometheus, Grafana
npm run deploy -- down [--volumes]    stops them; with --volumes their data are removed
npm run deploy -- pictures <folder>   draws the dashboards of the last minutes as SVG, from a Prometheus that runs

  --prometheus URL    where it is (default http://127.0.0.1:9090)
  --minutes N         how far back (default 5)

  Ports and passwords: HEARTLINE_<SERVICE>_PORT, HEARTLINE_PROMETHEUS_PORT (9090), HEARTLINE_GRAFANA_PORT (3003),
  HEARTLINE_POSTGRES_PASSWORD, HEARTLINE_GRAFANA_PASSWORD (both "heartline"), in the environment or a .env file.
  Needs Docker with its compose plugin. npm start needs neither: it runs the services itself.
`;

interface Pictures {
  folder: string;
  prometheus: string;
  minutes: number;
}
type Wanted =
  | { action: 'up' | 'help' }
  | { action: 'down'; volumes: boolean }
  | { action: 'pictures'; pictures: Pictures }
  | { fault: string };

const EXIT_USAGE = 2;
const MINUTES_PRESET = '5';
const SECONDS_PER_MINUTE = 60;
const MS_PER_S = 1_000;
const PROMETHEUS_PRESET = 'http://127.0.0.1:9090';

runCommand(async (args) => {
  const wanted = wantedFrom(args);
  if ('fault' in wanted) {
    process.stderr.write(`${wanted.fault}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (wanted.action === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (wanted.action === 'pictures') return await draw(wanted.pictures);
  const settings = config();
  const { projectRoot } = settings;
  await requireCompose();
  if (wanted.action === 'down') {
    return await compose(projectRoot, ['down', ...(wanted.volumes ? ['--volumes'] : [])]);
  }
  await writeBrokerFiles(settings);
  const code = await compose(projectRoot, ['up', '--detach', '--wait']);
  if (code !== 0) {
    process.stderr.write(
      '✗ Not every service came up. What each says: docker compose ps, docker compose logs <service>\n' +
        '  A port that is taken is changed with its variable (npm run deploy -- --help).\n',
    );
    return code;
  }
  process.stdout.write(deployScreen(await resolvedProject(projectRoot), await metricsHost()));
  return 0;
});

/** Where Prometheus in its container finds the metrics of this machine; not known from every engine, and then said. */
async function metricsHost(): Promise<string | undefined> {
  try {
    return await hostAsContainersSeeIt();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `! Docker's bridge network is not known (${reason}).\n  Should Prometheus not reach the functions' metrics, set HEARTLINE_METRICS_HOST to this machine's address on it.\n`,
    );
    return undefined;
  }
}

async function draw({ folder, prometheus, minutes }: Pictures): Promise<number> {
  const toS = Date.now() / MS_PER_S;
  for (const file of await drawDashboards(prometheus, folder, { fromS: toS - minutes * SECONDS_PER_MINUTE, toS })) {
    process.stdout.write(`${file}\n`);
  }
  return 0;
}

function wantedFrom(args: string[]): Wanted {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        volumes: { type: 'boolean' },
        prometheus: { type: 'string', default: PROMETHEUS_PRESET },
        minutes: { type: 'string', default: MINUTES_PRESET },
      },
    });
    if (values.help) return { action: 'help' };
    const [action = 'up', ...rest] = positionals;
    if (action === 'pictures' && rest.length === 1) {
      const minutes = Number(values.minutes);
      if (!(minutes > 0)) return { fault: `--minutes ${values.minutes}: give a number above 0.` };
      return { action, pictures: { folder: rest[0] ?? '', prometheus: values.prometheus, minutes } };
    }
    if (action === 'pictures') return { fault: 'pictures: name one folder to draw into.' };
    if (rest.length > 0 || (action !== 'up' && action !== 'down')) {
      return { fault: `'${positionals.join(' ')}' is not known: "up" (the default), "down" or "pictures".` };
    }
    const volumes = values.volumes ?? false;
    if (action === 'down') return { action, volumes };
    return volumes ? { fault: '--volumes belongs to "down".' } : { action };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
