import { type FormEvent, useId, useState } from 'react';
import type { TokenFault } from '../session/token.ts';

const WHY: Readonly<Record<TokenFault, string>> = {
  unreadable: 'That is no token of this system. Copy the whole line, without spaces.',
  not_for_people: 'That token is a device’s. A station needs a person’s.',
  expired: 'The token is over. Sign in with a new one.',
};

export function Login({ fault, onToken }: { fault: TokenFault | undefined; onToken: (text: string) => void }) {
  const [text, setText] = useState('');
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onToken(text);
  };
  return (
    <main className="login" id="main">
      <form onSubmit={submit}>
        <h1>Heartline nurse station</h1>
        <label htmlFor={id}>Your token</label>
        <textarea
          id={id}
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') submit(event);
          }}
          rows={4}
          required
          spellCheck={false}
          autoComplete="off"
          aria-describedby={`${id}-hint`}
          aria-invalid={fault !== undefined}
        />
        <p id={`${id}-hint`} className="hint">
          From <code>npm run token nurse</code>, or from whoever runs this system. It stays in this window only.
        </p>
        <p role="alert" className="problem">
          {fault === undefined ? '' : WHY[fault]}
        </p>
        <button type="submit" className="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
