/**
 * Where a process that tells of alerts can die with something half done: between what the outside has seen and what the database
 * knows. In the order in which a delivery passes them.
 */
export const DELIVERY_STEPS = [
  'plan: notifications read',
  'plan: deliveries stored',
  'deliver: claimed',
  'deliver: found to be meant',
  'deliver: sent',
  'deliver: settled',
  'ward: snapshot read',
  'ward: published',
  'ward: marked',
  'receipt: read',
  'receipt: stored',
] as const;
export type DeliveryStep = (typeof DELIVERY_STEPS)[number];

let onStep: ((step: DeliveryStep) => void) | undefined;

/** For tests: called at each step, where the process may then be ended. */
export function atEachStep(does: ((step: DeliveryStep) => void) | undefined): void {
  onStep = does;
}

export const reach = (step: DeliveryStep): void => onStep?.(step);
