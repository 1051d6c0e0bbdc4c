import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';

/** The real client, pointed at a data plane of ours; one attempt, so that a test sees each answer. */
export function sdkClient(endpoint: string): IoTDataPlaneClient {
  return new IoTDataPlaneClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

const nothing = () => undefined;

/** A logger that says nothing. */
export const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };
