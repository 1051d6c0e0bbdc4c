/** Where the data plane writes what happens; Powertools' Logger and `console` fit. */
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
}

export interface IotDataPlane {
  /** What the SDK's AWS_ENDPOINT_URL_IOT_DATA_PLANE has to be. */
  readonly url: string;
  readonly port: number;
  /** Answers what is in flight (bounded), then closes the listener and the broker's connections. */
  close(): Promise<void>;
}
