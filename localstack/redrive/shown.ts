/** One line, whatever a record's author put into it: a terminal obeys control characters. */
export function shown(text: string, width: number): string {
  const points = [...text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')];
  return points.length > width ? `${points.slice(0, width - 1).join('')}…` : points.join('');
}
