import { useState } from 'react';
import type { Handover } from '../../../shared/alert-desk/handover.ts';
import { nowMs } from '../live/clock.ts';
import { useAnswer } from '../live/use-answer.ts';
import { alertText, ownerText } from '../state/alert-words.ts';
import { actorText, triggerText } from '../state/history-words.ts';
import { hashOf } from '../state/routes.ts';
import { dayTime, roleName } from '../state/words.ts';
import { HoursChoice } from './hours-choice.tsx';
import { PriorityMark } from './priority-mark.tsx';
import { useStation, useWard } from './station-context.ts';

const SHIFT_H = 8;

/** What the next shift has to know; to be read from the screen or a sheet of paper. */
export function HandoverPage() {
  const { ward, api } = useStation();
  const [hours, setHours] = useState(SHIFT_H);
  const revision = useWard((state) => state.snapshot?.revision);
  const { body, problem } = useAnswer<Handover>(api, `/alerts/handover?ward=${ward}&hours=${hours}`, revision);
  return (
    <div className="page handover">
      <h1>Hand-over, ward {ward}</h1>
      <p className="controls">
        <HoursChoice hours={hours} choices={[8, 12, 24]} onChoice={setHours} />
        <button type="button" onClick={() => window.print()}>
          Print
        </button>
      </p>
      {problem !== undefined && <p className="problem">{problem}</p>}
      {body !== undefined && <Sheet of={body} />}
    </div>
  );
}

function Sheet({ of }: { of: Handover }) {
  const { ward } = useStation();
  return (
    <>
      <p className="dim">
        {dayTime(Date.parse(of.from), nowMs())} to {dayTime(Date.parse(of.until), nowMs())}
      </p>
      <section aria-labelledby="open">
        <h2 id="open">Still open: {of.open.length}</h2>
        <table>
          <thead>
            <tr>
              <th scope="col">Bed</th>
              <th scope="col">Patient</th>
              <th scope="col">Alert</th>
              <th scope="col">Since</th>
              <th scope="col">With</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {of.open.map((alert) => {
              const last = alert.history.at(-1);
              return (
                <tr key={alert.alertId}>
                  <th scope="row">{alert.bed}</th>
                  <td>{alert.patientId}</td>
                  <td>
                    <PriorityMark priority={alert.priority} />{' '}
                    <a href={hashOf({ view: 'alert', ward, alertId: alert.alertId })}>
                      <span className="hidden">{alert.priority} priority, </span>
                      {alertText(alert)}
                    </a>
                  </td>
                  <td>{dayTime(Date.parse(alert.openedAt), nowMs())}</td>
                  <td>{ownerText(alert)}</td>
                  <td>{last !== undefined && <Step of={last} />}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <section aria-labelledby="closed">
        <h2 id="closed">Closed: {of.closed.length}</h2>
        <table>
          <thead>
            <tr>
              <th scope="col">Bed</th>
              <th scope="col">Patient</th>
              <th scope="col">Alert</th>
              <th scope="col">Closed</th>
            </tr>
          </thead>
          <tbody>
            {of.closed.map((alert) => (
              <tr key={alert.alertId}>
                <th scope="row">{alert.bed}</th>
                <td>{alert.patientId}</td>
                <td>
                  <PriorityMark priority={alert.priority} isHollow />{' '}
                  <span className="hidden">{alert.priority} priority, </span>
                  {alertText(alert)}
                </td>
                <td>
                  <Step of={alert.closing} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section aria-labelledby="people">
        <h2 id="people">Who answered</h2>
        <ul className="people">
          {of.people.map(({ id, role, commands }) => (
            <li key={id}>
              <b>{id}</b>, {roleName(role)}:{' '}
              {Object.entries(commands)
                .map(([command, count]) => `${triggerText(command).toLowerCase()} ${count}`)
                .join(', ')}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Step({ of }: { of: Handover['closed'][number]['closing'] }) {
  const who = actorText(of);
  return (
    <>
      {dayTime(Date.parse(of.at), nowMs())} {triggerText(of.trigger)}
      {who !== '' && `, ${who}`} {who !== '' && of.why !== '' && <q>{of.why}</q>}
    </>
  );
}
