import { gatewayLogin } from '../../shared/access/gateway-login.ts';
import type { Config } from '../../shared/config.ts';
import { withoutUser } from '../../shared/without-user.ts';
import type { WardLogin } from './ward-connection.ts';

/** Of a broker: its URL without the functions' account, which is none for devices, unless it is given by the environment. */
export function devicesUrl({ given, endpoints }: Pick<Config, 'given' | 'endpoints'>): string {
  return given.rabbitmq?.mqtt ?? withoutUser(endpoints.rabbitmq.mqtt);
}

/** Each ward's gateway has a token for its own ward, if the URL names nobody and there are keys to sign one with. */
export function wardLogin(url: string, access: Config['access']): WardLogin | undefined {
  if (new URL(url).username !== '') return undefined;
  return (ward) => gatewayLogin(access, `central-${ward}`, [ward]);
}
