import type { Observation } from '@medplum/fhirtypes';
import { z } from 'zod';
import { idSchema, instantSchema } from '../alerts/alert-message.ts';
import { jsonSchemaOf } from '../json-schema.ts';
import { type MedicalEventBody, medicalEventBody } from '../medical-events/event-message.ts';
import { nameUuid } from '../name-uuid.ts';

/** A random UUID: the namespace of event ids made from an identifier. */
const NAMESPACE = Buffer.from('5e0c9d1a7b3f4c26a1d84b6f2e907c35', 'hex');
const TYPE = 'fhir.Observation';
const START_OF_DAY = 'T00:00:00Z';

const STATUSES = [
  'registered',
  'preliminary',
  'final',
  'amended',
  'corrected',
  'cancelled',
  'entered-in-error',
  'unknown',
] as const satisfies readonly Observation['status'][];

const text = z.string().min(1, 'must not be empty');
const coding = z.looseObject({ system: z.url().optional(), code: text.optional(), display: text.optional() });
const codeableConcept = z
  .looseObject({ coding: z.array(coding).min(1, 'must not be empty').optional(), text: text.optional() })
  .refine(
    ({ coding: codes, text: words }) => codes !== undefined || words !== undefined,
    'must have a coding or a text',
  )
  .meta({ anyOf: [{ required: ['coding'] }, { required: ['text'] }] });

/** FHIR's dateTime: a day, or an instant with its offset. A month or a year is too little to put events in order by. */
const dateTime = z
  .string()
  .transform((value) => (/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}${START_OF_DAY}` : value))
  .pipe(instantSchema)
  .meta({ anyOf: [{ format: 'date' }, jsonSchemaOf(instantSchema)] });

const subject = z.looseObject({
  reference: z
    .templateLiteral(['Patient/', z.string()], 'must be a literal reference, as Patient/7')
    .refine(
      (reference) => idSchema.safeParse(reference.slice('Patient/'.length)).success,
      'must end in an id of 1 to 64 of A-Z a-z 0-9 . -',
    )
    .meta({ pattern: '^Patient/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' }),
});

/** What an event needs of an R4 Observation, and what R4 itself requires; the other elements are kept as they are. */
const observationSchema = z
  .looseObject({
    resourceType: z.literal('Observation', 'must be Observation'),
    status: z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`),
    code: codeableConcept,
    subject,
    identifier: z.array(z.looseObject({ system: z.url().optional(), value: text.optional() })).optional(),
    effectiveDateTime: dateTime.optional(),
    effectiveInstant: instantSchema.optional(),
    effectivePeriod: z.looseObject({ start: dateTime.optional(), end: dateTime.optional() }).optional(),
    issued: instantSchema.optional(),
  })
  .superRefine((resource, context) => {
    for (const choice of ['value', 'effective']) {
      const given = Object.keys(resource).filter((name) => new RegExp(`^${choice}[A-Z]`).test(name));
      if (given.length > 1)
        context.addIssue({ code: 'custom', path: [given[1] ?? ''], message: `only one ${choice}[x] may be given` });
    }
    if (timeOf(resource) === undefined)
      context.addIssue({
        code: 'custom',
        path: ['effectiveDateTime'],
        message: 'or another effective[x], or issued, is required',
      });
  });
type Read = z.output<typeof observationSchema>;

const TWO_TIMES = [
  ['effectiveDateTime', 'effectiveInstant'],
  ['effectiveDateTime', 'effectivePeriod'],
  ['effectiveInstant', 'effectivePeriod'],
];
type Timed = Pick<Read, (typeof TIMES)[number]>;
const TIMES = ['effectiveDateTime', 'effectiveInstant', 'effectivePeriod', 'issued'] as const;
/** When it was observed; of a period its end. */
const timeOf = ({ effectiveDateTime, effectiveInstant, effectivePeriod, issued }: Timed): string | undefined =>
  effectiveDateTime ?? effectiveInstant ?? effectivePeriod?.end ?? effectivePeriod?.start ?? issued;

/**
 * The event of an Observation, which keeps the resource as its data, as it came. With a business identifier it is that one's event,
 * however often it is sent, and with other content a conflict; without, the content's.
 */
function eventOf(read: Read, resource: unknown): MedicalEventBody {
  const { value, system } = read.identifier?.[0] ?? {};
  return {
    patientId: read.subject.reference.slice('Patient/'.length),
    type: TYPE,
    ts: timeOf(read) ?? '',
    data: resource as MedicalEventBody['data'],
    ...(value === undefined ? {} : { eventId: nameUuid(NAMESPACE, `${system ?? ''}|${value}`) }),
  };
}

/** An R4 Observation, read as the event that it is. */
export const observationEvent = z
  .unknown()
  .transform((resource, context) => {
    const read = observationSchema.safeParse(resource, { reportInput: true });
    if (read.success) return eventOf(read.data, resource);
    context.issues.push(...(read.error.issues as never[]));
    return z.NEVER;
  })
  .pipe(medicalEventBody)
  .meta({
    ...jsonSchemaOf(observationSchema),
    description: 'FHIR R4 Observation of a Patient, with a time: one effective[x], or else issued',
    anyOf: TIMES.map((name) => ({ required: [name] })),
    not: { anyOf: TWO_TIMES.map((required) => ({ required })) },
  });
