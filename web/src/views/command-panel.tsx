import { type FormEvent, useId, useState } from 'react';
import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import type { CommandName, Role } from '../../../shared/alert-desk/roles.ts';
import { COMMAND_FORMS, offered, rolesFor } from '../state/commands.ts';
import { roleName } from '../state/words.ts';
import { useStation } from './station-context.ts';
import { useCommand } from './use-command.ts';

const NOTE_CHARACTERS_MAX = 500;

/** All that one's role may say of the alert, with a note for the history. */
export function CommandPanel({ alert }: { alert: AlertItem }) {
  const { session } = useStation();
  const { say, said, isBusy } = useCommand(alert);
  const [why, setWhy] = useState('');
  const [role, setRole] = useState<Role>();
  const [person, setPerson] = useState('');
  const [missing, setMissing] = useState<CommandName>();
  const id = useId();
  const commands = offered(session.role, alert);
  const roles = rolesFor(alert);
  if (commands.length === 0) return <p className="dim">Your role can look at this alert, and say nothing of it.</p>;
  const tell = async (command: CommandName) => {
    if (isBusy) return;
    if (COMMAND_FORMS[command].needsReason && why.trim() === '') {
      setMissing(command);
      document.getElementById(`${id}-why`)?.focus();
      return;
    }
    setMissing(undefined);
    const to = { role: role ?? roles[0] ?? 'nurse', id: person.trim() === '' ? null : person.trim() };
    const result = await say({ command, why: why.trim(), ...(command === 'reroute' ? { to } : {}) });
    if (result.is === 'done') setWhy('');
  };
  return (
    <form className="commands" onSubmit={(event: FormEvent) => event.preventDefault()}>
      <label htmlFor={`${id}-why`}>Note for the history</label>
      <textarea
        id={`${id}-why`}
        rows={2}
        maxLength={NOTE_CHARACTERS_MAX}
        value={why}
        onChange={({ target }) => setWhy(target.value)}
        aria-invalid={missing !== undefined}
        aria-describedby={`${id}-said`}
      />
      <div className="command-buttons">
        {commands
          .filter((command) => command !== 'reroute')
          .map((command) => (
            <Command key={command} command={command} isBusy={isBusy} onTell={tell} />
          ))}
      </div>
      {commands.includes('reroute') && (
        <fieldset className="reroute">
          <legend>Send to somebody else</legend>
          <label>
            Role{' '}
            <select
              value={role ?? roles[0]}
              onChange={({ target }) => setRole(roles.find((one) => one === target.value))}
            >
              {roles.map((one) => (
                <option key={one} value={one}>
                  {roleName(one)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Person, if one alone{' '}
            <input
              value={person}
              onChange={({ target }) => setPerson(target.value)}
              maxLength={64}
              autoComplete="off"
            />
          </label>
          <Command command="reroute" isBusy={isBusy} onTell={tell} />
        </fieldset>
      )}
      <p role="status" id={`${id}-said`} className={said === undefined && missing === undefined ? '' : 'said'}>
        {missing === undefined ? said?.text : `“${COMMAND_FORMS[missing].label}” needs a reason: write it above.`}
      </p>
    </form>
  );
}

interface CommandProps {
  readonly command: CommandName;
  readonly isBusy: boolean;
  readonly onTell: (command: CommandName) => void;
}

/** Not `disabled` while it is sent: that would take the focus from who works by keyboard. */
function Command({ command, isBusy, onTell }: CommandProps) {
  const { label, hint } = COMMAND_FORMS[command];
  return (
    <button
      type="button"
      className={command === 'acknowledge' ? 'primary' : undefined}
      title={hint}
      aria-disabled={isBusy}
      onClick={() => onTell(command)}
    >
      {label}
    </button>
  );
}
