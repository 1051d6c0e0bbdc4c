/** MQTT: a topic or filter takes at most 65,535 bytes of UTF-8. */
const TOPIC_BYTES_MAX = 65_535;
/** MQTT 5, 4.8.2: `$share/<name>/<filter>`; the name has no `/`, `+` or `#`. */
const SHARED = /^\$share\/([^/+#]+)\/(.+)$/s;

function isTopicString(value: string): boolean {
  return (
    value !== '' && Buffer.byteLength(value) <= TOPIC_BYTES_MAX && !value.includes('\u0000') && value.isWellFormed()
  );
}

/** True for what may be published to: no wildcards, not empty. Source: MQTT 5, 4.7. */
export function isTopicName(value: string): boolean {
  return isTopicString(value) && !/[+#]/.test(value);
}

/** The filter within a shared subscription, else the filter itself. */
function bareFilter(filter: string): string {
  return SHARED.exec(filter)?.[2] ?? filter;
}

export const isSharedFilter = (filter: string) => filter.startsWith('$share/');

/** True for what may be subscribed to: `+` fills a level, `#` the last one. Source: MQTT 5, 4.7.1 and 4.8.2. */
export function isTopicFilter(value: string): boolean {
  if (!isTopicString(value) || (isSharedFilter(value) && !SHARED.test(value))) return false;
  const levels = bareFilter(value).split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

/** RabbitMQ routes by AMQP topics, where `.` parts the levels and `*` is MQTT's `+`: it takes either for the other. */
export const isReadOtherwiseByRabbitmq = (topic: string) => /[*.]/.test(bareFilter(topic));

/** Whether a message on the topic reaches the subscription. A leading wildcard does not match `$…`: MQTT 5, 4.7.2. */
export function matchesFilter(topic: string, filter: string): boolean {
  const pattern = bareFilter(filter).split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (pattern[0] === '+' || pattern[0] === '#')) return false;
  for (const [index, part] of pattern.entries()) {
    if (part === '#') return true;
    const level = levels[index];
    if (level === undefined || (part !== '+' && part !== level)) return false;
  }
  return pattern.length === levels.length;
}
