import { useState } from 'react';
import type { Statistics } from '../../../shared/alert-desk/statistics.ts';
import { useAnswer } from '../live/use-answer.ts';
import { ruleText } from '../state/alert-words.ts';
import { duration, oneDecimal, share } from '../state/figures.ts';
import { HoursChoice } from './hours-choice.tsx';
import { PriorityMark } from './priority-mark.tsx';
import { useStation } from './station-context.ts';

const DAY_H = 24;

/** How many alerts the ward has had to bear, by bed and by rule, and how soon they were answered. */
export function StatisticsPage() {
  const { ward, api } = useStation();
  const [hours, setHours] = useState(DAY_H);
  const { body, problem } = useAnswer<Statistics>(api, `/alerts/statistics?ward=${ward}&hours=${hours}`);
  return (
    <div className="page">
      <h1>Alert statistics</h1>
      <HoursChoice hours={hours} choices={[8, 24, 168, 720]} onChoice={setHours} />
      {problem !== undefined && <p className="problem">{problem}</p>}
      {body !== undefined && <Figures of={body} />}
    </div>
  );
}

function Figures({ of }: { of: Statistics }) {
  const most = Math.max(1, ...of.beds.map(({ alertsADay }) => alertsADay));
  return (
    <>
      <dl className="figures">
        <Figure name="alerts" value={String(of.alerts)} />
        <Figure name="a bed and day" value={oneDecimal(of.alertsABedAndDay)} />
        <Figure name="answered" value={share(of.acknowledgedShare)} />
        <Figure name="median response" value={duration(of.responseMedianS)} />
        <Figure name="95 of 100 within" value={duration(of.responseP95S)} />
        <Figure name="escalations" value={String(of.escalations)} />
      </dl>
      <div className="tables">
        <section aria-labelledby="by-rule">
          <h2 id="by-rule">By rule</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Priority</th>
                <Columns />
              </tr>
            </thead>
            <tbody>
              {of.rules.map(({ rule, priority, ...figures }) => (
                <tr key={`${rule} ${priority}`}>
                  <th scope="row">{ruleText(rule)}</th>
                  <td>
                    <PriorityMark priority={priority} /> {priority}
                  </td>
                  <Cells of={figures} />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <section aria-labelledby="by-bed">
          <h2 id="by-bed">By bed</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">Bed</th>
                <th scope="col">A day</th>
                <Columns />
              </tr>
            </thead>
            <tbody>
              {of.beds.map(({ bed, alertsADay, ...figures }) => (
                <tr key={bed}>
                  <th scope="row">{bed}</th>
                  <td className="bar-cell">
                    <svg className="bar" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none">
                      <rect width={(100 * alertsADay) / most} height="10" />
                    </svg>
                    {oneDecimal(alertsADay)}
                  </td>
                  <Cells of={figures} />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Columns() {
  return (
    <>
      <th scope="col">Alerts</th>
      <th scope="col">Answered</th>
      <th scope="col">Median</th>
      <th scope="col">95 %</th>
      <th scope="col">Escalated</th>
    </>
  );
}

type Counted = Pick<Statistics, 'alerts' | 'acknowledgedShare' | 'responseMedianS' | 'responseP95S' | 'escalations'>;

function Cells({ of }: { of: Counted }) {
  return (
    <>
      <td>{of.alerts}</td>
      <td>{share(of.acknowledgedShare)}</td>
      <td>{duration(of.responseMedianS)}</td>
      <td>{duration(of.responseP95S)}</td>
      <td>{of.escalations}</td>
    </>
  );
}
