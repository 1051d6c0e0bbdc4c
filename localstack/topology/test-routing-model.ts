import { type BindingDeclaration, type Declarations, MQTT_EXCHANGE } from './declarations.ts';

/** Whether a topic exchange's pattern takes a routing key: `*` is one word, `#` any number of them (AMQP 0-9-1, 3.1.3.3). */
function matchesPattern(pattern: string, key: string): boolean {
  const match = ([first, ...rest]: readonly string[], words: readonly string[]): boolean => {
    if (first === undefined) return words.length === 0;
    if (first === '#') return match(rest, words) || (words.length > 0 && match([first, ...rest], words.slice(1)));
    return words.length > 0 && (first === '*' || first === words[0]) && match(rest, words.slice(1));
  };
  return match(pattern.split('.'), key.split('.'));
}

/** Streams that a message from MQTT reaches by these declarations, each as often as it is stored there (tests' oracle). */
export function routed(all: readonly Declarations[], key: string): string[] {
  const exchanges = new Map(
    all.flatMap((each) => each.exchanges.map((exchange) => [exchange.name, exchange] as const)),
  );
  const bindings = all.flatMap((each) => each.bindings);
  const from = (name: string): string[] => {
    const exchange = exchanges.get(name);
    const type = exchange?.type ?? 'topic';
    const takes = ({ routingKey }: BindingDeclaration) =>
      type === 'fanout' || (type === 'direct' ? routingKey === key : matchesPattern(routingKey, key));
    const next = bindings.filter((binding) => binding.source === name && takes(binding));
    const alternate = exchange?.arguments['alternate-exchange'];
    if (next.length === 0) return typeof alternate === 'string' ? from(alternate) : [];
    return next.flatMap(({ destination, destinationType }) =>
      destinationType === 'queue' ? [destination] : from(destination),
    );
  };
  // A queue gets a message once, however many bindings lead there.
  return [...new Set(from(MQTT_EXCHANGE))];
}
