export function SoundSwitch() {
  return null;
}
