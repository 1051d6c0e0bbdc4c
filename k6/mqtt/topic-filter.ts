const SHARED = '$share/';

/** Whether a topic matches a filter (MQTT 5, section 4.7): `+` one level, `#` the rest; neither a first level with `$`. */
export function matches(filter: string, topic: string): boolean {
  // $share/{group}/{filter}, section 4.8.2
  const plain = filter.startsWith(SHARED) ? filter.split('/').slice(2).join('/') : filter;
  const wanted = plain.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
