/** Where the data plane writes what happens; Heartline's own log and `console` fit. */
export interface IotLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface IotDataPlaneOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The broker: `mqtt://` or `mqtts://`, credentials in the URL if it asks for them. */
  readonly mqttUrl: string;
  readonly logger: IotLogger;
  /** Called once for each answered request: the operation's name (`Publish`; `unknown` for none) and the HTTP status. */
  readonly onRequest?: (operation: string, status: number) => void;
  /**
   * Topic filters whose retained messages ListRetainedMessages knows of, besides those published here. The data plane subscribes to them, so each message
   * that matches is sent to it as well: narrow them where the broker is under load.
   * @default ['#']
   */
  readonly retainedFilters?: readonly string[];
  /**
   * A file that keeps which topics have a retained message, so that ListRetainedMessages knows them after a restart; its
   * folder must exist, and no other data plane may use it.
   * @default none: the list begins empty
   */
  readonly indexFile?: string;
}

export interface IotDataPlane {
  /** What the SDK's AWS_ENDPOINT_URL_IOT_DATA_PLANE has to be. */
  readonly url: string;
  readonly port: number;
  /** Answers what is in flight (for 3 s at most), then closes the listener and the broker's connections. */
  close(): Promise<void>;
}

/** A message on its way to the broker. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly properties: MessageProperties;
}

/** MQTT 5 properties of a PUBLISH packet, by MQTT.js' names. */
export interface MessageProperties {
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  /** Seconds. */
  readonly messageExpiryInterval?: number;
  /** True: the payload is UTF-8. */
  readonly payloadFormatIndicator?: boolean;
  readonly userProperties?: UserProperties;
}

/** Names and values; a name that comes more than once has all its values. Without a prototype: `__proto__` is a name as any. */
export type UserProperties = Record<string, string | string[]>;

/** A message that the broker retains. */
export interface RetainedMessage {
  readonly payload: Buffer;
  readonly qos: number;
  readonly userProperties: UserProperties | undefined;
}
