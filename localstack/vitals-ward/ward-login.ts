import { gatewayLogin } from '../../shared/access/gateway-login.ts';
import type { Config } from '../../shared/config.ts';
import { readStack } from '../../shared/stack-file.ts';
import { withoutUser } from '../../shared/without-user.ts';
import { SERVICE_USER } from '../services/service-account.ts';
import type { WardLogin } from './ward-connection.ts';

/** A broker's URL, without the functions' account: that is none for devices. */
export function devicesUrl(url: string): string {
  return new URL(url).username === SERVICE_USER ? withoutUser(url) : url;
}

/** Whether the stack of this folder has this broker; another may be open, or know other keys. */
export function isOwnBroker(url: string, home: string): boolean {
  const own = readStack(home)?.endpoints.rabbitmq?.mqtt;
  return own !== undefined && new URL(own).host === new URL(url).host;
}

/** Each ward's gateway has a token for its own ward, if the URL names nobody and there are keys to sign one with. */
export function wardLogin(url: string, access: Config['access']): WardLogin | undefined {
  if (new URL(url).username !== '') return undefined;
  return (ward) => gatewayLogin(access, `central-${ward}`, [ward]);
}
