import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Operation, Schema } from './document.ts';

/** What the document says of values, as functions; its references are resolved in it. */
export interface Checks {
  isValid(schema: Schema, value: unknown): boolean;
  /** Why an answer's body is not what the document says, or undefined. */
  faultOfBody(operation: Operation, status: number, type: string, body: unknown): string | undefined;
}

const BASE = 'openapi:/document';
const pointer = (...parts: (string | number)[]) =>
  parts.map((part) => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

export function checksOf(document: object): Checks {
  // OpenAPI's own words stand beside those of JSON Schema.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, code: { optimize: false } });
  formats.default(ajv);
  ajv.addSchema({ $id: BASE, ...document });
  const known = new Map<string, ValidateFunction>();
  /** Compiling takes some milliseconds: once each. */
  function compiled($ref: string): ValidateFunction {
    const check = known.get($ref) ?? ajv.compile({ $ref });
    known.set($ref, check);
    return check;
  }
  return {
    isValid: (schema, value) => ajv.validate(schema, value),
    faultOfBody({ path, method, responses }, status, type, body) {
      const place = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema'];
      if (responses[String(status)]?.content[type]?.schema === undefined) return undefined;
      const check = compiled(`${BASE}#${pointer(...place)}`);
      return check(body) ? undefined : ajv.errorsText(check.errors ?? null, { dataVar: 'body' });
    },
  };
}
