// Tables that people bring along: CSV with any of the usual separators, or a
// column pasted from a sheet.
import Papa from 'papaparse';

/** Rows of cells, trimmed; rows without content are left out. */
export function parseCsv(text: string): string[][] {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  return data.map((row) => row.map((cell) => cell.trim()));
}

/** A heading as a name to compare: "E-mail address" -> "emailaddress". */
export function heading(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}
