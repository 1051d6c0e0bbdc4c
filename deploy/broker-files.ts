import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessSettings, confText, DEFINITIONS_FILE, definitions } from '../localstack/services/rabbitmq-access.ts';
import { serviceAccount } from '../localstack/services/service-account.ts';
import { ensureTokenKeys } from '../shared/access/token-keys.ts';
import type { Config } from '../shared/config.ts';

/** In the home folder, and where docker-compose.yml shows it to the broker. */
export const BROKER_FOLDER = 'broker';
export const BROKER_FOLDER_IN_CONTAINER = '/etc/heartline/broker';
const CONF_FILE = 'access.conf';

/**
 * Whom the broker in its container lets in: the same tokens and the same service account as without Docker. Its user there is
 * none of this machine's, so the files are open; they hold public keys, and the hash of a password of 256 random bits.
 */
export async function writeBrokerFiles({
  home,
  access: { keyFolder, audience },
}: Pick<Config, 'home' | 'access'>): Promise<void> {
  const folder = join(home, BROKER_FOLDER);
  await ensureTokenKeys(keyFolder);
  // Keys that are believed no more go.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const service = serviceAccount(keyFolder);
  const settings = accessSettings({ keys: keyFolder, audience, service }, folder, BROKER_FOLDER_IN_CONTAINER);
  writeFileSync(join(folder, CONF_FILE), confText(settings));
  writeFileSync(join(folder, DEFINITIONS_FILE), definitions(service));
}
