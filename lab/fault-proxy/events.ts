import type { Direction } from './toxics.ts';

/** What happened to the link, for a log. Nothing here is needed to use the proxy. */
export type FaultProxyEvent =
  | { readonly type: 'connected'; readonly connection: number; readonly from: string }
  | { readonly type: 'closed'; readonly connection: number; readonly clientId: string }
  /** By a toxic: a flap, or a drop of QoS 1 or 2. */
  | { readonly type: 'cut'; readonly connection: number; readonly clientId: string; readonly toxic: string }
  /** A new connection while a flap has the link down. */
  | { readonly type: 'refused'; readonly from: string }
  | { readonly type: 'link_down'; readonly toxic: string }
  | { readonly type: 'link_up'; readonly toxic: string }
  /** The system gave no connection: no more file descriptors, mostly. */
  | { readonly type: 'accept_failed'; readonly reason: string }
  /** The broker's side could not be reached, or a socket failed. */
  | {
      readonly type: 'failed';
      readonly connection: number;
      readonly side: 'client' | 'broker';
      readonly reason: string;
    }
  /** From here on this direction passes as it is, without toxics other than flap. */
  | { readonly type: 'raw'; readonly connection: number; readonly direction: Direction; readonly reason: string }
  /** The first PUBLISH of this direction that was passed whole without being looked at. */
  | { readonly type: 'unexamined'; readonly connection: number; readonly direction: Direction; readonly reason: string }
  /** `identify` threw or gave no string: the message is known by its payload. The first of a connection. */
  | { readonly type: 'identify_failed'; readonly connection: number; readonly reason: string }
  /** The topics behind a connection's aliases took too much memory: it was cut. */
  | { readonly type: 'aliases_overflow'; readonly connection: number; readonly direction: Direction };

export type OnEvent = (event: FaultProxyEvent) => void;
