import { LINKS, MQTT_TOXIC_TYPES, TCP_TOXIC_TYPES } from '../toxic.ts';

const links = Object.keys(LINKS);

export const TOXIC_USAGE = `npm run lab -- toxic list              what is disturbed now
npm run lab -- toxic add <link> <type> [name=value …]
                                       adds a fault, or changes that of its name
npm run lab -- toxic remove <name>     takes one out
npm run lab -- toxic clear             takes all out

  links: ${links.slice(0, 3).join(', ')},
         ${links.slice(3).join(', ')}
  types: ${TCP_TOXIC_TYPES.slice(0, -2).join(', ')},
         ${TCP_TOXIC_TYPES.slice(-2).join(', ')};
         on consumer-broker also ${MQTT_TOXIC_TYPES.join(', ')}
         (attributes: lab/README.md)

  npm run lab -- toxic add consumer-broker drop rate=0.1
  npm run lab -- toxic add backend-database latency latencyMs=200 name=slow

  Acts on the stack of the experiment that runs, else on that of
  'npm run lab -- start'.
`;
