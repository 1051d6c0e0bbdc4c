import { type FormEvent, useEffect, useId, useState } from 'react';
import type { Api } from '../live/api.ts';
import { goTo } from '../live/use-route.ts';
import type { Session } from '../session/token.ts';
import { hashOf } from '../state/routes.ts';
import { roleName } from '../state/words.ts';

interface WardsProps {
  readonly session: Session;
  readonly api: Api;
  readonly onLeave: () => void;
}

/** Which ward to look after. */
export function Wards({ session, api, onLeave }: WardsProps) {
  const wards = useWards(api);
  const [text, setText] = useState('');
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    goTo({ view: 'wall', ward: text.trim() });
  };
  return (
    <main className="login" id="main">
      <form onSubmit={submit}>
        <h1>Which ward?</h1>
        <p className="hint">
          {session.name}, {roleName(session.role)}{' '}
          <button type="button" className="link" onClick={onLeave}>
            Sign out
          </button>
        </p>
        {wards.length > 0 && (
          <ul className="ward-list">
            {wards.map((ward) => (
              <li key={ward}>
                <a href={hashOf({ view: 'wall', ward })}>{ward}</a>
              </li>
            ))}
          </ul>
        )}
        <label htmlFor={id}>{wards.length > 0 ? 'Another ward' : 'Ward'}</label>
        <input
          id={id}
          value={text}
          onChange={({ target }) => setText(target.value)}
          required
          pattern="[A-Za-z0-9][A-Za-z0-9_:\-]{0,63}"
          placeholder="icu-1"
          autoComplete="off"
        />
        <button type="submit" className="primary">
          Open
        </button>
      </form>
    </main>
  );
}

function useWards(api: Api): readonly string[] {
  const [wards, setWards] = useState<readonly string[]>([]);
  useEffect(() => {
    let isLeft = false;
    api.send<{ wards?: readonly (string | { ward: string })[] }>({ path: '/wards' }).then((answer) => {
      if (isLeft || answer.outcome !== 'done') return;
      const listed = answer.body.wards ?? [];
      setWards(listed.map((one) => (typeof one === 'string' ? one : one.ward)));
    });
    return () => {
      isLeft = true;
    };
  }, [api]);
  return wards;
}
