import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';

/** What a token may say its bearer is. `charge-nurse` answers for a ward; `admin` sets the system up and sees to no alert. */
export const ACCESS_ROLES = ['device', 'nurse', 'charge-nurse', 'doctor', 'technician', 'admin'] as const;
export type AccessRole = (typeof ACCESS_ROLES)[number];

/** Who a request is from, as the authorizer has found (functions/ops/authorize.ts). */
export const principalSchema = z.object({
  /** The token's subject: a person's or a device's id. */
  id: z.string().min(1).max(128),
  role: z.enum(ACCESS_ROLES),
});
export type Principal = z.infer<typeof principalSchema>;

/** Who may use a route: everybody, token or none; or these roles. */
export type Access = 'public' | readonly AccessRole[];

/** Whoever looks after patients. */
export const STAFF = ['nurse', 'charge-nurse', 'doctor', 'technician', 'admin'] as const satisfies AccessRole[];

/** As API Gateway hands on what a Lambda authorizer has said (payload 2.0, requestContext.authorizer.lambda). */
export function principalIn(event: APIGatewayProxyEventV2): Principal | undefined {
  const context: unknown = (event.requestContext as { authorizer?: { lambda?: unknown } } | undefined)?.authorizer
    ?.lambda;
  const found = principalSchema.safeParse(context);
  return found.success ? found.data : undefined;
}
