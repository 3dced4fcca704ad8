/** Units as a clinician reads them; a code of UCUM is for computers. */
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** `10*9/L` is ×10⁹/L, `umol/L` is μmol/L, a value before it or not; anything else stays as it is. */
export function readableUnit(unit: string): string {
  return unit
    .replace(/(^|[/ ])10[*^](\d+)/u, (_, before: string, digits: string) => `${before}${before === '/' ? '' : '×'}10${[...digits].map((one) => RAISED[Number(one)]).join('')}`)
    .replaceAll(/(^|[/ ])u(?=mol|g|L|IU|U|m|kat)/gu, '$1μ');
}
