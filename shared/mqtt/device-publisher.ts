import {
  IoTDataPlaneClient,
  IoTDataPlaneServiceException,
  ListRetainedMessagesCommand,
  PublishCommand,
} from '@aws-sdk/client-iot-data-plane';
import { TransientError } from '../errors.ts';

/** A publish on one machine takes 2 ms, one to a region some tens: whoever takes longer is away. */
const CONNECT_TIMEOUT_MS = 500;
const REQUEST_TIMEOUT_MS = 2_000;
const TOO_MANY_REQUESTS = 429;

let client: IoTDataPlaneClient | undefined;

/**
 * This process's client, made on first use. Endpoint, region and credentials are the SDK's own business (its environment
 * variables, such as AWS_ENDPOINT_URL_IOT_DATA_PLANE), so that it runs on AWS unchanged. One attempt only: a request that
 * failed may have been published, and a second one would then be a second alert.
 */
function dataPlane(): IoTDataPlaneClient {
  client ??= new IoTDataPlaneClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  return client;
}

/** No answer, or one that says "not now". Any other error is a mistake in the request or the set-up. */
function isAway(error: unknown): boolean {
  if (error instanceof IoTDataPlaneServiceException) {
    return error.$fault === 'server' || error.$metadata.httpStatusCode === TOO_MANY_REQUESTS;
  }
  return error instanceof Error && ('syscall' in error || error.name === 'TimeoutError');
}

/**
 * Resolves when the data plane answers, also if it only says that this may not be asked.
 * @throws TransientError `data_plane_unavailable`
 */
export async function dataPlaneAnswers(): Promise<void> {
  try {
    await dataPlane().send(new ListRetainedMessagesCommand({ maxResults: 1 }));
  } catch (error) {
    if (isAway(error))
      throw new TransientError('data_plane_unavailable', 'The IoT data plane does not answer.', { cause: error });
    if (!(error instanceof IoTDataPlaneServiceException)) throw error;
  }
}

/**
 * Publishes a value as JSON at QoS 0: on its way when this resolves, and no more than that.
 * @param properties MQTT 5 user properties
 * @throws TransientError `data_plane_unavailable` in bounded time; it may have been published all the same.
 */
export async function publishAsDevice(
  topic: string,
  value: object,
  properties: Readonly<Record<string, string>>,
): Promise<void> {
  const command = new PublishCommand({
    topic,
    qos: 0,
    payload: Buffer.from(JSON.stringify(value)),
    contentType: 'application/json',
    payloadFormatIndicator: 'UTF8_DATA',
    userProperties: JSON.stringify(Object.entries(properties).map(([name, text]) => ({ [name]: text }))),
  });
  try {
    await dataPlane().send(command);
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new TransientError('data_plane_unavailable', 'The IoT data plane did not take the message.', {
      cause: error,
    });
  }
}
