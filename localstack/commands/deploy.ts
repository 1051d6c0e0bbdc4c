import { parseArgs } from 'node:util';
import { compose, hostAsContainersSeeIt, requireCompose, resolvedProject } from '../../deploy/compose-cli.ts';
import { deployScreen } from '../../deploy/deploy-screen.ts';
import { config } from '../../shared/config.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run deploy                        starts the services in containers: Postgres, RabbitMQ, toxiproxy, Prometheus, Grafana
npm run deploy -- down [--volumes]    stops them; with --volumes their data are removed

  Ports and passwords: HEARTLINE_<SERVICE>_PORT, HEARTLINE_PROMETHEUS_PORT (9090), HEARTLINE_GRAFANA_PORT (3001),
  HEARTLINE_POSTGRES_PASSWORD, HEARTLINE_GRAFANA_PASSWORD (both "heartline"), in the environment or a .env file.
  Needs Docker with its compose plugin. npm start needs neither: it runs the services itself.
`;

type Wanted = { action: 'up' | 'down' | 'help'; volumes: boolean } | { fault: string };

const EXIT_USAGE = 2;

runCommand(async (args) => {
  const wanted = wantedFrom(args);
  if ('fault' in wanted) {
    process.stderr.write(`${wanted.fault}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  const { action, volumes } = wanted;
  if (action === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { projectRoot } = config();
  await requireCompose();
  if (action === 'down') return await compose(projectRoot, ['down', ...(volumes ? ['--volumes'] : [])]);
  const code = await compose(projectRoot, ['up', '--detach', '--wait']);
  if (code !== 0) {
    process.stderr.write(
      '✗ Not every service came up. What each says: docker compose ps, docker compose logs <service>\n' +
        '  A port that is taken is changed with its variable (npm run deploy -- --help).\n',
    );
    return code;
  }
  process.stdout.write(deployScreen(await resolvedProject(projectRoot), await hostAsContainersSeeIt()));
  return 0;
});

function wantedFrom(args: string[]): Wanted {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, volumes: { type: 'boolean' } },
    });
    if (values.help) return { action: 'help', volumes: false };
    const [action = 'up', ...rest] = positionals;
    if (rest.length > 0 || (action !== 'up' && action !== 'down')) {
      return { fault: `'${positionals.join(' ')}' is not known: "up" (the default) or "down".` };
    }
    const volumes = values.volumes ?? false;
    return volumes && action === 'up' ? { fault: '--volumes belongs to "down".' } : { action, volumes };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
