import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';
import { BURSTS, type Pulse } from '../state/burst.ts';

type Priority = AlertItem['priority'];

/** Of a pulse, in seconds: without it a click (IEC 60601-1-8, table 3: 10 % to 40 % of its length). */
const RISE_S = 0.02;
const FALL_S = 0.035;
const LOUDNESS = 0.22;
/** Of the overtones beside the tone itself: by several of them one hears where it comes from. */
const OVERTONES = [1, 0.5, 0.32, 0.22, 0.12];
const MS_PER_S = 1_000;

export interface Player {
  /** What is to be heard from now on; undefined: nothing. */
  play(priority: Priority | undefined): void;
  /** Whether the browser lets it sound: before the first click or key it does not. */
  isAllowed(): boolean;
  /** To be called by a click or a key. */
  allow(): Promise<void>;
  close(): void;
}

/** Plays bursts again and again until told otherwise. */
export function createPlayer(): Player {
  const audio = new AudioContext();
  const wave = audio.createPeriodicWave(new Float32Array(OVERTONES.length + 1), Float32Array.from([0, ...OVERTONES]));
  let playing: Priority | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silence: () => void = () => undefined;

  const burst = (priority: Priority) => {
    const { pulses, everyS } = BURSTS[priority];
    const out = audio.createGain();
    out.connect(audio.destination);
    silence = () => out.disconnect();
    for (const pulse of pulses) sound(audio, wave, out, pulse);
    timer = setTimeout(() => burst(priority), everyS * MS_PER_S);
  };
  return {
    play(priority) {
      if (priority === playing || audio.state !== 'running') return;
      playing = priority;
      clearTimeout(timer);
      silence();
      if (priority !== undefined) burst(priority);
    },
    isAllowed: () => audio.state === 'running',
    allow: () => audio.resume(),
    close() {
      clearTimeout(timer);
      void audio.close();
    },
  };
}

function sound(audio: AudioContext, wave: PeriodicWave, out: GainNode, { atS, lastsS, hertz }: Pulse): void {
  const start = audio.currentTime + atS;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.setPeriodicWave(wave);
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + RISE_S);
  volume.gain.setValueAtTime(LOUDNESS, start + lastsS - FALL_S);
  volume.gain.linearRampToValueAtTime(0, start + lastsS);
  tone.connect(volume).connect(out);
  tone.start(start);
  tone.stop(start + lastsS);
}
