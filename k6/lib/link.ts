// A monitor's connection, kept for the time of a phase.
import { MqttClient } from '../mqtt/client.ts';
import type { MqttError } from '../mqtt/in-flight.ts';
import type { ConnectOptions } from '../mqtt/options.ts';
import { until } from './timers.ts';

/** Between a connection lost and the next attempt: what bedside monitors do is not published; short, so that a flapping link is used. */
const RECONNECT_MS = 250;

/** Connects, and connects again when the connection is lost. */
export class Link {
  client: MqttClient | undefined;
  wasUp = false;
  /** Settles with the first connection. */
  readonly up: Promise<void>;
  /** Error code → the last message. */
  readonly troubles = new Map<string, string>();
  private stopping = false;
  private waiting: (() => void)[] = [];
  private readonly done: Promise<void>;

  constructor(options: ConnectOptions) {
    let whenUp: () => void = () => undefined;
    this.up = new Promise((resolve) => {
      whenUp = resolve;
    });
    this.done = this.keep(options, () => {
      this.wasUp = true;
      whenUp();
      this.release();
    });
  }

  /** Resolves when a message can be sent, or when it is stopped. */
  async open(): Promise<void> {
    if (this.stopping || this.client?.open) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Gives up this connection, from which nothing comes any more, for another one. */
  async renew(): Promise<void> {
    await this.client?.end();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.release();
    await this.client?.end();
    await this.done;
  }

  private release(): void {
    const released = this.waiting;
    this.waiting = [];
    for (const resolve of released) resolve();
  }

  private async keep(options: ConnectOptions, onUp: () => void): Promise<void> {
    while (!this.stopping) {
      const client = new MqttClient(options);
      this.client = client;
      const closed = new Promise<MqttError | undefined>((resolve) => {
        client.onClose = resolve;
      });
      client.connected.then(onUp, () => undefined); // `closed` has the reason
      const reason = await closed;
      if (this.stopping) return;
      if (reason) this.troubles.set(reason.code, reason.message);
      await until(Date.now() + RECONNECT_MS);
    }
  }
}
