import { z } from 'zod';

/** The ports of a stack on one machine: the variable that sets each, and the one taken when it is not set. */
export const PORTS = {
  http: { variable: 'HEARTLINE_HTTP_PORT', preset: 3000 },
  lambda: { variable: 'HEARTLINE_LAMBDA_PORT', preset: 3002 },
  websocket: { variable: 'HEARTLINE_WEBSOCKET_PORT', preset: 3001 },
  metrics: { variable: 'HEARTLINE_METRICS_PORT', preset: 9464 },
  postgres: { variable: 'HEARTLINE_POSTGRES_PORT', preset: 55432 },
  mqtt: { variable: 'HEARTLINE_MQTT_PORT', preset: 1883 },
  webMqtt: { variable: 'HEARTLINE_WEB_MQTT_PORT', preset: 15675 },
  stream: { variable: 'HEARTLINE_STREAM_PORT', preset: 5552 },
  management: { variable: 'HEARTLINE_MANAGEMENT_PORT', preset: 15672 },
  amqp: { variable: 'HEARTLINE_AMQP_PORT', preset: 5672 },
  brokerMetrics: { variable: 'HEARTLINE_BROKER_METRICS_PORT', preset: 15692 },
  toxiproxy: { variable: 'HEARTLINE_TOXIPROXY_PORT', preset: 8474 },
  iot: { variable: 'HEARTLINE_IOT_PORT', preset: 3010 },
  prometheus: { variable: 'HEARTLINE_PROMETHEUS_PORT', preset: 9090 },
  grafana: { variable: 'HEARTLINE_GRAFANA_PORT', preset: 3003 },
  workerMetrics: { variable: 'HEARTLINE_WORKER_METRICS_PORT', preset: 9465 },
  nurseStation: { variable: 'HEARTLINE_NURSE_STATION_PORT', preset: 3030 },
} as const;

export type PortName = keyof typeof PORTS;

/** Two cores keep about this many Postgres backends busy; more only wait for one another. */
const DEFAULT_POOL_SIZE = 10;
const MAX_POOL_SIZE = 200;
/** Ten times a slow commit; a device repeats after five seconds, so an answer has to come before that. */
const DEFAULT_DB_TIMEOUT_MS = 2_000;
const MIN_DB_TIMEOUT_MS = 50;
/** A Lambda behind an HTTP API ends after 30 s, so a longer wait cannot be answered. */
const MAX_DB_TIMEOUT_MS = 30_000;
/** For a lab on one machine only: hashes are comparable between its processes. A deployment sets its own. */
const LOCAL_PATIENT_HASH_KEY = 'heartline-local-patient-hash-key';
const MIN_HASH_KEY_LENGTH = 16;

/** Four bytes in MQTT 5; the largest means for ever. */
const MAX_SESSION_EXPIRY_S = 0xffff_ffff;

/** As the trigger has it. */
const MAX_CONCURRENCY = 1_000;
/** The function process-event ends after 30 s. */
const MAX_PROCESSING_MS = 25_000;
/** Like the systems that the simulated processor stands for. */
const DEFAULT_PROCESSING_MS = { min: 5_000, max: 6_000 };
const DEFAULT_PROCESSING_TIMEOUT_MS = 15_000;
const MAX_ATTEMPTS = 100;
const DEFAULT_ATTEMPTS = 5;
const DEFAULT_CIRCUIT_RESET_MS = 5_000;

/** What a crash makes the next owner of a partition judge again: at a hospital's rate ten thousand readings, a fraction of a second. */
const DEFAULT_SNAPSHOT_MS = 5_000;
const MIN_SNAPSHOT_MS = 100;
const MAX_SNAPSHOT_MS = 600_000;

/** Lambda's limit of a batch. */
const MAX_BATCH_SIZE = 10_000;

/**
 * A device may be a gateway that speaks for a hospital's monitors. A station asks for a page of some twenty requests, and then for
 * little; an administrator runs scripts. Twenty wrong tokens a second are no typing error.
 */
const DEFAULT_REQUESTS_PER_S = { device: 10_000, staff: 100, admin: 2_000, refused: 20 };
const MAX_REQUESTS_PER_S = 1_000_000;

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);

const port = wholeNumber(1, 65_535).optional();

const urlOf = (protocol: RegExp, example: string) => z.url({ protocol, error: `a URL as ${example}` }).optional();

const postgresUrl = urlOf(/^postgres(ql)?$/, 'postgres://user@127.0.0.1:55432/heartline');

/** Every environment variable this system reads: its form, and in the message what is allowed. */
export const environmentSchema = z.object({
  HEARTLINE_DATABASE_URL: postgresUrl,
  HEARTLINE_AMQP_URL: urlOf(/^amqps?$/, 'amqp://127.0.0.1:5672'),
  HEARTLINE_MQTT_URL: urlOf(/^mqtts?$/, 'mqtt://127.0.0.1:1883'),
  HEARTLINE_WEB_MQTT_URL: urlOf(/^wss?$/, 'ws://127.0.0.1:15675/ws'),
  HEARTLINE_STREAM_URL: urlOf(/^rabbitmq-stream(\+tls)?$/, 'rabbitmq-stream://127.0.0.1:5552'),
  HEARTLINE_MANAGEMENT_URL: urlOf(/^https?$/, 'http://127.0.0.1:15672'),
  HEARTLINE_HTTP_URL: urlOf(/^https?$/, 'http://127.0.0.1:3000'),
  HEARTLINE_LAMBDA_URL: urlOf(/^https?$/, 'http://127.0.0.1:3002'),
  HEARTLINE_WEBSOCKET_URL: urlOf(/^wss?$/, 'ws://127.0.0.1:3001'),
  HEARTLINE_IOT_URL: urlOf(/^https?$/, 'http://127.0.0.1:3010'),
  HEARTLINE_METRICS_URL: urlOf(/^https?$/, 'http://127.0.0.1:9464/metrics'),

  HEARTLINE_HTTP_PORT: port,
  HEARTLINE_LAMBDA_PORT: port,
  HEARTLINE_WEBSOCKET_PORT: port,
  HEARTLINE_METRICS_PORT: port,
  HEARTLINE_POSTGRES_PORT: port,
  HEARTLINE_MQTT_PORT: port,
  HEARTLINE_WEB_MQTT_PORT: port,
  HEARTLINE_STREAM_PORT: port,
  HEARTLINE_MANAGEMENT_PORT: port,
  HEARTLINE_AMQP_PORT: port,
  HEARTLINE_BROKER_METRICS_PORT: port,
  HEARTLINE_TOXIPROXY_PORT: port,
  HEARTLINE_IOT_PORT: port,
  HEARTLINE_PROMETHEUS_PORT: port,
  HEARTLINE_GRAFANA_PORT: port,
  HEARTLINE_WORKER_METRICS_PORT: port,
  HEARTLINE_NURSE_STATION_PORT: port,

  /** Where the metrics server listens: another address than loopback only where a Prometheus in a container asks for it. */
  HEARTLINE_METRICS_HOST: z
    .union([z.ipv4(), z.ipv6()], { error: 'an IP address of this machine' })
    .default('127.0.0.1'),

  /** The subscription of stage at-most-once (functions/at-most-once/functions.yml). */
  HEARTLINE_AT_MOST_ONCE_QOS: z.enum(['0', '1'], { error: '0 or 1' }).optional(),
  HEARTLINE_AT_MOST_ONCE_SESSION_EXPIRY: wholeNumber(0, MAX_SESSION_EXPIRY_S).optional(),
  HEARTLINE_AT_MOST_ONCE_CLIENT_ID: z.string().optional(),
  HEARTLINE_AT_MOST_ONCE_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),

  /** The event source of stage at-least-once (functions/at-least-once/functions.yml). */
  HEARTLINE_STORE_ALERTS_BATCH_SIZE: wholeNumber(1, MAX_BATCH_SIZE).optional(),
  HEARTLINE_STORE_ALERTS_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),

  /** The event source of stage purchase, and its counter-example (functions/purchase/functions.yml). */
  HEARTLINE_FULFIL_ORDERS_BATCH_SIZE: wholeNumber(1, MAX_BATCH_SIZE).optional(),
  HEARTLINE_FULFIL_ORDERS_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  HEARTLINE_PURCHASE_NAIVE: z.enum(['true', 'false'], { error: 'true or false' }).default('false'),

  /** Stage medical-events: its event source (functions/medical-events/functions.yml), and what stands behind it. */
  HEARTLINE_PROCESS_EVENT_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  HEARTLINE_PROCESS_EVENT_CONCURRENCY: wholeNumber(1, MAX_CONCURRENCY).optional(),
  HEARTLINE_PROCESSOR_URL: urlOf(/^https?$/, 'https://integration.example/events'),
  HEARTLINE_PROCESSING_MIN_MS: wholeNumber(0, MAX_PROCESSING_MS).default(DEFAULT_PROCESSING_MS.min),
  HEARTLINE_PROCESSING_MAX_MS: wholeNumber(0, MAX_PROCESSING_MS).default(DEFAULT_PROCESSING_MS.max),
  HEARTLINE_PROCESSING_TIMEOUT_MS: wholeNumber(1, MAX_PROCESSING_MS).default(DEFAULT_PROCESSING_TIMEOUT_MS),
  HEARTLINE_PROCESSING_ATTEMPTS: wholeNumber(1, MAX_ATTEMPTS).default(DEFAULT_ATTEMPTS),
  HEARTLINE_CIRCUIT_RESET_MS: wholeNumber(1, MAX_PROCESSING_MS).default(DEFAULT_CIRCUIT_RESET_MS),

  /** Stage vitals: the event sources that judge readings and store them (functions/vitals/functions.yml). */
  HEARTLINE_EVALUATE_VITALS_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  HEARTLINE_EVALUATE_VITALS_BATCH_SIZE: wholeNumber(1, MAX_BATCH_SIZE).optional(),
  HEARTLINE_VITALS_SNAPSHOT_MS: wholeNumber(MIN_SNAPSHOT_MS, MAX_SNAPSHOT_MS).default(DEFAULT_SNAPSHOT_MS),
  HEARTLINE_STORE_READINGS_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),

  /** Stage alerts: the event source that takes what the alerter says (functions/alerts/functions.yml). */
  HEARTLINE_PUBLISH_ALERTS_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  HEARTLINE_PUBLISH_ALERTS_BATCH_SIZE: wholeNumber(1, MAX_BATCH_SIZE).optional(),
  /** Off where workers of their own send (npm run worker deliver); DELIVERY: all that leads there, and to the stations. */
  HEARTLINE_DELIVER_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  HEARTLINE_DELIVERY_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  /** Where alerts are told of beside the nurse station (shared/alert-delivery). */
  HEARTLINE_CHANNELS_FILE: z.string().optional(),

  HEARTLINE_DB_POOL_SIZE: wholeNumber(1, MAX_POOL_SIZE).default(DEFAULT_POOL_SIZE),
  HEARTLINE_DB_TIMEOUT_MS: wholeNumber(MIN_DB_TIMEOUT_MS, MAX_DB_TIMEOUT_MS).default(DEFAULT_DB_TIMEOUT_MS),
  HEARTLINE_LOG_LEVEL: z
    .string()
    .toLowerCase()
    .pipe(z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }))
    .default('info'),
  HEARTLINE_PATIENT_HASH_KEY: z
    .string()
    .min(MIN_HASH_KEY_LENGTH, `at least ${MIN_HASH_KEY_LENGTH} characters`)
    .default(LOCAL_PATIENT_HASH_KEY),
  /** Folders with recordings, separated by commas. */
  HEARTLINE_RECORDINGS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((folder) => folder.trim())
        .filter((folder) => folder !== ''),
    )
    .default([]),
  HEARTLINE_HOME: z.string().optional(),

  /** A folder with cert.pem, key.pem and ca.pem: every listener of this machine then has TLS. `npm start` fills an empty one. */
  HEARTLINE_TLS_DIR: z.string().optional(),

  /** The keys that tokens are verified with: of an identity provider, of a file, else of the folder that `npm start` makes. */
  HEARTLINE_JWKS_URL: urlOf(/^https?$/, 'https://login.example/.well-known/jwks.json'),
  HEARTLINE_JWKS_FILE: z.string().optional(),
  /** Folder of the keys that sign on this machine. */
  HEARTLINE_KEYS: z.string().optional(),
  /** What this project's own commands send, where another than this machine signs tokens. */
  HEARTLINE_TOKEN: z.string().optional(),
  HEARTLINE_JWT_ISSUER: z.string().min(1).default('urn:heartline:local'),
  HEARTLINE_JWT_AUDIENCE: z.string().min(1).default('heartline'),

  /** Requests a second of one caller, by its role; and of one address without a valid token. */
  HEARTLINE_RATE_LIMIT_DEVICE: wholeNumber(1, MAX_REQUESTS_PER_S).default(DEFAULT_REQUESTS_PER_S.device),
  HEARTLINE_RATE_LIMIT_STAFF: wholeNumber(1, MAX_REQUESTS_PER_S).default(DEFAULT_REQUESTS_PER_S.staff),
  HEARTLINE_RATE_LIMIT_ADMIN: wholeNumber(1, MAX_REQUESTS_PER_S).default(DEFAULT_REQUESTS_PER_S.admin),
  HEARTLINE_RATE_LIMIT_REFUSED: wholeNumber(1, MAX_REQUESTS_PER_S).default(DEFAULT_REQUESTS_PER_S.refused),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Variables whose value must not appear in an error. */
export const SECRET_VARIABLES = new Set(['HEARTLINE_PATIENT_HASH_KEY', 'HEARTLINE_TOKEN']);
