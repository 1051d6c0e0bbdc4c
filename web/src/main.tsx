import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/wall.css';
import './styles/alerts.css';
import './styles/pages.css';
import { App } from './app.tsx';
import { nowMs } from './live/clock.ts';
import { sessionAtStart } from './session/session-store.ts';

// Before anything is drawn: until then the token stands in the address.
const session = sessionAtStart(nowMs());
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App start={session} />
    </StrictMode>,
  );
}
