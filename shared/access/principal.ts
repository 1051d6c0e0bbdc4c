import { z } from 'zod';

/** What a token may say its bearer is. `charge-nurse` answers for a ward; `admin` sets the system up and sees to no alert. */
export const ACCESS_ROLES = ['device', 'nurse', 'charge-nurse', 'doctor', 'technician', 'admin'] as const;
export type AccessRole = (typeof ACCESS_ROLES)[number];

/** Who a request is from, as the authorizer has found (functions/ops/authorize.ts). */
export const principalSchema = z.object({
  /** The token's subject: a person's or a device's id. */
  id: z.string().regex(/^[!-~]{1,128}$/, 'must be 1 to 128 printable characters'),
  role: z.enum(ACCESS_ROLES),
});
export type Principal = z.infer<typeof principalSchema>;

/** Who may use a route: everybody, token or none; or these roles. */
export type Access = 'public' | readonly AccessRole[];

/** Whoever looks after patients. */
export const STAFF = ['nurse', 'charge-nurse', 'doctor', 'technician', 'admin'] as const satisfies AccessRole[];

/** What sends alerts, events and readings: monitors, and gateways that speak for them. */
export const DEVICES = ['device'] as const satisfies AccessRole[];
/** Who answers for what a monitor alarms at. */
export const THRESHOLD_SETTERS = ['charge-nurse', 'doctor', 'admin'] as const satisfies AccessRole[];
/** Who looks after the system and its stock. */
export const OPERATORS = ['technician', 'admin'] as const satisfies AccessRole[];
/** Who takes a product from the stock: people, and cabinets that give it out. */
export const BUYERS = ['device', ...STAFF] as const satisfies AccessRole[];
