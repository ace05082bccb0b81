// Domains that people mistype, and what they meant.
const known = ['gmail.com', 'googlemail.com', 'hotmail.com', 'outlook.com', 'yahoo.com', 'icloud.com', 'proton.me', 'protonmail.com', 'gmx.de', 'gmx.net', 'web.de', 'live.com', 'aol.com', 'orange.fr', 'free.fr', 'laposte.net', 'uol.com.br', 'yahoo.com.br', 'hotmail.com.br'];

/** The address that was probably meant; null when nothing looks wrong. */
export function suggestion(email: string): string | null {
  const at = email.trim().lastIndexOf('@');
  if (at < 1) return null;
  const name = email.trim().slice(0, at);
  const domain = email.trim().slice(at + 1).toLowerCase();
  if (domain.length < 5 || known.includes(domain)) return null;
  const near = known.find((k) => Math.abs(k.length - domain.length) <= 1 && distance(k, domain) === 1);
  return near === undefined ? null : `${name}@${near}`;
}

/** Letters that were changed, left out, added or swapped; counted up to 2. */
function distance(a: string, b: string): number {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length <= 1 && right.length <= 1) return left === right ? 0 : 1;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0] ? 1 : 2;
}
