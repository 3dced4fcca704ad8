/** Reads 1530, 930, 15:30, 9.05, full-width too → HH:MM. Pure. */
export function parseTime(text: string): string | undefined {
  const plain = text.normalize('NFKC').trim();
  const found = /^(\d{1,2})[:.]?(\d{2})$/.exec(plain);
  if (found === null) return undefined;
  const [hours, minutes] = [Number(found[1]), Number(found[2])];
  return hours < 24 && minutes < 60 ? `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}` : undefined;
}
