import { LINKS, TOXIC_TYPES } from '../toxic.ts';

export const TOXIC_USAGE = `npm run lab -- toxic list                            what is disturbed now
npm run lab -- toxic add <link> <type> [name=value …]   adds a fault, or changes the one of the same name
npm run lab -- toxic remove <name>                      takes one out
npm run lab -- toxic clear                              takes all out

  links: ${Object.keys(LINKS).join(', ')}
  types: ${TOXIC_TYPES.join(', ')} (attributes: lab/README.md)

  npm run lab -- toxic add consumer-broker drop rate=0.1
  npm run lab -- toxic add backend-database latency latencyMs=200 jitterMs=50 name=slow
  Acts on the stack of the experiment that runs, else on that of 'npm run lab -- start'.
`;
