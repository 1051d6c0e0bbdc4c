/**
 * MQTT 5 topic aliases of one direction of a connection (3.3.2.3.4): what the sender means by an alias, and what the
 * receiver was told. They differ once a PUBLISH that sets an alias was dropped, held back or overtaken; a PUBLISH that
 * relies on such an alias is passed with its topic spelled out, which tells the receiver as well.
 */
export interface TopicAliases {
  /**
   * A PUBLISH came in. Gives the topic meant: its own, or the alias's; undefined when the alias was never set.
   * @param topic empty when the packet leaves it to the alias
   */
  received(alias: number, topic: Buffer): Buffer | undefined;
  /** A PUBLISH goes out. Whether its topic has to be spelled out. */
  passing(alias: number, topic: Buffer, carriesTopic: boolean): boolean;
  /** Bytes of the topics kept. */
  readonly bytes: number;
}

export function createTopicAliases(): TopicAliases {
  const meant = new Map<number, Buffer>();
  const told = new Map<number, Buffer>();
  let bytes = 0;

  const set = (aliases: Map<number, Buffer>, alias: number, topic: Buffer) => {
    bytes += topic.length - (aliases.get(alias)?.length ?? 0);
    aliases.set(alias, topic);
  };

  return {
    received(alias, topic) {
      if (topic.length === 0) return meant.get(alias);
      set(meant, alias, topic);
      return topic;
    },
    passing(alias, topic, carriesTopic) {
      if (!carriesTopic && told.get(alias)?.equals(topic)) return false;
      set(told, alias, topic);
      return !carriesTopic;
    },
    get bytes() {
      return bytes;
    },
  };
}
