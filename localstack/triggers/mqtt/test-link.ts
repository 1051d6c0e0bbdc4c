import { systemClock } from '../clock.ts';
import { type Link, type LinkHandlers, type LinkMessage, openLink } from './link.ts';
import type { LinkError } from './link-error.ts';
import type { LinkSettings } from './link-settings.ts';
import { obliging, type TestPeer, testPeer } from './test-peer.ts';

const DEFAULTS: Omit<LinkSettings, 'url'> = {
  username: undefined,
  password: undefined,
  tls: {},
  clientId: 'link',
  protocolVersion: 5,
  sessionExpiryS: 0,
  receiveMaximum: 20,
  keepaliveS: 10,
  connectTimeoutMs: 5_000,
  filter: 'a/#',
  qos: 1,
  retainHandling: 0,
  subscribeAnew: true,
};

/** The real {@link openLink}, or what a mutant does in its place. */
export type OpenLink<L> = (settings: LinkSettings, handlers: LinkHandlers) => L;

export interface OpenedLink<L> {
  readonly link: L;
  readonly messages: LinkMessage[];
  readonly errors: LinkError[];
  ready(): boolean;
}

const realLink: OpenLink<Link> = (settings, handlers) => openLink(settings, handlers, systemClock);

/** Links and peers of one test, closed together after it. */
export function testLinks() {
  let peers: TestPeer[] = [];
  let links: { close(): Promise<void> }[] = [];

  function openedBy<L extends Pick<Link, 'close'>>(
    open: OpenLink<L>,
    url: string,
    changed: Partial<LinkSettings> = {},
  ): OpenedLink<L> {
    const messages: LinkMessage[] = [];
    const errors: LinkError[] = [];
    let ready = false;
    const link = open(
      { ...DEFAULTS, url, ...changed },
      {
        connected: () => undefined,
        ready: () => {
          ready = true;
        },
        message: (message) => messages.push(message),
        closed: (error) => errors.push(error),
      },
    );
    links.push(link);
    return { link, messages, errors, ready: () => ready };
  }

  return {
    async peerThat(answer = obliging): Promise<TestPeer> {
      const peer = await testPeer(answer);
      peers.push(peer);
      return peer;
    },
    openedBy,
    opened: (url: string, changed: Partial<LinkSettings> = {}) => openedBy(realLink, url, changed),
    async close() {
      await Promise.all(links.map((link) => link.close()));
      await Promise.all(peers.map((peer) => peer.close()));
      peers = [];
      links = [];
    },
  };
}
