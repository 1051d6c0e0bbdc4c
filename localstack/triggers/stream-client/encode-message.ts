/** A message with text properties, as this system writes them. */
export interface OutgoingMessage {
  readonly content: Buffer;
  readonly contentType?: string;
  readonly subject?: string;
  readonly applicationProperties?: Readonly<Record<string, string>>;
}

const DESCRIBED = 0x00;
const SMALL_ULONG = 0x53;
const NULL = 0x40;
const LIST32 = 0xd0;
const MAP32 = 0xd1;
const BINARY32 = 0xb0;
const STRING32 = 0xb1;
const SYMBOL32 = 0xb3;
/** Sections: OASIS AMQP 1.0 part 3, section 3.2. */
const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;

/** An AMQP 1.0 message: properties, application properties, one data section. @param contentType ASCII, a symbol */
export function encodeMessage({ content, contentType, subject, applicationProperties = {} }: OutgoingMessage): Buffer {
  const parts: Buffer[] = [];
  if (contentType !== undefined || subject !== undefined) {
    const none = Buffer.of(NULL);
    // message-id, user-id, to, subject, reply-to, correlation-id, content-type
    const fields = [none, none, none, text(subject, STRING32), none, none, text(contentType, SYMBOL32)];
    parts.push(section(PROPERTIES), compound(LIST32, fields));
  }
  const entries = Object.entries(applicationProperties);
  if (entries.length > 0) {
    const values = entries.flatMap(([key, value]) => [text(key, STRING32), text(value, STRING32)]);
    parts.push(section(APPLICATION_PROPERTIES), compound(MAP32, values));
  }
  parts.push(section(DATA), variable(BINARY32, content));
  return Buffer.concat(parts);
}

const section = (code: number): Buffer => Buffer.of(DESCRIBED, SMALL_ULONG, code);

function text(value: string | undefined, code: number): Buffer {
  return value === undefined ? Buffer.of(NULL) : variable(code, Buffer.from(value, 'utf8'));
}

function variable(code: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(code, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The size counts the count too. */
function compound(code: number, values: readonly Buffer[]): Buffer {
  const body = Buffer.concat(values);
  const head = Buffer.alloc(9);
  head.writeUInt8(code, 0);
  head.writeUInt32BE(body.length + 4, 1);
  head.writeUInt32BE(values.length, 5);
  return Buffer.concat([head, body]);
}
