/** The partitions' wards; the producer's topics are hl/w0/… to hl/w3/…. */
export const WARDS = 4;
const STREAM = 'faults.raw';
export const DEAD_LETTERS = 'faults.dead';
export const CONSUMER = 'faults';

const wards = Array.from({ length: WARDS }, (_, number) => `w${number}`);
export const PARTITIONS = wards.map((ward) => `${STREAM}-${ward}`);

/** As in functions/topology.yml. */
export const TOPOLOGY = `
wards:
  partitions:
${wards.map((ward) => `    ${ward}: [${ward}]`).join('\n')}
  others: w0
streams:
  ${STREAM}:
    partitioned: by-ward
    devices: alert
    maxLength: 1 GiB
    maxAge: 1 d
    segment: 64 MiB
  ${DEAD_LETTERS}:
    maxLength: 1 GiB
    maxAge: 1 d
    segment: 16 MiB
`;
