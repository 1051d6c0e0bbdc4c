/** The parts of osls (the maintained fork of the Serverless framework) that the plugin uses; it ships no types. */
export interface Serverless {
  readonly service: {
    readonly provider: { readonly timeout?: number };
    readonly custom?: Readonly<Record<string, unknown>>;
    getAllFunctions(): string[];
    getFunction(key: string): FunctionDefinition;
    getAllEventsInFunction(key: string): readonly Readonly<Record<string, unknown>>[] | undefined;
  };
  readonly configSchemaHandler: {
    defineFunctionEvent(provider: string, name: string, schema: object): void;
  };
  readonly pluginManager: {
    spawn(command: string): Promise<void>;
  };
  /** Errors of this class are printed without a stack. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
}

interface FunctionDefinition {
  readonly name?: string;
  readonly handler?: string;
  /** Seconds. */
  readonly timeout?: number;
}

/** serverless-offline's own pool of functions (`serverless-offline/lambda`); it ships no types either. */
interface OfflineLambda {
  create(lambdas: readonly { functionKey: string; functionDefinition: FunctionDefinition }[]): void;
  get(functionKey: string): { setEvent(event: unknown): void; runHandler(): Promise<unknown> };
  cleanup(): Promise<void>;
}

export type OfflineLambdaClass = new (
  serverless: Serverless,
  options: Readonly<Record<string, unknown>>,
) => OfflineLambda;
