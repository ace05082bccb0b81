/** Languages that mails and the buyer's pages have; empty for the shop's own. */
export const languages = [
  { value: '', label: 'The shop’s own' },
  { value: 'en', label: 'English' },
  { value: 'es', label: 'Spanish' },
  { value: 'pt', label: 'Portuguese' },
  { value: 'de', label: 'German' },
  { value: 'fr', label: 'French' },
];

/** `pt-BR` as a word; the tag itself when it has none. */
export function languageName(tag: string | null): string | null {
  if (!tag) return null;
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
