import type { InvokeFunction } from './event-source.ts';
import type { OfflineLambdaClass, Serverless } from './serverless-types.ts';

const OFFLINE_OPTIONS = 'serverless-offline';
/** Held in a variable because the package has no types for the compiler to look for. */
const OFFLINE_LAMBDA_MODULE: string = 'serverless-offline/lambda';

export interface FunctionInvoker {
  of(functionKey: string): InvokeFunction;
  close(): Promise<void>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Invokes functions the way serverless-offline does for its own events: same loading, environment, context, time-out.
 * Its HTTP server for Lambda is constructed but never started: serverless-offline has one on that port already.
 */
export async function functionInvoker(
  serverless: Serverless,
  cliOptions: Readonly<Record<string, unknown>>,
): Promise<FunctionInvoker> {
  const { default: Lambda } = (await import(OFFLINE_LAMBDA_MODULE)) as { default: OfflineLambdaClass };
  const custom = serverless.service.custom?.[OFFLINE_OPTIONS];
  const lambda = new Lambda(serverless, { ...(isObject(custom) ? custom : {}), ...cliOptions });
  const keys = serverless.service.getAllFunctions();
  lambda.create(
    keys.map((functionKey) => ({ functionKey, functionDefinition: serverless.service.getFunction(functionKey) })),
  );
  return {
    of: (functionKey) => (event) => {
      // In one go: get hands out any idle instance, and only runHandler marks it as busy.
      const instance = lambda.get(functionKey);
      instance.setEvent(event);
      return instance.runHandler();
    },
    close: () => lambda.cleanup(),
  };
}
