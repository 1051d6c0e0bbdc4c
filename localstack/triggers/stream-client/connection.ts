import type { Socket } from 'node:net';
import { CloseRequest } from 'rabbitmq-stream-js-client/dist/requests/close_request.js';
import { HeartbeatRequest } from 'rabbitmq-stream-js-client/dist/requests/heartbeat_request.js';
import type { Request } from 'rabbitmq-stream-js-client/dist/requests/request.js';
import { FrameSplitter } from './frame-splitter.ts';
import { asStreamError, RESPONSE_OK, responseText, StreamClientError } from './stream-error.ts';
import { startWatchdog } from './watchdog.ts';
import { commandBytes, KEY, RESPONSE_BIT, readText } from './wire.ts';

interface ConnectionOptions {
  readonly socket: Socket;
  readonly requestTimeoutMs: number;
  /** After so many requests the connection ends itself as `recycled`. */
  readonly requestsMax: number;
  /** Frames that answer no request. May throw: the connection then fails with it. */
  readonly onFrame: (key: number, frame: Buffer) => void;
}

interface Pending {
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: StreamClientError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Tune answers no request; correlation ids start at 1. */
const TUNE_ID = 0;

/**
 * One TCP connection: requests and replies, each with a time limit; fails once, for good, with a reason. A request that
 * times out fails the connection: what the broker did with it is unknown, and a fresh connection is certain.
 */
export class StreamConnection {
  /** Resolves with why the connection ended. Never rejects. */
  readonly closed: Promise<StreamClientError>;
  private readonly options: ConnectionOptions;
  private readonly splitter = new FrameSplitter();
  private readonly pending = new Map<number, Pending>();
  private readonly sayClosed: (reason: StreamClientError) => void;
  private failure: StreamClientError | undefined;
  private lastReceivedMs = performance.now();
  private requests = 0;
  private stopWatchdog: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.options = options;
    const { promise, resolve } = Promise.withResolvers<StreamClientError>();
    this.closed = promise;
    this.sayClosed = resolve;
    const { socket } = options;
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('error', (error) => this.fail(asStreamError(error, 'socket_error', 'socket')));
    socket.on('close', () => this.fail(new StreamClientError('peer_closed', 'the broker closed the connection')));
  }

  get failed(): StreamClientError | undefined {
    return this.failure;
  }

  /** The reply's payload. @throws StreamClientError `refused` for a code other than ok, or why the connection ended */
  request(command: Request): Promise<Buffer> {
    this.requests += 1;
    if (this.requests > this.options.requestsMax) {
      this.fail(new StreamClientError('recycled', `${this.options.requestsMax} requests were made`));
    }
    const name = command.constructor.name;
    const reply = this.reply(this.requests, name);
    if (this.failure === undefined) {
      try {
        this.options.socket.write(commandBytes(command, this.requests));
      } catch (error) {
        this.fail(asStreamError(error, 'invalid_argument', name));
      }
    }
    return reply;
  }

  /** The broker's proposal, which follows authentication. */
  tune(): Promise<Buffer> {
    return this.reply(TUNE_ID, 'Tune');
  }

  /** A command without a reply; goes nowhere once the connection has ended. */
  send(command: Request | Buffer): void {
    if (this.failure === undefined) {
      this.options.socket.write(Buffer.isBuffer(command) ? command : commandBytes(command));
    }
  }

  watch(heartbeatMs: number): void {
    this.stopWatchdog = startWatchdog({
      heartbeatMs,
      lastReceivedMs: () => this.lastReceivedMs,
      sendHeartbeat: () => this.send(new HeartbeatRequest()),
      onSilent: (ms) => this.fail(new StreamClientError('silent_peer', `nothing received for ${ms} ms`)),
    });
  }

  /** Says goodbye, waits for the answer within the request's limit, and ends. Always settles; never rejects. */
  async close(): Promise<void> {
    if (this.failure === undefined) {
      const goodbye = this.request(new CloseRequest({ closingCode: RESPONSE_OK, closingReason: 'OK' }));
      await Promise.race([goodbye.catch((error: StreamClientError) => error), this.closed]);
      this.fail(new StreamClientError('closed', 'closed by its owner'));
    }
    await this.closed;
  }

  /** Ends the connection now. Only the first reason counts. */
  fail(reason: StreamClientError): void {
    if (this.failure !== undefined) return;
    this.failure = reason;
    this.stopWatchdog?.();
    this.options.socket.destroy();
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.pending.clear();
    this.sayClosed(reason);
  }

  private reply(id: number, name: string): Promise<Buffer> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const { requestTimeoutMs } = this.options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.fail(new StreamClientError('request_timeout', `no answer to ${name} within ${requestTimeoutMs} ms`)),
        requestTimeoutMs,
      );
      this.pending.set(id, { resolve, reject, timer });
    });
  }

  private receive(bytes: Buffer): void {
    this.lastReceivedMs = performance.now();
    try {
      for (const frame of this.splitter.push(bytes)) {
        if (this.failure !== undefined) return;
        this.handle(frame);
      }
    } catch (error) {
      this.fail(asStreamError(error, 'protocol_error', 'a frame cannot be read'));
    }
  }

  private handle(frame: Buffer): void {
    const key = frame.readUInt16BE(0);
    if (key === KEY.heartbeat) return;
    if (key === KEY.tune) this.settle(TUNE_ID, RESPONSE_OK, frame.subarray(4));
    else if (key === KEY.close) this.closedByBroker(frame);
    else if (key >= RESPONSE_BIT && key !== KEY.creditResponse) {
      this.settle(frame.readUInt32BE(4), frame.readUInt16BE(8), frame.subarray(10));
    } else this.options.onFrame(key, frame);
  }

  private settle(id: number, code: number, payload: Buffer): void {
    const pending = this.pending.get(id);
    if (pending === undefined) throw new StreamClientError('protocol_error', `an answer to no request (${id})`);
    this.pending.delete(id);
    clearTimeout(pending.timer);
    if (code === RESPONSE_OK) pending.resolve(payload);
    else pending.reject(new StreamClientError('refused', responseText(code), { responseCode: code }));
  }

  private closedByBroker(frame: Buffer): void {
    const { text } = readText(frame, 10);
    const answer = Buffer.alloc(14);
    answer.writeUInt32BE(10, 0);
    answer.writeUInt16BE(KEY.close + RESPONSE_BIT, 4);
    answer.writeUInt16BE(1, 6);
    frame.copy(answer, 8, 4, 8);
    answer.writeUInt16BE(RESPONSE_OK, 12);
    this.send(answer);
    const responseCode = frame.readUInt16BE(8);
    this.fail(new StreamClientError('closed_by_broker', `${text}: ${responseText(responseCode)}`, { responseCode }));
  }
}
