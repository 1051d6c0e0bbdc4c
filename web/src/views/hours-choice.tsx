interface HoursChoiceProps {
  readonly hours: number;
  readonly choices: readonly number[];
  readonly onChoice: (hours: number) => void;
}

const DAY_H = 24;
const name = (hours: number) => (hours <= DAY_H ? `${hours} hours` : `${hours / DAY_H} days`);

/** Over which time. */
export function HoursChoice({ hours, choices, onChoice }: HoursChoiceProps) {
  return (
    <fieldset className="choice">
      <legend className="hidden">Over the last</legend>
      {choices.map((one) => (
        <label key={one}>
          <input type="radio" name="hours" checked={one === hours} onChange={() => onChoice(one)} />
          <span>{name(one)}</span>
        </label>
      ))}
    </fieldset>
  );
}
